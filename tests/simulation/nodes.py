"""A simulated node: an own log, the logs that it follows, and a process that may crash."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from federation.memory import Memory
from federation.response import OK, Fetch, Response
from federation.sources import Source, mirror_prefix
from federation.sync import sync_log
from protocol.keyset import KeyChain
from protocol.origin import Origin, origin_hash
from tests.memory_mirror import KilledError

from .disk import Disk
from .following import Following, Ground, Remembered
from .invariants import Invariants
from .lies import Liar
from .publishing import Publisher
from .serving import FeedFile, serve_file
from .splits import Splits

__all__ = ["Node", "Soil"]


class Soil(Ground, Protocol):
    """What nodes stand on, and who watches them."""

    invariants: Invariants

    def failed(self, error: BaseException) -> None:
        """Hear of an error that nobody expected."""
        ...

    def carriers(self, node: Node) -> list[str]:
        """Return the hosts that follow a node."""
        ...

    def note(self, *words: object) -> None:
        """Put a line into the trace."""
        ...


class Node:
    """One node. It publishes one log and mirrors every log that it follows.

    Attributes:
        name: Its name.
        host: Its host.
        publisher: Its own log.
        disks: Origin → store of each log, the own one too.
        peers: Hosts of followed nodes.
        liar: What makes it lie about the logs of others, or None.
        is_up: Whether its process runs.
        is_stopped: Whether its process is stopped.
        is_slow: Whether it sends slower than anybody waits for.
        starts: How often it was started.
        fork: A second history that it shows to some, with its store; None for the honest.
    """

    def __init__(self, soil: Soil, fetch: Fetch, name: str, *, liar: Liar | None = None) -> None:
        self.name, self.host = name, f"{name}.example"
        self.publisher = Publisher(f"{self.host}/log/main/1")
        self.disks: dict[str, Disk] = {}
        self.peers: list[str] = []
        self.liar = liar
        self.fork: tuple[Publisher, Disk] | None = None
        self.is_up = self.is_stopped = self.is_slow = False
        self.starts = 0
        self._soil, self._fetch = soil, fetch
        self._remembered = Remembered(Splits(soil.invariants.accused))
        self._feeds = (FeedFile(name), FeedFile(name))
        self._by_hash: dict[str, str] = {}
        self._life: asyncio.Task[None] | None = None
        self._carry(self.publisher.at_start)

    @property
    def origin(self) -> str:
        return self.publisher.origin

    @property
    def splits(self) -> Splits:
        """Evidence that is kept here."""
        return self._remembered.splits

    @property
    def own(self) -> Disk:
        """The store of the own log."""
        return self.disks[self.origin]

    def follow(self, other: Node) -> None:
        """Follow another node's log, whose first key set is pinned."""
        self._carry(other.publisher.at_start)
        self.peers.append(other.host)

    # The process

    def start(self) -> None:
        """Start the process."""
        self.is_up, self.is_stopped, self.starts = True, False, self.starts + 1
        self._feeds = (FeedFile(f"{self.name}-{self.starts}"), FeedFile(f"{self.name}-{self.starts}"))
        self._soil.note(self.name, "starts")
        self._life = asyncio.create_task(self._live())

    async def crash(self) -> None:
        """End the process as a power cut would."""
        await self.end()
        self._fall()

    async def end(self) -> None:
        """End the process, and leave everything as it is."""
        life, self._life, self.is_up = self._life, None, False
        if life is not None:
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

    def lose_disk(self) -> None:
        """Put in an empty disk, for a process that is not running; keys and pins are kept elsewhere."""
        self._soil.note(self.name, "loses its disk")
        self._remembered = Remembered(Splits(self._soil.invariants.accused))
        for disk in list(self.disks.values()):
            self._carry(KeyChain.start(disk.chain.notes[0], fingerprint=None, origin=disk.origin))

    async def _live(self) -> None:
        try:
            followed = {origin: disk for origin, disk in self.disks.items() if origin != self.origin}
            peers = [f"https://{host}" for host in self.peers]
            following = Following(self._soil, self._fetch, followed, peers, self._remembered)
            async with asyncio.TaskGroup() as together:
                together.create_task(self._refill())
                together.create_task(following.run())
        except* KilledError:
            self.is_up, self._life = False, None
            self._fall()
        except* Exception as errors:  # noqa: BLE001 - whatever it is ends the run
            self._soil.failed(errors)

    def _fall(self) -> None:
        self._soil.note(self.name, "falls")
        for disk in self.disks.values():
            disk.crash(self._soil.dice)

    def _carry(self, chain: KeyChain) -> None:
        self._by_hash[origin_hash(chain.origin)] = chain.origin
        self.disks[chain.origin] = Disk(chain, self._soil.invariants.watch(self.name))

    # The own log

    @property
    def may_publish(self) -> bool:
        """Whether the own log stands where the lock file outside the data says."""
        return self.is_up and not self.is_stopped and self.own.size == self.publisher.size

    def publish(self, count: int, *, only_new: bool = False) -> None:
        """Publish a batch of about so many changes; a fork gets a batch of its own."""
        for publisher, disk in self._histories():
            draft = publisher.draft(self._soil.dice, count, only_new=only_new)
            publisher.publish(disk, draft, self._soil.now())
        self._soil.note(self.name, "publishes", self.own.size)

    def beat(self) -> None:
        """Renew the heartbeat."""
        for publisher, disk in self._histories():
            publisher.beat(disk, self._soil.now())

    def split(self) -> None:
        """Begin a second history, shown to some."""
        other = self.publisher.fork()
        disk = self.own.twin()
        self.fork = other, disk
        self._soil.invariants.truth[self.origin].append(other)
        self._soil.note(self.name, "forks at", disk.size)

    def _histories(self) -> list[tuple[Publisher, Disk]]:
        return [(self.publisher, self.own), *([self.fork] if self.fork else [])]

    async def _refill(self) -> None:
        """Take the own log back from whoever carries it, until it is as large as it was signed."""
        memory = Memory()
        while self.own.size < self.publisher.size:
            origin = Origin.parse(self.origin)
            carriers = self._soil.carriers(self)
            sources = [Source(mirror_prefix(f"https://{host}", origin)) for host in carriers]
            await sync_log(self.own, sources, self._fetch, self._soil.limits, self._soil.now, memory=memory)
            await asyncio.sleep(self._soil.interval)

    # What it serves

    def answer(self, client: str, path: str, headers: Mapping[str, str], *, is_packed: bool) -> Response:
        """Return the answer to a GET; a liar's own log is served as it is."""
        honest = self._honest(client, path, headers, is_packed=is_packed)
        disk, file = self._place(client, path)
        if self.liar is None or (disk is not None and disk.origin == self.origin):
            return honest

        def other() -> Response:
            name = self._soil.dice.choice(list(self.disks))
            return self._honest(client, f"mirror/{origin_hash(name)}/{file}", headers, is_packed=is_packed)

        is_conditional = "If-None-Match" in headers
        return self.liar.twist(path, headers.get("Range", ""), honest, other, is_conditional=is_conditional)

    def _honest(self, client: str, path: str, headers: Mapping[str, str], *, is_packed: bool) -> Response:
        disk, file = self._place(client, path)
        if disk is not None:
            return serve_file(disk, file, headers, is_packed=is_packed)
        name, _, query = path.partition("?since=")
        if name == "checkpoints":
            disks = {**self.disks, self.origin: self.shown(client)}
            return self._feeds[is_fooled(client)].serve(disks, self.splits, query, headers)
        evidence = self.splits.find(file) if name.startswith("evidence/") else None
        if evidence is not None:
            return Response(OK, {}, evidence)
        return Response(404)

    def _place(self, client: str, path: str) -> tuple[Disk | None, str]:
        """Return the store and the file of a log that a path names."""
        where, _, rest = path.partition("/")
        if where == "log":
            return self.shown(client), rest.removeprefix("main/1/")
        hashed, _, file = rest.partition("/") if where == "mirror" else ("", "", rest)
        origin = self._by_hash.get(hashed, "")
        return self.shown(client) if origin == self.origin else self.disks.get(origin), file

    def shown(self, client: str) -> Disk:
        """Return the own log as it is shown to somebody."""
        return self.fork[1] if self.fork is not None and is_fooled(client) else self.own


def is_fooled(client: str) -> bool:
    """Report whether a node is shown the second history of forking publishers."""
    return bool(int(client.removeprefix("n")) % 2)
