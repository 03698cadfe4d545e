"""Key sets of two chains are never stored as one, whoever comes in between."""

import asyncio
from collections.abc import Mapping

from federation.response import Response
from node.home import Home
from node.own.clearance import grant
from node.own.keyfiles import load_key
from node.own.rootkeys import root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import publish, publish_waiting
from node.rounds import sync_round
from node.splits import keep_evidence
from node.store.logs import LogRow
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.evidence import build_fork
from protocol.note import Note
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put

BASE = "http://127.0.0.1:9001"


class Meanwhile(CarrierFetch):
    """The network; while leaves are under way, evidence is heard of from somebody else."""

    def __init__(self, carrier: Carrier, reader: Home, origin: str, evidence: bytes) -> None:
        super().__init__([carrier])
        self.reader, self.origin, self.evidence = reader, origin, evidence

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        if "/tile/" in url and self.evidence:
            evidence, self.evidence = self.evidence, b""
            assert await asyncio.to_thread(keep_evidence, self.reader, self.origin, evidence, BASE)
        return await super().get(url, limit=limit, gzip=gzip, headers=headers)


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


async def test_two_chains_that_come_at_once_are_not_mixed(world: NodeWorld, carriers: list[Carrier]) -> None:
    """A publisher signs two key sets 2, shows one with key set 3 in its log, and the other in evidence."""
    city, origin = world.found(), world.origin()
    grant(city, origin)
    reader = world.found("reader", 8402)
    roots = root_keys(world.founded["city"].recovery_sheet)
    first = row_of(city, origin)
    key = load_key(city.keys_dir, first.chain.newest.log)
    heads = [Checkpoint(origin, 2, root * 32) for root in (b"a", b"b")]
    one, two = (Note(head.text, (sign_checkpoint(head, key),)).render() for head in heads)
    other = plan(city, origin, Change(after=9)).prepared.signed(roots)
    evidence = build_fork(other.extend(first.chain), (one, two), ()).render()
    for name in ("Alpha", "Beta"):
        planned = plan(city, origin, Change())
        planned.keep_secrets(city)
        put_in_force(city, origin, planned.prepared.signed(roots), "clerk")
        await publish_waiting(city, origin)
        await publish(city, origin, [put(name)])
    carriers.append(Carrier(city, world.root / "carrier", BASE))

    store = reader.logs.add(first.chain, own=False)
    with reader.database.write() as connection:
        connection.execute(
            "INSERT INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)",
            (store.id, f"{BASE}/mirror/{first.hash}"),
        )
    for _ in range(2):
        await sync_round(reader, Meanwhile(carriers[0], reader, origin, evidence))
        evidence = b""
    assert row_of(reader, origin).chain.newest.version in (2, 3)
