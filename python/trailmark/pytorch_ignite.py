"""The logger for PyTorch Ignite, with its handlers of outputs and of optimizers' parameters.

Metrics whose names begin with ``train_``, ``val_`` or ``test_`` go to ``{"subset": …}`` without it, which is what a
handler's ``tag="train"`` puts there.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from ignite.handlers.base_logger import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
    BaseLogger,
    BaseOptimizerParamsHandler,
    BaseOutputHandler,
)

from trailmark.affixes import of_subsets, taken_apart
from trailmark.callback import Recording, quietly, set_hparams
from trailmark.place import RepoLike


class TrailmarkLogger(Recording, BaseLogger):  # type: ignore[misc,unused-ignore]
    """Records what its handlers are told; ``experiment`` is the run, which ``close()``, or ``with``, ends."""

    _begins_at_once = False

    def __init__(
        self,
        repo: RepoLike = None,
        experiment: Optional[str] = None,
        train_metric_prefix: Optional[str] = "train_",
        val_metric_prefix: Optional[str] = "val_",
        test_metric_prefix: Optional[str] = "test_",
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(repo, experiment, system_tracking_interval, log_system_params, capture_terminal_logs, **more)
        named = {"train": train_metric_prefix, "val": val_metric_prefix, "test": test_metric_prefix}
        self._prefixes = of_subsets(named)

    @quietly
    def log_params(self, params: Any) -> None:
        """Record hyper-parameters."""
        set_hparams(self._begin(), params)

    @quietly
    def log_metrics(self, metrics: Mapping[str, Any], step: Optional[int] = None) -> None:
        """Track metrics."""
        run = self._begin()
        for key, value in metrics.items():
            name, context = taken_apart(key, self._prefixes, {})
            run.track(value, name, step, context=context)

    @property
    def name(self) -> str:
        """The experiment."""
        return self._options["experiment"] or "default"

    @property
    def version(self) -> str:
        """The run's hash."""
        return str(self._begin().hash)

    def _create_output_handler(self, *args: Any, **kwargs: Any) -> OutputHandler:
        return OutputHandler(*args, **kwargs)

    def _create_opt_params_handler(self, *args: Any, **kwargs: Any) -> OptimizerParamsHandler:
        return OptimizerParamsHandler(*args, **kwargs)


class OutputHandler(BaseOutputHandler):  # type: ignore[misc,unused-ignore]
    """Tracks an engine's output and metrics, with the tag before their names."""

    def __call__(self, engine: Any, logger: Any, event_name: Any) -> None:
        """Track what there is at an event."""
        metrics = {"_".join(keys): value for keys, value in self._setup_output_metrics_state_attrs(engine).items()}
        logger.log_metrics(metrics, self.global_step_transform(engine, event_name))


class OptimizerParamsHandler(BaseOptimizerParamsHandler):  # type: ignore[misc,unused-ignore]
    """Tracks a parameter of each group of an optimizer, such as the learning rate."""

    def __call__(self, engine: Any, logger: Any, event_name: Any) -> None:
        """Track what there is at an event."""
        before = f"{self.tag}_" if self.tag else ""
        groups = enumerate(self.optimizer.param_groups)
        rates = {f"{before}{self.param_name}_group_{index}": group[self.param_name] for index, group in groups}
        logger.log_metrics(rates, engine.state.get_event_attrib_value(event_name))


AimLogger = TrailmarkLogger
