"""Objects as they are read back: their bytes are opened when they are asked for."""

from __future__ import annotations

from typing import Any, Optional

from trailmark import _native
from trailmark.objects import Audio, Distribution, Figure, Image, Text


class LogLine(Text):
    """A line that the program printed."""

    is_stderr: bool = False


class LogRecord:
    """A message with its severity."""

    def __init__(self, level: int, message: str, extra: dict[str, Any], origin: Optional[tuple[str, int]]) -> None:
        self.level = level
        self.message = message
        self.extra = extra
        self.origin = origin

    def __repr__(self) -> str:
        return f"<LogRecord {self.level} {self.message!r}>"


class _Kept:
    _reader: _native.Reader
    _id: str

    def _bytes(self) -> bytes:
        return self._reader.blob(self._id)


class StoredImage(_Kept, Image):
    """A picture of a repository."""

    def __init__(self, reader: _native.Reader, told: tuple[Any, ...]) -> None:
        self._reader = reader
        _, self._id, self.format, self.width, self.height, self.caption = told

    @property
    def data(self) -> bytes:  # type: ignore[override]
        """Its file's bytes."""
        return self._bytes()


class StoredAudio(_Kept, Audio):
    """A sound of a repository."""

    def __init__(self, reader: _native.Reader, told: tuple[Any, ...]) -> None:
        self._reader = reader
        _, self._id, self.format, self.caption = told
        self.rate = None

    @property
    def data(self) -> bytes:  # type: ignore[override]
        """Its file's bytes."""
        return self._bytes()


class StoredFigure(_Kept, Figure):
    """A figure of a repository."""

    def __init__(self, reader: _native.Reader, told: tuple[Any, ...]) -> None:
        self._reader = reader
        self._instead = None
        _, self._id, self.caption = told

    @property
    def data(self) -> str:  # type: ignore[override]
        """Its JSON."""
        return self._bytes().decode()


def object_of(reader: _native.Reader, told: Any) -> Any:
    """The object that a tuple of the native half describes; of a list, all of them."""
    if isinstance(told, list):
        return [object_of(reader, one) for one in told]
    word = told[0]
    if word == "text":
        return Text(told[1])
    if word == "log":
        line = LogLine(told[1])
        line.is_stderr = told[2]
        return line
    if word == "record":
        return LogRecord(told[1], told[2], told[3], told[4])
    if word == "image":
        return StoredImage(reader, told)
    if word == "audio":
        return StoredAudio(reader, told)
    if word == "figure":
        return StoredFigure(reader, told)
    if word == "distribution":
        return Distribution(hist=told[3], bin_range=(told[1], told[2]))
    if word in ("int", "float"):
        return told[1]
    return told
