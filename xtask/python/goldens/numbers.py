"""Orders drawn from seeds, learning-rate schedules, AdamW and clipping, as the libraries themselves compute them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from transformers import get_scheduler

from .files import write_json

SCHEDULES: list[tuple[str, dict[str, Any]]] = [
    ("linear", {}),
    ("cosine", {}),
    ("cosine_with_restarts", {"num_cycles": 2}),
    ("polynomial", {"lr_end": 1e-07, "power": 2.0}),
    ("constant", {}),
    ("constant_with_warmup", {}),
    ("inverse_sqrt", {}),
    ("cosine_with_min_lr", {"min_lr_rate": 0.1}),
    ("warmup_stable_decay", {"num_decay_steps": 6}),
]


def orders() -> dict[str, Any]:
    """Splits, shuffles and permutations by seed, and the generators' first draws."""
    told: dict[str, Any] = {}
    for n, test_size, seed in ((10, 0.2, 42), (101, 0.2, 42), (3807, 0.2, 0), (87599, 0.2, 42), (87599, 1000, 7)):
        split = Dataset.from_dict({"n": range(n)}).train_test_split(test_size=test_size, seed=seed)
        train, test = split["train"]["n"][:], split["test"]["n"][:]
        told[f"train_test_split n={n} test_size={test_size} seed={seed}"] = {
            "n_train": len(train),
            "n_test": len(test),
            "test_head": test[:20],
            "train_head": train[:20],
            "train_tail": train[-5:],
        }
    for n, seed in ((10, 42), (3807, 42), (87599, 0)):
        told[f"Dataset.shuffle n={n} seed={seed}"] = Dataset.from_dict({"n": range(n)}).shuffle(seed=seed)["n"][:20]
    for n, seed in ((20, 0), (20, 42), (20, 4294967295)):
        told[f"torch.randperm n={n} seed={seed}"] = torch.randperm(
            n, generator=torch.Generator().manual_seed(seed)
        ).tolist()
    told["pcg64 seed=42 first 5 uint64"] = [int(x) for x in np.random.PCG64(42).random_raw(5)]
    twister = np.random.RandomState(42)
    told["mt19937 seed=42 first 5 uint32"] = [int(x) for x in twister.randint(0, 2**32, size=5, dtype=np.uint32)]
    return told


def schedules() -> dict[str, Any]:
    """The factor of the learning rate at each step."""
    told: dict[str, Any] = {}
    for name, options in SCHEDULES:
        for warmup, total in ((0, 20), (5, 20), (3, 7)):
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            scheduler = get_scheduler(
                name,
                optimizer,
                num_warmup_steps=warmup,
                num_training_steps=total,
                scheduler_specific_kwargs=options or None,
            )
            factors = [optimizer.param_groups[0]["lr"]]
            for _ in range(total):
                optimizer.step()
                scheduler.step()
                factors.append(optimizer.param_groups[0]["lr"])
            told[f"{name} warmup={warmup} total={total} {options}"] = factors
    told["note"] = "value k is the factor of optimizer step k (from 0); the last is what is left after the last step"
    return told


def adamw() -> dict[str, Any]:
    """Five steps on six numbers, plain and fused, with and without decay."""
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(6, generator=generator)
    gradients = [torch.randn(6, generator=generator) * 10.0**-n for n in range(5)]
    told: dict[str, Any] = {
        "p0": start.tolist(),
        "grads": [gradient.tolist() for gradient in gradients],
        "lr": 0.01,
        "betas": [0.9, 0.999],
        "eps": 1e-08,
    }
    for key, decay, fused in (
        ("wd_0", 0.0, False),
        ("wd_0_01", 0.01, False),
        ("wd_0_1", 0.1, False),
        ("fused_wd_0_01", 0.01, True),
    ):
        parameter = torch.nn.Parameter(start.clone())
        optimizer = torch.optim.AdamW([parameter], lr=0.01, weight_decay=decay, fused=fused)
        steps = []
        for gradient in gradients:
            parameter.grad = gradient.clone()
            optimizer.step()
            steps.append(parameter.tolist())
        told[key] = steps
    return told


def clip() -> dict[str, Any]:
    """Clipping two parameters to a total norm."""
    parameters = [torch.nn.Parameter(torch.zeros(n)) for n in (2, 1)]
    gradients = [[3.0, 4.0], [12.0]]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    total = torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    return {
        "grads": gradients,
        "max_norm": 1.0,
        "total_norm": total.item(),
        "clipped": [parameter.grad.tolist() for parameter in parameters],
        "rule": "coef = min(1, max_norm/(norm+1e-6)), grads *= coef always",
    }


def write(root: Path) -> None:
    """Writes `rng/` and `schedules/`."""
    write_json(root / "rng" / "orders.json", orders())
    told = {"schedules": schedules(), "adamw": adamw(), "clip": clip()}
    write_json(root / "schedules" / "schedules_adamw.json", told)
