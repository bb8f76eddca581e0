"""The callback for XGBoost.

Each metric of each data set is tracked at its round, under ``{"subset": NAME}``; of cross-validation the standard
deviation goes to the metric's name with ``_std``.
"""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.callback import Recording


class TrailmarkCallback(Recording, TrainingCallback):  # type: ignore[misc,unused-ignore]
    """Records what ``train`` and ``cv`` evaluate; ``experiment`` is the run, which ends with the training."""

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, dict[str, list[Any]]]) -> bool:
        """Track the newest value of each metric; the training goes on."""
        run = self._begin()
        for subset, metrics in evals_log.items():
            for name, values in metrics.items():
                value = values[-1]
                if isinstance(value, tuple):
                    value, spread = value
                    run.track(spread, f"{name}_std", epoch, context={"subset": subset})
                run.track(value, name, epoch, context={"subset": subset})
        return False

    def after_training(self, model: Any) -> Any:
        """End the run; what is tracked later is added to it."""
        self._begin()._close_for_now()
        return model


AimCallback = TrailmarkCallback
