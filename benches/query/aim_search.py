"""Aim on runs like the generated ones: how long its searches take. A line of JSON each.

Usage: aim_search.py FOLDER RUNS EXPRESSION_OVER_RUNS EXPRESSION_OVER_METRICS

The runs are written where there are none yet, and indexed with `aim storage reindex`: runs that are not indexed are not
found.
"""

import json
import multiprocessing
import pathlib
import random
import subprocess
import sys
import time

from aim import Repo, Run

PROCESSES = 4


def keep(name, millis, **more):
    print(json.dumps({"name": f"aim: {name}", "millis": millis, **more}), flush=True)


def write(folder, indices):
    for index in indices:
        dice = random.Random(index)
        run = Run(repo=folder, experiment=f"experiment-{index % 5}", system_tracking_interval=None, log_system_params=False)
        run["hparams"] = {
            "learning_rate": dice.choice([4e-3, 4e-4, 4e-5, 2e-5]),
            "per_device_train_batch_size": dice.choice([8, 16, 32, 64]),
            "num_train_epochs": 5.0,
            "weight_decay": 0.01,
            "max_seq_length": 384,
            "lr_scheduler_type": "linear",
            "seed": 42,
            "paper": dice.random() < 0.067,
        }
        for step in range(1, 6):
            for name, value in (("loss", 2.0 / step), ("f1", 65 + 10 * dice.random()), ("exact_match", 60.0)):
                run.track(value, name=name, step=step, context={"subset": "eval"})
        run.close()


def main():
    folder, n_runs, by_params, by_metrics = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    if not (pathlib.Path(folder) / ".aim").exists():
        Repo.from_path(folder, init=True).close()
        parts = [(folder, range(part, n_runs, PROCESSES)) for part in range(PROCESSES)]
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            pool.starmap(write, parts)
        aim = pathlib.Path(sys.executable).parent / "aim"
        reindex = [str(aim), "storage", "--repo", folder, "reindex", "-y"]
        subprocess.run(reindex, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    repo = Repo.from_path(folder)
    for _ in range(3):
        began = time.perf_counter()
        found = sum(1 for _ in repo.query_runs(by_params, report_mode=0).iter_runs())
        keep("runs by params", (time.perf_counter() - began) * 1e3, found=found)
    for _ in range(3):
        began = time.perf_counter()
        found = sum(1 for _ in repo.query_metrics(by_metrics, report_mode=0))
        keep("series by metrics", (time.perf_counter() - began) * 1e3, found=found)


if __name__ == "__main__":
    main()
