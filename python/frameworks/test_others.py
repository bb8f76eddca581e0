"""The loggers beside the real PyTorch Ignite and Prophet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trailmark import Repo, Run

QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}


def points(run: Run, name: str, context: Any) -> list[tuple[int, float]]:
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def test_ignite(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    engine = pytest.importorskip("ignite.engine")
    from trailmark.pytorch_ignite import AimLogger, OptimizerParamsHandler, OutputHandler

    trainer = engine.Engine(lambda _, batch: float(batch))
    evaluator = engine.Engine(lambda _, batch: None)
    evaluator.add_event_handler(engine.Events.COMPLETED, lambda one: one.state.metrics.update(acc=0.5))
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.125)
    with AimLogger(repo=str(tmp_path), experiment="ignited", **QUIET) as logger:
        logger.log_params({"rate": 0.125, "path": tmp_path})
        each, done = engine.Events.ITERATION_COMPLETED, engine.Events.EPOCH_COMPLETED
        rates = OptimizerParamsHandler(optimizer)
        output = OutputHandler(tag="train", output_transform=lambda value: {"loss": value})
        logger.attach(trainer, log_handler=output, event_name=each)
        logger.attach(trainer, log_handler=rates, event_name=each)
        logger.attach_output_handler(
            evaluator,
            event_name=engine.Events.COMPLETED,
            tag="val",
            metric_names=["acc"],
            global_step_transform=lambda *_: trainer.state.iteration,
        )
        trainer.add_event_handler(done, lambda: evaluator.run([0]))
        trainer.run([1, 2], max_epochs=2)
        assert logger.name == "ignited" and logger.version == logger.experiment.hash
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert run.status == "finished" and run["hparams"] == {"rate": 0.125, "path": str(tmp_path)}
    assert points(run, "loss", {"subset": "train"}) == [(1, 1.0), (2, 2.0), (3, 1.0), (4, 2.0)]
    assert points(run, "lr_group_0", {}) == [(step, 0.125) for step in range(1, 5)]
    assert points(run, "acc", {"subset": "val"}) == [(2, 0.5), (4, 0.5)]


def test_prophet(tmp_path: Path) -> None:
    prophet = pytest.importorskip("prophet")
    pandas = pytest.importorskip("pandas")
    from trailmark.prophet import AimLogger

    days = pandas.date_range("2024-01-01", periods=60)
    model = prophet.Prophet(changepoint_prior_scale=0.125, yearly_seasonality=False)
    logger = AimLogger(model, repo=str(tmp_path), experiment="forecast", **QUIET)
    model.fit(pandas.DataFrame({"ds": days, "y": np.arange(60.0)}))
    told = model.predict(pandas.DataFrame({"ds": days}))
    error = float(np.abs(told["yhat"] - np.arange(60.0)).mean())
    logger.track_metrics({"mae": error})
    logger.track_metrics({"mae": 2 * error}, context={"subset": "train"})
    logger.close()
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert run.status == "finished" and run["hparams", "changepoint_prior_scale"] == 0.125
    assert run["hparams", "growth"] == "linear" and run.experiment == "forecast"
    assert points(run, "mae", {"subset": "val"}) == [(0, error)]
    assert points(run, "mae", {"subset": "train"}) == [(0, 2 * error)]
