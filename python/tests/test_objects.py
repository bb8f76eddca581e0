"""Texts, pictures, sounds, figures and histograms: made, recorded, and read back."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from trailmark import Audio, Distribution, Figure, Image, Repo, Run, Text


def png(size: tuple[int, int] = (3, 2)) -> bytes:
    """A small picture's file."""
    file = io.BytesIO()
    PIL.Image.new("RGB", size, (255, 0, 0)).save(file, format="png")
    return file.getvalue()


class Tensor:
    """Looks as torch's tensors do."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> Any:
        return self.array


class Drawing:
    """Looks as matplotlib's figures do."""

    def savefig(self, file: Any, format: str) -> None:
        assert format == "png"
        file.write(png((7, 5)))


def test_pictures_of_every_origin(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png())
    grey = np.linspace(0, 1, 6).reshape(2, 3)
    pictures = {
        "path": Image(tmp_path / "a.png", caption="file"),
        "pil": Image(PIL.Image.open(tmp_path / "a.png"), format="JPG", quality=50),
        "array": Image(np.zeros((2, 3, 3), dtype=np.uint8)),
        "floats": Image(grey),
        "tensor": Image(Tensor(np.ones((3, 2, 3), dtype=np.float32))),
        "figure": Image(Drawing(), format="webp"),
        "converted": Image(str(tmp_path / "a.png"), format="jpeg"),
    }
    for name, picture in pictures.items():
        run.track(picture, name, step=1)
    for name, picture in pictures.items():
        series = run.get_image_sequence(name)
        assert series is not None
        (back,) = series.values
        assert (back.format, back.size, back.caption) == (picture.format, picture.size, picture.caption)
        assert back.data == picture.data and back.to_pil_image().size == picture.size
    assert pictures["path"].data == png() and pictures["pil"].format == "jpeg"
    assert pictures["array"].size == (3, 2) and pictures["figure"].size == (7, 5)
    floats = np.asarray(pictures["floats"].to_pil_image())
    assert floats[0, 0] == 0 and floats[1, 2] == 255
    assert np.asarray(pictures["tensor"].to_pil_image()).tolist() == [[[255] * 3] * 3] * 2


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    for wrong in (np.zeros((2, 2, 2, 2)), tmp_path / "a.txt", tmp_path / "missing.png", object()):
        with pytest.raises((ValueError, OSError, TypeError)):
            Image(wrong)


def test_sounds_of_every_origin(run: Run, tmp_path: Path) -> None:
    tone = np.sin(np.linspace(0, 100, 4000))
    made = Audio(tone, rate=8000, caption="tone")
    with wave.open(made.get()) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (8000, 1, 4000)
    stereo = Audio(np.zeros((10, 2), dtype=np.int16))
    (tmp_path / "a.wav").write_bytes(made.data)
    for sound in (
        made,
        stereo,
        Audio(tmp_path / "a.wav"),
        Audio(b"ID3", "mp3"),
        Audio(io.BytesIO(b"fLaC"), format="FLAC"),
    ):
        run.track(sound, "sound", context={"format": sound.format, "n": len(sound.data)})
    run.flush()
    (collection,) = Repo(run.repo).query_audios('audios.name == "sound"').iter_runs()
    back = {one.context["n"]: one.values[0] for one in collection}
    assert back[len(made.data)].data == made.data and back[3].format == "mp3" and back[4].format == "flac"
    with pytest.raises(ValueError, match="got format 'xyz'"):
        Audio(b"", "xyz")


def test_figures_are_kept_as_plotlys_json(run: Run) -> None:
    class Plotly:
        def to_json(self) -> str:
            return '{"data": [], "layout": {"title": {"text": "made"}}}'

    for figure in (Figure(Plotly()), Figure({"data": [], "layout": {}}), Figure('{"data": []}', caption="c")):
        run.track(figure, "figure")
    series = run.get_figure_sequence("figure")
    assert series is not None
    assert json.loads(series.values[0].data)["layout"]["title"]["text"] == "made"
    assert series.values[2].caption == "c" and len(series.values) == 3
    for wrong in ("no json", 5):
        with pytest.raises((ValueError, TypeError)):
            Figure(wrong)


def test_a_drawing_that_plotly_does_not_convert_is_a_picture(run: Run) -> None:
    run.track(Figure(Drawing()), "drawing")
    series = run.get_image_sequence("drawing")
    assert series is not None and series.values[0].size == (7, 5)


def test_histograms(run: Run) -> None:
    samples = np.concatenate([np.arange(100), [np.nan, np.inf]])
    made = Distribution(samples, bin_count=10)
    assert made.range == (0.0, 99.0) and made.weights == [10.0] * 10 and len(made.ranges) == 11
    plain = Distribution([1, 1, 3], 2)
    given = Distribution.from_histogram([1, 2, 3], (0, 3))
    for one in (made, plain, given, Distribution.from_samples([5])):
        run.track(one, "spread")
    series = run.get_distribution_sequence("spread")
    assert series is not None
    back = series.values
    assert back[0].weights == made.weights and back[2].range == (0.0, 3.0) and back[3].range == (4.5, 5.5)
    counts, edges = back[1].to_np_histogram()
    assert counts.tolist() == [2, 1] and edges.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"samples": []},
        {"samples": [1], "bin_count": 513},
        {"samples": [1], "hist": [1]},
        {"hist": [1]},
        {"samples": [1], "bin_count": 0},
    ],
)
def test_histograms_of_nothing_or_too_much_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="make a Distribution"):
        Distribution(**options)


def test_histograms_without_numpy_are_the_same() -> None:
    from trailmark.objects import _plain_histogram

    samples = np.random.default_rng(1).normal(size=500)
    low, high, counts = _plain_histogram(samples.tolist(), 16, None)
    with_numpy = Distribution(samples, 16)
    assert (low, high, counts) == (with_numpy.low, with_numpy.high, with_numpy.weights)


def test_texts_and_lists_stand_at_one_step(run: Run) -> None:
    run.track(Text("alone"), "text", step=3, epoch=0.5, context={"context": "a paragraph"})
    run.track([Text("a"), Text("b")], "list", step=1)
    run.track([], "list", step=2)
    run.track(Text("again"), "text", step=3, context={"context": "a paragraph"})
    series = run.get_text_sequence("text", {"context": "a paragraph"})
    assert series is not None and series.steps == [3] and series.values == [Text("again")]
    listed = run.get_text_sequence("list")
    assert listed is not None and listed.values == [[Text("a"), Text("b")], []]
