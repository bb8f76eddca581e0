"""Files of a run."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Optional
from urllib.parse import unquote, urlparse

from trailmark import _native, report

if TYPE_CHECKING:
    from trailmark.run import Run


class Artifact:
    """A file of a run: kept in the repository, or left elsewhere."""

    def __init__(self, reader: _native.Reader, name: str, kept: Optional[str], n_bytes: int, uri: str) -> None:
        self._reader = reader
        self._kept = kept
        self.name = name
        self.path = name
        self.n_bytes = n_bytes
        self.uri = uri

    def read(self) -> bytes:
        """All its bytes."""
        if self._kept is not None:
            return self._reader.blob(self._kept)
        with open(_local(self.uri), "rb") as file:
            return file.read()

    def download(self, dest_dir: Optional[str] = None) -> str:
        """Write it into a folder (or one for temporary files); say where."""
        if dest_dir is None:
            import tempfile

            dest_dir = tempfile.mkdtemp(prefix="trailmark-")
        # Its name may hold folders, but none above the one that was given.
        parts = [part for part in self.name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        path = os.path.join(dest_dir, *parts)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(self.read())
        return path

    def __repr__(self) -> str:
        return f"<Artifact {self.name!r}, {self.n_bytes} bytes>"


def files_of(folder: str, name: Optional[str]) -> list[tuple[str, str]]:
    """The files below a folder, each with the name that it gets."""
    below = os.path.basename(os.path.abspath(folder)) if name is None else name
    found = []
    for parent, _, files in os.walk(folder):
        for file in files:
            path = os.path.join(parent, file)
            inner = os.path.relpath(path, folder).replace(os.sep, "/")
            found.append((path, f"{below}/{inner}" if below else inner))
    if not os.path.isdir(folder):
        report.failed("no artifact was kept", NotADirectoryError(folder))
    return sorted(found)


def keep(run: Run, files: list[tuple[str, str]], block: bool) -> None:
    """Keep files with a run, in the background unless ``block``."""
    try:
        run._need_writer()
    except Exception as error:
        return report.failed("no artifact was kept", error)
    if block:
        return _keep(run, files)
    run._work = [thread for thread in run._work if thread.is_alive()]
    # Not a daemon: the interpreter waits for it.
    thread = threading.Thread(target=_keep, args=(run, files), name="trailmark-artifacts")
    run._work.append(thread)
    thread.start()


def _keep(run: Run, files: list[tuple[str, str]]) -> None:
    for path, name in files:
        try:
            if run.artifacts_uri is None:
                run._keep_file(path, name)
            else:
                run._name_file(name, _leave(path, name, run.artifacts_uri))
        except Exception as error:
            report.failed(f"artifact {name!r} was not kept", error)


def _leave(path: str, name: str, uri: str) -> str:
    import shutil

    target = os.path.join(_local(uri), name)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(path, target)
    return f"{uri}/{name}"


def _local(uri: str) -> str:
    return unquote(urlparse(uri).path)
