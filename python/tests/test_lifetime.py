"""How runs end, in processes of their own: exit, exceptions, signals, forks, threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from trailmark import Repo, Run

OPEN = """
from trailmark import Run
run = Run(repo=REPO, system_tracking_interval=None)
for step in range(100):
    run.track(step * 0.5, "x", step=step)
"""


def test_a_clean_exit_finishes_the_run(program: Any, values: Any) -> None:
    done = program.run(OPEN)
    assert done.returncode == 0 and done.stderr == ""
    run = program.only_run()
    assert run.status == "finished" and len(values(run, "x")) == 100


def test_an_exception_that_leaves_the_interpreter_fails_the_run(program: Any) -> None:
    done = program.run(OPEN + "raise RuntimeError('on purpose')")
    assert done.returncode == 1 and "RuntimeError: on purpose" in done.stderr
    run = program.only_run()
    assert run.status == "failed" and run.props["reason"] == "RuntimeError: on purpose"
    logs = run.get_terminal_logs()
    assert logs is not None and any("RuntimeError: on purpose" in line.data for line in logs.values)


def test_the_hook_that_was_there_still_runs(program: Any) -> None:
    hook = "import sys\nsys.excepthook = lambda *told: print('mine')\n"
    done = program.run(hook + OPEN + "raise RuntimeError('on purpose')")
    assert done.stdout == "mine\n" and program.only_run().status == "failed"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, "killed"), (signal.SIGINT, "killed"), (signal.SIGKILL, "crashed")]
)
def test_a_signal_ends_the_run_and_nothing_is_lost(program: Any, values: Any, number: int, status: str) -> None:
    process = program.start(OPEN + "run.flush(); print('ready'); import time; time.sleep(60)")
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == -number
    run = program.only_run()
    assert run.status == status and len(values(run, "x")) == 100


def test_whoever_handles_sigterm_goes_on_handling_it(program: Any) -> None:
    mine = "import signal, sys\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
    process = program.start(mine + OPEN + "print('ready'); import time; time.sleep(60)")
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0 and program.only_run().status == "finished"


def test_a_forked_child_writes_beside_its_parent(program: Any, values: Any) -> None:
    done = program.run(
        OPEN
        + """
import os
child = os.fork()
if child == 0:
    for step in range(100, 200):
        run.track(step * 0.5, "x", step=step)
    run["from"] = "child"
    raise SystemExit(0)
os.waitpid(child, 0)
run.track(100.0, "x", step=200)
"""
    )
    assert done.returncode == 0, done.stderr
    run = program.only_run()
    assert values(run, "x") == [(step, step * 0.5) for step in range(201)]
    assert run.status == "finished" and run["from"] == "child"


def test_a_forked_child_that_tracks_nothing_leaves_the_run_alone(program: Any, values: Any) -> None:
    done = program.run(
        OPEN
        + """
import os
for end in ("raise SystemExit(0)", "raise ValueError('child')", "os._exit(1)", "os.kill(os.getpid(), 9)"):
    if os.fork() == 0:
        print("printed by the child")
        exec(end)
    os.wait()
assert run.status == "running"
"""
    )
    assert done.returncode == 0, done.stderr
    run = program.only_run()
    assert run.status == "finished" and len(values(run, "x")) == 100
    assert run.get_terminal_logs() is None


def test_workers_of_multiprocessing_write_until_their_end(program: Any, values: Any) -> None:
    done = program.run(
        """
import multiprocessing, threading
from trailmark import Run
run = Run(repo=REPO)
def work(rank):
    for step in range(1000):
        run.track(float(step), "x", step=step, context={"rank": rank})
def noise(stop):
    while not stop.is_set():
        run.track(1.0, "noise")
stop = threading.Event()
thread = threading.Thread(target=noise, args=(stop,))
thread.start()
context = multiprocessing.get_context("fork")
workers = [context.Process(target=work, args=(rank,)) for rank in range(4)]
for worker in workers: worker.start()
for worker in workers: worker.join()
stop.set(); thread.join()
print([worker.exitcode for worker in workers])
"""
    )
    assert done.stdout == "[0, 0, 0, 0]\n", done.stderr
    run = program.only_run()
    for rank in range(4):
        assert values(run, "x", rank=rank) == [(step, float(step)) for step in range(1000)]
    assert run.status == "finished"


def test_a_run_that_a_worker_begins_ends_with_it(program: Any, values: Any) -> None:
    done = program.run(
        """
import multiprocessing
def work():
    from trailmark import Run
    global run
    run = Run(repo=REPO)
    run.track(1.0, "x")
worker = multiprocessing.get_context("fork").Process(target=work)
worker.start()
worker.join()
"""
    )
    assert done.returncode == 0 and done.stderr == ""
    run = program.only_run()
    assert run.status == "finished" and values(run, "x") == [(0, 1.0)]


def test_every_writer_of_a_run_ends_with_the_program(program: Any, values: Any) -> None:
    done = program.run(
        """
from trailmark import Run
runs = [Run(repo=REPO)]
runs += [Run(runs[0].hash, repo=REPO) for _ in range(3)]
for rank, run in enumerate(runs):
    run.track(float(rank), "x", context={"rank": rank})
runs[1].close()
raise ValueError("all of them")
"""
    )
    assert done.returncode == 1
    run = program.only_run()
    assert run.status == "failed" and [values(run, "x", rank=rank) for rank in range(4)] == [
        [(0, float(rank))] for rank in range(4)
    ]


def test_threads_lose_nothing(program: Any, values: Any) -> None:
    done = program.run(
        """
import threading
from trailmark import Run
run = Run(repo=REPO)
def work(rank):
    for step in range(5000):
        run.track(float(step), "x", step=step, context={"rank": rank})
        run.track(1.0, "shared")
threads = [threading.Thread(target=work, args=(rank,)) for rank in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    )
    assert done.returncode == 0, done.stderr
    run = program.only_run()
    assert len(values(run, "shared")) == 40_000
    for rank in range(8):
        assert len(values(run, "x", rank=rank)) == 5000


def test_importing_the_package_imports_no_framework() -> None:
    code = (
        "import sys, trailmark; print([m for m in ('numpy', 'torch', 'PIL', 'logging', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert done.stdout == "[]\n"


def test_the_load_of_the_machine_and_the_environment_are_recorded(program: Any) -> None:
    done = program.run(
        """
import time
from trailmark import Run
with Run(repo=REPO, system_tracking_interval=0.2, log_system_params=True) as run:
    deadline = time.time() + 30
    while time.time() < deadline and run.get_metric("__system__cpu") is None:
        time.sleep(0.05)
""",
        SECRET_TOKEN="abc",
        HARMLESS="visible",
    )
    assert done.returncode == 0, done.stderr
    run = program.only_run()
    assert run.get_metric("__system__memory_percent") is not None
    system = run["__system_params"]
    assert system["env_variables"]["HARMLESS"] == "visible" and system["env_variables"]["SECRET_TOKEN"] == "[redacted]"
    assert system["packages"]["pytest"] and os.path.samefile(system["executable"], sys.executable)
    assert "-c" in system["arguments"] and system["cwd"]


def test_what_is_printed_is_recorded_by_line(program: Any) -> None:
    done = program.run(
        """
import sys
from trailmark import Run
run = Run(repo=REPO)
print("one"); print("two", end=""); print(" more")
sys.stderr.write("10%\\r50%\\r"); sys.stderr.write("100%\\n")
print("unfinished", end="")
run.close()
print("after")
"""
    )
    assert done.stdout == "one\ntwo more\nunfinishedafter\n"
    logs = program.only_run().get_terminal_logs()
    assert logs is not None
    lines = [(line.data, line.is_stderr) for line in logs.values]
    assert lines == [("one", False), ("two more", False), ("100%", True), ("unfinished", False)]


def test_runs_may_print_one_inside_the_other(folder: str, capsys: Any) -> None:
    with Run(repo=folder) as outer:
        print("outer")
        with Run(repo=folder) as inner:
            print("both")
        print("outer again")
    print("nobody")
    assert capsys.readouterr().out == "outer\nboth\nouter again\nnobody\n"
    told = {run: [line.data for line in run.get_terminal_logs().values] for run in (outer, inner)}
    assert told == {outer: ["outer", "both", "outer again"], inner: ["both"]}


def test_a_stream_that_others_wrap_or_give_back_is_recorded_once(program: Any) -> None:
    done = program.run(
        """
import sys
from trailmark import Run
first = Run(repo=REPO)
ours = sys.stdout.write
sys.stdout.write = lambda text: ours(text)
# Wrapped once more, over theirs.
second = Run(repo=REPO)
print("within")
second.close()
del sys.stdout.write
print("given back")
third = Run(repo=REPO)
print("again")
third.close()
first["is"] = "first"
"""
    )
    assert done.returncode == 0 and done.stdout == "within\ngiven back\nagain\n", done.stderr
    (run,) = [run for run in Repo(program.folder).iter_runs() if run.get("is")]
    assert [line.data for line in run.get_terminal_logs().values] == ["within", "again"]
