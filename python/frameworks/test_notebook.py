"""Runs in a real Jupyter kernel: recorded, interrupted, restarted, and ended with it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from trailmark import Repo, Run

# Longer than a slow machine takes for any of it.
PATIENCE_SECS = 60


class Notebook:
    """A kernel, and cells that are run in it one after the other."""

    def __init__(self, folder: Path) -> None:
        nbformat = pytest.importorskip("nbformat")
        nbclient = pytest.importorskip("nbclient")
        pytest.importorskip("ipykernel")
        self.cells = nbformat.v4
        self.client = nbclient.NotebookClient(
            nbformat.v4.new_notebook(), timeout=PATIENCE_SECS, kernel_name="python3", allow_errors=True
        )
        self.client.create_kernel_manager()
        self.client.start_new_kernel(cwd=str(folder))
        self.client.start_new_kernel_client()

    def run(self, code: str) -> Any:
        """Run a cell; what it printed and showed."""
        cell = self.cells.new_code_cell(code)
        self.client.nb.cells.append(cell)
        self.client.execute_cell(cell, len(self.client.nb.cells) - 1)
        return cell.outputs

    def tell(self, what: str, **options: Any) -> None:
        """Interrupt, restart or shut down the kernel, as Jupyter's buttons do."""
        from jupyter_core.utils import run_sync

        run_sync(getattr(self.client.km, f"{what}_kernel"))(**options)

    def connect(self) -> None:
        """Speak to the kernel that was restarted."""
        self.client.kc.stop_channels()
        self.client.start_new_kernel_client()


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Notebook]:
    """A notebook with the package imported."""
    notebook = Notebook(tmp_path)
    assert notebook.run("import time\nfrom trailmark import Run\nfrom pathlib import Path") == []
    yield notebook
    notebook.client.kc.stop_channels()
    notebook.tell("shutdown", now=True)


def wait(what: Callable[[], Any]) -> Any:
    """Wait until something is so."""
    until = time.monotonic() + PATIENCE_SECS
    while not (found := what()):
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.05)
    return found


def only_run(folder: Path) -> Run:
    (run,) = Repo(str(folder / "repo")).iter_runs()
    return run


def values(run: Run, name: str) -> list[float]:
    metric = run.get_metric(name, {})
    assert metric is not None
    return metric.values.tolist()


def test_cells_record_and_what_they_print_is_kept(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("run = Run(repo='repo', system_tracking_interval=None)\nrun['hparams'] = {'rate': 0.5}")
    outputs = notebook.run("for step in range(3):\n    run.track(step * 2, 'loss')\nprint('three steps')")
    assert [output["text"] for output in outputs] == ["three steps\n"]
    # An exception ends the cell, not the run.
    (output,) = notebook.run("run.track(6, 'loss')\n1 / 0")
    assert output["ename"] == "ZeroDivisionError"
    wait(lambda: len(values(only_run(tmp_path), "loss")) == 4)
    assert only_run(tmp_path).status == "running"
    notebook.run("run.track(8, 'loss')\nrun.close()")
    run = only_run(tmp_path)
    assert run.status == "finished" and values(run, "loss") == [0, 2, 4, 6, 8]
    assert run["hparams", "rate"] == 0.5
    assert "three steps" in [line.data for line in run.get_terminal_logs().values]


def test_an_interrupted_cell_kills_the_run_of_its_block(notebook: Notebook, tmp_path: Path) -> None:
    def interrupt() -> None:
        wait((tmp_path / "began").exists)
        notebook.tell("interrupt")

    thread = threading.Thread(target=interrupt)
    thread.start()
    code = """
with Run(repo='repo', system_tracking_interval=None) as run:
    run.track(1, 'loss')
    Path('began').touch()
    time.sleep(600)
"""
    outputs = notebook.run(code)
    thread.join()
    assert [output["ename"] for output in outputs if output["output_type"] == "error"] == ["KeyboardInterrupt"]
    run = only_run(tmp_path)
    assert run.status == "killed" and values(run, "loss") == [1]
    # The kernel goes on, and so does the run when it is asked to.
    notebook.run(f"run = Run({run.hash!r}, repo='repo')\nrun.track(2, 'loss')\nrun.close()")
    assert values(run, "loss") == [1, 2] and only_run(tmp_path).status == "finished"


def test_a_restarted_kernel_leaves_what_was_tracked(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("run = Run(repo='repo', system_tracking_interval=None)\nrun.track(1, 'loss')\nrun.flush()")
    first = only_run(tmp_path)
    assert first.status == "running"
    notebook.tell("restart", now=True)
    # Killed, as the lock says that it left.
    wait(lambda: first.status == "crashed")
    notebook.connect()
    hash = first.hash
    notebook.run(f"from trailmark import Run\nrun = Run({hash!r}, repo='repo')\nrun.track(2, 'loss')\nrun.close()")
    assert values(first, "loss") == [1, 2] and first.status == "finished"


def test_a_kernel_that_is_shut_down_finishes_its_runs(notebook: Notebook, tmp_path: Path) -> None:
    notebook.run("run = Run(repo='repo', system_tracking_interval=None)\nrun.track(1, 'loss')")
    notebook.tell("shutdown")
    run = only_run(tmp_path)
    assert run.status == "finished" and values(run, "loss") == [1]
