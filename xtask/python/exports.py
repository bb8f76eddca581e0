"""Reads what `trailmark runs export` wrote with pandas, pyarrow, Polars and DuckDB, held against its JSON lines.

usage: exports.py FOLDER; the folder holds TABLE.csv, .jsonl, .parquet and .arrow of each table. Prints a line of JSON.
"""

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow.ipc
import pyarrow.parquet

Row = dict[str, Any]
TABLES = ["points", "runs", "texts", "answers"]
# Columns that are times: seconds in CSV and JSON lines, timestamps else.
TIMES = {"time", "created", "ended"}
NUMBERS = {"NaN": math.nan, "inf": math.inf, "-inf": -math.inf}


def from_lines(path: Path, table: str) -> list[Row]:
    """The rows as JSON lines have them, without the texts that only they have among the points."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    if table == "points":
        rows = [row for row in rows if not isinstance(row["value"], str) or row["value"] in NUMBERS]
    return rows


def plain(name: str, value: Any) -> Any:
    """A value as every reader has it: times in microseconds, trees as texts, numbers as floats, nothing as None."""
    if value is None or value is pandas.NaT or value is pandas.NA:
        return None
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if name in TIMES:
        seconds = value.timestamp() if hasattr(value, "timestamp") else float(value)
        return round(seconds * 1e6)
    if isinstance(value, str):
        if value in NUMBERS:
            return plain(name, NUMBERS[value])
        try:
            return json.dumps(json.loads(value), sort_keys=True) if value[:1] in ("{", "[") else value
        except ValueError:
            return value
    if isinstance(value, int | float):
        return "NaN" if math.isnan(value) else float(value)
    return value


def readers(table: str) -> dict[str, Callable[[Path], list[Row]]]:
    """Everybody who reads a file with types."""

    def of_duckdb(path: Path) -> list[Row]:
        found = duckdb.sql(f"SELECT * FROM '{path}.parquet'")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    return {
        "pandas": lambda path: pandas.read_parquet(f"{path}.parquet", dtype_backend="pyarrow").to_dict("records"),
        "pyarrow": lambda path: pyarrow.parquet.read_table(f"{path}.parquet").to_pylist(),
        "pyarrow ipc": lambda path: pyarrow.ipc.open_file(f"{path}.arrow").read_all().to_pylist(),
        "polars": lambda path: polars.read_parquet(f"{path}.parquet").to_dicts(),
        "polars ipc": lambda path: polars.read_ipc(f"{path}.arrow").to_dicts(),
        "duckdb": of_duckdb,
    }


def same(reader: str, table: str, rows: list[Row], wanted: list[Row]) -> None:
    """Fails at the first value that is another."""
    if len(rows) != len(wanted):
        raise SystemExit(f"{reader} {table}: got {len(rows)} rows, want {len(wanted)}")
    for place, (row, want) in enumerate(zip(rows, wanted, strict=True)):
        if list(row) != list(want):
            raise SystemExit(f"{reader} {table}: got columns {list(row)}, want {list(want)}")
        for name in want:
            got, expected = plain(name, row[name]), plain(name, want[name])
            # Through text a time keeps what a double keeps of a microsecond, and a column of mixed kinds is text.
            is_near = name in TIMES and None not in (got, expected) and abs(got - expected) <= 1
            if got != expected and not is_near and str(got) != str(want[name]):
                raise SystemExit(f"{reader} {table} row {place} {name}: got {got!r}, want {expected!r}")


def main(folder: Path) -> None:
    """Reads every table with everybody."""
    told: dict[str, Any] = {}
    for table in TABLES:
        path = folder / table
        wanted = from_lines(path.with_suffix(".jsonl"), table)
        for name, read in readers(table).items():
            same(name, table, read(path), wanted)
        n_csv = len(pandas.read_csv(path.with_suffix(".csv"), keep_default_na=False))
        if n_csv != len(wanted):
            raise SystemExit(f"csv {table}: got {n_csv} rows, want {len(wanted)}")
        told[table] = {"rows": len(wanted), "columns": len(wanted[0]) if wanted else 0}
    versions = {one.__name__: one.__version__ for one in (pandas, pyarrow, polars, duckdb)}
    print(json.dumps({"same": told, "readers": versions}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
