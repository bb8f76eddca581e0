"""What the callbacks of all frameworks share: the run, and how it is asked for."""

from __future__ import annotations

from typing import Any, Iterable, Optional

from trailmark.place import RepoLike
from trailmark.run import Run


class Recording:
    """A run with its options, which begins with the callback, or when it is first needed."""

    _begins_at_once = True

    def __init__(
        self,
        repo: RepoLike = None,
        experiment: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        *,
        run_hash: Optional[str] = None,
        name: Optional[str] = None,
        tags: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self._options: dict[str, Any] = {
            "repo": repo,
            "experiment": experiment,
            "system_tracking_interval": system_tracking_interval,
            "log_system_params": log_system_params,
            "capture_terminal_logs": capture_terminal_logs,
            "run_hash": run_hash,
            "name": name,
            "tags": tags,
        }
        self._run: Optional[Run] = None
        if self._begins_at_once:
            self._begin()

    def _begin(self) -> Run:
        """The run; it begins where it has not."""
        if self._run is None:
            self._run = Run(**self._options)
        return self._run

    @property
    def experiment(self) -> Any:
        """The run."""
        return self._begin()
