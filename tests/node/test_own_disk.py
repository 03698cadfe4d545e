"""What was damaged on our own disk is noticed, mended where it can be, and laid at nobody else's door."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.audit import audit, audit_due
from node.cli.exits import ExitCode
from node.cli.main import run
from node.own.clearance import grant
from node.own.sequencer import publish
from node.peers import sync_round
from node.store import logwriter
from node.store.damage import damage_of
from node.store.logstore import LogStore
from protocol.tiles import WIDTH
from tests.node_world import NodeWorld, put
from tests.publisher import Publisher, entry, open_home
from tests.wire_world import World, faults, followed, mirrored


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


NO_SECTOR = "its first byte is answered with EIO, as a bad sector is; there is no such file here"


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


async def test_one_damaged_blob_costs_none_of_its_neighbours(wires: World) -> None:
    a, b, _ = await mirrored(wires, *(f"Budget {number}" for number in range(200)))
    await a.server.close()  # for ever: the mirror is all that is left
    store = b.home.logs.store(a.origin)
    blobs = dict(store.read_blobs(0))
    store.content_files.write(0, blobs | {9: blobs[9][:-1] + b"\x00"})
    audit(b.home, a.origin)
    assert store.held().withheld == (9,)
    assert dict(store.read_blobs(0)) == {index: blob for index, blob in blobs.items() if index != 9}


async def test_a_cut_file_costs_only_what_was_cut(wires: World) -> None:
    a, b, _ = await mirrored(wires, *(f"Budget {number}" for number in range(200)))
    await a.server.close()
    store = b.home.logs.store(a.origin)
    path = store.content_files.directory / "0.gz"
    path.write_bytes(path.read_bytes()[:-1])
    audit(b.home, a.origin)
    assert len(store.held().withheld) < 10


def staged_further(publisher: Publisher, store: LogStore) -> None:
    """Stage three leaves and their blobs one by one, as blobs that come singly are, and be killed."""
    for name in ("Three", "Four", "Five"):
        publisher.put(entry(name * 99))
    start = publisher._size
    store.stage_leaves(start, b"".join(publisher._leaves))
    for index, blob in publisher._blobs.items():
        store.stage_blobs(index // WIDTH, {index: blob})
    store.release()


async def test_an_audit_after_a_kill_while_a_file_grew_takes_nothing_committed(
    tmp_path: Path,
) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, "a.example/log/x/1", own=False)
    publisher.put(entry("One"))
    publisher.put(entry("Two"))
    publisher.publish()
    store = home.logs.store(publisher.origin)
    before = dict(store.read_blobs(0))
    staged_further(publisher, store)
    path = store.content_files.directory / "0.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert store.read_blobs(0).items() >= before.items()
    found = audit(home, publisher.origin)
    assert (found.findings, found.refetched) == ([], [])
    assert store.held().withheld == ()
    assert store.read_blobs(0).items() >= before.items()
    home.close()


async def test_damaged_contents_are_no_finding_while_somebody_writes_either(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, "a.example/log/x/1", own=False)
    publisher.put(entry("One"))
    publisher.publish()
    store, syncing = home.logs.store(publisher.origin), home.logs.store(publisher.origin)
    flip(store.content_files.directory / "0.gz", 30)
    size = publisher._size
    publisher.put(entry("Two"))
    syncing.stage_leaves(size, b"".join(publisher._leaves))  # a pull that goes on for minutes
    found = audit(home, publisher.origin)
    syncing.release()
    assert found.findings == []
    assert damage_of(home.database.connection, store.id) is None
    home.close()


async def test_what_is_to_be_packed_anew_ends_no_audit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logwriter, "PATIENCE_SECONDS", 0.02)
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, "a.example/log/x/1", own=False)
    for number in range(99):
        publisher.put(entry(f"A project of many words, number {number}"))
    publisher.publish()
    other = Publisher(home, "b.example/log/x/1", own=False)
    other.put(entry("One"))
    other.publish()
    with home.logs.store(publisher.origin) as syncing:
        size = publisher._size
        publisher.put(entry("Two"))
        syncing.stage_leaves(size, b"".join(publisher._leaves))  # a pull that goes on for minutes
        first, second = audit_due(home), audit_due(home)
    assert {each.origin for each in (first, second) if each} == {publisher.origin, other.origin}
    home.close()


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason=NO_SECTOR)
@pytest.mark.parametrize("file", ["content/0.gz", "entries", "hashes.0"])
async def test_a_sector_that_cannot_be_read_is_a_finding_and_stops_no_other_audit(
    world: NodeWorld, file: str
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put("One")])
    other = Publisher(home, "b.example/log/x/1", own=False)
    other.put(entry("One"))
    other.publish()
    path = home.logs.store(origin).tree.directory / file
    path.unlink()
    path.symlink_to("/proc/self/mem")
    first, second = audit_due(home), audit_due(home)
    assert first is not None
    assert first.findings
    assert second is not None
    assert second.origin == other.origin


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason=NO_SECTOR)
async def test_a_sector_that_cannot_be_read_is_fetched_again(wires: World) -> None:
    a, b, publisher = await mirrored(wires, "One")
    mirror = b.home.logs.store(a.origin)
    path = mirror.content_files.directory / "0.gz"
    path.unlink()
    path.symlink_to("/proc/self/mem")
    publisher.put(entry("Two"))
    publisher.publish()
    for _ in range(2):
        await sync_round(b.home, wires.fetch)
    assert faults(await sync_round(b.home, wires.fetch)) == [None]
    assert sorted(mirror.read_blobs(0).items()) == sorted(publisher.store.read_blobs(0).items())


async def test_what_was_left_by_a_kill_in_an_older_bundle_is_made_durable(
    wires: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, _ = await mirrored(wires, *(f"Budget {number}" for number in range(300)))
    mirror = b.home.logs.store(a.origin)
    path = mirror.content_files.directory / "0.gz"
    blobs = dict(mirror.read_blobs(0))
    path.unlink()
    mirror.give_up_content(0, is_damaged=True)
    with b.home.logs.store(a.origin) as killed:  # it came again, and the node was killed before the commit
        killed.stage_blobs(0, blobs)
    flushed: set[str] = set()
    real = os.fsync

    def noted(file: int) -> None:
        flushed.add(os.path.realpath(f"/proc/self/fd/{file}"))
        real(file)

    monkeypatch.setattr(os, "fsync", noted)
    await sync_round(b.home, wires.fetch)
    b.clock[0] += 3600
    await sync_round(b.home, wires.fetch)
    assert mirror.held().withheld == ()
    assert str(path) in flushed


async def test_a_leaf_that_rotted_here_is_nobody_elses_fault(wires: World) -> None:
    a, b, _ = await mirrored(wires, *(f"Budget {number}" for number in range(300)))
    mirror = b.home.logs.store(a.origin)
    (mirror.content_files.directory / "0.gz").unlink()
    mirror.give_up_content(0, is_damaged=True)
    flip(mirror.tree.directory / "entries", 66 * 7 + 60)
    b.clock[0] += 3600
    outcomes = await sync_round(b.home, wires.fetch)
    assert [str(each.fault) for each in outcomes if each.fault and each.source] == []


async def test_a_hash_that_rotted_here_convicts_nobody(wires: World) -> None:
    a, b, c = await wires.node("a"), await wires.node("b"), await wires.node("c")
    publisher = Publisher(a.home, a.origin)
    for number in range(200):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    await followed(wires, c, a.url)
    await sync_round(c.home, wires.fetch)  # a mirror that stays behind
    for number in range(100):
        publisher.put(entry(f"Park {number}"))
    publisher.publish()
    await followed(wires, b, a.url)
    await sync_round(b.home, wires.fetch)
    await followed(wires, b, c.url, a.origin)
    await a.server.close()
    flip(b.home.logs.store(a.origin).tree.directory / "hashes.0", 32 * 5)
    b.clock[0] += 3600
    outcomes = await sync_round(b.home, wires.fetch)
    assert "inconsistent" not in [each.fault.kind for each in outcomes if each.fault and each.source]
    states = b.home.database.connection.execute("SELECT url, state, detail FROM seen_head").fetchall()
    assert "contradicts" not in [state for _, state, _ in states]


@pytest.mark.parametrize("damage", ["missing", "empty", "cut"])
async def test_a_lost_database_is_noticed(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put("One")])
    home.close()
    file = home.path / "fedcat.db"
    whole = file.read_bytes()
    for path in home.path.glob("fedcat.db*"):
        path.unlink()
    if damage != "missing":
        file.write_bytes(b"" if damage == "empty" else whole[:40_960])
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    for command in (["doctor"], ["log", "audit"], ["log", "list"]):
        assert await asyncio.to_thread(run, command) == ExitCode.UNVERIFIED
        assert "restore the home directory from a backup" in capsys.readouterr().err.replace("\n", " ")


async def test_an_empty_folder_that_a_backup_left_out_is_made_again(wires: World) -> None:
    a, b, publisher = await mirrored(wires)
    for node in (a, b):
        node.home.logs.store(a.origin).content_files.directory.rmdir()
    publisher.put(entry("One"))
    publisher.publish()
    await sync_round(b.home, wires.fetch)
    assert b.home.logs.store(a.origin).read_blobs(0) == publisher.store.read_blobs(0) != {}


async def test_a_damaged_file_is_not_here_also_while_the_database_takes_nothing(
    wires: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.store.database.BUSY_MILLISECONDS", 20)
    a, b, _ = await mirrored(wires, "One")
    path = b.home.logs.store(a.origin).content_files.directory / "0.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with b.home.database.write():
        response = await wires.fetch.get(
            f"{b.url}{b.home.config.url.path}{a.mirror_path}/blob/1", limit=10_000
        )
    assert response.status == 404


@pytest.mark.parametrize("is_killed", [False, True])
@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("name", ["Ccc", "A longer name than the first"])
async def test_what_was_staged_for_other_leaves_is_no_damage_and_does_not_stand_beside_committed_ones(
    tmp_path: Path, name: str, more: int, is_killed: bool
) -> None:
    home = open_home(tmp_path / "home")
    one = Publisher(home, "a.example/log/x/1", own=False)
    one.publish()
    store = home.logs.store(one.origin)
    # The first history is staged, and one of its blobs is nowhere to be had.
    id_ = one.put(entry("Aaa"))
    one.put(entry("Bbb"))
    with store:
        store.stage_leaves(1, b"".join(one._leaves))
        store.stage_blobs(0, {1: one._blobs[1]})
        forged = one._blobs[1]
        if is_killed:
            store.release()
        # Another one is taken, by the same writer, where that blob is missing.
        one._leaves, one._blobs, one._heads = [], {}, {}
        one.put(entry(name), id_, withheld=True)
        for number in range(more):
            one.put(entry(f"Further {number}"))
        one.store = store
        one.publish()
    assert store.held().withheld == (1,)
    assert [index for index, _ in store.each_blob(0)] == [*range(2, 2 + more)]
    assert forged not in store.read_blobs(0).values()
    home.close()


def rot(store: LogStore, index: int) -> None:
    """Flip a bit in the length that a leaf names."""
    path = store.tree.directory / "entries"
    data = bytearray(path.read_bytes())
    data[66 * index + 2 + 7] ^= 1
    path.write_bytes(data)


async def test_a_leaf_that_rotted_costs_no_content(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, "a.example/log/x/1", own=False)
    for number in range(20):
        publisher.put(entry(f"Budget {number}"))
    publisher.publish()
    store = home.logs.store(publisher.origin)
    blobs, entries = dict(store.read_blobs(0)), (store.tree.directory / "entries").read_bytes()
    rot(store, 3)
    # As whoever asks for a blob has it done, and whoever pulls.
    home.logs.store(publisher.origin).give_up_content(0)
    # The tree is put back from a backup.
    (store.tree.directory / "entries").write_bytes(entries)
    assert dict(store.read_blobs(0)) == blobs
    assert store.held().withheld == ()
    home.close()


async def test_a_recovery_beside_logs_without_their_database_leaves_the_mirror_key(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put("One")])
    home.close()
    for path in home.path.glob("fedcat.db*"):
        path.unlink()
    before = {path.name: path.read_bytes() for path in home.keys_dir.iterdir()}
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    command = ["recover", "--from", "http://127.0.0.1:9"]
    assert await asyncio.to_thread(run, command) == ExitCode.UNVERIFIED
    assert {path.name: path.read_bytes() for path in home.keys_dir.iterdir()} == before
