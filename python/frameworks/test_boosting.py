"""The callbacks of gradient boosting beside the real libraries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trailmark import Run

ROWS = np.random.default_rng(1).normal(size=(200, 4))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)


def points(run: Run, name: str, subset: str) -> tuple[list[int], list[float]]:
    """Steps and values of a series."""
    metric = run.get_metric(name, {"subset": subset})
    assert metric is not None, f"{name} {subset}: {[str(one) for one in run.metrics()]}"
    return metric.steps.tolist(), metric.values.tolist()


def test_xgboost(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    from trailmark.xgboost import AimCallback

    callback = AimCallback(repo=str(tmp_path), system_tracking_interval=None, log_system_params=False)
    rows, result = xgboost.DMatrix(ROWS, LABELS), {}
    options = {"objective": "binary:logistic", "eval_metric": ["logloss", "auc"], "max_depth": 2, "eta": 0.5}
    sets = [(rows, "train"), (xgboost.DMatrix(ROWS[:50], LABELS[:50]), "valid")]
    xgboost.train(options, rows, 5, evals=sets, evals_result=result, callbacks=[callback], verbose_eval=False)
    run = callback.experiment
    assert run.status == "finished"
    hparams = run["hparams"]
    assert (hparams["max_depth"], hparams["eta"], hparams["objective"]) == (2, 0.5, "binary:logistic")
    for subset in ("train", "valid"):
        for name in ("logloss", "auc"):
            assert points(run, name, subset) == (list(range(5)), result[subset][name])
    run.track(1.0, "later")
    run.close()
    assert run.status == "finished" and run.get_metric("later") is not None


def test_xgboosts_cross_validation(tmp_path: Path) -> None:
    xgboost = pytest.importorskip("xgboost")
    pytest.importorskip("sklearn")
    from trailmark.xgboost import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path), system_tracking_interval=None, log_system_params=False)
    options = {"objective": "binary:logistic", "eval_metric": "logloss"}
    table = xgboost.cv(options, xgboost.DMatrix(ROWS, LABELS), 4, nfold=3, callbacks=[callback], as_pandas=False)
    run = callback.experiment
    assert run.status == "finished" and run["hparams", "booster"] == "gbtree"
    assert points(run, "logloss", "test")[0] == [0, 1, 2, 3]
    assert points(run, "logloss", "test")[1] == pytest.approx(table["test-logloss-mean"])
    assert points(run, "logloss_std", "test")[1] == pytest.approx(table["test-logloss-std"])


def test_lightgbm(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from trailmark.lightgbm import AimCallback

    callback = AimCallback(repo=str(tmp_path), system_tracking_interval=None, log_system_params=False)
    result: dict = {}
    data = lightgbm.Dataset(ROWS, LABELS)
    valid = lightgbm.Dataset(ROWS[:50], LABELS[:50], reference=data)
    options = {"objective": "binary", "metric": ["binary_logloss", "auc"], "verbose": -1, "num_leaves": 7}
    keep = lightgbm.record_evaluation(result)
    lightgbm.train(
        options, data, 5, valid_sets=[data, valid], valid_names=["train", "valid"], callbacks=[keep, callback]
    )
    run = callback.experiment
    assert run.status == "finished" and run["hparams", "num_leaves"] == 7
    for subset in ("train", "valid"):
        for name in ("binary_logloss", "auc"):
            assert points(run, name, subset) == (list(range(5)), result[subset][name])


def test_lightgbms_cross_validation(tmp_path: Path) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    from trailmark.lightgbm import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path), system_tracking_interval=None, log_system_params=False)
    options = {"objective": "binary", "metric": "binary_logloss", "verbose": -1}
    folds = [(np.arange(100), np.arange(100, 200)), (np.arange(100, 200), np.arange(100))]
    table = lightgbm.cv(options, lightgbm.Dataset(ROWS, LABELS), 4, folds=folds, callbacks=[callback])
    (name,) = {key.rsplit("-", 1)[0] for key in table}
    subset, metric = name.split(" ")
    run = callback.experiment
    assert points(run, metric, subset)[1] == table[f"{name}-mean"]
    assert points(run, f"{metric}_std", subset)[1] == table[f"{name}-stdv"]
