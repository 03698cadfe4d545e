"""The leaf: the 64 bytes of a statement that stay in the tree for ever.

Big-endian, of fixed size::

    offset  0  u8        version, 1
            1  u8        op: 1 put, 2 withdraw, 3 erase, 4 keys
            2  u16       flags: the reason of an erase, else 0
            4  u32       length of the blob (of the key-set text for keys, 0 for erase)
            8  16 bytes  id of the statement, random (zero for keys)
           24  u64       prev: the id's former put or withdraw, the leaf to erase, or the former
                         keys leaf; 2^64-1 when there is none
           32  32 bytes  commitment to the blob (``blob``) or key set (``keyset``); zero for erase

A leaf never holds readable text, so that erasing a blob leaves nothing to read. Every 64 bytes
parse: whether a leaf has an effect is decided by ``replay``, and one without is kept and counted,
because no later reader may disagree about the tree.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from .errors import MalformedError

VERSION = 1
SIZE = 64
HEADER = 24
"""Bytes of a leaf that a commitment covers: everything before ``prev``."""

NEW = 2**64 - 1
"""``prev`` of a leaf that has none."""

_LAYOUT = struct.Struct(">BBHI16sQ32s")
_OP_AND_ID = struct.Struct(">xB6x16s40x")


class Op(IntEnum):
    """What a leaf does."""

    PUT = 1
    WITHDRAW = 2
    ERASE = 3
    KEYS = 4


class EraseReason(IntEnum):
    """Why a publisher asks every holder to delete a blob; a reader may meet unknown ones."""

    NONE = 0
    PRIVACY = 1
    COPYRIGHT = 2
    COURT = 3
    ERROR = 4
    OTHER = 5


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf, as it stands; unknown versions, ops and flags included.

    Attributes:
        version: 1 for leaves that this code understands.
        op: What the leaf does; an ``Op`` or an unknown number.
        flags: The reason of an erase, else 0.
        length: Bytes of the blob.
        id: 16 random bytes that name the statement within its log.
        prev: Index of an earlier leaf, or ``NEW``.
        commitment: 32 bytes.
    """

    version: int
    op: int
    flags: int
    length: int
    id: bytes
    prev: int
    commitment: bytes

    def __post_init__(self) -> None:
        # Struct would pad or cut these two silently.
        if len(self.id) != 16 or len(self.commitment) != 32:  # noqa: PLR2004 - the layout above
            raise ValueError("a leaf has an id of 16 bytes and a commitment of 32")

    @classmethod
    def parse(cls, data: bytes) -> Leaf:
        """Return the leaf of these bytes.

        Raises:
            MalformedError: There are not exactly 64.
        """
        if len(data) != SIZE:
            raise MalformedError("leaf", f"it has {len(data)} bytes instead of {SIZE}")
        return cls(*_LAYOUT.unpack(data))

    def __bytes__(self) -> bytes:
        """Return the 64 bytes; ``ValueError`` when a number does not fit its field."""
        try:
            return _LAYOUT.pack(
                self.version, self.op, self.flags, self.length, self.id, self.prev, self.commitment
            )
        except struct.error as error:
            raise ValueError(f"no leaf can hold {self}") from error

    @property
    def header(self) -> bytes:
        """The first 24 bytes, which the commitment covers."""
        return bytes(self)[:HEADER]


def ops_and_ids(leaves: bytes) -> Iterator[tuple[int, bytes]]:
    """Return op and id of each of some joined leaves."""
    return _OP_AND_ID.iter_unpack(leaves)
