"""Dumps of the three forms: what they have, that they verify offline, and that nothing can be changed."""

import csv
import gzip
import json
import sqlite3
import tempfile
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from isal import igzip

from node.dumping.making import FORMS, make_dump
from node.dumping.tables import COLUMNS
from node.dumping.verifying import VerifiedDump, verify_dump
from node.home import Home
from node.moderation import HIDE, TAKEDOWN, moderate
from protocol.errors import InconsistentError, MalformedError, ProtocolError
from protocol.packing import Value
from tests.publisher import Publisher, entry

PLAIN = FORMS[:3]
ORIGIN = "city.example/log/city/1"
OTHER = "b.example/log/town/1"


def fill(home: Home) -> dict[str, str]:
    """Fill two logs with every fate that a statement can have; return the address of each."""
    city = Publisher(home, ORIGIN)
    names = ("changed", "withdrawn", "erased", "plain")
    ids = {name: city.put(entry({"en": name.title(), "fr": f"«{name}»\n"})) for name in names}
    city.publish()
    ids["changed"] = city.put(entry("Changed again", modified="2026-05-01T12:00:00Z"), ids["changed"])
    city.withdraw(ids["withdrawn"])
    city.erase(ids["erased"])
    city.put(b"\xc1")
    city.publish()
    town = Publisher(home, OTHER, own=False)
    ids |= {name: town.put(entry(name.title())) for name in ("hidden", "taken down", "kept")}
    ids["missing"] = town.put(entry("Missing"), withheld=True)
    for number in range(300):
        ids[f"tree {number}"] = town.put(entry(f"Tree {number}", keywords=["oak"]))
    town.publish()
    found = {name: f"{ORIGIN if name in names else OTHER}/e/{id_.hex()}" for name, id_ in ids.items()}
    moderate(home, found["hidden"], HIDE, "a test", "ada")
    moderate(home, found["taken down"], TAKEDOWN, "a test", "ada")
    return found


@pytest.fixture
def dumps(home: Home, tmp_path: Path) -> dict[str, Path]:
    fill(home)
    return {form: make_dump(home, tmp_path / f"dump.{form}", form) for form in PLAIN}


@pytest.fixture
def packed(dumps: dict[str, Path], home: Home, tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "packed").mkdir()
    forms = FORMS[len(dumps) :]
    return {form: make_dump(home, tmp_path / "packed" / f"dump.{form}", form) for form in forms}


def said(verified: VerifiedDump) -> list[tuple[str, int, int, int]]:
    return [(log.origin, log.size, log.statements, log.left_out) for log in verified.logs]


def test_each_form_verifies_without_a_home_and_has_the_same(home: Home, dumps: dict[str, Path]) -> None:
    home.close()
    digests = set()
    for path in dumps.values():
        found = verify_dump(path, {})
        assert said(found) == [(OTHER, 305, 301, 3), (ORIGIN, 9, 3, 0)]
        assert found.node == "http://127.0.0.1:8401"
        assert not any(log.pinned for log in found.logs)
        assert all(log.beat_time for log in found.logs)
        digests.add(tuple(log.root for log in found.logs))
    assert len(digests) == 1


def test_packed_dumps_are_what_gunzip_unpacks(
    home: Home, dumps: dict[str, Path], packed: dict[str, Path]
) -> None:
    for form, path in packed.items():
        assert said(verify_dump(path, {})) == [(OTHER, 305, 301, 3), (ORIGIN, 9, 3, 0)]
        first = path.read_bytes()
        assert make_dump(home, path, form).read_bytes() == first
        plain = dumps[form.removesuffix(".gz")]
        unpacked = path.with_name(plain.name)
        unpacked.write_bytes(gzip.decompress(first))
        assert said(verify_dump(unpacked, {})) == said(verify_dump(path, {}))
        if form != "sqlite.gz":
            assert unpacked.read_bytes() == plain.read_bytes()
    assert sorted(path.name for path in packed["csv.gz"].parent.iterdir()) == [
        "dump.csv",
        "dump.csv.gz",
        "dump.csv.proof.gz",
        "dump.jsonl",
        "dump.jsonl.gz",
        "dump.sqlite",
        "dump.sqlite.gz",
    ]


def test_what_is_in_a_file_decides_how_it_is_read(dumps: dict[str, Path], packed: dict[str, Path]) -> None:
    for form in ("jsonl.gz", "sqlite.gz"):
        assert verify_dump(packed[form].rename(packed[form].with_name(f"{form[0]}.txt")), {}).logs
    # A proof is found after one of both files was unpacked.
    proof = packed["csv.gz"].with_name("dump.csv.proof.gz")
    plain = dumps["csv"].with_name("dump.csv.proof")
    proof.rename(dumps["csv"].with_name(proof.name))
    plain.rename(packed["csv.gz"].with_name(plain.name))
    for path in (dumps["csv"], packed["csv.gz"]):
        assert said(verify_dump(path, {})) == [(OTHER, 305, 301, 3), (ORIGIN, 9, 3, 0)]


def test_a_damaged_packed_file_is_named(packed: dict[str, Path]) -> None:
    for form in ("jsonl.gz", "csv.gz", "csv.proof.gz", "sqlite.gz"):
        path = packed[f"{form.partition('.')[0]}.gz"]
        damaged = path.with_name(f"dump.{form}")
        data = damaged.read_bytes()
        middle = len(data) // 2
        for wrong in (
            data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :],
            data[:-9],
            data[:12],
            data + b"more",
            data[:-5] + bytes(5),
        ):
            damaged.write_bytes(wrong)
            with pytest.raises(ProtocolError, match=r"^dump\."):
                verify_dump(path, {})
        damaged.write_bytes(data)


def test_a_bomb_is_refused_before_it_fills_memory_or_disk(
    dumps: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "disk"))
    head = dumps["jsonl"].read_bytes().splitlines(keepends=True)[0]
    logs = json.dumps(
        {"fedcat_dump": 1, "node": "", "made_at": "", "logs": [json.loads(head)["logs"][0]] * 20_000}
    )
    proof = dumps["csv"].with_name("dump.csv.proof").read_bytes()
    (tmp_path / "bomb.proof").write_bytes(proof)
    columns = ",".join(COLUMNS).encode() + b"\r\n"
    megabyte = bytes(1_048_576)
    for start, portion, why in (
        (b"{", megabyte, "line 1: it is longer than"),
        (logs.encode(), megabyte, "line 1: it is longer than"),
        (head + b'{"address":"', megabyte, "line 2: it is longer than"),
        (head + b'{"end":', megabyte, "line 2: it is no line"),
        (columns + b'"', megabyte, "rows is longer than"),
        (columns, (b'"' + b"x" * 4_092 + b'\n",') * 256, "rows is longer than"),
        (b"SQLite format 3\0", megabyte, "gunzip it"),
    ):
        bomb = tmp_path / "bomb"
        bomb.write_bytes(igzip.compress(start, 3) + igzip.compress(portion, 3) * 100)
        tracemalloc.start()
        with pytest.raises(MalformedError, match=why):
            verify_dump(bomb, {})
        assert tracemalloc.get_traced_memory()[1] < 40 * len(megabyte)
        tracemalloc.stop()
        assert list((tmp_path / "disk").iterdir()) == []


def test_a_dump_says_what_it_leaves_out(dumps: dict[str, Path]) -> None:
    lines = [json.loads(line) for line in dumps["jsonl"].read_text().splitlines()]
    assert [{k: v for k, v in log.items() if k != "origin"} for log in lines[-1]["logs"]] == [
        {"statements": 301, "hidden": 1, "taken_down": 1, "missing": 1},
        {"statements": 3, "hidden": 0, "taken_down": 0, "missing": 0},
    ]
    everything = b"".join(path.read_bytes() for path in dumps["jsonl"].parent.glob("dump.*"))
    for word in (b"Withdrawn", b"Erased", b"Hidden", b"Taken Down", b'Changed"'):
        assert word not in everything
    assert [line["statement"]["name"]["en"] for line in lines if line.get("statement")][-2:] == [
        "Plain",
        "Changed again",
    ]


def test_tables_are_what_analysts_expect(dumps: dict[str, Path]) -> None:
    with dumps["csv"].open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0]) == COLUMNS
    plain, changed, _ = (row for row in rows if row["origin"] == ORIGIN)
    assert (plain["name"], plain["kind"], changed["previous"]) == ("Plain", "software", "1")
    assert changed["modified"] == "2026-05-01T12:00:00Z"
    with closing(sqlite3.connect(dumps["sqlite"])) as connection:
        counted = connection.execute("SELECT origin, count(*) FROM statement GROUP BY origin").fetchall()
        (found,) = connection.execute("SELECT statement FROM statement WHERE name = 'Tree 7'").fetchone()
        ((sums,),) = connection.execute("PRAGMA integrity_check").fetchall()
    assert (sorted(counted), sums) == ([(OTHER, 301), (ORIGIN, 3)], "ok")
    assert json.loads(found)["keywords"] == ["oak"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "csv.proof"])
def test_no_byte_of_a_dump_can_be_changed(dumps: dict[str, Path], form: str) -> None:
    path = dumps[form.partition(".")[0]]
    changed = path.with_name(f"dump.{form}")
    data = bytearray(changed.read_bytes())
    step = max(len(data) // 40, 1)
    for at in [*range(0, len(data), step), len(data) - 1, len(data) - 2]:
        data[at] ^= 1
        changed.write_bytes(data)
        with pytest.raises(ProtocolError) as failed:
            verify_dump(path, {})
        assert str(failed.value)
        data[at] ^= 1


def test_the_place_of_a_change_is_named(dumps: dict[str, Path]) -> None:
    path = dumps["jsonl"]
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(1, len(lines)):
        if b'"Tree 7"' in lines[number] or b'"leaves"' in lines[number]:
            wrong = [*lines]
            wrong[number] = (
                lines[number].replace(b'"Tree 7"', b'"Tree 8"').replace(b'"leaves":"A', b'"leaves":"B')
            )
            path.write_bytes(b"".join(wrong))
            with pytest.raises(ProtocolError, match=rf"dump\.jsonl, line {number + 1}\b"):
                verify_dump(path, {})


@pytest.mark.parametrize(
    ("table", "columns"),
    [("statement", COLUMNS), ("leaves", ("origin", "index", "leaves", "root")), ("dump", ("line",))],
)
def test_no_cell_of_a_database_can_be_changed(
    dumps: dict[str, Path], table: str, columns: tuple[str, ...]
) -> None:
    path = dumps["sqlite"]
    key = "part" if table == "dump" else 'origin || "index"'
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        ((name,), *_) = connection.execute(f"SELECT {key} FROM {table}")  # noqa: S608 - our names
        for column in columns:
            found = f'SELECT "{column}" FROM {table} WHERE {key} = ?'  # noqa: S608
            (kept,) = connection.execute(found, (name,)).fetchone()
            tail = b"x" if isinstance(kept, bytes) else "x"
            other = 99_999 if kept is None or isinstance(kept, int) else kept[:-1] + tail
            change = f'UPDATE {table} SET "{column}" = ? WHERE "{column}" IS ? AND {key} = ?'  # noqa: S608
            connection.execute(change, (other, kept, name))
            with pytest.raises(ProtocolError):
                verify_dump(path, {})
            undo = f'UPDATE {table} SET "{column}" = ? WHERE "{column}" IS ?'  # noqa: S608
            connection.execute(undo, (kept, other))
    assert said(verify_dump(path, {}))


def test_what_is_left_out_or_put_in_shows(dumps: dict[str, Path]) -> None:
    path = dumps["jsonl"]
    lines = path.read_bytes().splitlines(keepends=True)
    stated = [number for number, line in enumerate(lines) if line.startswith(b'{"address"')]
    for wrong in (
        lines[: stated[5]] + lines[stated[5] + 1 :],
        [*lines[: stated[5]], lines[stated[6]], lines[stated[5]], *lines[stated[6] + 1 :]],
        [*lines[:-1]],
        [*lines, lines[-1]],
        [*lines, b"{}\n"],
        [lines[0], lines[-1]],
        [*lines[: stated[5]], b"x" * 9_000_000 + b"\n", *lines[stated[5] :]],
        [*lines[:-1], lines[-2], lines[-1]],
    ):
        path.write_bytes(b"".join(wrong))
        with pytest.raises(ProtocolError):
            verify_dump(path, {})


def test_an_end_that_says_something_else_is_refused(dumps: dict[str, Path]) -> None:
    path = dumps["jsonl"]
    *lines, last = path.read_bytes().splitlines(keepends=True)
    said_of_log: tuple[tuple[dict[str, object], str], ...] = (
        ({"statements": 302, "missing": 0}, "its end says 302 and 2"),
        ({"missing": 2}, "its end says 301 and 4"),
    )
    said_of_all: tuple[tuple[dict[str, object], str], ...] = (
        ({"end": False}, "does not name the logs"),
        ({"logs": []}, "does not name the logs"),
        ({"sha256": "0" * 64}, "sha256 is another one"),
    )
    for change, why in said_of_log + said_of_all:
        end = json.loads(last)
        (end["logs"][0] if "missing" in change else end).update(change)
        path.write_bytes(b"".join(lines) + json.dumps(end, separators=(",", ":")).encode() + b"\n")
        with pytest.raises(ProtocolError, match=why):
            verify_dump(path, {})


def test_a_version_that_does_not_stand_is_refused(home: Home, tmp_path: Path) -> None:
    publisher = Publisher(home, ORIGIN)
    id_ = publisher.put(entry("Old"))
    publisher.publish()
    old = make_dump(home, tmp_path / "old.jsonl", "jsonl").read_bytes().splitlines(keepends=True)
    publisher.put(entry("New"), id_)
    publisher.publish()
    path = make_dump(home, tmp_path / "new.jsonl", "jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if b'"New"' in line]
    # The old version's leaf is part of the run before: put the statement in its place.
    keys = [line for line in old if line.startswith(b'{"origin"')]
    path.write_bytes(b"".join([lines[0], *keys, old[2], *lines[at:]]))
    with pytest.raises(InconsistentError, match=rf"leaf 1 of {ORIGIN}: its statement is not what stands"):
        verify_dump(path, {})


def test_a_publisher_can_be_pinned(dumps: dict[str, Path]) -> None:
    logs = verify_dump(dumps["jsonl"], {}).logs
    found = verify_dump(dumps["jsonl"], {ORIGIN: logs[1].fingerprint})
    assert [log.pinned for log in found.logs] == [False, True]
    with pytest.raises(ProtocolError):
        verify_dump(dumps["jsonl"], {ORIGIN: logs[0].fingerprint})


def test_what_is_no_dump_is_refused(tmp_path: Path, dumps: dict[str, Path]) -> None:
    path = tmp_path / "x"
    head = json.loads(dumps["jsonl"].read_bytes().split(b"\n")[0])
    for data in (
        b"",
        b"{}\n",
        b"address,origin\n",
        b'{"fedcat_dump":2,"node":"","made_at":"","logs":[]}\n',
        json.dumps(head).encode() + b"\n",
    ):
        path.write_bytes(data)
        with pytest.raises(MalformedError):
            verify_dump(path, {})
    with closing(sqlite3.connect(tmp_path / "empty.sqlite")) as connection:
        connection.execute("CREATE TABLE x (y)")
    with pytest.raises(MalformedError):
        verify_dump(tmp_path / "empty.sqlite", {})
    proof = dumps["csv"].with_name("dump.csv.proof")
    for text in ("a,b\n", ",".join(COLUMNS) + "\na,b\n", ",".join(COLUMNS) + '\n"a"b\n'):
        dumps["csv"].write_text(text)
        with pytest.raises(MalformedError):
            verify_dump(dumps["csv"], {})
    proof.unlink()
    dumps["csv"].write_bytes(b"")
    with pytest.raises(MalformedError, match="not beside it"):
        verify_dump(dumps["csv"], {})


def test_an_empty_node_has_an_empty_dump(home: Home, tmp_path: Path) -> None:
    Publisher(home, ORIGIN)
    for form in FORMS:
        path = make_dump(home, tmp_path / form, form)
        assert verify_dump(path, {}).logs == ()


def test_binary_and_odd_payloads_come_through(home: Home, tmp_path: Path) -> None:
    publisher = Publisher(home, ORIGIN)
    payload: dict[str, Value] = {"type": "x", "v": 7, "a": [b"\0\xff", None, -5], "name": 'a,"b"\nc'}
    publisher.put(payload)
    publisher.put(entry({"ar": "ميزانية", "und": "=1+1"}, remarks="long " * 24_000))
    publisher.publish()
    for form in FORMS:
        path = make_dump(home, tmp_path / form, form)
        assert said(verify_dump(path, {})) == [(ORIGIN, 3, 2, 0)]
