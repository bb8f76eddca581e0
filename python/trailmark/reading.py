"""What a run's object reads back of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Optional, cast

if TYPE_CHECKING:
    from trailmark import _native
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


class Readable:
    """A run that can be read."""

    if TYPE_CHECKING:
        _hash: str
        props: Any

        def flush(self) -> None: ...
        def _read(self) -> _native.Reader: ...

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
            row.update(flat(self._read().params(self._hash)))
        return pandas.DataFrame([row])
