"""Long work rests between its parts, and ends in a rest when its node does."""

import threading

import pytest

from node.audit import AUDIT_SECONDS, audit, audit_due
from node.leisure import EndedError, Leisure
from node.own.clearance import grant
from node.own.sequencer import publish
from protocol.tiles import WIDTH
from tests.node_world import NodeWorld, put


def test_work_goes_on_after_a_rest_until_it_is_to_end() -> None:
    leisure = Leisure()
    leisure.rest()
    leisure.rest()
    leisure.end()
    with pytest.raises(EndedError):
        leisure.rest()


def test_a_rest_is_broken_off() -> None:
    leisure, rested = Leisure(), threading.Event()
    leisure._begun -= 1_000  # a part that took a quarter of an hour
    ended: list[type[Exception]] = []

    def work() -> None:
        rested.set()
        try:
            leisure.rest()
        except EndedError as error:
            ended.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    assert rested.wait(5)
    leisure.end()
    thread.join(5)
    assert ended == [EndedError]


async def test_an_audit_rests_after_each_bundle_and_one_that_ended_is_still_due(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put(f"Entry {number}") for number in range(WIDTH)])
    rests: list[None] = []
    audit(home, origin, lambda: rests.append(None))
    assert len(rests) == 4  # two bundles, their leaves and their contents

    world.clock.pass_by(AUDIT_SECONDS + 1)
    leisure = Leisure()
    leisure.end()
    with pytest.raises(EndedError):
        audit_due(home, leisure.rest)
    found = audit_due(home)
    assert found is not None
    assert not found.findings
    assert audit_due(home) is None
