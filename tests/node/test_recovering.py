"""A node that lost all but its keys gets its log back, and signs only under the rules."""

import shutil
from pathlib import Path

import pytest

from federation.faults import FaultError
from node.answers.digest import digest
from node.errors import InvalidInputError, NotClearedError
from node.home import Home
from node.own.clearance import carriers_of, clear, grant
from node.own.headlock import HeadLock
from node.own.sequencer import publish
from node.recovering import find, take_back
from protocol.checkpoint import Checkpoint
from protocol.errors import SignatureError
from tests.node_world import Carrier, CarrierFetch, NodeWorld, erase, put
from tests.signers import chain, key_set

PEER = "http://127.0.0.1:9001"
LAGGARD = "http://127.0.0.1:9002"


async def carried(world: NodeWorld, carriers: list[Carrier]) -> Home:
    """A log with two entries and an erase; one node holds all of it, another one the beginning."""
    home, origin = world.found(), world.origin()
    grant(home, origin)
    receipt = await publish(home, origin, [put("Alpha"), put("Beta")])
    carriers.append(Carrier(home, world.root / "laggard", LAGGARD))
    await publish(home, origin, [erase(receipt.ids[0])])
    carriers.append(Carrier(home, world.root / "peer", PEER))
    return home


def lose(world: NodeWorld, home: Home, *, lock: bool = True) -> Home:
    """Lose everything but configuration and keys."""
    home.close()
    for path in home.path.iterdir():
        if path.name == "logs":
            shutil.rmtree(path)
        elif path.name.startswith("fedcat.db"):
            path.unlink()
    if lock:
        shutil.rmtree(world.root / "heads")
    return world.open(home.path.name)


async def test_a_lost_disk_comes_back_from_peers_and_goes_on(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home = await carried(world, carriers)
    origin, before = world.origin(), digest(home, (world.origin(),))
    home, fetch = lose(world, home), CarrierFetch(carriers)
    found = await find(home, fetch, origin, [LAGGARD, f"{PEER}/", "http://127.0.0.1:9"], None)
    taken = await take_back(home, fetch, found, "clerk")
    assert taken.size == 5
    assert digest(home, (origin,)) == before
    assert set(carriers_of(home, origin)) == {carrier.prefix(origin) for carrier in carriers}
    row = home.logs.get(origin)
    assert row is not None
    assert HeadLock.of(home, row).read() == Checkpoint(origin, 5, taken.root)
    # Nothing is signed before somebody else who carries it was asked once more.
    assert (await publish(home, origin, [put("Gamma")])).why_not
    assert not (await clear(home, origin, CarrierFetch())).may_sign
    assert (await clear(home, origin, fetch)).may_sign
    assert (await publish(home, origin, [put("Delta")])).signed
    actions = home.database.connection.execute("SELECT actor, action, detail FROM audit").fetchall()
    assert actions == [("clerk", "recover", '{"size": 5}')]


async def test_a_carrier_that_turns_up_with_more_stops_the_signature(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home = await carried(world, carriers)
    origin, (laggard, peer) = world.origin(), carriers
    home = lose(world, home)
    found = await find(home, CarrierFetch([laggard]), origin, [LAGGARD], None)
    taken = await take_back(home, CarrierFetch([laggard]), found, "clerk")
    assert taken.size == 4
    # The other one is known as a peer by now: what it has is fetched, and the log goes on behind it.
    with home.database.write() as connection:
        connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 0)", (PEER,))
    assert (await clear(home, origin, CarrierFetch([laggard, peer]))).may_sign
    assert (await publish(home, origin, [put("Gamma")])).indexes == (5,)


async def test_a_head_lock_that_knows_more_is_kept_to(world: NodeWorld, carriers: list[Carrier]) -> None:
    home = await carried(world, carriers)
    origin, (laggard, _) = world.origin(), carriers
    home = lose(world, home, lock=False)
    found = await find(home, CarrierFetch([laggard]), origin, [LAGGARD], None)
    with pytest.raises(NotClearedError, match="stands at size 5, the database at 4"):
        await take_back(home, CarrierFetch([laggard]), found, "clerk")
    # A second try, at somebody who has the rest, goes on from there.
    found = await find(home, CarrierFetch(carriers), origin, [LAGGARD, PEER], None)
    assert (await take_back(home, CarrierFetch(carriers), found, "clerk")).size == 5


async def test_identities_are_compared(world: NodeWorld, carriers: list[Carrier]) -> None:
    home = await carried(world, carriers)
    origin, fetch = world.origin(), CarrierFetch(carriers)
    fingerprint = world.founded["city"].fingerprint
    home = lose(world, home)
    assert (await find(home, fetch, origin, [PEER], fingerprint)).introduction.size == 5
    with pytest.raises(SignatureError, match=f"the fingerprint {fingerprint}, not 0000"):
        await find(home, fetch, origin, [PEER], "0" * 64)
    with pytest.raises(FaultError, match="nobody answers"):
        await find(home, fetch, origin, ["http://127.0.0.1:9"], None)
    with pytest.raises(FaultError, match="no log under"):
        await find(home, fetch, "other.example/log/x/1", [PEER], None)
    # A stranger's log of the same name, beside ours: whose it is has to be said.
    (world.root / "thief").mkdir()
    (world.root / "city").rename(world.root / "aside")
    strange = Carrier(world.found(), world.root / "thief" / "home", LAGGARD)
    carriers[0].close()
    carriers[0] = strange
    fetch = CarrierFetch(carriers)
    with pytest.raises(SignatureError, match="2 fingerprints"):
        await find(home, fetch, origin, [LAGGARD, PEER], None)
    assert (await find(home, fetch, origin, [LAGGARD, PEER], fingerprint)).prefixes == (
        carriers[1].prefix(origin),
    )


async def test_a_followed_log_is_not_taken_back(world: NodeWorld, carriers: list[Carrier]) -> None:
    await carried(world, carriers)
    other = world.found("town", 8402)
    fetch = CarrierFetch(carriers)
    found = await find(other, fetch, world.origin(), [PEER], None)
    other.logs.add(found.introduction.chain, own=False)
    with pytest.raises(InvalidInputError, match="is followed here"):
        await take_back(other, fetch, found, "clerk")


async def test_key_sets_without_a_tree_bring_nothing_back(
    world: NodeWorld, carriers: list[Carrier], tmp_path: Path
) -> None:
    assert tmp_path == world.root
    home = await carried(world, carriers)
    origin, fetch = world.origin(), CarrierFetch(carriers)
    home = lose(world, home)
    found = await find(home, fetch, origin, [PEER], None)
    with pytest.raises(FaultError, match="nobody answers"):
        await take_back(home, CarrierFetch(), found, "clerk")
    other = chain(key_set(origin="a.example/log/x/1"))
    assert other.origin != origin
    assert (await take_back(home, fetch, found, "clerk")).size == 5
