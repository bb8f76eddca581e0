"""The logger and the callback beside the real CatBoost."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trailmark import Run

ROWS = np.random.default_rng(1).normal(size=(200, 4))
LABELS = (ROWS[:, 0] + ROWS[:, 1] > 0).astype(int)
QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}


@pytest.fixture
def model(tmp_path: Path) -> Any:
    """A model of a few trees."""
    catboost = pytest.importorskip("catboost")
    return catboost.CatBoostClassifier(
        iterations=5, depth=2, learning_rate=0.5, eval_metric="AUC", train_dir=str(tmp_path / "info")
    )


def points(run: Run, name: str, **context: str) -> tuple[list[int], list[float]]:
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return metric.steps.tolist(), metric.values.tolist()


def test_the_callback_gets_every_metric(model: Any, tmp_path: Path) -> None:
    from trailmark.catboost import AimCallback, TrailmarkCallback

    assert AimCallback is TrailmarkCallback
    callback = TrailmarkCallback(repo=str(tmp_path / "repo"), params=model.get_params(), **QUIET)
    model.fit(ROWS, LABELS, eval_set=(ROWS[:50], LABELS[:50]), verbose=False, callbacks=[callback])
    callback.close()
    run, told = callback.experiment, model.get_evals_result()
    assert run.status == "finished" and run["hparams", "depth"] == 2
    assert points(run, "Logloss", subset="learn") == (list(range(5)), told["learn"]["Logloss"])
    for name in ("Logloss", "AUC"):
        assert points(run, name, subset="validation") == (list(range(5)), told["validation"][name])


def test_the_logger_reads_what_is_printed_and_prints_it(
    model: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from trailmark.catboost import AimLogger

    logger = AimLogger(loss_function="AUC", repo=str(tmp_path / "repo"), **QUIET)
    model.fit(ROWS, LABELS, eval_set=(ROWS[:50], LABELS[:50]), log_cout=logger)
    logger.close()
    run, told = logger.experiment, model.get_evals_result()["validation"]["AUC"]
    steps, values = points(run, "AUC", log="test")
    assert steps == list(range(5)) and values == pytest.approx(told, abs=1e-6)
    assert points(run, "AUC", log="best")[1] == pytest.approx(np.maximum.accumulate(told), abs=1e-6)
    assert run["bestTest"] == pytest.approx(max(told), abs=1e-6) and run["bestIteration"] == int(np.argmax(told))
    assert {metric.context.get("log") for metric in run.metrics()} == {"test", "best"}
    assert "bestTest" in capsys.readouterr().out


def test_the_logger_reads_losses_of_both_sets(model: Any, tmp_path: Path) -> None:
    from trailmark.catboost import TrailmarkLogger

    out = io.StringIO()
    logger = TrailmarkLogger("Logloss", repo=str(tmp_path / "repo"), log_cout=out, params={"depth": 2}, **QUIET)
    model.set_params(eval_metric="Logloss")
    model.fit(ROWS, LABELS, eval_set=(ROWS[:50], LABELS[:50]), log_cout=logger)
    run, told = logger.experiment, model.get_evals_result()
    for printed, kept in (("learn", "learn"), ("test", "validation")):
        assert points(run, "Logloss", log=printed)[1] == pytest.approx(told[kept]["Logloss"], abs=1e-6)
    assert out.getvalue().count("learn:") == 5 and run["hparams", "depth"] == 2


def test_lines_that_come_in_pieces_and_say_nothing(tmp_path: Path) -> None:
    from trailmark.catboost import TrailmarkLogger

    with pytest.raises(TypeError, match="want something to write to"):
        TrailmarkLogger(repo=str(tmp_path), log_cout=3)
    logger = TrailmarkLogger(repo=str(tmp_path), log_cout=None, **QUIET)
    for piece in ("0:\tlearn: 0", ".5\ttest: 0\tbest: nan (0)\ttotal: 3ms\tremaining: 1s\n", "1:\n\n= =\nx = y\n9:"):
        logger.write(piece)
    run = logger.experiment
    assert points(run, "Loss", log="learn") == ([0], [0.5]) and points(run, "Loss", log="test") == ([0], [0.0])
    assert np.isnan(points(run, "Loss", log="best")[1][0]) and run["x"] == "y"
    assert len(list(run.metrics())) == 3
