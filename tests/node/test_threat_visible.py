"""What readers may never see: entries that nobody signed for, older heads, stale logs that look fresh."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from node.answers.clusters import project_view
from node.answers.digest import digest
from node.answers.indexing import catch_up
from node.answers.provenance import history, proof, show
from node.answers.publishers import publishers
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.cosigners import known_cosigners
from node.errors import NotFoundError
from node.heads import look
from node.home import Home
from node.own.clearance import grant
from node.own.sequencer import Draft, publish, publish_waiting
from protocol.cosignature import cosign
from protocol.feed import FeedItem
from protocol.keys import KeyType
from protocol.keyset import KeyChain
from protocol.leaf import Op
from protocol.note import Note
from protocol.origin import address
from protocol.policy import TrustPolicy
from protocol.proof import verify_entry_proof
from tests.federation_world import MIRROR, NOW, OTHER, PLACE, Network, Server, SimulatedLog
from tests.node_world import NodeWorld, put
from tests.publisher import Publisher, entry, open_home
from tests.reader_world import POLL, Reader, entries_log, payload
from tests.signers import ORIGIN, key_note, key_set, root_key, signing_key

LIMIT = 48 * 3600
"""How old the newest word about a log may be before it is stale."""

OSLO = signing_key("oslo.example/mirror", KeyType.COSIGNATURE_ED25519, "oslo")


def shown(answers: Mapping[str, Any]) -> tuple[int, list[str]]:
    return answers["search"]["total"], sorted(item["name"] for item in answers["search"]["items"])


def unsigned(server: Server) -> None:
    """The checkpoint without the log's own line."""
    note = Note.parse(server.log.note(server.size))
    server.say("checkpoint", Note(note.text, note.signatures[1:]).render())


def by_another_key(server: Server) -> None:
    server.say("checkpoint", server.log.note(server.size, generation=7))


def of_another_identity(server: Server) -> None:
    """Another publisher of the same name: valid in itself, and nobody's choice here."""
    stranger = root_key(9)
    first = key_set(1, roots=[stranger])
    other = SimulatedLog("Forged")
    other.key_notes = [key_note(first, stranger)]
    other.chain = KeyChain.start(other.key_notes[0], fingerprint=None, origin=ORIGIN)
    other.leaves.clear()
    other._keys_leaf()
    other.put(payload("Forged 1"))
    server.log, server.size = other, other.size


def not_included(server: Server) -> None:
    """A leaf and a blob that fit each other, and not the signed tree."""
    forged = SimulatedLog("Forged")
    for number in range(1, server.size):
        forged.put(payload(f"Forged {number}"))
    paths = [f"tile/entries/000.p/{server.size}", "content/000"]
    for path in (*paths, *(f"blob/{index}" for index in range(1, server.size))):
        server.say(path, forged.file(path, server.size) or b"")


def another_blob(server: Server) -> None:
    """The right leaf, and content that it does not commit to."""
    for index, blob in server.log.blobs.items():
        server.say(f"blob/{index}", blob[:-1] + b"x")
        server.say("content/000", b"")


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.mark.parametrize("spoil", [unsigned, by_another_key, of_another_identity, not_included, another_blob])
async def test_nothing_is_visible_that_was_not_checked_down_to_the_pinned_key(
    tmp_path: Path, network: Network, spoil: Callable[[Server], None]
) -> None:
    honest = network.serve(PLACE, entries_log(3))
    reader = await Reader.follow(tmp_path / "home", network)
    spoil(honest)
    for _ in range(2):
        await reader.round()
        assert shown(await reader.answers()) == (0, [])
        assert reader.row.note == b""
        assert reader.home.database.connection.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    network.serve(PLACE, entries_log(3))
    await reader.round(3 * 3600)
    assert shown(await reader.answers()) == (3, ["Bench 1", "Bench 2", "Bench 3"])
    reader.home.close()


@pytest.fixture
def log() -> SimulatedLog:
    return entries_log(9)


async def test_nobody_takes_a_reader_back_to_a_smaller_tree(
    tmp_path: Path, network: Network, log: SimulatedLog
) -> None:
    servers = [network.serve(prefix, log) for prefix in (PLACE, MIRROR, OTHER)]
    reader = await Reader.follow(tmp_path / "home", network)
    await reader.round()
    before, note = await reader.answers(), reader.row.note
    assert reader.row.size == log.size == 10
    for size in (1, 5, 9):
        for server in servers:
            # Cosigned a moment ago, so that it looks like news.
            server.size = size
            server.say("checkpoint", log.note(size, beat=reader.now + POLL))
        for _ in range(2):
            await reader.round()
            assert (reader.row.size, reader.row.visible_size, reader.row.note) == (10, 10, note)
            assert shown(await reader.answers()) == shown(before)
            # A process that remembers nothing but what is stored.
            reader.restart()
    for server in servers:
        server.size = log.size
        server.lies.clear()
    await reader.round()
    assert (await reader.answers())["publisher"]["size"] == 10
    reader.home.close()


def marks(answer: Any) -> Iterator[bool]:  # noqa: ANN401 - any JSON
    """Yield what an answer says of being stale, wherever it says it."""
    if isinstance(answer, dict):
        if "stale" in answer:
            yield answer["stale"]
        for value in answer.values():
            yield from marks(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from marks(value)


async def stale(reader: Reader) -> Mapping[str, set[bool]]:
    return {path: set(marks(answer)) for path, answer in (await reader.answers()).items()}


async def test_a_log_that_fell_silent_is_stale_in_every_answer_at_the_next_poll(
    tmp_path: Path, network: Network, log: SimulatedLog
) -> None:
    """Its host goes on answering, with the same checkpoint."""
    network.serve(PLACE, log)
    reader = await Reader.follow(tmp_path / "home", network)
    await reader.round()
    assert set(map(frozenset, (await stale(reader)).values())) == {frozenset({False})}
    await reader.round(LIMIT - 2 * POLL)
    assert set(map(frozenset, (await stale(reader)).values())) == {frozenset({False})}
    await reader.round()
    found = await stale(reader)
    assert len(found) == 4 + 2 * 9
    assert set(map(frozenset, found.values())) == {frozenset({True})}
    # A heartbeat, and all is well again.
    network.servers[PLACE].say("checkpoint", log.note(log.size, beat=reader.now + POLL))
    await reader.round()
    assert set(map(frozenset, (await stale(reader)).values())) == {frozenset({False})}
    reader.home.close()


async def test_an_old_checkpoint_changes_nothing_and_counts_for_nothing(
    tmp_path: Path, network: Network, log: SimulatedLog
) -> None:
    servers = [network.serve(prefix, log) for prefix in (PLACE, MIRROR)]
    reader = await Reader.follow(tmp_path / "home", network)
    reader.home.policy = TrustPolicy.parse(f"witness oslo {OSLO.vkey}\nquorum oslo\n".encode())
    await reader.round()
    before, held = digest(reader.home), reader.row
    await reader.round(LIMIT)
    # Size 7 once more: signed by the log, vouched for by heartbeat and witness a moment ago.
    old = Note.parse(log.note(7, beat=reader.now + POLL))
    old = old.with_signatures(cosign(old.text, OSLO, reader.now + POLL))
    for server in servers:
        server.say("checkpoint", old.render())
    await reader.round()
    look(
        reader.home,
        reader.row,
        "https://other.example",
        FeedItem(old.render(), 1),
        known_cosigners(reader.home),
    )
    assert digest(reader.home) == before
    assert (reader.row.size, reader.row.signed) == (held.size, held.signed)
    assert Note.parse(reader.row.note).text == Note.parse(held.note).text
    found = (await reader.answers())["publisher"]["witnesses"]
    assert (found["fresh_at"], found["stale"], found["witnessed"]) == ("2027-01-15T08:00:00Z", True, False)
    reader.home.close()


def provenances(answer: Any) -> Iterator[tuple[int, int]]:  # noqa: ANN401 - any JSON
    """Yield index and size wherever an answer says where something stands."""
    if isinstance(answer, dict):
        if "provenance" in answer:
            yield answer["provenance"]["index"], answer["provenance"]["size"]
        answer = list(answer.values())
    for value in answer if isinstance(answer, list | tuple) else ():
        yield from provenances(value)


Ask = Callable[[Home, str], Any]

QUESTIONS: dict[str, Ask] = {
    "entry": show,
    "project": lambda home, ref: project_view(home, ref, fresh=False),
    "search": lambda home, _: search(home, Question("Tree"), fresh=False).items,
    "publishers": lambda home, _: publishers(home),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_of_one_size_whatever_is_committed_while_it_is_made(
    tmp_path: Path, question: str
) -> None:
    """A step that edits the entry and adds another one comes before each read in turn."""
    writer, reader = open_home(tmp_path / "home"), open_home(tmp_path / "home")
    publisher = Publisher(writer, ORIGIN, own=False)
    id_ = publisher.put(entry("Tree"))
    publisher.put(entry("More"))
    assert publisher.publish() == 3
    catch_up(reader)
    connection = reader.database.connection
    steps, reads, turn = 0, 1, 0
    while turn < reads:
        turn, reads = turn + 1, 0

        def before(_: str, turn: int = turn) -> None:
            nonlocal reads, steps
            reads += 1
            if reads == turn:
                publisher.put(entry("Tree"), id_)
                publisher.put(entry("More"))
                publisher.publish()
                steps += 1

        connection.set_trace_callback(before)
        answer = QUESTIONS[question](reader, address(ORIGIN, id_))
        connection.set_trace_callback(None)
        if question == "publishers":
            assert 2 * answer[0]["entries"] == answer[0]["size"] + 1
        else:
            found = list(provenances(answer))
            assert found
            assert all(index == size - 2 for index, size in found)
    assert steps > 2
    writer.close()
    reader.close()


async def test_whoever_publishes_gets_a_proof_under_the_published_checkpoint(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    receipt = await publish(home, origin, [put("Alpha"), put("Beta")])
    row = home.logs.get(origin)
    assert row is not None
    published = row.chain.open_checkpoint(Note.parse(row.note))
    for id_, index in zip(receipt.ids, receipt.indexes, strict=True):
        proven = verify_entry_proof(proof(home, address(origin, id_)), row.fingerprint)
        assert (proven.index, proven.size, proven.root) == (index, published.size, published.root)
    everything = [show(home, address(origin, id_)) for id_, _ in home.logs.store(origin).live()]
    assert all(
        index < published.size for index, _ in provenances([*everything, *search(home, Question()).items])
    )
    # What waits for a signature is nowhere to be seen.
    home = world.restart(home)
    waiting = await publish(home, origin, [put("Gamma")])
    assert not waiting.signed
    assert search(home, Question("gamma")).total == 0
    assert {item["name"] for item in search(home, Question()).items} >= {"Alpha", "Beta"}


class KilledError(BaseException):
    pass


async def test_what_a_kill_left_unsigned_is_shown_once_it_is_signed(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    edited, erased = (await publish(home, origin, [put("Alpha"), put("Beta")])).ids
    step = await publish(home, origin, [put("Gamma")])

    def killed(*_: object) -> None:
        raise KilledError

    def everything() -> Any:  # noqa: ANN401 - any JSON
        named = {id_.hex(): show(home, address(origin, id_)) for id_ in (edited, erased)}
        versions = {name: history(home, address(origin, bytes.fromhex(name))) for name in named}
        return named, versions, sorted(item["name"] for item in search(home, Question()).items)

    # Once before the signature, once between it and the cosignature that lets readers see it.
    for place in ("node.own.sequencer._sign", "node.own.sequencer.cosign"):
        before = everything()
        drafts = [put("Alpha, again", edited), put("Delta"), Draft(Op.ERASE, erased, None, None)]
        with monkeypatch.context() as patched:
            patched.setattr(place, killed)
            with pytest.raises(KilledError):
                await publish(home, origin, drafts)
        (row,) = (row for row in home.logs.all() if row.origin == origin)
        assert row.visible_size == step.size < row.size
        for _ in range(2):
            named, versions, names = everything()
            where = {"provenance": named[edited.hex()]["provenance"]}
            assert named[edited.hex()] == before[0][edited.hex()] | where
            assert versions[edited.hex()] == before[1][edited.hex()]
            # An erase waits for nothing.
            assert named[erased.hex()]["state"] == "erased"
            assert names == [name for name in before[2] if name != "Beta"]
            assert all(index < row.visible_size for index, _ in provenances(search(home, Question()).items))
            rebuild(home)
        with pytest.raises(NotFoundError):
            show(home, home.logs.store(origin).leaf(row.size - 2).id.hex())
        home = world.restart(home)
        grant(home, origin)
        assert (await publish_waiting(home, origin)).signed
        named, versions, names = found = everything()
        assert named[edited.hex()]["name"] == "Alpha, again"
        assert len(versions[edited.hex()]) == len(before[1][edited.hex()]) + 1
        kept = [name for name in before[2] if name not in ("Alpha", "Alpha, again", "Beta")]
        assert names == sorted([*kept, "Alpha, again", "Delta"])
        rebuild(home)
        assert everything() == found
        step = await publish(home, origin, [put("Beta", erased)])


async def test_the_place_in_the_log_decides_and_no_clock(
    tmp_path: Path, network: Network, log: SimulatedLog
) -> None:
    """The later version says that it is the older one, and clocks of publisher and reader are put back."""
    id_ = bytes(16)
    log.put({**payload("First"), "modified": "2099-01-01T00:00:00Z"}, id_)
    log.put({**payload("Second"), "modified": "1999-01-01T00:00:00Z"}, id_)
    server = network.serve(PLACE, log)
    server.say("checkpoint", log.note(log.size, beat=NOW - 900_000))
    reader = await Reader.follow(tmp_path / "home", network)
    await reader.round(-800_000)
    assert show(reader.home, address(ORIGIN, id_))["name"] == "Second"
    log.put({**payload("Third"), "modified": "1998-01-01T00:00:00Z"}, id_)
    server.size = log.size
    server.say("checkpoint", log.note(log.size, beat=NOW - 950_000))
    await reader.round(-100_000)
    assert show(reader.home, address(ORIGIN, id_))["name"] == "Third"
    assert search(reader.home, Question("second")).total == 0
    reader.home.close()
