"""Reads the segments of a repository with pandas, Polars and DuckDB, and holds each against `trailmark runs export`.

usage: segments.py PROGRAM REPOSITORY; prints a line of JSON for each of the three.
"""

import csv
import glob
import importlib
import io
import json
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]
Files = dict[str, list[str]]
# Points, texts, runs.
Rows = tuple[list[Row], list[Row], list[Row]]
Counts = tuple[Counter, Counter, Counter]

POINTS = ["run", "name", "context", "step", "epoch", "time", "value"]
TEXTS = ["run", "name", "context", "step", "time", "text"]
RUNS = ["run", "name", "experiment", "status"]
KINDS = ["text", "stdout", "stderr", "log record"]


def bits(number: float | None) -> bytes | None:
    """A float as its bits: NaN is itself, and zero has a sign."""
    return None if number is None else struct.pack("<d", number)


def context(text: str) -> str:
    """A context whose keys are sorted, whichever way it was written."""
    return json.dumps(json.loads(text), sort_keys=True)


def exported(program: str, repository: str, table: str) -> list[Row]:
    """Rows of a table that the program exports."""
    command = [program, "runs", "export", "--table", table, "--format", "csv", "--repo", repository]
    text = subprocess.run(command, check=True, capture_output=True).stdout.decode()
    csv.field_size_limit(1 << 30)
    return list(csv.DictReader(io.StringIO(text, newline="")))


def optional(text: str) -> float | None:
    """A number, where there is one."""
    return float(text) if text else None


def expected(program: str, repository: str) -> Counts:
    """What the program says: rows of points, texts and runs."""

    def at(row: Row) -> tuple:
        micros = round(float(row["time"]) * 1e6)
        series = row["series"] if "series" in row else row["metric"]
        return row["run"], series, context(row["context"]), int(row["step"]), micros

    points = Counter(
        (*at(row), bits(optional(row["epoch"])), bits(float(row["value"])))
        for row in exported(program, repository, "points")
    )
    texts = Counter((*at(row), row["value"]) for row in exported(program, repository, "texts"))
    runs = Counter(tuple(row[name] for name in RUNS) for row in exported(program, repository, "runs"))
    return points, texts, runs


def found(points: Iterable[Row], texts: Iterable[Row], runs: Iterable[Row]) -> Counts:
    """The same from rows that a library read; its times are whole microseconds."""

    def at(row: Row) -> tuple:
        return row["run"], row["name"], context(row["context"]), row["step"], row["time"]

    return (
        Counter((*at(row), bits(row["epoch"]), bits(row["value"])) for row in points),
        Counter((*at(row), row["text"]) for row in texts),
        Counter(tuple(row[name] for name in RUNS) for row in runs),
    )


def with_pandas(files: Files) -> Rows:
    """Reads with pandas."""
    import pandas

    def read(part: str, columns: list[str]) -> pandas.DataFrame:
        if not files[part]:
            return pandas.DataFrame(columns=columns)
        return pandas.concat([pandas.read_parquet(file, columns=columns) for file in files[part]])

    def rows(table: pandas.DataFrame) -> list[Row]:
        if "time" in table:
            table["time"] = table["time"].astype("datetime64[us, UTC]").astype("int64")
        table = table.astype(object)
        if "epoch" in table:
            table["epoch"] = table["epoch"].where(table["epoch"].notna(), None)
        return table.to_dict("records")

    objects = read("objects", [*TEXTS, "kind"])
    texts = objects[objects["kind"].isin(KINDS)]
    return rows(read("points", POINTS)), rows(texts[TEXTS].copy()), rows(read("runs", RUNS))


def with_polars(files: Files) -> Rows:
    """Reads with Polars, lazily."""
    import polars

    def read(part: str, columns: list[str]) -> polars.LazyFrame:
        table = polars.concat([polars.scan_parquet(file) for file in files[part]])
        if "time" in columns:
            table = table.with_columns(polars.col("time").dt.epoch("us"))
        return table

    texts = read("objects", TEXTS).filter(polars.col("kind").is_in(KINDS)) if files["objects"] else None
    return (
        read("points", POINTS).select(POINTS).collect().to_dicts(),
        texts.select(TEXTS).collect().to_dicts() if texts is not None else [],
        read("runs", RUNS).select(RUNS).collect().to_dicts(),
    )


def with_duckdb(files: Files) -> Rows:
    """Reads with DuckDB."""
    import duckdb

    def read(part: str, columns: list[str], condition: str = "true") -> list[Row]:
        if not files[part]:
            return []
        chosen = ", ".join("epoch_us(time)" if name == "time" else name for name in columns)
        asked = duckdb.execute(f"select {chosen} from read_parquet(?) where {condition}", [files[part]])
        return [dict(zip(columns, row, strict=True)) for row in asked.fetchall()]

    kinds = f"kind in {tuple(KINDS)}"
    return read("points", POINTS), read("objects", TEXTS, kinds), read("runs", RUNS)


def main() -> None:
    """Holds each library against the program."""
    program, repository = sys.argv[1:]
    parts = ["points", "objects", "runs"]
    files = {part: sorted(glob.glob(f"{repository}/segments/*-{part}.parquet")) for part in parts}
    wanted = expected(program, repository)
    if not all(wanted):
        sys.exit("the repository has no points, no texts or no runs: nothing is proved")
    for name, read in [("pandas", with_pandas), ("polars", with_polars), ("duckdb", with_duckdb)]:
        began = time.perf_counter()
        rows = read(files)
        seconds = time.perf_counter() - began
        for what, got, want in zip(["points", "texts", "runs"], found(*rows), wanted, strict=True):
            missing, more = list((want - got).items()), list((got - want).items())
            if missing or more:
                told = f"{len(missing)} missing, {len(more)} that are not exported: {missing[:3]} {more[:3]}"
                sys.exit(f"{name}, {what}: {told}")
        version = importlib.import_module(name).__version__
        counts = {what: sum(count.values()) for what, count in zip(["points", "texts", "runs"], wanted, strict=True)}
        print(json.dumps({"name": name, "version": version, "seconds": round(seconds, 3), **counts}), flush=True)


main()
