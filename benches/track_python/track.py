"""What one tracker costs the training loop that calls it: one line of JSON.

    python track.py NAME FOLDER [--points N] [--seconds S]

Imports and creates a run, then tracks one number a call in bursts of 1,000 with a pause after each: five series of one
context, floats, steps given, as a training loop does. CPU is the calling thread's own. Then the run is closed, and what
it left in the folder is weighed.
"""

from __future__ import annotations

import time

BEGIN = (time.perf_counter_ns(), time.process_time_ns())

import argparse
import json
import os
from collections.abc import Callable

NAMES = ("loss", "grad_norm", "learning_rate", "accuracy", "throughput")
BURST = 1000

Track = Callable[[str, float, int], None]


def trailmark(folder: str) -> tuple[str, Track, Callable[[], None]]:
    """Ours."""
    import trailmark

    run = trailmark.Run(repo=folder, capture_terminal_logs=False)
    track = run.track

    def call(name: str, value: float, step: int) -> None:
        track(value, name, step=step, context={"subset": "train"})

    return trailmark.__version__, call, run.close


def aim(folder: str) -> tuple[str, Track, Callable[[], None]]:
    """Aim."""
    import aim
    from aim.__version__ import __version__

    run = aim.Run(repo=folder, capture_terminal_logs=False)
    track = run.track

    def call(name: str, value: float, step: int) -> None:
        track(value, name=name, step=step, context={"subset": "train"})

    return __version__, call, run.close


def tensorboard(folder: str) -> tuple[str, Track, Callable[[], None]]:
    """TensorBoard's own writer."""
    import tensorboard
    from tensorboard.summary import Writer

    writer = Writer(folder)

    def call(name: str, value: float, step: int) -> None:
        writer.add_scalar(name, value, step)

    return tensorboard.__version__, call, writer.close


def wandb(folder: str) -> tuple[str, Track, Callable[[], None]]:
    """Weights & Biases, offline."""
    os.environ.update(WANDB_MODE="offline", WANDB_SILENT="true", WANDB_DIR=folder)
    os.makedirs(folder, exist_ok=True)
    import wandb

    run = wandb.init(project="bench", dir=folder)

    def call(name: str, value: float, step: int) -> None:
        run.log({name: value, "step": step})

    return wandb.__version__, call, run.finish


def trackio(folder: str) -> tuple[str, Track, Callable[[], None]]:
    """Trackio, into a folder."""
    os.environ.update(TRACKIO_DIR=folder, HF_HUB_OFFLINE="1")
    import trackio

    trackio.init(project="bench", embed=False)

    def call(name: str, value: float, step: int) -> None:
        trackio.log({name: value}, step=step)

    return trackio.__version__, call, trackio.finish


def nothing(_folder: str) -> tuple[str, Track, Callable[[], None]]:
    """The loop itself."""
    return "-", lambda name, value, step: None, lambda: None


def weigh(folder: str) -> int:
    """Bytes of all files of a folder, as they are allocated on the disk at most."""
    found = 0
    for parent, _, files in os.walk(folder):
        found += sum(os.path.getsize(os.path.join(parent, file)) for file in files)
    return found


def measure(track: Track, points: int, seconds: float) -> tuple[int, int, int]:
    """Calls, nanoseconds of CPU of this thread, nanoseconds of the clock, without the pauses."""
    cpu = wall = step = 0
    deadline = time.perf_counter() + seconds
    values = [1.0 / (place + 1.3) for place in range(BURST)]
    while step < points and time.perf_counter() < deadline:
        began = (time.perf_counter_ns(), time.thread_time_ns())
        for value in values:
            track(NAMES[step % 5], value, step // 5)
            step += 1
        wall += time.perf_counter_ns() - began[0]
        cpu += time.thread_time_ns() - began[1]
        time.sleep(0.02)
    return step, cpu, wall


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=["trailmark", "aim", "tensorboard", "wandb", "trackio", "nothing"])
    parser.add_argument("folder")
    parser.add_argument("--points", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    version, track, close = globals()[options.name](options.folder)
    begun = (time.perf_counter_ns() - BEGIN[0], time.process_time_ns() - BEGIN[1])
    # The first calls make series and start threads.
    for step in range(-10, 0):
        track(NAMES[step % 5], 0.5, step + 10)
    calls, cpu, wall = measure(track, options.points, options.seconds)
    close()
    line = {
        "name": options.name,
        "version": version,
        "calls": calls,
        "call_cpu_nanos": cpu / calls,
        "call_wall_nanos": wall / calls,
        "begin_millis": begun[0] / 1e6,
        "begin_cpu_millis": begun[1] / 1e6,
        "bytes_a_point": weigh(options.folder) / calls,
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
