"""The raw limit of a sync: the same files, asked for in the same way, and written as they come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from federation.fetch import Fetcher
from federation.limits import Limits
from federation.response import Response
from node.store.files import flush_all

from .measure import Took, timed_await

Asked = tuple[str, bool, Mapping[str, str]]
"""URL, whether gzip was offered, further headers."""

# The same for all: what a benchmark notes should not weigh on what it measures.
_NO_HEADERS: Mapping[str, str] = {}


@dataclass(slots=True)
class Recording:
    """A fetcher that passes every request on and remembers it.

    Attributes:
        fetcher: Who really asks.
        asked: Every request that was answered with a body.
        answers: URL → answer, kept when ``keep`` is set.
    """

    fetcher: Fetcher
    keep: bool = False
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Response] = field(default_factory=dict)

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return the answer to one GET; see ``federation.response.Fetch``."""
        response = await self.fetcher.get(url, limit=limit, gzip=gzip, headers=headers)
        if response.body:
            self.asked.append((url, gzip, headers or _NO_HEADERS))
            if self.keep:
                self.answers[url] = response
        return response


async def raw(directory: Path, asked: list[Asked]) -> Took:
    """Ask as a sync asked, with the client that the fetcher is made of, and write what comes, durably.

    Args:
        directory: Where to; it does not exist yet.
        asked: What a ``Recording`` saw.
    """
    await asyncio.to_thread(directory.mkdir, parents=True)
    return await timed_await(_get_all(directory, asked))


async def _get_all(directory: Path, asked: list[Asked]) -> None:
    waiting, written = list(enumerate(asked)), []
    async with aiohttp.ClientSession(auto_decompress=False, read_bufsize=262_144) as session:

        async def work() -> None:
            while waiting:
                number, (url, gzip, headers) = waiting.pop()
                offered = {"Accept-Encoding": "gzip" if gzip else "identity", **headers}
                async with session.get(url, headers=offered) as response:
                    body = await response.read()
                path = directory / str(number)
                path.write_bytes(body)
                written.append(path)

        await asyncio.gather(*(work() for _ in range(Limits().parallel)))
    await asyncio.to_thread(flush_all, written)
