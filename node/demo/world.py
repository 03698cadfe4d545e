"""The demo's three nodes: founded, filled, served on loopback, following one another.

Each node is a :class:`DemoNode`: its home on disk, and a server that can be stopped and
started again. All three live in one process and one event loop; what they say to one another
goes over HTTP all the same.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Final

from aiohttp import web

from federation.fetch import Fetcher
from federation.sync import Outcome
from node.answers.catalogue import CatalogueProjection
from node.home import Home
from node.http.app import make_app
from node.own.clearance import clear
from node.own.founding import Founded, found_node
from node.own.sequencer import Draft, Receipt, publish
from node.peers import follow, introduce_all, sync_round
from protocol.leaf import Op
from protocol.packing import Value

from .samples import Sample, load_samples

HOST: Final = "127.0.0.1"
PORTS: Final = (8400, 8401, 8402)

_GRACE_SECONDS: Final = 0.5  # for answers on their way when a node stops; all readers are here


@dataclass(slots=True)
class DemoNode:
    """One node of the demo.

    Attributes:
        sample: Who publishes here, and what.
        home: The opened home.
        origin: The log's origin.
        fingerprint: The log's fingerprint.
        port: Where it listens, on loopback.
    """

    sample: Sample
    home: Home
    origin: str
    fingerprint: str
    port: int
    _runner: web.AppRunner | None = field(default=None, init=False, repr=False)

    @property
    def address(self) -> str:
        """The node's public address."""
        return self.home.config.address

    def fetcher(self) -> Fetcher:
        """Return the bounded fetcher that this node asks others with."""
        return Fetcher(self.home.config.limits, allow_private=True)

    async def start(self, listener: socket.socket | None = None) -> None:
        """Serve the home, on a socket that listens already or on the port as before."""
        self._runner = web.AppRunner(make_app(self.home), access_log=None, shutdown_timeout=_GRACE_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, listener or _listener(self.port)).start()

    async def stop(self) -> None:
        """Stop serving; the home stays open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def publish(self, entries: Sequence[Mapping[str, Value]]) -> Receipt:
        """Publish entries in one batch, after asking the world what it knows of the log."""
        async with self.fetcher() as fetch:
            await clear(self.home, self.origin, fetch)
        return await publish(
            self.home, self.origin, [Draft(Op.PUT, None, dict(each), None) for each in entries]
        )

    async def follow(self, other: DemoNode) -> None:
        """Follow another node's log, whose fingerprint is known here, not believed from its card."""
        async with self.fetcher() as fetch:
            for found in await introduce_all(self.home, fetch, other.address, other.origin):
                if found.chain.fingerprint == other.fingerprint:
                    follow(self.home, found, other.address)

    async def sync(self) -> tuple[Outcome, ...]:
        """Pull from everybody once."""
        async with self.fetcher() as fetch:
            return await sync_round(self.home, fetch)


@dataclass(frozen=True, slots=True)
class World:
    """The three nodes: A the city, B the agency, C the civic group."""

    city: DemoNode
    agency: DemoNode
    group: DemoNode

    @property
    def nodes(self) -> tuple[DemoNode, DemoNode, DemoNode]:
        """The nodes in their order."""
        return self.city, self.agency, self.group

    def publisher_of(self, origin: str) -> str:
        """Return the name of the publisher of a log."""
        return next((node.sample.name for node in self.nodes if node.origin == origin), origin)


@asynccontextmanager
async def bring_up(folder: Path, ports: tuple[int, int, int]) -> AsyncIterator[World]:
    """Found, fill and serve the three nodes in a folder; everything is closed at the end.

    Args:
        folder: Empty; the homes are its sub-folders, the head locks lie beside them.
        ports: Wanted ports; where one is taken, a free one serves.
    """
    listeners = [_listener_near(port) for port in ports]
    nodes: list[DemoNode] = []
    try:
        samples = load_samples()
        at = [listener.getsockname()[1] for listener in listeners]
        founded = await asyncio.gather(
            *(asyncio.to_thread(_found, folder, *each) for each in zip(samples, at, strict=True))
        )
        for sample, port, log in zip(samples, at, founded, strict=True):
            home = Home.open(folder / sample.key, projection=CatalogueProjection())
            nodes.append(DemoNode(sample, home, log.origin, log.fingerprint, port))
        # First serve, then publish: before it signs, a node asks its own public address too.
        for node, listener in zip(nodes, listeners, strict=True):
            await node.start(listener)
        await asyncio.gather(*(node.publish(node.sample.entries) for node in nodes))
        await asyncio.gather(*(_meet(node, nodes) for node in nodes))
        yield World(*nodes)
    finally:
        for node in nodes:
            await node.stop()
            node.home.close()
        for listener in listeners:
            listener.close()


@contextmanager
def own_environment(folder: Path) -> Iterator[None]:
    """Keep the demo's nodes apart from the settings of any real node of this user."""
    before = {name: value for name, value in os.environ.items() if name.startswith("FEDCAT_")}
    for name in before:
        del os.environ[name]
    os.environ["FEDCAT_LOCK_DIR"] = str(folder / "heads")
    try:
        yield
    finally:
        del os.environ["FEDCAT_LOCK_DIR"]
        os.environ.update(before)


def _found(folder: Path, sample: Sample, port: int) -> Founded:
    path = folder / sample.key
    founded = found_node(
        path,
        address=f"http://{HOST}:{port}",
        name=sample.name,
        log_name=sample.log,
        allow_private=True,
        clock=time,
        projection=CatalogueProjection(),
    )
    # What a kept node needs when it is run by itself later.
    with (path / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f"lock_dir = {json.dumps(str(folder / 'heads'))}\n")
        # The demonstration asks nobody outside of it.
        config.write("[trust]\ncheck_claims = false\n")
    sheet = os.open(folder / f"{sample.key}.recovery.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(sheet, "w", encoding="utf-8") as file:
        file.write(founded.recovery_sheet)
    return founded


async def _meet(node: DemoNode, nodes: Sequence[DemoNode]) -> None:
    """Let a node follow the others and pull what they published."""
    for other in nodes:
        if other is not node:
            await node.follow(other)
    await node.sync()


def _listener_near(port: int) -> socket.socket:
    """Return a listening socket at a port, or at a free one when that is taken."""
    try:
        return _listener(port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return _listener(0)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
