"""What is known of where the program runs: variables, command line, packages; git and hardware are native work."""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from trailmark import report

if TYPE_CHECKING:
    from trailmark.run import Run


def capture(run: Run) -> threading.Thread:
    """Record them off the calling thread; secrets are left out before anything is written."""
    # Taken here: nobody may change the environment while another thread reads it.
    program: dict[str, Any] = {
        "variables": dict(os.environ),
        "arguments": [str(word) for word in getattr(sys, "orig_argv", sys.argv)],
        "executable": sys.executable or "",
        "folder": os.getcwd(),
    }
    thread = threading.Thread(target=_record, args=(run, program), name="trailmark-capture", daemon=True)
    thread.start()
    return thread


def _record(run: Run, program: dict[str, Any]) -> None:
    try:
        program["packages"] = _packages()
        run._capture(program)
    except Exception as error:
        report.warn(f"capture the environment: {error}")


def _packages() -> dict[str, str]:
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    for distribution in distributions():
        # A broken installation has neither.
        name = distribution.metadata["Name"] if distribution.metadata else None
        if name and distribution.version:
            found.setdefault(str(name), str(distribution.version))
    return found
