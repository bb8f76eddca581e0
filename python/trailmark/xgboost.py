"""The callback for XGBoost.

Each metric of each data set is tracked at its round, under ``{"subset": NAME}``; of cross-validation the standard
deviation goes to the metric's name with ``_std``. What the booster is made with lies under ``hparams``.
"""

from __future__ import annotations

import json
from typing import Any

from xgboost.callback import TrainingCallback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.callback import Recording, quietly, set_hparams


class TrailmarkCallback(Recording, TrainingCallback):  # type: ignore[misc,unused-ignore]
    """Records what ``train`` and ``cv`` evaluate; ``experiment`` is the run, which ends with the training."""

    def before_training(self, model: Any) -> Any:
        """Record what the booster is made with."""
        self._record_params(model)
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, dict[str, list[Any]]]) -> bool:
        """Track the newest value of each metric; the training goes on."""
        self._record_round(epoch, evals_log)
        return False

    def after_training(self, model: Any) -> Any:
        """End the run; what is tracked later is added to it."""
        self._record_end()
        return model

    @quietly
    def _record_params(self, model: Any) -> None:
        run = self._go_on()
        # Of cross-validation each fold has a booster, all made with the same.
        folds = getattr(model, "cvfolds", None)
        set_hparams(run, _params_of(folds[0].bst if folds else model))

    @quietly
    def _record_round(self, epoch: int, evals_log: dict[str, dict[str, list[Any]]]) -> None:
        run = self._begin()
        for subset, metrics in evals_log.items():
            for name, values in metrics.items():
                value = values[-1]
                if isinstance(value, tuple):
                    value, spread = value
                    run.track(spread, f"{name}_std", epoch, context={"subset": subset})
                run.track(value, name, epoch, context={"subset": subset})

    @quietly
    def _record_end(self) -> None:
        self.close()


AimCallback = TrailmarkCallback


def _params_of(booster: Any) -> dict[str, Any]:
    """The parameters of a booster's trees and of its objective, as it fills them in itself."""
    learner = json.loads(booster.save_config())["learner"]
    found: dict[str, Any] = {"booster": learner["gradient_booster"]["name"], "objective": learner["objective"]["name"]}
    for group, values in learner["gradient_booster"].items():
        if group.endswith("_param") and isinstance(values, dict):
            found.update({name: _number(value) for name, value in values.items()})
    for group, values in learner["objective"].items():
        if group.endswith("_param") and isinstance(values, dict):
            found.update({name: _number(value) for name, value in values.items()})
    return found


def _number(text: Any) -> Any:
    """What a configuration says in quotes."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
