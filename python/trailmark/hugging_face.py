"""The callback for Hugging Face's ``Trainer``.

What is logged while training goes to ``{"subset": "train"}``, evaluations to ``{"subset": "eval"}`` under their names
without ``eval_``; an evaluation on one of several data sets also has ``{"dataset": NAME}``. The data set's name is read
from the timings that each evaluation logs under its prefix, not guessed from what names have in common. The mean of the
losses that the Trainer logs at its end stays ``train_loss``, so that it does not replace the last step's ``loss``.
"""

from __future__ import annotations

from typing import Any, Mapping, Optional

from transformers.trainer_callback import TrainerCallback  # type: ignore[import-not-found,import-untyped,unused-ignore]

from trailmark import report
from trailmark.callback import Nobody, Recording, quietly
from trailmark.values import number_of

_SUBSETS = ("train", "eval", "test")
# What every evaluation logs under its prefix.
_TIMING = "_runtime"


class TrailmarkCallback(Recording, TrainerCallback):  # type: ignore[misc,unused-ignore]
    """Records what a ``Trainer`` does: one run for all its processes, written by the first.

    ``experiment`` is the run. It ends with the training; what is tracked of it afterwards (an evaluation, answers to
    questions) is added to it, and does not make it last longer.
    """

    # Which of several processes records is known when the Trainer is.
    _begins_at_once = False

    @property
    def experiment(self) -> Any:
        """The run; in other processes than the first something that records nothing."""
        return Nobody() if self._run is None else self._run

    def setup(self, args: Any = None, state: Any = None, model: Any = None) -> None:
        """Begin the run, and say what is trained; the Trainer calls it."""
        if state is not None and not state.is_world_process_zero:
            return
        run = self._begin()
        if args is not None:
            run.set("hparams", args.to_sanitized_dict(), strict=False)
        if model is not None:
            run.set("model", _described(model), strict=False)

    def on_init_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Begin the run, so that ``experiment`` can be used before the training."""
        self.setup(None, state)

    @quietly
    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
        """Record the hyper-parameters and the model's configuration."""
        self.setup(args, state, model)
        if self._run is not None:
            self._go_on()

    @quietly
    def on_log(
        self, args: Any, state: Any, control: Any, logs: Optional[Mapping[str, Any]] = None, **kwargs: Any
    ) -> None:
        """Track what is logged."""
        if not state.is_world_process_zero or not logs:
            return
        self.setup(None, state)
        for name, context, value in series_of(logs):
            self._begin().track(value, name, state.global_step, state.epoch, context=context)

    @quietly
    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """End the run; what is tracked later is added to it."""
        self.close()


AimCallback = TrailmarkCallback


def series_of(logs: Mapping[str, Any]) -> list[tuple[str, dict[str, str], Any]]:
    """Name, context and number of each entry that the Trainer logs."""
    prefix, context = _meant(logs)
    found: list[tuple[str, dict[str, str], Any]] = []
    skipped: list[str] = []
    for key, value in logs.items():
        number = number_of(value)
        if number is None:
            skipped.append(key)
            continue
        name, own = key, context
        if prefix and key.startswith(f"{prefix}_"):
            name = key[len(prefix) + 1 :]
        elif key != "train_loss":
            subset = key.partition("_")[0]
            if subset in _SUBSETS and key != subset:
                name, own = key[len(subset) + 1 :], {"subset": subset}
        found.append((name if key != "train_loss" else key, own, number))
    if skipped:
        report.warn(f"the Trainer logged what is no number, which is not tracked: {', '.join(skipped)}")
    return found


def _meant(logs: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The prefix that the entries of a log have, and the context that it stands for."""
    for key in logs:
        if key.endswith(_TIMING) and key != "train" + _TIMING:
            prefix = key[: -len(_TIMING)]
            subset, _, dataset = prefix.partition("_")
            if subset not in _SUBSETS:
                # `evaluate(metric_key_prefix=…)` of one's own.
                return prefix, {"subset": prefix}
            return prefix, {"subset": subset, "dataset": dataset} if dataset else {"subset": subset}
    subset = next((key.partition("_")[0] for key in logs if key.startswith(("eval_", "test_"))), "train")
    return "", {"subset": subset}


def _described(model: Any) -> dict[str, Any]:
    config: Any = getattr(model, "config", None)
    told: dict[str, Any] = {}
    if config is not None:
        told = config.to_dict() if hasattr(config, "to_dict") else dict(vars(config))
    return {**told, "num_labels": getattr(model, "num_labels", None)}
