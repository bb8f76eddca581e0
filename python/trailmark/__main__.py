"""The ``trailmark`` command: the program that the wheel carries, else the one that is installed."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from typing import NoReturn


def program() -> str | None:
    """Where the program lies."""
    carried = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bin", "trailmark")
    if os.path.exists(carried):
        if not os.access(carried, os.X_OK):
            os.chmod(carried, os.stat(carried).st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        return carried
    # This very script may be what is found first.
    folders = [one for one in os.environ.get("PATH", "").split(os.pathsep) if one and not _is_ours(one)]
    return shutil.which("trailmark", path=os.pathsep.join(folders))


def _is_ours(folder: str) -> bool:
    return os.path.realpath(folder) == os.path.realpath(os.path.dirname(sys.executable))


def main() -> NoReturn:
    """Become the program."""
    found = program()
    if found is None:
        sys.exit(
            "error: this wheel does not carry the program, and none is installed\n\n"
            "hint: cargo install --locked --path crates/cli"
        )
    os.execv(found, ["trailmark", *sys.argv[1:]])


if __name__ == "__main__":
    main()
