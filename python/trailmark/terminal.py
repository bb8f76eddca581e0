"""What the program prints, into the logs of its runs: ``write`` of the two streams is wrapped while a run wants it."""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from trailmark.run import Run

_watchers: tuple[weakref.ref[Run], ...] = ()
_wrapped: list[tuple[Any, Callable[..., Any]]] = []


def watch(run: Run) -> None:
    """Record what is printed from here on."""
    global _watchers
    _watchers = (*_watchers, weakref.ref(run))
    for stream, is_stderr in ((sys.stdout, False), (sys.stderr, True)):
        if stream is not None and not any(stream is known for known, _ in _wrapped):
            _wrap(stream, is_stderr)


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


def _wrap(stream: Any, is_stderr: bool) -> None:
    original = stream.write

    def write(text: str) -> Any:
        result = original(text)
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
