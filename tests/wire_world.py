"""Nodes on loopback with real homes and sockets; each notes what it is asked, and may be made to lie.

a, b = await world.node("a"), await world.node("b")
await followed(world, b, a.url)
world.broken["a"] = html
"""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer

from federation.faults import FaultKind
from federation.fetch import Fetcher
from federation.limits import Limits
from federation.sync import Outcome
from node.app import make_app
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.peers import follow, introduce_all
from node.rounds import sync_round
from protocol.keys import KeyType
from tests.ports import free_port
from tests.publisher import Publisher, entry, open_home
from tests.signers import signing_key


@dataclass
class Node:
    """A home that is served at its own address, with one log of its own."""

    home: Home
    port: int
    server: TestServer
    clock: list[int]
    requests: list[str] = field(default_factory=list)
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.host}:{self.port}/log/city/1"

    @property
    def mirror_path(self) -> str:
        return f"/mirror/{hashlib.sha256(self.origin.encode()).hexdigest()}"


class World:
    """Nodes on loopback and one fetcher."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = AsyncExitStack()
        self.fetch = Fetcher(Limits(), allow_private=True)
        self.broken: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.fetch)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def node(self, name: str, host: str = "127.0.0.1") -> Node:
        port = free_port(host)
        home = open_home(self._directory / name, address=f"http://{host}:{port}")
        clock = [home.now()]
        home._clock = lambda: clock[0]
        make_directory(home.keys_dir)
        key = signing_key(home.config.mirror_name, KeyType.COSIGNATURE_ED25519, name)
        save_mirror_key(home.keys_dir, key)
        requests: list[str] = []
        server = TestServer(self._app(home, name, requests), host=host, port=port)
        node = Node(home, port, server, clock, requests, host)
        await server.start_server()
        self._stack.callback(home.close)
        self._stack.push_async_callback(server.close)
        return node

    def _app(self, home: Home, name: str, requests: list[str]) -> web.Application:
        app = make_app(home)

        @web.middleware
        async def spoil(request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401
            requests.append(request.path)
            spoiler = self.broken.get(name)
            answer = await (spoiler or handler)(request)
            assert isinstance(answer, web.StreamResponse)
            return answer

        app.middlewares.append(spoil)
        return app


async def followed(world: World, reader: Node, url: str, origin: str | None = None) -> None:
    for introduction in await introduce_all(reader.home, world.fetch, url, origin):
        follow(reader.home, introduction, url, "root")


async def mirrored(world: World, *names: str) -> tuple[Node, Node, Publisher]:
    """Return a node whose log has entries of some names, one that mirrors it, and the log's publisher."""
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    for name in names:
        publisher.put(entry(name))
    publisher.publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    return a, b, publisher


def faults(outcomes: tuple[Outcome, ...]) -> list[FaultKind | None]:
    return [None if outcome.fault is None else outcome.fault.kind for outcome in outcomes]


def source_rows(home: Home) -> dict[str, dict[str, Any]]:
    names = (
        "url",
        "last_try",
        "last_success",
        "size",
        "new",
        "fault",
        "file",
        "failures",
        "next_due",
        "etag",
    )
    rows = home.database.connection.execute(f"SELECT {', '.join(names)} FROM source")  # noqa: S608
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows}
