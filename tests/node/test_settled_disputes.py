"""What people decided about a root conflict is not held against the log again."""

import shutil

from node.disputes import choose, disputed_logs
from node.home import Home
from node.own.clearance import grant
from node.own.rootkeys import Prepared, root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import publish
from node.rounds import sync_round
from node.store.logs import LogRow
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.note import Note
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put

HONEST, THIEF = "http://127.0.0.1:9001", "http://127.0.0.1:9002"


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


class Stolen:
    """A city that changed its keys, a thief of its root who signed another set, and a reader of both."""

    def __init__(self, world: NodeWorld) -> None:
        self.world, self.carriers = world, list[Carrier]()
        self.city, self.origin = world.found(), world.origin()
        grant(self.city, self.origin)
        self.reader = world.found("reader", 8402)
        roots = root_keys(world.founded["city"].recovery_sheet)
        before = row_of(self.city, self.origin)
        stolen = plan(self.city, self.origin, Change(after=3))
        self.theirs: Prepared = stolen.prepared.signed(roots)
        mine = plan(self.city, self.origin, Change())
        mine.keep_secrets(self.city)
        self.mine: Prepared = mine.prepared.signed(roots)
        put_in_force(self.city, self.origin, self.mine, "clerk")
        checkpoint = Checkpoint(self.origin, 9, bytes(32))
        lines = (sign_checkpoint(checkpoint, stolen.secrets[0]),)
        self.lie = {
            f"{THIEF}/mirror/{before.hash}/keys/2": self.theirs.note.render(),
            f"{THIEF}/mirror/{before.hash}/checkpoint": Note(checkpoint.text, lines).render(),
        }
        store = self.reader.logs.add(before.chain, own=False)
        with self.reader.database.write() as connection:
            connection.executemany(
                "INSERT INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)",
                [(store.id, f"{base}/mirror/{before.hash}") for base in (HONEST, THIEF)],
            )

    async def round(self, *, lying: bool) -> int:
        """Let the reader ask an honest mirror, and the thief's; return the size that it holds then."""
        for carrier in self.carriers:
            carrier.close()
        shutil.rmtree(self.world.root / "seen", ignore_errors=True)
        self.carriers = [Carrier(self.city, self.world.root / "seen", HONEST)]
        fetch = CarrierFetch(self.carriers)
        fetch.replaced = dict(self.lie) if lying else {}
        await sync_round(self.reader, fetch)
        return row_of(self.reader, self.origin).size


async def test_a_log_goes_on_beside_the_key_set_that_was_chosen_against(world: NodeWorld) -> None:
    stolen = Stolen(world)
    try:
        await publish(stolen.city, stolen.origin, [put("Alpha")])
        assert await stolen.round(lying=False) == 4
        await stolen.round(lying=True)
        assert disputed_logs(stolen.reader.database.connection)
        choose(stolen.reader, stolen.origin, stolen.mine.keys.fingerprint, "asked by telephone", "root")
        await publish(stolen.city, stolen.origin, [put("Beta")])
        # The thief's mirror goes on showing the other set; the honest one has all that is new.
        assert await stolen.round(lying=True) == 5
        assert not disputed_logs(stolen.reader.database.connection)
    finally:
        for carrier in stolen.carriers:
            carrier.close()


async def test_the_set_that_was_held_first_is_chosen_against_for_good(world: NodeWorld) -> None:
    stolen = Stolen(world)
    reader, origin = stolen.reader, stolen.origin
    try:
        # The thief came first.
        held = row_of(reader, origin).chain.extend(stolen.theirs.note.render())
        reader.logs.store(origin).keep_chain(held)
        await publish(stolen.city, origin, [put("Alpha")])
        await stolen.round(lying=True)
        assert disputed_logs(reader.database.connection)
        choose(reader, origin, stolen.mine.keys.fingerprint, "asked by telephone", "root")
        assert await stolen.round(lying=True) == 4
        assert not disputed_logs(reader.database.connection)
    finally:
        for carrier in stolen.carriers:
            carrier.close()
