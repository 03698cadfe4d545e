"""Every log as plain files: own ones under their own path, all of them under ``/mirror/``.

::

    /log/lyon/1/checkpoint                         a log of this address, at its origin's path
    /mirror/<hex SHA-256(origin)>/checkpoint       any carried log, own ones too

Behind the prefix both are the same code, and every file has one spelling; whatever is
spelt otherwise (percent signs, double slashes, leading zeros, a query) is not there.

A partial tile or bundle is served for every width up to the committed size: leaves are
only ever appended, so each of them is a prefix that some checkpoint implied, and those
who poll at different moments may still ask for an older one. Wider ones do not exist.

Reads of the tree are one ``pread`` from the page cache and stay on the event loop; those
that unpack a bundle's blobs leave it.
"""

import asyncio
import contextlib
import hashlib
import re
import sqlite3
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from node import observe
from node.errors import DamagedError, NodeError, TakenDownError
from node.home import Home
from node.store.gzipped import Effort, compress, unpack
from node.store.logs import LogRow, Logs
from node.store.logstore import LogStore
from node.store.moderated import moderation_of
from protocol.errors import MalformedError
from protocol.merkle import HASH
from protocol.tiles import (
    ENTRY,
    WIDTH,
    BundleId,
    TileId,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
)

from .caching import (
    IMMUTABLE,
    NEVER,
    SHORT,
    Memory,
    UnsatisfiableError,
    accepts_gzip,
    byte_range,
    is_current,
)
from .problems import HttpProblemError

NOTE_TYPE: Final = "text/plain; charset=utf-8"
BYTES_TYPE: Final = "application/octet-stream"

_MIRROR: Final = re.compile(r"/mirror/([0-9a-f]{64})/(.+)", re.ASCII)
_OWN: Final = re.compile(r"((?:/[a-z0-9-]+)*/log/[a-z0-9-]+/[0-9]+)/(.+)", re.ASCII)
_NO_FILE: Final = "no such file of this log"
_WORTH_PACKING: Final = 256  # bytes; below, the header costs what the coding saves


@dataclass(frozen=True, slots=True)
class _Log:
    row: LogRow
    logs: Logs

    @property
    def store(self) -> LogStore:
        # Opened by those who read files; most requests are polls, which the row answers.
        return self.logs.store(self.row.origin)


class LogFiles:
    """Answers every path that no other route took.

    Args:
        home: The node.
        base: Path of the node's address, without a slash at its end; usually empty.
        memory: Full tiles and bundles asked for lately.
    """

    def __init__(self, home: Home, base: str, memory: Memory) -> None:
        self._home = home
        self._base = base
        self._memory = memory
        self._damaged: set[str] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one GET or HEAD.

        Raises:
            HttpProblemError: There is nothing to answer with.
        """
        path, query, _ = request.raw_path.partition("?")
        log, file = self._locate(path, request.headers.get("Host", ""))
        if log is None or query:
            raise HttpProblemError(404, "nothing is served at this path")
        if file == "checkpoint":
            return _checkpoint(request, log)
        try:
            return await self._answer(request, log, file)
        except DamagedError as error:
            await self._report(log, file, error)
            # Nobody takes us for unreachable: this one file is to be had from somebody else.
            raise HttpProblemError(404, "it is damaged here; take it from another source") from None

    async def _answer(self, request: web.Request, log: _Log, file: str) -> web.Response:
        kind = file.partition("/")[0]
        try:
            if kind == "tile":
                return self._tree_file(request, log, parse_path(file))
            if kind == "content":
                return await _content(request, log, parse_content_path(file))
            if kind == "blob":
                return await _blob(request, log, parse_blob_path(file))
            if kind == "keys":
                return _keys(log, parse_keys_path(file))
        except MalformedError as error:
            raise HttpProblemError(404, str(error)) from None
        raise HttpProblemError(404, _NO_FILE)

    def _locate(self, path: str, host: str) -> tuple[_Log | None, str]:
        """Return the log that a path lies in, and the rest of the path."""
        logs = self._home.logs
        mirrored = _MIRROR.fullmatch(path.removeprefix(self._base)) if path.startswith(self._base) else None
        if mirrored:
            row = logs.by_hash(mirrored[1])
            return (None if row is None else _Log(row, logs)), mirrored[2]
        own = _OWN.fullmatch(path)
        if own is None:
            return None, ""
        # Usually the request's own host; behind a proxy, or asked by address, any own log of that path.
        here = f"{self._home.config.url.netloc}/"
        asked = logs.get(f"{host}{own[1]}") if host.isascii() else None
        if asked is not None and (asked.own or asked.origin.startswith(here)):
            return _Log(asked, logs), own[2]
        # One that moved away is served on: its followers learn here where it went.
        same = [
            row
            for row in logs.all()
            if (row.own or row.origin.startswith(here)) and row.origin.partition("/")[2] == own[1][1:]
        ]
        return (_Log(same[0], logs) if len(same) == 1 else None), own[2]

    def _tree_file(self, request: web.Request, log: _Log, file: TileId | BundleId) -> web.Response:
        level = file.level if isinstance(file, TileId) else 0
        item = HASH if isinstance(file, TileId) else ENTRY
        start = file.index * WIDTH
        if start + file.width > log.row.size >> 8 * level:
            raise HttpProblemError(404, "the log has not grown that far")
        if isinstance(file, TileId):
            return _bytes(self._remembered(log, file, start))
        length = file.width * item
        try:
            wanted = _range(request, length)
        except UnsatisfiableError:
            beyond = {"Content-Range": f"bytes */{length}"}
            raise HttpProblemError(416, "the range lies beyond the end", beyond) from None
        if wanted is None:
            return self._bundle(request, log, file, start)
        first, end = wanted
        # Read only the leaves that the range touches: a follower's tail is one or two of them.
        low = first // ENTRY
        entries = log.store.read_entries(start + low, start + -(-end // ENTRY))
        part = entries[first - low * ENTRY : end - low * ENTRY]
        _check_length(log, file, part, end - first)
        response = _varied(_bytes(part))
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{length}"
        return response

    def _bundle(self, request: web.Request, log: _Log, file: BundleId, start: int) -> web.Response:
        """Answer with a bundle, a sixth smaller for whoever takes gzip: half of a leaf is not random."""
        if file.width * ENTRY < _WORTH_PACKING or not accepts_gzip(request.headers.get("Accept-Encoding")):
            return _varied(_bytes(self._remembered(log, file, start)))
        response = _varied(_bytes(self._remembered(log, file, start, is_packed=True)))
        response.headers["Content-Encoding"] = "gzip"
        return response

    def _remembered(
        self, log: _Log, file: TileId | BundleId, start: int, *, is_packed: bool = False
    ) -> bytes:
        """Return a file of the tree as it is sent."""
        key = f"{log.row.hash}/{file.path}{'.gz' if is_packed else ''}"
        if file.width == WIDTH and (body := self._memory.get(key)) is not None:
            return body
        body = _read(log, file, start)
        if is_packed:
            body = compress(body, Effort.SOME)
        if file.width == WIDTH:
            self._memory.put(key, body)
        return body

    async def _report(self, log: _Log, file: str, error: DamagedError) -> None:
        """Say once that a file is damaged, and have what others hold too fetched again."""
        place = f"{log.row.hash}/{file}"
        if place not in self._damaged:
            self._damaged.add(place)
            say = observe.log().error if log.row.own else observe.log().warning
            say("a stored file is damaged", origin=log.row.origin, file=file, reason=str(error))
        if not log.row.own and file.startswith(("content/", "blob/")):
            bundle = (
                parse_content_path(file) if file.startswith("content/") else parse_blob_path(file) // WIDTH
            )
            # A full disk, or a busy database, changes nothing about the answer.
            with contextlib.suppress(NodeError, OSError, sqlite3.Error):
                if await asyncio.to_thread(log.store.give_up_content, bundle):
                    self._damaged.discard(place)


def _read(log: _Log, file: TileId | BundleId, start: int) -> bytes:
    if isinstance(file, TileId):
        body = log.store.read_hashes(file.level, start, file.width)
    else:
        body = log.store.read_entries(start, start + file.width)
    _check_length(log, file, body, file.width * (HASH if isinstance(file, TileId) else ENTRY))
    return body


def _check_length(log: _Log, file: TileId | BundleId, body: bytes, length: int) -> None:
    """Never call a part of a file immutable."""
    if len(body) != length:
        reason = f"{file.path} has {len(body)} of {length} bytes"
        raise DamagedError(f"tree of {log.row.origin}", reason)


def _checkpoint(request: web.Request, log: _Log) -> web.Response:
    note = log.row.note
    if not note:
        raise HttpProblemError(404, "this log has no checkpoint yet")
    return _validated(request, note, _tag(note), NOTE_TYPE, NEVER)


def _keys(log: _Log, version: int) -> web.Response:
    if version > len(log.row.key_notes):
        raise HttpProblemError(404, _NO_FILE)
    return web.Response(
        body=log.row.key_notes[version - 1],
        headers={"Content-Type": NOTE_TYPE, "Cache-Control": IMMUTABLE},
    )


async def _content(request: web.Request, log: _Log, bundle: int) -> web.Response:
    if bundle * WIDTH >= log.row.size:
        raise HttpProblemError(404, "the log has not grown that far")
    packed = await asyncio.to_thread(log.store.served_content, bundle, log.row.size)
    if accepts_gzip(request.headers.get("Accept-Encoding")):
        return _varied(_validated(request, packed, _tag(packed), BYTES_TYPE, SHORT, coding="gzip"))
    try:
        body = await asyncio.to_thread(unpack, packed)
    except MalformedError as error:
        raise DamagedError(f"content of bundle {bundle} of {log.row.origin}", error.reason) from error
    return _varied(_validated(request, body, _tag(body), BYTES_TYPE, SHORT))


async def _blob(request: web.Request, log: _Log, index: int) -> web.Response:
    if index >= log.row.size:
        raise HttpProblemError(404, "the log has not grown that far")
    if log.store.is_erased(index):
        raise HttpProblemError(410, "its publisher erased it")
    if log.store.is_taken_down(index):
        raise TakenDownError(f"blob {index} of {log.row.origin}", _reason(log, index))
    blob = await asyncio.to_thread(log.store.kept_blob, index)
    if blob is None:
        raise HttpProblemError(404, "its content is not kept here")
    if len(blob) >= _WORTH_PACKING and accepts_gzip(request.headers.get("Accept-Encoding")):
        packed = await asyncio.to_thread(compress, blob)
        return _varied(_validated(request, packed, _tag(packed), BYTES_TYPE, SHORT, coding="gzip"))
    return _varied(_validated(request, blob, _tag(blob), BYTES_TYPE, SHORT))


def _reason(log: _Log, index: int) -> str:
    decided = moderation_of(log.store.database.connection, log.row.id, log.store.leaf(index).id)
    return "" if decided is None else decided.reason


def _validated(
    request: web.Request, body: bytes, etag: str, content_type: str, cache: str, *, coding: str = ""
) -> web.Response:
    """Return a body, or 304 when the client holds it already."""
    headers = {"ETag": etag, "Cache-Control": cache}
    if is_current(request.headers.get("If-None-Match"), etag):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = content_type
    if coding:
        headers["Content-Encoding"] = coding
    return web.Response(body=body, headers=headers)


def _varied(response: web.Response) -> web.Response:
    response.headers["Vary"] = "Accept-Encoding"
    return response


def _bytes(body: bytes) -> web.Response:
    return web.Response(body=body, headers={"Content-Type": BYTES_TYPE, "Cache-Control": IMMUTABLE})


def _range(request: web.Request, length: int) -> tuple[int, int] | None:
    # Ranges are for GET, and If-Range would need a validator that these files do not have.
    if request.method != "GET" or "If-Range" in request.headers:
        return None
    return byte_range(request.headers.get("Range"), length)


def _tag(body: bytes) -> str:
    """Return a strong entity tag: 96 bits of the body's hash, since every byte of a poll counts."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'
