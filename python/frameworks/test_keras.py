"""The callbacks beside the real Keras: with PyTorch under it, TensorFlow's own, and the tuner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trailmark import Repo, Run

os.environ.setdefault("KERAS_BACKEND", "torch")
QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}
ROWS = np.random.default_rng(1).normal(size=(32, 3)).astype("float32")
LABELS = ROWS.sum(axis=1)


@pytest.fixture(scope="module")
def keras() -> Any:
    """Keras over PyTorch."""
    pytest.importorskip("torch")
    return pytest.importorskip("keras")


def model_of(keras: Any, rate: Any = 0.125) -> Any:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse", metrics=["mae"])
    return model


def points(run: Run, name: str, subset: str) -> list[float]:
    metric = run.get_metric(name, {"subset": subset})
    assert metric is not None, f"{name} {subset}: {[str(one) for one in run.metrics()]}"
    assert metric.steps.tolist() == list(range(len(metric.values)))
    return metric.values.tolist()


def check_fits(keras: Any, callback: Any, folder: Path) -> None:
    """Two trainings one after the other are one run."""
    model = model_of(keras)
    history = model.fit(ROWS, LABELS, validation_split=0.25, epochs=3, verbose=0, callbacks=[callback]).history
    (run,) = Repo(str(folder)).iter_runs()
    assert run.status == "finished"
    for name in ("loss", "mae"):
        assert points(run, name, "train") == pytest.approx(history[name])
        assert points(run, name, "val") == pytest.approx(history[f"val_{name}"])
    assert run.get_metric("loss", {"subset": "val"}).epochs.tolist() == [0.0, 1.0, 2.0]
    assert points(run, "lr", "train") == [0.125] * 3
    assert run["hparams", "epochs"] == 3 and run["hparams", "loss"] == "mse"
    assert run["hparams", "optimizer", "learning_rate"] == 0.125 and run["model", "n_params"] == 4
    assert run.get_metric("loss", {"subset": "test"}) is None
    ended = run.end_time
    model.fit(ROWS, LABELS, epochs=4, initial_epoch=3, verbose=0, callbacks=[callback])
    assert len(points(run, "loss", "train")) == 4 and run.end_time > ended
    loss, error = model.evaluate(ROWS, LABELS, verbose=0, callbacks=[callback])
    assert points(run, "loss", "test") == pytest.approx([loss]) and points(run, "mae", "test") == pytest.approx([error])
    assert run.status == "finished" and len(Repo(str(folder)).list_all_runs()) == 1


def test_fit_and_evaluate(keras: Any, tmp_path: Path) -> None:
    from trailmark.keras import AimCallback, AimTracker, TrailmarkCallback

    assert AimCallback is AimTracker is TrailmarkCallback
    check_fits(keras, AimCallback(repo=str(tmp_path), **QUIET), tmp_path)


def test_learning_rates_of_schedules_and_callbacks(keras: Any, tmp_path: Path) -> None:
    from trailmark.keras import TrailmarkCallback

    schedule = keras.optimizers.schedules.ExponentialDecay(0.5, decay_steps=1, decay_rate=0.5)
    callback = TrailmarkCallback(repo=str(tmp_path), **QUIET)
    model_of(keras, schedule).fit(ROWS, LABELS, batch_size=32, epochs=3, verbose=0, callbacks=[callback])
    assert points(callback.experiment, "lr", "train") == [0.25, 0.125, 0.0625]
    again = TrailmarkCallback(repo=str(tmp_path), run_hash=callback.experiment.hash, **QUIET)
    steps = keras.callbacks.LearningRateScheduler(lambda epoch: 1.0 / (epoch + 1))
    model_of(keras).fit(ROWS, LABELS, epochs=2, verbose=0, callbacks=[steps, again])
    assert points(again.experiment, "lr", "train") == [0.25, 0.125, 0.0625, 1.0, 0.5]


def test_what_cannot_be_recorded_does_not_stop_the_training(
    keras: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from trailmark.keras import TrailmarkCallback

    class Odd(keras.optimizers.SGD):
        def get_config(self) -> Any:
            raise RuntimeError("no configuration")

    callback = TrailmarkCallback(repo=str(tmp_path), **QUIET)
    model = model_of(keras)
    model.compile(optimizer=Odd(0.1), loss=lambda true, told: keras.ops.mean((true - told) ** 2))
    model.fit(ROWS, LABELS, epochs=2, verbose=0, callbacks=[callback])
    told = [record.message for record in caplog.records if record.name == "trailmark"]
    assert told == ["TrailmarkCallback.on_train_begin recorded nothing: no configuration"]
    assert len(points(callback.experiment, "loss", "train")) == 2 and callback.experiment.status == "finished"


def test_tensorflows_keras(tmp_path: Path) -> None:
    if subprocess.run([sys.executable, "-c", "import tensorflow"], capture_output=True).returncode != 0:
        pytest.skip("could not import 'tensorflow'")
    # Of its own: the backend is chosen once for a process.
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import os
from pathlib import Path
import tensorflow
from test_keras import QUIET, check_fits
from trailmark.tensorflow import AimCallback
check_fits(tensorflow.keras, AimCallback(repo={str(tmp_path)!r}, **QUIET), Path({str(tmp_path)!r}))
assert tensorflow.keras.backend.backend() == "tensorflow"
"""
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stderr


def test_a_search_has_a_run_for_each_trial(keras: Any, tmp_path: Path) -> None:
    keras_tuner = pytest.importorskip("keras_tuner")
    from trailmark.keras_tuner import AimCallback

    def build(hp: Any) -> Any:
        return model_of(keras, hp.Choice("rate", [0.125, 0.25]))

    tuner = keras_tuner.GridSearch(
        build, objective="val_loss", max_trials=2, executions_per_trial=2, directory=str(tmp_path / "tuner")
    )
    callback = AimCallback(tuner, repo=str(tmp_path / "repo"), experiment="search", **QUIET)
    tuner.search(ROWS, LABELS, validation_split=0.25, epochs=2, batch_size=12, verbose=0, callbacks=[callback])
    runs = list(Repo(str(tmp_path / "repo")).iter_runs())
    assert sorted(run["hparams", "rate"] for run in runs) == [0.125, 0.25]
    assert {run["trial_id"] for run in runs} == set(tuner.oracle.trials)
    for run in runs:
        # Two executions of two epochs of two batches.
        assert len(points(run, "loss", "train")) == len(points(run, "loss", "val")) == 4
        assert len(run.get_metric("loss", {}).values) == 8
        assert run.status == "finished" and run.name == f"trial-{run['trial_id']}" and run.experiment == "search"
