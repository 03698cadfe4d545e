"""A log moves to another node: new keys there, none here, and no moment with two publishers."""

import pytest

from federation.introduce import introduce
from node.errors import InvalidInputError, KeyFileError, NotClearedError, NotFoundError
from node.home import Home
from node.http.card import log_url
from node.moving import plan_move, release, take_over
from node.own.clearance import carriers_of, clear, grant
from node.own.headlock import HeadLock
from node.own.keyfiles import key_file
from node.own.rootkeys import Prepared, root_keys
from node.own.rotation import Change
from node.own.sequencer import publish, publish_waiting
from node.peers import follow
from node.store.logs import LogRow
from protocol.checkpoint import Checkpoint
from protocol.errors import ProtocolError
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put

OLD = "http://127.0.0.1:9001"


class Move:
    """A log on its old host, and a new host that follows it through a copy of what the old one serves."""

    def __init__(self, world: NodeWorld, carriers: list[Carrier]) -> None:
        self.world, self.carriers = world, carriers
        self.old, self.origin = world.found(), world.origin()
        grant(self.old, self.origin)
        self.new = world.found("town", 8402)
        self.roots = root_keys(world.founded["city"].recovery_sheet)

    def shown(self) -> CarrierFetch:
        """Let the world see what the old host serves now."""
        self.carriers.append(Carrier(self.old, self.world.root / f"seen{len(self.carriers)}", OLD))
        return CarrierFetch(self.carriers[-1:])

    async def follow(self) -> CarrierFetch:
        fetch = self.shown()
        found = await introduce(fetch, self.carriers[-1].prefix(self.origin), self.origin)
        follow(self.new, found, OLD, "root")
        return fetch

    async def prepare(self, fetch: CarrierFetch) -> Prepared:
        plan = await plan_move(self.new, fetch, self.origin, Change())
        plan.keep_secrets(self.new)
        return plan.prepared.signed(self.roots)


@pytest.fixture
def move(world: NodeWorld, carriers: list[Carrier]) -> Move:
    return Move(world, carriers)


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


async def test_a_log_moves_with_name_and_history_and_without_its_keys(move: Move) -> None:
    """Drill: the old host hands over, the new one goes on."""
    origin, old, new = move.origin, move.old, move.new
    await publish(old, origin, [put("Alpha")])
    fetch = await move.follow()
    wanted = await move.prepare(fetch)
    assert (wanted.keys.after, wanted.keys.urls) == (
        3,
        (f"http://127.0.0.1:8402/mirror/{row_of(old, origin).hash}",),
    )

    assert release(old, origin, wanted, "clerk").version == 2
    assert not row_of(old, origin).own
    with pytest.raises(NotFoundError):
        await publish(old, origin, [put("Too late")])
    # It carries the key set on, for those who ask at the old address.
    assert len(row_of(old, origin).key_notes) == 2

    fetch = move.shown()
    for _ in range(2):
        assert (await take_over(new, fetch, origin, wanted, "clerk")).version == 2
    assert (await clear(new, origin, fetch)).may_sign
    receipt = await publish_waiting(new, origin)
    assert (receipt.size, receipt.signed) == (4, True)
    assert (await publish(new, origin, [put("Beta")])).indexes == (4,)
    row = row_of(new, origin)
    assert HeadLock.of(new, row).read() == Checkpoint(origin, 5, row.root)
    assert carriers_of(new, origin) == (f"{OLD}/mirror/{row.hash}",)
    assert log_url(new, row) == f"http://127.0.0.1:8402/mirror/{row.hash}"
    # No key changed hands.
    first, second = row.chain.sets
    assert not key_file(new.keys_dir, first.log).exists()
    assert not key_file(old.keys_dir, second.log).exists()
    actions = [home.database.connection.execute("SELECT action FROM audit").fetchall() for home in (old, new)]
    assert actions == [[("key release",)], [("follow",), ("key move",)]]


async def test_a_lost_host_is_left_from_the_largest_head_that_anybody_shows(move: Move) -> None:
    """Drill: the host is gone; a node that followed it takes the log over."""
    origin, old, new = move.origin, move.old, move.new
    fetch = await move.follow()
    await publish(old, origin, [put("Alpha")])
    wanted = await move.prepare(fetch)
    assert wanted.keys.after == 2
    # Somebody turns up who has seen more: not from there.
    with pytest.raises(InvalidInputError, match="begins after 2 leaves, and the log has 3"):
        await take_over(new, move.shown(), origin, wanted, "clerk")
    assert not row_of(new, origin).own
    with pytest.raises(NotClearedError, match="none of the nodes"):
        await plan_move(new, CarrierFetch(), origin, Change())
    fetch = move.shown()
    wanted = await move.prepare(fetch)
    await take_over(new, fetch, origin, wanted, "clerk")
    assert (await clear(new, origin, fetch)).may_sign
    assert (await publish_waiting(new, origin)).size == 4


async def test_what_does_not_fit_is_refused_on_both_sides(move: Move) -> None:
    origin, old, new = move.origin, move.old, move.new
    with pytest.raises(NotFoundError, match="followed log"):
        await plan_move(new, CarrierFetch(), origin, Change())
    fetch = await move.follow()
    plan = await plan_move(new, fetch, origin, Change(urls=("https://new.example/log/city/1",)))
    unsigned = plan.prepared
    with pytest.raises(InvalidInputError, match="wants 1 of its roots"):
        release(old, origin, unsigned, "clerk")
    strange = unsigned.signed(root_keys(move.world.founded["city"].recovery_sheet))
    with pytest.raises(InvalidInputError, match="no root of"):
        unsigned.signed(root_keys(move.world.founded["town"].recovery_sheet))
    # Its private halves were not kept, so nothing could be signed.
    with pytest.raises(KeyFileError, match="missing"):
        await take_over(new, fetch, origin, strange, "clerk")
    plan.keep_secrets(new)
    # The old host knows that it cannot be sure, or that more was published.
    home = move.world.restart(old)
    with pytest.raises(NotClearedError, match="since this start"):
        release(home, origin, strange, "clerk")
    grant(home, origin)
    await publish(home, origin, [put("Alpha")])
    with pytest.raises(InvalidInputError, match="begins after 2 leaves, and the log has 3"):
        release(home, origin, strange, "clerk")
    with pytest.raises(ProtocolError):
        release(home, origin, Prepared.parse(strange.render().replace(b"after 2", b"after 3")), "clerk")
    # This machine published the log once and knows more than anybody shows.
    row = row_of(new, origin)
    HeadLock.of(new, row).write(Checkpoint(origin, 9, bytes(32)))
    with pytest.raises(NotClearedError, match="stands at size 9"):
        await take_over(new, fetch, origin, strange, "clerk")
