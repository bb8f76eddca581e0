"""Event files made by the real packages, and what TensorBoard reads of them: `board.py write|expect FOLDER [STEPS]`.

`write` records with PyTorch, tensorboardX, TensorFlow and Keras, each into folders of its own; `expect` writes
`expected.json` beside them: every value as TensorBoard's own EventAccumulator has it. STEPS is how much is recorded.
"""

import glob
import json
import math
import os
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
from tensorboard import data_compat
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import summary_pb2
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.util import tensor_util

BINS = 64
HOST = "host"


def noise(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """Pseudo-random bytes of an image's shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def torch_runs(folder: str, steps: int) -> None:
    """Records what `torch.utils.tensorboard` can: a run, its restart, hyper-parameters in a folder below."""
    import torch
    from torch.utils.tensorboard import SummaryWriter

    generator = torch.Generator().manual_seed(1)
    with SummaryWriter(f"{folder}/torch") as writer:
        for step in range(steps):
            writer.add_scalar("train/loss", 1 / (step + 1), step)
            writer.add_scalar("gaps", step * 0.5, step * step)
        for step, value in enumerate((1.0, math.nan, math.inf, -math.inf)):
            writer.add_scalar("odd", value, step)
        writer.add_scalar("double", 0.1, 7, new_style=True, double_precision=True)
        for step in range(3):
            writer.add_histogram("weights", torch.randn(1000, generator=generator) * (step + 1), step)
            writer.add_histogram("numpy", torch.rand(200, generator=generator), step, bins="auto")
        writer.add_histogram("constant", torch.ones(10), 0)
        writer.add_image("picture", noise(1, (3, 5, 4)), 2)
        writer.add_images("pictures", noise(2, (2, 3, 4, 4)), 3)
        writer.add_audio("sound", torch.linspace(-1, 1, 100).unsqueeze(0), 1, sample_rate=8000)
        writer.add_text("note", "héllo *world*", 4)
        # One tag with two kinds of value.
        writer.add_scalar("both", 1.0, 0)
        writer.add_histogram("both", torch.arange(10.0), 0)
        writer.add_pr_curve("curve", torch.tensor([0, 1, 1]), torch.tensor([0.1, 0.6, 0.9]), 0)
        writer.add_scalars("pair", {"a": 1.0, "b": 2.0}, 5)
        hparams = {"lr": 0.001, "layers": 3, "name": "adam", "flag": True}
        writer.add_hparams(hparams, {"best": 0.5}, run_name="trial")
    for purge in (None, steps // 2):
        with SummaryWriter(f"{folder}/restarted", purge_step=purge) as writer:
            for step in range(purge or 0, steps - (0 if purge is None else 2)):
                writer.add_scalar("loss", step + (0.0 if purge is None else 0.25), step)
                writer.add_text("said", f"{purge} {step}", step)


def tensorboardx_run(folder: str, steps: int) -> None:
    """Records with tensorboardX."""
    from tensorboardX import SummaryWriter

    with SummaryWriter(f"{folder}/deep/er/tensorboardx") as writer:
        for step in range(steps):
            writer.add_scalar("loss", math.exp(-step / 10), step)
        writer.add_histogram("weights", np.random.default_rng(3).normal(size=500), 1)
        writer.add_image("picture", noise(4, (3, 4, 4)), 0)
        writer.add_text("note", "from tensorboardX", 0)
        # Nobody said at which step.
        writer.add_scalar("stepless", 1.0)
        writer.add_scalar("stepless", 2.0)


def tensorflow_run(folder: str, steps: int) -> None:
    """Records with TensorFlow 2: every value is a tensor with a plugin."""
    import tensorflow as tf
    from tensorboard.plugins.hparams import api as hp
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams import summary as hp_summary

    writer = tf.summary.create_file_writer(f"{folder}/tensorflow")
    with writer.as_default():
        for step in range(steps):
            tf.summary.scalar("loss", 1 / (step + 2), step=step)
        tf.summary.scalar("nan", math.nan, step=0)
        for step in range(2):
            tf.summary.histogram("weights", tf.random.stateless_normal((500,), (step, 1)), step=step, buckets=30)
        tf.summary.histogram("constant", tf.fill((10,), 2.0), step=0)
        tf.summary.image("pictures", noise(5, (2, 4, 6, 3)) / 255, step=1)
        tf.summary.image("picture", noise(6, (1, 3, 3, 1)) / 255, step=1)
        tf.summary.audio("sound", np.linspace(-1, 1, 50, dtype=np.float32).reshape(1, 50, 1), 8000, step=2)
        tf.summary.text("texts", ["one", "two"], step=3)
        tf.summary.text("text", "alone", step=4)
        hp.hparams({"lr": 0.25, "optimizer": "sgd", "units": 16, "nesterov": False})
        end = hp_summary.session_end_pb(api_pb2.STATUS_FAILURE)
        tf.summary.experimental.write_raw_pb(end.SerializeToString(), step=0)
    writer.close()


def keras_run(folder: str, steps: int) -> None:
    """Trains a little with Keras, whose callback records into `train` and `validation`."""
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(7).normal(size=(32, 3))
    callback = keras.callbacks.TensorBoard(f"{folder}/keras", histogram_freq=1, update_freq=1, write_graph=False)
    data = {"validation_data": (x[:8], x[:8, :1]), "epochs": max(2, steps // 100), "batch_size": 16}
    model.fit(x, x[:, :1], callbacks=[callback], verbose=0, **data)


def write(folder: str, steps: int) -> None:
    """Makes all runs; the machine's name does not stay in the names of their files."""
    os.makedirs(folder, exist_ok=True)
    for record in (torch_runs, tensorboardx_run, tensorflow_run, keras_run):
        record(folder, steps)
    for path in glob.glob(f"{folder}/**/*tfevents*", recursive=True):
        place, name = os.path.split(path)
        head, second, *rest = name.split(".", 4)[1:]
        # After the host: process and number, or nothing.
        tail = name.split(os.uname().nodename, 1)[1]
        os.rename(path, os.path.join(place, f"events.{head}.{second}.{rest[0]}.{HOST}{tail}"))


def number(value: float) -> float | str:
    """A number as JSON can hold it."""
    return float(value) if math.isfinite(value) else repr(float(value))


def rebinned(bins: np.ndarray) -> dict:
    """Bins of equal width as they are, others spread over 64: by interpolation between the sums up to each edge."""
    lefts, rights, counts = bins.astype(float).T
    low, high = lefts[0], rights[-1]
    if low == high:
        return {"low": low - 0.5, "high": high + 0.5, "weights": [float(counts.sum())]}
    width = (high - low) / len(bins)
    is_equal = np.allclose(lefts, low + width * np.arange(len(bins)), rtol=0, atol=1e-3 * width)
    if is_equal:
        return {"low": low, "high": high, "weights": counts.tolist()}
    sums = np.concatenate([[0], np.cumsum(counts)])
    edges = np.concatenate([[low], rights])
    at = np.interp(np.linspace(low, high, BINS + 1), edges, sums)
    return {"low": low, "high": high, "weights": np.diff(at).tolist()}


def histogram(proto: summary_pb2.HistogramProto) -> dict:
    """A histogram as TensorBoard's own migration to tensors has it."""
    value = data_compat.migrate_value(summary_pb2.Summary.Value(tag="t", histo=proto))
    bins = tensor_util.make_ndarray(value.tensor)
    return rebinned(bins[np.flatnonzero(bins[:, 2])[0] : np.flatnonzero(bins[:, 2])[-1] + 1])


def proto_of(event: object) -> summary_pb2.HistogramProto:
    """A histogram of the accumulator as it was written."""
    value = event.histogram_value
    return summary_pb2.HistogramProto(
        min=value.min, max=value.max, bucket_limit=value.bucket_limit, bucket=value.bucket
    )


def of_tensor(plugin: str, event: object) -> object:
    """What a tensor of a plugin holds."""
    array = tensor_util.make_ndarray(event.tensor_proto)
    if plugin == "scalars":
        return number(array.item())
    if plugin == "histograms":
        return rebinned(array)
    if plugin == "text":
        return [text.decode() for text in array.reshape(-1)]
    if plugin == "images":
        width, height, *files = array.tolist()
        return [{"width": int(width), "height": int(height), "hex": file.hex()} for file in files]
    return [{"hex": row[0].hex()} for row in array.reshape(array.shape[0], -1)]


def points(events: list, value_of: Callable[[object], object]) -> list:
    """Points by step; of those at one step the last."""
    last = {event.step: event for event in events}
    return [[step, last[step].wall_time, value_of(last[step])] for step in sorted(last)]


def standing(events: list) -> list:
    """What a restart leaves of tensors, of which the accumulator takes nothing back: TensorBoard's data server does."""
    found: list = []
    for event in events:
        while found and found[-1].step >= event.step:
            found.pop()
        found.append(event)
    return found


def hparams_of(read: EventAccumulator) -> dict:
    """With what a session was started, and how it ended."""
    found: dict = {}
    try:
        contents = read.PluginTagToContent("hparams").values()
    except KeyError:
        return found
    for content in contents:
        data = plugin_data_pb2.HParamsPluginData.FromString(content)
        for key, value in data.session_start_info.hparams.items():
            found[key] = getattr(value, value.WhichOneof("kind"))
        if data.HasField("session_end_info"):
            found["status"] = data.session_end_info.status
    return found


def expect(folder: str) -> None:
    """Reads every folder with TensorBoard's accumulator."""
    runs = {}
    for place in sorted({os.path.dirname(path) for path in glob.glob(f"{folder}/**/*tfevents*", recursive=True)}):
        everything = dict.fromkeys(("scalars", "histograms", "images", "audio", "tensors"), 0)
        read = EventAccumulator(place, size_guidance=everything)
        read.Reload()
        tags = read.Tags()
        run = {"scalars": {}, "histograms": {}, "images": {}, "audio": {}, "text": {}, "hparams": {}}
        for tag in tags["scalars"]:
            run["scalars"][tag] = points(read.Scalars(tag), lambda e: number(e.value))
        for tag in tags["histograms"]:
            run["histograms"][tag] = points(read.Histograms(tag), lambda e: histogram(proto_of(e)))
        for tag in tags["images"]:
            run["images"][tag] = points(
                read.Images(tag),
                lambda e: [{"width": e.width, "height": e.height, "hex": e.encoded_image_string.hex()}],
            )
        for tag in tags["audio"]:
            run["audio"][tag] = points(read.Audio(tag), lambda e: [{"hex": e.encoded_audio_string.hex()}])
        for tag in tags["tensors"]:
            plugin = read.SummaryMetadata(tag).plugin_data.plugin_name
            if plugin in run and plugin != "hparams":
                run[plugin][tag] = points(standing(read.Tensors(tag)), partial(of_tensor, plugin))
        run["hparams"] = hparams_of(read)
        runs[os.path.relpath(place, folder)] = run
    with open(f"{folder}/expected.json", "w") as file:
        json.dump(runs, file, indent=1, sort_keys=True)


if __name__ == "__main__":
    part, folder, *steps = sys.argv[1:]
    if part == "write":
        write(folder, int(steps[0]) if steps else 12)
    else:
        expect(folder)
