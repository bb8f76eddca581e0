"""pyarrow and Polars read the series that a server answers as Arrow, and find what its columns say; a line of JSON.

Usage: api_arrow.py ADDRESS
"""

import io
import json
import struct
import sys
import urllib.request

import numpy
import polars
import pyarrow
import pyarrow.ipc

WIDTHS = {"u32": "<u4", "f32": "<f4", "f64": "<f8"}


def ask(address, query, accept):
    request = urllib.request.Request(f"{address}/api/v1/series?{query}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=120) as answer:
        assert answer.headers["Content-Type"] == accept, answer.headers["Content-Type"]
        return answer.read()


def column(series, name, body):
    at = series["columns"][name]
    if at["as"] == "range":
        return at["start"] + at["stride"] * numpy.arange(series["rows"], dtype="f8")
    read = numpy.frombuffer(body, WIDTHS[at["as"]], series["rows"], at["at"]).astype("f8")
    return read + at.get("start", 0)


def columns(data):
    """(run, name, context) -> columns by name."""
    magic, length = struct.unpack_from("<4sI", data)
    assert magic == b"TMC1"
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    key = lambda one: (one["run"], one["name"], json.dumps(one["context"], sort_keys=True))
    return {key(one): {name: column(one, name, body) for name in one["columns"]} for one in header["series"]}


def grouped(names, numbers):
    """The same of a table: its names by row, its numbers by column."""
    series = {}
    for row, (run, name, context) in enumerate(zip(*names)):
        key = (run, name, json.dumps(json.loads(context), sort_keys=True))
        series.setdefault(key, []).append(row)
    return {key: {name: of[rows] for name, of in numbers.items()} for key, rows in series.items()}


def main():
    (address,) = sys.argv[1:]
    query = "columns=step,epoch,time,value&system=1&archived=1"
    want = columns(ask(address, query, "application/vnd.trailmark.columns"))
    data = ask(address, query + "&format=arrow", "application/vnd.apache.arrow.stream")
    words, reals = ["run", "name", "context"], ["step", "epoch", "value"]

    table = pyarrow.ipc.open_stream(data).read_all()
    header = json.loads(table.schema.metadata[b"trailmark"])
    assert len(header["series"]) == len(want)
    numbers = {name: numpy.array(table[name].to_pylist(), "f8") for name in reals}
    numbers["time"] = table["time"].cast(pyarrow.int64()).to_numpy().astype("f8") / 1e6
    by_pyarrow = grouped([table[name].to_pylist() for name in words], numbers)

    frame = polars.read_ipc_stream(io.BytesIO(data))
    numbers = {name: frame[name].cast(polars.Float64).fill_null(float("nan")).to_numpy() for name in reals}
    numbers["time"] = frame["time"].dt.timestamp("us").to_numpy().astype("f8") / 1e6
    by_polars = grouped([frame[name].cast(polars.String).to_list() for name in words], numbers)

    filled = {key: of for key, of in want.items() if len(of["value"]) > 0}
    for got in (by_pyarrow, by_polars):
        assert set(got) == set(filled), set(got) ^ set(filled)
        for key, of in filled.items():
            for name, values in of.items():
                numpy.testing.assert_array_equal(got[key][name], values, err_msg=f"{key} {name}")
    print(
        json.dumps(
            {
                "arrow": {"series": len(want), "rows": table.num_rows, "bytes": len(data)},
                "readers": {"pyarrow": pyarrow.__version__, "polars": polars.__version__},
            }
        )
    )


if __name__ == "__main__":
    main()
