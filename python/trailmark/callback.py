"""What the callbacks of all frameworks share: the run, how it is asked for, and that training goes on without it.

What is wrong with a repository is raised before a training begins: where a callback is made, or where the framework
first asks for its run. What goes wrong while it trains is warned of once (see ``trailmark.strict``), and a run that
cannot begin then is ``Nobody``.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import os
from typing import Any, Callable, Iterable, Mapping, Optional, TypeVar, cast

from trailmark import report
from trailmark.place import RepoLike
from trailmark.run import Run

Event = TypeVar("Event", bound=Callable[..., Any])


class Nobody:
    """The run of a process that records none: everything that is called does nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None

    def __setitem__(self, key: Any, value: Any) -> None:
        """Nothing is kept."""

    def __bool__(self) -> bool:
        return False


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
            "tags": [tags] if isinstance(tags, str) else list(tags),
        }
        self._run: Any = None
        if self._begins_at_once:
            self._begin()

    def _begin(self) -> Any:
        """The run; it begins where it has not."""
        if self._run is None:
            self._run = Run(**self._options)
        return self._run

    def _go_on(self) -> Any:
        """The run, for a training that begins: it ends with this one, not where an earlier one ended."""
        run = self._begin()
        run._ended_at = None
        run._is_successful = False
        return run

    @property
    def experiment(self) -> Any:
        """The run."""
        return self._begin()

    def close(self) -> None:
        """End the run; what is tracked later is added to it."""
        if self._run is not None:
            self._run._close_for_now()

    def __getstate__(self) -> dict[str, Any]:
        """Go on with the same run in another process."""
        options = dict(self._options)
        if self._run:
            options.update(run_hash=self._run.hash, name=None, experiment=None)
        return {**self.__dict__, "_options": options, "_run": None}

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        """Copies that frameworks make record into the same run."""
        return self


def quietly(event: Event) -> Event:
    """Let an event of a framework warn, once, of what cannot be recorded, so that training goes on."""

    @functools.wraps(event)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return event(self, *args, **kwargs)
        except Exception as error:
            if self._run is None:
                # It is not tried again at each step.
                self._run = Nobody()
            report.failed(f"{type(self).__name__}.{event.__name__} recorded nothing", error)
            return None

    return cast(Event, told)


def set_hparams(run: Any, params: Any) -> None:
    """Record hyper-parameters one by one, so that others that are there already stay."""
    for key, value in plain(params or {}).items():
        run.set(("hparams", key), value, strict=False)


def plain(value: Any) -> Any:
    """Say settings of any kind as dictionaries, lists and values: namespaces, data classes, paths, enums, OmegaConf."""
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
        return value
    if type(value).__module__.partition(".")[0] == "omegaconf":
        from omegaconf import OmegaConf  # type: ignore[import-not-found,unused-ignore]

        return plain(OmegaConf.to_container(value, resolve=True))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if type(value).__name__ == "Namespace":
        return plain(vars(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value
