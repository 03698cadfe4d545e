"""A log is continued under another name: its followers move by themselves, and addresses lead on."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from federation.introduce import Introduction, introduce
from federation.listing import Verdict
from node.answers.clusters import project_view
from node.answers.provenance import show
from node.answers.rebuild import rebuild
from node.answers.resolving import resolve
from node.answers.search import Question, search
from node.blocking import say, take_back
from node.cards import CARD_SECONDS
from node.cli.exits import ExitCode
from node.cli.main import run
from node.errors import InvalidInputError, NotFoundError, TakenDownError
from node.home import Home
from node.http.card import card
from node.moderation import TAKEDOWN, moderate
from node.own.clearance import grant
from node.own.rootkeys import Prepared, new_root, root_keys
from node.own.rotation import Change, plan
from node.own.sequencer import publish
from node.own.succeeding import begin_successor, plan_successor
from node.peers import follow
from node.purging import purge
from node.rounds import sync_round
from node.scoping import scope_of, set_scope
from node.store.logs import LogRow
from node.successors import (
    adopt,
    check_successors,
    choose_successor,
    disputed_predecessors,
    disputed_successors,
    successors_of,
)
from protocol.errors import SignatureError
from protocol.keyset import KeyChain, Predecessor
from protocol.origin import address
from tests.node_world import Carrier, CarrierFetch, NodeWorld, erase, put, withdraw
from tests.publisher import Publisher, open_home
from tests.signers import key_note, key_set, root_key

BASE = "http://127.0.0.1:9001"


class Ended:
    """A log with three statements, one of them withdrawn and one erased, and a reader who follows it."""

    def __init__(self, world: NodeWorld) -> None:
        self.world, self.carriers = world, list[Carrier]()
        self.city, self.old = world.found(), world.origin()
        self.new = self.old.removesuffix("1") + "2"
        self.reader = world.found("reader", 8402)
        self.roots = root_keys(world.founded["city"].recovery_sheet)
        self.ids: tuple[bytes, ...] = ()

    async def fill(self) -> None:
        grant(self.city, self.old)
        receipt = await publish(self.city, self.old, [put("Alpha"), put("Beta"), put("Gamma")])
        self.ids = receipt.ids
        await publish(self.city, self.old, [withdraw(self.ids[1]), erase(self.ids[2])])
        fetch = self.shown()
        found = await introduce(fetch, self.carriers[-1].prefix(self.old), self.old)
        follow(self.reader, found, BASE, "root")
        await sync_round(self.reader, fetch)
        assert row_of(self.reader, self.old).size == 7

    def shown(self) -> CarrierFetch:
        """Let the world see what the city's node serves now, its card too."""
        for carrier in self.carriers:
            carrier.close()
        shutil.rmtree(self.world.root / "seen", ignore_errors=True)
        self.carriers = [Carrier(self.city, self.world.root / "seen", BASE)]
        fetch = CarrierFetch(self.carriers)
        fetch.replaced[f"{BASE}/.well-known/fedcat"] = msgspec.json.encode(card(self.city))
        return fetch

    def succeed(self, home: Home | None = None, name: str | None = None) -> Prepared:
        home = home or self.city
        planned = plan_successor(home, self.old, log_name=name)
        planned.keep_secrets(home)
        prepared = planned.prepared.signed(self.roots)
        assert begin_successor(home, prepared, "clerk") is None
        return prepared

    async def round(self) -> None:
        """Let a day pass at the reader, so that cards are read again."""
        self.world.clock.pass_by(CARD_SECONDS + 60)
        fetch = self.shown()
        for _ in range(2):
            await sync_round(self.reader, fetch)


@pytest.fixture
async def ended(world: NodeWorld) -> Iterator[Ended]:  # type: ignore[misc]
    made = Ended(world)
    await made.fill()
    yield made
    for carrier in made.carriers:
        carrier.close()


def heirs(home: Home, origin: str) -> set[str]:
    return {name for name, _ in successors_of(home.database.connection, row_of(home, origin).id)}


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


async def test_followers_move_by_themselves_and_addresses_lead_on(ended: Ended) -> None:
    """Drill: a log that cannot go on is continued in its next epoch."""
    city, reader, old, new = ended.city, ended.reader, ended.old, ended.new
    ended.succeed()
    row = row_of(city, new)
    # Keys leaf, profile and Alpha: what was withdrawn or erased is not stated again.
    assert (row.size, row.signed_size, row.own) == (3, 3, True)
    assert not row_of(city, old).own
    store = city.logs.store(new)
    assert store.statement_head(ended.ids[0]) == (2, 1)
    assert store.statement_head(ended.ids[1]) is None
    with pytest.raises(NotFoundError):
        await publish(city, old, [put("Too late")])
    assert (await publish(city, new, [put("Alpha, again", ended.ids[0])])).signed

    await ended.round()
    followed = row_of(reader, new)
    assert (followed.size, followed.own) == (4, False)
    assert heirs(reader, old) == {new}
    assert str(resolve(reader, address(old, ended.ids[0]))) == address(new, ended.ids[0])
    assert str(resolve(reader, ended.ids[0].hex()[:12])) == address(new, ended.ids[0])
    # What the successor does not state stays where it was.
    assert str(resolve(reader, address(old, ended.ids[1]))) == address(old, ended.ids[1])


async def test_what_a_successor_states_is_found_once_and_there(ended: Ended) -> None:
    city, reader, old, new = ended.city, ended.reader, ended.old, ended.new
    assert [item["address"] for item in search(reader, Question("alpha")).items] == [
        address(old, ended.ids[0])
    ]
    ended.succeed()
    await ended.round()
    stated = [(item["type"], item["address"]) for item in search(reader, Question()).items]
    assert [where for type_, where in stated if type_ == "entry"] == [address(new, ended.ids[0])]
    # The predecessor's profile is gone with it; the reader has one too.
    assert len(stated) == 3
    view = project_view(reader, address(old, ended.ids[0]))
    assert view["address"] == address(new, ended.ids[0])
    assert [member["origin"] for member in view["members"]] == [new]
    assert [each["address"] for each in (view, *view["related"])] == [address(new, ended.ids[0])]

    # Withdrawn there, it is withdrawn; and what a rebuild makes is the same.
    await publish(city, new, [withdraw(ended.ids[0])])
    await ended.round()
    rebuild(reader)
    assert search(reader, Question("alpha")).total == 0


async def test_an_entry_comes_back_where_a_successor_is_purged(ended: Ended) -> None:
    reader, old, new = ended.reader, ended.old, ended.new
    ended.succeed()
    await ended.round()
    assert [item["origin"] for item in search(reader, Question("alpha")).items] == [new]
    purge(reader, new, "clerk")
    assert [item["origin"] for item in search(reader, Question("alpha")).items] == [old]


async def test_decisions_are_inherited_however_a_successor_comes_to_be_followed(ended: Ended) -> None:
    reader, old, new = ended.reader, ended.old, ended.new
    moderate(reader, ended.ids[0].hex(), TAKEDOWN, "a reason", "clerk")
    scope = set_scope(reader, old, {"kind": ["dataset"]}, "clerk")
    ended.succeed()
    say(reader, Verdict.BLOCK, new, "", reason="not sure yet", actor="clerk")
    await ended.round()
    assert reader.logs.get(new) is None
    # The operator thinks again, and it comes by itself.
    take_back(reader, new, "", actor="clerk")
    await ended.round()
    assert row_of(reader, new).size == 3
    assert scope_of(reader, new) == scope
    assert search(reader, Question("alpha")).total == 0
    # Purged and followed by hand again.
    purge(reader, new, "clerk")
    await ended.round()
    assert reader.logs.get(new) is None
    fetch = ended.shown()
    follow(reader, await introduce(fetch, ended.carriers[-1].prefix(new), new), BASE, "root")
    await sync_round(reader, fetch)
    assert row_of(reader, new).size == 3
    assert search(reader, Question("alpha")).total == 0
    with pytest.raises(TakenDownError):
        show(reader, address(old, ended.ids[0]))


async def test_a_successor_is_followed_though_a_kill_came_in_between(
    ended: Ended, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    ended.succeed()
    fetch = ended.shown()
    prefix = ended.carriers[-1].prefix(ended.new)
    found = await introduce(fetch, prefix, ended.new)
    with monkeypatch.context() as patched:
        patched.setattr("node.successors._follow", killed)
        with pytest.raises(KeyboardInterrupt):
            adopt(ended.reader, found, prefix)
    await ended.round()
    assert row_of(ended.reader, ended.new).size == 3


async def test_an_entry_comes_back_where_a_successor_is_refused(ended: Ended) -> None:
    reader, old = ended.reader, ended.old
    ended.succeed()
    await ended.round()
    second = ended.succeed(name="moved").keys.origin
    await ended.round()
    # While two of them claim to be the successor, both and the old one say what they say.
    told = {item["origin"] for item in search(reader, Question("alpha")).items}
    assert told == {old, ended.new}
    choose_successor(reader, old, row_of(reader, ended.new).fingerprint, "asked the registrar", "clerk")
    assert {item["origin"] for item in search(reader, Question("alpha")).items} == {ended.new}
    await ended.round()
    assert reader.logs.get(second) is None


async def test_the_successor_that_was_chosen_is_followed(ended: Ended) -> None:
    reader, old = ended.reader, ended.old
    ended.succeed()
    await ended.round()
    second = ended.succeed(name="moved").keys.origin
    await ended.round()
    moved = row_of(ended.city, second)
    assert reader.logs.get(moved.origin) is None
    choose_successor(reader, old, moved.fingerprint, "asked the registrar", "clerk")
    await ended.round()
    assert row_of(reader, moved.origin).size == 3
    assert str(resolve(reader, address(old, ended.ids[0]))) == address(moved.origin, ended.ids[0])


async def test_a_chain_of_successors_is_followed_to_its_end(ended: Ended) -> None:
    ended.succeed()
    sheet = plan_successor(ended.city, ended.new)
    assert sheet.founded is not None
    assert sheet.prepared.keys.origin == ended.old.removesuffix("1") + "3"
    # Its own root is the fresh one of the first successor, which this test did not keep.
    with pytest.raises(InvalidInputError, match="wants 1 of its roots"):
        begin_successor(ended.city, sheet.prepared, "clerk")


async def test_without_the_roots_there_is_no_successor(ended: Ended) -> None:
    city = ended.city
    planned = plan_successor(city, ended.old)
    planned.keep_secrets(city)
    with pytest.raises(InvalidInputError, match="wants 1 of its roots"):
        begin_successor(city, planned.prepared, "clerk")
    thief = root_keys(ended.world.founded["reader"].recovery_sheet)
    with pytest.raises(InvalidInputError, match="no root of"):
        planned.prepared.signed(thief)
    forged = new_root(ended.old, 1)
    with pytest.raises(InvalidInputError, match="wants 1 of its roots"):
        begin_successor(city, planned.prepared.signed((forged,)), "clerk")
    # A copy whose text was changed after it was signed.
    signed = planned.prepared.signed(ended.roots)
    broken = Prepared.parse(
        signed.render().replace(b"threshold 1", b"threshold 1", 1).replace(b" 7 ", b" 6 ")
    )
    with pytest.raises(SignatureError):
        begin_successor(city, broken, "clerk")
    # The log went on meanwhile, or its keys changed.
    grant(city, ended.old)
    await publish(city, ended.old, [put("Delta")])
    with pytest.raises(InvalidInputError, match="has 8 leaves here, and the successor continues 7"):
        begin_successor(city, signed, "clerk")
    assert city.logs.get(ended.new) is None
    with pytest.raises(InvalidInputError, match="names no predecessor"):
        begin_successor(city, Prepared.of(row_of(city, ended.old).chain.newest), "clerk")
    with pytest.raises(NotFoundError):
        plan_successor(city, "nobody.example/log/x/1")
    with pytest.raises(InvalidInputError, match="no key set"):
        plan_successor(city, ended.old, threshold=2)


async def test_doing_it_again_changes_nothing(ended: Ended) -> None:
    prepared = ended.succeed()
    assert begin_successor(ended.city, prepared, "clerk") is None
    assert row_of(ended.city, ended.new).size == 3
    other = plan_successor(ended.city, ended.old).prepared
    assert other.keys.origin != ended.new
    strange = Prepared.of(replace(prepared.keys, urls=()))
    with pytest.raises(InvalidInputError, match="another fingerprint"):
        begin_successor(ended.city, strange, "clerk")


async def test_two_proven_successors_are_a_root_conflict(
    ended: Ended, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    city, reader, old = ended.city, ended.reader, ended.old
    ended.succeed()
    await ended.round()
    assert heirs(reader, old) == {ended.new}
    # A thief of the root lets the log go on elsewhere as well.
    planned = plan_successor(city, old, log_name="thief")
    planned.keep_secrets(city)
    begin_successor(city, planned.prepared.signed(ended.roots), "thief")
    thief = planned.prepared.keys.origin
    await ended.round()
    assert reader.logs.get(thief) is None
    assert heirs(reader, old) == {ended.new, thief}
    assert str(resolve(reader, address(old, ended.ids[0]))) == address(old, ended.ids[0])
    assert disputed_predecessors(reader.database.connection) == {row_of(reader, old).id}
    # The one that was followed first stands still too, and says why.
    assert disputed_successors(reader.database.connection) == {row_of(reader, ended.new).id}
    outcomes = await sync_round(reader, ended.shown())
    (outcome,) = [each for each in outcomes if each.origin == ended.new]
    assert outcome.fault is not None
    assert "successors exist" in outcome.fault.detail

    fingerprint = row_of(reader, ended.new).fingerprint
    with pytest.raises(InvalidInputError, match="reason"):
        choose_successor(reader, old, fingerprint, " ", "clerk")
    with pytest.raises(NotFoundError):
        choose_successor(reader, old, "0" * 64, "asked", "clerk")
    reader.close()
    monkeypatch.setenv("FEDCAT_HOME", str(reader.path))
    capsys.readouterr()
    assert run(["key", "show", old]) == ExitCode.OK
    assert "two proven successors" in capsys.readouterr().out
    assert run(["key", "choose", old, fingerprint, "--reason", "asked the city", "--json"]) == ExitCode.OK
    assert json.loads(capsys.readouterr().out)["successor"] == ended.new
    home = ended.world.open("reader")
    assert heirs(home, old) == {ended.new}
    assert not disputed_successors(home.database.connection)


async def test_what_only_claims_to_continue_is_not_followed(ended: Ended) -> None:
    city, reader, old = ended.city, ended.reader, ended.old
    ended.succeed()
    fetch = ended.shown()
    prefix = ended.carriers[-1].prefix(ended.new)
    found = await introduce(fetch, prefix, ended.new)
    # The predecessor's keys changed since, as far as the reader knows.
    with city.database.write() as connection:
        connection.execute("UPDATE log SET own = 1 WHERE origin = ?", (old,))
    grant(city, old)
    changed = plan(city, old, Change()).prepared.signed(ended.roots)
    reader.logs.store(old).keep_chain(changed.extend(row_of(reader, old).chain))
    assert not adopt(reader, found, prefix)
    with reader.database.write() as connection:
        connection.execute("DELETE FROM key_set WHERE version = 2")
        # Another tree than the one held here.
        connection.execute("UPDATE log SET size = 7 WHERE origin = ?", (old,))
    tree = reader.logs.store(old).tree
    hashes = tree.read_hashes(0, 0, 7)
    tree.write_hashes(0, 0, bytes(32) + hashes[32:])
    assert not adopt(reader, found, prefix)
    tree.write_hashes(0, 0, hashes)
    # Nobody carries the predecessor, or there is none.
    other = ended.world.found("other", 8403)
    assert not adopt(other, found, prefix)
    assert not adopt(other, await introduce(fetch, ended.carriers[-1].prefix(old), old), prefix)
    assert adopt(reader, found, prefix)


async def test_whoever_follows_a_successor_by_hand_has_addresses_led_on(ended: Ended) -> None:
    ended.succeed()
    fetch = ended.shown()
    follow(
        ended.reader, await introduce(fetch, ended.carriers[-1].prefix(ended.new), ended.new), BASE, "root"
    )
    assert heirs(ended.reader, ended.old) == {ended.new}


async def test_a_hint_that_leads_nowhere_is_left_alone_for_a_while(ended: Ended) -> None:
    document = card(ended.city) | {
        "successors": [
            {"origin": ended.new, "predecessor": ended.old},
            {"origin": "nonsense", "predecessor": ended.old},
            {"origin": "b.example/log/x/2", "predecessor": "b.example/log/x/1"},
        ]
    }
    ended.world.clock.pass_by(CARD_SECONDS + 60)
    fetch = ended.shown()
    fetch.replaced[f"{BASE}/.well-known/fedcat"] = msgspec.json.encode(document)
    await sync_round(ended.reader, fetch)
    assert heirs(ended.reader, ended.old) == set()
    assert not [url for url in fetch.asked if "b.example" in url]


async def test_a_long_list_of_one_node_keeps_no_other_waiting(ended: Ended) -> None:
    reader, other = ended.reader, "http://127.0.0.1:9002"
    long = [{"origin": f"a{n}.example/log/x/1", "predecessor": ended.old} for n in range(20)]
    true = [{"origin": ended.new, "predecessor": ended.old}]
    fetch, waits = ended.shown(), dict[tuple[str, str], int]()
    with reader.database.write() as connection:
        connection.execute("INSERT INTO peer (url, added_at) VALUES (?, ?)", (other, reader.now()))
        for url, successors in ((BASE, long), (other, true)):
            connection.execute(
                "UPDATE peer SET card = ? WHERE url = ?",
                (msgspec.json.encode(card(ended.city) | {"successors": successors}), url),
            )
    await check_successors(reader, fetch, waits)
    assert (len(waits), (other, ended.new) in waits) == (8, True)
    for _ in range(2):
        await check_successors(reader, fetch, waits)
    assert len(waits) == 21


def test_a_publisher_that_goes_on_and_on_is_followed_at_a_measured_pace(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    before = Publisher(home, "spam.example/log/spam/1", own=False).chain
    came = []
    for epoch in range(2, 8):
        origin = f"spam.example/log/spam/{epoch}"
        end = Predecessor(before.origin, 1, bytes(32), before.newest.fingerprint)
        keys = key_set(origin=origin, urls=(), predecessor=end)
        note = key_note(keys, root_key(1, before.origin), root_key(1, origin))
        before = KeyChain.start(note, fingerprint=keys.fingerprint, origin=origin)
        came.append(adopt(home, Introduction(origin, before, b"", 1), f"https://{origin}"))
    # Its first log is of today, too.
    assert came == [True, True, True, False, False, False]
    home.close()


def test_the_command_continues_a_log(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = world.found()
    home.close()
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    sheet, file = world.root / "sheet.txt", world.root / "set.txt"
    sheet.write_text(world.founded["city"].recovery_sheet)
    sheet.chmod(0o600)
    old = world.origin()
    assert run(["key", "succeed", old]) == ExitCode.INVALID_INPUT
    words = ["key", "succeed", old, "--recovery", str(world.root / "new.txt"), "--prepare", str(file)]
    assert run(words) == ExitCode.OK
    assert "PRIVATE+KEY" in (world.root / "new.txt").read_text()
    assert run(["key", "succeed", old, "--apply", str(file)]) == ExitCode.INVALID_INPUT
    assert run(["key", "succeed", old, "--apply", str(file), "--log", "other"]) == ExitCode.USAGE
    assert run(["key", "succeed", "a.example/log/x/1", "--apply", str(file)]) == ExitCode.INVALID_INPUT
    assert run(["key", "sign", str(file), "--root", str(sheet)]) == ExitCode.OK
    capsys.readouterr()
    assert run(["key", "succeed", old, "--apply", str(file), "--json"]) == ExitCode.OK
    document = json.loads(capsys.readouterr().out)
    assert (document["predecessor"], document["size"], document["signed"]) == (old, 2, True)
    assert run(["key", "show", old]) == ExitCode.OK
    assert f"continued by {document['origin']}" in capsys.readouterr().out


def test_with_the_root_at_hand_one_command_is_enough(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, old = world.found(), world.origin()
    home.close()
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    sheet = world.root / "sheet.txt"
    sheet.write_text(world.founded["city"].recovery_sheet)
    sheet.chmod(0o600)
    new = world.root / "new.txt"
    # Without the consent of the old root nothing is made, not even a sheet.
    assert run(["key", "succeed", old, "--recovery", str(new)]) == ExitCode.INVALID_INPUT
    assert not new.exists()
    # Roots of the new log that were made elsewhere sign beside the old ones, so this is a file for them.
    offline = str(world.root / "offline")
    following = old.removesuffix("1") + "2"
    capsys.readouterr()
    assert run(["key", "root", "new", following, offline]) == ExitCode.OK
    vkey = capsys.readouterr().out.strip()
    words = ["key", "succeed", old, "--root", str(sheet), "--add-root", vkey]
    assert run([*words, "--prepare", "-"]) == ExitCode.OK
    assert f"predecessor {old} 2 " in capsys.readouterr().out
    assert run(words) == ExitCode.INVALID_INPUT
    assert run(["key", "succeed", old, "--root", str(sheet), "--recovery", str(new), "--yes"]) == ExitCode.OK
    assert f"{following}/root/1" in new.read_text()
    assert f"continues  {old}" in capsys.readouterr().out
    # The old log is no own one any more; the new one is.
    assert run(["log", "beat"]) == ExitCode.OK
    assert following in capsys.readouterr().out
