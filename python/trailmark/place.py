"""Which repository a path, an address, a ``Repo`` or nothing means."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional, Union

from trailmark import _native

if TYPE_CHECKING:
    from trailmark.repo import Repo

RepoLike = Union[str, "os.PathLike[str]", "Repo", None]
_MARK = "trailmark.toml"
_FOLDER = ".trailmark"


def folder_of(repo: RepoLike) -> str:
    """Say the folder of a repository; nothing is made.

    ``None`` means ``TRAILMARK_REPO``, else the nearest ``.trailmark`` upward, else ``.trailmark`` here. A folder that
    is there, holds something and is no repository means the ``.trailmark`` in it, so that ``repo="."`` litters nothing.
    """
    if repo is None:
        return os.environ.get("TRAILMARK_REPO") or _nearest(os.getcwd())
    own = getattr(repo, "path", None)
    if isinstance(own, str) and not isinstance(repo, (str, os.PathLike)):
        return own
    path = os.fspath(repo)  # type: ignore[arg-type]
    if "://" in path:
        raise _native.RemoteError(
            f"read {path!r}: a server is recorded to; read its runs where it runs, or in its pages"
        )
    path = os.path.abspath(os.path.expanduser(path))
    inner = os.path.join(path, _FOLDER)
    if os.path.exists(os.path.join(path, _MARK)):
        return path
    if os.path.exists(os.path.join(inner, _MARK)):
        return inner
    return inner if os.path.isdir(path) and os.listdir(path) else path


def place_of(repo: RepoLike) -> tuple[str, Optional[str]]:
    """Say where a run is written: a folder; for a server the folder in which it waits, and the server's address.

    ``aim://host:port`` means ``http://host:port``, so that a script need not change.
    """
    given = os.environ.get("TRAILMARK_REPO") if repo is None else repo
    if not isinstance(given, str) or "://" not in given:
        return (folder_of(repo), None)
    scheme, _, rest = given.partition("://")
    if scheme not in ("http", "https", "aim"):
        raise _native.RemoteError(f"record to {given!r}: want a folder, http://, https:// or aim://")
    url = f"http://{rest}" if scheme == "aim" else given
    return (_native.spool_of(url), url)


def _nearest(folder: str) -> str:
    start = folder
    while True:
        path = os.path.join(folder, _FOLDER)
        if os.path.isdir(path):
            return path
        above = os.path.dirname(folder)
        if above == folder:
            return os.path.join(start, _FOLDER)
        folder = above
