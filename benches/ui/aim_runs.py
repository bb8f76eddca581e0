"""Writes runs of one loss curve each into a repository of Aim: the same numbers of runs and steps as ours.

    python benches/ui/aim_runs.py DIR --runs 1000 --steps 500
"""

import argparse
import math
import random

from aim import Run
from aim.sdk.repo import Repo


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=500)
    arguments = parser.parse_args()
    dice = random.Random(9)
    repo = Repo.from_path(arguments.folder, init=True)
    for _ in range(arguments.runs):
        run = Run(repo=repo, experiment="wide", system_tracking_interval=None, capture_terminal_logs=False)
        run["hparams"] = {
            "learning_rate": 10 ** (-5 + 3 * dice.random()),
            "per_device_train_batch_size": dice.choice([8, 16, 32]),
        }
        floor, speed = 0.3 + dice.random(), 2 + 6 * dice.random()
        for step in range(arguments.steps):
            share = step / arguments.steps
            loss = floor + 5 * math.exp(-speed * share) + 0.08 * dice.gauss(0, 1)
            run.track(max(loss, 0.01), name="loss", step=step, epoch=5 * share, context={"subset": "train"})
        run.close()


if __name__ == "__main__":
    main()
