"""Fine-tunes an encoder on a SQuAD file with the real Trainer and scores it on another: PyTorch's side of `quality`.

Windows of 384 tokens with an overlap of 128, each batch padded to its longest row, grouped by length; a fresh head from
the seed, dropout as in the model's config (0.1), linear schedule, AdamW with weight decay 0.01. The answers are
post-processed as in `run_qa` and scored as by the official SQuAD 1.1 script. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
import torch
import transformers
from datasets import Dataset
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    set_seed,
)

import squad


def parse() -> argparse.Namespace:
    """The command line; defaults are the configuration whose figure is published."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a folder in Hugging Face's layout")
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--eval", type=Path, required=True)
    parser.add_argument("--learning_rate", type=float, default=1e-4)
    parser.add_argument("--per_device_train_batch_size", type=int, default=16)
    parser.add_argument("--num_train_epochs", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--weight_decay", type=float, default=0.01)
    parser.add_argument("--max_steps", type=int, default=-1)
    parser.add_argument("--max_eval_questions", type=int, default=None, help="score only the first N questions")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--predictions", type=Path, default=None, help="write the predictions here")
    return parser.parse_args()


def dataset_of(windows: list[dict[str, Any]]) -> Dataset:
    """Windows without what the model does not take."""
    return Dataset.from_list(
        [{key: value for key, value in w.items() if key not in ("example_id", "offset_mapping")} for w in windows]
    )


def logits_of(trainer: Trainer, windows: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Start and end logits of all windows, in their order; batched by length, as padding does not change them."""
    order = sorted(range(len(windows)), key=lambda n: len(windows[n]["input_ids"]))
    unlabelled = [{key: value for key, value in windows[n].items() if not key.endswith("_positions")} for n in order]
    start, end = trainer.predict(dataset_of(unlabelled)).predictions
    by_window: dict[int, tuple[Any, Any]] = {window: (start[place], end[place]) for place, window in enumerate(order)}
    # Positions behind a row's end hold the padding of the whole set; the windows' offsets end before them.
    both = [by_window[n] for n in range(len(windows))]
    lengths = [len(window["input_ids"]) for window in windows]
    return (
        [s[:length] for (s, _), length in zip(both, lengths, strict=True)],
        [e[:length] for (_, e), length in zip(both, lengths, strict=True)],
    )


def train(arguments: argparse.Namespace, tokenizer: Any, output: str) -> Trainer:
    """Trains as asked and gives the Trainer back."""
    windows = squad.windows_of(squad.rows_of_file(arguments.train), tokenizer, 384, 128)
    set_seed(arguments.seed)
    model = AutoModelForQuestionAnswering.from_pretrained(arguments.model)
    training = TrainingArguments(
        output_dir=output,
        learning_rate=arguments.learning_rate,
        per_device_train_batch_size=arguments.per_device_train_batch_size,
        per_device_eval_batch_size=32,
        num_train_epochs=arguments.num_train_epochs,
        max_steps=arguments.max_steps,
        weight_decay=arguments.weight_decay,
        lr_scheduler_type="linear",
        seed=arguments.seed,
        group_by_length=True,
        logging_steps=20,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(
        model=model,
        args=training,
        train_dataset=dataset_of(windows),
        data_collator=DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )
    trainer.train()
    return trainer


def main() -> None:
    """Trains, answers, scores, prints."""
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    transformers.logging.set_verbosity_error()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    rows = squad.rows_of_file(arguments.eval)[: arguments.max_eval_questions]
    wall = time.perf_counter()
    with tempfile.TemporaryDirectory() as output:
        # The Trainer prints its log to stdout, which is for the result.
        stdout, sys.stdout = sys.stdout, sys.stderr
        trainer = train(arguments, tokenizer, output)
        trained = time.perf_counter()
        windows = squad.windows_of(rows, tokenizer, 384, 128)
        start, end = logits_of(trainer, windows)
        sys.stdout = stdout
    predictions = squad.predictions_of(rows, windows, start, end)[0]
    scores = squad.scores_v1(rows, predictions)[0]
    if arguments.predictions is not None:
        arguments.predictions.write_text(json.dumps(predictions, ensure_ascii=False, indent=0), encoding="utf-8")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    told = {
        "name": "torch",
        **scores,
        "total": len(rows),
        "steps": trainer.state.global_step,
        "train_loss": float(np.mean(losses)) if losses else None,
        "last_loss": losses[-1] if losses else None,
        "train_wall_seconds": round(trained - wall, 1),
        "wall_seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "threads": arguments.threads,
        "arguments": {key: str(value) if isinstance(value, Path) else value for key, value in vars(arguments).items()},
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
