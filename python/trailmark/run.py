"""A run: what it is called, its params, what is tracked, and how it ends. The surface is Aim's."""

from __future__ import annotations

import os
import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Union

from trailmark import _native, lifetime, report, surroundings, terminal
from trailmark.place import RepoLike, place_of, shown, source_of
from trailmark.reading import Readable, path_of
from trailmark.values import epoch_of, payload_of, step_of

if TYPE_CHECKING:
    from trailmark.artifact import Artifact
    from trailmark.repo import Repo

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# How long a call waits for room when the disk is slower than what is tracked, in seconds.
_PATIENCE = 0.2
_FINISHED = ("finished", None, "")


class Run(Readable, _native.Writer):
    """One run, to be recorded or (``read_only``) to be read.

    ``run_hash`` goes on recording a run that is there, from this process as one more writer: ranks of one job may all
    do so. Without it a new run begins, called ``name`` or something that one can remember. It ends with ``close``, the
    ``with`` block, or the interpreter; an exception that leaves either makes it failed, Ctrl-C or SIGTERM killed.

    Tracking neither waits for the disk nor raises: what cannot be recorded is warned of once (see ``strict``).
    """

    # The tracking methods are native: see ``_native.pyi``.
    def __init__(
        self,
        run_hash: Optional[str] = None,
        *,
        repo: RepoLike = None,
        read_only: bool = False,
        experiment: Optional[str] = None,
        force_resume: bool = False,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = False,
        capture_terminal_logs: bool = True,
        name: Optional[str] = None,
        tags: Iterable[str] = (),
        description: Optional[str] = None,
    ) -> None:
        # No run is locked, so that there is nothing to force.
        del force_resume
        if read_only:
            if run_hash is None:
                raise ValueError("open a run to read: got no run_hash")
            self._prepare(source_of(repo), None, read_only)
            self._hash = self._read().find(run_hash)
            return
        self._prepare(*place_of(repo), read_only)
        self._logs = capture_terminal_logs
        known = None
        if run_hash is not None:
            run_hash, known = self._resumed(run_hash)
        begun = (run_hash, name, experiment if experiment is not None else "default")
        self._hash = self._open((self._place, self._server, known), begun, _PATIENCE)
        lifetime.watch(self)
        if run_hash is not None:
            if experiment is not None:
                self._edit("experiment", experiment)
            if name is not None:
                self._edit("name", name)
        if description is not None:
            self._edit("description", description)
        for tag in [tags] if isinstance(tags, str) else tags:
            self._edit("add_tag", str(tag))
        if capture_terminal_logs:
            terminal.watch(self)
        if log_system_params:
            self._work.append(surroundings.capture(self))
        self._begin_sampling(system_tracking_interval)

    @classmethod
    def _of(cls, repo: Repo, run_hash: str) -> Run:
        """A run of a repository that is known to be there, to be read: nothing is looked for."""
        run: Run = cls.__new__(cls)
        run._prepare(repo.path, None, True)
        run._hash, run._reader = run_hash, repo._reader
        return run

    def _prepare(self, place: str, server: Optional[str], read_only: bool) -> None:
        # Where it is written and read: a folder, or the address of a server; of a run for a server its spool.
        self._place, self._server = place, server
        self._read_only = read_only
        self._reader: Optional[_native.Reader] = None
        self._work: list[threading.Thread] = []
        self._artifacts_uri: Optional[str] = None
        self._ended_at: Optional[float] = None
        self._is_successful = False
        self._reopens = False
        self._logs = False
        self._is_child = False
        # Whether it is read at its server: others may have recorded it too.
        self._is_far = False
        self._hash = ""

    def _resumed(self, run_hash: str) -> tuple[str, Optional[_native.Reader]]:
        """Find a run by its hash, the first digits of it, or its name; say who knows it elsewhere."""
        if self._server is None or _native.is_offline():
            return self._read().find(run_hash), None
        try:
            reader = _native.Reader(self._server, False)
            found = reader.find(run_hash)
        except (_native.RemoteError, _native.MissingRunError):
            # What this machine has of it is enough to go on; it may be all that there is.
            here = _native.Reader(self._place, True)
            try:
                return here.find(run_hash), None
            except _native.MissingRunError:
                pass
            raise
        self._reader, self._is_far = reader, True
        return found, reader

    def _begin_sampling(self, interval: Optional[float]) -> None:
        if interval is None:
            return
        if isinstance(interval, (int, float)) and 0.1 <= interval <= 86400:
            self._sample(float(interval))
        else:
            report.warn(
                f"system_tracking_interval: got {interval!r}, want 0.1 to 86400 seconds; the load is not tracked"
            )

    # What is tracked.

    def _track(self, value: Any, name: Any, step: Any, epoch: Any, context: Any) -> None:
        """Take what the native ``track`` did not: dictionaries, objects, other libraries' numbers, and mistakes."""
        try:
            if isinstance(value, Mapping):
                if name is not None:
                    raise ValueError("track a dictionary: got a name too, want the keys as names")
                for key, one in value.items():
                    self.track(one, str(key), step, epoch, context=context)
                return
            if not isinstance(name, str):
                raise ValueError(f"track a value: got name {name!r}, want a text")
            if context is not None and not isinstance(context, Mapping):
                raise TypeError(f"track a value: got context {context!r}, want a dictionary")
            self._need_writer()
            series = (str(name), None if context is None else dict(context))
            self._put(series, (step_of(step), epoch_of(epoch), None), payload_of(value))
        except Exception as error:
            report.failed("nothing was tracked", error)

    def _need_writer(self) -> None:
        if self._is_open:
            return
        if self._read_only:
            raise _native.StoreError(f"record run {self._hash}: it was opened to be read")
        if not self._is_child and not self._reopens:
            raise _native.StoreError(f"record run {self._hash}: it is closed")
        self._abandon()
        self._open((self._place, self._server, None), (self._hash, None, ""), _PATIENCE)
        lifetime.watch(self)
        if self._logs and not self._is_child:
            terminal.watch(self)

    def log_debug(self, msg: str, **params: Any) -> None:
        """Record a message with its severity."""
        self._log("debug", msg, params)

    def log_info(self, msg: str, **params: Any) -> None:
        """Record a message with its severity."""
        self._log("info", msg, params)

    def log_warning(self, msg: str, **params: Any) -> None:
        """Record a message with its severity."""
        self._log("warning", msg, params)

    def log_error(self, msg: str, **params: Any) -> None:
        """Record a message with its severity."""
        self._log("error", msg, params)

    def _log(self, level: str, msg: str, params: dict[str, Any]) -> None:
        try:
            self._need_writer()
            caller = sys._getframe(2)
            origin = (caller.f_code.co_filename, caller.f_lineno)
            record = ("record", _LEVELS[level], str(msg), params, origin)
            self._put(("__log_records", None), (None, None, None), record)
        except Exception as error:
            report.failed("no message was recorded", error)

    def report_progress(self, *, expect_next_in: float = 0, block: bool = False) -> None:
        """Say that the run goes on; the writer's lock says so as well, so that nothing depends on it."""
        try:
            self._need_writer()
            self._set(["__progress"], {"time": time.time(), "expect_next_in": expect_next_in}, False)
            if block:
                self._flush()
        except Exception as error:
            report.failed("no progress was recorded", error)

    def report_successful_finish(self, *, block: bool = True) -> None:
        """Say that the run reached its aim: it counts as finished whatever ends the process."""
        self._is_successful = True
        if block:
            self.flush()

    def flush(self) -> None:
        """Wait until everything so far is in the kernel's hands, where a killed process leaves it safe."""
        if self._is_open:
            self._flush()

    # Params.

    def __setitem__(self, key: Any, value: Any) -> None:
        """Replace the subtree at a key, a path of keys (a tuple), or all (``...``)."""
        self.set(key, value)

    def set(self, key: Any, value: Any, strict: bool = True) -> None:
        """Replace a subtree; without ``strict`` values that no tree holds are kept as their ``repr``."""
        try:
            self._need_writer()
            if type(value).__module__.partition(".")[0] == "omegaconf":
                from omegaconf import OmegaConf  # type: ignore[import-not-found,unused-ignore]

                value = OmegaConf.to_container(value, resolve=True)
            if key is Ellipsis:
                if not isinstance(value, Mapping):
                    raise TypeError("set all params: want a dictionary")
                gone = [one for one in self._params() if one not in value and not one.startswith("__")]
                self._remove(gone)
                self._set([], dict(value), strict)
            else:
                self._set(path_of(key), value, strict)
        except Exception as error:
            report.failed("no parameter was set", error)

    def __delitem__(self, key: Any) -> None:
        """Take the value at a key or a path of keys away."""
        path = [str(part) for part in path_of(key)]
        above = self[tuple(path[:-1])] if len(path) > 1 else self._params()
        if not isinstance(above, dict) or path[-1] not in above:
            raise KeyError(key)
        self._need_writer()
        if len(path) == 1:
            self._remove(path)
        else:
            del above[path[-1]]
            self._set(list(path[:-1]), above, True)

    # What it is called, and how it stands.

    @property
    def hash(self) -> str:
        """Its id: 24 hexadecimal digits."""
        return self._hash

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.props["name"])

    @name.setter
    def name(self, name: str) -> None:
        self._change("name", name)

    @property
    def description(self) -> Optional[str]:
        """What it is about."""
        return self.props["description"] or None

    @description.setter
    def description(self, description: str) -> None:
        self._change("description", description)

    @property
    def experiment(self) -> Optional[str]:
        """The experiment that it belongs to."""
        return self.props["experiment"] or None

    @experiment.setter
    def experiment(self, experiment: str) -> None:
        self._change("experiment", experiment)

    @property
    def archived(self) -> bool:
        """Whether it was put out of sight."""
        return bool(self.props["archived"])

    @archived.setter
    def archived(self, archived: bool) -> None:
        self._change("archive", "yes" if archived else "")

    @property
    def tags(self) -> list[str]:
        """Its tags."""
        return list(self.props["tags"])

    def add_tag(self, value: str) -> None:
        """Add a tag; one that it has already changes nothing."""
        self._change("add_tag", value)

    def remove_tag(self, tag_name: str) -> bool:
        """Take a tag away; say whether it was there."""
        was_there = tag_name in self.tags
        self._change("remove_tag", tag_name)
        return was_there

    def _change(self, what: str, text: str) -> None:
        try:
            if self._is_open:
                self._edit(what, str(text))
            else:
                # What people call a run changes without opening it again.
                self._there().edit(self._hash, what, str(text))
        except Exception as error:
            report.failed(f"{what} was not changed", error)

    # Files.

    @property
    def artifacts_uri(self) -> Optional[str]:
        """Where its files go instead of into the repository."""
        return self._artifacts_uri

    def set_artifacts_uri(self, uri: str) -> None:
        """Leave files in a folder (``file://``) instead of keeping them in the repository."""
        if not uri.startswith("file://"):
            raise ValueError(
                f"set_artifacts_uri: got {uri!r}, want file://FOLDER; without it the repository keeps files"
            )
        self._artifacts_uri = f"{uri.rstrip('/')}/{self._hash}"

    def log_artifact(
        self, path: Union[str, os.PathLike[str]], name: Optional[str] = None, *, block: bool = False
    ) -> None:
        """Keep a file with the run, by content, under its own name or another; in the background unless ``block``."""
        from trailmark import artifact

        artifact.keep(self, [(os.fspath(path), name or os.path.basename(os.fspath(path)))], block)

    def log_artifacts(
        self, path: Union[str, os.PathLike[str]], name: Optional[str] = None, *, block: bool = False
    ) -> None:
        """Keep all files of a folder, under their paths in it below ``name`` or the folder's name."""
        from trailmark import artifact

        artifact.keep(self, artifact.files_of(os.fspath(path), name), block)

    # Its end.

    def close(self) -> None:
        """End the run as finished; what is tracked afterwards is not recorded."""
        self._end(_FINISHED)

    def _close_for_now(self) -> None:
        """End it as successful; what is tracked later is added, and does not make it last longer."""
        self._is_successful = True
        self._reopens = True
        self._ended_at = time.time()
        self.close()

    def _wait_for_work(self) -> None:
        for thread in self._work:
            if thread is not threading.current_thread():
                thread.join(timeout=60)
        self._work.clear()

    def _end(self, end: tuple[str, Optional[int], str]) -> None:
        if not self._is_open:
            return
        self._wait_for_work()
        terminal.forget(self)
        lifetime.forget(self)
        end = _FINISHED if self._is_successful else end
        loss = self._finish(end, self._ended_at)
        if loss is not None:
            report.failed(f"run {self._hash}", _native.StoreError(loss))

    def _after_fork(self) -> None:
        self._is_child = True
        self._work = []
        self._reader = None
        terminal.forget(self)

    def __enter__(self) -> Run:
        """Close it at the end of the block."""
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        """End it as the block ended."""
        self._end(lifetime.end_of(kind, error))

    def __del__(self) -> None:
        """Close a run that nobody holds any more."""
        try:
            self._end(_FINISHED)
        except Exception:  # The interpreter may be half gone.
            return

    def __eq__(self, other: object) -> bool:
        """Whether both are the same run of one repository."""
        return isinstance(other, Run) and (self._home, self._hash) == (other._home, other._hash)

    def __hash__(self) -> int:
        """As equality has it."""
        return hash((self._home, self._hash))

    def __repr__(self) -> str:
        return f"<Run {self._hash} in {shown(self._home)!r}>"
