"""Trailmark: track training runs without waiting for the disk, and read them back.

    from trailmark import Run

    with Run(repo="runs", experiment="squad") as run:
        run["hparams"] = {"learning_rate": 3e-5}
        run.track(0.31, "loss", step=7, context={"subset": "train"})

The names are those of Aim's SDK, so that replacing ``aim`` by ``trailmark`` in the imports is all that a script needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trailmark._native import (
    Corrupt,
    Error,
    Locked,
    MissingRunError,
    QueryError,
    RemoteError,
    StoreError,
)
from trailmark.objects import Audio, Distribution, Figure, Image, Text
from trailmark.report import strict
from trailmark.run import Run

if TYPE_CHECKING:
    from trailmark.repo import Repo
    from trailmark.sequence import (
        Audios,
        Distributions,
        Figures,
        Images,
        Metric,
        SequenceCollection,
        Texts,
    )

__version__ = "0.1.0"

__all__ = [
    "Audio",
    "Audios",
    "Corrupt",
    "Distribution",
    "Distributions",
    "Error",
    "Figure",
    "Figures",
    "Image",
    "Images",
    "Locked",
    "Metric",
    "MissingRunError",
    "QueryError",
    "RemoteError",
    "Repo",
    "Run",
    "SequenceCollection",
    "StoreError",
    "Text",
    "Texts",
    "strict",
]

# Reading back is not needed to track: it is imported when it is asked for.
_LATER = {
    "Repo": "repo",
    "Metric": "sequence",
    "Texts": "sequence",
    "Images": "sequence",
    "Audios": "sequence",
    "Figures": "sequence",
    "Distributions": "sequence",
    "SequenceCollection": "sequence",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'trailmark' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"trailmark.{_LATER[name]}"), name)
