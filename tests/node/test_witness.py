"""This node as a witness, over real HTTP: what it cosigns, what it refuses, and that it never goes back."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.answers.witnesses import witnesses
from node.contacts import WitnessConfig, WitnessedLog
from node.errors import KeyFileError, WitnessConflictError
from node.home import Home
from node.http import bodies, witness
from node.http.app import make_app
from node.http.card import card
from node.http.runner import Runner
from node.observe import set_up
from node.own.headlock import HeadLock
from node.own.keyfiles import load_all, make_directory, save_mirror_key
from node.splits import evidence_of, judge
from node.store.witnessed import NOTHING, last_witnessed, step
from node.witness import cosign, open_request, own_keys
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import verify_cosignature
from protocol.errors import InconsistentError, MalformedError
from protocol.keys import KeyType, VerifierKey
from protocol.lines import write_base64
from protocol.merkle import Digest, consistency_proof, node_from_tiles
from protocol.note import Note, open_note
from protocol.origin import origin_hash
from protocol.witness import (
    MAX_REQUEST,
    SIZE_TYPE,
    AddCheckpoint,
    parse_cosignatures,
    parse_size,
)
from tests.foreign_log import KEY, NAME, ForeignLog
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry, open_home
from tests.shared import vector
from tests.signers import log_key, signing_key

FOLLOWED = "a.example/log/parks/1"
UNFOLLOWED = "b.example/log/trees/1"
LOGS = (WitnessedLog(NAME, str(KEY.vkey)), WitnessedLog(FOLLOWED), WitnessedLog(UNFOLLOWED))


class Served:
    """A witness that answers at a port of its own, perhaps from the same home as another one."""

    def __init__(self, home: Home, client: aiohttp.ClientSession, server: TestServer) -> None:
        self.home = home
        self._client = client
        self._server = server

    @property
    def key(self) -> VerifierKey:
        return own_keys(self.home)[0].vkey

    async def add(self, body: bytes, **headers: str) -> tuple[int, str, bytes]:
        url = self._server.make_url("/witness/add-checkpoint")
        async with self._client.post(url, data=body, headers=headers) as response:
            return response.status, response.headers["Content-Type"], await response.read()

    async def status(self, body: bytes, **headers: str) -> int:
        return (await self.add(body, **headers))[0]

    async def get(self, origin: str) -> tuple[int, bytes]:
        async with self._client.get(
            self._server.make_url(f"/witness/{origin_hash(origin)}/checkpoint")
        ) as got:
            return got.status, await got.read()


class Witnesses:
    """Makes homes that are witnesses, and serves them."""

    def __init__(self, directory: Path, stack: AsyncExitStack, client: aiohttp.ClientSession) -> None:
        self._directory = directory
        self._stack = stack
        self._client = client

    def home(self, *logs: WitnessedLog) -> Home:
        home = open_home(self._directory / "home")
        self._stack.callback(home.close)
        if not home.keys_dir.exists():
            make_directory(home.keys_dir)
            save_mirror_key(home.keys_dir, MIRROR_KEY)
        home.config = dataclasses.replace(home.config, witness=WitnessConfig(logs or LOGS))
        return home

    async def serve(self, home: Home) -> Served:
        server = TestServer(make_app(home))
        await self._stack.enter_async_context(server)
        return Served(home, self._client, server)


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Witnesses]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession())
        yield Witnesses(tmp_path, stack, client)


@pytest.fixture
async def served(made: Witnesses) -> Served:
    return await made.serve(made.home())


def cosigned_at(served: Served, body: bytes, checkpoint: Checkpoint) -> int:
    (line,) = parse_cosignatures(body)
    return verify_cosignature(checkpoint, served.key, line)


# What C2SP says.


async def test_a_log_is_cosigned_step_by_step(served: Served) -> None:
    log = ForeignLog()
    for old, size in ((0, 1), (1, 1), (1, 7), (7, 8), (8, 64)):
        status, kind, body = await served.add(log.request(old, size))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert cosigned_at(served, body, log.checkpoint(size)) == NOW
    assert served.key.name == "127.0.0.1:8401/witness"


async def test_known_answers(made: Witnesses) -> None:
    case = vector("witness_add_checkpoint")
    home = made.home(WitnessedLog(case["log_origin"], case["log_vkey"]))
    served = await made.serve(home)
    for each in case["steps"]:
        status, kind, body = await served.add(each["request"].encode())
        # A strict decoder of base64 sees the bad padding before the bad signature.
        fits = {400, 403} if each["name"] == "invalid signature" else {each["status"]}
        assert status in fits, each["name"]
        if status == 409:
            assert (kind, body.decode()) == (SIZE_TYPE, each["body"])


async def test_what_is_no_request_is_400(served: Served) -> None:
    log = ForeignLog()
    longer = log.note(3).text + "an extension\n"
    for body in (
        b"",
        b"old 0\n",
        log.request(0, 3)[:-1],
        log.request(0, 3).replace(b"old 0", b"old 00"),
        AddCheckpoint(4, (), log.note(3)).render(),
        AddCheckpoint(0, (), Note(longer, log.note(3).signatures)).render(),
    ):
        assert await served.status(body) == 400


async def test_who_did_not_sign_is_403(served: Served) -> None:
    log = ForeignLog()
    assert await served.status(ForeignLog(key=signing_key("stranger.example")).request(0, 3)) == 403
    # A line that claims to be by the trusted key, and is not.
    forged = Note(log.note(4).text, log.note(3).signatures)
    assert await served.status(AddCheckpoint(0, (), forged).render()) == 403
    # Beside others' lines the log's own counts; what is kept is that alone.
    both = log.note(3, signing_key("stranger.example"), KEY)
    assert await served.status(AddCheckpoint(0, (), both).render()) == 200
    _, note = await served.get(NAME)
    assert [line.name for line in Note.parse(note).signatures] == [KEY.name, served.key.name]


async def test_a_log_that_nobody_configured_is_404(served: Served) -> None:
    assert await served.status(ForeignLog(origin="other.example").request(0, 3)) == 404
    # It would be witnessed if it were followed.
    assert await served.status(ForeignLog(origin=UNFOLLOWED).request(0, 3)) == 404
    served.home.config = dataclasses.replace(served.home.config, witness=WitnessConfig())
    assert await served.status(ForeignLog().request(0, 3)) == 404


async def test_another_size_than_was_cosigned_is_409(served: Served) -> None:
    log = ForeignLog()
    assert await served.add(log.request(3, 5)) == (409, SIZE_TYPE, b"0\n")
    assert await served.status(log.request(0, 5)) == 200
    for old, size in ((0, 7), (3, 7), (3, 3), (6, 7)):
        assert await served.add(log.request(old, size)) == (409, SIZE_TYPE, b"5\n")
    # Nor does it go back by showing what it signed before.
    assert (await served.add(log.request(0, 5)))[0] == 409


async def test_another_history_is_422(served: Served) -> None:
    log, other = ForeignLog(), ForeignLog("lie")
    zero = Digest(bytes(32))
    assert await served.status(log.request(0, 3, proof=[zero])) == 422
    empty = f"{NAME}\n0\n{write_base64(bytes(32))}\n"
    assert await served.status(AddCheckpoint(0, (), Note(empty, log.note(3).signatures)).render()) == 422
    assert await served.status(log.request(0, 5)) == 200
    assert await served.status(other.request(5, 5)) == 422
    assert await served.status(other.request(5, 9)) == 422
    assert await served.status(log.request(5, 9, proof=())) == 422
    assert await served.status(log.request(5, 5, proof=[zero])) == 422
    assert await served.status(log.request(5, 9)) == 200


async def test_a_log_without_leaves_is_cosigned_once_and_goes_on(served: Served) -> None:
    log = ForeignLog()
    assert await served.status(log.request(0, 0)) == 200
    assert await served.status(log.request(0, 0)) == 200
    assert await served.status(log.request(0, 2)) == 200
    assert await served.status(log.request(0, 2)) == 409


async def test_bodies_are_bounded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ForeignLog()
    assert await served.status(bytes(MAX_REQUEST + 1)) == 413

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    assert await served.status(endless()) == 413  # type: ignore[arg-type] # chunks of no known length
    packed = gzip.compress(log.request(0, 3))
    assert await served.status(packed, **{"Content-Encoding": "gzip"}) == 415
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"old 0\n"
        await asyncio.sleep(1)

    assert await served.status(slow()) == 408  # type: ignore[arg-type] # as above


async def test_how_much_is_held_at_once_is_bounded(made: Witnesses, monkeypatch: pytest.MonkeyPatch) -> None:
    body = ForeignLog().request(0, 3)
    monkeypatch.setattr(witness, "ROOM", 2 * len(body))
    served = await made.serve(made.home())
    released = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(2 * len(body) - 1)
        await released.wait()

    waiting = asyncio.create_task(served.status(slow()))  # type: ignore[arg-type] # chunks of no known length
    async with asyncio.timeout(20):
        # It may come while another body is held, and is then refused itself.
        while not waiting.done() and (status := await served.status(body)) != 429:
            assert status in (200, 409)
    released.set()
    assert await waiting in (400, 429)
    # What was held is given back, also where it was refused.
    for _ in range(5):
        assert await served.status(bytes(2 * len(body) + 1)) == 429
    assert await served.status(ForeignLog().request(3, 3)) in (200, 409)


async def raw(port: int | None, *parts: bytes, hang_up: bool = False) -> bytes:
    """Send parts of a request, each after an answer to the one before, and return all answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /witness/add-checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + parts[0])
    came = b""
    for part in parts[1:]:
        came += await reader.readuntil(b"\r\n\r\n")
        writer.write(part)
    if hang_up:
        await asyncio.sleep(0.05)
        writer.transport.abort()
        return came
    came += await reader.read()
    writer.close()
    return came


async def test_a_body_that_breaks_off_is_no_request(
    made: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up()
    app = make_app(made.home())
    # As a node serves it: aiohttp's test server cancels handlers, a node's does not.
    runner = Runner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        for begun in (b"Content-Length: 9\r\n\r\nold 0\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nold"):
            await raw(port, begun, hang_up=True)
        log = ForeignLog().request(0, 3)
        answer = await raw(port, f"Content-Length: {len(log)}\r\n\r\n".encode() + log)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        await runner.cleanup()
    # Nor is it worth a line in the log: anybody can do that all day.
    assert "failed" not in capsys.readouterr().err


async def test_whoever_asks_before_sending_a_body_is_told_to(served: Served) -> None:
    body = ForeignLog().request(0, 3)
    length = f"Content-Length: {len(body)}\r\n".encode()
    came = await raw(served._server.port, length + b"Expect: 100-continue\r\n\r\n", body)
    assert came.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    came = await raw(served._server.port, length + b"Expect: something else\r\n\r\n" + body)
    assert came.startswith(b"HTTP/1.1 409")


async def test_a_log_that_asks_all_the_time_is_429(made: Witnesses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "BURST", 3)
    monkeypatch.setattr(witness, "PER_SECOND", 0.0)
    served = await made.serve(made.home())
    log, other = ForeignLog(), ForeignLog(key=signing_key("stranger.example"))
    assert await served.status(log.request(0, 3)) == 200
    # Others cannot use up what a log is allowed.
    assert [await served.status(other.request(3, 5)) for _ in range(9)] == [403] * 9
    assert [await served.status(log.request(3, 3)) for _ in range(3)] == [200, 200, 429]


async def test_only_its_own_paths_take_a_post(served: Served) -> None:
    for path in ("/witness", "/witness/other", "/checkpoints", "/log/city/1/checkpoint"):
        async with served._client.post(served._server.make_url(path), data=b"x") as response:
            assert response.status == 405
    async with served._client.get(served._server.make_url("/witness/add-checkpoint")) as response:
        assert response.status == 404
    async with served._client.put(served._server.make_url("/witness/add-checkpoint")) as response:
        assert response.status == 405
    assert (await served.get("nothing"))[0] == 404
    async with served._client.get(served._server.make_url("/witness/xyz/checkpoint")) as response:
        assert response.status == 404


# What it promises.


async def test_of_concurrent_steps_from_one_size_one_is_cosigned(made: Witnesses) -> None:
    """Two processes over one database, 24 requests at once, most of them of another history."""
    first, second = [await made.serve(made.home()) for _ in range(2)]
    log = ForeignLog()
    assert await first.status(log.request(0, 4)) == 200
    others = [ForeignLog(), *[_continuing(f"word {at}") for at in range(23)]]
    answers = await asyncio.gather(
        *((first, second)[at % 2].add(other.request(4, 10 + at)) for at, other in enumerate(others))
    )
    statuses = [status for status, _, _ in answers]
    assert statuses.count(200) == 1
    assert statuses.count(409) == 23
    winner = 10 + statuses.index(200)
    assert {parse_size(body) for status, _, body in answers if status == 409} <= {4, winner}
    assert await second.add(log.request(4, 12)) == (409, SIZE_TYPE, f"{winner}\n".encode())


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 12)), max_size=25))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_shown_one_history_is_cosigned_and_never_goes_back(
    made: Witnesses, steps: list[tuple[bool, int, int]]
) -> None:
    """Two histories that agree on three leaves, in any order and from any size."""
    home = made.home()
    home.database.connection.execute("DELETE FROM witnessed")
    for file in home.lock_dir.glob("witness-*"):
        file.unlink()
    logs = (ForeignLog(), _continuing("another", 3))
    cosigned = [ForeignLog().checkpoint(0)]
    for is_other, old, size in steps:
        log = logs[is_other]
        # Mostly from what was cosigned last, or little would be.
        old = cosigned[-1].size if old > 12 else old  # noqa: PLW2901 - a drawn number that stands for it
        # The best proof that this history has, though it may start from what the witness never saw.
        request = AddCheckpoint(old, log.proof(old, size) if old <= size else (), log.note(size)).render()
        try:
            body = cosign(home, open_request(home, request))
        except (MalformedError, InconsistentError, WitnessConflictError):
            continue
        assert parse_cosignatures(body)
        assert (old, log.checkpoint(old)) == (cosigned[-1].size, cosigned[-1])
        cosigned.append(log.checkpoint(size))
    sizes = [checkpoint.size for checkpoint in cosigned]
    assert sizes == sorted(sizes)
    assert any(all(log.checkpoint(each.size) == each for each in cosigned) for log in logs)
    home.close()


def test_a_step_from_what_is_no_longer_there_is_none(made: Witnesses) -> None:
    connection, log = made.home().database.connection, ForeignLog()

    def note(size: int) -> bytes:
        return log.note(size).render()

    assert step(connection, NOTHING, log.checkpoint(5), NOW, note(5))
    before = last_witnessed(connection, NAME)
    assert step(connection, before, log.checkpoint(7), NOW, note(7))
    # Whoever read the same is too late, to a smaller size as to a larger, and so is whoever read nothing.
    for known, size in ((before, 6), (before, 9), (NOTHING, 9)):
        assert not step(connection, known, log.checkpoint(size), NOW, note(size))
    # Of the size alone nothing follows: the root has to be that of the row.
    other = dataclasses.replace(last_witnessed(connection, NAME), root=bytes(32))
    assert not step(connection, other, log.checkpoint(9), NOW, note(9))
    assert last_witnessed(connection, NAME).size == 7
    # Where there is no row, there is no size to go on from.
    unknown = dataclasses.replace(log.checkpoint(9), origin="other.example")
    assert not step(connection, before, unknown, NOW, note(9))


def test_whoever_was_slower_gets_no_cosignature(made: Witnesses) -> None:
    home, log = made.home(), ForeignLog()
    cosign(home, open_request(home, log.request(0, 4)))
    shown = open_request(home, _continuing("another").request(4, 9))
    lock = HeadLock(home.lock_dir, f"witness-{own_keys(home)[0].vkey.key_id.hex()}-{origin_hash(NAME)}")
    with ThreadPoolExecutor(1) as threads:
        with lock.writer.held("the test"):
            slower = threads.submit(cosign, home, shown)
            # It has found that 4 was cosigned last, and waits; meanwhile somebody else goes on from there.
            time.sleep(0.2)
            known = last_witnessed(home.database.connection, NAME)
            assert step(home.database.connection, known, log.checkpoint(6), NOW, known.note)
        with pytest.raises(WitnessConflictError) as caught:
            slower.result()
    assert caught.value.size == 6


def _continuing(word: str, leaves: int = 4) -> ForeignLog:
    """Return a log whose first leaves are those of another one."""
    made = ForeignLog(word)
    made._hashes[:leaves] = ForeignLog()._hashes[:leaves]
    return made


async def test_what_was_cosigned_is_known_after_a_restart(made: Witnesses) -> None:
    log, home = ForeignLog(), made.home()
    served = await made.serve(home)
    key = served.key
    assert await served.status(log.request(0, 5)) == 200
    home.close()
    again = await made.serve(made.home())
    assert again.key == key
    assert await again.add(log.request(0, 7)) == (409, SIZE_TYPE, b"5\n")
    status, note = await again.get(NAME)
    assert status == 200
    opened = open_note(Note.parse(note), [KEY.vkey])
    checkpoint = Checkpoint.parse(opened.note.text)
    assert checkpoint == log.checkpoint(5)
    assert verify_cosignature(checkpoint, key, opened.note.signatures[-1]) == NOW


async def test_a_repeat_gives_a_later_time_and_a_clock_put_back_none_earlier(served: Served) -> None:
    log = ForeignLog()
    times: list[int] = []
    for now in (NOW, NOW + 60, NOW + 30, NOW - 10**6):
        served.home._clock = lambda now=now: now  # type: ignore[misc] # bound at once
        _, _, body = await served.add(log.request(3 if times else 0, 3))
        times.append(cosigned_at(served, body, log.checkpoint(3)))
    assert times == [NOW, NOW + 60, NOW + 60, NOW - 10**6]


async def test_a_witness_with_two_keys_gives_two_lines(made: Witnesses) -> None:
    home, log = made.home(), ForeignLog()
    home.config = dataclasses.replace(home.config, cosign_mldsa44=True)
    served = await made.serve(home)
    status, _, body = await served.add(log.request(0, 3))
    keys = [key.vkey for key in own_keys(home)]
    assert (status, [key.type for key in keys]) == (
        200,
        [KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44],
    )
    lines = parse_cosignatures(body)
    pairs = zip(keys, lines, strict=True)
    assert [verify_cosignature(log.checkpoint(3), key, line) for key, line in pairs] == [NOW, NOW]
    shown = card(home)
    assert [shown["witness"], shown["witness_mldsa44"]] == list(map(str, keys))
    assert load_all(home.keys_dir).keys() == {
        home.keys_dir / "mirror.key",
        home.keys_dir / "mirror-mldsa44.key",
    }
    assert witnesses(home)["witness"]["vkeys"] == list(map(str, keys))


async def test_a_database_that_was_put_back_cosigns_nothing_under_the_same_key(
    made: Witnesses, tmp_path: Path
) -> None:
    home, log = made.home(), ForeignLog()
    served = await made.serve(home)
    assert await served.status(log.request(0, 3)) == 200
    home.database.connection.execute("VACUUM INTO ?", (str(tmp_path / "aside.db"),))
    assert await served.status(log.request(3, 9)) == 200
    key = served.key
    home.close()
    for leftover in home.path.glob("fedcat.db*"):
        leftover.unlink()
    (tmp_path / "aside.db").rename(home.path / "fedcat.db")
    # Another history would be consistent with what the database knows.
    other = _continuing("another", 3)
    home = made.home()
    served = await made.serve(home)
    assert await served.status(other.request(3, 7)) == 503
    assert await served.status(log.request(3, 9)) == 503
    (home.keys_dir / "witness.key").unlink()
    assert await served.status(log.request(3, 9)) == 200
    assert served.key != key


async def test_a_lock_file_that_is_gone_stops_its_key_alone(made: Witnesses, tmp_path: Path) -> None:
    home, log = made.home(), ForeignLog()
    served = await made.serve(home)
    assert await served.status(log.request(0, 3)) == 200
    (file,) = (each for each in (tmp_path / "locks").glob("witness-*") if not each.suffix)
    kept = file.read_bytes()
    assert kept.decode() == log.checkpoint(3).text
    file.unlink()
    assert await served.status(log.request(3, 5)) == 503
    # One that a kill left behind is no fault.
    file.write_text(log.checkpoint(2).text)
    assert await served.status(log.request(3, 5)) == 200
    file.write_text(ForeignLog("lie").checkpoint(5).text)
    assert await served.status(log.request(5, 6)) == 503
    file.write_text("nonsense")
    assert await served.status(log.request(5, 6)) == 500


def test_the_witness_key_is_its_own_and_in_no_backup(made: Witnesses) -> None:
    home = made.home()
    (key,) = own_keys(home)
    assert key.seed != MIRROR_KEY.seed
    assert key not in load_all(home.keys_dir).values()
    path = home.keys_dir / "witness.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(f"{log_key()}\n")
    with pytest.raises(KeyFileError, match="cosigning"):
        own_keys(home)


# Logs that are followed here.


def request_of(home: Home, origin: str, old: int, *, note: bytes = b"") -> bytes:
    row, store = home.logs.get(origin), home.logs.store(origin)
    assert row is not None
    shown = Note.parse(note or row.signed)
    size = Checkpoint.parse(shown.text).size
    proof = consistency_proof(old, size, node_from_tiles(store.read_hashes)) if old else []
    return AddCheckpoint(old, tuple(proof), shown).render()


def signed(origin: str, size: int, root: bytes) -> bytes:
    checkpoint = Checkpoint(origin, size, root)
    return Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key(1, origin)),)).render()


async def test_a_followed_log_is_cosigned_by_its_key_sets(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.publish()
    assert await served.status(request_of(home, FOLLOWED, 0)) == 200
    parks.put(entry("Trees"))
    parks.publish()
    assert await served.status(request_of(home, FOLLOWED, 1)) == 200
    shown = witnesses(home)["witness"]
    assert [(log["origin"], log["known"], log["size"]) for log in shown["logs"]] == [
        (NAME, True, 0),
        (FOLLOWED, True, 2),
        (UNFOLLOWED, False, 0),
    ]
    stranger = ForeignLog(origin=FOLLOWED, key=signing_key(FOLLOWED, seed="thief"))
    assert await served.status(stranger.request(2, 5)) == 403
    # No fedcat log is without leaves.
    assert await served.status(ForeignLog(origin=FOLLOWED).request(0, 0)) == 400


async def test_what_contradicts_the_held_tree_is_not_cosigned_and_becomes_evidence(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.put(entry("Trees"))
    parks.publish()
    other = signed(FOLLOWED, 2, bytes(32))
    assert await served.status(AddCheckpoint(0, (), Note.parse(other)).render()) == 422
    row = home.logs.get(FOLLOWED)
    assert row is not None
    (found,) = evidence_of(home.database.connection, row.id)
    assert found.sizes == (2, 2)
    # Once it stands still nothing of it is cosigned.
    assert judge(home, FOLLOWED) is not None
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403


async def test_two_heads_of_one_size_beyond_the_held_tree_are_evidence(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.publish()
    heads = [signed(FOLLOWED, 9, bytes([at]) * 32) for at in (1, 2)]
    assert await served.status(AddCheckpoint(0, (), Note.parse(heads[0])).render()) == 200
    assert await served.status(AddCheckpoint(9, (), Note.parse(heads[1])).render()) == 422
    row = home.logs.get(FOLLOWED)
    assert row is not None
    (found,) = evidence_of(home.database.connection, row.id)
    assert found.sizes == (9, 9)
    # A proof that is simply wrong is evidence of nothing.
    third = AddCheckpoint(9, (Digest(bytes(32)),), Note.parse(signed(FOLLOWED, 12, bytes(32))))
    assert await served.status(third.render()) == 422
    fourth = AddCheckpoint(9, (Digest(bytes(32)),), Note.parse(heads[0]))
    assert await served.status(fourth.render()) == 422
    assert len(evidence_of(home.database.connection, row.id)) == 1


async def test_a_blocked_log_is_not_cosigned(served: Served) -> None:
    home = served.home
    Publisher(home, FOLLOWED, own=False).publish()
    home.database.connection.execute(
        "INSERT INTO blocked (log, name, by, reason, at) SELECT id, origin, '', 'spam', 1 FROM log"
    )
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403


async def test_a_disputed_log_is_not_cosigned(served: Served) -> None:
    home = served.home
    Publisher(home, FOLLOWED, own=False).publish()
    home.database.connection.execute(
        "INSERT INTO dispute (log, version, name, held, other, source, found_at)"
        " SELECT id, 2, x'00', x'00', x'00', 'test', 1 FROM log WHERE origin = ?",
        (FOLLOWED,),
    )
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403
