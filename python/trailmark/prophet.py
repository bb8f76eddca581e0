"""The logger for Prophet, which is not trained step by step: its settings, and metrics that one computes oneself."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from trailmark.callback import Recording, quietly, set_hparams
from trailmark.place import RepoLike


class TrailmarkLogger(Recording):
    """Records a model's settings, under ``hparams``; ``experiment`` is the run."""

    def __init__(
        self, prophet_model: Any, repo: RepoLike = None, experiment: Optional[str] = None, *more: Any, **options: Any
    ) -> None:
        super().__init__(repo, experiment, *more, **options)
        self._record_settings(prophet_model)

    @quietly
    def _record_settings(self, model: Any) -> None:
        kept = (bool, int, float, str, list, tuple, dict)
        told = {key: value for key, value in vars(model).items() if value is None or isinstance(value, kept)}
        set_hparams(self._begin(), told)

    @quietly
    def track_metrics(self, metrics: Mapping[str, Any], context: Optional[Mapping[str, Any]] = None) -> None:
        """Track metrics, of the validation if no context says otherwise."""
        for name, value in metrics.items():
            self._begin().track(value, name, context={"subset": "val"} if context is None else context)


AimLogger = TrailmarkLogger
