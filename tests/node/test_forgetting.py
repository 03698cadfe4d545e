"""What is erased leaves every file of every node, and does not come back."""

from __future__ import annotations

import random
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tantivy

from node.answers.digest import digest
from node.answers.indexing import catch_up
from node.answers.provenance import proof, show
from node.answers.search import Question, search
from node.errors import DamagedError, LockedError, NotFoundError
from node.forgetting import forget
from node.home import Home
from node.importing import ImportReport, import_records
from node.interop.making import Occasion
from node.interop.publiccode import read_publiccode
from node.own import drafts
from node.own.sequencer import Draft, check_drafts, publish
from node.rounds import sync_round
from node.store.database import Database
from node.store.forgotten import note_remains
from protocol.leaf import Op
from protocol.proof import verify_entry_proof
from tests.node_world import Carrier, CarrierFetch, NodeWorld, erase, payload, put
from tests.publisher import Publisher, entry, open_home
from tests.traces import terms, traces
from tests.trio import Trio, asking, served, trio_in

WORDS = ("zquorvexim", "wrimblothq", "jastrupelkq", "xorbidanveq")
RAW = bytes(range(200, 250)) * 3
FILE = """publiccodeYmlVersion: "0.4"
name: Zquorvexim
url: https://code.example/wrimblothq.git
softwareVersion: "9.jastrupelkq"
platforms: [web]
developmentStatus: stable
softwareType: standalone/web
description:
  en:
    shortDescription: Xorbidanveq for everybody
    longDescription: Residents use the xorbidanveq to vote on how a part of the budget is spent.
legal:
  license: agpl-3.0-or-later
maintenance:
  type: internal
localisation:
  localisationReady: true
  availableLanguages: [en]
"""


async def load(home: Home, origin: str, folder: Path) -> ImportReport:
    return await import_records(home, origin, read_publiccode([str(folder)], Occasion("2026-11-21")))


@pytest.fixture
async def trio(world: NodeWorld) -> Trio:
    return await trio_in(world)


def shout(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return an entry that says the words in every place from which something is derived."""
    return payload(
        "Zquorvexim",
        summary={"fr": "Le xorbidanveq pour tous"},
        keywords={"en": ["wrimblothq"]},
        aliases=["Jastrupelkq"],
        topics=["sector:wrimblothq"],
        identifiers=[{"scheme": "repo", "value": "https://code.example/wrimblothq"}],
        source={
            "format": "publiccode",
            "path": "wrimblothq/zquorvexim.yml",
            "original": {"/name": "xorbidanveq", "/topics/0": "Wrimblothq"},
        },
        x={"note": RAW, "wrimblothq": "Jastrupelkq"},
        **more,
    )


@dataclass
class Spread:
    """An entry that everybody holds, indexed and was asked for: three versions of it, and an imported one."""

    id: bytes
    imported: bytes
    versions: list[int]
    raw: list[bytes]
    folder: Path


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "jastrupelkq.yml").write_text(FILE, encoding="utf-8")
    return folder


async def spread(trio: Trio, folder: Path) -> Spread:
    city, origin = trio.city, trio.origin
    store = city.logs.store(origin)
    imported = (await load(city, origin, folder)).details[0].id
    assert imported is not None
    receipt = await publish(city, origin, [Draft(Op.PUT, None, shout())])
    (id_,), (first,) = receipt.ids, receipt.indexes
    await trio.sync()
    second = await publish(city, origin, [Draft(Op.PUT, id_, shout(description={"en": "zquorvexim, again"}))])
    await trio.sync()
    blobs = [store.kept_blob(index) or b"" for index in (first, *second.indexes)]
    for home in trio.homes:
        found = search(home, Question(text="xorbidanveq"), facets=("topic",))
        assert {item["id"] for item in found.items} == {id_.hex(), imported.hex()}
        assert search(home, Question(text="zquorvexin")).corrections == {"zquorvexin": "zquorvexim"}
        where = traces(home, WORDS, [RAW, *blobs])
        assert any(name.startswith("fedcat.db") for name in where)
        assert any(name.endswith("content/0.gz") for name in where)
        assert "index: zquorvexim" in where
    # A draft that waits; it is sequenced before the erase, with an index of its own.
    last = Draft(Op.PUT, id_, shout(purpose={"en": "xorbidanveq, a third time"}))
    with city.database.write() as connection:
        drafts.store(connection, store.id, [last], check_drafts([last]), city.now())
    return Spread(id_, imported, [first, *second.indexes, second.size], [RAW, *blobs], folder)


async def test_erased_content_leaves_every_file_of_all_who_hold_it(trio: Trio, tmp_path: Path) -> None:
    city, origin = trio.city, trio.origin
    there = await spread(trio, written(tmp_path / "wrimblothq"))
    kept = proof(trio.far, there.id.hex())
    old = Carrier(trio.relay, trio.world.root / "old", trio.relay.config.address)

    erases = [erase(there.id, index) for index in there.versions]
    assert (await publish(city, origin, [*erases, erase(there.imported)])).signed
    forget(city)
    await trio.sync()
    try:
        # A relay that was put back to an older state offers it all again.
        await sync_round(trio.far, CarrierFetch([old]))
    finally:
        old.close()
    for home in trio.homes:
        assert traces(home, WORDS, there.raw) == set(), home.path.name
        assert search(home, Question(text="xorbidanveq")).total == 0
        assert search(home, Question(text="zquorvexin")).corrections == {}
        assert search(home, Question(text="bystander")).total == 1
        shown = show(home, there.id.hex())
        assert (shown["state"], shown["erased"], shown["statement"]) == ("erased", "privacy", None)
        with pytest.raises(NotFoundError, match="content of"):
            proof(home, there.id.hex())
        for index in there.versions:
            status, *_ = await trio.answers(home, trio.mirrored(home, f"blob/{index}"))
            assert status == 410
    assert len({str(digest(home, [origin])) for home in trio.homes}) == 1
    assert verify_entry_proof(kept, trio.world.founded["city"].fingerprint).leaf.id == there.id
    # The file still is there, and says what it said: the erased entry does not come back.
    again = await load(city, origin, there.folder)
    assert (again.unchanged, again.accepted, again.changed) == (1, 0, 0)
    assert traces(city, WORDS, there.raw) == set()


async def test_what_a_rewrite_costs_is_bounded(trio: Trio) -> None:
    def state() -> dict[str, tuple[int, int]]:
        rows = city.database.connection.execute("SELECT part, wanted, done FROM remains")
        return {part: (wanted, done) for part, wanted, done in rows}

    city, origin = trio.city, trio.origin
    ids = (await publish(city, origin, [put("Wrimblothq"), put("Zquorvexim")])).ids
    forget(city)
    assert state() == {"index": (0, 0), "database": (0, 0)}
    await publish(city, origin, [erase(ids[0])])
    forget(city)
    assert state() == {"index": (1, 1), "database": (1, 1)}
    with city.database.write() as connection:
        connection.execute("UPDATE remains SET seconds = 30")
    await publish(city, origin, [erase(ids[1])])
    assert search(city, Question(text="zquorvexim")).total == 0
    trio.world.clock.pass_by(299)
    forget(city)
    assert state() == {"index": (2, 1), "database": (2, 1)}
    assert "zquorvexim" in set(terms(city))
    trio.world.clock.pass_by(1)
    forget(city)
    assert state() == {"index": (2, 2), "database": (2, 2)}
    assert traces(city, ["zquorvexim"]) == set()


async def test_a_rewrite_that_fails_rests_like_one_that_was_done(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, tries = trio.city, []

    def full() -> bool:
        tries.append(city.now())
        raise sqlite3.OperationalError("database or disk is full")

    (id_,) = (await publish(city, trio.origin, [put("Zquorvexim")])).ids
    await publish(city, trio.origin, [erase(id_)])
    with monkeypatch.context() as patched:
        patched.setattr(city.database, "write_anew", full)
        with pytest.raises(sqlite3.OperationalError):
            forget(city)
        with city.database.write() as connection:
            connection.execute("UPDATE remains SET seconds = 30 WHERE part = 'database'")
        forget(city)
    assert len(tries) == 1
    trio.world.clock.pass_by(300)
    forget(city)
    wanted = city.database.connection.execute("SELECT part FROM remains WHERE wanted > done").fetchall()
    assert wanted == []


async def test_a_writer_in_the_way_of_one_part_delays_no_other(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, origin = trio.city, trio.origin
    (id_,) = (await publish(city, origin, [put("Zquorvexim")])).ids
    catch_up(city)
    await publish(city, origin, [erase(id_)])
    monkeypatch.setattr("node.store.logwriter.PATIENCE_SECONDS", 0.0)
    with city.database.write() as connection:
        connection.execute("INSERT INTO scrub (log, bundle) SELECT id, 0 FROM log")
    writer = tantivy.Index.open(str(city.index_dir)).writer()
    try:
        with city.logs.store(origin).writing(), pytest.raises(LockedError, match=f"log {origin}"):
            forget(city, 0.0, patient=False)
    finally:
        writer.wait_merging_threads()
    open_parts = "SELECT part FROM remains WHERE wanted > done"
    assert city.database.connection.execute(open_parts).fetchall() == [("index",)]
    forget(city, patient=False)
    assert city.database.connection.execute(open_parts).fetchall() == []
    assert traces(city, ["zquorvexim"]) == set()


async def test_a_reader_in_the_way_only_delays_it(trio: Trio) -> None:
    city, origin = trio.city, trio.origin
    ids = (await publish(city, origin, [put("Zquorvexim")])).ids
    reader = Database(city.database.path)
    try:
        with reader.read() as connection:
            connection.execute("SELECT count(*) FROM entry").fetchone()
            await publish(city, origin, [erase(ids[0])])
            with pytest.raises(LockedError, match="the database"):
                forget(city, patient=False)
        forget(city, patient=False)
    finally:
        reader.close()
    assert traces(city, ["zquorvexim"]) == set()


def test_an_index_that_knows_more_than_the_catalogue_begins_anew(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    try:
        publisher = Publisher(home, "a.example/log/a/1")
        ids = [publisher.put(entry(name)) for name in ("Zquorvexim", "Wrimblothq", "Bystander")]
        publisher.publish()
        catch_up(home)
        with home.database.write() as connection:
            # A row that was lost without the index being told.
            connection.execute("DELETE FROM entry WHERE id = ?", (ids[1],))
        publisher.erase(ids[0])
        publisher.publish()
        forget(home, patient=False)
        assert traces(home, ["zquorvexim", "wrimblothq"]) == {
            "logs/" + publisher.store.tree.directory.name + "/content/0.gz"
        }
        assert search(home, Question()).total == 1
    finally:
        home.close()


def test_rows_that_were_moved_leave_copies_until_the_file_is_written_anew(tmp_path: Path) -> None:
    database = Database(tmp_path / "some.db")
    chance, alive = random.Random(1), {}  # noqa: S311 - the same every time
    with database.write() as connection:
        connection.execute("CREATE TABLE kept (id BLOB PRIMARY KEY, text TEXT) STRICT, WITHOUT ROWID")
    for step in range(60):
        with database.write() as connection:
            for number in range(30):
                id_, mark = chance.randbytes(16), f"MARK{step:03d}{number:03d}"
                alive[id_] = mark
                text = mark + "." * chance.choice([50, 200, 900])
                connection.execute("INSERT INTO kept VALUES (?, ?)", (id_, text))
            for id_ in chance.sample(sorted(alive), min(len(alive), 25)):
                connection.execute("DELETE FROM kept WHERE id = ?", (id_,))
                del alive[id_]
    assert database.empty_wal()
    assert database.write_anew()
    database.close()
    left = set(re.findall(r"MARK\d{6}", database.path.read_bytes().decode("latin-1")))
    assert left == set(alive.values())


def test_who_speaks_for_what_nobody_names_any_more_is_forgotten(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    try:
        ids, publishers = [], [Publisher(home, f"{name}.example/log/{name}/1") for name in ("a", "b")]
        names = ("gitlab.com/oslo/zquorvexim", "gitlab.com/oslo/stays", "github.com/oslo/budget")
        for publisher in publishers:
            for name in (*names[:2], f"{names[2]}/tree/main/plugins"):
                repository = [{"scheme": "repo", "value": f"https://{name}"}]
                ids.append(publisher.put(entry("Tool", identifiers=repository)))
            publisher.publish()
        with home.database.write() as connection:
            connection.executemany(
                "INSERT INTO proof (log, kind, name, tried_at, failures, next_due) VALUES (1, ?, ?, 0, 0, 0)",
                [("repository", name) for name in names] + [("domain", "a.example")],
            )
        publishers[0].erase(ids[0])
        publishers[1].erase(ids[3])
        publishers[1].withdraw(ids[4])
        for publisher in publishers:
            publisher.publish()
        forget(home, patient=False)
        kept = home.database.connection.execute("SELECT name FROM proof").fetchall()
        assert {name for (name,) in kept} == {*names[1:], "a.example"}
        assert traces(home, ["zquorvexim"]) == set()
    finally:
        home.close()


def test_a_damaged_file_of_one_log_keeps_nothing_else_from_being_forgotten(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    broken, sound = (Publisher(home, f"{name}.example/log/{name}/1", own=False) for name in "ab")
    for publisher in (broken, sound):
        publisher.put(entry("Zquorvexim"))
        publisher.publish()
    (broken.store.content_files.directory / "0.gz").write_bytes(b"\x1f\x8bnothing")
    # A kill came before the files were written anew.
    with home.database.write() as connection:
        for publisher in (broken, sound):
            connection.execute("INSERT INTO scrub (log, bundle) VALUES (?, 0)", (publisher.store.id,))
        note_remains(connection)
    with pytest.raises(DamagedError):
        forget(home, patient=False)
    connection = home.database.connection
    assert connection.execute("SELECT log FROM scrub").fetchall() == [(broken.store.id,)]
    assert connection.execute("SELECT count(*) FROM remains WHERE done < wanted").fetchone() == (0,)
    # The audit gives the file up, and then this is done as well.
    assert broken.store.give_up_content(0)
    forget(home)
    assert connection.execute("SELECT log FROM scrub").fetchall() == []
    home.close()


async def test_an_erase_from_a_damaged_file_is_done_with_the_next_round(trio: Trio) -> None:
    city, relay, origin = trio.city, trio.relay, trio.origin
    id_ = (await publish(city, origin, [put("Zquorvexim")])).ids[0]
    await publish(city, origin, [put(f"Other {number}") for number in range(300)])
    await trio.sync()
    store = relay.logs.store(origin)
    (store.content_files.directory / "0.gz").write_bytes(b"\x1f\x8bnothing")
    await publish(city, origin, [erase(id_)])
    async with asking() as fetch, served(city):
        for _ in range(3):
            await sync_round(relay, fetch)
            trio.world.clock.pass_by(relay.config.limits.withheld_seconds)
    assert store.size == city.logs.store(origin).size
    assert store.held().withheld == ()
    assert show(relay, id_.hex())["state"] == "erased"
    assert search(relay, Question("zquorvexim")).total == 0
    assert len(store.read_blobs(0)) == len(city.logs.store(origin).read_blobs(0))
