"""Histograms of a PyTorch model's weights and gradients, layer by layer, under Aim's names and contexts."""

from __future__ import annotations

from typing import Any, Optional

from trailmark.objects import Distribution
from trailmark.run import Run


def track_params_dists(model: Any, run: Run, step: Optional[int] = None) -> None:
    """Track how the weights and biases of each layer are distributed."""
    _track(model, run, step, "data")


def track_gradients_dists(model: Any, run: Run, step: Optional[int] = None) -> None:
    """Track how the gradients of each layer are distributed; layers without one are left out."""
    _track(model, run, step, "gradients")


def _track(model: Any, run: Run, step: Optional[int], kind: str) -> None:
    for name, layer in _layers(model, ""):
        for attribute, word in (("weight", "weights"), ("bias", "biases")):
            values = getattr(layer, attribute, None)
            if kind == "gradients" and values is not None:
                values = values.grad
            if values is not None:
                run.track(Distribution(values), name, step, context={"type": kind, "params": word})


def _layers(module: Any, above: str) -> list[tuple[str, Any]]:
    found = []
    for name, child in module.named_children():
        path = f"{above}__{name}" if above else name
        path = f"{path}.{type(child).__name__}"
        inner = _layers(child, path)
        found.extend(inner or [(path, child)])
    return found
