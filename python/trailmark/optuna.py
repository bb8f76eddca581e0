"""The callback for Optuna: a study as one run, or a run for each trial.

As one run, the values and numeric params of each trial are points at its number, params that are none are texts, and
``state`` tells what became of it. With ``as_multirun`` each trial has a run with its params under ``hparams``, its
values as params, and what it reported on its way as a series; a trial that failed leaves a failed run.
"""

from __future__ import annotations

import functools
import threading
from typing import Any, Callable, Optional, Sequence, Union

from trailmark.callback import Nobody, Recording, plain, quietly, set_hparams
from trailmark.objects import Text
from trailmark.place import RepoLike
from trailmark.run import Run
from trailmark.values import number_of


class TrailmarkCallback(Recording):
    """Records a study: ``study.optimize(objective, callbacks=[callback])``, with any ``n_jobs``.

    ``metric_name`` names the objective's value, or each of its values. ``experiment`` is the run; in an objective below
    ``track_in_aim()`` it is the trial's. A study may be optimised again and again: ``close()`` begins another run.
    """

    def __init__(
        self,
        metric_name: Union[str, Sequence[str]] = "value",
        as_multirun: bool = False,
        repo: RepoLike = None,
        experiment_name: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        **more: Any,
    ) -> None:
        if not isinstance(metric_name, str) and not isinstance(metric_name, Sequence):
            raise TypeError(f"TrailmarkCallback: got metric_name {metric_name!r}, want a name, or several")
        self._names = metric_name
        self._begins_at_once = not as_multirun
        self._is_multirun = as_multirun
        self._of_trials: dict[int, Any] = {}
        self._here = threading.local()
        super().__init__(
            repo, experiment_name, system_tracking_interval, log_system_params, capture_terminal_logs, **more
        )

    @property
    def experiment(self) -> Any:
        """The run: the study's, or that of the trial that this thread tries."""
        if not self._is_multirun:
            return self._begin()
        return getattr(self._here, "run", None)

    def close(self) -> None:
        """End the run; the next trial begins another."""
        if self._run is not None:
            self._run.close()
            self._run = None

    @quietly
    def __call__(self, study: Any, trial: Any) -> None:
        """Record a trial that has ended."""
        if self._is_multirun:
            self._record_run(study, trial)
        else:
            self._record_points(study, trial)

    def track_in_aim(self) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate an objective, so that what it tracks of ``experiment`` goes into the trial's run."""

        def decorated(objective: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(objective)
            def told(trial: Any) -> Any:
                self._enter(trial)
                try:
                    return objective(trial)
                finally:
                    self._here.run = None

            return told

        return decorated

    track_in_trailmark = track_in_aim

    @quietly
    def _enter(self, trial: Any) -> None:
        if self._is_multirun:
            # Whatever becomes of the run, the objective has something to track of.
            self._here.run = Nobody()
            self._here.run = self._of_trials[trial.number] = self._run_of(trial)

    def _run_of(self, trial: Any) -> Any:
        run = self._of_trials.pop(trial.number, None)
        return Run(**{**self._options, "name": f"trial-{trial.number}"}) if run is None else run

    def _record_points(self, study: Any, trial: Any) -> None:
        run = self._begin()
        set_hparams(run, {"direction": [one.name for one in study.directions]})
        run.set("study_name", study.study_name)
        for name, value in {**trial.params, **self._values(trial)}.items():
            run.track(Text(str(value)) if number_of(value) is None else value, name, trial.number)
        run.track(Text(trial.state.name), "state", trial.number)

    def _record_run(self, study: Any, trial: Any) -> None:
        run = self._run_of(trial)
        try:
            set_hparams(run, {"direction": [one.name for one in study.directions], **trial.params})
            told = {"study_name": study.study_name, "trial_number": trial.number, "state": trial.state.name}
            for key, value in {**told, **self._values(trial)}.items():
                run.set(key, value, strict=False)
            if trial.user_attrs:
                run.set("user_attrs", plain(trial.user_attrs), strict=False)
            for step, value in sorted(trial.intermediate_values.items()):
                run.track(value, self._name(0), step)
        finally:
            has_failed = trial.state.name == "FAIL"
            run._end(("failed", None, "the trial failed") if has_failed else ("finished", None, ""))

    def _values(self, trial: Any) -> dict[str, float]:
        """The objective's values by name; a trial that was pruned or failed may have none."""
        values = trial.values or []
        if isinstance(self._names, str):
            names = [self._names] if len(values) == 1 else [f"{self._names}_{index}" for index in range(len(values))]
        elif values and len(values) != len(self._names):
            raise ValueError(f"got {len(values)} values of the objective, want {len(self._names)} as metric_name says")
        else:
            names = list(self._names)
        return dict(zip(names, values))

    def _name(self, index: int) -> str:
        return self._names if isinstance(self._names, str) else self._names[index]


AimCallback = TrailmarkCallback
