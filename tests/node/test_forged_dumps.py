"""Dumps that were made to deceive, or to break, whoever verifies them."""

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from node.dumping.making import make_dump
from node.dumping.verifying import verify_dump
from node.home import Home
from protocol.errors import ProtocolError
from tests.publisher import Publisher, entry

ORIGIN = "city.example/log/city/1"


@pytest.fixture
def filled(home: Home) -> Home:
    city = Publisher(home, ORIGIN)
    for name in ("One", "Two"):
        city.put(entry(name))
    city.publish()
    return home


def changed_dump(home: Home, folder: Path, script: str) -> Path:
    """Return an SQLite dump in which some statements were run."""
    path = make_dump(home, folder / "dump.sqlite", "sqlite")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    return path


@pytest.mark.parametrize("number", ["1" * 5_000, str(2**70)])
def test_a_number_of_many_digits_in_a_csv_dump_is_a_fault_with_its_place(
    filled: Home, tmp_path: Path, number: str
) -> None:
    path = make_dump(filled, tmp_path / "dump.csv", "csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows[1][3] = number
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


@pytest.mark.parametrize("number", [2**70, -(2**70)])
@pytest.mark.parametrize("key", ["address", "origin"])
def test_a_number_that_no_log_reaches_in_lines_is_a_fault(
    filled: Home, tmp_path: Path, key: str, number: int
) -> None:
    path = make_dump(filled, tmp_path / "dump.jsonl", "jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    for place, line in enumerate(lines[1:-1], 1):
        said = json.loads(line)
        if next(iter(said)) == key:
            said["index"] = number
            lines[place] = json.dumps(said, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


REMADE = {
    "leaves are a text": ("leaves", "leaves", "CAST('a' AS TEXT)"),
    "leaves are nothing": ("leaves", "leaves", "NULL"),
    "index of leaves is a text": ("leaves", '"index"', "'x'"),
    "index of leaves is nothing": ("leaves", '"index"', "NULL"),
    "leaf is a text": ("statement", "leaf", "printf('%064d', 1)"),
    "leaf is a number": ("statement", "leaf", "1"),
    "salt is a text": ("statement", "salt", "printf('%016d', 1)"),
    "payload is nothing": ("statement", "payload", "NULL"),
    "payload is a text": ("statement", "payload", "'x'"),
    "index is a text": ("statement", '"index"', "'x'"),
    "origin is bytes": ("statement", "origin", "CAST(origin AS BLOB)"),
}


@pytest.mark.parametrize("kind", REMADE)
def test_a_database_with_other_types_is_a_fault(filled: Home, tmp_path: Path, kind: str) -> None:
    table, column, value = REMADE[kind]
    path = changed_dump(
        filled,
        tmp_path,
        f"""
            CREATE TABLE other AS SELECT * FROM {table};
            DROP TABLE {table};
            ALTER TABLE other RENAME TO {table};
            UPDATE {table} SET {column} = {value} WHERE rowid = (SELECT max(rowid) FROM {table});
        """,  # noqa: S608 - our names
    )
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


def test_a_database_that_says_one_thing_to_who_verifies_and_another_to_readers(
    filled: Home, tmp_path: Path
) -> None:
    path = changed_dump(
        filled,
        tmp_path,
        """
            ALTER TABLE statement RENAME TO s;
            CREATE VIEW statement AS
              SELECT address, origin, id, "index", previous, type, kind,
                     CASE WHEN date('now') < '2999-01-01' THEN name ELSE 'Forged' END AS name,
                     summary, language, modified, statement, leaf, salt, payload FROM s;
        """,
    )
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


def test_a_database_with_more_columns_is_a_fault(filled: Home, tmp_path: Path) -> None:
    path = changed_dump(filled, tmp_path, "ALTER TABLE statement ADD COLUMN licence TEXT DEFAULT 'forged'")
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


def test_no_cell_of_a_dump_is_a_formula(home: Home, tmp_path: Path) -> None:
    city = Publisher(home, ORIGIN)
    city.put(entry('=HYPERLINK("https://evil.example","x")'))
    city.publish()
    path = make_dump(home, tmp_path / "dump.csv", "csv")
    with path.open(encoding="utf-8", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert not row["name"].startswith("=")


def test_a_view_without_an_end_is_a_fault_at_once(filled: Home, tmp_path: Path) -> None:
    path = changed_dump(
        filled,
        tmp_path,
        """
            ALTER TABLE leaves RENAME TO l;
            CREATE VIEW leaves AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n)
              SELECT origin, "index", leaves, root FROM l, n WHERE i < 0;
        """,
    )
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


def test_a_database_with_another_part_is_a_fault(filled: Home, tmp_path: Path) -> None:
    path = changed_dump(filled, tmp_path, "INSERT INTO dump VALUES ('errata', 'forged')")
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


ODD = {
    "deep": b'"statement":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "half a character": b'"statement":"\\ud800"}',
}


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_line_is_a_fault(filled: Home, tmp_path: Path, kind: str) -> None:
    path = make_dump(filled, tmp_path / "dump.jsonl", "jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if line.startswith(b'{"address"'))
    lines[place] = lines[place].partition(b'"statement":')[0] + ODD[kind] + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "", "x/e/", "9" * 300])
def test_an_odd_address_is_a_fault(filled: Home, tmp_path: Path, text: str) -> None:
    path = make_dump(filled, tmp_path / "dump.jsonl", "jsonl")
    lines = path.read_bytes().splitlines(keepends=True)
    place = next(at for at, line in enumerate(lines) if line.startswith(b'{"address"'))
    lines[place] = b'{"address":"' + text.encode() + b'"' + lines[place][lines[place].index(b',"index"') :]
    path.write_bytes(b"".join(lines))
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"node":"', b'"node":"\\ud800'),
        (b'"size":', b'"size":-'),
        (b'"checkpoint":"', b'"checkpoint":"\\ud800'),
        (b'"keys":["', b'"keys":["\\u0000'),
        (b'"fedcat_dump":1', b'"fedcat_dump":' + b"9" * 100),
        (b'"continues":null', b'"continues":"x"'),
    ],
)
def test_an_odd_head_is_a_fault(filled: Home, tmp_path: Path, old: bytes, new: bytes) -> None:
    path = make_dump(filled, tmp_path / "dump.jsonl", "jsonl")
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    with pytest.raises(ProtocolError):
        verify_dump(path, {})


def test_an_index_that_says_something_else_than_its_table_is_a_fault(home: Home, tmp_path: Path) -> None:
    city = Publisher(home, "city.example/log/city/1")
    city.put(entry("One"))
    city.publish()
    path = make_dump(home, tmp_path / "dump.sqlite", "sqlite")
    with closing(sqlite3.connect(path)) as connection:
        (address,) = connection.execute("SELECT address FROM statement").fetchone()
    data, forged = path.read_bytes(), address[:-4] + "beef"
    for at in [at for at in range(len(data)) if data.startswith(address.encode(), at)]:
        changed = data[:at] + forged.encode() + data[at + len(address) :]
        path.write_bytes(changed)
        with closing(sqlite3.connect(path)) as connection:
            seen = connection.execute("SELECT address FROM statement").fetchone()[0]
        if seen == forged:
            with pytest.raises(ProtocolError):
                verify_dump(path, {})


def test_a_dump_without_apostrophes_says_what_its_leaves_say(home: Home, tmp_path: Path) -> None:
    city = Publisher(home, "city.example/log/city/1")
    city.put(entry("@home"))
    city.publish()
    path = make_dump(home, tmp_path / "dump.csv", "csv")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [[cell.removeprefix("'") for cell in row] for row in csv.reader(stream)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    verify_dump(path, {})
