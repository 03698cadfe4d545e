"""A key set that was published before a database was put back is learned again before anything is signed."""

from node.own.clearance import clear, grant, note_carrier
from node.own.rootkeys import root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import publish
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put

BASE = "http://127.0.0.1:9001"


async def test_a_planned_rotation_is_not_forgotten_with_an_older_database(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    """Drill: the log did not grow between the backup and the crash, but its next keys were published."""
    city, origin = world.found(), world.origin()
    grant(city, origin)
    await publish(city, origin, [put("Alpha")])
    row = city.logs.get(origin)
    assert row is not None
    note_carrier(city, origin, f"{BASE}/mirror/{row.hash}", row.size)
    planned = plan(city, origin, Change(after=row.size + 1))
    planned.keep_secrets(city)
    city.close()
    aside = world.copy_database()

    city = world.open()
    fetch = CarrierFetch()
    prepared = planned.prepared.signed(root_keys(world.founded["city"].recovery_sheet))
    grant(city, origin)
    keys = put_in_force(city, origin, prepared, "clerk")
    carriers.append(Carrier(city, world.root / "carrier", BASE))
    fetch.carriers = carriers
    city.close()
    world.put_back(aside)

    city = world.open()
    assert (await clear(city, origin, fetch)).may_sign
    # Everybody else knows that this set begins after the next leaf, and would refuse any other.
    await publish(city, origin, [put("Beta"), put("Gamma")])
    row = city.logs.get(origin)
    assert row is not None
    assert [each.text for each in row.chain.sets[1:]] == [keys.text]
    assert city.logs.store(origin).leaf(keys.after).commitment == keys.digest
