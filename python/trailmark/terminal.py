"""What the program prints, into the logs of its runs: ``write`` of the two streams is wrapped while a run wants it.

IPython puts back at the end of each cell what ``write`` was at its beginning, so that it is wrapped again in the next.
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from trailmark.run import Run

_watchers: tuple[weakref.ref[Run], ...] = ()
_wrapped: list[tuple[Any, Callable[..., Any]]] = []
# Streams that are being written to, so that one that is wrapped twice is recorded once.
_within = threading.local()
_follows_cells = False


def watch(run: Run) -> None:
    """Record what is printed from here on."""
    global _watchers
    _watchers = (*_watchers, weakref.ref(run))
    _follow_cells()
    _wrap_streams()


def forget(run: Run) -> None:
    """Record nothing more into this run; give the streams back after the last one."""
    global _watchers
    _watchers = tuple(ref for ref in _watchers if ref() is not None and ref() is not run)
    if not _watchers:
        while _wrapped:
            stream, write = _wrapped.pop()
            # Somebody may have wrapped it again: then it is theirs.
            if getattr(stream, "write", None) is write:
                del stream.write


def _follow_cells() -> None:
    global _follows_cells
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None and not _follows_cells else None
    if shell is not None:
        _follows_cells = True
        shell.events.register("pre_run_cell", lambda *_: _wrap_streams())


def _wrap_streams() -> None:
    """Wrap the streams, where something else is in the wrapper's place too."""
    if not _watchers:
        return
    for stream, is_stderr in ((sys.stdout, False), (sys.stderr, True)):
        ours = [write for known, write in _wrapped if known is stream]
        if stream is not None and getattr(stream, "write", None) not in ours:
            _wrapped[:] = [(known, write) for known, write in _wrapped if known is not stream]
            _wrap(stream, is_stderr)


def _wrap(stream: Any, is_stderr: bool) -> None:
    original = stream.write

    def write(text: str) -> Any:
        streams = _within.__dict__.setdefault("streams", set())
        if id(stream) in streams:
            return original(text)
        streams.add(id(stream))
        try:
            result = original(text)
        finally:
            streams.discard(id(stream))
        for ref in _watchers:
            run = ref()
            if run is not None:
                try:
                    run._print(is_stderr, text)
                except Exception:  # Printing must work whatever a run says.
                    continue
        return result

    try:
        stream.write = write
    except (AttributeError, TypeError):
        # A stream that cannot be wrapped is not recorded.
        return
    _wrapped.append((stream, write))
