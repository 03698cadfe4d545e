"""An audit finds one flipped bit anywhere, names file and place, and a log that fails is not signed."""

import json
from pathlib import Path

import pytest

from node.audit import AUDIT_SECONDS, audit, audit_due
from node.cli.exits import ExitCode
from node.cli.main import run
from node.errors import DamagedError, NotClearedError, NotFoundError
from node.home import Home
from node.own.clearance import clear, grant
from node.own.cosigner import cosign
from node.own.heartbeat import beat
from node.own.readiness import signing_outlook
from node.own.sequencer import publish
from protocol.tiles import WIDTH
from tests.node_world import CarrierFetch, NodeWorld, erase, put, withdraw
from tests.publisher import Publisher, entry, open_home
from tests.trio import trio_in


async def grown(world: NodeWorld, count: int = WIDTH) -> Home:
    """A log with a bit of everything, longer than a bundle unless told otherwise."""
    home, origin = world.found(), world.origin()
    grant(home, origin)
    first = await publish(home, origin, [put(f"Entry {number}") for number in range(count)])
    await publish(home, origin, [put("Entry 0, again", first.ids[0])])
    await publish(home, origin, [withdraw(first.ids[1]), erase(first.ids[2])])
    return home


def files_of(home: Home) -> list[Path]:
    (row,) = home.logs.all()
    folder = home.logs.directory / row.hash
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "writer")


def flip(path: Path, offset: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes((byte ^ 1 << bit,)))


async def test_a_log_as_it_was_signed_has_no_findings(world: NodeWorld) -> None:
    home = await grown(world)
    # What was erased was taken out of its file in haste.
    assert len(audit(home, world.origin()).repacked) == 1
    found = audit(home, world.origin())
    assert (found.findings, found.repacked, found.size) == ([], [], home.logs.all()[0].size)
    with pytest.raises(NotFoundError):
        audit(home, "nobody.example/log/x/1")


async def test_one_flipped_bit_is_found_in_every_file_at_every_place(world: NodeWorld) -> None:
    home = await grown(world)
    origin = world.origin()
    assert {path.name for path in files_of(home)} == {"entries", "hashes.0", "hashes.1", "0.gz", "1.gz"}
    for path in files_of(home):
        whole, size = path.read_bytes(), path.stat().st_size
        # Head and tail of each file bit by bit, the rest at steps that share nothing with its structure.
        offsets = {
            *range(min(size, 12)),
            *range(size - min(size, 9), size),
            *range(0, size, max(1, size // 9)),
        }
        for number, offset in enumerate(sorted(offsets)):
            flip(path, offset, number % 8)
            found = audit(home, origin)
            named = [finding.file for finding in found.findings] or found.repacked
            assert named, (path.name, offset, number % 8)
            assert {name.rpartition("/")[2] for name in named} == {path.name}
            path.write_bytes(whole)
    assert not audit(home, origin).findings


async def test_a_finding_names_the_place(world: NodeWorld) -> None:
    home = await grown(world)
    entries, hashes = (
        next(path for path in files_of(home) if path.name == name) for name in ("entries", "hashes.0")
    )
    flip(entries, 66 * 7 + 30, 0)
    (finding,) = audit(home, world.origin()).findings
    assert finding.place == "leaf 7"
    flip(entries, 66 * 7 + 30, 0)
    flip(entries, 66 * 9, 0)
    assert [each.place for each in audit(home, world.origin()).findings] == ["leaf 9"]
    flip(entries, 66 * 9, 0)
    flip(hashes, 32 * 258, 5)
    (finding,) = audit(home, world.origin()).findings
    assert finding.place == "hash 258"
    flip(hashes, 32 * 258, 5)
    whole = entries.read_bytes()
    entries.write_bytes(whole[:-100])
    (finding,) = audit(home, world.origin()).findings
    assert finding.reason == "the file ends here"


async def test_content_must_be_there_and_be_what_was_committed_to(world: NodeWorld) -> None:
    home = await grown(world)
    store = home.logs.store(world.origin())
    blobs = dict(store.read_blobs(0))

    def place() -> list[str]:
        return [finding.place for finding in audit(home, world.origin()).findings]

    store.content_files.write(0, {index: blob for index, blob in blobs.items() if index not in (2, 9)})
    # Leaf 2 is superseded: its content may be kept, or not.
    assert place() == ["blob of leaf 9"]
    store.content_files.write(0, blobs | {9: blobs[9][:-1] + b"\x00"})
    assert place() == ["blob of leaf 9"]
    store.content_files.write(0, blobs | {4: bytes(store.leaf(4).length)})
    assert "blob of leaf 4" in place()
    store.content_files.write(0, blobs)
    assert place() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE statement SET idx = idx + 1 WHERE idx = 20", "statement"),
        ("DELETE FROM statement WHERE idx = 20", "statement"),
        ("UPDATE statement SET op = 2 WHERE idx = 20", "statement"),
        ("DELETE FROM superseded", "superseded"),
        ("UPDATE erased SET reason = 2", "erased"),
        ("INSERT INTO void_leaf (log, idx, reason) VALUES (1, 5, 'odd')", "void_leaf"),
        ("UPDATE log SET root = zeroblob(32)", "head"),
        ("UPDATE log SET note = CAST(replace(note, '1', '2') AS BLOB)", "signed checkpoint"),
        ("UPDATE log SET note_size = note_size - 1", "signed checkpoint"),
        ("UPDATE log SET visible = CAST(replace(visible, 'mirror', 'mirrer') AS BLOB)", "visible checkpoint"),
        ("UPDATE log SET mirror_line = 'nonsense'", "lines beside the checkpoint"),
        # Whatever it is: a random fingerprint may lack any one letter.
        ("UPDATE log SET fingerprint = substr(fingerprint, 2) || 'g'", "key sets"),
        ("UPDATE key_set SET note = CAST(replace(note, 'threshold 1', 'threshold 2') AS BLOB)", "key sets"),
    ],
)
async def test_rows_are_compared_with_a_replay(world: NodeWorld, change: str, named: str) -> None:
    home = await grown(world, 20)
    with home.database.write() as connection:
        connection.execute(change)
    findings = audit(home, world.origin()).findings
    assert findings
    assert findings[0].file == "fedcat.db"
    assert named in findings[0].place


async def test_a_log_that_fails_is_not_signed_until_it_is_whole_again(world: NodeWorld) -> None:
    home, origin = await grown(world, 20), world.origin()
    entries = next(path for path in files_of(home) if path.name == "entries")
    flip(entries, 66 * 7 + 30, 0)
    assert audit(home, origin).findings
    for _ in range(2):
        receipt = await publish(home, origin, [put("Waits")])
        assert "leaf 7" in str(receipt.why_not)
        with pytest.raises(NotClearedError, match="audit"):
            await beat(home, origin)
        with pytest.raises(DamagedError, match="audit"):
            signing_outlook(home, origin)
        with pytest.raises(DamagedError, match="audit"):
            cosign(home, origin, renew=True)
        # Not even after a restart: what was found is remembered.
        home = world.restart(home)
        assert not (await clear(home, origin, CarrierFetch())).may_sign
        grant(home, origin)
    flip(entries, 66 * 7 + 30, 0)
    assert not audit(home, origin).findings
    assert (await publish(home, origin, [put("Goes on")])).signed
    assert not audit(home, origin).findings


async def test_logs_take_turns_and_each_is_audited_once_a_day(world: NodeWorld) -> None:
    home = world.found()
    home.logs.add(Publisher(open_home(world.root / "other"), "a.example/log/x/1").chain, own=False)
    first = audit_due(home)
    assert first is not None
    assert first.origin == world.origin()
    # The other log has nothing to audit yet.
    assert audit_due(home) is None
    world.clock.pass_by(AUDIT_SECONDS + 1)
    assert audit_due(home) is not None


def test_damaged_contents_of_a_followed_log_are_fetched_again(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    publisher = Publisher(home, "a.example/log/x/1", own=False)
    id_ = publisher.put(entry("One"))
    publisher.put(entry("Two"), withheld=True)
    publisher.put(entry("Three"))
    publisher.erase(id_)
    publisher.publish()
    assert not audit(home, publisher.origin).findings
    store = home.logs.store(publisher.origin)
    store.content_files.write(0, {3: bytes(store.leaf(3).length)})
    with home.database.write() as connection:
        connection.execute("DELETE FROM withheld")
    found = audit(home, publisher.origin)
    assert not found.findings
    assert [reason.split(": ")[1] for reason in found.refetched] == ["blob of leaf 3", "blob of leaf 2"]
    assert store.held().withheld == (2, 3)
    assert not audit(home, publisher.origin).refetched
    # Its tree cannot be had again so easily.
    flip(home.logs.directory / home.logs.all()[0].hash / "entries", 70, 1)
    assert audit(home, publisher.origin).findings
    home.close()


def test_the_command_names_what_it_found(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = world.found()
    home.close()
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    assert run(["log", "audit"]) == ExitCode.OK
    assert "all as signed" in capsys.readouterr().out
    entries, packed = (
        next(path for path in files_of(home) if path.name == name) for name in ("entries", "0.gz")
    )
    flip(packed, 5, 1)
    assert run(["log", "audit", world.origin()]) == ExitCode.OK
    assert "packed anew" in capsys.readouterr().err
    flip(entries, 30, 1)
    assert run(["log", "audit", "--json"]) == ExitCode.UNVERIFIED
    (document,) = json.loads(capsys.readouterr().out)
    assert document["findings"][0]["place"] == "leaf 0"
    assert run(["doctor"]) == ExitCode.CONFIG
    assert "an audit found damage" in capsys.readouterr().out


async def test_lines_of_other_cosigners_are_no_damage_unless_they_are_altered(world: NodeWorld) -> None:
    trio = await trio_in(world)
    await trio.sync()
    relay, origin = trio.relay, trio.origin
    (count,) = relay.database.connection.execute("SELECT count(*) FROM cosignature").fetchone()
    assert count
    assert audit(relay, origin).findings == []
    for line, place in (("— a b", "lines beside the checkpoint"), (None, "visible checkpoint")):
        with relay.database.write() as connection:
            if line is None:
                connection.execute("DELETE FROM cosignature")
            else:
                connection.execute("UPDATE cosignature SET line = ?", (line,))
        (finding,) = audit(relay, origin).findings
        assert finding.place.startswith(place)


def flipped(world: NodeWorld, home: Home, before: bytes, after: bytes) -> Home:
    """Flip a bit in a row of the database file, as a bad disk does."""
    home.database.empty_wal()
    home.close()
    file = home.path / "fedcat.db"
    data = file.read_bytes()
    assert data.count(before) == 1
    assert sum((x ^ y).bit_count() for x, y in zip(before, after, strict=True)) == 1
    file.write_bytes(data.replace(before, after))
    return world.open()


async def test_one_flipped_bit_of_an_id_is_one_row_that_is_wrong(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put(f"Entry {number}") for number in range(60)])
    rows = home.database.connection.execute("SELECT id, idx FROM statement ORDER BY id").fetchall()
    id_, index = next((id_, index) for id_, index in rows[3:] if id_[0] < 128 and index > 1)
    wrong = bytes((id_[0] | 128,)) + id_[1:]
    # The row's header (types of log, id, idx and op), and what it has of id and idx; of 0 and 1 it has none.
    head, tail = b"\x05\x09\x2c\x01\x09", bytes((index,))
    home = flipped(world, home, head + id_ + tail, head + wrong + tail)
    named = {each.place.split()[1] for each in audit(home, origin).findings}
    assert named == {id_.hex(), wrong.hex()}
