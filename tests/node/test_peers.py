"""Following, and rounds over real sockets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web

from federation.faults import FaultError, FaultKind
from node.answers.digest import digest
from node.answers.index import index_in
from node.answers.search import Question, search
from node.carriers import check_carriers
from node.errors import InvalidInputError, KeyFileError
from node.own.clearance import carriers_of
from node.own.cosigner import cosign
from node.peers import follow, introduce_all, sync_round
from node.rounds import Rounds
from node.sources import is_any_due, log_sources, remembered
from node.store.logstore import LogStore
from protocol.note import Note
from tests.publisher import Publisher, entry
from tests.wire_world import World, faults, followed, mirrored, source_rows


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def test_following_pins_and_the_first_round_brings_everything(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.put(entry("Budget"))
    publisher.publish()
    assert not is_any_due(b.home)
    await followed(world, b, f"{a.url}/")
    await followed(world, b, a.url)
    assert is_any_due(b.home)
    outcomes = await sync_round(b.home, world.fetch)
    assert {(each.origin, each.size, each.new) for each in outcomes if each.fault is None} == {
        (a.origin, 2, 2)
    }
    assert digest(a.home) == digest(b.home)
    assert search(b.home, Question("budget")).total == 1
    row = b.home.logs.get(a.origin)
    assert row is not None
    assert (row.own, row.visible_size) == (False, 2)
    assert any("/mirror" in signature.name for signature in Note.parse(row.note).signatures)


async def test_a_round_without_news_is_one_conditional_request(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    await sync_round(b.home, world.fetch)
    a.requests.clear()
    outcomes = await sync_round(b.home, world.fetch)
    assert [(each.new, each.fault) for each in outcomes] == [(0, None)]
    assert a.requests == ["/checkpoints", "/log/city/1/checkpoint"]
    assert remembered(b.home).etags


async def test_a_place_that_a_log_has_left_does_not_keep_the_node_busy(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    assert not is_any_due(b.home)
    with b.home.database.write() as connection:
        connection.execute(
            "INSERT INTO source (log, url, next_due) SELECT id, 'http://gone.example/log/a/1', ? FROM log"
            " WHERE origin = ?",
            (b.home.now() - 1, a.origin),
        )
    assert is_any_due(b.home)
    a.requests.clear()
    rounds = Rounds(b.home, world.fetch)
    await rounds.step()
    await rounds.close()
    assert a.requests == []
    assert not is_any_due(b.home)


async def test_a_missing_blob_grows_old_between_processes(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.put(entry("Budget"))
    publisher.put(entry("Parks"), withheld=True)
    publisher.publish()
    await followed(world, b, a.url)
    started = b.clock[0]
    for seconds in (0, 500, 899):
        b.clock[0] = started + seconds
        await sync_round(b.home, world.fetch)  # each with what the database remembers, as from cron
        assert remembered(b.home).missed == {a.origin: {2: started}}
        assert b.home.logs.store(a.origin).size == 0
    b.clock[0] = started + 900
    await sync_round(b.home, world.fetch)
    held = b.home.logs.store(a.origin).held()
    assert (held.size, held.withheld) == (3, (2,))
    # What the log goes on without is nothing to wait for any more.
    publisher.put(entry("Streets"))
    publisher.publish()
    await sync_round(b.home, world.fetch)
    assert b.home.logs.store(a.origin).size == 4
    assert remembered(b.home).missed == {}


async def no_feed(request: web.Request) -> web.StreamResponse:
    if request.path == "/checkpoints":
        return web.Response(status=404)
    answer = await request.match_info.handler(request)
    assert isinstance(answer, web.StreamResponse)
    return answer


async def test_only_what_is_due_is_asked(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.publish()
    await followed(world, b, a.url)
    memory = remembered(b.home)
    assert await sync_round(b.home, world.fetch, only_due=True, memory=memory)
    assert not is_any_due(b.home)
    assert await sync_round(b.home, world.fetch, only_due=True, memory=memory) == ()
    b.clock[0] += 31
    # The feed of the origin's own node says that there is nothing new, so nobody else is asked for an hour.
    a.requests.clear()
    assert await sync_round(b.home, world.fetch, only_due=True, memory=memory) == ()
    assert a.requests == ["/checkpoints"]
    b.clock[0] += 3601
    assert is_any_due(b.home)
    world.broken["a"] = no_feed
    assert await sync_round(b.home, world.fetch, only_due=True, memory=memory)
    assert await sync_round(b.home, world.fetch, only_due=True, memory=memory) == ()


async def test_a_dead_origin_is_read_from_its_mirror_and_backs_off(world: World) -> None:
    a, b, c = await world.node("a"), await world.node("b"), await world.node("c")
    publisher = Publisher(a.home, a.origin)
    publisher.put(entry("Budget"))
    publisher.publish()
    Publisher(b.home, b.origin).publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    await a.server.close()
    await followed(world, c, b.url)
    await followed(world, c, b.url, a.origin)
    outcomes = await sync_round(c.home, world.fetch)
    ours = [each for each in outcomes if each.origin == a.origin]
    assert any(each.fault is None and each.source == f"{b.url}{a.mirror_path}" for each in ours)
    assert digest(c.home, [a.origin]) == digest(a.home)
    rows = source_rows(c.home)
    dead, mirror = rows[f"http://{a.origin}"], rows[f"{b.url}{a.mirror_path}"]
    assert (dead["fault"], dead["failures"], dead["last_success"]) == ("unreachable", 1, None)
    assert (mirror["fault"], mirror["failures"], mirror["size"]) == (None, 0, 2)
    assert mirror["last_success"] == mirror["last_try"] == c.clock[0]
    # While the origin fails its mirror is polled at the usual interval, the origin less often.
    for _ in range(4):
        c.clock[0] += 31
        await sync_round(c.home, world.fetch, only_due=True)
    assert source_rows(c.home)[f"http://{a.origin}"]["failures"] <= 5
    assert source_rows(c.home)[f"{b.url}{a.mirror_path}"]["last_try"] == c.clock[0]


async def test_a_lying_source_is_named_and_the_next_one_serves(world: World) -> None:
    a, b, c = await world.node("a"), await world.node("b"), await world.node("c")
    publisher = Publisher(a.home, a.origin)
    for number in range(5):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    await followed(world, c, a.url)
    await followed(world, c, b.url, a.origin)

    async def html(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>", content_type="text/html")

    world.broken["a"] = html
    outcomes = await sync_round(c.home, world.fetch)
    assert FaultKind.MALFORMED in faults(outcomes)
    assert digest(c.home) == digest(b.home)


async def test_a_fault_in_one_log_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = await world.node("a"), await world.node("b"), await world.node("c")
    for node in (a, b):
        Publisher(node.home, node.origin).publish()
        await followed(world, c, node.url)
    store = c.home.logs.store

    def broken_store(origin: str) -> Any:  # noqa: ANN401
        if origin == a.origin:
            raise OSError("the disk is on fire")
        return store(origin)

    monkeypatch.setattr(c.home.logs, "store", broken_store)
    outcomes = await sync_round(c.home, world.fetch)
    own = [each for each in outcomes if each.source == ""]
    assert [each.origin for each in own] == [a.origin]
    assert "the disk is on fire" in str(own[0].fault)
    assert any(each.origin == b.origin and each.new == 1 for each in outcomes)


async def test_a_store_that_cannot_keep_is_not_tried_at_every_tick(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    await followed(world, b, a.url)
    store, calls = b.home.logs.store, 0

    def full(origin: str) -> LogStore:
        nonlocal calls
        calls += 1
        raise OSError(f"no space left for {origin}")

    monkeypatch.setattr(b.home.logs, "store", full)
    rounds = Rounds(b.home, world.fetch)
    for _ in range(5):
        await rounds.step()
        await asyncio.gather(*rounds._running.values())
    assert calls == 1
    monkeypatch.setattr(b.home.logs, "store", store)
    rounds._waits.clear()
    b.clock[0] += 3600
    await rounds.step()
    await asyncio.gather(*rounds._running.values())
    assert digest(b.home, [a.origin]) == digest(a.home)
    await rounds.close()


async def test_a_damaged_tail_is_fetched_again(world: World) -> None:
    a, b, publisher = await mirrored(world, "One")
    mirror = b.home.logs.store(a.origin)
    path = mirror.content_files.directory / "0.gz"
    path.write_bytes(path.read_bytes()[:20])
    publisher.put(entry("Two"))
    publisher.publish()
    outcomes = await sync_round(b.home, world.fetch)
    assert any("it does not unpack" in str(each.fault) for each in outcomes if each.source == "")
    assert mirror.held().withheld == (1,)
    await sync_round(b.home, world.fetch)
    assert mirror.held().withheld == ()
    assert sorted(mirror.read_blobs(0).items()) == sorted(publisher.store.read_blobs(0).items())


async def test_an_index_in_use_is_left_to_a_later_round(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.put(entry("Budget"))
    publisher.publish()
    await followed(world, b, a.url)
    monkeypatch.setattr("node.rounds.INDEX_WAIT", 0.01)
    with structlog.testing.capture_logs() as lines, index_in(b.home.index_dir).writing(1):
        assert any(each.new for each in await sync_round(b.home, world.fetch))
    assert lines[-1]["event"] == "not indexed yet"
    assert search(b.home, Question("budget")).total == 1


async def test_without_a_mirror_key_nothing_is_cosigned_and_sync_goes_on(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    await followed(world, b, a.url)
    for path in b.home.keys_dir.iterdir():
        path.unlink()
    outcomes = await sync_round(b.home, world.fetch)
    assert any(each.new == 1 and each.fault is None for each in outcomes)
    row = b.home.logs.get(a.origin)
    assert row is not None
    assert (row.size, row.visible_size) == (1, 0)
    with pytest.raises(KeyFileError):
        cosign(b.home, a.origin)


async def test_peers_are_asked_whether_they_carry_own_logs(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.publish()
    Publisher(b.home, b.origin).publish()
    await followed(world, a, b.url)
    await check_carriers(a.home, world.fetch)
    assert carriers_of(a.home, a.origin) == ()
    prefix = f"{b.url}{a.mirror_path}"
    assert source_rows(a.home)[prefix]["failures"] == 1
    b.requests.clear()
    await check_carriers(a.home, world.fetch)
    assert b.requests == []

    await followed(world, b, a.url)
    await sync_round(b.home, world.fetch)
    a.clock[0] += 600
    await check_carriers(a.home, world.fetch)
    assert carriers_of(a.home, a.origin) == (prefix,)
    assert source_rows(a.home)[prefix]["failures"] == 0


async def test_a_carrier_that_talks_nonsense_or_not_at_all_is_none(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    Publisher(b.home, b.origin).publish()
    await followed(world, a, b.url)
    prefix = f"{b.url}{a.mirror_path}"

    async def html(_: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>")

    world.broken["b"] = html
    await check_carriers(a.home, world.fetch)
    assert source_rows(a.home)[prefix]["fault"] == "malformed"
    await b.server.close()
    a.clock[0] += 3600
    await check_carriers(a.home, world.fetch)
    assert source_rows(a.home)[prefix]["fault"] == "unreachable"
    assert carriers_of(a.home, a.origin) == ()


async def test_a_carrier_with_more_than_we_have_is_remembered(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    behind = Publisher(a.home, a.origin)
    behind.publish()
    ahead = Publisher(b.home, a.origin, own=False)
    ahead.put(entry("More"))
    ahead.publish()
    Publisher(b.home, b.origin).publish()
    await followed(world, a, b.url)
    with structlog.testing.capture_logs() as lines:
        await check_carriers(a.home, world.fetch)
    assert [line["event"] for line in lines] == ["a peer shows more of this log than we have"]
    assert carriers_of(a.home, a.origin) == (f"{b.url}{a.mirror_path}",)


async def test_a_log_that_grows_while_a_carrier_is_asked_is_no_alarm(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    publisher = Publisher(a.home, a.origin)
    publisher.publish()
    Publisher(b.home, b.origin).publish()
    await followed(world, a, b.url)

    async def newer(_: web.Request) -> web.StreamResponse:
        publisher.put(entry("More"))
        publisher.publish()
        row = a.home.logs.get(a.origin)
        assert row is not None
        return web.Response(body=row.note)

    world.broken["b"] = newer
    with structlog.testing.capture_logs() as lines:
        await check_carriers(a.home, world.fetch)
    assert lines == []
    assert carriers_of(a.home, a.origin) == (f"{b.url}{a.mirror_path}",)


async def test_plain_files_are_followed_by_their_url(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    Publisher(a.home, a.origin).publish()
    files = f"{a.url}/log/city/1"
    await followed(world, b, files)
    assert f"{files}" in source_rows(b.home)
    assert b.home.database.connection.execute("SELECT * FROM peer").fetchall() == []
    row = b.home.logs.get(a.origin)
    assert row is not None
    assert f"http://{a.origin}" in [source.prefix for source in log_sources(b.home, row)]


async def test_what_cannot_be_introduced_is_said(world: World) -> None:
    a, b = await world.node("a"), await world.node("b")
    with pytest.raises(FaultError, match="no log of its own"):
        await introduce_all(b.home, world.fetch, a.url, None)
    with pytest.raises(InvalidInputError, match="origin"):
        await introduce_all(b.home, world.fetch, a.url, "not an origin")
    with pytest.raises(FaultError):
        await introduce_all(b.home, world.fetch, a.url, "x.example/log/none/1")

    async def card(_: web.Request) -> web.StreamResponse:
        return web.json_response({"fedcat": 1, "software": "x", "logs": [{"origin": "BAD"}], "mirror": ""})

    world.broken["a"] = card
    with pytest.raises(FaultError, match="origin"):
        await introduce_all(b.home, world.fetch, a.url, None)


async def test_nobody_follows_themselves(world: World) -> None:
    a = await world.node("a")
    Publisher(a.home, a.origin).publish()
    (introduction,) = await introduce_all(a.home, world.fetch, a.url, None)
    with pytest.raises(InvalidInputError, match="itself"):
        follow(a.home, introduction, a.url, "root")
