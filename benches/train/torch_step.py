"""Examples per CPU-second of a full training step in PyTorch: forward, backward, clipping, AdamW, learning rate.

One process, one setting, one line of JSON on stdout. The work is a list of lengths (`lengths.json`) in batches of 8:

- `padded`: in the order of the list, every row padded to 384, as the Trainer does with `padding="max_length"`;
- `buckets`: sorted by length, each batch padded to its longest row, which is the best that padding can do.

The model is transformers' own, randomly initialised; the loop is the Trainer's step without its bookkeeping, which
favours PyTorch a little. One warm-up batch is not counted.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    get_linear_schedule_with_warmup,
)

LONGEST = 384
BATCH = 8
FIRST_WORD = 1000


def model_of(shape: str) -> Any:
    """A model of one of the two shapes, with dropout 0.1 as both are trained."""
    if shape == "minilm":
        config = BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536)
        return BertForQuestionAnswering(config)
    return DistilBertForQuestionAnswering(DistilBertConfig())


def batch_of(lengths: list[int], width: int, shape: str, generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Random words in rows of the given lengths, padded to a width; the answer lies in the row's second half."""
    rows = len(lengths)
    mask = torch.zeros((rows, width), dtype=torch.long)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
    words = torch.randint(FIRST_WORD, 30000, (rows, width), generator=generator)
    batch = {"input_ids": words * mask, "attention_mask": mask}
    if shape == "minilm":
        types = torch.zeros_like(mask)
        types[:, 12:] = 1
        batch["token_type_ids"] = types * mask
    batch["start_positions"] = torch.tensor([length // 2 for length in lengths])
    batch["end_positions"] = torch.tensor([length // 2 + 2 for length in lengths])
    return batch


def batches_of(lengths: list[int], kind: str, shape: str) -> list[dict[str, torch.Tensor]]:
    """All batches of a setting, in the order in which they are trained on."""
    generator = torch.Generator().manual_seed(0)
    if kind == "buckets":
        lengths = sorted(lengths)
    groups = [lengths[n : n + BATCH] for n in range(0, len(lengths), BATCH)]
    random.Random(0).shuffle(groups)
    return [batch_of(group, LONGEST if kind == "padded" else max(group), shape, generator) for group in groups]


def cpu_seconds() -> float:
    """User and system time of the process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(shape: str, batches: list[dict[str, torch.Tensor]]) -> tuple[float, float]:
    """CPU and wall seconds of one pass over the batches, after a warm-up on the first."""
    torch.manual_seed(0)
    model = model_of(shape).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, len(batches) + 1)

    def step(batch: dict[str, torch.Tensor]) -> None:
        model(**batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        model.zero_grad()

    step(batches[0])
    cpu, wall = cpu_seconds(), time.perf_counter()
    for batch in batches:
        step(batch)
    return cpu_seconds() - cpu, time.perf_counter() - wall


def main() -> None:
    """Parses the command line, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=("minilm", "distilbert"), required=True)
    parser.add_argument("--kind", choices=("padded", "buckets"), required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--examples", type=int, default=256, help="the first N lengths of the list")
    parser.add_argument("--lengths", type=Path, default=Path(__file__).with_name("lengths.json"))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    lengths = json.loads(arguments.lengths.read_text(encoding="utf-8"))["lengths"][: arguments.examples]
    cpu, wall = measure(arguments.shape, batches_of(lengths, arguments.kind, arguments.shape))
    told = {
        "name": f"torch {arguments.kind}",
        "shape": arguments.shape,
        "examples": len(lengths),
        "cpu_seconds": round(cpu, 3),
        "wall_seconds": round(wall, 3),
        "threads": arguments.threads,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
