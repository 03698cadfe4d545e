"""One answer, and what fetching and sending mean to those who do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

OK = 200
PARTIAL = 206
UNCHANGED = 304
CONFLICT = 409

ABSENT = frozenset({404, 410, 451})
"""Statuses that say "not here". They say nothing about whether somebody else has the file."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read whole within its limit.

    Attributes:
        status: HTTP status.
        headers: Values by lower-case name.
        body: Decoded body; empty for every status but 200 and 206, of a POST also 409.
        packed: The body as received, when it came compressed with gzip; else None.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    packed: bytes | None = None


class Fetch(Protocol):
    """A bounded GET: ``fetch.Fetcher``, or a publisher simulated in memory."""

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return the answer to one GET, whatever its status.

        Args:
            url: Where to ask.
            limit: Most bytes of the decoded body.
            gzip: Offer compression; else ask for the bytes as they are.
            headers: Further request headers.

        Raises:
            FaultError: There is no answer within the limits; the fault's file is the URL.
        """
        ...


class Post(Protocol):
    """A bounded POST: ``fetch.Fetcher``, or a peer simulated in memory."""

    async def post(self, url: str, body: bytes, *, limit: int, media_type: str) -> Response:
        """Return the answer to one POST, whatever its status; no redirect is followed.

        It may arrive twice, so it must mean the same then.

        Args:
            url: Where to send it.
            body: What is sent.
            limit: Most bytes of the answer's decoded body.
            media_type: The body's ``Content-Type``.

        Raises:
            FaultError: There is no answer within the limits; the fault's file is the URL.
        """
        ...
