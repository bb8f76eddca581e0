"""The callback for Stable-Baselines3.

What its logger is told goes to the run as well as where it went before: ``train/loss`` to ``loss`` under
``{"subset": "train"}`` (``valid`` and ``eval`` likewise), ``rollout/ep_rew_mean`` under ``{"tag": "rollout"}``.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from stable_baselines3.common.callbacks import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
    BaseCallback,
)
from stable_baselines3.common.logger import KVWriter  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.callback import Recording, quietly, set_hparams
from trailmark.place import RepoLike
from trailmark.values import number_of

_SUBSETS = ("train", "valid", "eval")


class TrailmarkOutputFormat(KVWriter):  # type: ignore[misc,unused-ignore]
    """Writes what the logger is told into the run of a callback."""

    def __init__(self, callback: Any) -> None:
        self._callback = callback

    def write(self, key_values: Mapping[str, Any], key_excluded: Mapping[str, Any], step: int = 0) -> None:
        """Track the numbers among what is logged."""
        self._callback._record(key_values, key_excluded, step)

    def close(self) -> None:
        """Nothing: the run ends with the training."""


class TrailmarkCallback(Recording, BaseCallback):  # type: ignore[misc,unused-ignore]
    """Records what ``learn`` logs; ``experiment`` is the run, which ends with the training."""

    _begins_at_once = False

    def __init__(
        self,
        repo: RepoLike = None,
        experiment_name: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        verbose: int = 0,
        **more: Any,
    ) -> None:
        super().__init__(
            repo, experiment_name, system_tracking_interval, log_system_params, capture_terminal_logs, **more
        )
        self.verbose = verbose

    def _init_callback(self) -> None:
        """Begin the run, record the settings of the model, and listen to its logger."""
        self._begin()
        self._listen()

    @quietly
    def _listen(self) -> None:
        told = {key: _setting(value) for key, value in vars(self.model).items() if not key.startswith("_")}
        set_hparams(self._go_on(), {"algo": type(self.model).__name__, **told})
        formats = self.model.logger.output_formats
        if not any(isinstance(one, TrailmarkOutputFormat) and one._callback is self for one in formats):
            formats.append(TrailmarkOutputFormat(self))

    @quietly
    def _record(self, key_values: Mapping[str, Any], key_excluded: Mapping[str, Any], step: int) -> None:
        run = self._begin()
        for key, value in key_values.items():
            excluded = key_excluded.get(key) or ()
            number = number_of(value)
            if number is None or "aim" in excluded or "trailmark" in excluded:
                continue
            tag, _, name = key.rpartition("/")
            context = {"subset" if tag in _SUBSETS else "tag": tag} if tag else None
            run.track(number, name, step, context=context)

    def _on_step(self) -> bool:
        return True

    @quietly
    def _on_training_end(self) -> None:
        self.close()


AimCallback = TrailmarkCallback
AimOutputFormat = TrailmarkOutputFormat


def _setting(value: Any) -> Any:
    """A number or text as it is, of other things what they are: buffers and networks have no short form."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)) and all(isinstance(one, (bool, int, float, str)) for one in value):
        return list(value)
    if isinstance(value, Mapping) and all(isinstance(one, (bool, int, float, str)) for one in value.values()):
        return dict(value)
    number = number_of(value)
    return f"{type(value).__module__}.{type(value).__qualname__}" if number is None else number
