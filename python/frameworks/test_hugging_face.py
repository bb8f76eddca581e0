"""The callback beside the real Trainer, and the example that people copy."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import pytest
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

from trailmark import Repo, Run, Text
from trailmark.callback import Nobody
from trailmark.hugging_face import AimCallback, TrailmarkCallback, series_of


def only_run(folder: Any) -> Run:
    """The run of a repository."""
    (run,) = Repo(str(folder)).iter_runs()
    return run


def points(run: Run, name: str, **context: str) -> list[tuple[int, float]]:
    """Steps and values of a series."""
    metric = run.get_metric(name, context)
    assert metric is not None, f"{name} {context}: {[str(one) for one in run.metrics()]}"
    return list(zip(metric.steps, metric.values))


def check_example(run: Run, with_aim: bool = False) -> None:
    """What every explorer wants of the example's run; Aim's own callback gives the losses of the steps no subset."""
    train = {} if with_aim else {"subset": "train"}
    assert run.status == "finished" and run.experiment == "cities"
    # 25 questions, a fifth held out: 20 in batches of 4, for 3 epochs.
    assert [step for step, _ in points(run, "loss", **train)] == [5, 10, 15]
    # After each epoch, and once more by `evaluate`, which has the last step again.
    assert [step for step, _ in points(run, "loss", subset="eval")] == [5, 10, 15]
    for name in ("learning_rate", "grad_norm", "epoch", "total_flos"):
        assert points(run, name, **train), name
    for name in ("loss" if with_aim else "train_loss", "runtime", "samples_per_second"):
        assert points(run, name, subset="train")[-1][0] == 15, name
    assert len(points(run, "samples_per_second", subset="eval")) == 3
    metric = run.get_metric("loss", {"subset": "eval"})
    assert metric is not None and metric.epochs.tolist() == [1.0, 2.0, 3.0]
    assert run["hparams", "learning_rate"] == 1e-3 and run["model", "hidden_size"] == 32
    system = run["__system_params"]
    assert system["packages"]["transformers"] and "env_variables" in system
    texts = [one for one in run._series("texts") if one.name == "question"]
    questions = [text.data for one in texts for text in one.values]
    assert len(questions) == 5 and all(
        re.match(r"question: what is .*\nanswer: .+\nexpected: ", one) for one in questions
    )
    assert all(one.context["context"].startswith("the capital city of ") for one in texts)
    logs = run.get_terminal_logs()
    assert logs is not None and any("eval_loss" in line.data for line in logs.values)


# Aim's packages come last: what the frameworks have already stays.
WITH_AIM = """
import os, runpy, sys
sys.path.append(os.environ["TRAILMARK_AIM_SITE"])
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_example(example: Path, model: str, data: str, repo: str, folder: Path, with_aim: bool = False) -> None:
    """Run the example as people do."""
    command = [sys.executable, *(["-c", WITH_AIM] if with_aim else []), str(example)]
    command += ["--data", data, "--model", model, "--repo", repo, "--experiment", "cities"]
    command += ["--output", str(folder / "out"), "--max-length", "32"]
    command += ["--batch-size", "4", "--learning-rate", "1e-3"]
    done = subprocess.run(command, text=True, capture_output=True, timeout=300, cwd=folder, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "trailmark" not in done.stderr


def test_the_example_leaves_a_run_like_a_native_one(tmp_path: Path, example: Path, model: str, data: str) -> None:
    run_example(example, model, data, str(tmp_path / "repo"), tmp_path)
    run = only_run(tmp_path / "repo")
    check_example(run)
    # What was asked afterwards does not make the training last longer.
    last = max(one.timestamps[0] for one in run._series("texts"))
    assert run.end_time is not None and run.end_time < last


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """`trailmark up` on a repository, and its address as Aim writes it."""
    program = os.environ.get("TRAILMARK_PROGRAM")
    if not program:
        pytest.skip("TRAILMARK_PROGRAM does not name the program")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "up", "--no-open", "--listen", f"127.0.0.1:{port}", "--repo", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"aim://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def test_the_example_leaves_it_at_a_server_too(
    tmp_path: Path, example: Path, model: str, data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAILMARK_SPOOL", str(tmp_path / "spool"))
    with served(tmp_path / "served") as address:
        run_example(example, model, data, address, tmp_path)
        check_example(only_run(tmp_path / "served"))


def test_the_example_with_aim_itself_leaves_it_at_a_server(
    tmp_path: Path, example: Path, model: str, data: str
) -> None:
    if not os.environ.get("TRAILMARK_AIM_SITE"):
        pytest.skip("TRAILMARK_AIM_SITE does not name a folder with Aim's packages")
    # Only the imports change.
    with_aim = tmp_path / "hf_squad.py"
    with_aim.write_text(re.sub(r"^from trailmark", "from aim", example.read_text(), flags=re.MULTILINE))
    with served(tmp_path / "served") as address:
        run_example(with_aim, model, data, address, tmp_path, with_aim=True)
    check_example(only_run(tmp_path / "served"), with_aim=True)


class Rows(torch.utils.data.Dataset):
    """Sentences of a few tokens with two classes."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": [index % 7 + 1] * 4, "attention_mask": [1] * 4, "labels": index % 2}


def trainer_of(folder: Path, callback: Any, **options: Any) -> Trainer:
    """A small training."""
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    model = BertForSequenceClassification(BertConfig(vocab_size=16, **shape))
    more = {"eval_strategy": "epoch", "logging_steps": 1, "report_to": [], "disable_tqdm": True, "use_cpu": True}
    arguments = TrainingArguments(str(folder / "out"), num_train_epochs=2, save_strategy="no", **more)
    sets = options.pop("eval_dataset", Rows(8))
    return Trainer(model, arguments, train_dataset=Rows(16), eval_dataset=sets, callbacks=[callback], **options)


def test_data_sets_are_told_apart_by_their_names(tmp_path: Path) -> None:
    callback = TrailmarkCallback(repo=str(tmp_path / "repo"), system_tracking_interval=None, log_system_params=False)
    metrics = {"f1": 0.5, "f1_macro_avg": 0.25}
    trainer = trainer_of(
        tmp_path,
        callback,
        eval_dataset={"squad": Rows(8), "squad_v2": Rows(4)},
        compute_metrics=lambda _: metrics,
    )
    callback.experiment["note"] = "before the training"
    trainer.train()
    trainer.evaluate(Rows(4), metric_key_prefix="test")
    trainer.evaluate(Rows(4), metric_key_prefix="final")
    run = callback.experiment
    for dataset in ("squad", "squad_v2"):
        for name, value in metrics.items():
            assert points(run, name, subset="eval", dataset=dataset) == [(2, value), (4, value)]
    assert points(run, "f1", subset="test") == [(4, 0.5)] and points(run, "f1", subset="final") == [(4, 0.5)]
    assert run["note"] == "before the training"
    assert AimCallback is TrailmarkCallback


def test_what_is_tracked_after_the_training_is_added(tmp_path: Path) -> None:
    callback = AimCallback(repo=str(tmp_path / "repo"), experiment="late")
    trainer = trainer_of(tmp_path, callback)
    held = callback.experiment
    trainer.train()
    run = only_run(tmp_path / "repo")
    assert run.status == "finished"
    ended = run.end_time
    held.track(Text("held"), name="question", context={"context": "a"})
    callback.experiment.track(Text("asked"), name="question", context={"context": "b"})
    assert run.status == "running"
    held.close()
    assert run.status == "finished" and abs(run.end_time - ended) < 1
    assert run.get_text_sequence("question", {"context": "a"}).values == [Text("held")]
    assert run.get_text_sequence("question", {"context": "b"}).values == [Text("asked")]
    # The losses of the steps are not overwritten by their mean.
    losses = points(run, "loss", subset="train")
    mean = points(run, "train_loss", subset="train")
    assert [step for step, _ in losses] == [1, 2, 3, 4] and mean[0][0] == 4
    assert abs(sum(value for _, value in losses) / 4 - mean[0][1]) < 1e-3


def test_a_training_that_fails_leaves_a_failed_run(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_hugging_face import *
class Broken(Rows):
    def __getitem__(self, index):
        raise RuntimeError("no row")
callback = AimCallback(repo={str(tmp_path / "repo")!r})
trainer = trainer_of(Path({str(tmp_path)!r}), callback)
trainer.train_dataset = Broken(8)
trainer.train()
"""
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=120)
    assert done.returncode == 1 and "no row" in done.stderr
    run = only_run(tmp_path / "repo")
    assert run.status == "failed" and run.props["reason"] == "RuntimeError: no row"


def test_other_processes_record_nothing(tmp_path: Path) -> None:
    class State:
        is_world_process_zero = False
        global_step, epoch = 1, 0.5

    callback = AimCallback(repo=str(tmp_path / "repo"))
    callback.on_init_end(None, State(), None)
    callback.on_log(None, State(), None, logs={"loss": 1.0})
    callback.on_train_end(None, State(), None)
    assert isinstance(callback.experiment, Nobody) and not callback.experiment
    callback.experiment.track(1.0, name="x")
    callback.experiment["a"] = 1
    assert not (tmp_path / "repo").exists()


def test_logs_that_no_trainer_writes_are_understood() -> None:
    logs = {"loss": 1.0, "eval_custom": 2.0, "nested": {"a": 1}, "train_x": torch.tensor(3.0)}
    assert series_of(logs) == [
        ("loss", {"subset": "eval"}, 1.0),
        ("custom", {"subset": "eval"}, 2.0),
        ("x", {"subset": "train"}, 3.0),
    ]
    assert series_of({"train": 1, "eval": 2}) == [("train", {"subset": "train"}, 1), ("eval", {"subset": "train"}, 2)]


def test_histograms_of_layers(tmp_path: Path) -> None:
    from trailmark.pytorch import track_gradients_dists, track_params_dists

    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Linear(2, 1)))
    model(torch.ones(4, 3)).sum().backward()
    with Run(repo=str(tmp_path), system_tracking_interval=None) as run:
        track_params_dists(model, run, step=5)
        track_gradients_dists(model, run, step=5)
    spread = run.get_distribution_sequence("1.Sequential__1.Linear", {"type": "gradients", "params": "biases"})
    assert spread is not None and spread.steps == [5]
    # A gradient of 4 (one for each row) for the only bias.
    assert spread.values[0].range == (3.5, 4.5) and sum(spread.values[0].weights) == 1
    assert len(list(run._series("distributions"))) == 8
