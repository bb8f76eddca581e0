"""The logger beside the real Trainer, of both packages that it comes in."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import importlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from trailmark import Repo, Run, StoreError
from trailmark.callback import Nobody

PACKAGE = os.environ.get("LIGHTNING_PACKAGE", "lightning.pytorch")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def pl() -> Any:
    """The package."""
    pytest.importorskip("torch")
    pytest.importorskip(PACKAGE)
    return importlib.import_module(PACKAGE)


@pytest.fixture
def logger(pl: Any, tmp_path: Path) -> Any:
    """A logger that records nothing by itself."""
    return logger_of(tmp_path)


def logger_of(folder: Path, **options: Any) -> Any:
    from trailmark.pytorch_lightning import AimLogger

    quiet = {"system_tracking_interval": None, "log_system_params": False, "capture_terminal_logs": False}
    return AimLogger(**{"repo": str(folder / "repo"), "experiment": "lit", **quiet, **options})


def module_of(pl: Any, fails_at: int = -1, error: Any = None) -> Any:
    import torch

    class Line(pl.LightningModule):
        def __init__(self, rate: float, shape: argparse.Namespace) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(2, 1)

        def training_step(self, batch: Any, index: int) -> Any:
            if index == fails_at:
                raise error or RuntimeError("no batch")
            loss = self.layer(batch).mean() ** 2
            self.log("train_loss", loss)
            self.log("plain", 2.0)
            return loss

        def validation_step(self, batch: Any, index: int) -> None:
            self.log("val_loss", self.layer(batch).mean())

        def test_step(self, batch: Any, index: int) -> None:
            if fails_at == 99:
                raise error or RuntimeError("no batch")
            self.log("test_acc", 0.75)

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=self.hparams.rate)

    return Line(0.1, argparse.Namespace(width=3, path=Path("a/b")))


def trainer_of(pl: Any, logger: Any, folder: Path, **options: Any) -> Any:
    told: dict[str, Any] = {"max_epochs": 2, "log_every_n_steps": 1, "enable_progress_bar": False}
    told.update(enable_model_summary=False, accelerator="cpu", devices=1, default_root_dir=str(folder / "root"))
    return pl.Trainer(logger=logger, **{**told, **options})


def rows() -> Any:
    import torch

    return torch.utils.data.DataLoader(torch.ones(6, 2), batch_size=2)


class Gone(os.PathLike):
    """A path that is none; Lightning leaves out what it cannot pickle."""

    def __fspath__(self) -> str:
        raise RuntimeError("no path")


def points(run: Run, name: str, context: Any) -> list[tuple[int, float]]:
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps.tolist(), metric.values.tolist()))


def only_run(folder: Path) -> Run:
    (run,) = Repo(str(folder / "repo")).iter_runs()
    return run


def test_fit_and_test_are_one_run(pl: Any, logger: Any, tmp_path: Path) -> None:
    trainer, module = trainer_of(pl, logger, tmp_path), module_of(pl)
    trainer.fit(module, rows(), rows())
    run = only_run(tmp_path)
    assert run.status == "finished" and run.experiment == "lit"
    ended = run.end_time
    assert run["hparams"] == {"rate": 0.1, "shape": {"width": 3, "path": "a/b"}}
    assert [step for step, _ in points(run, "loss", {"subset": "train"})] == list(range(6))
    assert [step for step, _ in points(run, "loss", {"subset": "val"})] == [2, 5]
    assert points(run, "plain", {})[0] == (0, 2.0)
    assert run.get_metric("loss", {"subset": "val"}).epochs.tolist() == [0.0, 1.0]
    trainer.test(module, rows(), verbose=False)
    assert only_run(tmp_path).status == "finished"
    assert points(run, "acc", {"subset": "test"}) == [(6, 0.75)]
    assert run.end_time > ended
    # Checkpoints lie where the Trainer was told, under the run's hash.
    assert list((tmp_path / "root" / "lit" / run.hash / "checkpoints").glob("*.ckpt"))


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("no batch"), "failed"), (KeyboardInterrupt(), "killed")])
def test_a_training_that_fails_leaves_a_run_that_says_so(
    pl: Any, logger: Any, tmp_path: Path, error: BaseException, status: str
) -> None:
    with pytest.raises((RuntimeError, SystemExit)):
        trainer_of(pl, logger, tmp_path).fit(module_of(pl, 1, error), rows())
    run = only_run(tmp_path)
    assert run.status == status
    assert len(points(run, "loss", {"subset": "train"})) == 1
    if status == "failed":
        assert run.props["reason"] == "RuntimeError: no batch"
    # Another attempt with the same logger goes on with the run.
    trainer_of(pl, logger, tmp_path).fit(module_of(pl), rows())
    assert only_run(tmp_path).status == "finished"
    assert len(points(run, "loss", {"subset": "train"})) == 6


def test_a_test_that_fails_after_the_training_fails_the_run(pl: Any, logger: Any, tmp_path: Path) -> None:
    module = module_of(pl, 99)
    trainer = trainer_of(pl, logger, tmp_path)
    trainer.fit(module, rows())
    assert only_run(tmp_path).status == "finished"
    with pytest.raises(RuntimeError):
        trainer.test(module, rows())
    assert only_run(tmp_path).status == "failed"


def test_a_run_goes_on_under_its_hash_and_in_other_processes(pl: Any, logger: Any, tmp_path: Path) -> None:
    logger.log_metrics({"train_loss": 1.0, "epoch": 0}, 0)
    logger.finalize("success")
    again = logger_of(tmp_path, run_hash=logger.version, experiment=None)
    again.log_metrics({"train_loss": 0.5, "epoch": 1}, 1)
    again.finalize("success")
    other = pickle.loads(pickle.dumps(again))
    other.log_metrics({"train_loss": 0.25, "epoch": 2}, 2)
    other.finalize("success")
    run = only_run(tmp_path)
    assert points(run, "loss", {"subset": "train"}) == [(0, 1.0), (1, 0.5), (2, 0.25)]
    assert run.experiment == "lit" and run.status == "finished"


def test_hyper_parameters_of_every_kind(logger: Any, tmp_path: Path) -> None:
    class Mode(enum.Enum):
        FAST = "fast"

    @dataclasses.dataclass
    class Options:
        mode: Mode
        sizes: tuple[int, ...]

    logger.log_hyperparams(Options(Mode.FAST, (1, 2)))
    logger.log_hyperparams({"later": argparse.Namespace(a=1), "odd": len, 3: None})
    logger.finalize()
    kept = only_run(tmp_path)["hparams"]
    assert kept == {"mode": "fast", "sizes": [1, 2], "later": {"a": 1}, "odd": repr(len), "3": None}


def test_names_and_contexts_of_ones_own(pl: Any, tmp_path: Path) -> None:
    prefixes = {"subset": {"train": "train/", "val": "val/"}}
    logger = logger_of(tmp_path, context_prefixes=prefixes, context_postfixes={"per": {"step": "_step"}})
    assert logger.parse_context("train/loss_step") == ("loss", {"subset": "train", "per": "step"})
    assert logger.parse_context("train_loss") == ("train_loss", {})
    with pytest.deprecated_call():
        older = logger_of(tmp_path, train_metric_prefix="fit_", val_metric_prefix=None)
    assert older.parse_context("fit_loss") == ("loss", {"subset": "train"})
    assert older.parse_context("val_loss") == ("val_loss", {})
    with pytest.raises(ValueError, match="want one of them"):
        logger_of(tmp_path, train_metric_prefix="fit_", context_prefixes=prefixes)


def test_other_processes_record_nothing(pl: Any, logger: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from trailmark.pytorch_lightning import rank_zero_only

    monkeypatch.setattr(rank_zero_only, "rank", 1)
    logger.log_hyperparams({"a": 1})
    logger.log_metrics({"train_loss": 1.0}, 0)
    logger.finalize("success")
    assert isinstance(logger.experiment, Nobody) and logger.version == ""
    assert not (tmp_path / "repo").exists()


def test_two_processes_are_one_run(pl: Any, tmp_path: Path) -> None:
    # In a process of its own: it forks, and this one has threads.
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_lightning as tests
from pathlib import Path
folder, package = Path({str(tmp_path)!r}), tests.importlib.import_module(tests.PACKAGE)
logger = tests.logger_of(folder)
trainer = tests.trainer_of(package, logger, folder, devices=2, strategy="ddp_fork")
trainer.fit(tests.module_of(package), tests.rows(), tests.rows())
"""
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=240)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path)
    # Three batches for two processes are two each.
    assert [step for step, _ in points(run, "loss", {"subset": "train"})] == list(range(4))
    assert run.status == "finished" and run["hparams", "rate"] == 0.1


def test_a_place_that_is_none_is_told_before_the_training(pl: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    trainer = trainer_of(pl, logger_of(tmp_path, repo=str(tmp_path / "file" / "repo")), tmp_path)
    with pytest.raises(StoreError, match="file/repo"):
        trainer.fit(module_of(pl), rows())
    assert trainer.global_step == 0


def test_what_cannot_be_recorded_does_not_stop_the_training(
    pl: Any, logger: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    module = module_of(pl)
    module.hparams.shape.path = Gone()
    module._hparams_initial = module.hparams
    trainer = trainer_of(pl, logger, tmp_path, enable_checkpointing=False)
    trainer.fit(module, rows())
    assert trainer.global_step == 6 and len(points(only_run(tmp_path), "loss", {"subset": "train"})) == 6
    told = [record.message for record in caplog.records if record.name == "trailmark"]
    assert told == ["TrailmarkLogger.log_hyperparams recorded nothing: no path"]


def test_the_package_of_the_older_name() -> None:
    pytest.importorskip("pytorch_lightning")
    tests = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", __file__]
    tests += ["-k", "not older_name"]
    environment = {**os.environ, "LIGHTNING_PACKAGE": "pytorch_lightning"}
    done = subprocess.run(tests, text=True, capture_output=True, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
