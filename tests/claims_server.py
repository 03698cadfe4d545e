"""A web server on loopback that has ``fedcat-publishers`` files, or misbehaves.

    async with ClaimsServer() as server, Fetcher(Limits(), allow_private=True) as fetch:
        server.files["/.well-known/fedcat-publishers"] = line(fingerprint, origin)
        await read_domain(fetch, server.domain, allow_private=True)

A forge is a host of its own on the internet. ``Rerouted`` sends the questions for one to this server
instead, by the path below ``/<host>``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from aiohttp import web

from federation.claims import WELL_KNOWN
from federation.response import Fetch, Response

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PLACE = f"/{WELL_KNOWN}"


def line(fingerprint: str, origin: str) -> bytes:
    """Return the line that lists a publisher."""
    return f"{fingerprint} {origin}\n".encode()


class ClaimsServer:
    """Files by path, handlers by path; everything else is not found.

    Attributes:
        files: Path → body.
        handlers: Path → what answers instead.
        asked: The paths that were asked for, in order.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.handlers: dict[str, Handler] = {}
        self.asked: list[str] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def domain(self) -> str:
        return f"127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        server = site._server
        assert isinstance(server, asyncio.Server)
        self._port = server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if request.path in self.handlers:
            return await self.handlers[request.path](request)
        if request.path in self.files:
            return web.Response(body=self.files[request.path])
        return web.Response(status=404)


class Rerouted:
    """A fetcher for which every https host is below ``/<host>`` of one server on loopback."""

    def __init__(self, fetch: Fetch, server: ClaimsServer) -> None:
        self._fetch = fetch
        self._server = server

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        if url.startswith("https://") and not url.startswith("https://127.0.0.1"):
            url = f"http://{self._server.domain}/{url.removeprefix('https://')}"
        return await self._fetch.get(url, limit=limit, gzip=gzip, headers=headers)
