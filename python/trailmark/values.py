"""What may be tracked: numbers of any library, the package's objects, lists of them; as the native half takes it."""

from __future__ import annotations

import numbers
import operator
from typing import Any, Optional, Union

Payload = Union[tuple[Any, ...], list[tuple[Any, ...]]]


class Trackable:
    """A value that is no number."""

    def _payload(self) -> tuple[Any, ...]:
        raise NotImplementedError


def payload_of(value: Any) -> Payload:
    """Take a value apart."""
    if isinstance(value, Trackable):
        return value._payload()
    if isinstance(value, (list, tuple)):
        if not all(isinstance(item, Trackable) for item in value):
            raise ValueError(
                "track a list: want Trailmark's objects in it (Text, Image, …), each number has its own call"
            )
        return [item._payload() for item in value]
    number = number_of(value)
    if number is None:
        raise ValueError(f"track a value: got {type(value).__name__}, want a number, an object or a list of objects")
    return ("int", number) if isinstance(number, int) else ("float", number)


def number_of(value: Any) -> Optional[Union[int, float]]:
    """Say a number of any library as Python's; ``None`` for what is none."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        # Whole numbers of more than 64 bits have no other place.
        return value if isinstance(value, float) or -(2**63) <= value < 2**63 else float(value)
    if isinstance(value, numbers.Real):
        return float(value)
    if isinstance(value, (str, bytes)):
        return None
    if hasattr(value, "numpy") and not hasattr(value, "item"):
        value = value.numpy()
    if hasattr(value, "item") and hasattr(value, "dtype"):
        try:
            item = value.item()
        except (ValueError, RuntimeError, TypeError):
            # More than one element.
            return None
        return number_of(item) if isinstance(item, (bool, int, float)) else None
    return None


def step_of(step: Any) -> Optional[int]:
    """Say a step as a whole number."""
    if step is None or type(step) is int:
        return step
    if isinstance(step, float) and step.is_integer():
        return int(step)
    try:
        return operator.index(step)
    except TypeError:
        number = number_of(step)
        if number is not None and float(number).is_integer():
            return int(number)
        raise TypeError(f"track a value: got step {step!r}, want a whole number") from None


def epoch_of(epoch: Any) -> Optional[float]:
    """Say an epoch as a number."""
    if epoch is None:
        return None
    number = number_of(epoch)
    if number is None:
        raise TypeError(f"track a value: got epoch {epoch!r}, want a number")
    return float(number)
