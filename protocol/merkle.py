r"""The Merkle tree of RFC 6962, section 2.1 (the same as RFC 9162), over SHA-256.

A tree of n leaves has one root::

    MTH({})   = SHA-256("")
    MTH({d})  = SHA-256(0x00 || d)
    MTH(D[n]) = SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))     k: largest power of two < n

so the leaves ``b""`` and ``b"\x00"`` together have the root ``fac54203e7cc...c125``. A *complete
subtree* (level, index) spans the 2^level leaves from ``index * 2^level``. Every root and every
proof is made of complete subtrees alone; that is why the tree can be kept as append-only files
(``tiles``), and why a tree can grow from its *right edge*: the complete subtrees, left to right,
whose sizes are the one bits of n.

Provers take a ``NodeReader`` for complete subtrees and raise ``ValueError`` for impossible
requests. Verifiers read foreign data and raise ``MalformedError`` (not a proof at all) or
``InconsistentError`` (a proof of something else).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType

from .errors import InconsistentError, MalformedError

Digest = NewType("Digest", bytes)
NodeReader = Callable[[int, int], Digest]
HashReader = Callable[[int, int, int], bytes]

HASH = 32
"""Bytes of a SHA-256 digest."""

MAX_PROOF = 63
"""Most hashes beside a starting one: sizes stay below 2^63, and so do paths (C2SP says the same)."""

EMPTY_ROOT = Digest(sha256(b"").digest())

_TILE_BITS = 8


def leaf_hash(data: bytes) -> Digest:
    """Return the hash of one leaf's bytes."""
    return Digest(sha256(b"\x00" + data).digest())


def leaf_hashes(leaves: Iterable[bytes]) -> list[Digest]:
    """Return the hash of each leaf's bytes."""
    return [Digest(sha256(b"\x00" + leaf).digest()) for leaf in leaves]


def node_hash(left: bytes, right: bytes) -> Digest:
    """Return the hash of the node above two 32-byte hashes."""
    return Digest(sha256(b"\x01" + left + right).digest())


def root(hashes: Sequence[bytes]) -> Digest:
    """Return the root of the tree over these leaf hashes (any number, none included).

    The hashes may also be those of equally large complete subtrees.
    """
    return joined_root(b"".join(hashes))


def joined_root(hashes: bytes) -> Digest:
    """Return the root over joined 32-byte hashes, such as the bytes of a tile.

    Raises:
        ValueError: The length is not a multiple of 32.
    """
    if len(hashes) % HASH:
        raise ValueError(f"{len(hashes)} bytes are not joined hashes")
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > HASH:
        # A hash without a partner rises to the next level as it is: level by level this is MTH.
        single = hashes[len(hashes) // 64 * 64 :]
        hashes = b"".join(_pairs(hashes)) + single
    return Digest(hashes)


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: enough to know its root, and to grow it.

    Attributes:
        size: Number of leaves.
        hashes: Roots of the complete subtrees that make up the tree, left (largest) to right;
            one for each one bit of ``size``.
    """

    size: int
    hashes: tuple[Digest, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"an edge of size {self.size} has not {len(self.hashes)} hashes")

    @classmethod
    def empty(cls) -> Edge:
        """Return the edge of the empty tree."""
        return cls(0, ())

    @property
    def root(self) -> Digest:
        """The root of the tree."""
        return _fold(self.hashes)

    def extended(self, leaf_hashes: Sequence[bytes]) -> Edge:
        """Return the edge after these leaf hashes were appended; costs O(new)."""
        old = list(self.hashes)
        new: list[Digest] = []  # right to left
        level, rising = 0, b"".join(leaf_hashes)
        while rising or old:
            if self.size >> level & 1:
                rising = old.pop() + rising
            if len(rising) // HASH % 2:
                new.append(Digest(rising[-HASH:]))
            rising = b"".join(_pairs(rising))
            level += 1
        return Edge(self.size + len(leaf_hashes), tuple(reversed(new)))


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[Digest]:
    """Return PATH(index, D[size]), the leaf's sibling first.

    Raises:
        ValueError: The index is outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is outside a tree of size {size}")
    return _path(index, index + 1, size, node)


def consistency_proof(old: int, new: int, node: NodeReader) -> list[Digest]:
    """Return PROOF(old, D[new]) = SUBPROOF(old, D[new], true); empty when the sizes are equal.

    Raises:
        ValueError: Not 0 < old <= new.
    """
    proof = fork_proof(old, new, node)
    # When the old tree is one complete subtree the reader has its root already.
    return proof[1:] if old.bit_count() == 1 else proof


def fork_proof(m: int, n: int, node: NodeReader) -> list[Digest]:
    """Return SUBPROOF(m, D[n], false), which yields both roots; empty when m = n.

    Raises:
        ValueError: Not 0 < m <= n.
    """
    if not 0 < m <= n:
        raise ValueError(f"no proof leads from size {m} to size {n}")
    if m == n:
        return []
    # The old tree ends with a complete subtree; from there the path up to the root of D[n]
    # passes every other subtree of the old tree on its left.
    end = m & -m
    return [node(end.bit_length() - 1, (m - end) // end), *_path(m - end, m, n, node)]


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf with this hash stands at ``index`` of the tree (size, root).

    Raises:
        MalformedError: A hash is not 32 bytes long, or there are too many.
        InconsistentError: The proof does not lead from the leaf to the root.
    """
    what = "inclusion proof"
    _check_hashes(what, proof, leaf_hash, root)
    if not 0 <= index < size:
        raise InconsistentError(what, f"leaf {index} is outside a tree of size {size}")
    _, found = _climb(what, index, size - 1, leaf_hash, proof)
    if found != root:
        raise InconsistentError(what, f"it leads from leaf {index} to another root of size {size}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree (old, old_root) is the beginning of the tree (new, new_root).

    Raises:
        MalformedError: A hash is not 32 bytes long, or there are too many; or ``old`` is 0, for
            which no proof exists (every tree begins with the empty one).
        InconsistentError: The proof does not connect the two roots.
    """
    what = "consistency proof"
    _check_hashes(what, proof, old_root, new_root)
    if old < 1:
        raise MalformedError(what, "none exists from an empty tree")
    if old == new:
        if proof:
            raise InconsistentError(what, f"not empty between equal sizes {old}")
        found = (Digest(old_root), Digest(old_root))
    else:
        start = (old_root,) if old.bit_count() == 1 else ()
        found = _both_roots(what, old, new, (*start, *proof))
    if found != (old_root, new_root):
        raise InconsistentError(what, f"size {old} is not the beginning of size {new}")


def roots_from_fork_proof(m: int, n: int, proof: Sequence[bytes]) -> tuple[Digest, Digest]:
    """Return the roots of sizes m and n that SUBPROOF(m, D[n], false) yields.

    A log whose signed root at size n is the second one, but at size m is not the first, has
    signed two histories.

    Raises:
        MalformedError: Not 0 < m < n (for equal sizes the roots alone are the proof), a hash is
            not 32 bytes long, or there are too many.
        InconsistentError: The number of hashes does not fit the sizes.
    """
    what = "fork proof"
    _check_hashes(what, proof)
    if not 0 < m < n:
        raise MalformedError(what, f"none exists from size {m} to size {n}")
    return _both_roots(what, m, n, proof)


def edge_from_tiles(size: int, read: HashReader) -> Edge:
    """Return the right edge, read from the rightmost partial tile of each level.

    Args:
        size: Tree size.
        read: Given (tile level, start, count), the joined hashes [start, start + count) of that
            level; hash i of level L is the root of 256^L leaves.

    Raises:
        MalformedError: The reader returned too few or too many bytes.
    """
    hashes: list[Digest] = []
    for level in reversed(range(-(-size.bit_length() // _TILE_BITS))):
        end = size >> _TILE_BITS * level
        start = end & ~0xFF
        tile = _read_exactly(read, level, start, end - start) if end > start else b""
        for bit in reversed(range(_TILE_BITS)):
            width = (1 << bit) * HASH
            if end >> bit & 1:
                hashes.append(joined_root(tile[:width]))
                tile = tile[width:]
    return Edge(size, tuple(hashes))


def node_from_tiles(read: HashReader) -> NodeReader:
    """Return a ``NodeReader`` over the hashes of tiles; ``read`` as for ``edge_from_tiles``.

    The reader raises ``MalformedError`` when ``read`` returned too few or too many bytes.
    """

    def node(level: int, index: int) -> Digest:
        tile_level, bits = divmod(level, _TILE_BITS)
        return joined_root(_read_exactly(read, tile_level, index << bits, 1 << bits))

    return node


def _pairs(hashes: bytes) -> list[bytes]:
    """Return the parents of joined hashes; the last hash of an odd number has none."""
    return [sha256(b"\x01" + hashes[at : at + 64]).digest() for at in range(0, len(hashes) - 63, 64)]


def _fold(hashes: Sequence[Digest]) -> Digest:
    """Return the root over complete subtrees of falling size."""
    if not hashes:
        return EMPTY_ROOT
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def _path(start: int, end: int, size: int, node: NodeReader) -> list[Digest]:
    """Return the siblings from the complete subtree [start, end) up to the root of D[size]."""
    level = (end - start).bit_length() - 1
    index = start >> level
    last = (size - 1) >> level
    proof: list[Digest] = []
    while last:
        if index & 1:
            proof.append(node(level, index - 1))
        elif index < last:
            proof.append(_span(index + 1 << level, min(index + 2 << level, size), node))
        index, last, level = index >> 1, last >> 1, level + 1
    return proof


def _span(start: int, end: int, node: NodeReader) -> Digest:
    """Return MTH(D[start:end]) for a start that is aligned to the span's size."""
    hashes: list[Digest] = []
    for level in reversed(range((end - start).bit_length())):
        if end - start >> level & 1:
            hashes.append(node(level, start >> level))
            start += 1 << level
    return _fold(hashes)


def _both_roots(what: str, old: int, new: int, proof: Sequence[bytes]) -> tuple[Digest, Digest]:
    """Return the roots of both sizes from a proof that begins with the old tree's last subtree."""
    if old > new:
        raise InconsistentError(what, f"size {old} is larger than size {new}")
    if not proof:
        raise InconsistentError(what, "it is empty")
    level = (old & -old).bit_length() - 1
    return _climb(what, (old - 1) >> level, (new - 1) >> level, proof[0], proof[1:])


def _climb(what: str, index: int, last: int, start: bytes, proof: Sequence[bytes]) -> tuple[Digest, Digest]:
    """Return what the node ``index`` becomes without and with the nodes to its right.

    ``last`` is the index of the last node on the starting level. The first result is the root
    of the tree that ends with the starting node, the second that of the whole tree.
    """
    old = full = Digest(start)
    for sibling in proof:
        if not last:
            raise InconsistentError(what, "it has too many hashes")
        if index & 1 or index == last:
            old, full = node_hash(sibling, old), node_hash(sibling, full)
            # A last node without a partner rises until it has one on its left.
            while not index & 1:
                index, last = index >> 1, last >> 1
        else:
            full = node_hash(full, sibling)
        index, last = index >> 1, last >> 1
    if last:
        raise InconsistentError(what, "it has too few hashes")
    return old, full


def _check_hashes(what: str, proof: Sequence[bytes], *others: bytes) -> None:
    if len(proof) > MAX_PROOF + 1:
        raise MalformedError(what, f"{len(proof)} hashes are too many")
    if any(len(digest) != HASH for digest in (*proof, *others)):
        raise MalformedError(what, "a hash is not 32 bytes long")


def _read_exactly(read: HashReader, level: int, start: int, count: int) -> bytes:
    tile = read(level, start, count)
    if len(tile) != count * HASH:
        raise MalformedError("tile", f"level {level} has {len(tile)} bytes for {count} hashes from {start}")
    return tile
