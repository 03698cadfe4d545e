"""A publisher that shows two histories, each to somebody else: real nodes on loopback.

split = await Split.make(world, 3, 4)       # one common entry, then 3 here and 4 there
await split.round()                          # left and right ask each other
"""

from __future__ import annotations

from aiohttp import web

from node.peers import sync_round
from node.splits import evidence_of
from node.store.frozen import frozen_logs
from node.store.logs import LogRow
from tests.publisher import Publisher, entry
from tests.wire_world import Node, World, followed


class Split:
    """A city that shows one history at its own node and another one elsewhere, and two who follow it.

    Attributes:
        city: Serves the first history, of which ``left`` knows.
        elsewhere: Serves the second one under the same name, of which ``right`` knows.
    """

    def __init__(self, world: World, nodes: list[Node]) -> None:
        self.world = world
        self.city, self.elsewhere, self.left, self.right = nodes
        self.origin = self.city.origin
        self.first = Publisher(self.city.home, self.origin)
        self.second = Publisher(self.elsewhere.home, self.origin, own=False)
        for node in (self.elsewhere, self.left, self.right):
            Publisher(node.home, node.origin).publish()

    @classmethod
    async def make(cls, world: World, first: int, second: int, common: int = 1) -> Split:
        """Return the world in which both have synced what they were shown; they have not compared it."""
        split = cls(world, [await world.node(name) for name in ("city", "elsewhere", "left", "right")])
        for publisher, count, word in ((split.first, first, "left"), (split.second, second, "right")):
            for number in range(common):
                publisher.put(entry(f"Common {number}"), bytes([number]) * 16)
            for number in range(count):
                publisher.put(entry(f"{word} {number}"))
            publisher.publish()
        await followed(world, split.left, split.city.url)
        await sync_round(split.left.home, world.fetch)
        # Whoever is lied to cannot reach the city's own node.
        await followed(world, split.right, split.elsewhere.url, split.origin)
        with_city = split.world.broken
        with_city["city"] = unavailable
        await sync_round(split.right.home, world.fetch)
        del with_city["city"]
        await followed(world, split.left, split.right.url)
        await followed(world, split.right, split.left.url)
        return split

    async def round(self, *nodes: Node) -> None:
        """One gossip round of each node: feeds, and what is due because of them."""
        for node in nodes or (self.left, self.right):
            node.clock[0] += 31
            await sync_round(node.home, self.world.fetch, only_due=True)

    def row(self, node: Node) -> LogRow:
        row = node.home.logs.get(self.origin)
        assert row is not None
        return row

    def evidence(self, node: Node) -> tuple[str, ...]:
        found = evidence_of(node.home.database.connection, self.row(node).id)
        return tuple(each.hash for each in found)

    def is_frozen(self, node: Node) -> bool:
        return self.row(node).id in frozen_logs(node.home.database.connection)


async def unavailable(_: web.Request) -> web.StreamResponse:
    return web.Response(status=503)
