"""What a run's object reads back of it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, cast

from trailmark import _native

if TYPE_CHECKING:
    from trailmark.artifact import Artifact
    from trailmark.repo import Repo
    from trailmark.run import Run
    from trailmark.sequence import (
        Audios,
        Distributions,
        Figures,
        Images,
        Logs,
        Metric,
        Sequence,
        SingleRunSequenceCollection,
        Texts,
    )


# How long a reader waits for a server to have what was recorded, in seconds.
_PATIENCE = 10.0


class Readable:
    """A run that can be read."""

    if TYPE_CHECKING:
        _hash: str
        _place: str
        _server: Optional[str]
        _read_only: bool
        _is_far: bool
        _reader: Optional[_native.Reader]

        @property
        def _is_open(self) -> bool: ...
        def flush(self) -> None: ...
        def _arrive(self, patience_secs: float) -> None: ...
        def _wait_for_work(self) -> None: ...

    # Params.

    def __getitem__(self, key: Any) -> Any:
        """The value at a key, a path of keys (a tuple), or all params (``...``)."""
        found: Any = self._params()
        if key is Ellipsis:
            return found
        for part in path_of(key):
            if isinstance(found, list) and isinstance(part, int):
                found = found[part]
            elif isinstance(found, dict) and str(part) in found:
                found = found[str(part)]
            else:
                raise KeyError(key)
        return found

    def get(self, key: Any, default: Any = None, strict: bool = True, resolve_objects: bool = False) -> Any:
        """The value at a key, or the default."""
        del strict, resolve_objects
        try:
            return self[key]
        except (KeyError, IndexError):
            return default

    def _params(self) -> dict[str, Any]:
        self.flush()
        return self._read().params([self._hash])[0]

    # How it stands.

    @property
    def props(self) -> dict[str, Any]:
        """Everything that is known of it but params and series."""
        self.flush()
        return self._read().run(self._hash)

    @property
    def status(self) -> str:
        """running, finished, failed, killed or crashed."""
        return str(self.props["status"])

    @property
    def active(self) -> bool:
        """Whether it is being recorded."""
        return self.status == "running"

    @property
    def creation_time(self) -> float:
        """When it began, in unix seconds."""
        return float(self.props["creation_time"])

    @property
    def created_at(self) -> Any:
        """When it began, as a naive datetime in UTC."""
        return _naive(self.creation_time)

    @property
    def end_time(self) -> Optional[float]:
        """When it ended, in unix seconds."""
        ended = self.props["end_time"]
        return None if ended is None else float(ended)

    @property
    def finalized_at(self) -> Any:
        """When it ended, as a naive datetime in UTC."""
        ended = self.end_time
        return None if ended is None else _naive(ended)

    @property
    def duration(self) -> float:
        """Seconds from its beginning to its end, or until now."""
        ended = self.end_time
        return (time.time() if ended is None else ended) - self.creation_time

    @property
    def repo(self) -> Repo:
        """The repository that it lies in."""
        from trailmark.repo import Repo

        return Repo(self._home)

    @property
    def _home(self) -> str:
        return self._server or self._place

    def _read(self) -> _native.Reader:
        if self._reader is None:
            place = self._home if self._is_far else self._place
            self._reader = _native.Reader(place, not self._read_only)
        if self._is_far and self._is_open:
            self._arrive(_PATIENCE)
        return self._reader

    def _there(self) -> _native.Reader:
        """Where everybody reads it: of a run of a server the server, as long as it answers."""
        if self._server is not None and not self._is_far and not _native.is_offline():
            try:
                reader = _native.Reader(self._server, False)
                reader.find(self._hash)
            except (_native.RemoteError, _native.MissingRunError):
                return self._read()
            self._reader, self._is_far = reader, True
        return self._read()

    @property
    def artifacts(self) -> dict[str, Artifact]:
        """Its files, by name."""
        from trailmark.artifact import Artifact

        self._wait_for_work()
        self.flush()
        told = self._read().artifacts(self._hash)
        return {name: Artifact(self._read(), name, kept, n_bytes, uri) for name, kept, n_bytes, uri in told}

    # What was tracked.

    def _series(self, *kinds: str) -> list[Sequence]:
        from trailmark.sequence import CLASSES, series_of

        self.flush()
        wanted = tuple(CLASSES[kind] for kind in kinds) or (object,)
        return [one for one in series_of(self._read(), cast("Run", self)) if isinstance(one, wanted)]

    def metrics(self) -> SingleRunSequenceCollection:
        """Its series of numbers."""
        from trailmark.sequence import SingleRunSequenceCollection

        return SingleRunSequenceCollection(cast("Run", self), self._series("metric"))

    def iter_metrics_info(self) -> Iterator[tuple[str, dict[str, Any], Run]]:
        """Name, context and run of each series of numbers."""
        for one in self._series("metric"):
            yield one.name, one.context, one.run

    def collect_sequence_info(self, sequence_types: Any = (), skip_last_value: bool = False) -> dict[str, list[Any]]:
        """Name, context and last value of its series, by type."""
        wanted = (sequence_types,) if isinstance(sequence_types, str) else tuple(sequence_types)
        found: dict[str, list[Any]] = {kind: [] for kind in wanted}
        self.flush()
        for told in self._read().all_series(self._hash):
            if not wanted or told["kind"] in wanted:
                info = {"name": told["name"], "context": told["context"]}
                if not skip_last_value:
                    info["last_value"] = {"last": told["last"], "last_step": told["last_step"]}
                found.setdefault(told["kind"], []).append(info)
        return found

    def _find(self, kind: str, name: str, context: Optional[Mapping[str, Any]]) -> Optional[Sequence]:
        wanted = dict(context or {})
        for one in self._series(kind):
            if one.name == name and one.context == wanted:
                return one
        return None

    def get_metric(self, name: str, context: Optional[Mapping[str, Any]] = None) -> Optional[Metric]:
        """A series of numbers; ``None`` where there is none."""
        return cast("Optional[Metric]", self._find("metric", name, context))

    def get_text_sequence(self, name: str, context: Optional[Mapping[str, Any]] = None) -> Optional[Texts]:
        """A series of texts."""
        return cast("Optional[Texts]", self._find("texts", name, context))

    def get_image_sequence(self, name: str, context: Optional[Mapping[str, Any]] = None) -> Optional[Images]:
        """A series of pictures."""
        return cast("Optional[Images]", self._find("images", name, context))

    def get_audio_sequence(self, name: str, context: Optional[Mapping[str, Any]] = None) -> Optional[Audios]:
        """A series of sounds."""
        return cast("Optional[Audios]", self._find("audios", name, context))

    def get_figure_sequence(self, name: str, context: Optional[Mapping[str, Any]] = None) -> Optional[Figures]:
        """A series of figures."""
        return cast("Optional[Figures]", self._find("figures", name, context))

    def get_distribution_sequence(
        self, name: str, context: Optional[Mapping[str, Any]] = None
    ) -> Optional[Distributions]:
        """A series of histograms."""
        return cast("Optional[Distributions]", self._find("distributions", name, context))

    def get_terminal_logs(self) -> Optional[Logs]:
        """What the program printed."""
        return cast("Optional[Logs]", self._find("logs", "logs", None))

    def get_log_records(self) -> Optional[Logs]:
        """Messages with their severity."""
        return cast("Optional[Logs]", self._find("log_records", "__log_records", None))

    def dataframe(self, include_props: bool = True, include_params: bool = True) -> Any:
        """One row of pandas: what it is called and how it stands, then its params as ``a.b.c``."""
        import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

        from trailmark.sequence import flat

        row: dict[str, Any] = {"hash": self._hash}
        props = self.props
        if include_props:
            row.update({key: props[key] for key in ("name", "description", "archived", "creation_time", "end_time")})
            row["active"] = props["status"] == "running"
            row["experiment"] = props["experiment"]
            row["tags"] = json.dumps(props["tags"])
        if include_params:
            row.update(flat(self._read().params([self._hash])[0]))
        return pandas.DataFrame([row])


def path_of(key: Any) -> list[Any]:
    """The keys of a path."""
    return list(key) if isinstance(key, tuple) else [key]


def _naive(secs: float) -> Any:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(secs, timezone.utc).replace(tzinfo=None)
