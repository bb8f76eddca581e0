"""The callback beside the real fastai."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from trailmark import Repo, Run

QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def learner() -> Any:
    """A learner of a line."""
    torch = pytest.importorskip("torch")
    basics = pytest.importorskip("fastai.basics")
    rows = torch.arange(12.0).reshape(12, 1) / 12
    data = list(zip(rows, 2 * rows))
    loads = basics.DataLoaders(
        basics.DataLoader(data, bs=4), basics.DataLoader(data[:4], bs=2), device=torch.device("cpu")
    )
    learner = basics.Learner(
        loads, torch.nn.Linear(1, 1), loss_func=torch.nn.functional.mse_loss, metrics=basics.mae, lr=0.125
    )
    return learner


def points(run: Run, name: str, subset: str) -> list[tuple[int, float]]:
    metric = run.get_metric(name, {"subset": subset})
    assert metric is not None, f"{name} {subset}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def test_fits_are_one_run(learner: Any, tmp_path: Path) -> None:
    from trailmark.fastai import AimCallback

    callback = AimCallback(repo=str(tmp_path), experiment_name="line", **QUIET)
    learner.add_cb(callback)
    learner.fit(2)
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert run.status == "finished" and run.experiment == "line"
    assert run["hparams", "n_epoch"] == 2 and run["hparams", "batch_size"] == 4 and run["hparams", "lr_0"] == 0.125
    assert run["model", "n_params"] == 2
    assert [step for step, _ in points(run, "loss", "train")] == list(range(6))
    assert points(run, "lr_0", "train") == [(step, 0.125) for step in range(6)]
    trained, validated, error = zip(*learner.recorder.values)
    assert points(run, "train_loss", "train") == list(zip([2, 5], trained))
    assert points(run, "loss", "val") == list(zip([2, 5], validated))
    assert points(run, "mae", "val") == list(zip([2, 5], error))
    # Neither predictions nor a search for a learning rate are trainings.
    learner.get_preds()
    learner.validate()
    assert len(points(run, "loss", "train")) == 6
    ended = run.end_time
    learner.fit(1)
    assert [step for step, _ in points(run, "loss", "train")] == list(range(9))
    assert run.status == "finished" and run.end_time > ended
    assert len(Repo(str(tmp_path)).list_all_runs()) == 1


def test_a_search_for_a_learning_rate_is_no_training(learner: Any, tmp_path: Path) -> None:
    import matplotlib

    from trailmark.fastai import TrailmarkCallback

    matplotlib.use("Agg")
    learner.path = tmp_path
    learner.add_cb(TrailmarkCallback(repo=str(tmp_path / "repo"), **QUIET))
    from fastai.callback import schedule  # noqa: F401 (it gives learners their search)

    learner.lr_find(num_it=5, show_plot=False, suggest_funcs=None)
    assert not (tmp_path / "repo").exists()


def test_a_learner_that_was_pickled_goes_on_with_the_run(learner: Any, tmp_path: Path) -> None:
    from trailmark.fastai import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path), **QUIET)
    learner.add_cb(callback)
    learner.fit(1)
    learner.remove_cb(callback)
    learner.add_cb(pickle.loads(pickle.dumps(callback)))
    learner.fit(1)
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert [step for step, _ in points(run, "loss", "train")] == list(range(6)) and run.status == "finished"
