"""The callback beside the real Stable-Baselines3."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from trailmark import Repo, Run, StoreError

QUIET = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def library() -> Any:
    """The library."""
    pytest.importorskip("torch")
    return pytest.importorskip("stable_baselines3")


def model_of(library: Any) -> Any:
    return library.PPO("MlpPolicy", "CartPole-v1", n_steps=32, batch_size=16, n_epochs=2, device="cpu", verbose=1)


def points(run: Run, name: str, **context: str) -> list[tuple[int, float]]:
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def test_learning_twice_is_one_run(library: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from trailmark.sb3 import AimCallback, TrailmarkCallback

    assert AimCallback is TrailmarkCallback
    callback = AimCallback(repo=str(tmp_path), experiment_name="cart", **QUIET)
    model = model_of(library)
    model.learn(96, callback=callback)
    (run,) = Repo(str(tmp_path)).iter_runs()
    assert run.status == "finished" and run.experiment == "cart"
    assert run["hparams", "algo"] == "PPO" and run["hparams", "n_steps"] == 32 and run["hparams", "gamma"] == 0.99
    assert run["hparams", "policy"].endswith("ActorCriticPolicy")
    assert [step for step, _ in points(run, "ep_len_mean", tag="rollout")] == [32, 64, 96]
    losses = points(run, "value_loss", subset="train")
    assert losses and all(value >= 0 for _, value in losses)
    assert points(run, "fps", tag="time")
    # What it printed before is still printed.
    assert "ep_len_mean" in capsys.readouterr().out
    before = len(points(run, "fps", tag="time"))
    model.learn(64, callback=callback, reset_num_timesteps=False)
    assert [step for step, _ in points(run, "ep_len_mean", tag="rollout")] == [32, 64, 96, 128, 160]
    assert len(points(run, "fps", tag="time")) == before + 2
    assert run.status == "finished" and len(Repo(str(tmp_path)).list_all_runs()) == 1


def test_a_logger_of_ones_own_is_listened_to_once(library: Any, tmp_path: Path) -> None:
    from stable_baselines3.common.logger import Logger

    from trailmark.sb3 import TrailmarkCallback

    callback = TrailmarkCallback(repo=str(tmp_path), **QUIET)
    model = model_of(library)
    logger = Logger(folder=None, output_formats=[])
    model.set_logger(logger)
    for _ in range(2):
        model.learn(32, callback=callback, reset_num_timesteps=False)
    assert len(logger.output_formats) == 1
    logger.record("eval/mean_reward", 3.5)
    logger.record("a/b/c", 1)
    logger.record("top", 2)
    logger.record("train/hidden", 1.0, exclude="trailmark")
    logger.record("train/text", "no number")
    logger.dump(70)
    run = callback.experiment
    assert points(run, "mean_reward", subset="eval") == [(70, 3.5)]
    assert points(run, "c", tag="a/b") == [(70, 1)] and points(run, "top") == [(70, 2)]
    assert run.get_metric("hidden", {"subset": "train"}) is None
    callback.close()


def test_a_place_that_is_none_is_told_before_the_training(library: Any, tmp_path: Path) -> None:
    from trailmark.sb3 import TrailmarkCallback

    (tmp_path / "file").write_text("no folder")
    model = model_of(library)
    with pytest.raises(StoreError, match="file/repo"):
        model.learn(64, callback=TrailmarkCallback(repo=str(tmp_path / "file" / "repo"), **QUIET))
    assert model.num_timesteps == 0


def test_what_cannot_be_recorded_does_not_stop_the_training(
    library: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from trailmark.sb3 import TrailmarkCallback

    class Odd:
        @property
        def dtype(self) -> str:
            raise RuntimeError("no number")

        item = 1

    class Chatty(TrailmarkCallback):
        def _on_step(self) -> bool:
            self.logger.record("train/odd", Odd())
            return True

    model = model_of(library)
    model.learn(64, callback=Chatty(repo=str(tmp_path), **QUIET))
    assert model.num_timesteps == 64
    told = [record.message for record in caplog.records if record.name == "trailmark"]
    assert told == ["Chatty._record recorded nothing: no number"]
