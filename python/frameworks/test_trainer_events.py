"""The callback beside transformers' own events, which need no PyTorch: what a Trainer says, without the training.

The whole Trainer is in `test_hugging_face.py`.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from trailmark import Repo, Run
from trailmark.callback import Nobody

trainer_callback = pytest.importorskip("transformers.trainer_callback")
transformers = pytest.importorskip("transformers")


class Model:
    """What the callback asks a model for."""

    num_labels = 3

    def __init__(self) -> None:
        self.config = transformers.BertConfig(vocab_size=16, hidden_size=32)


class Arguments:
    """What the callback asks arguments for: those of transformers want PyTorch for it."""

    def to_sanitized_dict(self) -> dict[str, Any]:
        return {"learning_rate": 0.125}


class Trainer:
    """Says what the Trainer says, by its own handler of callbacks."""

    def __init__(self, callback: Any, is_first: bool = True) -> None:
        state = trainer_callback.TrainerState(is_world_process_zero=is_first)
        self.state, self.control = state, trainer_callback.TrainerControl()
        self.args = Arguments()
        callbacks = [trainer_callback.DefaultFlowCallback(), callback]
        self.handler = trainer_callback.CallbackHandler(callbacks, Model(), None, None, None)
        self.handler.on_init_end(self.args, self.state, self.control)

    def train(self, logs: list[dict[str, Any]]) -> None:
        self.handler.on_train_begin(self.args, self.state, self.control)
        for entry in logs:
            self.state.global_step += 1
            self.state.epoch = self.state.global_step / 2
            self.handler.on_log(self.args, self.state, self.control, entry)
        self.handler.on_train_end(self.args, self.state, self.control)


def only_run(folder: Path) -> Run:
    (run,) = Repo(str(folder)).iter_runs()
    return run


def points(run: Run, name: str, **context: str) -> list[tuple[int, float]]:
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def test_a_training_is_a_run(tmp_path: Path) -> None:
    from trailmark.hugging_face import AimCallback

    callback = AimCallback(repo=str(tmp_path / "repo"), experiment="events", system_tracking_interval=None)
    trainer = Trainer(callback)
    trainer.train(
        [
            {"loss": 1.0, "learning_rate": 0.5, "odd": "no number"},
            {"eval_squad_f1": 0.25, "eval_squad_runtime": 2.0},
            {"train_loss": 0.75, "train_runtime": 3.0},
        ]
    )
    run = only_run(tmp_path / "repo")
    assert run.status == "finished" and run.experiment == "events"
    assert run["hparams", "learning_rate"] == 0.125
    assert run["model", "hidden_size"] == 32 and run["model", "num_labels"] == 3
    assert points(run, "loss", subset="train") == [(1, 1.0)]
    assert points(run, "f1", subset="eval", dataset="squad") == [(2, 0.25)]
    assert points(run, "train_loss", subset="train") == [(3, 0.75)]
    metric = run.get_metric("loss", {"subset": "train"})
    assert metric is not None and metric.epochs.tolist() == [0.5]
    # A second training of the same Trainer goes on with it.
    ended = run.end_time
    trainer.train([{"loss": 0.5}])
    assert points(run, "loss", subset="train") == [(1, 1.0), (4, 0.5)]
    assert run.status == "finished" and run.end_time > ended
    assert copy.deepcopy(callback) is callback


def test_other_processes_record_nothing(tmp_path: Path) -> None:
    from trailmark.hugging_face import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path / "repo"))
    Trainer(callback, is_first=False).train([{"loss": 1.0}])
    assert isinstance(callback.experiment, Nobody)
    assert not (tmp_path / "repo").exists()


def test_what_cannot_be_recorded_does_not_stop_the_training(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from trailmark.hugging_face import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path / "repo"), system_tracking_interval=None)
    trainer = Trainer(callback)
    trainer.handler.model.config = property(None)
    trainer.train([{"loss": 1.0}])
    told = [record.message for record in caplog.records if record.name == "trailmark"]
    assert len(told) == 1 and "on_train_begin recorded nothing" in told[0]
    assert points(only_run(tmp_path / "repo"), "loss", subset="train") == [(1, 1.0)]
