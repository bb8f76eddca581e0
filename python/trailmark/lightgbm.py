"""The callback for LightGBM: each metric of each data set at its round, under ``{"subset": NAME}``."""

from __future__ import annotations

from typing import Any

from trailmark.callback import Recording, quietly, set_hparams


class TrailmarkCallback(Recording):
    """Records what ``train`` and ``cv`` evaluate; ``experiment`` is the run, which ends with the training.

    Of cross-validation the mean keeps the metric's name, and the standard deviation has ``_std`` behind it.
    """

    # LightGBM calls it after each round, behind its own.
    order = 25
    before_iteration = False

    @quietly
    def __call__(self, env: Any) -> None:
        """Track what was evaluated after a round."""
        run = self._begin()
        if env.iteration == env.begin_iteration:
            set_hparams(self._go_on(), env.params)
        for told in env.evaluation_result_list or ():
            subset, name, value = told[0], told[1], told[2]
            run.track(value, name, env.iteration, context={"subset": subset})
            if len(told) > 4:
                run.track(told[4], f"{name}_std", env.iteration, context={"subset": subset})
        if env.iteration + 1 == env.end_iteration:
            self.close()


AimCallback = TrailmarkCallback
