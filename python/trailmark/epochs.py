"""What Keras calls, for any of the packages that it comes in: numbers of each epoch, and what is trained."""

from __future__ import annotations

from typing import Any, Mapping, Optional

from trailmark.callback import Recording, plain, quietly, set_hparams
from trailmark.values import number_of


class EpochRecording(Recording):
    """Tracks each epoch's numbers under ``{"subset": "train"}`` and, where their name has ``val_``, ``"val"``."""

    # Set by Keras.
    model: Any
    params: Any

    _is_training = False

    @quietly
    def on_train_begin(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Record the hyper-parameters, those of the optimizer among them, and the model's size."""
        run = self._go_on()
        self._is_training = True
        optimizer = getattr(self.model, "optimizer", None)
        set_hparams(run, {key: value for key, value in (self.params or {}).items() if key != "verbose"})
        if optimizer is not None:
            run.set(("hparams", "optimizer"), plain(optimizer.get_config()), strict=False)
        loss = getattr(self.model, "loss", None)
        run.set(("hparams", "loss"), _called(loss), strict=False)
        described = {"name": self.model.name, "class": type(self.model).__name__}
        if self.model.built:
            described["n_params"] = self.model.count_params()
        run.set("model", described, strict=False)

    @quietly
    def on_epoch_end(self, epoch: int, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Track the epoch's numbers, and the learning rate as ``lr``."""
        run = self._begin()
        for name, value in (logs or {}).items():
            subset = "val" if name.startswith("val_") else "train"
            run.track(value, name[4:] if subset == "val" else name, epoch=epoch, context={"subset": subset})
        rate = _learning_rate(getattr(self.model, "optimizer", None))
        if rate is not None:
            run.track(rate, "lr", epoch=epoch, context={"subset": "train"})

    @quietly
    def on_train_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """End the run; what is tracked later is added to it."""
        self._is_training = False
        self.close()

    @quietly
    def on_test_end(self, logs: Optional[Mapping[str, Any]] = None) -> None:
        """Track an evaluation of its own, under ``{"subset": "test"}``; those of epochs come with these."""
        if self._is_training:
            return
        for name, value in (logs or {}).items():
            self._begin().track(value, name, context={"subset": "test"})
        self.close()

    @classmethod
    def metrics(cls, repo: Any = None, experiment: Optional[str] = None, **options: Any) -> Any:
        """The callback, under the name that it had in early versions of Aim."""
        return cls(repo, experiment, **options)


def _learning_rate(optimizer: Any) -> Any:
    """The learning rate of the step that was, as a number, whether it is fixed, a variable or a schedule."""
    rate: Any = getattr(optimizer, "learning_rate", None)
    if callable(rate) and number_of(rate) is None:
        rate = rate(optimizer.iterations)
    if hasattr(rate, "numpy"):
        rate = rate.numpy()
    elif hasattr(rate, "detach"):
        rate = rate.detach().cpu()
    return number_of(rate)


def _called(loss: Any) -> Any:
    if isinstance(loss, Mapping):
        return {str(key): _called(one) for key, one in loss.items()}
    if isinstance(loss, (list, tuple)):
        return [_called(one) for one in loss]
    if loss is None or isinstance(loss, str):
        return loss
    return getattr(loss, "name", None) or getattr(loss, "__name__", None) or type(loss).__name__
