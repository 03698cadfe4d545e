"""The demo's three nodes: founded, filled, served on loopback, following one another.

Beside each node is the web site of its publisher, which has one file: it says which log is the publisher's,
as a city's own site would at ``/.well-known/fedcat-publishers``.

Each node is a :class:`DemoNode`: its home on disk, and a server that can be stopped and
started again. All three live in one process and one event loop; what they say to one another
goes over HTTP all the same.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import json
import os
import socket
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import time
from typing import Final

from aiohttp import web

from federation.claims import WELL_KNOWN
from federation.fetch import Fetcher
from federation.sync import Outcome
from node.answers.catalogue import CatalogueProjection
from node.answers.indexing import catch_up
from node.answers.policy import show_policy
from node.app import make_app
from node.home import Home
from node.own.clearance import clear
from node.own.founding import Founded, found_node
from node.own.sequencer import Draft, Receipt, publish
from node.peers import follow, introduce_all, sync_round
from node.standing import check_claims
from node.store.profiles import newest_profile_of
from protocol.leaf import Op
from protocol.packing import Value

from .samples import Sample, load_samples

HOSTS: Final = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
"""An address for each node: publishers at one host count as one organisation."""

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
        host: Where it listens, on loopback.
        port: At which port.
        domain: Host and port of its publisher's web site.
    """

    sample: Sample
    home: Home
    origin: str
    fingerprint: str
    host: str
    port: int
    domain: str
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
        await web.SockSite(self._runner, listener or _listener(self.host, self.port)).start()

    async def stop(self) -> None:
        """Stop serving; the home stays open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def publish(self, statements: Sequence[Mapping[str, Value]]) -> Receipt:
        """Publish new statements in one batch."""
        return await self._publish([Draft(Op.PUT, None, dict(each)) for each in statements])

    async def publish_sample(self) -> None:
        """Publish all that the sample has, and a profile in place of the one that the log began with."""
        identifiers: Value = [{"scheme": "domain", "value": self.domain}]
        profile = {**self.sample.profile, "identifiers": identifiers}
        begun = newest_profile_of(self.home.database.connection, self.origin)
        new = [*self.sample.entries, *self.sample.statements]
        drafts = [Draft(Op.PUT, None, dict(each)) for each in new]
        await self._publish([Draft(Op.PUT, None if begun is None else begun.id, profile), *drafts])

    async def _publish(self, drafts: Sequence[Draft]) -> Receipt:
        async with self.fetcher() as fetch:
            # The world is asked first what it knows of the log.
            await clear(self.home, self.origin, fetch)
        return await publish(self.home, self.origin, drafts)

    async def follow(self, other: DemoNode) -> None:
        """Follow another node's log, whose fingerprint is known here, not believed from its card."""
        async with self.fetcher() as fetch:
            for found in await introduce_all(self.home, fetch, other.address, other.origin):
                if found.chain.fingerprint == other.fingerprint:
                    follow(self.home, found, other.address, "demo")

    async def look_at_domains(self) -> None:
        """See which of the web sites that profiles name list their logs."""
        config = self.home.config
        # Its settings keep it from asking forges for the repositories of what it lists; these sites are here.
        self.home.config = replace(config, trust=replace(config.trust, check_claims=True))
        async with self.fetcher() as fetch:
            await check_claims(self.home, fetch)
        self.home.config = config
        await asyncio.to_thread(self._index)

    def _index(self) -> None:
        show_policy(self.home)
        catch_up(self.home)

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
    hosts = _hosts()
    listeners = [_listener_near(*each) for each in zip(hosts, ports, strict=True)]
    nodes: list[DemoNode] = []
    sites = AsyncExitStack()
    try:
        samples = load_samples(dt.datetime.now(dt.UTC).date())
        at = [listener.getsockname()[1] for listener in listeners]
        founded = await asyncio.gather(
            *(asyncio.to_thread(_found, folder, *each) for each in zip(samples, hosts, at, strict=True))
        )
        for sample, host, port, log in zip(samples, hosts, at, founded, strict=True):
            home = Home.open(folder / sample.key, projection=CatalogueProjection())
            domain = await sites.enter_async_context(_site(host, f"{log.fingerprint} {log.origin}\n"))
            nodes.append(DemoNode(sample, home, log.origin, log.fingerprint, host, port, domain))
        # First serve, then publish: before it signs, a node asks its own public address too.
        for node, listener in zip(nodes, listeners, strict=True):
            await node.start(listener)
        await asyncio.gather(*(node.publish_sample() for node in nodes))
        await asyncio.gather(*(_meet(node, nodes) for node in nodes))
        await asyncio.gather(*(node.look_at_domains() for node in nodes))
        yield World(*nodes)
    finally:
        for node in nodes:
            await node.stop()
            node.home.close()
        await sites.aclose()
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


def _found(folder: Path, sample: Sample, host: str, port: int) -> Founded:
    path = folder / sample.key
    founded = found_node(
        path,
        address=f"http://{host}:{port}",
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


@asynccontextmanager
async def _site(host: str, text: str) -> AsyncIterator[str]:
    """Serve a publisher's web site, with the file that lists its log; yield its host and port."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=text)

    app = web.Application()
    app.router.add_get(f"/{WELL_KNOWN}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    listener = _listener(host, 0)
    try:
        await web.SockSite(runner, listener).start()
        yield f"{host}:{listener.getsockname()[1]}"
    finally:
        await runner.cleanup()


def _hosts() -> tuple[str, str, str]:
    """Return the addresses of the nodes: the same for all where this machine has but one for itself."""
    try:
        for host in HOSTS:
            _listener(host, 0).close()
    except OSError:
        return HOSTS[0], HOSTS[0], HOSTS[0]
    return HOSTS


def _listener_near(host: str, port: int) -> socket.socket:
    """Return a listening socket at a port, or at a free one when that is taken."""
    try:
        return _listener(host, port)
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        return _listener(host, 0)


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
