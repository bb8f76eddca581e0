"""The logger for PyTorch Lightning, of the package ``lightning`` as of ``pytorch_lightning``.

Metrics whose names begin with ``train_``, ``val_`` or ``test_`` go to ``{"subset": …}`` without it, hyper-parameters to
``hparams``. The first process of a job records; in the others ``experiment`` records nothing.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from typing import TYPE_CHECKING, Any, Mapping, Optional

from trailmark import lifetime
from trailmark.affixes import SUBSETS, Affixes, of_subsets, taken_apart
from trailmark.callback import Nobody, Recording, plain, quietly, set_hparams
from trailmark.place import RepoLike


def _package() -> str:
    """The package whose Trainer it is for: the one that is imported already, or the newer."""
    names = [name for name in ("lightning", "pytorch_lightning") if importlib.util.find_spec(name)]
    if not names:
        raise ImportError("trailmark.pytorch_lightning: neither lightning nor pytorch_lightning is installed")
    imported = [name for name in names if (f"{name}.pytorch" if name == "lightning" else name) in sys.modules]
    return (imported or names)[0]


if TYPE_CHECKING:
    Logger: Any = object
    rank_zero_only: Any = None
elif _package() == "lightning":
    from lightning.pytorch.loggers.logger import Logger
    from lightning.pytorch.utilities import rank_zero_only
else:
    from pytorch_lightning.loggers.logger import Logger
    from pytorch_lightning.utilities import rank_zero_only


class TrailmarkLogger(Recording, Logger):  # type: ignore[misc,unused-ignore]
    """Records what a ``Trainer`` logs; ``experiment`` is the run, which ends as the training does.

    ``context_prefixes`` and ``context_postfixes`` say which beginnings and ends of metrics' names mean a context:
    ``{"subset": {"train": "train_"}}``. What is logged after the end (by ``trainer.test``) is added to the run.
    """

    # Which of several processes it is in is known when something is logged.
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
        run_name: Optional[str] = None,
        run_hash: Optional[str] = None,
        context_prefixes: Optional[Affixes] = None,
        context_postfixes: Optional[Affixes] = None,
        **more: Any,
    ) -> None:
        super().__init__(
            repo,
            experiment,
            system_tracking_interval,
            log_system_params,
            capture_terminal_logs,
            run_hash=run_hash,
            name=run_name,
            **more,
        )
        named = {"train": train_metric_prefix, "val": val_metric_prefix, "test": test_metric_prefix}
        self._prefixes = _prefixes(named, context_prefixes)
        self._postfixes = context_postfixes or {}
        self._has_ended = False

    def _begin(self) -> Any:
        return Nobody() if rank_zero_only.rank > 0 else super()._begin()

    @property
    def experiment(self) -> Any:
        """The run; in other processes than the first something that records nothing."""
        return self._begin()

    @quietly
    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Record hyper-parameters: dictionaries, namespaces, data classes, configurations of OmegaConf."""
        told = plain(params)
        set_hparams(self._recording(), told if isinstance(told, Mapping) else {"params": told})

    @quietly
    def log_metrics(self, metrics: Mapping[str, Any], step: Optional[int] = None) -> None:
        """Track metrics; ``epoch`` among them is when they were."""
        run = self._recording()
        entries = dict(metrics)
        epoch = entries.pop("epoch", None)
        for key, value in entries.items():
            name, context = self.parse_context(key)
            run.track(value, name, step, epoch, context=context)

    def parse_context(self, name: str) -> tuple[str, dict[str, str]]:
        """The name and the context that a metric's full name means."""
        return taken_apart(name, self._prefixes, self._postfixes)

    @quietly
    def finalize(self, status: str = "") -> None:
        """End the run as the Trainer ended: an exception makes it failed, Ctrl-C killed."""
        if not self._run:
            return
        self._has_ended = True
        if status in ("", "success", "finished"):
            self.close()
            return
        kind, error, _ = sys.exc_info()
        ended = lifetime.end_of(kind, error) if kind is not None else ("failed", None, status)
        self._go_on()
        # What failed before it logged anything after an earlier success makes the run failed too.
        self._run._need_writer()
        self._run._end(ended)

    @property
    def name(self) -> str:
        """The experiment."""
        return self._options["experiment"] or "default"

    @property
    def version(self) -> str:
        """The run's hash."""
        run = self._begin()
        return run.hash if run else ""

    @property
    def save_dir(self) -> Optional[str]:
        """None: checkpoints lie below the Trainer's ``default_root_dir``, not in the repository."""
        return None

    def _recording(self) -> Any:
        """The run; after an end it goes on until the next one."""
        if self._has_ended:
            self._has_ended = False
            run = self._go_on()
            run._reopens = True
            return run
        return self._begin()


AimLogger = TrailmarkLogger


def _prefixes(named: Mapping[str, Optional[str]], prefixes: Optional[Affixes]) -> Affixes:
    """The prefixes of contexts, from Aim's older arguments and its newer one."""
    differ = [subset for subset, prefix in named.items() if prefix != SUBSETS[subset]]
    if differ:
        told = ", ".join(f"{subset}_metric_prefix" for subset in differ)
        if prefixes is not None:
            raise ValueError(f"TrailmarkLogger: got {told} and context_prefixes, want one of them")
        warnings.warn(f"{told}: use context_prefixes instead", DeprecationWarning, stacklevel=3)
    return of_subsets(named) if prefixes is None else prefixes
