"""A publisher, who is followed, and a reader who hears of it only through the one that follows it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from federation.fetch import Fetcher
from federation.limits import Limits
from node.app import make_app
from node.home import Home
from node.own.clearance import grant
from node.own.sequencer import publish
from node.peers import follow, introduce_all
from node.rounds import sync_round
from tests.node_world import NodeWorld, put
from tests.ports import free_port


@asynccontextmanager
async def served(home: Home) -> AsyncIterator[None]:
    """Serve a home at its address."""
    server = TestServer(make_app(home), port=home.config.url.port)
    await server.start_server()
    try:
        yield
    finally:
        await server.close()


@asynccontextmanager
async def asking() -> AsyncIterator[Fetcher]:
    async with Fetcher(Limits(), allow_private=True) as fetch:
        yield fetch


@dataclass
class Trio:
    """A publisher, who is followed, and a reader who hears of it only through the one that follows it."""

    world: NodeWorld
    city: Home
    relay: Home
    far: Home

    @property
    def origin(self) -> str:
        return self.world.origin("city")

    @property
    def homes(self) -> tuple[Home, Home, Home]:
        return self.city, self.relay, self.far

    async def sync(self) -> None:
        """Let the relay ask the publisher, then the reader the relay, while the publisher is away."""
        async with asking() as fetch, served(self.relay):
            async with served(self.city):
                await sync_round(self.relay, fetch)
            await sync_round(self.far, fetch)
        assert {home.logs.store(self.origin).size for home in self.homes} == {
            self.city.logs.store(self.origin).size
        }

    async def answers(self, home: Home, path: str) -> tuple[int, str, str]:
        """Return status, Link header and text of what a home answers at a path of its address."""
        url = home.config.address + path
        async with served(home), ClientSession() as session, session.get(url) as response:
            return response.status, response.headers.get("Link", ""), await response.text("latin-1")

    def mirrored(self, home: Home, file: str) -> str:
        """Return the path of a file of the publisher's log at a home that carries it."""
        return f"/mirror/{home.logs.store(self.origin).tree.directory.name}/{file}"


async def trio_in(world: NodeWorld) -> Trio:
    """Found the three nodes of a world, let them follow each other, and publish one entry."""
    made = Trio(world, *(world.found(name, free_port()) for name in ("city", "relay", "far")))
    for home in made.homes:
        grant(home, world.origin(home.path.name))
    await publish(made.city, made.origin, [put("Bystander")])
    async with asking() as fetch, served(made.city), served(made.relay):
        for home, url in ((made.relay, made.city.config.address), (made.far, made.relay.config.address)):
            if home is made.far:
                await sync_round(made.relay, fetch)
            for found in await introduce_all(home, fetch, url, made.origin):
                follow(home, found, url, "root")
    return made
