"""Long work rests between its parts, and ends after one, or in a rest, when its node does."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from node.answers.indexing import catch_up
from node.answers.search import Question, search
from node.audit import AUDIT_SECONDS, audit, audit_due
from node.dumping.making import make_dump, pack_dump
from node.forgetting import forget
from node.leisure import EndedError, Leisure
from node.own.clearance import grant
from node.own.sequencer import publish
from node.service import _ending
from node.store.waiting import is_anything_waiting
from protocol.tiles import WIDTH
from tests.node_world import NodeWorld, erase, put


def test_work_goes_on_after_a_rest_until_it_is_to_end() -> None:
    leisure = Leisure()
    leisure.rest()
    leisure.rest()
    leisure.end()
    with pytest.raises(EndedError):
        leisure.rest()


def test_work_without_rests_goes_on_until_it_is_to_end() -> None:
    leisure = Leisure()
    leisure.go_on()
    leisure.end()
    with pytest.raises(EndedError):
        leisure.go_on()


async def test_work_ends_with_whoever_waits_for_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(leisure: Leisure) -> None:
        begun.set()
        try:
            while True:
                leisure.go_on()
                time.sleep(0.01)
        except EndedError:
            ended.set()

    task = asyncio.create_task(_ending(work))
    assert await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 5)


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


async def test_indexing_that_ends_is_gone_on_with(world: NodeWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put(f"Entry {number}") for number in range(700)])
    catch_up(home)
    await publish(home, origin, [put(f"Another {number}") for number in range(700)])
    monkeypatch.setattr("node.answers.indexing._BATCH", 512)  # statements of one commit
    leisure, parts = Leisure(), 0

    def go_on() -> None:
        nonlocal parts
        parts += 1
        if parts == 2:
            leisure.end()
        leisure.go_on()

    with pytest.raises(EndedError):
        catch_up(home, go_on=go_on)
    assert is_anything_waiting(home.database.connection)
    # What a commit brought before is found, the rest later, and nothing twice.
    assert search(home, Question("another"), fresh=False).total == 512
    assert catch_up(home) == 700 - 512
    assert search(home, Question("another"), fresh=False).total == 700
    assert search(home, Question("entry"), fresh=False).total == 700


async def test_forgetting_that_ends_is_due_again(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    receipt = await publish(home, origin, [put("Zquorvexim"), put("Another")])
    catch_up(home)
    await publish(home, origin, [erase(receipt.ids[0])])
    leisure = Leisure()
    leisure.end()
    with pytest.raises(EndedError):
        forget(home, patient=False, go_on=leisure.go_on)
    question = "SELECT count(*) FROM remains WHERE wanted <> done"
    assert home.database.connection.execute(question).fetchone() == (2,)
    forget(home, patient=False)
    assert home.database.connection.execute(question).fetchone() == (0,)


def dumps_in(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.glob("dump*")}


async def test_a_dump_that_ends_leaves_the_former_one(world: NodeWorld, tmp_path: Path) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put("One")])
    path = make_dump(home, tmp_path / "dump.jsonl", "jsonl")
    pack_dump(path, "jsonl")
    before = dumps_in(tmp_path)
    await publish(home, origin, [put("Two")])
    leisure = Leisure()
    leisure.end()
    with pytest.raises(EndedError):
        make_dump(home, path, "jsonl", leisure.go_on)
    with pytest.raises(EndedError):
        pack_dump(path, "jsonl", leisure.go_on)
    assert dumps_in(tmp_path) == before
    assert make_dump(home, path, "jsonl", Leisure().go_on).read_bytes() != before["dump.jsonl"]


async def test_long_work_asks_whether_to_go_on_in_each_bundle(world: NodeWorld, tmp_path: Path) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put(f"Entry {number}") for number in range(8 * WIDTH)])
    bundles = -(-home.logs.all()[0].size // WIDTH)
    asked = 0

    def go_on() -> None:
        nonlocal asked
        asked += 1

    make_dump(home, tmp_path / "dump.jsonl", "jsonl", go_on)
    # What counts is found out first, then it is written.
    assert asked >= 2 * bundles
    asked = 0
    audit(home, origin, go_on, go_on)
    # Leaves and hashes, a replay, the rows, contents.
    assert asked >= 4 * bundles - 1

    def end() -> None:
        raise EndedError

    with pytest.raises(EndedError):
        audit(home, origin, go_on=end)
