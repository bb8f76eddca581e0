"""The callback for XGBoost.

Each metric of each data set is tracked at its round, under ``{"subset": NAME}``; of cross-validation the standard
deviation goes to the metric's name with ``_std``.
"""

from __future__ import annotations

from typing import Any, Iterable, Optional

from xgboost.callback import TrainingCallback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.place import RepoLike
from trailmark.run import Run


class TrailmarkCallback(TrainingCallback):  # type: ignore[misc,unused-ignore]
    """Records what ``train`` and ``cv`` evaluate; ``experiment`` is the run, which ends with the training."""

    def __init__(
        self,
        repo: RepoLike = None,
        experiment: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        *,
        run_hash: Optional[str] = None,
        name: Optional[str] = None,
        tags: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self._run = Run(
            run_hash,
            repo=repo,
            experiment=experiment,
            system_tracking_interval=system_tracking_interval,
            log_system_params=log_system_params,
            capture_terminal_logs=capture_terminal_logs,
            name=name,
            tags=tags,
        )

    @property
    def experiment(self) -> Run:
        """The run."""
        return self._run

    def after_iteration(self, model: Any, epoch: int, evals_log: dict[str, dict[str, list[Any]]]) -> bool:
        """Track the newest value of each metric; the training goes on."""
        for subset, metrics in evals_log.items():
            for name, values in metrics.items():
                value = values[-1]
                if isinstance(value, tuple):
                    value, spread = value
                    self._run.track(spread, f"{name}_std", epoch, context={"subset": subset})
                self._run.track(value, name, epoch, context={"subset": subset})
        return False

    def after_training(self, model: Any) -> Any:
        """End the run; what is tracked later is added to it."""
        self._run._close_for_now()
        return model


AimCallback = TrailmarkCallback
