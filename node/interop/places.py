"""The documents behind what a person named: files, folders and URLs.

A folder stands for every file below it with one of the suffixes asked for, in the order of their paths;
folders whose name starts with a dot (``.git``) are left out. The place of a document does
not depend on where the command runs: the path below the named folder, the bare name of a
named file, or the URL. A document that cannot be had is one rejection, the others go on.
"""

from __future__ import annotations

import asyncio
import os
import stat
import unicodedata
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Final

from federation.faults import FaultError
from federation.response import OK, Fetch
from protocol.packing import text_fault

from .record import Document

SUFFIXES: Final = (".yml", ".yaml")
JSON_SUFFIXES: Final = (".json",)
# Enough to see how a file begins.
_BEGINNING: Final = 64
_SCHEMES: Final = ("http://", "https://")


async def documents(
    places: Sequence[str],
    *,
    max_bytes: int,
    fetch: Fetch | None = None,
    suffixes: tuple[str, ...] = SUFFIXES,
) -> AsyncIterator[Document]:
    """Yield each document behind the named places, read up to ``max_bytes``.

    Args:
        places: Paths of files and folders, and http(s) URLs.
        max_bytes: A longer document is a rejection, and is not read.
        fetch: How to get URLs; without it a URL is a rejection.
        suffixes: What the names of files in folders end with, in lower case.
    """
    for place in places:
        if place.startswith(_SCHEMES):
            yield await _download(place, max_bytes, fetch)
            continue
        for path, name in await asyncio.to_thread(_found, Path(place), suffixes):
            # Who names a pipe means it; one that lies in a folder would keep all others waiting.
            may_wait = path == Path(place)
            yield await asyncio.to_thread(_read, path, name, max_bytes, suffixes, may_wait=may_wait)


def _found(path: Path, suffixes: tuple[str, ...]) -> list[tuple[Path, str]]:
    """Return the files that a path stands for, with the place of each."""
    # Unlike Path.is_dir, this takes a name that no file can have for one that is not there.
    if not os.path.isdir(path):  # noqa: PTH112
        return [(path, _name(path))]
    files = [(file, file.relative_to(path).as_posix()) for file in _files_below(path, suffixes)]
    # An empty folder is worth a line: more often a slip than a wish.
    return files or [(path, _name(path))]


def _files_below(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            file = Path(parent, name)
            if name.lower().endswith(suffixes) or (suffixes == JSON_SUFFIXES and _is_bare_json(file)):
                yield file


def _is_bare_json(file: Path) -> bool:
    """Tell a JSON object by its beginning where the name tells nothing: long names get cut."""
    if "." in file.name or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            return stream.read(_BEGINNING).lstrip().startswith(b"{")
    except OSError:
        return False


def _name(path: Path) -> str:
    return path.name or path.resolve().name or "."


def _read(path: Path, place: str, max_bytes: int, suffixes: tuple[str, ...], *, may_wait: bool) -> Document:
    place = unicodedata.normalize("NFC", place)
    if fault := text_fault(place, prose=False):
        shown = ascii(place)[1:-1]
        return Document(shown, shown, rejection=f"the file name cannot be published: {fault}; rename it")
    full = Path(os.path.realpath(path)).as_posix()
    try:
        if not may_wait and not stat.S_ISREG(path.stat().st_mode):
            return Document(place, full, rejection="it is no regular file; remove it from the folder")
        with path.open("rb") as stream:
            data = stream.read(max_bytes + 1)
            size = os.fstat(stream.fileno()).st_size
    except IsADirectoryError:
        wanted = " or ".join(suffixes)
        return Document(place, full, rejection=f"no {wanted} file is below this folder; check the path")
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        return Document(place, full, rejection=f"{reason}; check the path")
    if len(data) > max_bytes:
        return Document(place, full, rejection=_too_long(f"{size:,}", max_bytes))
    return Document(place, full, data)


async def _download(url: str, max_bytes: int, fetch: Fetch | None) -> Document:
    if fetch is None:
        return Document(url, url, rejection="URLs cannot be fetched here; save it as a file first")
    try:
        response = await fetch.get(url, limit=max_bytes)
    except FaultError as error:
        return Document(url, url, rejection=f"{error}; check the address")
    if response.status != OK:
        return Document(url, url, rejection=f"the server answered {response.status}; check the address")
    return Document(url, url, response.body)


def _too_long(size: str, max_bytes: int) -> str:
    return f"the file has {size} bytes, more than {max_bytes:,}; shorten it"
