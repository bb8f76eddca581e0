"""What a user of Aim does, with the real `aim` package against a server: `aim_client.py <part> aim://… [arguments]`.

Each part is a process of its own, as a user's would be. A part that finds something other than it wants fails.
"""

import json
import os
import shutil
import sys
import time
from importlib import metadata

import numpy as np
from aim import Audio, Distribution, Image, Repo, Run, Text
from aim.storage.context import Context

QUIET = {"system_tracking_interval": None, "capture_terminal_logs": False}


def want(what: str, got: object, wanted: object) -> None:
    """Fails unless both are equal."""
    if got != wanted:
        sys.exit(f"{what}: got {got!r}, want {wanted!r}")


def version(_url: str) -> None:
    """Prints which client this is."""
    print("version", metadata.version("aim"))


def everything(url: str) -> None:
    """Tracks a value of every type, and prints the run's hash."""
    run = Run(repo=url, experiment="everything", log_system_params=True, system_tracking_interval=1)
    run["hparams"] = {"lr": 0.001, "layers": [64, 32], "none": None, "flag": True}
    run["raw"] = b"\x00\xff"
    run["pair"] = (1, 2)
    run["hparams", "layers", 1] = 16
    run["gone"] = 1
    del run["gone"]
    for step in range(100):
        run.track(1.0 / (step + 1), name="loss", step=step, epoch=step // 10, context={"subset": "train"})
    run.track({"acc": 0.9, "f1": 7}, context={"subset": "val"})
    run.track(float("nan"), name="diverged")
    run.track(Text("hello"), name="question", context={"context": "What is it?"})
    black, white = (np.full((4, 5, 3), value, dtype=np.uint8) for value in (0, 255))
    run.track([Image(black, caption="black"), Image(white)], name="pictures")
    run.track(Image(white, format="jpeg"), name="picture", step=3)
    run.track(Audio(np.zeros(100, dtype=np.int16), rate=8000, format="wav", caption="silence"), name="sound")
    run.track(Distribution([1, 2, 3, 4, 5], bin_count=4), name="weights")
    run.log_info("something", x=1)
    print("a line of the terminal")
    for part in ("10 %", "20 %", "100 %"):
        print(f"\r{part}", end="", flush=True)
    print()
    run.set_artifacts_uri("file:///nowhere")
    run.name, run.description = "my run", "all there is"
    run.add_tag("keep")
    run.add_tag("drop")
    want("remove a tag", run.remove_tag("drop"), True)
    want("tags", run.tags, ["keep"])
    want("a param", run["hparams", "lr"], 0.001)
    time.sleep(2.5)
    run.close()
    print("hash", run.hash)


def read(url: str, run_hash: str) -> None:
    """Reads all of it back, as another process."""
    repo = Repo(url)
    want("listed", run_hash in repo.list_all_runs(), True)
    run = repo.get_run(run_hash)
    props = (run.name, run.description, run.experiment, run.tags, run.archived, run.active)
    want("props", props, ("my run", "all there is", "everything", ["keep"], False, False))
    hparams = {"lr": 0.001, "layers": [64, 16], "none": None, "flag": True}
    want("params", (run["hparams"], run["raw"], run["pair"]), (hparams, b"\x00\xff", [1, 2]))
    want("a param that was taken back", run.get("gone", "nothing"), "nothing")
    want("environment", {"env_variables", "packages"} <= set(run["__system_params"]), True)
    loss = run.get_metric("loss", Context({"subset": "train"}))
    steps, (values, epochs, times) = loss.data.items_list()
    want("steps", steps, list(range(100)))
    want("values", values, [1.0 / (step + 1) for step in steps])
    want("epochs", epochs, [float(step // 10) for step in steps])
    want("times", times == sorted(times) and run.creation_time < times[0] < run.end_time, True)
    metrics = {metric.name for metric in run.metrics() if not metric.name.startswith("__system__")}
    want("metrics", metrics, {"loss", "acc", "f1", "diverged"})
    want("an int", run.get_metric("f1", Context({"subset": "val"})).values.values_list(), [7])
    system = [metric for metric in run.metrics() if metric.name == "__system__cpu"]
    want("system metrics", len(system) == 1 and len(system[0].values.values_list()) >= 2, True)
    texts = run.get_text_sequence("question", Context({"context": "What is it?"}))
    want("a text", texts.values.values_list()[0].data, "hello")
    pictures = run.get_image_sequence("pictures", Context({})).values.values_list()[0]
    got = [(picture.caption, picture.size, picture.to_pil_image().mode) for picture in pictures]
    want("pictures", got, [("black", (5, 4), "RGB"), ("", (5, 4), "RGB")])
    picture = run.get_image_sequence("picture", Context({}))
    steps, objects = picture.values.sparse_list()
    want("a picture", (steps, objects[0].format, objects[0].to_pil_image().size), ([3], "jpeg", (5, 4)))
    rate, sound = run.get_audio_sequence("sound", Context({})).values.values_list()[0].to_numpy()
    want("a sound", (rate, sound.tolist()), (8000, [0] * 100))
    counts, edges = run.get_distribution_sequence("weights", Context({})).values.values_list()[0].to_np_histogram()
    want("a distribution", (counts.tolist(), edges.tolist()), ([1, 1, 1, 2], [1, 2, 3, 4, 5]))
    lines = [line.data for line in run.get_terminal_logs().values.values_list()]
    want("the terminal", lines, ["a line of the terminal", "100 %"])
    records = [record.json() for record in run.get_log_records().values.values_list()]
    got = [(record["message"], record["log_level"], record["args"]) for record in records]
    want("a log record", got, [("something", "INFO", {"x": 1})])
    want("artifacts", run.artifacts_uri, f"file:///nowhere/{run_hash}")
    query = "metric.name == 'loss' and run.hparams.lr == 0.001"
    found = [of_run.run.hash for of_run in repo.query_metrics(query, report_mode=0).iter_runs() if list(of_run)]
    want("query_metrics", run_hash in found, True)
    found = [of_run.run.hash for of_run in repo.query_runs("run.experiment == 'everything'", report_mode=0).iter_runs()]
    want("query_runs", found, [run_hash])
    want("iter_runs", run_hash in [run.hash for run in repo.iter_runs()], True)
    want("collect_params_info", "hparams" in repo.collect_params_info(), True)
    info = repo.collect_sequence_info(("metric", "texts", "images"))
    want("collect_sequence_info", ("loss" in info["metric"], "question" in info["texts"]), (True, True))


def resume(url: str, run_hash: str, steps: str) -> None:
    """Goes on with a run of so many steps, renames and archives it."""
    run = Run(run_hash=run_hash, repo=url, **QUIET)
    want("active", run.active, True)
    run.track(0.5, name="loss", context={"subset": "train"})
    run["resumed"] = True
    run.name, run.archived = "renamed", True
    run.close()
    run = Repo(url).get_run(run_hash)
    loss = run.get_metric("loss", Context({"subset": "train"}))
    want("steps go on", loss.data.items_list()[0], list(range(int(steps) + 1)))
    want("props", (run.name, run.archived, run.active, run["resumed"]), ("renamed", True, False, True))
    run.archived = False
    want("back", Repo(url).get_run(run_hash).archived, False)


def slow(url: str, points: str, seconds: str) -> None:
    """Tracks so many points in so many seconds, for a server that is killed meanwhile; prints the hash first."""
    run = Run(repo=url, system_tracking_interval=None)
    print("hash", run.hash, flush=True)
    for step in range(int(points)):
        run.track(float(step), name="m", step=step)
        run.track(Text(f"text {step}"), name="t", step=step)
        print("line", step, flush=True)
        time.sleep(float(seconds) / int(points))
    run.close()
    print("closed")


def count(url: str, run_hash: str, points: str) -> None:
    """Finds every point of `slow`, and each once."""
    run, steps = Repo(url).get_run(run_hash), list(range(int(points)))
    numbers = run.get_metric("m", Context({})).data.items_list()
    want("numbers", (numbers[0], numbers[1][0]), (steps, [float(step) for step in steps]))
    texts = run.get_text_sequence("t", Context({})).values.sparse_list()
    want("texts", (texts[0], [text.data for text in texts[1]]), (steps, [f"text {step}" for step in steps]))
    lines = [line.data for line in run.get_terminal_logs().values.values_list()]
    want("lines", [line for line in lines if line.startswith("line")], [f"line {step}" for step in steps])
    want("its end", run.active, False)


def die(url: str) -> None:
    """Tracks a point and is killed."""
    run = Run(repo=url, **QUIET)
    run.track(1.0, name="loss", step=0, context={"subset": "train"})
    run.repo._client.get_queue().wait_for_finish()
    print("hash", run.hash, flush=True)
    os.kill(os.getpid(), 9)


def copy(url: str, folder: str) -> None:
    """Copies a run of a local repository to the server, and deletes it there."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    run = Run(repo=folder, experiment="local", system_tracking_interval=None)
    run["hparams"] = {"lr": 0.5}
    for step in range(20):
        run.track(step * 1.5, name="loss", step=step * 10, epoch=step, context={"subset": "train"})
    run.track(Text("héllo"), name="note", step=4)
    run.track(Image(np.zeros((3, 3, 3), dtype=np.uint8)), name="picture")
    print("a line")
    time.sleep(1.5)
    run.name = "copied"
    run.add_tag("old")
    run.close()
    local, remote = Repo(folder), Repo(url)
    want("copy_runs", local.copy_runs([run.hash], remote), (True, []))
    was = local.structured_db.find_run(run.hash)
    copied = remote.get_run(run.hash)
    want("props", (copied.name, copied.experiment, copied.tags), ("copied", "local", ["old"]))
    want("its beginning", copied.creation_time, was.creation_time)
    want("its end", copied.end_time is not None, True)
    steps, (values, epochs, _) = copied.get_metric("loss", Context({"subset": "train"})).data.items_list()
    got = list(zip(steps, values, epochs, strict=True))
    want("points", got, [(10 * step, 1.5 * step, float(step)) for step in range(20)])
    want("a text", [t.data for t in copied.get_text_sequence("note", Context({})).values.values_list()], ["héllo"])
    want("the terminal", [line.data for line in copied.get_terminal_logs().values.values_list()], ["a line"])
    del copied
    want("delete_runs", remote.delete_runs([run.hash]), (True, []))
    want("gone", (remote.get_run(run.hash), run.hash in Repo(url).list_all_runs()), (None, False))


def points(url: str, count: str) -> None:
    """Tracks so many numbers; prints points a second until all are acknowledged, and the client's CPU.

    Says that it is ready, and begins with the next line of its input: several begin together.
    """
    run = Run(repo=url, **QUIET)
    print("ready", flush=True)
    input()
    began_at = time.time()
    began, cpu = time.perf_counter(), time.process_time()
    for step in range(int(count)):
        run.track(step * 0.5, name="loss", step=step, context={"subset": "train"})
    tracked = time.perf_counter() - began
    run.repo._client.get_queue().wait_for_finish()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    figures = {
        "points": int(count),
        "began": began_at,
        "ended": time.time(),
        "tracked_secs": round(tracked, 3),
        "acknowledged_secs": round(took, 3),
        "client_cpu_us_per_point": round(cpu / int(count) * 1e6),
    }
    print(json.dumps(figures))
    print("hash", run.hash)
    run.close()


def steady(url: str, seconds: str) -> None:
    """Tracks four steps, and now and then a text and a picture, each quarter of a second.

    Prints a line of JSON for each burst, with how long it took to be acknowledged, and what the run holds in the end.
    """
    run = Run(repo=url, experiment="steady", **QUIET)
    queue = run.repo._client.get_queue()
    context = {"subset": "train"}
    until = time.time() + float(seconds)
    burst = texts = images = 0
    while time.time() < until:
        began = time.perf_counter()
        for step in range(burst * 4, burst * 4 + 4):
            run.track(step * 0.5, name="loss", step=step, context=context)
        if burst % 8 == 0:
            run.track(Text(f"what was said at {burst}: " + "word " * 40), name="text", step=texts, context=context)
            texts += 1
        if burst % 20 == 0:
            pixels = np.random.default_rng(burst).integers(0, 256, (40, 40, 3), dtype=np.uint8)
            run.track(Image(pixels), name="image", step=images, context=context)
            images += 1
        burst += 1
        queue.wait_for_finish()
        took = time.perf_counter() - began
        print(json.dumps({"run": run.hash, "acked_millis": [took * 1000], "at": time.time()}), flush=True)
        time.sleep(max(0.0, 0.25 - took))
    run.close()
    print(json.dumps({"run": run.hash, "loss": burst * 4, "text": texts, "image": images, "whole": True}), flush=True)


if __name__ == "__main__":
    part, *arguments = sys.argv[1:]
    parts = (version, everything, read, resume, slow, count, die, copy, points, steady)
    {f.__name__: f for f in parts}[part](*arguments)
