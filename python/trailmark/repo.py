"""A repository: its runs, found by queries, read back, and deleted."""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Optional

from trailmark import _native, report
from trailmark.place import RepoLike, shown, source_of
from trailmark.run import Run
from trailmark.sequence import SequenceCollection, sequence_of, together


class Repo:
    """A repository on disk, or a server's: ``http://``, ``https://`` or ``aim://host:port``.

    ``init`` makes an empty one on disk where there is none. A server that wants to know who asks takes the token in
    ``TRAILMARK_TOKEN``.
    """

    def __init__(self, path: RepoLike = None, *, read_only: Optional[bool] = None, init: bool = False) -> None:
        # Nothing is locked by reading.
        del read_only
        self.path = source_of(path)
        self._reader = _native.Reader(self.path, init)

    @classmethod
    def from_path(cls, path: RepoLike, read_only: Optional[bool] = None, init: bool = False) -> Repo:
        """Open the repository at a path."""
        return cls(path, read_only=read_only, init=init)

    @classmethod
    def default_repo(cls, init: bool = False) -> Repo:
        """Open the repository that a run without ``repo`` goes to."""
        return cls(init=init)

    @classmethod
    def exists(cls, path: RepoLike) -> bool:
        """Whether there is a repository at a path, or a server at an address that lets us in."""
        place = source_of(path)
        if "://" not in place:
            return os.path.exists(os.path.join(place, "trailmark.toml"))
        try:
            _native.Reader(place, False)
        except _native.RemoteError:
            return False
        return True

    # Runs.

    def list_all_runs(self) -> list[str]:
        """The ids of all runs, oldest first."""
        return self._reader.runs()

    def list_active_runs(self) -> list[str]:
        """The ids of the runs that are being recorded."""
        return [told["hash"] for told in self._reader.rows() if told["status"] == "running"]

    def total_runs_count(self) -> int:
        """How many runs there are."""
        return len(self._reader.runs())

    def iter_runs(self) -> Iterator[Run]:
        """All runs, oldest first."""
        for run in self._reader.runs():
            yield self._run(run)

    def run_exists(self, run_hash: str) -> bool:
        """Whether there is a run of this id."""
        return run_hash in self._reader.runs()

    def get_run(self, run_hash: str) -> Optional[Run]:
        """The run that an id, its first digits or a name means, to be read; ``None`` where there is none."""
        try:
            return self._run(self._reader.find(run_hash))
        except _native.MissingRunError:
            return None

    def delete_run(self, run_hash: str) -> bool:
        """Delete a run; say whether it was there."""
        try:
            self._reader.edit(run_hash, "delete", "yes")
        except (_native.MissingRunError, ValueError):
            return False
        return True

    def restore_run(self, run_hash: str) -> None:
        """Take the deletion of a run back, which works until the repository is compacted."""
        self._reader.edit(run_hash, "delete", "")

    def delete_runs(self, run_hashes: Iterable[str]) -> tuple[bool, list[str]]:
        """Delete runs; say whether all were there, and which were not."""
        left = [run for run in run_hashes if not self.delete_run(run)]
        return (not left, left)

    # Queries.

    def query_runs(
        self, query: str = "", paginated: bool = False, offset: Optional[str] = None, report_mode: Any = None
    ) -> SequenceCollection:
        """Runs for which an expression holds, newest first, each with its series of numbers: ``iter_runs()``."""
        del paginated, report_mode
        found = self._ask("runs", query)
        hashes = [told["hash"] for told, _ in found]
        return self._collected(found[hashes.index(offset) + 1 :] if offset in hashes else found)

    def query_metrics(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of numbers for which an expression over ``run`` and ``metric`` holds."""
        return self._query("metric", query)

    def query_texts(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of texts: ``texts``."""
        return self._query("texts", query)

    def query_images(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of pictures: ``images``."""
        return self._query("images", query)

    def query_audios(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of sounds: ``audios``."""
        return self._query("audios", query)

    def query_figure_objects(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of figures: ``figures``."""
        return self._query("figures", query)

    query_figures = query_figure_objects

    def query_distributions(self, query: str = "", report_mode: Any = None) -> SequenceCollection:
        """Series of histograms: ``distributions``."""
        return self._query("distributions", query)

    def collect_sequence_info(self, sequence_types: Any = ()) -> dict[str, dict[str, list[Any]]]:
        """Names of series and the contexts that they have, by type."""
        found: dict[str, dict[str, list[Any]]] = {}
        for run in self.iter_runs():
            for kind, infos in run.collect_sequence_info(sequence_types, skip_last_value=True).items():
                names = found.setdefault(kind, {})
                for info in infos:
                    contexts = names.setdefault(info["name"], [])
                    if info["context"] not in contexts:
                        contexts.append(info["context"])
        return found

    def collect_params_info(self) -> dict[str, Any]:
        """The keys of all runs' params, as a tree."""
        found: dict[str, Any] = {}
        for params in self._reader.params(self._reader.runs()):
            _add_keys(found, params)
        return found

    def close(self) -> None:
        """Nothing is held open; Aim's name for it."""

    def _run(self, run_hash: str) -> Run:
        return Run._of(self, run_hash)

    def _ask(self, kind: str, query: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
        found, problems = self._reader.query(kind, query)
        if problems is not None:
            report.warn(problems)
        return found

    def _query(self, kind: str, query: str) -> SequenceCollection:
        return self._collected(self._ask(kind, query))

    def _collected(self, found: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> SequenceCollection:
        runs = []
        for told, series in found:
            run = self._run(told["hash"])
            runs.append((run, [sequence_of(run, one) for one in series]))
        together([one for _, of_run in runs for one in of_run])
        return SequenceCollection(runs)

    def __repr__(self) -> str:
        return f"<Repo {shown(self.path)!r}>"


def _add_keys(found: dict[str, Any], params: dict[str, Any]) -> None:
    for key, value in params.items():
        below = found.setdefault(key, {})
        if isinstance(value, dict):
            _add_keys(below, value)
