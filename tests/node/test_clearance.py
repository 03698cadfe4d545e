"""Three places: when a node may sign, refills, and refuses."""

import json
import shutil

import pytest

from node.errors import InvalidInputError, NotClearedError, NotFoundError
from node.home import Home
from node.importing import ImportReport, import_records
from node.interop.making import Occasion
from node.interop.publiccode import read_publiccode
from node.own.clearance import carriers_of, clear, grant, note_carrier, unlock, why_not_sign
from node.own.headlock import HeadLock
from node.own.sequencer import publish, publish_waiting
from protocol.checkpoint import Checkpoint
from protocol.note import Note
from tests.node_world import Carrier, CarrierFetch, NodeWorld, erase, put

PEER = "http://127.0.0.1:9001"


def lock_of(home: Home) -> HeadLock:
    return HeadLock.of(home, home.logs.all()[0])


async def grow(home: Home, *names: str) -> None:
    grant(home, home.logs.all()[0].origin)
    receipt = await publish(home, home.logs.all()[0].origin, [put(name) for name in names])
    assert receipt.signed


def carry(home: Home, carriers: list[Carrier], base: str = PEER) -> Carrier:
    """Let the world see what the home serves now, under a base URL."""
    carrier = Carrier(home, home.path.parent / f"carrier{len(carriers)}", base)
    carriers.append(carrier)
    return carrier


async def test_a_log_that_nobody_ever_carried_is_cleared_alone(world: NodeWorld) -> None:
    home, origin, fetch = world.found(), world.origin(), CarrierFetch()
    clearance = await clear(home, origin, fetch)
    assert clearance.may_sign
    # Its own public place was asked all the same.
    assert fetch.asked == [f"http://{origin}/checkpoint"]
    assert (await publish(home, origin, [put("Alpha")])).signed
    # Once is enough, for this process and for those beside it.
    assert (await clear(home, origin, fetch)).may_sign
    assert (await clear(world.open(), origin, fetch)).may_sign
    assert len(fetch.asked) == 1


async def test_a_clearance_outlives_the_process_that_it_was_learned_from(world: NodeWorld) -> None:
    first, origin, fetch = world.found(), world.origin(), CarrierFetch()
    assert (await clear(first, origin, fetch)).may_sign
    second = world.open()
    assert (await clear(second, origin, fetch)).may_sign
    assert len(fetch.asked) == 1
    # Between the question and the signature.
    first.close()
    assert (await publish(second, origin, [put("Alpha")])).signed


async def test_a_node_that_starts_asks_although_a_command_was_cleared(world: NodeWorld) -> None:
    command, origin, fetch = world.found(), world.origin(), CarrierFetch()
    assert (await clear(command, origin, fetch)).may_sign
    node = world.open()
    for _ in range(2):
        assert (await clear(node, origin, fetch, is_start=True)).may_sign
    assert len(fetch.asked) == 2


async def test_every_start_asks_anew(world: NodeWorld) -> None:
    home, origin, fetch = world.found(), world.origin(), CarrierFetch()
    await clear(home, origin, fetch)
    home = world.restart(home)
    assert (await publish(home, origin, [put("Alpha")])).why_not
    assert (await clear(home, origin, fetch)).may_sign
    assert len(fetch.asked) == 2


async def test_a_silent_carrier_stops_the_signature_until_it_answers(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    await grow(home, "Alpha")
    carrier = carry(home, carriers)
    note_carrier(home, origin, carrier.prefix(origin) + "/", 3)
    assert carriers_of(home, origin) == (carrier.prefix(origin),)
    home = world.restart(home)
    refused = await clear(home, origin, CarrierFetch())
    assert not refused.may_sign
    assert "answered" in refused.reason
    allowed = await clear(home, origin, CarrierFetch([carrier]))
    assert allowed.may_sign


async def test_peers_are_asked_and_remembered_as_carriers(world: NodeWorld, carriers: list[Carrier]) -> None:
    home, origin = world.found(), world.origin()
    carrier = carry(home, carriers)
    with home.database.write() as connection:
        connection.executemany(
            "INSERT INTO peer (url, added_at) VALUES (?, 0)",
            [(PEER,), ("http://127.0.0.1:9002",), ("http://127.0.0.1:8401",)],
        )
    fetch = CarrierFetch([carrier])
    assert (await clear(home, origin, fetch)).may_sign
    assert carriers_of(home, origin) == (carrier.prefix(origin),)
    assert not any(url.startswith("http://127.0.0.1:8401/mirror") for url in fetch.asked)


async def test_a_database_put_back_is_refilled_and_goes_on(world: NodeWorld, carriers: list[Carrier]) -> None:
    home, origin = world.found(), world.origin()
    await grow(home, "Alpha")
    note_carrier(home, origin, f"{PEER}/mirror/{home.logs.all()[0].hash}")
    home.close()
    aside = world.copy_database()
    home = world.open()
    await grow(home, *(f"Entry {number}" for number in range(300)))
    signed = home.logs.all()[0]
    carrier = carry(home, carriers)
    home.close()
    world.put_back(aside)

    home = world.open()
    assert home.logs.all()[0].size == 3
    refused = await clear(home, origin, CarrierFetch())
    assert (refused.may_sign, "303" in refused.reason) == (False, True)
    waiting = await publish(home, origin, [put("Beta")])
    assert not waiting.signed

    allowed = await clear(home, origin, CarrierFetch([carrier]))
    assert allowed.may_sign
    row = home.logs.all()[0]
    assert (row.size, row.root) == (signed.size, signed.root)
    receipt = await publish_waiting(home, origin)
    assert (receipt.size, receipt.signed) == (304, True)
    assert sum(1 for _ in home.logs.store(origin).live()) == 303


async def test_lost_files_are_refilled_too(world: NodeWorld, carriers: list[Carrier]) -> None:
    home, origin = world.found(), world.origin()
    home.close()
    aside = world.root / "aside"
    shutil.copytree(home.path, aside)
    home = world.open()
    await grow(home, "Alpha", "Beta")
    carrier = carry(home, carriers)
    note_carrier(home, origin, carrier.prefix(origin))
    home.close()
    shutil.rmtree(home.path)
    shutil.copytree(aside, home.path)
    home = world.open()
    with home.database.write() as connection:
        connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 0)", (PEER,))
    assert (await clear(home, origin, CarrierFetch([carrier]))).may_sign
    assert set(home.logs.store(origin).read_blobs(0)) == {1, 2, 3}


async def test_another_history_in_the_world_is_never_signed_over(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    home.close()
    aside = world.root / "aside"
    shutil.copytree(home.path, aside)
    home = world.open()
    await grow(home, "Alpha")
    carrier = carry(home, carriers)
    head = lock_of(home).read()
    home.close()
    # Home and lock file were both put back, and another history was begun.
    shutil.rmtree(home.path)
    shutil.copytree(aside, home.path)
    home = world.open()
    store, row = home.logs.store(origin), home.logs.all()[0]
    lock_of(home).write(Checkpoint(origin, row.size, row.root))
    await grow(home, "Other", "More")
    home = world.restart(home)
    note_carrier(home, origin, carrier.prefix(origin))
    refused = await clear(home, origin, CarrierFetch([carrier]))
    assert not refused.may_sign
    assert "another history" in refused.reason
    # A shorter one as well: what it shows cannot be fetched onto ours.
    unlock(home, origin, 4, "tester")
    assert not (await clear(home, origin, CarrierFetch([carrier]))).may_sign
    assert head is not None
    assert store.tree.edge(3).root != head.root


async def test_a_larger_head_that_cannot_be_fetched_stops_the_signature(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    home.close()
    aside = world.copy_database()
    home = world.open()
    await grow(home, "Alpha")
    carrier = carry(home, carriers)
    note = home.logs.store(origin).note()
    home.close()
    world.put_back(aside)
    home = world.open()
    prefix = carrier.prefix(origin)
    note_carrier(home, origin, prefix)
    fetch = CarrierFetch()
    fetch.replaced[f"{prefix}/checkpoint"] = note
    refused = await clear(home, origin, fetch)
    assert "shows 3 entries, here are 2" in refused.reason
    unlock(home, origin, 2, "tester")
    assert not (await clear(home, origin, fetch)).may_sign


async def test_nonsense_is_no_answer(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    url = f"{PEER}/mirror/{home.logs.all()[0].hash}"
    note_carrier(home, origin, url)
    fetch = CarrierFetch()
    fetch.replaced[f"{url}/checkpoint"] = b"<html>"
    assert "answered" in (await clear(home, origin, fetch)).reason


async def test_a_carrier_that_dropped_the_log_is_no_answer(world: NodeWorld, carriers: list[Carrier]) -> None:
    home, origin = world.found(), world.origin()
    other = world.found("town", 8402)
    carrier = carry(other, carriers)
    note_carrier(home, origin, f"{PEER}/mirror/{home.logs.all()[0].hash}")
    assert not (await clear(home, origin, CarrierFetch([carrier]))).may_sign


async def test_a_kill_before_the_lock_file_is_rolled_forward(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    before = lock_of(home).read()
    assert before is not None
    await grow(home, "Alpha")
    head = lock_of(home).read()
    home = world.restart(home)
    lock_of(home).write(before)
    assert (await clear(home, origin, CarrierFetch())).may_sign
    assert lock_of(home).read() == head


async def test_a_lock_file_that_disagrees_stops_the_signature(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    lock = lock_of(home)
    head = lock.read()
    assert head is not None
    lock.path.unlink()
    assert "missing" in (await clear(home, origin, CarrierFetch())).reason
    for wrong, word in (
        (Checkpoint(origin, 9, bytes(32)), "size 9"),
        (Checkpoint(origin, 1, bytes(32)), "another history"),
        (Checkpoint("other.example/log/x/1", 2, head.root), "other.example"),
    ):
        lock.write(wrong)
        refused = await clear(home, origin, CarrierFetch())
        assert not refused.may_sign
        assert word in refused.reason


async def test_a_damaged_tree_stops_the_signature(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    hashes = home.logs.store(origin).tree.directory / "hashes.0"
    good = hashes.read_bytes()
    hashes.write_bytes(bytes(64))
    assert "another root" in (await clear(home, origin, CarrierFetch())).reason
    hashes.write_bytes(b"")
    assert "damaged" in (await clear(home, origin, CarrierFetch())).reason
    hashes.write_bytes(good)
    assert (await clear(home, origin, CarrierFetch())).may_sign


async def test_a_cleared_process_stops_when_its_lock_is_changed(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    lock_of(home).write(Checkpoint(origin, 7, bytes(32)))
    receipt = await publish(home, origin, [put("Alpha")])
    assert receipt.why_not
    assert "size 7" in receipt.why_not
    assert not (await clear(home, origin, CarrierFetch())).may_sign


async def test_an_operator_overrides_for_the_record(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    note_carrier(home, origin, f"{PEER}/mirror/x")
    lock_of(home).write(Checkpoint(origin, 7, bytes(32)))
    with pytest.raises(InvalidInputError, match="size 2"):
        unlock(home, origin, 7, "alex")
    unlock(home, origin, 2, "alex")
    actor, action, name, detail = home.database.connection.execute(
        "SELECT actor, action, origin, detail FROM audit"
    ).fetchone()
    assert (actor, action, name, json.loads(detail)["size"]) == ("alex", "log unlock", origin, 2)
    assert json.loads(detail)["lock"].splitlines()[1] == "7"
    assert (await clear(home, origin, CarrierFetch())).may_sign
    assert (await publish(home, origin, [put("Alpha")])).signed
    # It counts for that head alone.
    home = world.restart(home)
    assert not (await clear(home, origin, CarrierFetch())).may_sign
    lock_of(home).path.unlink()
    unlock(home, origin, 3, "alex")
    assert (await clear(home, origin, CarrierFetch())).may_sign


async def test_only_own_logs_are_cleared(world: NodeWorld) -> None:
    home = world.found()
    with pytest.raises(NotFoundError):
        await clear(home, "nobody.example/log/x/1", CarrierFetch())


async def test_an_unsigned_head_is_signed_after_the_start(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    await grow(home, "Alpha")
    row = home.logs.all()[0]
    with home.database.write() as connection:
        # As a kill between lock file and signature leaves it.
        connection.execute("UPDATE log SET note = visible, note_size = 2, visible_size = 2")
    home = world.restart(home)
    assert home.logs.store(origin).held().note == b""
    await clear(home, origin, CarrierFetch())
    receipt = await publish_waiting(home, origin)
    assert receipt.signed
    assert row.chain.open_checkpoint(Note.parse(home.logs.store(origin).note())).size == 3
    assert why_not_sign(home, home.logs.all()[0], lock_of(home)) is None


async def test_a_damaged_lock_file_can_be_unlocked(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    lock_of(home).path.write_bytes(b"\xff\xfe")
    unlock(home, origin, 2, "alex")
    (detail,) = home.database.connection.execute("SELECT detail FROM audit").fetchone()
    assert json.loads(detail)["lock"] == "\\xff\\xfe"
    assert (await clear(home, origin, CarrierFetch())).may_sign


async def test_what_was_refilled_is_visible_at_once(world: NodeWorld, carriers: list[Carrier]) -> None:
    home, origin = world.found(), world.origin()
    home.close()
    aside = world.copy_database()
    home = world.open()
    await grow(home, "Alpha")
    carrier = carry(home, carriers)
    home.close()
    world.put_back(aside)
    home = world.open()
    note_carrier(home, origin, carrier.prefix(origin))
    assert (await clear(home, origin, CarrierFetch([carrier]))).may_sign
    row = home.logs.all()[0]
    assert (row.size, row.signed_size, row.visible_size) == (3, 3, 3)


async def test_leaves_that_are_gone_stop_the_signature(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    entries = home.logs.store(origin).tree.directory / "entries"
    good = entries.read_bytes()
    for bad in (good[:66], good[:66] + bytes(66)):
        entries.write_bytes(bad)
        assert "leaf 1 is not" in (await clear(home, origin, CarrierFetch())).reason


async def test_drafts_of_a_database_put_back_are_not_appended_twice(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    note_carrier(home, origin, f"{PEER}/mirror/{home.logs.all()[0].hash}")
    await grow(home, "Alpha", "Beta")
    alpha, beta = (id_ for id_, index in home.logs.store(origin).live() if index > 1)
    home = world.restart(home)
    # They wait while the node may not sign; only then the copy is made.
    names = ("Secret", "Kept")
    secret, kept = (await publish(home, origin, [put(name) for name in names])).ids
    await publish(home, origin, [put("Edited", alpha)])
    await publish(home, origin, [erase(beta)])
    home.close()
    aside = world.copy_database()
    home = world.open()
    grant(home, origin)
    assert (await publish_waiting(home, origin)).size == 8
    assert (await publish(home, origin, [erase(secret)])).signed
    carrier = carry(home, carriers)
    home.close()
    world.put_back(aside)

    home = world.open()
    # Of the same statement as one that came back, but it says something else: this one is new.
    await publish(home, origin, [put("Another", kept)])
    assert (await clear(home, origin, CarrierFetch([carrier]))).may_sign
    receipt = await publish_waiting(home, origin)
    assert (receipt.size, receipt.signed) == (10, True)
    store = home.logs.store(origin)
    assert store.kept_blob(9) is not None
    assert [store.statement_head(id_) for id_ in (secret, kept, alpha)] == [(4, 1), (9, 1), (6, 1)]
    assert home.database.connection.execute("SELECT count(*) FROM draft WHERE idx IS NULL").fetchone() == (0,)


async def test_nothing_is_imported_into_a_log_whose_end_is_missing(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    note_carrier(home, origin, f"{PEER}/mirror/{home.logs.all()[0].hash}")
    home.close()
    aside = world.copy_database()
    home = world.open()
    file = world.root / "publiccode.yml"
    file.write_text("publiccodeYmlVersion: '0.4'\nname: Alpha\nurl: https://example.org/a.git\n")

    async def load() -> ImportReport:
        return await import_records(home, origin, read_publiccode([str(file)], Occasion("2026-11-21")))

    grant(home, origin)
    assert (await load()).accepted == 1
    carrier = carry(home, carriers)
    home.close()
    world.put_back(aside)

    home = world.open()
    with pytest.raises(NotClearedError, match="holds 2 of its 3"):
        await load()
    assert (await clear(home, origin, CarrierFetch([carrier]))).may_sign
    assert (await load()).unchanged == 1
    assert home.logs.all()[0].size == 3
