"""What reading a repository back costs, from its folder or from a server: one line of JSON.

    python read.py make FOLDER [--runs N] [--points N]
    python read.py read PLACE NAME

``make`` records runs of one series each. ``read`` opens the folder or address, finds all series by a query, reads every
point, and makes one Arrow table of them; times are of the wall clock, CPU is this process's own.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import time


def make(folder: str, n_runs: int, n_points: int) -> None:
    """Record the runs."""
    from trailmark import Run

    for index in range(n_runs):
        with Run(repo=folder, system_tracking_interval=None, capture_terminal_logs=False) as run:
            run["hparams"] = {"learning_rate": 10 ** -(1 + index % 5), "batch_size": 16 * (1 + index % 3)}
            for step in range(n_points):
                value = math.exp(-step / 100) + index
                run.track(value, "loss", step=step, epoch=step / 100, context={"subset": "train"})


def read(place: str, name: str) -> None:
    """Read all of it, and say how long each part took."""
    # pyarrow looks for it when the first list becomes an array.
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401

    from trailmark import Repo

    begin, cpu = time.perf_counter(), time.process_time()
    repo = Repo(place)
    opened = time.perf_counter()
    found = repo.query_metrics('metric.name == "loss"')
    n_series = len(found)
    asked = time.perf_counter()
    total = math.fsum(one.values.numpy().sum() for one in found)
    read_all = time.perf_counter()
    table = found.arrow()
    end = time.perf_counter()
    line = {
        "name": name,
        "series": n_series,
        "points": table.num_rows,
        "sum": total,
        "open_ms": round(1e3 * (opened - begin), 2),
        "query_ms": round(1e3 * (asked - opened), 2),
        "read_ms": round(1e3 * (read_all - asked), 2),
        "arrow_ms": round(1e3 * (end - read_all), 2),
        "all_ms": round(1e3 * (end - begin), 2),
        "cpu_ms": round(1e3 * (time.process_time() - cpu), 2),
        "resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(line))


def main() -> None:
    """Make or read."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "read"))
    parser.add_argument("place")
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--points", type=int, default=1000)
    given = parser.parse_args()
    if given.what == "make":
        make(given.place, given.runs, given.points)
    else:
        read(given.place, given.name)


if __name__ == "__main__":
    main()
