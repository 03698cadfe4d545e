"""A log that was begun before the home was put back from a backup is not begun a second time."""

import pytest

from node.errors import NotClearedError
from node.own.clearance import grant
from node.own.founding import begin_log, plan_log
from node.own.headlock import HeadLock
from node.own.rootkeys import new_root, root_keys
from node.own.sequencer import publish
from node.own.succeeding import begin_successor, plan_successor
from protocol.checkpoint import Checkpoint
from tests.node_world import NodeWorld, put


def locked(world: NodeWorld, origin: str, fingerprint: str) -> Checkpoint | None:
    home = world.open()
    assert home.logs.get(origin) is None
    head = HeadLock(home.lock_dir, fingerprint).read()
    home.close()
    return head


async def test_a_successor_is_not_begun_again_by_a_database_that_was_put_back(world: NodeWorld) -> None:
    city, origin = world.found(), world.origin()
    grant(city, origin)
    await publish(city, origin, [put("Alpha")])
    planned = plan_successor(city, origin)
    planned.keep_secrets(city)
    prepared = planned.prepared.signed(root_keys(world.founded["city"].recovery_sheet))
    city.close()
    aside = world.copy_database()

    city, new = world.open(), prepared.keys.origin
    assert begin_successor(city, prepared, "clerk") is None
    await publish(city, new, [put("Beta")])
    first = city.logs.get(new)
    assert first is not None
    city.close()
    world.put_back(aside)

    city = world.open()
    # The head lock is outside of backups: it knows that all of this was signed and shown.
    with pytest.raises(NotClearedError, match=f"stands at size {first.size}"):
        begin_successor(city, prepared, "clerk")
    city.close()
    head = locked(world, new, prepared.keys.fingerprint)
    assert head == Checkpoint(new, first.size, first.root)


async def test_a_log_is_not_begun_again_by_a_home_that_was_put_back(world: NodeWorld) -> None:
    city = world.found()
    origin = world.origin().replace("/log/city/", "/log/works/")
    root = new_root(origin, 1)
    planned = plan_log(city, name="Works", log_name="works", roots=(root.vkey,), threshold=1)
    planned.keep_secrets(city)
    prepared = planned.prepared.signed((root,))
    city.close()
    aside = world.copy_database()

    city = world.open()
    begin_log(city, "Works", prepared)
    await publish(city, origin, [put("Alpha")])
    first = city.logs.get(origin)
    assert first is not None
    city.close()
    # A whole home from a backup: its files do not know of the log either.
    (world.root / "city" / "logs" / first.hash).rename(world.root / "gone")
    world.put_back(aside)

    city = world.open()
    with pytest.raises(NotClearedError, match=f"stands at size {first.size}"):
        begin_log(city, "Works", prepared)
    city.close()
    head = locked(world, origin, prepared.keys.fingerprint)
    assert head == Checkpoint(origin, first.size, first.root)
