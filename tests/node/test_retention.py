"""What is superseded is kept for as long as the operator says."""

from __future__ import annotations

import dataclasses

import pytest

from node.answers.provenance import history, proof, show
from node.answers.rebuild import rebuild
from node.audit import audit
from node.config import RetentionConfig
from node.errors import LockedError, NotFoundError
from node.home import Home
from node.importing import import_records
from node.interop.record import Record, RecordKey
from node.own.sequencer import Draft, publish
from node.retention import DAY, to_trim, trim
from protocol.leaf import Op
from tests.node_world import NodeWorld, erase, payload, put, withdraw
from tests.trio import Trio, trio_in


@pytest.fixture
async def trio(world: NodeWorld) -> Trio:
    return await trio_in(world)


def keep(home: Home, days: int) -> None:
    home.config = dataclasses.replace(home.config, retention=RetentionConfig(days))


def kept(home: Home, ref: str) -> list[bool]:
    """Return of each version, the newest first, whether its content is kept."""
    return [each["statement"] is not None for each in history(home, ref)]


async def test_superseded_content_goes_when_its_time_is_over(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    one, two = (await publish(city, origin, [put("One"), put("Two")])).ids
    await trio.sync()
    await publish(city, origin, [Draft(Op.PUT, one, payload("One", v=1))])
    await trio.sync()
    trio.world.clock.pass_by(60 * DAY)
    await publish(city, origin, [withdraw(two)])
    await trio.sync()
    trio.world.clock.pass_by(30 * DAY - 1)
    for home in (city, relay):
        assert (trim(home), kept(home, one.hex()), kept(home, two.hex())) == ({}, [True, True], [True, True])
    trio.world.clock.pass_by(1)
    for home in (city, relay):
        assert to_trim(home) == {origin: 1}
        assert trim(home, [origin]) == {origin: 1}
        assert trim(home) == {}
        assert (kept(home, one.hex()), kept(home, two.hex())) == ([True, False], [True, True])
        assert trim(home, days=30) == {origin: 1}
        assert kept(home, two.hex()) == [True, False]
        assert (show(home, one.hex())["state"], show(home, two.hex())["state"]) == ("live", "withdrawn")
        assert audit(home, origin).findings == []
        assert proof(home, one.hex())
        index = history(home, one.hex())[1]["index"]
        status, *_ = await trio.answers(home, trio.mirrored(home, f"blob/{index}"))
        assert status == 404
    # It can be erased all the same, and what comes later finds its place.
    await publish(city, origin, [erase(one, history(city, one.hex())[1]["index"])])
    await trio.sync()
    assert audit(relay, origin).findings == []


async def test_nothing_goes_or_all_at_once(trio: Trio) -> None:
    city, origin = trio.city, trio.origin
    (id_,) = (await publish(city, origin, [put("One")])).ids
    await publish(city, origin, [Draft(Op.PUT, id_, payload("One", v=1))])
    keep(city, -1)
    trio.world.clock.pass_by(10_000 * DAY)
    assert (trim(city), kept(city, id_.hex())) == ({}, [True, True])
    keep(city, 0)
    await publish(city, origin, [Draft(Op.PUT, id_, payload("Two", v=1))])
    assert trim(city) == {origin: 2}
    assert kept(city, id_.hex()) == [True, False, False]
    with pytest.raises(NotFoundError):
        trim(city, ["nobody.example/log/x/1"])


async def test_what_was_withdrawn_is_not_imported_again_when_it_is_trimmed(trio: Trio) -> None:
    city, origin = trio.city, trio.origin
    said = payload("Tool")
    record = Record("publiccode", "Tool.yml", RecordKey.of(said), said)
    id_ = (await import_records(city, origin, [record])).details[0].id
    assert id_ is not None
    await publish(city, origin, [withdraw(id_)])
    assert trim(city, days=0) == {origin: 1}
    rebuild(city)
    again = await import_records(city, origin, [record])
    assert (again.accepted, again.unchanged) == (0, 1)
    assert show(city, id_.hex())["state"] == "withdrawn"


async def test_a_log_that_is_written_all_the_time_keeps_no_other_from_its_turn(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, origin = trio.relay, trio.origin
    mine = trio.world.origin("relay")
    for home, log in ((trio.city, origin), (relay, mine)):
        (id_,) = (await publish(home, log, [put("One")])).ids
        await publish(home, log, [Draft(Op.PUT, id_, payload("One", v=1))])
    await trio.sync()
    assert to_trim(relay, days=0) == {mine: 1}
    (id_,) = (await publish(trio.city, origin, [put("Two")])).ids
    await trio.sync()
    await publish(trio.city, origin, [Draft(Op.PUT, id_, payload("Two", v=1))])
    await trio.sync()
    monkeypatch.setattr("node.store.logwriter.PATIENCE_SECONDS", 0.0)
    with relay.logs.store(origin).writing(), pytest.raises(LockedError):
        trim(relay, [origin, mine], days=0)
    assert to_trim(relay, days=0) == {origin: 1}
