"""A repository for each test, and programs that are run in a process of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import trailmark
from trailmark import Repo


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """Where the repository lies."""
    return str(tmp_path / "repo")


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    """In tests every mistake is heard of."""
    trailmark.strict(True)
    yield
    trailmark.strict(False)


class Program:
    """A Python program that records into the test's repository, `REPO`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def start(self, text: str, **options: Any) -> subprocess.Popen[str]:
        """Start it."""
        code = f"REPO = {self.folder!r}\n" + textwrap.dedent(text)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **options}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}

        def with_ctrl_c() -> None:
            # What is started in the background ignores it, and so would the program.
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        return subprocess.Popen(
            [sys.executable, "-c", code], text=True, env=environment, preexec_fn=with_ctrl_c, **pipes
        )

    def run(self, text: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        process = self.start(text, **options)
        out, err = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def only_run(self) -> trailmark.Run:
        """The run that it recorded."""
        repo = Repo(self.folder)
        (hash,) = repo.list_all_runs()
        run = repo.get_run(hash)
        assert run is not None
        return run


@pytest.fixture
def program(folder: str) -> Program:
    """Runs programs."""
    return Program(folder)


@pytest.fixture
def run(folder: str) -> Iterator[trailmark.Run]:
    """A run that records nothing by itself."""
    run = trailmark.Run(repo=folder, system_tracking_interval=None, capture_terminal_logs=False)
    yield run
    run.close()


@pytest.fixture
def values() -> Callable[..., list[float]]:
    """Steps and values of a series."""

    def read(run: trailmark.Run, name: str, **context: Any) -> list[Any]:
        metric = run.get_metric(name, context)
        assert metric is not None, f"no series {name} {context}"
        return list(zip(metric.steps, metric.values))

    return read


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves repositories: from a folder (and further arguments of the program) to the server's host and port."""
    program = os.environ.get("TRAILMARK_PROGRAM")
    if not program:
        pytest.skip("TRAILMARK_PROGRAM does not name the program")
    processes = []

    def start(folder: str, *arguments: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [program, "up", "--no-open", "--port", str(port), "--repo", folder, *arguments]
        processes.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        deadline = time.time() + 30
        while time.time() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.02)
        return f"127.0.0.1:{port}"

    yield start
    for process in processes:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(params=["folder", "server"])
def opened(request: Any) -> Callable[[str], Repo]:
    """Opens a repository by its folder, and through a server: whatever is read is the same."""
    if request.param == "folder":
        return Repo
    serve = request.getfixturevalue("serve")
    return lambda folder: Repo(f"http://{serve(folder)}")
