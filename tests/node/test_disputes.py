"""A root conflict stops a followed log, is shown, and is settled by people alone."""

import json

import pytest

from node.cli.exits import ExitCode
from node.cli.main import run
from node.disputes import check_disputes, choose, disputed_logs, disputes_of, keep_dispute
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.own.clearance import grant
from node.own.rootkeys import Prepared, root_keys
from node.own.rotation import Change, plan
from node.own.sequencer import publish
from node.rounds import sync_round
from protocol.keyset import KeyChain, RootConflictError
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put
from tests.signers import chain, key_note, key_set, root_key

BASE = "http://127.0.0.1:9001"


def signed(home: Home, origin: str, world: NodeWorld, after: int) -> Prepared:
    return plan(home, origin, Change(after=after)).prepared.signed(
        root_keys(world.founded["city"].recovery_sheet)
    )


async def test_a_log_with_a_root_conflict_stands_still_until_people_decide(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drill: the only root was stolen, and both sides signed a key set 2."""
    city, origin = world.found(), world.origin()
    grant(city, origin)
    reader = world.found("reader", 8402)
    before = city.logs.get(origin)
    assert before is not None
    mine, theirs = signed(city, origin, world, 2), signed(city, origin, world, 3)
    held = before.chain.extend(mine.note.render())
    store = reader.logs.add(held, own=False)
    with reader.database.write() as connection:
        connection.execute(
            "INSERT INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)",
            (store.id, f"{BASE}/mirror/{before.hash}"),
        )
    await publish(city, origin, [put("Alpha")])
    carrier = Carrier(city, world.root / "carrier", BASE)
    try:
        fetch = CarrierFetch([carrier])
        prefix = carrier.prefix(origin)
        fetch.replaced = {
            f"{prefix}/keys/2": theirs.note.render(),
            # Signed by a key that neither of the sets held here has.
            f"{prefix}/checkpoint": carrier.file(f"/mirror/{before.hash}/checkpoint") or b"",
        }
        outcomes = await sync_round(reader, fetch)
        assert any(outcome.fault and "two valid sets" in outcome.fault.detail for outcome in outcomes)
        assert disputed_logs(reader.database.connection) == {store.id}
        # The next round says it again, and asks nobody.
        fetch.asked.clear()
        (outcome,) = [each for each in await sync_round(reader, fetch) if each.origin == origin]
        assert outcome.fault is not None
        assert "key choose" in outcome.fault.detail
        assert not [url for url in fetch.asked if url.startswith(prefix)]
    finally:
        carrier.close()
    (dispute,) = disputes_of(reader.database.connection, store.id)
    assert dispute.fingerprints == (mine.keys.fingerprint, theirs.keys.fingerprint)
    reader.close()
    monkeypatch.setenv("FEDCAT_HOME", str(reader.path))
    capsys.readouterr()
    assert run(["key", "show", origin, "--json"]) == ExitCode.OK
    (shown,) = json.loads(capsys.readouterr().out)
    assert shown["conflicts"][0]["version"] == 2
    assert run(["key", "show", origin]) == ExitCode.OK
    assert "ROOT CONFLICT" in capsys.readouterr().out
    assert run(["key", "choose", origin, "0" * 64, "--reason", "x"]) == ExitCode.NOT_FOUND
    chosen = theirs.keys.fingerprint
    assert run(["key", "choose", origin, chosen, "--reason", "asked the city by telephone"]) == ExitCode.OK
    home = world.open("reader")
    row = home.logs.get(origin)
    assert row is not None
    assert row.chain.newest.text == theirs.keys.text
    assert not disputed_logs(home.database.connection)
    # What was decided is not asked again.
    keep_dispute(home, origin, RootConflictError(origin, 2, mine.note.render(), theirs.note.render()), BASE)
    assert not disputed_logs(home.database.connection)


async def test_a_head_in_a_feed_that_no_key_set_explains_is_looked_into(world: NodeWorld) -> None:
    city, origin = world.found(), world.origin()
    grant(city, origin)
    reader = world.found("reader", 8402)
    row = city.logs.get(origin)
    assert row is not None
    mine, theirs = signed(city, origin, world, 2), signed(city, origin, world, 3)
    store = reader.logs.add(row.chain.extend(mine.note.render()), own=False)
    with reader.database.write() as connection:
        connection.execute(
            "INSERT INTO seen_head (log, url, state, detail, keys, note, seen_at)"
            " VALUES (?, ?, 'unverified', '', 2, x'00', 0)",
            (store.id, BASE),
        )
    fetch, waits = CarrierFetch(), dict[tuple[str, str], int]()
    fetch.replaced = {f"{BASE}/mirror/{row.hash}/keys/2": mine.note.render()}
    await check_disputes(reader, fetch, waits)
    assert not disputed_logs(reader.database.connection)
    fetch.replaced = {f"{BASE}/mirror/{row.hash}/keys/2": theirs.note.render()}
    await check_disputes(reader, fetch, waits)
    # Not before its time.
    assert not disputed_logs(reader.database.connection)
    world.clock.pass_by(3600)
    await check_disputes(reader, fetch, waits)
    assert disputed_logs(reader.database.connection) == {store.id}
    fetch.asked.clear()
    await check_disputes(reader, fetch)
    assert not fetch.asked


def test_choosing_has_its_limits(world: NodeWorld) -> None:
    home = world.found()
    first = key_set(1)
    held: KeyChain = chain(first, key_set(2, after=5), key_set(3, after=9))
    store = home.logs.add(held, own=False)
    other = key_note(key_set(2, after=6))
    conflict = RootConflictError(held.origin, 2, held.notes[1], other)
    keep_dispute(home, "nobody.example/log/x/1", conflict, BASE)
    for _ in range(2):
        keep_dispute(home, held.origin, conflict, BASE)
    assert len(disputes_of(home.database.connection, store.id)) == 1
    chosen = key_set(2, after=6).fingerprint
    with pytest.raises(InvalidInputError, match="reason"):
        choose(home, held.origin, chosen, " ", "clerk")
    with home.database.write() as connection:
        connection.execute("UPDATE log SET size = 7 WHERE id = ?", (store.id,))
    with pytest.raises(InvalidInputError, match="7 leaves were verified"):
        choose(home, held.origin, chosen, "asked", "clerk")
    # The one that is held may be chosen at any size.
    assert choose(home, held.origin, held.sets[1].fingerprint, "asked", "clerk").version == 2
    assert len(home.logs.all()[1].key_notes) == 3
    with pytest.raises(NotFoundError):
        choose(home, held.origin, chosen, "asked", "clerk")
    # Another first key set is another publisher; and what does not follow cannot be put in.
    strange = key_set(1, roots=[root_key(1), root_key(5)])
    keep_dispute(home, held.origin, RootConflictError(held.origin, 1, held.notes[0], key_note(strange)), BASE)
    with pytest.raises(InvalidInputError, match="another publisher"):
        choose(home, held.origin, strange.fingerprint, "asked", "clerk")
    foreign = key_set(3, after=12)
    note = key_note(foreign, root_key(8))
    keep_dispute(home, held.origin, RootConflictError(held.origin, 3, held.notes[2], note), BASE)
    with pytest.raises(InvalidInputError, match="does not follow"):
        choose(home, held.origin, foreign.fingerprint, "asked", "clerk")
