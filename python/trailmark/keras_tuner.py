"""The callback for Keras Tuner: a run for each trial, with its hyper-parameters under ``hparams``."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from keras.callbacks import Callback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.callback import plain, quietly, set_hparams
from trailmark.epochs import EpochRecording
from trailmark.place import RepoLike


class TrailmarkCallback(EpochRecording, Callback):  # type: ignore[misc,unused-ignore]
    """Records a search: ``tuner.search(…, callbacks=[TrailmarkCallback(tuner)])``.

    Epochs are tracked as by the callback for Keras, batches without a context. ``experiment`` is the run of the trial
    that goes on; several executions of one trial share it.
    """

    _begins_at_once = False

    def __init__(
        self,
        tuner: Any,
        repo: RepoLike = None,
        experiment: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(repo, experiment, system_tracking_interval, log_system_params, capture_terminal_logs, **more)
        self.tuner = tuner
        self._trial_id: Optional[str] = None

    @quietly
    def on_train_begin(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Begin the trial's run, unless this is another execution of the same trial."""
        trial = self.tuner.oracle.ongoing_trials[self.tuner.tuner_id]
        if trial.trial_id != self._trial_id:
            self._run = None
            self._trial_id = trial.trial_id
            self._options["name"] = f"trial-{trial.trial_id}"
        super().on_train_begin(logs)
        run = self._begin()
        run.set("trial_id", trial.trial_id)
        set_hparams(run, plain(trial.hyperparameters.values))

    @quietly
    def on_train_batch_end(self, batch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Track the numbers of a batch."""
        run = self._begin()
        for name, value in (logs or {}).items():
            run.track(value, name)


AimCallback = TrailmarkCallback
