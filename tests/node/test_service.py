"""The running node: its loops, and how it comes and goes."""

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from aiohttp import web

from federation.fetch import Fetcher
from federation.limits import Limits
from federation.vouching import AllowRule
from node import app, service
from node.answers.catalogue import CatalogueProjection
from node.answers.digest import digest
from node.answers.indexing import catch_up
from node.errors import ConfigError, KeyFileError, NotFoundError
from node.home import Home
from node.leisure import GoOn
from node.own.clearance import Clearance, clear
from node.own.founding import found_log, found_node
from node.own.headlock import HeadLock
from node.own.sequencer import Draft, publish
from node.peers import follow, introduce_all
from node.service import serve
from node.standing import verified_domains
from node.store.restraints import blocked_logs
from protocol.checkpoint import Checkpoint
from protocol.leaf import Op
from protocol.note import Note
from protocol.packing import Value
from tests.claims_server import PLACE, ClaimsServer, line
from tests.ports import free_port
from tests.publisher import entry
from tests.trust_world import block_list, trusting, vouch

PATIENCE = 60.0
"""Seconds after which something hangs: on a busy machine a round of three nodes took twenty."""


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))
    monkeypatch.setenv("FEDCAT_SYNC_INTERVAL_SECONDS", "1")
    monkeypatch.setattr(service, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(service, "CLEARANCE_SECONDS", 0.1)
    monkeypatch.setattr(service, "CLAIMS_SECONDS", 0.1)
    # Each look costs; at fifty a second three nodes of one process keep each other from getting anywhere.
    monkeypatch.setattr(service, "ADMISSION_SECONDS", 0.1)


def found(tmp_path: Path, name: str) -> Home:
    path = tmp_path / name
    found_node(
        path,
        address=f"http://127.0.0.1:{free_port()}",
        name=name.title(),
        allow_private=True,
        projection=CatalogueProjection(),
    )
    return Home.open(path, projection=CatalogueProjection())


def own_origin(home: Home) -> str:
    return next(row.origin for row in home.logs.all() if row.own)


def release(home: Home) -> None:
    """Forget that founding cleared this process, as a new one would not know."""
    for lock in home.clearances.values():
        lock.release()
    home.clearances.clear()


@asynccontextmanager
async def served(home: Home) -> AsyncIterator[asyncio.Task[None]]:
    ready, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(home, ready=ready.set, stop=stop))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield task
    finally:
        waiting.cancel()
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(claim: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not claim():  # noqa: ASYNC110 - another process would leave no event either
            await asyncio.sleep(0.01)


def indexed(home: Home) -> bool:
    """Report whether nothing waits for the index: no reader waits for it."""
    return home.database.connection.execute("SELECT 1 FROM index_queue").fetchone() is None


async def get(home: Home, path: str) -> tuple[int, bytes]:
    async with aiohttp.ClientSession() as client, client.get(home.config.address + path) as response:
        return response.status, await response.read()


async def test_a_node_answers_while_it_runs(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    async with served(home):
        assert await get(home, "/readyz") == (200, b'{"ready":true}')
        status, card = await get(home, "/.well-known/fedcat")
        assert status == 200
        assert own_origin(home).encode() in card
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(home, "/livez")
    home.close()


async def test_drafts_of_another_process_are_signed_and_found(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    origin = own_origin(home)
    release(home)
    other = Home.open(home.path, projection=CatalogueProjection())
    receipt = await publish(other, origin, [Draft(Op.PUT, None, entry("Budget", source={"format": "x"}))])
    assert not receipt.signed
    async with served(home):
        await until(lambda: (row := home.logs.get(origin)) and row.visible_size == 3)
        await until(lambda: indexed(home))
        receipt = await publish(
            other, origin, [Draft(Op.PUT, None, entry("Spending", source={"format": "x"}))]
        )
        assert receipt.signed
        await until(lambda: indexed(home))
        status, body = await get(home, "/api/v1/search?q=spending")
        assert (status, b'"total":1' in body) == (200, True)
    other.close()
    home.close()


async def test_a_heartbeat_that_is_due_is_renewed(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    origin = own_origin(home)
    times = [home.now()]
    home._clock = lambda: times[0]

    def beat_time() -> int:
        row = home.logs.get(origin)
        assert row is not None
        return row.chain.beat_time(Note.parse(row.note)) or 0

    async with served(home):
        await until(lambda: origin in home.clearances)
        before = beat_time()
        times[0] += 21_601
        await until(lambda: beat_time() >= before + 21_600)
    home.close()


async def test_a_domain_that_a_profile_names_is_asked_whom_it_lists(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    origin = own_origin(home)
    (row,) = home.logs.all()
    async with ClaimsServer() as server, served(home):
        server.files[PLACE] = line(row.fingerprint, origin)
        named: list[Value] = [{"scheme": "domain", "value": server.domain}]
        profile: dict[str, Value] = {"type": "profile", "v": 1, "name": {"en": "City"}, "identifiers": named}
        await until(lambda: origin in home.clearances)
        await publish(home, origin, [Draft(Op.PUT, None, profile)])
        await until(lambda: verified_domains(home.database.connection, home.now()))
        assert verified_domains(home.database.connection, home.now()) == {row.id: {server.domain}}
    home.close()


async def test_follows_of_another_process_are_pulled(tmp_path: Path) -> None:
    city, reader = found(tmp_path, "city"), found(tmp_path, "reader")
    other = Home.open(reader.path, projection=CatalogueProjection())
    async with served(city), served(reader), Fetcher(Limits(), allow_private=True) as fetch:
        await until(lambda: own_origin(city) in city.clearances)
        for introduction in await introduce_all(other, fetch, city.config.address, None):
            follow(other, introduction, city.config.address, "root")
        origin = own_origin(city)
        await until(lambda: (row := reader.logs.get(origin)) and row.visible_size == 2)
        assert digest(reader, [origin]) == digest(city)
        await publish(city, origin, [Draft(Op.PUT, None, entry("Budget", source={"format": "x"}))])
        await until(lambda: (row := reader.logs.get(origin)) and row.visible_size == 3 and indexed(reader))
        status, body = await get(reader, "/api/v1/search?q=budget")
        assert (status, b'"total":1' in body) == (200, True)
    for home in (city, reader, other):
        home.close()


async def test_whom_the_rule_lets_in_is_followed_and_whom_a_list_blocks_is_hidden(tmp_path: Path) -> None:
    city, parks, reader = (found(tmp_path, name) for name in ("city", "parks", "reader"))
    (row,) = parks.logs.all()
    trusting(reader, allow=AllowRule(vouchers=1))
    async with (
        served(city),
        served(parks),
        served(reader),
        Fetcher(Limits(), allow_private=True) as fetch,
    ):
        await until(lambda: own_origin(city) in city.clearances and row.origin in parks.clearances)
        await publish(parks, row.origin, [Draft(Op.PUT, None, entry("Budget", source={"format": "x"}))])
        for introduction in await introduce_all(reader, fetch, city.config.address, None):
            follow(reader, introduction, city.config.address, "root")
        said = vouch(row.origin, row.fingerprint, issued="2026-01-01", expires="2999-01-01")
        await publish(city, own_origin(city), [Draft(Op.PUT, None, said)])
        await until(lambda: (found := reader.logs.get(row.origin)) and found.visible_size == 3)
        assert b'"by":"rule"' in (await get(reader, f"/api/v1/publishers/{row.origin}"))[1]
        receipt = await publish(city, own_origin(city), [Draft(Op.PUT, None, block_list(row.origin))])
        trusting(reader, subscribed=(f"{own_origin(city)}/e/{receipt.ids[0].hex()}",))
        await until(lambda: blocked_logs(reader.database.connection))
        # The index may follow a moment later, and nothing of it is shown meanwhile.
        assert b'"items":[]' in (await get(reader, "/api/v1/search?q=budget"))[1]
    for home in (city, parks, reader):
        home.close()


@pytest.mark.parametrize("is_readable", [True, False])
async def test_a_node_that_may_not_sign_serves_and_asks_again(tmp_path: Path, is_readable: bool) -> None:
    home = found(tmp_path, "city")
    row = home.logs.get(own_origin(home))
    assert row is not None
    release(home)
    lock = HeadLock.of(home, row)
    head = lock.read()
    assert head is not None
    if is_readable:
        lock.write(Checkpoint(head.origin, head.size + 1, head.root))
    else:
        lock.path.write_text("nonsense\n")
    async with served(home) as task:
        assert (await get(home, "/readyz"))[0] == 200
        await asyncio.sleep(0.3)
        assert row.origin not in home.clearances
        assert not task.done()
        lock.write(head)
        await until(lambda: row.origin in home.clearances)
    home.close()


async def test_no_error_ends_a_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = found(tmp_path, "city")
    calls: list[int] = []
    real = catch_up

    def failing(home: Home, wait: float, go_on: GoOn) -> int:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ZeroDivisionError
        if len(calls) == 2:
            raise NotFoundError("something")
        return real(home, wait, go_on)

    monkeypatch.setattr(service, "catch_up", failing)
    async with served(home) as task:
        await until(lambda: len(calls) > 4)
        assert not task.done()
    home.close()


async def test_a_log_whose_lock_is_out_of_reach_does_not_stop_the_others(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    other = found_log(home, name="Zoo", log_name="zoo").origin
    (broken,) = (row for row in home.logs.all() if row.origin != other)
    release(home)
    draft = Draft(Op.PUT, None, entry("Budget", source={"format": "x"}))
    assert not (await publish(home, other, [draft])).signed
    # Logs have their turns by origin, and this one's is first.
    assert broken.origin < other
    (home.lock_dir / f"{broken.fingerprint}.lock").unlink()
    (home.lock_dir / f"{broken.fingerprint}.lock").mkdir()
    async with served(home):
        await until(lambda: (row := home.logs.get(other)) and row.visible_size == 3)
    assert broken.origin not in home.clearances
    home.close()


async def test_a_log_that_cannot_be_signed_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = found(tmp_path, "city")
    first = own_origin(home)
    second = found_log(home, name="Agency").origin
    release(home)

    async def failing(home: Home, origin: str, fetch: Fetcher, *, is_start: bool) -> Clearance:
        if origin == min(first, second):
            raise OSError("the disk is on fire")
        return await clear(home, origin, fetch, is_start=is_start)

    monkeypatch.setattr(service, "clear", failing)
    with structlog.testing.capture_logs() as lines:
        async with served(home):
            await until(lambda: max(first, second) in home.clearances)
    said = [line for line in lines if line["event"] == "not signing"]
    assert said[0]["reason"] == "the disk is on fire"
    assert not said[0].get("exc_info")
    home.close()


@pytest.mark.parametrize(("remind", "reasons"), [(3600.0, ["one", "other", "one"]), (0.0, [])])
async def test_why_a_log_is_not_signed_is_said_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, remind: float, reasons: list[str]
) -> None:
    home = found(tmp_path, "city")
    origin = own_origin(home)
    release(home)
    answers = ["one"] * 3 + ["other"] * 3 + ["one"] * 2

    async def clearing(home: Home, origin: str, fetch: Fetcher, *, is_start: bool) -> Clearance:
        if answers:
            return Clearance(may_sign=False, reason=answers.pop(0))
        return await clear(home, origin, fetch, is_start=is_start)

    asked = list(answers)
    monkeypatch.setattr(service, "clear", clearing)
    monkeypatch.setattr(service, "CLEARANCE_SECONDS", 0.0)
    monkeypatch.setattr(service, "REMIND_SECONDS", remind)
    with structlog.testing.capture_logs() as lines:
        async with served(home):
            await until(lambda: origin in home.clearances)
    # With no time to wait between two reminders all is said.
    assert [line["reason"] for line in lines if line["event"] == "not signing"] == (reasons or asked)
    home.close()


async def test_a_taken_port_is_a_configuration_problem(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    host, port = home.config.listen_at
    with socket.socket() as taken:
        taken.bind((host, port))
        taken.listen()
        with pytest.raises(ConfigError, match="cannot listen"):
            await serve(home)
    home.close()


@pytest.mark.parametrize("name", ["mirror.key", "log-*.key", "beat-*.key"])
async def test_keys_that_others_can_read_are_refused_before_anything_is_served(
    tmp_path: Path, name: str
) -> None:
    home = found(tmp_path, "city")
    for path in home.keys_dir.glob(name):
        path.chmod(0o644)
    with pytest.raises(KeyFileError, match="open to others"):
        await serve(home, ready=lambda: pytest.fail("it was served"))
    home.close()


@pytest.mark.parametrize(
    "request_",
    [
        b"GARBAGE\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n <script>: y\r\n\r\n",
    ],
)
async def test_what_is_no_request_gets_a_problem_document_and_no_echo(
    tmp_path: Path, request_: bytes
) -> None:
    home = found(tmp_path, "city")
    async with served(home):
        reader, writer = await asyncio.open_connection(*home.config.listen_at)
        writer.write(request_)
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    home.close()
    assert head.splitlines()[0].endswith(b"400 Bad Request")
    assert b"Content-Type: application/problem+json" in head
    assert b"aiohttp" not in head
    assert json.loads(body)["status"] == 400
    assert b"script" not in body


async def test_what_fails_outside_of_the_application_is_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = found(tmp_path, "city")

    @web.middleware
    async def failing(*_: object) -> web.StreamResponse:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(app, "problems", failing)
    async with served(home):
        status, body = await get(home, "/livez")
    home.close()
    assert status == 500
    assert b"secret" not in body
    assert json.loads(body)["detail"] == "the node failed to answer; its log says why"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    home = found(tmp_path, "city")
    ready = asyncio.Event()
    task = asyncio.create_task(serve(home, ready=ready.set))
    await asyncio.wait_for(ready.wait(), PATIENCE)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(task, PATIENCE)
    home.close()


def test_it_runs_beside_the_main_thread(tmp_path: Path) -> None:
    home = found(tmp_path, "city")
    done: list[bool] = []

    async def run() -> None:
        async with served(home):
            done.append((await get(home, "/livez"))[0] == 200)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join(PATIENCE)
    assert done == [True]
    with suppress(OSError):
        home.close()
