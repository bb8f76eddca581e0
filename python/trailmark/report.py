"""What happens when something cannot be recorded: a warning, because training must not stop for it, or an exception.

``strict(True)``, or ``TRAILMARK_STRICT=1`` in the environment, asks for exceptions.
"""

from __future__ import annotations

import os

_is_strict = os.environ.get("TRAILMARK_STRICT", "") not in ("", "0")
_told: set[str] = set()
_MOST_TOLD = 100


def strict(is_strict: bool = True) -> None:
    """Let what cannot be recorded raise, instead of being warned of once."""
    global _is_strict
    _is_strict = is_strict


def failed(what: str, error: BaseException) -> None:
    """Raise an error, or warn of it the first time."""
    if _is_strict:
        raise error
    warn(f"{what}: {error}")


def warn(text: str) -> None:
    """Say something to the people who watch the program, once."""
    if text in _told or len(_told) >= _MOST_TOLD:
        return
    _told.add(text)
    import logging

    logging.getLogger("trailmark").warning(text)
