"""What can be tracked beside numbers: texts, pictures, sounds, figures, histograms. Names and arguments are Aim's."""

from __future__ import annotations

import io
import os
from typing import Any, Iterable, Optional, Sequence, Union

from trailmark import report
from trailmark.values import Trackable

_MOST_BINS = 512


class Text(Trackable):
    """A text."""

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"make a Text: got {type(text).__name__}, want str")
        self.data = text

    def _payload(self) -> tuple[Any, ...]:
        return ("text", self.data)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __str__(self) -> str:
        return self.data

    def __repr__(self) -> str:
        return f"Text({self.data!r})"


class Image(Trackable):
    """A picture: a path, a PIL image, a numpy array (H, W or H, W, C), a torch tensor (C, H, W), a matplotlib figure.

    A file is taken as it is, unless another format is asked for; everything else becomes a file of ``format`` (png).
    """

    def __init__(
        self,
        image: Any,
        caption: str = "",
        format: Optional[str] = None,
        quality: int = 90,
        optimize: bool = False,
    ) -> None:
        self.caption = caption
        wanted = None if format is None else {"jpg": "jpeg"}.get(format.lower(), format.lower())
        self.format = wanted or "png"
        if isinstance(image, (str, os.PathLike)):
            self._take_file(os.fspath(image), wanted, quality, optimize)
        elif hasattr(image, "savefig"):
            drawn = io.BytesIO()
            image.savefig(drawn, format="png")
            self._encode(_opened(drawn.getvalue()), quality, optimize)
        else:
            self._encode(_pil_of(image), quality, optimize)

    def _take_file(self, path: str, wanted: Optional[str], quality: int, optimize: bool) -> None:
        with open(path, "rb") as file:
            self.data = file.read()
        self.format, self.width, self.height = looks_of(self.data)
        if not self.format or (wanted is not None and wanted != self.format):
            self.format = wanted or "png"
            self._encode(_opened(self.data), quality, optimize)

    def _encode(self, picture: Any, quality: int, optimize: bool) -> None:
        self.width, self.height = picture.size
        options: dict[str, Any] = {"optimize": optimize}
        if self.format in ("jpeg", "webp"):
            options["quality"] = quality
        if self.format == "jpeg" and picture.mode not in ("RGB", "L", "CMYK"):
            picture = picture.convert("RGB")
        if getattr(picture, "n_frames", 1) > 1 and self.format in ("gif", "png", "webp"):
            options["save_all"] = True
        encoded = io.BytesIO()
        picture.save(encoded, format=self.format, **options)
        self.data = encoded.getvalue()

    def to_pil_image(self) -> Any:
        """Open it with PIL."""
        return _opened(self.data)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (self.width, self.height)

    def _payload(self) -> tuple[Any, ...]:
        return ("image", self.data, self.format, self.width, self.height, self.caption)

    def __repr__(self) -> str:
        return f"<Image {self.width}×{self.height}, {self.format}, {self.caption!r}>"


def looks_of(data: bytes) -> tuple[str, int, int]:
    """Format, width and height of a picture's file; nothing where neither its head nor PIL says."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        return ("png", int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return ("gif", int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little"))
    try:
        picture = _opened(data)
    except Exception:
        return ("", 0, 0)
    format = (picture.format or "").lower()
    return (format if format in ("jpeg", "webp", "bmp") else "", picture.size[0], picture.size[1])


def _opened(data: bytes) -> Any:
    from PIL import Image as pil

    return pil.open(io.BytesIO(data))


def _pil_of(image: Any) -> Any:
    from PIL import Image as pil

    if isinstance(image, pil.Image):
        return image
    import numpy

    if hasattr(image, "detach"):
        array = image.detach().cpu().numpy()
        if array.ndim == 3:
            array = array.transpose(1, 2, 0)
    else:
        array = numpy.asarray(image)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3):
        raise ValueError(f"make an Image: got an array of {array.ndim} dimensions, want 2 or 3")
    if array.dtype != numpy.uint8:
        # Floats go from 0 to 1; whole numbers are taken as they are.
        scaled = (
            array * 255
            if array.dtype.kind == "f"
            else array.astype(numpy.int64) * (255 if array.dtype.kind == "b" else 1)
        )
        array = numpy.nan_to_num(scaled).clip(0, 255).astype(numpy.uint8)
    return pil.fromarray(array)


class Audio(Trackable):
    """A sound: a path, bytes or a file of wav, mp3, flac or ogg, or a numpy array (frames, or frames by channels)."""

    def __init__(self, data: Any, format: str = "", caption: str = "", rate: Optional[int] = None) -> None:
        self.caption = caption
        self.format = format.lower()
        self.rate = rate
        if isinstance(data, (str, os.PathLike)):
            with open(data, "rb") as file:
                self.data = file.read()
            self.format = self.format or os.path.splitext(os.fspath(data))[1].lstrip(".").lower()
        elif isinstance(data, (bytes, bytearray, memoryview)):
            self.data = bytes(data)
        elif hasattr(data, "read"):
            self.data = data.read()
        else:
            self.rate = 22500 if rate is None else rate
            self.data, self.format = wave_of(data, self.rate), "wav"
        if self.format not in ("wav", "mp3", "flac", "ogg"):
            raise ValueError(f"make an Audio: got format {self.format!r}, want wav, mp3, flac or ogg")

    def get(self) -> io.BytesIO:
        """Open it as a file."""
        return io.BytesIO(self.data)

    def _payload(self) -> tuple[Any, ...]:
        return ("audio", self.data, self.format, self.caption)

    def __repr__(self) -> str:
        return f"<Audio {self.format}, {len(self.data)} bytes, {self.caption!r}>"


def wave_of(samples: Any, rate: int) -> bytes:
    """Samples as a wav file of 16 bits: floats go from -1 to 1, whole numbers are of 16 bits."""
    import wave

    import numpy

    array = numpy.asarray(samples)
    if array.ndim not in (1, 2):
        raise ValueError(f"make an Audio: got an array of {array.ndim} dimensions, want 1 or 2")
    if array.dtype.kind == "f":
        array = numpy.nan_to_num(array).clip(-1, 1) * 32767
    encoded = io.BytesIO()
    with wave.open(encoded, "wb") as file:
        file.setnchannels(1 if array.ndim == 1 else array.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array.clip(-32768, 32767).astype("<i2").tobytes())
    return encoded.getvalue()


class Figure(Trackable):
    """A figure that is drawn where it is looked at: plotly's, a matplotlib figure that plotly can convert, or JSON."""

    def __init__(self, obj: Any, caption: str = "") -> None:
        self.caption = caption
        self._instead: Optional[Image] = None
        import json

        if isinstance(obj, (str, bytes)):
            self.data = obj if isinstance(obj, str) else obj.decode()
            json.loads(self.data)
        elif hasattr(obj, "to_json"):
            self.data = obj.to_json()
        elif isinstance(obj, dict):
            self.data = json.dumps(obj)
        elif hasattr(obj, "savefig"):
            self._convert(obj)
        else:
            raise TypeError(f"make a Figure: got {type(obj).__name__}, want a figure of plotly or matplotlib")

    def _convert(self, figure: Any) -> None:
        try:
            from plotly.tools import mpl_to_plotly  # type: ignore[import-not-found,import-untyped,unused-ignore]

            self.data = mpl_to_plotly(figure).to_json()
        except Exception as error:
            report.warn(f"a matplotlib figure was kept as a picture: plotly did not convert it ({error})")
            self.data = ""
            self._instead = Image(figure, self.caption)

    def to_plotly_figure(self) -> Any:
        """Make plotly's figure of it."""
        import plotly.io  # type: ignore[import-not-found,import-untyped,unused-ignore]

        return plotly.io.from_json(self.data)

    def _payload(self) -> tuple[Any, ...]:
        return self._instead._payload() if self._instead else ("figure", self.data.encode(), self.caption)

    def __repr__(self) -> str:
        return f"<Figure {len(self.data)} bytes, {self.caption!r}>"


class Distribution(Trackable):
    """A histogram: made of samples, or given as weights (``hist``) over a range (``bin_range``)."""

    def __init__(
        self,
        samples: Any = None,
        bin_count: int = 64,
        *,
        hist: Any = None,
        bin_range: Optional[tuple[float, float]] = None,
    ) -> None:
        if (samples is None) == (hist is None):
            raise ValueError("make a Distribution: want either samples or hist")
        if hist is not None:
            if bin_range is None or len(bin_range) != 2:
                raise ValueError("make a Distribution: want bin_range=(low, high) with hist")
            self.weights = _floats(hist)
            self.low, self.high = float(bin_range[0]), float(bin_range[1])
        else:
            if not 1 <= bin_count <= _MOST_BINS:
                raise ValueError(f"make a Distribution: got bin_count {bin_count}, want 1 to {_MOST_BINS}")
            self.low, self.high, self.weights = _histogram(samples, bin_count, bin_range)
        if not 1 <= len(self.weights) <= _MOST_BINS:
            raise ValueError(f"make a Distribution: got {len(self.weights)} bins, want 1 to {_MOST_BINS}")

    @classmethod
    def from_samples(cls, samples: Any, bin_count: int = 64) -> Distribution:
        """Count samples."""
        return cls(samples, bin_count)

    @classmethod
    def from_histogram(cls, hist: Any, bin_range: tuple[float, float]) -> Distribution:
        """Take what was counted."""
        return cls(hist=hist, bin_range=bin_range)

    @property
    def bin_count(self) -> int:
        """How many bins it has."""
        return len(self.weights)

    @property
    def range(self) -> tuple[float, float]:
        """Lower edge of the first and upper edge of the last bin."""
        return (self.low, self.high)

    @property
    def ranges(self) -> list[float]:
        """The edges of all bins."""
        width = (self.high - self.low) / len(self.weights)
        return [self.low + index * width for index in range(len(self.weights))] + [self.high]

    def to_np_histogram(self) -> Any:
        """Weights and edges, as numpy's ``histogram`` answers."""
        import numpy

        return numpy.asarray(self.weights), numpy.asarray(self.ranges)

    def _payload(self) -> tuple[Any, ...]:
        return ("distribution", self.low, self.high, self.weights)

    def __repr__(self) -> str:
        return f"<Distribution of {self.bin_count} bins from {self.low} to {self.high}>"


def _floats(values: Any) -> list[float]:
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    if hasattr(values, "tolist"):
        values = values.tolist()
    flat: list[float] = []
    _flatten(values, flat)
    return flat


def _flatten(values: Union[Iterable[Any], float], flat: list[float]) -> None:
    if isinstance(values, (int, float)):
        flat.append(float(values))
        return
    for value in values:
        _flatten(value, flat)


def _histogram(samples: Any, n_bins: int, bounds: Optional[Sequence[float]]) -> tuple[float, float, list[float]]:
    if hasattr(samples, "detach"):
        samples = samples.detach().cpu().float().numpy()
    try:
        import numpy
    except ImportError:
        return _plain_histogram(_floats(samples), n_bins, bounds)
    array = numpy.asarray(samples, dtype=numpy.float64).ravel()
    array = array[numpy.isfinite(array)]
    if array.size == 0:
        raise ValueError("make a Distribution: got no finite sample")
    counts, edges = numpy.histogram(array, bins=n_bins, range=None if bounds is None else (bounds[0], bounds[1]))
    return float(edges[0]), float(edges[-1]), [float(count) for count in counts]


def _plain_histogram(
    samples: list[float], n_bins: int, bounds: Optional[Sequence[float]]
) -> tuple[float, float, list[float]]:
    finite = [one for one in samples if one - one == 0]
    if not finite:
        raise ValueError("make a Distribution: got no finite sample")
    low, high = (min(finite), max(finite)) if bounds is None else (float(bounds[0]), float(bounds[1]))
    if low == high:
        # As numpy does it.
        low, high = low - 0.5, high + 0.5
    counts = [0.0] * n_bins
    for one in finite:
        if low <= one <= high:
            counts[min(int((one - low) / (high - low) * n_bins), n_bins - 1)] += 1
    return low, high, counts
