"""Cursors: where a page ended, in a form that belongs to its question and to nobody's reading.

A cursor is the place of the last item in the order of the answer, not a number of items to skip: what is
published meanwhile neither repeats an item nor hides one. Inside, in base64::

    version (1) | digest of words, filters and order (8) | level (1) | place: rank (8) or order text
"""

import base64
import hashlib
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgpack

from node.errors import InvalidInputError

_VERSION: Final = b"\x02"
_HEAD: Final = 10  # bytes before the place
_RANK: Final = 8
_LONGEST_KEY: Final = 200  # bytes of what a list is ordered by that are in a cursor
_ORDER: Final = re.compile(r"[az]-[\w-]*")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in the order of an answer.

    Attributes:
        level: Number of the level in which it was found; 0 where an answer has no levels.
        at: Its rank, or its order text.
    """

    level: int
    at: int | str


def question_digest(*parts: object) -> bytes:
    """Return 8 bytes for all that a cursor belongs to: texts, lists and numbers."""
    return hashlib.sha256(msgpack.packb(parts)).digest()[:8]


def to_cursor(digest: bytes, place: Place) -> str:
    """Return the cursor of a place."""
    at = place.at.to_bytes(_RANK) if isinstance(place.at, int) else place.at.encode()
    packed = _VERSION + digest + bytes((place.level,)) + at
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def from_cursor(cursor: str, digest: bytes, *, levels: int, by_rank: bool) -> Place:
    """Return the place in a cursor.

    Args:
        cursor: From ``to_cursor``.
        digest: Of the question.
        levels: How many levels its answer has.
        by_rank: Whether items stand by rank, and not by order text.

    Raises:
        InvalidInputError: It is no cursor, or that of another question.
    """
    try:
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        at = packed[_HEAD:]
        place = Place(packed[_HEAD - 1], int.from_bytes(at) if by_rank else at.decode())
    except (ValueError, IndexError):
        place = Place(levels, "")
    # Made again and compared: version, question and spelling all at once.
    if place.level >= levels or not _can_be(place.at) or to_cursor(digest, place) != cursor:
        message = "this cursor does not belong to this question"
        raise InvalidInputError(message, hint="start again without a cursor")
    return place


def slice_of(
    keys: Sequence[str], limit: int, cursor: str | None, digest: bytes
) -> tuple[Sequence[str], str | None]:
    """Return a page of a list that is short enough to be in memory, and the cursor of the next one.

    Args:
        keys: What names the items, in ascending order; they differ in their first 200 bytes.
        limit: Items of a page.
        cursor: Of this page, None for the first.
        digest: Of the question.

    Raises:
        InvalidInputError: It is no cursor, or that of another question.
    """
    begin = 0
    if cursor is not None:
        place = from_cursor(cursor, digest, levels=1, by_rank=False)
        begin = bisect_right(keys, _key(str(place.at)), key=lambda each: each.encode()[:_LONGEST_KEY])
    page = keys[begin : begin + limit]
    if begin + limit >= len(keys):
        return page, None
    last = base64.urlsafe_b64encode(page[-1].encode()[:_LONGEST_KEY]).decode("ascii").rstrip("=")
    return page, to_cursor(digest, Place(0, f"a-{last}"))


def _key(order: str) -> bytes:
    text = order.partition("-")[2]
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _can_be(at: int | str) -> bool:
    """Tell whether an item can stand there: what comes from outside is passed to the index."""
    return at < 1 << 63 if isinstance(at, int) else _ORDER.fullmatch(at) is not None
