"""The feed of a node: the newest checkpoint of every log that it carries, in one answer.

``GET /checkpoints`` is the strict msgpack map::

    {"cursor": "9f3c-1840",             what to ask with next time, opaque
     "full":   true,                    all logs; false: those that changed since the cursor
     "items":  [{"c": checkpoint note,  as the node serves it
                 "e": 32 bytes,         SHA-256 of evidence against the log, when there is some
                 "k": 2}],              newest key-set version that the node knows
     "v":      1}

Items stand in ascending order of the SHA-256 of their origin, each origin once. Nothing in here is
verified: a reader skips the logs that it does not know without looking at their notes, and trusts a
note for its signatures alone, like one that it found anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

from .errors import MalformedError
from .keys import KEY_ID_SIZE, SIGNATURE_SIZES, KeyType
from .keytext import MAX_VERSIONS
from .merkle import HASH
from .origin import MAX_ORIGIN
from .packing import PackingLimits, Value, pack, unpack

VERSION: Final = 1

MAX_BYTES: Final = 16 * 1024 * 1024
"""Bytes of a feed: forty thousand logs, with the few lines that a checkpoint usually has."""

MAX_NOTE: Final = 4_096
"""Bytes of an item's note, lines with ML-DSA-44 cosignatures left out."""

MAX_LARGE_NOTE: Final = 65_536
"""Bytes of an item's note with them."""

MAX_CURSOR: Final = 64

_WHAT: Final = "feed"
_FIELDS: Final = {"cursor", "full", "items", "v"}
_CURSOR: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_CURSOR}}}", re.ASCII)
_MAX_ITEMS: Final = 65_536
_LIMITS: Final = PackingLimits(
    max_bytes=MAX_BYTES, max_depth=3, max_keys=4, max_items=_MAX_ITEMS, max_containers=_MAX_ITEMS + 2
)
# Characters of the base64 in a line with an ML-DSA-44 cosignature: key ID, time, signature.
_LARGE: Final = -(-(KEY_ID_SIZE + 8 + SIGNATURE_SIZES[KeyType.COSIGNATURE_MLDSA44]) // 3) * 4


@dataclass(frozen=True, slots=True)
class FeedItem:
    """What a feed says of one log, nothing verified.

    Attributes:
        note: The checkpoint note as the node serves it.
        keys: Newest key-set version that the node knows.
        evidence: SHA-256 of evidence against the log that the node serves, or None.

    Raises:
        ValueError: On construction, when no feed can have such an item.
    """

    note: bytes
    keys: int
    evidence: bytes | None = None

    def __post_init__(self) -> None:
        if fault := note_fault(self.note):
            raise ValueError(fault)
        if not 1 <= self.keys <= MAX_VERSIONS:
            raise ValueError(f"no key set has version {self.keys}")
        if self.evidence is not None and len(self.evidence) != HASH:
            raise ValueError("the hash of evidence has not 32 bytes")

    @property
    def origin_hash(self) -> str:
        """Hex SHA-256 of the origin that the note names."""
        return sha256(self.note.partition(b"\n")[0]).hexdigest()


@dataclass(frozen=True, slots=True)
class Feed:
    """One answer.

    Attributes:
        cursor: What to ask with next time.
        full: Whether these are all logs of the node, not only those that changed.
        items: One for each log, by the hash of its origin.

    Raises:
        ValueError: On construction, when the cursor is none, or the items are not in their order.
    """

    cursor: str
    full: bool
    items: tuple[FeedItem, ...]

    def __post_init__(self) -> None:
        if not is_cursor(self.cursor):
            raise ValueError("the cursor is not 1 to 64 of A-Z, a-z, 0-9, '_' and '-'")
        hashes = [item.origin_hash for item in self.items]
        if any(first >= second for first, second in pairwise(hashes)):
            raise ValueError("items are not in ascending order of their origins' hashes")

    @classmethod
    def of(cls, cursor: str, items: Iterable[FeedItem], *, full: bool) -> Feed:
        """Return the feed with these items, put in their order."""
        return cls(cursor, full, tuple(sorted(items, key=lambda item: item.origin_hash)))

    @classmethod
    def parse(cls, data: bytes) -> Feed:
        """Return the feed that the bytes spell.

        Raises:
            MalformedError: They are not in the one form above.
        """
        value = unpack(data, _LIMITS)
        if not isinstance(value, dict) or set(value) != _FIELDS:
            raise MalformedError(_WHAT, "it is not a map of cursor, full, items and v")
        cursor, full, items = value["cursor"], value["full"], value["items"]
        # The type too: True equals 1.
        if type(value["v"]) is not int or value["v"] != VERSION:
            raise MalformedError(_WHAT, "it is of another version")
        if not isinstance(cursor, str) or not isinstance(full, bool) or not isinstance(items, list):
            raise MalformedError(_WHAT, "cursor, full and items are not a text, a bool and an array")
        try:
            return cls(cursor, full, tuple(map(_item, items)))
        except ValueError as error:
            raise MalformedError(_WHAT, str(error)) from error

    def render(self) -> bytes:
        """Return the bytes.

        Raises:
            ValueError: There are more items than one answer may have.
        """
        items: list[Value] = [_value(item) for item in self.items]
        return pack({"cursor": self.cursor, "full": self.full, "items": items, "v": VERSION}, _LIMITS)


def is_cursor(text: str) -> bool:
    """Report whether a text can be a cursor."""
    return _CURSOR.fullmatch(text) is not None


def note_fault(note: bytes) -> str | None:
    """Return why a note cannot stand in a feed, as a clause, or None when it can.

    Only what protects the reader is looked at: whether it is a note, and whose, is seen by whoever
    knows the log.
    """
    if not 0 < note.find(b"\n") <= MAX_ORIGIN:
        return f"a note does not begin with a line of at most {MAX_ORIGIN} bytes"
    if len(note) > MAX_LARGE_NOTE:
        return f"a note is longer than {MAX_LARGE_NOTE} bytes"
    if len(note) <= MAX_NOTE:
        return None
    lines = note.splitlines(keepends=True)
    if sum(len(line) for line in lines if not _is_large(line)) > MAX_NOTE:
        return f"a note is longer than {MAX_NOTE} bytes without its ML-DSA-44 cosignatures"
    return None


def _is_large(line: bytes) -> bool:
    """Report whether a line may be an ML-DSA-44 cosignature, by its length alone."""
    return len(line.rstrip(b"\n").rpartition(b" ")[2]) == _LARGE


def _item(value: Value) -> FeedItem:
    """Return one item of a feed, or raise ``ValueError``."""
    if not isinstance(value, dict) or not {"c", "k"} <= set(value) <= {"c", "e", "k"}:
        raise ValueError("an item is not a map of c, k and perhaps e")
    note, keys, evidence = value["c"], value["k"], value.get("e")
    is_fine = isinstance(note, bytes) and type(keys) is int and isinstance(evidence, bytes | None)
    if not is_fine or ("e" in value and evidence is None):
        raise ValueError("c, k and e of an item are not binary, an integer and binary")
    return FeedItem(note, keys, evidence)  # type: ignore[arg-type] # looked at above


def _value(item: FeedItem) -> Value:
    value: dict[str, Value] = {"c": item.note, "k": item.keys}
    if item.evidence is not None:
        value["e"] = item.evidence
    return value
