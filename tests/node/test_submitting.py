"""Own checkpoints shown to witnesses: two real nodes on loopback, and witnesses that misbehave."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from federation.faults import Fault, FaultError, FaultKind
from federation.response import Response
from node.answers.heads import heads
from node.answers.witnesses import witnesses
from node.cards import check_cards
from node.contacts import WitnessAt, WitnessConfig, WitnessedLog
from node.cosigners import known_cosigners
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.peers import sync_round
from node.submitting import Submissions, witnesses_to_ask
from node.witness import own_keys
from protocol.checkpoint import Checkpoint
from protocol.cosignature import cosign
from protocol.keys import KeyType, SigningKey
from protocol.note import Note
from protocol.policy import TrustPolicy
from protocol.witness import AddCheckpoint, render_cosignatures, render_size
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry, open_home
from tests.signers import signing_key
from tests.wire_world import Node, World, followed

ORIGIN = "127.0.0.1:8401/log/city/1"
ARCHIVE = signing_key("archive.example/witness", KeyType.COSIGNATURE_ED25519, "archive")


# Between real nodes.


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


def witness_of(node: Node) -> SigningKey:
    return own_keys(node.home)[0]


async def shown(world: World, node: Node) -> None:
    submissions = Submissions(node.home, world.fetch)
    await submissions.step()
    await submissions.finish()


def signers(node: Node) -> dict[str, int]:
    """Return name → size of who stands under a node's own checkpoint, as it is served."""
    row = node.home.logs.get(node.origin)
    assert row is not None
    note = Note.parse(row.note)
    return {line.name: Checkpoint.parse(note.text).size for line in note.signatures}


async def a_city_and_its_witness(world: World, *, by_policy: bool = False) -> tuple[Node, Node, Publisher]:
    city, archive = await world.node("city"), await world.node("archive")
    publisher = Publisher(city.home, city.origin)
    publisher.publish()
    await followed(world, archive, city.url)
    archive.home.config = dataclasses.replace(
        archive.home.config, witness=WitnessConfig((WitnessedLog(city.origin),))
    )
    key = witness_of(archive).vkey
    policy = f"witness archive {key} {archive.url}/witness/\nquorum archive\n"
    city.home.policy = TrustPolicy.parse(policy.encode())
    if not by_policy:
        city.home.policy = dataclasses.replace(city.home.policy, urls={})
        at = WitnessAt(f"{archive.url}/witness", str(key))
        city.home.config = dataclasses.replace(city.home.config, witnesses=(at,))
    return city, archive, publisher


@pytest.mark.parametrize("by_policy", [False, True])
async def test_each_own_checkpoint_is_cosigned_published_and_counted(world: World, by_policy: bool) -> None:
    city, archive, publisher = await a_city_and_its_witness(world, by_policy=by_policy)
    name = archive.home.config.witness_name
    for size in (1, 2, 3):
        await shown(world, city)
        assert signers(city)[name] == size
        publisher.put(entry(f"Trees {size}"))
        publisher.publish()
        assert name not in signers(city)
    # Whoever is at the host of the log itself would not count; this one is elsewhere.
    await shown(world, city)
    (head,) = [each for each in heads(city.home) if each["origin"] == city.origin]
    hosts = {city.home.config.url.netloc, archive.home.config.url.netloc}
    assert len(hosts) == 2
    assert (head["witnessing"]["witnessed"], head["witnessing"]["witnessed_size"]) == (True, 4)
    (asked,) = witnesses(city.home)["asked"]
    assert (asked["witness"], asked["size"], asked["fault"]) == (name, 4, None)
    # Four checkpoints, four questions: it proved from what the witness cosigned last.
    assert archive.requests.count("/witness/add-checkpoint") == 4


async def test_nothing_is_asked_again_before_a_cosignature_is_old(world: World) -> None:
    city, archive, _ = await a_city_and_its_witness(world)
    for seconds, count in ((0, 1), (60, 1), (21_600, 2), (60, 2)):
        city.clock[0] += seconds
        archive.clock[0] = city.clock[0]
        await shown(world, city)
        assert archive.requests.count("/witness/add-checkpoint") == count
    (asked,) = witnesses(city.home)["asked"]
    assert asked["last_success"] == "2027-01-15T14:01:00Z"
    # A clock that was far ahead once does not end it.
    city.clock[0] = NOW - 10**8
    await shown(world, city)
    assert archive.requests.count("/witness/add-checkpoint") == 3


async def test_a_node_that_forgot_what_was_cosigned_is_told(world: World) -> None:
    city, archive, publisher = await a_city_and_its_witness(world)
    publisher.put(entry("Trees"))
    publisher.publish()
    await shown(world, city)
    city.home.database.connection.execute("DELETE FROM submission")
    publisher.put(entry("Benches"))
    publisher.publish()
    await shown(world, city)
    assert signers(city)[archive.home.config.witness_name] == 3
    assert archive.requests.count("/witness/add-checkpoint") == 3


async def test_a_card_names_the_witness_and_its_lines_are_collected(world: World) -> None:
    city, archive, _ = await a_city_and_its_witness(world)
    Publisher(archive.home, archive.origin).publish()
    reader = await world.node("reader")
    await followed(world, reader, archive.url)
    await check_cards(reader.home, world.fetch)
    key = witness_of(archive).vkey
    assert known_cosigners(reader.home)[key.name, key.key_id].rank == 1
    assert known_cosigners(city.home)[key.name, key.key_id].rank == 0
    await shown(world, city)
    # Whoever pulls from the city gets the line along with the checkpoint.
    await followed(world, reader, city.url)
    await sync_round(reader.home, world.fetch)
    await sync_round(reader.home, world.fetch)
    row = reader.home.logs.get(city.origin)
    assert row is not None
    assert key.name in [line.name for line in Note.parse(row.note).signatures]


async def test_a_frozen_log_is_told_so(world: World) -> None:
    city, archive, _ = await a_city_and_its_witness(world)
    archive.home.database.connection.execute("PRAGMA foreign_keys = OFF")
    archive.home.database.connection.execute(
        "INSERT INTO frozen (log, evidence, size, at) SELECT id, x'00', 1, 1 FROM log WHERE own = 0"
    )
    await shown(world, city)
    (asked,) = witnesses(city.home)["asked"]
    assert (asked["fault"], asked["failures"]) == ("unreachable", 1)
    assert "stands still" in asked["detail"]


async def test_a_witness_that_is_down_does_not_hold_up_another(world: World) -> None:
    city, archive, _ = await a_city_and_its_witness(world)
    down = WitnessAt("http://127.0.0.1:1/witness", str(ARCHIVE.vkey))
    config = city.home.config
    city.home.config = dataclasses.replace(config, witnesses=(down, *config.witnesses))

    async def broken(_: web.Request) -> web.Response:
        return web.Response(status=503)

    world.broken["archive"] = broken
    await shown(world, city)
    assert {each["fault"] for each in witnesses(city.home)["asked"]} == {"unreachable"}
    del world.broken["archive"]
    await shown(world, city)
    assert archive.home.config.witness_name not in signers(city)
    city.clock[0] += 61
    await shown(world, city)
    assert archive.home.config.witness_name in signers(city)


# Witnesses in memory, most of them ill-behaved.


class Witness:
    """Answers what a function of the request says; remembers what it was asked."""

    def __init__(self, answer: Callable[[AddCheckpoint], Response]) -> None:
        self._answer = answer
        self.asked: list[AddCheckpoint] = []

    async def post(self, url: str, body: bytes, *, limit: int, media_type: str) -> Response:
        assert url == "https://archive.example/witness/add-checkpoint"
        assert limit
        assert media_type.startswith("text/plain")
        self.asked.append(AddCheckpoint.parse(body))
        return self._answer(self.asked[-1])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = open_home(tmp_path / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    at = WitnessAt("https://archive.example/witness", str(ARCHIVE.vkey))
    home.config = dataclasses.replace(home.config, witnesses=(at,))
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("Trees"))
    publisher.publish()
    return home


async def state_after(home: Home, witness: Witness) -> tuple[str | None, str | None]:
    submissions = Submissions(home, witness)
    await submissions.step()
    await submissions.finish()
    (asked,) = witnesses(home)["asked"]
    kept = home.database.connection.execute("SELECT count(*) FROM cosignature").fetchone()
    assert kept == (asked["fault"] is None,)
    home.close()
    return asked["fault"], asked["detail"]


def lines(*keys: SigningKey, time: int = NOW) -> Callable[[AddCheckpoint], Response]:
    def answer(asked: AddCheckpoint) -> Response:
        made = [cosign(asked.note.text, key, time) for key in keys]
        return Response(200, {}, render_cosignatures(*made))

    return answer


def told(*sizes: int) -> Callable[[AddCheckpoint], Response]:
    left = list(sizes)
    return lambda asked: Response(409, {}, render_size(left.pop(0))) if left else lines(ARCHIVE)(asked)


async def test_a_witness_may_have_a_key_of_another_kind(home: Home) -> None:
    key = signing_key("archive.example/witness", KeyType.COSIGNATURE_MLDSA44, "archive")
    at = WitnessAt("https://archive.example/witness", str(key.vkey))
    home.config = dataclasses.replace(home.config, witnesses=(at,))
    assert await state_after(home, Witness(lines(ARCHIVE, key))) == (None, None)


async def test_its_line_among_others_is_taken(home: Home) -> None:
    other = signing_key("other.example/witness", KeyType.COSIGNATURE_ED25519, "other")
    assert await state_after(home, Witness(lines(other, ARCHIVE))) == (None, None)


@pytest.mark.parametrize("size", [0, 1, 2])
async def test_whatever_it_cosigned_last_is_proven_from(home: Home, size: int) -> None:
    witness = Witness(told(size))
    assert await state_after(home, witness) == (None, None)
    assert [asked.old for asked in witness.asked] == [0, size]
    assert bool(witness.asked[1].proof) == (size == 1)


STRANGER = signing_key("archive.example/witness", KeyType.COSIGNATURE_ED25519, "stranger")


@pytest.mark.parametrize(
    ("answer", "fault", "detail"),
    [
        (lines(STRANGER), "bad signature", "not by this key"),
        (lines(ARCHIVE, time=0), "bad signature", "lies ahead, or none"),
        (lines(ARCHIVE, time=NOW + 301), "bad signature", "lies ahead"),
        (lambda _: Response(200, {}, b"nonsense"), "malformed", "newline"),
        (lambda _: Response(200, {}, b""), "malformed", "each end"),
        (lambda _: Response(409, {}, b"nonsense"), "malformed", "size"),
        (told(1, 0), "unreachable", "says 1, then 0"),
        (told(3), "inconsistent", "put back"),
        (lambda _: Response(403), "unreachable", "trusts no key"),
        (lambda _: Response(404), "unreachable", "does not witness"),
        (lambda _: Response(422), "inconsistent", "another history"),
        (lambda _: Response(429), "unreachable", "too often"),
        (lambda _: Response(500), "unreachable", "status 500"),
    ],
)
async def test_what_is_no_cosignature_is_a_fault(
    home: Home, answer: Callable[[AddCheckpoint], Response], fault: str, detail: str
) -> None:
    found = await state_after(home, Witness(answer))
    assert found[0] == fault
    assert detail in (found[1] or "")


async def test_a_line_of_another_checkpoint_is_not_taken(home: Home) -> None:
    def answer(_: AddCheckpoint) -> Response:
        other = Checkpoint(ORIGIN, 2, bytes(32)).text
        return Response(200, {}, render_cosignatures(cosign(other, ARCHIVE, NOW)))

    assert (await state_after(home, Witness(answer)))[0] == "bad signature"


async def test_a_witness_that_fails_is_left_alone_for_a_while(home: Home) -> None:
    def answer(_: AddCheckpoint) -> Response:
        raise FaultError(Fault(FaultKind.UNREACHABLE, "x", "nobody answers"))

    witness, clock = Witness(answer), [NOW]
    home._clock = lambda: clock[0]
    submissions = Submissions(home, witness)
    for seconds in (0, 0, 0, 120, 0, 240):
        clock[0] += seconds
        await submissions.step()
        await submissions.finish()
    assert len(witness.asked) == 3
    # What is being asked when the node stops is dropped.
    clock[0] += 10**5
    await submissions.step()
    await submissions.close()
    home.close()


async def test_what_readers_do_not_see_is_shown_to_nobody(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    at = WitnessAt("https://archive.example/witness", str(ARCHIVE.vkey))
    home.config = dataclasses.replace(home.config, witnesses=(at,))
    publisher, witness = Publisher(home, ORIGIN), Witness(lines(ARCHIVE))
    publisher.publish(cosigned=False)
    Publisher(home, "b.example/log/parks/1", own=False).publish()
    submissions = Submissions(home, witness)
    await submissions.step()
    await submissions.finish()
    publisher.put(entry("Trees"))
    publisher.publish()
    publisher.put(entry("Benches"))
    publisher.publish(signed=False)
    await submissions.step()
    await submissions.finish()
    # The visible head, not the one that waits for its signature.
    assert [Checkpoint.parse(asked.note.text).size for asked in witness.asked] == [2]
    home.close()


def test_each_witness_is_asked_once(home: Home) -> None:
    text = f"witness a {ARCHIVE.vkey} https://elsewhere.example/\nquorum a\n"
    home.policy = TrustPolicy.parse(text.encode())
    assert [each.url for each in witnesses_to_ask(home)] == ["https://archive.example/witness"]
    home.config = dataclasses.replace(home.config, witnesses=())
    assert [each.url for each in witnesses_to_ask(home)] == ["https://elsewhere.example"]
    home.close()
