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
# What a repository has before its mark.
_FIRST = ("runs", "blobs")


def folder_of(repo: RepoLike) -> str:
    """Say the folder of a repository; nothing is made.

    ``None`` means ``TRAILMARK_REPO``, else the nearest ``.trailmark`` upward, else ``.trailmark`` here. A folder that
    is there, holds something and is no repository means the ``.trailmark`` in it, so that ``repo="."`` litters nothing.
    """
    given = _given(repo)
    if given is None:
        return _nearest(os.getcwd())
    if repo is None or not isinstance(repo, (str, os.PathLike)):
        return given
    path = os.path.abspath(os.path.expanduser(given))
    inner = os.path.join(path, _FOLDER)
    if os.path.exists(os.path.join(path, _MARK)):
        return path
    if os.path.exists(os.path.join(inner, _MARK)):
        return inner
    return inner if os.path.isdir(path) and not _is_begun(os.listdir(path)) else path


def source_of(repo: RepoLike) -> str:
    """Say where a repository is read: its folder, or its server's address."""
    given = _given(repo)
    return _server_of(given) if given is not None and "://" in given else folder_of(repo)


def place_of(repo: RepoLike) -> tuple[str, Optional[str]]:
    """Say where a run is written: a folder; for a server the folder in which it waits, and the server's address."""
    source = source_of(repo)
    return (os.fspath(_native.spool_of(source)), source) if "://" in source else (source, None)


def shown(place: str) -> str:
    """Say a folder or an address without the token that it may end in."""
    before, _, last = place.rpartition("/")
    return before if "://" in place and last.startswith("trailmark_") else place


def _given(repo: RepoLike) -> Optional[str]:
    if repo is None:
        return os.environ.get("TRAILMARK_REPO") or None
    if isinstance(repo, (str, os.PathLike)):
        return os.fspath(repo)
    return repo.path


def _server_of(address: str) -> str:
    """``aim://host:port`` means ``http://host:port``, so that a script need not change."""
    scheme, _, rest = address.partition("://")
    if scheme not in ("http", "https", "aim"):
        raise _native.RemoteError(f"open {address!r}: want a folder, http://, https:// or aim://")
    return f"http://{rest}" if scheme == "aim" else address


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


def _is_begun(names: list[str]) -> bool:
    """Whether a folder holds nothing but what a repository consists of that another process or thread makes."""
    return _MARK in names or all(name in _FIRST or name.startswith(_MARK) for name in names)
