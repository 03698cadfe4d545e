r"""The blob, and the commitment that binds it to one leaf of one log.

::

    blob       = 16 random bytes || payload
    commitment = SHA-256("fedcat/blob/v1\0" || u8 length of origin || origin || leaf[0:24] || blob)

The salt makes the commitment of an erased blob useless for guessing what it was. The leaf's first
24 bytes hold op, flags, length and statement id: a blob that was taken from another log, statement
or kind of leaf does not match. Making the salt is the caller's task; nothing here is random.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from .leaf import HEADER, SIZE, VERSION, Leaf, Op

SALT = 16
"""Bytes of salt before the payload."""

_DOMAIN = b"fedcat/blob/v1\x00"
_LENGTH = slice(4, 8)
_COMMITMENT = slice(32, 64)


class Committer:
    """Commitments of one log: hashes what all of them begin with once."""

    __slots__ = ("_begun", "origin")

    def __init__(self, origin: str) -> None:
        name = origin.encode()
        self.origin = origin
        self._begun = sha256(_DOMAIN + len(name).to_bytes(1, "big") + name)

    def commitment(self, header: bytes, blob: bytes) -> bytes:
        """Return the commitment of a leaf with this header (its first 24 bytes) to a blob."""
        digest = self._begun.copy()
        digest.update(header)
        digest.update(blob)
        return digest.digest()

    def matches(self, leaf: bytes, blob: bytes) -> bool:
        """Report whether a leaf (its 64 bytes) commits to this blob."""
        return (
            len(blob) == int.from_bytes(leaf[_LENGTH], "big")
            and self.commitment(leaf[:HEADER], blob) == leaf[_COMMITMENT]
        )

    def wrong(self, leaves: bytes, blobs: Sequence[bytes | None]) -> list[int]:
        """Return the positions at which a leaf does not commit to its blob: the hot path of sync.

        Args:
            leaves: Leaves of 64 bytes, joined.
            blobs: A blob for each of them, of the length that its leaf names, or None to skip it.
        """
        begin = self._begun.copy
        found: list[int] = []
        for position, blob in enumerate(blobs):
            if blob is not None:
                at = position * SIZE
                digest = begin()
                digest.update(leaves[at : at + HEADER] + blob)
                if digest.digest() != leaves[at + 32 : at + SIZE]:
                    found.append(position)
        return found


def commitment(origin: str, header: bytes, blob: bytes) -> bytes:
    """Return the commitment of a leaf with this header (its first 24 bytes) to a blob.

    Raises:
        ValueError: The header is not 24 bytes long.
    """
    if len(header) != HEADER:
        raise ValueError(f"a leaf's header has {HEADER} bytes, not {len(header)}")
    return Committer(origin).commitment(header, blob)


def make_leaf(origin: str, op: Op, id: bytes, prev: int, blob: bytes, flags: int = 0) -> Leaf:  # noqa: A002 - the field's name
    """Return the leaf that puts or withdraws a statement with this blob."""
    draft = Leaf(VERSION, op, flags, len(blob), id, prev, bytes(32))
    return Leaf(VERSION, op, flags, len(blob), id, prev, commitment(origin, draft.header, blob))


def matches(origin: str, leaf: Leaf, blob: bytes) -> bool:
    """Report whether a leaf of this log commits to this blob."""
    return Committer(origin).matches(bytes(leaf), blob)
