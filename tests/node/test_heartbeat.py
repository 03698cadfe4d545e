"""Heartbeats, and the cosignatures that are renewed with them."""

import pytest

from node.errors import NotClearedError, NotFoundError
from node.own.clearance import grant
from node.own.heartbeat import beat, beat_due
from protocol.note import Note
from tests.node_world import NOW, NodeWorld


async def test_a_heartbeat_is_renewed_on_its_interval(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    assert not beat_due(home, origin)
    world.clock.pass_by(home.config.heartbeat.interval_seconds)
    assert beat_due(home, origin)
    before = home.logs.all()[0]
    await beat(home, origin)
    row = home.logs.all()[0]
    assert row.chain.beat_time(Note.parse(row.note)) == world.clock.now
    assert row.mirror_time == world.clock.now
    assert len(Note.parse(row.note).signatures) == 3
    # The signature of the log stays as it was: the head did not move.
    assert Note.parse(row.note).signatures[0] == Note.parse(before.note).signatures[0]
    assert not beat_due(home, origin)


async def test_a_clock_set_back_does_not_make_the_log_look_older(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    world.clock.pass_by(-1_000)
    await beat(home, origin)
    row = home.logs.all()[0]
    assert row.chain.beat_time(Note.parse(row.note)) == NOW
    assert row.mirror_time == NOW


async def test_no_heartbeat_without_clearance(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    with pytest.raises(NotClearedError, match="compared"):
        await beat(home, origin)


async def test_no_heartbeat_for_an_unsigned_head(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    with home.database.write() as connection:
        connection.execute("UPDATE log SET note_size = 1")
    with pytest.raises(NotClearedError, match="not signed yet"):
        await beat(home, origin)


async def test_a_log_without_a_beat_line_is_due(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    row = home.logs.all()[0]
    note = Note.parse(row.signed)
    home.logs.store(origin).keep_note(Note(note.text, note.signatures[:1]).render())
    assert beat_due(home, origin)


async def test_other_logs_have_no_heartbeat_here(world: NodeWorld) -> None:
    home = world.found()
    assert not beat_due(home, "nobody.example/log/x/1")
    with pytest.raises(NotFoundError):
        await beat(home, "nobody.example/log/x/1")


async def test_a_clock_that_was_far_ahead_does_not_silence_the_log(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    world.clock.pass_by(10**8)
    await beat(home, origin)
    world.clock.pass_by(-(10**8))
    assert beat_due(home, origin)
    await beat(home, origin)
    row = home.logs.all()[0]
    assert row.chain.beat_time(Note.parse(row.note)) == NOW
    assert not beat_due(home, origin)
