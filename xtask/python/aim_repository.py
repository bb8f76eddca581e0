"""Repositories of the real `aim` package, and what it reads of them: `aim_repository.py <part> FOLDER [arguments]`.

`truth` prints, as JSON, every run that Aim finds in a repository with every value that Aim's own storage gives: the
importer's test reads the same (`crates/import/tests/aim`). Numbers are written by their bits, bytes in hexadecimal
digits.
"""

import base64
import json
import math
import os
import pathlib
import signal
import struct
import subprocess
import sys
import time

import numpy as np
import plotly.graph_objects
from aim import Audio, Distribution, Figure, Image, Repo, Run, Text
from aim.storage.context import Context
from aim.storage.object import CustomObject
from aim.storage.treeview import TreeView
from aim.storage.types import BLOB

QUIET = {"system_tracking_interval": None, "capture_terminal_logs": False}


def picture(red: int) -> np.ndarray:
    """A small picture."""
    pixels = np.zeros((4, 5, 3), dtype=np.uint8)
    pixels[..., 0] = red
    return pixels


def everything(repo: str) -> Run:
    """Tracks a value of every type."""
    run = Run(repo=repo, experiment="everything", log_system_params=False, system_tracking_interval=1)
    run["hparams"] = {"lr": 0.001, "layers": [64, 32], "none": None, "flag": True, "empty": {}, "no": []}
    run["raw"] = b"\x00\xff"
    run["pair"] = (1, 2)
    run["deep"] = {"a": {"b": {"c": [{"d": math.nan}, "ünï"]}}, 7: "seven"}
    run["hparams", "layers", 1] = 16
    run["gone"] = {"a": 1}
    del run["gone"]
    run["changed"] = {"was": 1}
    run["changed"] = {"is": 2}
    for step in range(100):
        run.track(1.0 / (step + 1), name="loss", step=step, epoch=step // 10, context={"subset": "train"})
    for step in range(5):
        run.track(-1.0, name="loss", step=step * 7, context={"subset": "train"})
    run.track({"acc": 0.9, "f1": 7}, context={"subset": "val"})
    for value in (math.nan, math.inf, -math.inf, -0.0, 5e-324, 2**53, -3):
        run.track(float(value), name="odd")
    for step in (10**12, 3, 0, 2**40):
        run.track(step, name="far", step=step, epoch=step)
    run.track(1.5, name="名前 / with\nlines", context={"ключ": "значение", "n": 3, "deep": {"x": [1, None]}})
    for step in range(3):
        run.track(Text(f"tëxt {step}"), name="question", step=step, context={"context": "What is it?"})
    run.track(Text("x" * 20_000), name="long")
    run.track([Text("one"), Text("two")], name="texts", step=4)
    run.track([Image(picture(0), caption="black"), Image(picture(255))], name="pictures")
    for step in range(3):
        run.track(Image(picture(step), format="jpeg"), name="picture", step=step)
    run.track(Audio(np.zeros(100, dtype=np.int16), rate=8000, format="wav", caption="silence"), name="sound")
    run.track(Distribution(np.arange(20.0), bin_count=4), name="weights")
    run.track(Distribution(hist=[1.5, 2.5], bin_range=(-1, 1)), name="weights", step=9)
    run.track(Figure(plotly.graph_objects.Figure([{"y": [1, 2]}])), name="figure")
    run.log_info("something", x=1)
    run.log_error("wrong")
    print("a line of the terminal")
    for part in ("10 %", "100 %"):
        print(f"\r{part}", end="", flush=True)
    print()
    run.name, run.description = "ein Läuf", "all\nthere is"
    run.add_tag("keep")
    run.add_tag("drop")
    run.remove_tag("drop")
    run.props.add_note("first note")
    run.props.add_note("second note")
    return run


def make(folder: str) -> None:
    """A repository with a run of every kind: whole, resumed, archived, crashed, deleted, empty."""
    run = everything(folder)
    time.sleep(2.5)
    run.close()
    run = Run(repo=folder, **QUIET)
    for step in range(20):
        run.track(step, name="steps", step=step)
    run.archived = True
    run.close()
    again = Run(run.hash, repo=folder, **QUIET)
    again["resumed"] = True
    for step in range(10, 30):
        again.track(step * 0.5, name="steps", step=step)
    again.close()
    Run(repo=folder, **QUIET).close()
    for part in (["slow", "0.1"], ["finish"], ["crash", "300"]):
        subprocess.run([sys.executable, __file__, part[0], folder, *part[1:]], check=False, stdout=sys.stderr)


def finish(folder: str) -> None:
    """Deletes the run of `slow`, as another process, and gives a tag a colour."""
    repo = Repo.from_path(folder)
    gone = [name for name in repo.list_all_runs() if repo.request_props(name, read_only=True).experiment == "slow"]
    if not gone or not repo.delete_runs(gone)[0]:
        sys.exit(f"delete the runs {gone}: they are still there")
    with repo.structured_db:
        for tag in repo.structured_db.tags():
            if tag.name == "keep":
                tag.color, tag.description = "#d03030", "to keep"


def crash(folder: str, count: str) -> None:
    """Tracks numbers and texts, and is killed without a chance to flush anything."""
    run = Run(repo=folder, experiment="crashed", **QUIET)
    run["hparams"] = {"lr": 0.5}
    for step in range(int(count)):
        run.track(step * 0.25, name="loss", step=step, context={"subset": "train"})
        if step % 50 == 0:
            run.track(Text(f"at {step}"), name="said", step=step)
            run.track(Image(picture(step % 256)), name="picture", step=step)
    time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


def many(folder: str, count: str, points: str) -> None:
    """Many runs, one after the other, each with as many numbers in two series."""
    for index in range(int(count)):
        run = Run(repo=folder, experiment=f"e{index % 7}", **QUIET)
        run["index"] = index
        for step in range(int(points) // 2):
            run.track(math.sin(step + index), name="loss", step=step, context={"subset": "train"})
            run.track(step % 10, name="acc", step=step, context={"subset": "eval"})
        run.close()


def files(folder: str) -> None:
    """A run with files, which Aim copies to a folder of this machine."""
    run = Run(repo=folder, **QUIET)
    place = pathlib.Path(folder, "artifacts").resolve()
    place.mkdir()
    run.set_artifacts_uri(f"file://{place}")
    for name in ("weights.bin", "ünï.txt"):
        path = pathlib.Path(folder, name)
        path.write_bytes(name.encode() * 1000)
        run.log_artifact(str(path), name=name, block=True)
    run.close()


def old(folder: str) -> None:
    """A run as Aim before 3.11 wrote it: numbers under their steps, not under hashes of them."""
    run = Run(repo=folder, **QUIET)
    context = Context({"subset": "train"})
    run.meta_run_tree["contexts", context.idx] = {"subset": "train"}
    run.meta_run_tree["traces", context.idx, "loss", "dtype"] = "float"
    tree = run.series_run_trees[1].subtree((context.idx, "loss"))
    columns = {part: tree.array(part).allocate() for part in ("val", "epoch", "time")}
    for step in [*range(300), 1000, 70_000]:
        values = {"val": step / 3 if step % 7 else math.nan, "epoch": step // 10, "time": 1.6e9 + step}
        for part, value in values.items():
            columns[part][step] = value
    run.close()


def slow(folder: str, secs: str) -> None:
    """Tracks for so many seconds; prints the hash first, and a line when the first points are there."""
    run = Run(repo=folder, experiment="slow", **QUIET)
    print("hash", run.hash, flush=True)
    step, n_points, end = 0, 0, time.time() + float(secs)
    while time.time() < end:
        run.track(step * 1.5, name="loss", step=step)
        n_points += 1
        if step % 10 == 0:
            pixels = np.random.default_rng(step).integers(0, 255, (64, 64, 3), dtype=np.uint8)
            run.track(Image(pixels), name="noise", step=step)
            n_points += 1
        step += 1
        if step == 20:
            print("begun", flush=True)
    run.close()
    print("tracked", n_points, flush=True)


def bits(number: float) -> str:
    """A real number by its bits; all NaNs are one."""
    return "nan" if math.isnan(number) else struct.pack(">d", number).hex()


def plain(value: object) -> object:
    """A param or a context: numbers as texts with their kind, everything else as JSON has it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return f"f{bits(value)}"
    if isinstance(value, str):
        return f"s{value}"
    if isinstance(value, bytes):
        return {"__aim_bytes": "s" + base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {str(key): plain(element) for key, element in value.items()}
    raise TypeError(f"got {value!r}")


def tracked(value: object) -> object:
    """A tracked value."""
    if isinstance(value, (list, tuple)):
        return [tracked(element) for element in value]
    if isinstance(value, (bool, int, float)):
        return f"n{bits(float(value))}"
    if not isinstance(value, CustomObject):
        raise TypeError(f"got {value!r}")
    fields = value.storage.collect()
    data = fields.get("data")
    data = data.load() if isinstance(data, BLOB) else data
    name = value.AIM_NAME
    if name in ("aim.text", "aim.log_line"):
        return f"{name} {data!s}"
    if name == "aim.log_record":
        return f"{name} {fields['log_level']} {fields['message']}"
    if name == "aim.distribution":
        numbers = np.frombuffer(bytes(data), dtype=fields["dtype"])
        low, high = fields["range"]
        return f"{name} {bits(float(low))} {bits(float(high))} " + " ".join(bits(float(x)) for x in numbers)
    if name == "aim.figure":
        return f"{name} {data!s}"
    if name == "aim.image":
        size = f"{fields['format'].lower()} {fields['width']} {fields['height']}"
        return f"{name} {size} {fields['caption']!s} {bytes(data).hex()}"
    if name == "aim.audio":
        return f"{name} {fields['format']} {fields['caption']!s} {bytes(data).hex()}"
    raise TypeError(f"got {value!r}")


def micros(secs: float) -> int:
    """Microseconds, as Trailmark keeps times."""
    return math.floor(secs * 1e6 + 0.5)


def collected(tree: TreeView, key: object) -> dict:
    """What lies below a key; nothing where there is none."""
    try:
        return tree.collect(key)
    except KeyError:
        return {}


def series(repo: Repo, run: str, meta: TreeView) -> list:
    """All series of a run, point by point."""
    seqs = repo.request_tree("seqs", run, read_only=True).subtree("seqs")
    trees = {1: seqs.subtree(("chunks", run)), 2: seqs.subtree(("v2", "chunks", run))}
    found = []
    for context, names in collected(meta, "traces").items():
        said = meta.collect(("contexts", context))
        for name, facts in names.items():
            version = facts.get("version", 1)
            tree = trees[version].subtree((context, name))
            columns = {part: dict(tree.array(part).items()) for part in ("val", "epoch", "time")}
            steps = dict(tree.array("step").items()) if version == 2 else {key: key for key in columns["val"]}
            points = []
            for key, step in steps.items():
                epoch, moment = columns["epoch"].get(key), columns["time"].get(key)
                moment = None if moment is None else micros(moment)
                point = [step, None if epoch is None else bits(float(epoch)), moment]
                points.append([*point, tracked(columns["val"][key])])
            points.sort(key=lambda point: point[0])
            if points and points[-1][3] == "aim.log_line ":
                points.pop()
            found.append({"name": str(name), "context": plain(said), "points": points})
    return sorted(found, key=lambda one: (one["name"], json.dumps(one["context"], sort_keys=True)))


def artifact(stored: CustomObject) -> str:
    """The bytes of a file that lies on this machine, in hexadecimal digits; else its address."""
    uri = stored.storage.collect()["uri"]
    path = pathlib.Path(uri.removeprefix("file://"))
    return path.read_bytes().hex() if uri.startswith("file://") and path.is_file() else uri


def truth(folder: str) -> None:
    """Prints everything that Aim's storage gives, run by run: not what its index has, which may be stale."""
    repo = Repo.from_path(folder)
    runs = {}
    for run in sorted(repo.list_all_runs()):
        props = repo.request_props(run, read_only=True)
        meta = repo.request_tree("meta", run, read_only=True).subtree(("meta", "chunks", run))
        ended = meta.get("end_time", None)
        runs[run] = {
            "name": "" if props.name == f"Run: {run}" else props.name,
            "description": props.description or "",
            "experiment": props.experiment,
            "tags": sorted(props.tags),
            "archived": bool(props.archived),
            "note": "\n\n".join(note.content for note in props.notes_obj),
            "created": micros(props.creation_time),
            "ended": None if ended is None else micros(ended),
            "params": plain(collected(meta, "attrs")),
            "artifacts": {name: artifact(one) for name, one in collected(meta, "artifacts").items()},
            "series": series(repo, run, meta),
        }
    json.dump(runs, sys.stdout, ensure_ascii=False, sort_keys=True, indent=1)
    print()


if __name__ == "__main__":
    parts = [make, finish, crash, many, files, old, slow, truth]
    {part.__name__: part for part in parts}[sys.argv[1]](*sys.argv[2:])
