"""Series as they are read back: columns of numbers without copies, objects one by one.

The numbers of a series arrive as four columns of 8 bytes each, once. numpy, pyarrow and polars look at these very
bytes; without any of them they are read through ``memoryview``.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, Optional

from trailmark import _native
from trailmark.stored import object_of

if TYPE_CHECKING:
    from trailmark.run import Run


# Points and other values that are asked of a server at once, about.
_MOST_POINTS = 1_000_000
_MOST_OBJECTS = 4_000


class Column:
    """Numbers of one kind: int64 (``"q"``) or float64 (``"d"``)."""

    def __init__(self, data: bytes, code: str) -> None:
        self._data = data
        self._view: Any = memoryview(data).cast("q" if code == "q" else "d")
        self._code = code

    def numpy(self) -> Any:
        """The same bytes as a numpy array, which cannot be written to."""
        import numpy

        return numpy.frombuffer(self._data, dtype=numpy.int64 if self._code == "q" else numpy.float64)

    def arrow(self) -> Any:
        """The same bytes as an Arrow array."""
        import pyarrow  # type: ignore[import-not-found,import-untyped,unused-ignore]

        kind = pyarrow.int64() if self._code == "q" else pyarrow.float64()
        return pyarrow.Array.from_buffers(kind, len(self), [None, pyarrow.py_buffer(self._data)])

    def tolist(self) -> list[Any]:
        """Python's numbers."""
        return list(self._view)

    def __array__(self, dtype: Any = None, copy: Optional[bool] = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __len__(self) -> int:
        return len(self._view)

    def __getitem__(self, index: Any) -> Any:
        return self._view[index].tolist() if isinstance(index, slice) else self._view[index]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._view)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Column, list, tuple)) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    # Aim's names for the same.
    values_list = tolist
    values_numpy = numpy

    def first(self) -> Any:
        """The first number."""
        return self._view[0]

    def last(self) -> Any:
        """The last number."""
        return self._view[-1]

    def __repr__(self) -> str:
        shown = ", ".join(map(repr, self[:8]))
        return f"<Column of {len(self)}: {shown}{', …' if len(self) > 8 else ''}>"


class Sequence:
    """One series of a run: ``name``, ``context``, and its points by step."""

    def __init__(self, run: Run, told: Mapping[str, Any]) -> None:
        self.run = run
        self.name: str = told["name"]
        self.context: dict[str, Any] = told["context"]
        self.count: int = told["count"]
        self.first: Optional[float] = told["first"]
        self.last: Optional[float] = told["last"]
        self.min: Optional[float] = told["min"]
        self.max: Optional[float] = told["max"]
        self._steps: tuple[int, int] = (told["first_step"], told["last_step"])

    # The series that are looked at together, and this one's place among them.
    _among: Optional[tuple[list[Any], int]] = None

    def _ahead(self, most: int) -> list[Any]:
        """This series and those after it that are not read yet, as many as are worth one request."""
        wanted, n_points = [self], self.count
        series, place = self._among or ([], 0)
        for one in islice(series, place + 1, None):
            n_points += one.count
            if n_points > most:
                break
            if not one._is_read:
                wanted.append(one)
        return wanted

    def first_step(self) -> int:
        """The least step."""
        return self._steps[0]

    def last_step(self) -> int:
        """The largest step."""
        return self._steps[1]

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.context} of {self.count} points in run {self.run.hash}>"


class Metric(Sequence):
    """A series of numbers: ``steps``, ``values``, ``epochs`` (NaN for none) and ``timestamps`` (unix seconds)."""

    _columns: Optional[tuple[Column, Column, Column, Column]] = None

    @property
    def _is_read(self) -> bool:
        return self._columns is not None

    def _read(self) -> tuple[Column, Column, Column, Column]:
        if self._columns is None:
            reader = self.run._read()
            for one, (steps, values, micros, epochs) in _together(self, reader, reader.columns, _MOST_POINTS):
                one._columns = (Column(steps, "q"), Column(values, "d"), Column(micros, "q"), Column(epochs, "d"))
        assert self._columns is not None
        return self._columns

    @property
    def steps(self) -> Column:
        """Steps, ascending, none twice."""
        return self._read()[0]

    @property
    def values(self) -> Column:
        """Numbers, one a step."""
        return self._read()[1]

    @property
    def micros(self) -> Column:
        """When, in whole microseconds since 1970, as it is kept."""
        return self._read()[2]

    @property
    def epochs(self) -> Column:
        """Epochs."""
        return self._read()[3]

    @property
    def timestamps(self) -> list[float]:
        """When, in unix seconds."""
        return [micros / 1e6 for micros in self.micros]

    def arrow(self) -> Any:
        """The series as an Arrow table over the bytes that were read: step, value, time, epoch."""
        import pyarrow

        times = pyarrow.Array.from_buffers(
            pyarrow.timestamp("us", tz="UTC"), len(self.micros), self.micros.arrow().buffers()
        )
        return pyarrow.table(
            {"step": self.steps.arrow(), "value": self.values.arrow(), "time": times, "epoch": self.epochs.arrow()}
        )

    def polars(self) -> Any:
        """The series as a polars frame over the same bytes."""
        import polars  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return polars.from_arrow(self.arrow())

    def dataframe(
        self,
        include_name: bool = True,
        include_context: bool = True,
        include_run: bool = True,
        only_last: bool = False,
    ) -> Any:
        """The series as a pandas frame, in Aim's columns."""
        return self._frame(include_name, include_context, self.run[...] if include_run else None, only_last)

    def _frame(
        self, include_name: bool, include_context: bool, params: Optional[Mapping[str, Any]], only_last: bool
    ) -> Any:
        import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

        start = max(len(self.steps) - 1, 0) if only_last else 0
        columns: dict[str, Any] = {
            "idx": range(start, len(self.steps)),
            "step": self.steps.numpy()[start:],
            "value": self.values.numpy()[start:],
            "epoch": self.epochs.numpy()[start:],
            "time": self.micros.numpy()[start:] / 1e6,
        }
        frame = pandas.DataFrame(columns)
        for name, value in self._labels(include_name, include_context, params).items():
            frame[name] = [value] * len(frame)
        return frame

    def _labels(
        self, include_name: bool, include_context: bool, params: Optional[Mapping[str, Any]]
    ) -> dict[str, Any]:
        labels: dict[str, Any] = {}
        if params is not None:
            labels["run.hash"] = self.run.hash
            labels.update({f"run.{key}": value for key, value in flat(params).items()})
        if include_name:
            labels["metric.name"] = self.name
        if include_context:
            labels.update({f"metric.context.{key}": value for key, value in flat(self.context).items()})
        return labels


def _together(sequence: Any, reader: _native.Reader, ask: Callable[..., list[Any]], most: int) -> Iterator[Any]:
    """Series with what is told of them: one, and from a server those that will be asked for next."""
    wanted = sequence._ahead(most) if reader.is_far else [sequence]
    while True:
        try:
            return zip(wanted, ask([(one.run.hash, one.name, one.context, one.count) for one in wanted]))
        except _native.MissingRunError:
            if len(wanted) == 1:
                raise
            # Another one's run was deleted meanwhile.
            wanted = [sequence]


class _Objects(Sequence):
    _rows: Optional[list[tuple[int, Optional[float], float, Any]]] = None

    @property
    def _is_read(self) -> bool:
        return self._rows is not None

    def _read(self) -> list[tuple[int, Optional[float], float, Any]]:
        if self._rows is None:
            reader = self.run._read()
            for one, rows in _together(self, reader, reader.objects, _MOST_OBJECTS):
                one._rows = rows
        assert self._rows is not None
        return self._rows

    @property
    def steps(self) -> list[int]:
        """Steps, ascending."""
        return [row[0] for row in self._read()]

    @property
    def epochs(self) -> list[Optional[float]]:
        """Epochs."""
        return [row[1] for row in self._read()]

    @property
    def timestamps(self) -> list[float]:
        """When, in unix seconds."""
        return [row[2] for row in self._read()]

    @property
    def values(self) -> list[Any]:
        """The objects, or lists of them, one a step."""
        reader = self.run._read()
        return [object_of(reader, row[3]) for row in self._read()]


class Texts(_Objects):
    """A series of texts."""


class Images(_Objects):
    """A series of pictures."""


class Audios(_Objects):
    """A series of sounds."""


class Figures(_Objects):
    """A series of figures."""


class Distributions(_Objects):
    """A series of histograms."""


class Logs(_Objects):
    """What the program printed, or messages with their severity."""


CLASSES: dict[str, type[Sequence]] = {
    "metric": Metric,
    "texts": Texts,
    "images": Images,
    "audios": Audios,
    "figures": Figures,
    "distributions": Distributions,
    "logs": Logs,
    "log_records": Logs,
    "answers": Logs,
}


class SequenceCollection:
    """Series, by run: iterate over it for the series, over ``iter_runs()`` for each run's."""

    def __init__(self, runs: list[tuple[Run, list[Sequence]]]) -> None:
        self._runs = runs

    def __iter__(self) -> Iterator[Sequence]:
        for _, found in self._runs:
            yield from found

    iter = __iter__

    def __len__(self) -> int:
        return sum(len(found) for _, found in self._runs)

    def iter_runs(self) -> Iterator[SingleRunSequenceCollection]:
        """Each run's series."""
        for run, found in self._runs:
            yield SingleRunSequenceCollection(run, found)

    def dataframe(
        self,
        only_last: bool = False,
        include_run: bool = True,
        include_name: bool = True,
        include_context: bool = True,
    ) -> Any:
        """All numbers as one pandas frame; ``None`` where there is no series of numbers."""
        import pandas

        params = self._params() if include_run else {}
        frames = [
            one._frame(include_name, include_context, params.get(one.run.hash), only_last)
            for one in self
            if isinstance(one, Metric)
        ]
        return pandas.concat(frames, ignore_index=True) if frames else None

    def _params(self) -> dict[str, dict[str, Any]]:
        """The params of all runs, asked for at once."""
        runs = [run for run, _ in self._runs]
        for run in runs:
            run.flush()
        hashes = [run.hash for run in runs]
        return dict(zip(hashes, runs[0]._read().params(hashes))) if runs else {}

    def arrow(self) -> Any:
        """All numbers as one Arrow table over the series' bytes: run, name, context (JSON), then as a series."""
        import pyarrow

        tables = []
        for one in self:
            if not isinstance(one, Metric):
                continue
            table = one.arrow()
            # A word for all rows: the first of a dictionary of one.
            zeros = pyarrow.py_buffer(bytes(4 * len(table)))
            index = pyarrow.Array.from_buffers(pyarrow.int32(), len(table), [None, zeros])
            for place, (name, text) in enumerate(
                [("run", one.run.hash), ("name", one.name), ("context", json.dumps(one.context, sort_keys=True))]
            ):
                table = table.add_column(place, name, pyarrow.DictionaryArray.from_arrays(index, [text]))
            tables.append(table)
        return pyarrow.concat_tables(tables) if tables else pyarrow.table({})

    def polars(self) -> Any:
        """The same as a polars frame."""
        import polars

        return polars.from_arrow(self.arrow())


class SingleRunSequenceCollection(SequenceCollection):
    """The series of one run, ``run``."""

    def __init__(self, run: Run, found: list[Sequence]) -> None:
        super().__init__([(run, found)])
        self.run = run


def flat(tree: Mapping[str, Any], depth: int = 3, prefix: str = "") -> dict[str, Any]:
    """A tree as ``a.b.c`` by value; what is deeper, and lists, as JSON."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, dict) and value and depth > 1:
            found.update(flat(value, depth - 1, f"{prefix}{key}."))
        else:
            is_plain = not isinstance(value, (dict, list))
            found[f"{prefix}{key}"] = value if is_plain else json.dumps(value)
    return found


def sequence_of(run: Run, told: Mapping[str, Any]) -> Sequence:
    """The series that a dictionary of the native half describes."""
    return CLASSES.get(told["kind"], Logs)(run, told)


def series_of(reader: _native.Reader, run: Run) -> list[Sequence]:
    """All series of a run, by name and context."""
    found = [sequence_of(run, told) for told in reader.all_series(run.hash)]
    together(found)
    return found


def together(series: list[Sequence]) -> None:
    """Let series of one repository be read with those of their kind that follow."""
    for kind in (Metric, _Objects):
        of_kind = [one for one in series if isinstance(one, kind)]
        for place, one in enumerate(of_kind):
            one._among = (of_kind, place)
