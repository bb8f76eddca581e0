"""The callback for fastai.

The loss of each batch is tracked as ``loss`` under ``{"subset": "train"}``, the optimizer's settings beside it. At the
end of an epoch follow its mean as ``train_loss``, and what it validated under ``{"subset": "val"}``.
"""

from __future__ import annotations

from typing import Any, Optional

from fastai.callback.core import Callback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark.callback import Recording, quietly, set_hparams
from trailmark.place import RepoLike
from trailmark.values import number_of


class TrailmarkCallback(Recording, Callback):  # type: ignore[misc,unused-ignore]
    """Records what ``fit`` and its like do; ``experiment`` is the run, which ends with the training.

    Searches for a learning rate and predictions are not recorded.
    """

    # Behind the recorder, which computes the metrics of an epoch.
    order = 60

    # It begins with the first training: a learner may be made only to predict.
    _begins_at_once = False

    def __init__(
        self,
        repo: RepoLike = None,
        experiment_name: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        **more: Any,
    ) -> None:
        super().__init__(
            repo, experiment_name, system_tracking_interval, log_system_params, capture_terminal_logs, **more
        )
        # Batches of earlier trainings count too: fastai begins at 0 again.
        self._n_batches = 0

    def before_fit(self) -> None:
        """Begin the run, and record how it is trained."""
        self.run = not hasattr(self.learn, "lr_finder") and not hasattr(self.learn, "gather_preds")
        if self.run:
            self._begin()
            self._record_settings()

    @quietly
    def _record_settings(self) -> None:
        learn = self.learn
        told = {"n_epoch": learn.n_epoch, "batch_size": learn.dls.bs, "n_batches": len(learn.dls.train)}
        told.update(
            {f"{key}_{index}": value for index, group in enumerate(learn.opt.hypers) for key, value in group.items()}
        )
        told.update(loss_func=_called(learn.loss_func), opt_func=_called(learn.opt_func))
        run = self._go_on()
        set_hparams(run, told)
        n_params = sum(one.numel() for one in learn.model.parameters())
        run.set("model", {"class": type(learn.model).__name__, "n_params": n_params})

    @quietly
    def after_batch(self) -> None:
        """Track a batch's loss, and what the optimizer was set to."""
        learn = self.learn
        if not learn.training:
            return
        run, context = self._begin(), {"subset": "train"}
        epoch = learn.epoch + (learn.iter + 1) / learn.n_iter
        run.track(learn.loss.detach(), "loss", self._n_batches, epoch, context=context)
        for index, group in enumerate(learn.opt.hypers):
            for key, value in group.items():
                if number_of(value) is not None:
                    run.track(value, f"{key}_{index}", self._n_batches, epoch, context=context)
        self._n_batches += 1

    @quietly
    def after_epoch(self) -> None:
        """Track what the recorder computed of an epoch."""
        run = self._begin()
        for name, value in zip(self.learn.recorder.metric_names, self.learn.recorder.log):
            if name == "epoch" or number_of(value) is None:
                continue
            subset = "train" if name.startswith("train_") else "val"
            short = name[6:] if name.startswith("valid_") else name
            run.track(value, short, self._n_batches - 1, self.learn.epoch + 1, context={"subset": subset})

    @quietly
    def after_fit(self) -> None:
        """End the run; what is tracked later is added to it."""
        self.close()


AimCallback = TrailmarkCallback


def _called(function: Any) -> str:
    return str(getattr(function, "__name__", None) or getattr(function, "func", None) or type(function).__name__)
