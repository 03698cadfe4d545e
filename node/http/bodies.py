"""Bodies of the few requests that have one: read within bounds of bytes and time, and not too often.

The only requests with a body are small questions of machines (``witness``, ``hints``); what they may cost is
bounded before anything of them is read.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final

from aiohttp import HttpVersion11, hdrs, web

from .problems import HttpProblemError

BODY_SECONDS: Final = 10.0
"""For one whole body; the largest is a second's worth of a slow line."""


class Pace:
    """How often something may happen, counted apart for each of a bounded number of names.

    Args:
        burst: How many at once.
        per_second: How many more in each second after that.
        clock: Returns seconds; tests bring their own.
    """

    def __init__(self, burst: int, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def allows(self, name: str = "") -> bool:
        """Count one, and report whether that was not too many.

        Args:
            name: Of this many there may be: callers pass names of their own configuration and logs only.
        """
        now = self._clock()
        left, since = self._left.get(name, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        self._left[name] = (left - 1 if left >= 1 else left, now)
        return left >= 1


class Room:
    """Bytes of bodies that may be held at once, by all requests together.

    It is counted in bytes and not in requests: whoever sends slowly must not keep others out by being there.

    Args:
        size: How many.
    """

    def __init__(self, size: int) -> None:
        self._left = size

    @contextlib.contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """Let a block hold bytes, each of which it asks for; they are given back when it ends.

        Yields:
            What to call with a number of bytes more; it raises ``HttpProblemError`` when there is no room.
        """
        taken = 0

        def take(count: int) -> None:
            nonlocal taken
            if count > self._left:
                raise too_often()
            self._left -= count
            taken += count

        try:
            yield take
        finally:
            self._left += taken


def too_often(seconds: int = 1) -> HttpProblemError:
    """Return the refusal of what came too often."""
    return HttpProblemError(429, "too many of these requests; try again later", {"Retry-After": str(seconds)})


async def expect_body(request: web.Request) -> None:
    """Tell whoever asks first that a body may be sent; any other expectation is answered like none."""
    if request.version >= HttpVersion11 and request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # None of it is part of the answer.
        request.writer.output_size = 0


async def read_body(request: web.Request, limit: int, take: Callable[[int], None] = lambda _: None) -> bytes:
    """Return the body of a request.

    Args:
        request: The request.
        limit: Most bytes; no more are ever held.
        take: Called for each part before it is kept; see ``Room``.

    Raises:
        HttpProblemError: It is too large, too slow, encoded or broken off.
    """
    if hdrs.CONTENT_ENCODING in request.headers:
        raise HttpProblemError(415, "bodies are taken as they are, without a content coding")
    too_large = HttpProblemError(413, f"the body is larger than {limit} bytes")
    if (request.content_length or 0) > limit:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.content.iter_any():
                size += len(part)
                if size > limit:
                    raise too_large
                take(len(part))
                parts.append(part)
    except TimeoutError:
        raise HttpProblemError(408, "the body comes too slowly") from None
    except (ConnectionError, web.RequestPayloadError) as error:
        raise HttpProblemError(400, "the body broke off") from error
    return b"".join(parts)
