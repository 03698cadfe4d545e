"""What HTTP leaves to the server: validators, ranges, codings, and a small memory.

The answers of this node are either immutable or small and revalidated, so four rules of
RFC 9110 are enough::

    If-None-Match: "5d41"          →  304 when the tag is still that (13.1.2)
    Range: bytes=132-              →  206, one range of an uncoded body (14.2)
    Accept-Encoding: gzip;q=0      →  identity (12.5.3)
"""

import re
import threading
from collections import OrderedDict
from typing import Final

IMMUTABLE: Final = "public, max-age=604800, immutable"
SHORT: Final = "public, max-age=300"
NEVER: Final = "no-store"

_WEIGHT: Final = re.compile(r"[01](?:\.[0-9]{0,3})?", re.ASCII)
_RANGE: Final = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class UnsatisfiableError(Exception):
    """The range lies outside the body; the answer is 416 with the true length."""


class Memory:
    """The immutable bodies that were asked for last.

    Args:
        limit: Bytes of bodies to keep; beyond it the longest unused go first.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """Return a remembered body."""
        with self._guard:
            body = self._bodies.get(key)
            if body is not None:
                self._bodies.move_to_end(key)
            return body

    def put(self, key: str, body: bytes) -> None:
        """Remember a body that will never change."""
        with self._guard:
            self._size += len(body) - len(self._bodies.pop(key, b""))
            self._bodies[key] = body
            while self._size > self._limit:
                _, oldest = self._bodies.popitem(last=False)
                self._size -= len(oldest)


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Report whether the client already holds the body of ``etag`` (weak comparison).

    Args:
        if_none_match: The header as received.
        etag: The body's entity tag with its quotes.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return any(tag.strip().removeprefix("W/") == etag for tag in if_none_match.split(","))


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Report whether the client takes gzip: named, or covered by ``*``, and no less gladly than ``identity``.

    What it refuses altogether (``identity;q=0`` alone) is answered as it is: better than not at all.
    """
    weights: dict[str, float] = {}
    for item in (accept_encoding or "").split(","):
        coding, _, parameters = item.partition(";")
        weight = parameters.strip().lower().removeprefix("q=").strip()
        weights[coding.strip().lower()] = float(weight) if _WEIGHT.fullmatch(weight) else 1.0
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def byte_range(header: str | None, length: int) -> tuple[int, int] | None:
    """Return the (start, end) that a ``Range`` header selects of a body, end exclusive.

    None means the whole body: no header, another unit, several ranges, or nonsense, all
    of which RFC 9110 lets a server ignore.

    Raises:
        UnsatisfiableError: The range starts at or beyond the end.
    """
    match = _RANGE.fullmatch(header.strip().replace(" ", "")) if header else None
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match[1], match[2]
    if not first:
        start = max(length - int(last), 0)
        if int(last) == 0:
            raise UnsatisfiableError
        return start, length
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= length:
        raise UnsatisfiableError
    return start, min(int(last) + 1, length) if last else length
