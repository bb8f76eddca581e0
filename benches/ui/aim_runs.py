"""Writes the runs of a served repository of ours into a repository of Aim: the same params, steps, epochs and values.

python benches/ui/aim_runs.py URL DIR
"""

import array
import json
import struct
import sys
import urllib.request

from aim import Run
from aim.sdk.repo import Repo

SERIES = "/api/v1/series?columns=step,epoch,value&points=1000000"


def answer(url: str) -> bytes:
    with urllib.request.urlopen(url) as response:
        return response.read()


def column(spec: dict, rows: int, body: bytes) -> list:
    """A column as docs/http.md says."""
    kind, start = spec["as"], spec.get("start", 0)
    if kind == "range":
        return [start + row * spec["stride"] for row in range(rows)]
    code, width = {"u32": ("I", 4), "f32": ("f", 4), "f64": ("d", 8)}[kind]
    numbers = array.array(code, body[spec["at"] : spec["at"] + width * rows])
    return [start + number for number in numbers] if kind == "u32" else numbers.tolist()


def main() -> None:
    url, folder = sys.argv[1].rstrip("/"), sys.argv[2]
    runs = {run["id"]: run for run in json.loads(answer(f"{url}/api/v1/runs?limit=100000"))["runs"]}
    frame = answer(url + SERIES)
    (length,) = struct.unpack_from("<I", frame, 4)
    header, body = json.loads(frame[8 : 8 + length]), frame[8 + length :]
    repo = Repo.from_path(folder, init=True)
    for series in header["series"]:
        of, rows = runs[series["run"]], series["rows"]
        run = Run(
            repo=repo,
            experiment=of["experiment"],
            system_tracking_interval=None,
            capture_terminal_logs=False,
        )
        run.name = of["name"]
        for key, value in of["params"].items():
            run[key] = value
        columns = (column(series["columns"][name], rows, body) for name in ("step", "epoch", "value"))
        for step, epoch, value in zip(*columns):
            run.track(value, name=series["name"], step=step, epoch=epoch, context=series["context"])
        run.close()


if __name__ == "__main__":
    main()
