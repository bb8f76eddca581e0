"""For CatBoost: a logger that reads what it prints, as Aim's, and a callback that is told numbers.

``fit(log_cout=AimLogger())`` works for every device and reads what is printed: the metric that is optimised, under
``{"log": "learn"}``, ``"test"`` and ``"best"``. ``fit(callbacks=[TrailmarkCallback()])`` gets every metric of every
data set with all its digits, under ``{"subset": NAME}``; CatBoost offers callbacks on CPUs only.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Mapping, Optional

from trailmark.callback import Recording, quietly, set_hparams
from trailmark.place import RepoLike

_ROUND = re.compile(r"(\d+):\s")
_ENTRY = re.compile(r"(\w+): ([-+]?(?:\d[\d.eE+-]*|nan|inf))(?=\s|$)")
_SETTING = re.compile(r"(\w+) = (\S+)$")
# Times are printed like numbers, with a unit.
_NO_METRICS = ("total", "remaining")
_STDOUT = object()


class TrailmarkCallback(Recording):
    """Records every metric at its iteration; ``params``, such as ``model.get_params()``, lie under ``hparams``.

    CatBoost does not tell when a training ends: ``close()``, or the program, ends the run.
    """

    def __init__(
        self, repo: RepoLike = None, experiment: Optional[str] = None, *, params: Any = None, **options: Any
    ) -> None:
        super().__init__(repo, experiment, **options)
        set_hparams(self._run, params)

    def after_iteration(self, info: Any) -> bool:
        """Track the newest value of each metric; the training goes on."""
        self._record(info)
        return True

    @quietly
    def _record(self, info: Any) -> None:
        run = self._begin()
        for subset, metrics in info.metrics.items():
            for name, values in metrics.items():
                # CatBoost counts from 1 here, and from 0 in what it prints.
                run.track(values[-1], name, info.iteration - 1, context={"subset": subset})


class TrailmarkLogger(Recording):
    """Records what CatBoost prints, and prints it: ``fit(log_cout=AimLogger(loss_function="Logloss"))``.

    Lines such as ``bestTest = 0.31`` become params; ``params``, such as ``model.get_params()``, lie under ``hparams``.
    """

    def __init__(
        self,
        loss_function: str = "Loss",
        repo: RepoLike = None,
        experiment: Optional[str] = None,
        system_tracking_interval: Optional[float] = 10,
        log_system_params: bool = True,
        capture_terminal_logs: bool = True,
        log_cout: Any = _STDOUT,
        *,
        params: Optional[Mapping[str, Any]] = None,
        **more: Any,
    ) -> None:
        if log_cout not in (None, _STDOUT) and not hasattr(log_cout, "write"):
            raise TypeError(f"TrailmarkLogger: got log_cout {log_cout!r}, want something to write to")
        super().__init__(repo, experiment, system_tracking_interval, log_system_params, capture_terminal_logs, **more)
        self._loss_function = loss_function
        self._printed_to = log_cout
        self._rest = ""
        set_hparams(self._run, params)

    def write(self, text: str) -> None:
        """Take what CatBoost prints."""
        self._record(text)
        # Whoever replaced standard output meanwhile, as tests and notebooks do, gets it.
        out = sys.stdout if self._printed_to is _STDOUT else self._printed_to
        if out is not None:
            out.write(text)

    def flush(self) -> None:
        """Let what was printed be seen."""
        out = sys.stdout if self._printed_to is _STDOUT else self._printed_to
        if hasattr(out, "flush"):
            out.flush()

    @quietly
    def _record(self, text: str) -> None:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            self._record_line(line.strip())

    def _record_line(self, line: str) -> None:
        run = self._begin()
        setting = _SETTING.match(line)
        if setting:
            run.set(setting[1], _number(setting[2]), strict=False)
            return
        at = _ROUND.match(line)
        for name, value in _ENTRY.findall(line) if at else ():
            if name not in _NO_METRICS:
                run.track(float(value), self._loss_function, int(at[1]) if at else None, context={"log": name})


AimLogger = TrailmarkLogger
AimCallback = TrailmarkCallback


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
