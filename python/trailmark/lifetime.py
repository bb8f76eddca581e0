"""How runs end when nobody closes them: at the interpreter's exit, by an exception, by a signal, and across a fork.

A run that is open when the interpreter ends is finished; one that an exception or SIGTERM ended says so. After a fork
the child leaves the parent's writers alone; the first thing that it tracks opens a writer of its own for the same run.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import weakref
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Callable, Optional

from trailmark import _native

if TYPE_CHECKING:
    from trailmark.run import Run

# By identity: two objects may write one run.
_open: weakref.WeakValueDictionary[int, Run] = weakref.WeakValueDictionary()
_is_watching = False
# The process that `multiprocessing` has been told to end writers in.
_told_in = 0
_previous_hook: Callable[..., Any] = sys.excepthook


def watch(run: Run) -> None:
    """End this run when the process ends."""
    global _is_watching, _previous_hook
    _open[id(run)] = run
    if not _is_watching:
        _is_watching = True
        atexit.register(_at_exit)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)
    if sys.excepthook is not _on_exception:
        # Somebody may have set another one meanwhile: it stays in the chain.
        _previous_hook = sys.excepthook
        sys.excepthook = _on_exception
    _finish_in_worker()
    is_main = threading.current_thread() is threading.main_thread()
    # Whoever handles the signal already is left alone.
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _on_signal)


def forget(run: Run) -> None:
    """Say that a run ended."""
    _open.pop(id(run), None)


def end_of(kind: Optional[type[BaseException]], error: Optional[BaseException]) -> tuple[str, Optional[int], str]:
    """Say how a run ends that an exception leaves: status, code, message."""
    if kind is None:
        return ("finished", None, "")
    if issubclass(kind, KeyboardInterrupt):
        return ("killed", int(signal.SIGINT), "")
    if issubclass(kind, SystemExit):
        code = getattr(error, "code", None)
        if code is None or code == 0:
            return ("finished", None, "")
        return ("failed", code, "") if isinstance(code, int) else ("failed", 1, str(code))
    return ("failed", None, f"{kind.__name__}: {error}")


def _finish_in_worker() -> None:
    """Let a worker of ``multiprocessing`` end its writers: a forked one does not pass through ``atexit``."""
    global _told_in
    module = sys.modules.get("multiprocessing.process")
    if module is None or module.parent_process() is None or _told_in == os.getpid():
        return
    _told_in = os.getpid()
    from multiprocessing import util

    util.Finalize(None, _at_exit, exitpriority=0)


def _end_all(end: tuple[str, Optional[int], str]) -> None:
    for run in list(_open.values()):
        run._end(end)


def _at_exit() -> None:
    _end_all(("finished", None, ""))


def _on_exception(kind: type[BaseException], error: BaseException, traceback: Optional[TracebackType]) -> None:
    # First the traceback: it belongs into the run's log.
    _previous_hook(kind, error, traceback)
    _end_all(end_of(kind, error))


def _on_signal(number: int, _frame: Optional[FrameType]) -> None:
    _end_all(("killed", number, ""))
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _after_fork() -> None:
    _native.forked()
    for run in list(_open.values()):
        run._after_fork()
