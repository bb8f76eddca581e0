"""The callback for LightGBM: each metric of each data set at its round, under ``{"subset": NAME}``."""

from __future__ import annotations

from typing import Any, Iterable, Optional

from trailmark.place import RepoLike
from trailmark.run import Run


class TrailmarkCallback:
    """Records what ``train`` and ``cv`` evaluate; ``experiment`` is the run, which ends with the training.

    Of cross-validation the mean keeps the metric's name, and the standard deviation has ``_std`` behind it.
    """

    # LightGBM calls it after each round, behind its own.
    order = 25
    before_iteration = False

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
        self._has_begun = False

    @property
    def experiment(self) -> Run:
        """The run."""
        return self._run

    def __call__(self, env: Any) -> None:
        """Track what was evaluated after a round."""
        if not self._has_begun:
            self._has_begun = True
            self._run.set("hparams", dict(env.params), strict=False)
        for told in env.evaluation_result_list or ():
            subset, name, value = told[0], told[1], told[2]
            self._run.track(value, name, env.iteration, context={"subset": subset})
            if len(told) > 4:
                self._run.track(told[4], f"{name}_std", env.iteration, context={"subset": subset})
        if env.iteration + 1 == env.end_iteration:
            self._run._close_for_now()


AimCallback = TrailmarkCallback
