"""The callback beside the real Optuna: studies as one run and as many."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from trailmark import Repo, Run

QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}


@pytest.fixture(scope="module")
def optuna() -> Any:
    """The library, silent."""
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def objective_of(optuna: Any) -> Any:
    """The first trial succeeds, the second is pruned, the third fails."""

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("kind", ["a"])
        for step in range(3):
            trial.report(x + step, step)
            if trial.number == 1 and step == 1:
                raise optuna.TrialPruned
        if trial.number == 2:
            raise RuntimeError("no value")
        trial.set_user_attr("note", "kept")
        return x + 2

    return objective


def points(run: Run, name: str) -> list[tuple[int, float]]:
    metric = run.get_metric(name, {})
    assert metric is not None, f"{name}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def texts(run: Run, name: str) -> list[str]:
    return [text.data for text in run.get_text_sequence(name, {}).values]


def test_a_study_is_one_run(optuna: Any, tmp_path: Path) -> None:
    from trailmark.optuna import AimCallback

    callback = AimCallback(metric_name="error", repo=str(tmp_path), experiment_name="search", **QUIET)
    study = optuna.create_study(study_name="s", direction="minimize")
    study.optimize(objective_of(optuna), n_trials=4, callbacks=[callback], catch=(RuntimeError,))
    callback.experiment.track(1.0, "mine")
    callback.close()
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert run.status == "finished" and run.experiment == "search" and run["study_name"] == "s"
    assert run["hparams", "direction"] == ["MINIMIZE"]
    xs = [trial.params["x"] for trial in study.trials]
    assert points(run, "x") == list(enumerate(xs)) and texts(run, "kind") == ["a"] * 4
    # A trial that was pruned is worth what it reported last.
    assert points(run, "error") == [(0, xs[0] + 2), (1, xs[1] + 1), (3, xs[3] + 2)]
    assert texts(run, "state") == ["COMPLETE", "PRUNED", "FAIL", "COMPLETE"]
    study.optimize(objective_of(optuna), n_trials=1, callbacks=[callback])
    callback.close()
    assert len(Repo(str(tmp_path)).list_all_runs()) == 2


def test_each_trial_is_a_run(optuna: Any, tmp_path: Path) -> None:
    from trailmark.optuna import TrailmarkCallback

    callback = TrailmarkCallback(as_multirun=True, repo=str(tmp_path), **QUIET)
    study = optuna.create_study(study_name="s", direction="maximize")
    study.optimize(objective_of(optuna), n_trials=3, callbacks=[callback], catch=(RuntimeError,))
    runs = {run["trial_number"]: run for run in Repo(str(tmp_path)).iter_runs()}
    assert [runs[number].status for number in range(3)] == ["finished", "finished", "failed"]
    assert [runs[number]["state"] for number in range(3)] == ["COMPLETE", "PRUNED", "FAIL"]
    x = study.trials[0].params["x"]
    assert runs[0].name == "trial-0" and runs[0]["value"] == x + 2 and runs[0]["user_attrs", "note"] == "kept"
    assert runs[0]["hparams"] == {"direction": ["MAXIMIZE"], "x": x, "kind": "a"}
    assert points(runs[0], "value") == [(0, x), (1, x + 1), (2, x + 2)]
    assert len(points(runs[1], "value")) == 2 and runs[2].get("value") is None


def test_objectives_track_into_the_runs_of_their_trials_in_many_threads(optuna: Any, tmp_path: Path) -> None:
    from trailmark.optuna import TrailmarkCallback

    callback = TrailmarkCallback(as_multirun=True, repo=str(tmp_path), **QUIET)
    together = threading.Barrier(2)

    @callback.track_in_aim()
    def objective(trial: Any) -> float:
        together.wait(timeout=30)
        callback.experiment.track(trial.number, "number")
        together.wait(timeout=30)
        return trial.suggest_float("x", 0, 1)

    study = optuna.create_study()
    study.optimize(objective, n_trials=4, n_jobs=2, callbacks=[callback])
    runs = list(Repo(str(tmp_path)).iter_runs())
    assert len(runs) == 4 and callback.experiment is None
    for run in runs:
        assert points(run, "number") == [(0, run["trial_number"])] and run.status == "finished"


def test_several_objectives_have_a_name_each(optuna: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from trailmark.optuna import TrailmarkCallback

    def objective(trial: Any) -> tuple[float, float]:
        x = trial.suggest_float("x", 0, 1)
        return x, 1 - x

    counted = TrailmarkCallback(repo=str(tmp_path / "a"), **QUIET)
    named = TrailmarkCallback(["cost", "error"], repo=str(tmp_path / "b"), **QUIET)
    wrong = TrailmarkCallback(["cost"], repo=str(tmp_path / "c"), **QUIET)
    study = optuna.create_study(directions=["minimize", "maximize"])
    study.optimize(objective, n_trials=2, callbacks=[counted, named, wrong])
    firsts = [trial.values[0] for trial in study.trials]
    assert [value for _, value in points(counted.experiment, "value_0")] == firsts
    assert [value for _, value in points(named.experiment, "cost")] == firsts
    assert len(points(counted.experiment, "value_1")) == len(points(named.experiment, "error")) == 2
    assert wrong.experiment.get_metric("cost", {}) is None
    assert [record.message for record in caplog.records if record.name == "trailmark"] == [
        "TrailmarkCallback.__call__ recorded nothing: got 2 values of the objective, want 1 as metric_name says"
    ]
