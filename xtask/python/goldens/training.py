"""Whole runs of the real Trainer on a tiny BERT: order of samples, losses, logs, evaluation, files left on disk."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import BertForQuestionAnswering, Trainer, TrainingArguments

import squad

from . import corpus, words
from .files import write_json

MAX_LENGTH = 96
DOC_STRIDE = 32
# Seven batches of four, the last with three; four updates of two batches, the last with one.
N_TRAIN = 27
BASE: dict[str, Any] = {
    "learning_rate": 0.001,
    "per_device_train_batch_size": 4,
    "per_device_eval_batch_size": 8,
    "num_train_epochs": 3,
    "weight_decay": 0.01,
    "logging_steps": 5,
    "save_strategy": "no",
    "eval_strategy": "epoch",
}
RUNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "grad_accum_2": {"gradient_accumulation_steps": 2},
    "drop_last": {"dataloader_drop_last": True},
    "cosine_warmup_0.1": {"lr_scheduler_type": "cosine", "warmup_ratio": 0.1},
    "seed_7": {"seed": 7, "data_seed": None},
    "data_seed_9": {"data_seed": 9},
    "no_clip": {"max_grad_norm": 0.0},
    "best_epoch_limit1": {
        "learning_rate": 0.01,
        "num_train_epochs": 4,
        "save_strategy": "epoch",
        "load_best_model_at_end": True,
        "save_total_limit": 1,
        "metric_for_best_model": "eval_loss",
        "greater_is_better": False,
    },
    "steps_save_eval_10": {"save_strategy": "steps", "eval_strategy": "steps", "save_steps": 10, "eval_steps": 10},
}
KEPT = ("input_ids", "token_type_ids", "attention_mask", "start_positions", "end_positions")


class Watched(torch.utils.data.Dataset[dict[str, Any]]):
    """Windows that remember in which order they were read."""

    def __init__(self, windows: list[dict[str, Any]]) -> None:
        self.windows = windows
        self.order: list[int] = []

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, n: int) -> dict[str, Any]:
        self.order.append(n)
        return self.windows[n]


class Told(Trainer):
    """A Trainer that keeps what each `training_step` returned."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.losses: list[float] = []

    def training_step(self, *args: Any, **kwargs: Any) -> torch.Tensor:
        """One micro-batch, as the Trainer does it."""
        loss = super().training_step(*args, **kwargs)
        self.losses.append(loss.item())
        return loss


def padded(windows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """A batch, every row padded to the greatest length."""
    batch: dict[str, torch.Tensor] = {}
    for key in KEPT:
        values = [window[key] for window in windows]
        if key.endswith("positions"):
            batch[key] = torch.tensor(values)
        else:
            batch[key] = torch.tensor([value + [0] * (MAX_LENGTH - len(value)) for value in values])
    return batch


def without_clocks(entry: dict[str, Any]) -> dict[str, Any]:
    """A log entry without what depends on the machine's speed."""
    return {key: value for key, value in entry.items() if "runtime" not in key and "per_second" not in key}


def run(root: Path, data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Trains once and tells everything about it."""
    model = BertForQuestionAnswering.from_pretrained(root / data["start_model"])
    tokenizer = words.load(root / data["tokenizer"])
    train, held_out = Watched(data["train"]), Watched(data["eval"])
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output, report_to=[], use_cpu=True, disable_tqdm=True, **BASE | changes
        )
        trainer = Told(
            model=model,
            args=arguments,
            train_dataset=train,
            eval_dataset=held_out,
            data_collator=padded,
            processing_class=tokenizer,
        )
        trained = trainer.train()
        final = trainer.evaluate()
        files = sorted(p.relative_to(output).as_posix() for p in Path(output).rglob("*") if p.is_file())
    state = trainer.state
    return {
        "args": BASE | changes,
        "seed": arguments.seed,
        "optim": str(arguments.optim),
        "train_index_order": train.order,
        "micro_batch_losses_as_returned": trainer.losses,
        "log_history": [without_clocks(entry) for entry in state.log_history],
        "log_history_keys": [sorted(entry) for entry in state.log_history],
        "global_step": state.global_step,
        "max_steps": state.max_steps,
        "train_loss": trained.training_loss,
        "final_eval_loss": final["eval_loss"],
        "best_metric": state.best_metric,
        "best_model_checkpoint": state.best_model_checkpoint and Path(state.best_model_checkpoint).name,
        "final_param_sum_and_l2": {
            name: [p.double().sum().item(), p.double().norm().item()] for name, p in trainer.model.named_parameters()
        },
        "files_in_output_dir": files,
    }


def eval_loss(model_folder: Path, data: dict[str, Any]) -> dict[str, Any]:
    """The loss of an evaluation beside the losses of its batches."""
    model = BertForQuestionAnswering.from_pretrained(model_folder).eval()
    size = BASE["per_device_eval_batch_size"]
    losses = []
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output, report_to=[], use_cpu=True, disable_tqdm=True, per_device_eval_batch_size=size
        )
        trainer = Trainer(model=model, args=arguments, eval_dataset=Watched(data["eval"]), data_collator=padded)
        told = trainer.evaluate()
    for first in range(0, len(data["eval"]), size):
        rows = data["eval"][first : first + size]
        with torch.no_grad():
            losses.append([model(**padded(rows)).loss.item(), len(rows)])
    return {
        "model": "models/bert",
        "batch": size,
        "n": len(data["eval"]),
        "batch_losses": losses,
        "eval_loss": told["eval_loss"],
        "rule": "sum(batch_mean_loss*batch_size)/N",
        "keys": sorted(told),
    }


def write(root: Path, tokenizer: Any) -> None:
    """Writes `trainer/`: the windows, the runs and the evaluation."""
    odd = corpus.odd_rows()
    cut = [row for row in odd if row["title"] == "odd-tail"]
    held_out = [*(row for row in odd if row not in cut), *corpus.plain_rows()[:2]]
    windows = {
        "train": squad.windows_of([*corpus.plain_rows(), *cut], tokenizer, MAX_LENGTH, DOC_STRIDE),
        "eval": squad.windows_of(held_out, tokenizer, MAX_LENGTH, DOC_STRIDE),
    }
    windows["train"] = windows["train"][:N_TRAIN]
    data: dict[str, Any] = {
        part: [{key: window[key] for key in KEPT} for window in mine] for part, mine in windows.items()
    }
    data["eval_example_ids"] = [window["example_id"] for window in windows["eval"]]
    data |= {
        "max_length": MAX_LENGTH,
        "doc_stride": DOC_STRIDE,
        "tokenizer": f"tokenizers/{words.NAME}",
        "start_model": "models/bert",
        "pad_id": 0,
        "note": f"unpadded rows; each batch is padded to {MAX_LENGTH} (padding=max_length)",
    }
    model = root / data["start_model"]
    write_json(root / "trainer" / "data.json", data)
    write_json(root / "trainer" / "eval_loss.json", eval_loss(model, data))
    write_json(root / "trainer" / "runs.json", {name: run(root, data, changes) for name, changes in RUNS.items()})
