"""What a simulated node serves: the files of the logs that it carries, and its feed."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping

from federation.response import OK, PARTIAL, UNCHANGED, Response
from protocol.errors import MalformedError
from protocol.feed import Feed, FeedItem
from protocol.merkle import HASH
from protocol.tiles import (
    LEAF,
    WIDTH,
    BundleId,
    encode_bundle,
    encode_content,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
)

from .disk import Disk
from .splits import Splits

_ABSENT = Response(404)


def serve_file(disk: Disk, path: str, headers: Mapping[str, str], *, is_packed: bool) -> Response:
    """Return the answer to a GET of a log's file."""
    try:
        body = _file(disk, path)
    except MalformedError:
        return Response(400)
    if body is None:
        return _ABSENT
    if path == "checkpoint":
        return conditional(body, headers)
    if "Range" in headers:
        start = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
        found = {"content-range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        return Response(PARTIAL, found, body[start:])
    return Response(OK, {}, body, gzip.compress(body, 1, mtime=0) if is_packed else None)


def conditional(body: bytes, headers: Mapping[str, str]) -> Response:
    """Return a body with an ETag, or that it has not changed."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    if headers.get("If-None-Match") == etag:
        return Response(UNCHANGED, {"etag": etag})
    return Response(OK, {"etag": etag}, body)


class FeedFile:
    """The feed of one node, ``/checkpoints``; a cursor counts changes since the node was started."""

    def __init__(self, life: str) -> None:
        self._life = life
        self._count = 0
        self._changed: dict[str, tuple[int, FeedItem]] = {}

    def serve(
        self, disks: Mapping[str, Disk], splits: Splits, since: str, headers: Mapping[str, str]
    ) -> Response:
        """Return the feed of all logs, or of those that changed since a cursor."""
        for origin, disk in disks.items():
            _, known = self._changed.get(origin, (0, None))
            item = FeedItem(disk.note, len(disk.chain.sets), splits.named(origin)) if disk.note else None
            if item is not None and item != known:
                self._count += 1
                self._changed[origin] = self._count, item
        life, _, count = since.rpartition("-")
        begin = int(count) if life == self._life and count.isdecimal() else 0
        items = [item for when, item in self._changed.values() if when > begin]
        feed = Feed.of(f"{self._life}-{self._count}", items, full=not begin)
        return conditional(feed.render(), headers)


def _file(disk: Disk, path: str) -> bytes | None:
    kind = path.partition("/")[0]
    if kind == "checkpoint":
        return disk.note or None
    if kind == "keys":
        return dict(enumerate(disk.chain.notes, 1)).get(parse_keys_path(path))
    if kind == "blob":
        return disk.kept_blob(parse_blob_path(path))
    if kind == "content":
        return _content(disk, parse_content_path(path))
    return _tree_file(disk, path)


def _tree_file(disk: Disk, path: str) -> bytes | None:
    item = parse_path(path)
    start = item.index * WIDTH
    if isinstance(item, BundleId):
        leaves = disk.read_leaves(start, min(start + item.width, disk.size))
        if len(leaves) != item.width * LEAF:
            return None
        return encode_bundle([leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF)])
    end = min(start + item.width, disk.size >> 8 * item.level)
    hashes = disk.read_hashes(item.level, start, max(0, end - start))
    return hashes if len(hashes) == item.width * HASH else None


def _content(disk: Disk, bundle: int) -> bytes | None:
    start, end = bundle * WIDTH, min(bundle * WIDTH + WIDTH, disk.size)
    if start >= end:
        return None
    current = disk.current()
    return encode_content([disk.kept_blob(i) if i in current else None for i in range(start, end)])
