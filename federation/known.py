"""What is held of one tree, read back and checked before anything is built on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final

from protocol.errors import InconsistentError, MalformedError
from protocol.merkle import (
    Edge,
    edge_from_tiles,
    fork_proof,
    leaf_hashes,
    node_from_tiles,
    roots_from_fork_proof,
)
from protocol.tiles import LEAF

from .ports import Held, Mirror

_BITS = 8
_LENGTH: Final = Struct(">4xI56x")  # of a leaf, as ``protocol.leaf`` lays it out


@dataclass(frozen=True, slots=True)
class Known:
    """What is held of a tree, as far as growing it needs.

    Attributes:
        edge: The right edge; its size is the held size.
        tails: Level → joined hashes of its partial tile; one for each level that has hashes.
        leaves: Leaves of the partial bundle, joined.
    """

    edge: Edge
    tails: Mapping[int, bytes]
    leaves: bytes


def read_known(mirror: Mirror, held: Held) -> Known:
    """Return what a follower must know of the held tree.

    Raises:
        InconsistentError: The stored tree does not have the stored root: our own disk is at fault.
    """
    size = held.size
    levels = range(-(-size.bit_length() // _BITS))
    tails = {
        level: mirror.read_hashes(level, size >> _BITS * level & ~0xFF, size >> _BITS * level & 0xFF)
        for level in levels
    }
    leaves = mirror.read_leaves(size & ~0xFF, size)
    try:
        edge = edge_from_tiles(size, lambda level, _start, _count: tails[level])
    except MalformedError as error:
        raise InconsistentError("store", str(error)) from error
    if (size and edge.root != held.root) or not is_hashed(leaves, tails.get(0, b"")):
        raise InconsistentError("store", f"the stored tree does not have its root of size {size}")
    return Known(edge, tails, leaves)


def root_at(mirror: Mirror, size: int) -> bytes:
    """Return the root that the held tree had at a size, at most the held one.

    Raises:
        InconsistentError: The stored tree is damaged: our own disk is at fault.
    """
    try:
        return edge_from_tiles(size, mirror.read_hashes).root
    except MalformedError as error:
        raise InconsistentError("store", str(error)) from error


def was_root(mirror: Mirror, held: Held, size: int, root: bytes) -> bool:
    """Report whether the held tree had a root at a size, at most the held one.

    Raises:
        InconsistentError: The stored tree is damaged: our own disk is at fault, and nobody else.
    """
    found = held.root if size == held.size else root_at(mirror, size)
    if found == root or not 0 < size < held.size:
        return found == root
    # Before somebody is accused: what it was compared with must lead to the root that is held.
    try:
        proof = fork_proof(size, held.size, node_from_tiles(mirror.read_hashes))
    except MalformedError as error:
        raise InconsistentError("store", str(error)) from error
    if roots_from_fork_proof(size, held.size, proof) != (found, held.root):
        raise InconsistentError("store", f"the stored tree does not have its root of size {held.size}")
    return False


def is_hashed(leaves: bytes, hashes: bytes) -> bool:
    """Report whether some leaves, which are joined, have these hashes, joined too."""
    return b"".join(leaf_hashes(split_leaves(leaves))) == hashes


def split_leaves(leaves: bytes) -> list[bytes]:
    """Return the leaves of our size that stand joined."""
    return [leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF)]


def blob_lengths(leaves: bytes) -> Iterator[int]:
    """Yield the length of the blob of each of some leaves, which are joined."""
    return (length for (length,) in _LENGTH.iter_unpack(leaves))
