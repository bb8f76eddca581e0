"""The command that the package installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import trailmark

CARRIED = Path(trailmark.__file__).parent / "bin" / "trailmark"


def run(*words: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run it with these folders to search."""
    command = [sys.executable, "-m", "trailmark", *words]
    return subprocess.run(command, text=True, capture_output=True, env={**os.environ, "PATH": path})


def test_it_becomes_the_program_or_says_how_to_get_it(tmp_path: Path) -> None:
    done = run("--version", path="")
    if CARRIED.exists():
        assert done.returncode == 0 and done.stdout.startswith("trailmark ")
        return
    assert done.returncode == 1 and "hint: cargo install" in done.stderr
    other = tmp_path / "trailmark"
    other.write_text('#!/bin/sh\necho "$0 got $*"\nexit 3\n')
    other.chmod(0o755)
    done = run("up", "--port", "0", path=str(tmp_path))
    assert (done.returncode, done.stdout) == (3, f"{other} got up --port 0\n")
