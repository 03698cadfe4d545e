"""The files in which a tree and its contents are published (C2SP tlog-tiles v0.1.0, and ours).

============================  =====================================================  =============
path under a log's prefix     what                                                   built by
============================  =====================================================  =============
``tile/0/x001/234``           hashes of leaves 1234·256 … 1234·256 + 255, joined     ``grow``
``tile/1/000.p/17``           the first 17 roots of full level-0 tiles               ``grow``
``tile/entries/000.p/5``      u16 length + leaf, five times                          ``encode_bundle``
``content/000``               u32 length + blob for each leaf of a bundle            ``encode_content``
``blob/1840``                 one blob by leaf index                                 (the blob itself)
``keys/2``                    a key set, by version                                  (the signed note)
============================  =====================================================  =============

Every file has one spelling: a path is parsed by rendering it back. An index is written in groups of
three digits, all but the last with an ``x`` before them: 0 → ``000``, 1234067 → ``x001/x234/067``.
A tree of 70,000 leaves has 273 full tiles and one of width 112 at level 0, one full and one of
width 17 at level 1, and one of width 1 at level 2. Hash i of level L is the root of the 256^L
leaves from i·256^L. All numbers are big-endian.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .errors import MalformedError
from .merkle import HASH, joined_root

WIDTH = 256
"""Hashes of a full tile, and leaves of a full bundle."""

LEAF = 64
"""Bytes of one leaf of ours."""

ENTRY = 2 + LEAF
"""Bytes of one leaf of ours in a bundle, with its length."""

_INDEX = r"(?:x[0-9]{3}/){0,5}[0-9]{3}"
_NUMBER = r"(?:0|[1-9][0-9]{0,18})"
_TREE_PATH = re.compile(rf"tile/(entries|[0-9]{{1,2}})/({_INDEX})(?:\.p/([1-9][0-9]{{0,2}}))?", re.ASCII)
_CONTENT_PATH = re.compile(rf"content/({_INDEX})", re.ASCII)
_BLOB_PATH = re.compile(rf"blob/({_NUMBER})", re.ASCII)
_KEYS_PATH = re.compile(r"keys/([1-9][0-9]{0,2})", re.ASCII)

_MAX_LEVEL = 63
_INDEX_END = 10**18  # six groups of three digits
_LEAF_END = 1 << 63
_MAX_KEY_SETS = 256
_MAX_LEAF = 0xFFFF
_OUR_LENGTH = LEAF.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class TileId:
    """One file of hashes.

    Attributes:
        level: Tile level, 0 to 63.
        index: Position on its level, below 10^18.
        width: Number of hashes, 1 to 256; 256 is the full tile.
    """

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= _MAX_LEVEL:
            raise ValueError(f"no tile has level {self.level}")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """The path under the log's prefix."""
        return f"tile/{self.level}/{_spell(self.index)}{_suffix(self.width)}"


@dataclass(frozen=True, slots=True)
class BundleId:
    """One file of leaves.

    Attributes:
        index: Position; the bundle begins with leaf ``256 * index``.
        width: Number of leaves, 1 to 256; 256 is the full bundle.
    """

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """The path under the log's prefix."""
        return f"tile/entries/{_spell(self.index)}{_suffix(self.width)}"


def parse_path(path: str) -> TileId | BundleId:
    """Return what a ``tile/...`` path names.

    Raises:
        MalformedError: The path is not the one spelling of a tile or a bundle.
    """
    match = _TREE_PATH.fullmatch(path)
    if match is None:
        raise MalformedError("tile path", "not of the form tile/level/index[.p/width]")
    level, index, width = match[1], _read_index(match[2]), int(match[3] or WIDTH)
    try:
        found = BundleId(index, width) if level == "entries" else TileId(int(level), index, width)
    except ValueError as error:
        raise MalformedError("tile path", f"{path!r}: {error}") from None
    if found.path != path:
        raise MalformedError("tile path", f"{path!r} must be spelt {found.path!r}")
    return found


def content_path(bundle: int) -> str:
    """Return the path of a bundle's contents."""
    _check_place(bundle, WIDTH)
    return f"content/{_spell(bundle)}"


def parse_content_path(path: str) -> int:
    """Return the bundle that a ``content/...`` path names, or raise ``MalformedError``."""
    match = _CONTENT_PATH.fullmatch(path)
    if match is None or content_path(bundle := _read_index(match[1])) != path:
        raise MalformedError("content path", "not of the form content/index")
    return bundle


def blob_path(index: int) -> str:
    """Return the path of one blob, by leaf index."""
    if not 0 <= index < _LEAF_END:
        raise ValueError(f"no leaf has index {index}")
    return f"blob/{index}"


def parse_blob_path(path: str) -> int:
    """Return the leaf index that a ``blob/...`` path names, or raise ``MalformedError``."""
    match = _BLOB_PATH.fullmatch(path)
    if match is None or int(match[1]) >= _LEAF_END:
        raise MalformedError("blob path", "not of the form blob/index")
    return int(match[1])


def keys_path(version: int) -> str:
    """Return the path of a key set, by version."""
    if not 1 <= version <= _MAX_KEY_SETS:
        raise ValueError(f"no key set has version {version}")
    return f"keys/{version}"


def parse_keys_path(path: str) -> int:
    """Return the version that a ``keys/...`` path names, or raise ``MalformedError``."""
    match = _KEYS_PATH.fullmatch(path)
    if match is None or int(match[1]) > _MAX_KEY_SETS:
        raise MalformedError("keys path", "not of the form keys/version")
    return int(match[1])


def tiles_of(size: int) -> tuple[TileId, ...]:
    """Return the tiles of a tree, level by level, left to right.

    There is one for every 255 leaves: bound the size before asking.
    """
    found: list[TileId] = []
    level, hashes = 0, size
    while hashes:
        found += [TileId(level, index) for index in range(hashes // WIDTH)]
        if hashes % WIDTH:
            found.append(TileId(level, hashes // WIDTH, hashes % WIDTH))
        level, hashes = level + 1, hashes // WIDTH
    return tuple(found)


def bundles_of(size: int) -> tuple[BundleId, ...]:
    """Return the bundles of a tree, left to right; bound the size before asking."""
    full = tuple(BundleId(index) for index in range(size // WIDTH))
    return (*full, BundleId(size // WIDTH, size % WIDTH)) if size % WIDTH else full


def grow(size: int, tails: Mapping[int, bytes], leaf_hashes: Sequence[bytes]) -> dict[int, bytes]:
    """Return the joined hashes that each tile level gains when leaves are appended.

    Args:
        size: Tree size before.
        tails: The current partial tile of each level, joined hashes; missing where empty.
        leaf_hashes: Hashes of the new leaves.

    Raises:
        ValueError: A tail has not the width that ``size`` implies.
    """
    gained: dict[int, bytes] = {}
    level, new = 0, b"".join(leaf_hashes)
    while new:
        gained[level] = new
        tail = tails.get(level, b"")
        if len(tail) != (size >> 8 * level) % WIDTH * HASH:
            raise ValueError(f"the tail of level {level} has {len(tail)} bytes at size {size}")
        tile, step = tail + new, WIDTH * HASH
        new = b"".join(joined_root(tile[end - step : end]) for end in range(step, len(tile) + 1, step))
        level += 1
    return gained


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """Return the bundle of up to 256 leaves, each at most 65,535 bytes long."""
    if len(leaves) > WIDTH or any(len(leaf) > _MAX_LEAF for leaf in leaves):
        raise ValueError("a bundle holds at most 256 leaves of at most 65,535 bytes")
    return b"".join([len(leaf).to_bytes(2, "big") + leaf for leaf in leaves])


def split_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the ``width`` leaves of a bundle, of any lengths.

    Raises:
        MalformedError: The bytes are not exactly ``width`` leaves with their lengths.
    """
    if len(data) == ENTRY * width and data[::ENTRY] + data[1::ENTRY] == bytes(width) + b"\x40" * width:
        # All leaves are ours: the usual case, ten times as fast.
        return tuple([data[at : at + LEAF] for at in range(2, len(data), ENTRY)])
    leaves: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data):
            raise MalformedError("bundle", f"{len(data)} bytes end within leaf {len(leaves)} of {width}")
        leaves.append(data[start:at])
    if at != len(data):
        raise MalformedError("bundle", f"{len(data) - at} bytes follow its {width} leaves")
    return tuple(leaves)


def encode_content(blobs: Sequence[bytes | None]) -> bytes:
    """Return the contents of a bundle: one item for each leaf, ``None`` where none is current."""
    return b"".join([len(blob).to_bytes(4, "big") + blob if blob else bytes(4) for blob in blobs])


def split_content(data: bytes, lengths: Sequence[int], upto: int) -> tuple[bytes | None, ...]:
    """Return the contents of the first ``upto`` leaves of a bundle.

    What follows them is ignored: the publisher may be ahead of the reader.

    Args:
        data: The file.
        lengths: The blob length that each leaf of the bundle names, at least ``upto`` of them.
        upto: Number of leaves within the reader's verified size.

    Raises:
        MalformedError: The bytes end early, or a length is neither 0 nor the leaf's own.
        ValueError: Fewer than ``upto`` lengths were given.
    """
    if len(lengths) < upto:
        raise ValueError(f"{len(lengths)} lengths are too few for {upto} leaves")
    blobs = tuple([blob or None for blob in each_content((data,), lengths[:upto])])
    if len(blobs) < upto:
        raise MalformedError("content", f"{len(data)} bytes end within item {len(blobs)} of {upto}")
    return blobs


def each_content(portions: Iterable[bytes], lengths: Sequence[int]) -> Iterator[bytes]:
    """Yield the contents of the leaves of a bundle one after the other, empty where none is current.

    Ends where the bytes end, be it within an item, or with the last leaf.

    Args:
        portions: The file, cut anywhere; only as many are taken as the next item needs.
        lengths: The blob length that each leaf of the bundle names.

    Raises:
        MalformedError: A length is neither 0 nor the leaf's own.
    """
    data, at, following = b"", 0, iter(portions)
    for item, length in enumerate(lengths):
        start = at + 4
        while len(data) < start:
            portion = next(following, None)
            if portion is None:
                return
            data, at, start = data[at:] + portion, 0, 4
        found = int.from_bytes(data[at:start], "big")
        if found not in (0, length):
            raise MalformedError("content", f"item {item} has {found} bytes, its leaf says {length}")
        while len(data) < start + found:
            portion = next(following, None)
            if portion is None:
                return
            data, start = data[start:] + portion, 0
        at = start + found
        yield data[start:at]


def _check_place(index: int, width: int) -> None:
    if not 0 <= index < _INDEX_END:
        raise ValueError(f"no file has index {index}")
    if not 1 <= width <= WIDTH:
        raise ValueError(f"no file has width {width}")


def _spell(index: int) -> str:
    text = f"{index % 1000:03d}"
    while index := index // 1000:
        text = f"x{index % 1000:03d}/{text}"
    return text


def _read_index(text: str) -> int:
    return int(text.replace("x", "").replace("/", ""))


def _suffix(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
