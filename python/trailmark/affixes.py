"""Contexts that are written into metrics' names: ``train_loss`` is ``loss`` with ``{"subset": "train"}``."""

from __future__ import annotations

from typing import Mapping, Optional

# Which beginning or end of a name says which value of which context's key.
Affixes = Mapping[str, Mapping[str, str]]

SUBSETS = {"train": "train_", "val": "val_", "test": "test_"}


def of_subsets(named: Mapping[str, Optional[str]]) -> Affixes:
    """Affixes for a subset each; one without any is not told apart."""
    return {"subset": {subset: affix for subset, affix in named.items() if affix}}


def taken_apart(name: str, prefixes: Affixes, postfixes: Affixes) -> tuple[str, dict[str, str]]:
    """The name and the context that a metric's full name means; of each key the first that fits."""
    context: dict[str, str] = {}
    for key, values in prefixes.items():
        for value, prefix in values.items():
            if name.startswith(prefix) and name != prefix:
                name, context[key] = name[len(prefix) :], value
                break
    for key, values in postfixes.items():
        for value, postfix in values.items():
            if name.endswith(postfix) and name != postfix:
                name, context[key] = name[: -len(postfix)], value
                break
    return name, context
