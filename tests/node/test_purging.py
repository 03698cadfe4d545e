"""A log that is purged leaves nothing but what makes a rollback visible."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from federation.faults import FaultKind
from node.answers.search import Question, search
from node.errors import InvalidInputError, NotFoundError
from node.forgetting import forget
from node.home import Home
from node.moderation import HIDE, TAKEDOWN, moderate
from node.own.sequencer import Draft, publish
from node.peers import follow, introduce_all
from node.purging import purge
from node.rounds import sync_round
from node.store.logs import LogRow
from node.store.purged import all_purged, purged
from node.successors import adopt
from protocol.leaf import Op
from tests.node_world import Carrier, CarrierFetch, NodeWorld, erase, payload, put, withdraw
from tests.traces import traces
from tests.trio import Trio, asking, served, trio_in

WORDS = ("zquorvexim", "wrimblothq")


@pytest.fixture
async def trio(world: NodeWorld) -> Trio:
    """The relay follows a log that has something of everything."""
    made = await trio_in(world)
    city, relay, origin = made.city, made.relay, made.origin
    ids = (
        await publish(city, origin, [put("Zquorvexim"), put("Wrimblothq"), put("Gone"), put("Erased")])
    ).ids
    await publish(city, origin, [withdraw(ids[2]), erase(ids[3])])
    await publish(city, origin, [Draft(Op.PUT, ids[0], payload("Zquorvexim", v=1))])
    await made.sync()
    moderate(relay, ids[1].hex(), HIDE, "a reason", "ada")
    moderate(relay, ids[2].hex(), TAKEDOWN, "a reason", "ada")
    return made


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


def referring(home: Home) -> Iterator[tuple[str, str]]:
    """Yield table and column of everything in the database that refers to logs."""
    connection = home.database.connection
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _, _, parent, column, *_ in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            if parent == "log":
                yield table, column


def fill(home: Home, row: LogRow) -> None:
    """Put a row about a log into every table that refers to logs and has none of it yet."""
    connection = home.database.connection
    with home.database.write():
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO account (id, name, created_at) VALUES (90001, 'ada', 90001)")
        for table, column in referring(home):
            if connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (row.id,)).fetchone():  # noqa: S608
                continue
            values: dict[str, object] = {}
            for _, name, kind, needed, default, key in connection.execute(f"PRAGMA table_info({table})"):
                if name == column:
                    values[name] = row.id
                elif (needed or key) and default is None:
                    values[name] = {"INTEGER": 90_001, "TEXT": "zquorvexim", "BLOB": b"zquorvexim"}[kind]
            if table == "frozen":
                values["evidence"] = connection.execute("SELECT hash FROM evidence").fetchone()[0]
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608


def rows_about(home: Home, row: LogRow) -> dict[str, int]:
    """Return how many rows of each table are about a log: by its number, its name or its words."""
    connection, found = home.database.connection, {}
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    columns = dict(referring(home))
    for (table,) in tables:
        count = 0
        for each in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            texts = [value for value in each if isinstance(value, str)]
            count += any(row.origin in text or row.hash in text for text in texts)
        if table in columns:
            (mine,) = connection.execute(
                f"SELECT count(*) FROM {table} WHERE {columns[table]} = ?",  # noqa: S608
                (row.id,),
            ).fetchone()
            count = max(count, mine)
        if count:
            found[table] = count
    return found


async def test_nothing_is_left_but_the_tombstone(trio: Trio) -> None:
    relay, origin = trio.relay, trio.origin
    row = row_of(relay, origin)
    fill(relay, row)
    assert len(rows_about(relay, row)) > 20
    assert search(relay, Question(text="zquorvexim")).total == 1
    kept = purge(relay, origin, "ada")
    forget(relay, patient=False)
    assert (kept.origin, kept.fingerprint, kept.version) == (origin, row.fingerprint, 1)
    assert (kept.size, kept.root) == (row.size, row.root)
    assert rows_about(relay, row) == {"purged": 1, "audit": 1}
    assert not (relay.logs.directory / row.hash).exists()
    assert traces(relay, WORDS) == set()
    assert search(relay, Question(text="zquorvexim")).total == 0
    # The relay's own log is as before, and asking again changes nothing.
    assert row_of(relay, trio.world.origin("relay")).size
    assert purge(relay, origin, "ada") == kept
    assert all_purged(relay.database.connection) == (kept,)


async def test_what_cannot_be_purged(trio: Trio) -> None:
    with pytest.raises(InvalidInputError, match="is a log of this node itself"):
        purge(trio.city, trio.origin, "ada")
    with pytest.raises(NotFoundError, match="log nobody"):
        purge(trio.city, "nobody.example/log/x/1", "ada")


async def test_whoever_had_it_open_finds_it_gone_and_harms_no_other_log(trio: Trio) -> None:
    relay, origin = trio.relay, trio.origin
    opened, number = relay.logs.store(origin), row_of(relay, origin).id
    opened.stage_blobs(0, {})
    opened.release()
    purge(relay, origin, "ada")
    for ask in (lambda: opened.size, opened.held, opened.note, opened.tree_fault):
        with pytest.raises(NotFoundError, match="log"):
            ask()
    with pytest.raises(NotFoundError):
        relay.logs.store(origin)
    async with asking() as fetch, served(trio.far):
        for found in await introduce_all(relay, fetch, trio.far.config.address, None):
            follow(relay, found, trio.far.config.address, "root")
    assert number not in {row.id for row in relay.logs.all()}


async def test_following_it_again_takes_nothing_less_and_nothing_else(trio: Trio) -> None:
    city, relay, far, origin = *trio.homes, trio.origin
    old = Carrier(far, trio.world.root / "old", "http://127.0.0.1:9")
    await publish(city, origin, [put("Newer")])
    await trio.sync()
    kept = purge(relay, origin, "ada")
    try:
        # Somebody who holds less than was verified here cannot make it count.
        async with asking() as fetch, served(city):
            (found,) = await introduce_all(relay, fetch, city.config.address, origin)
        follow(relay, found, "http://127.0.0.1:9", "root")
        (refused, *_) = [
            each for each in await sync_round(relay, CarrierFetch([old])) if each.source.startswith(old.base)
        ]
        assert refused.fault is not None
        assert (refused.fault.kind, refused.size) == (FaultKind.INCONSISTENT, 0)
        assert "fewer than the" in refused.fault.detail
        assert search(relay, Question(text="zquorvexim")).total == 0
    finally:
        old.close()
    # Purged again, it still is known how far it was.
    assert purge(relay, origin, "ada").size == kept.size
    with relay.database.write() as connection:
        connection.execute("UPDATE purged SET root = zeroblob(32)")
    await refollow(trio, "is not the tree that was verified")
    with relay.database.write() as connection:
        connection.execute("UPDATE purged SET root = ?", (kept.root,))
    await refollow(trio, None)
    assert row_of(relay, origin).size == city.logs.store(origin).size
    assert purged(relay.database.connection, origin) is None
    assert search(relay, Question(text="zquorvexim")).total == 1


async def refollow(trio: Trio, fault: str | None) -> None:
    """Follow the publisher again and sync."""
    async with asking() as fetch, served(trio.city):
        for found in await introduce_all(trio.relay, fetch, trio.city.config.address, trio.origin):
            follow(trio.relay, found, trio.city.config.address, "root")
        outcomes = await sync_round(trio.relay, fetch)
    details = [
        each.fault.detail for each in outcomes if each.fault is not None and each.origin == trio.origin
    ]
    assert any(fault in detail for detail in details) if fault else details == []


async def test_the_pin_and_the_key_version_stay(trio: Trio) -> None:
    relay, origin = trio.relay, trio.origin
    purge(relay, origin, "ada")
    async with asking() as fetch, served(trio.city):
        (found,) = await introduce_all(relay, fetch, trio.city.config.address, origin)
    # No successor is followed by itself either, once it was purged.
    assert not adopt(relay, found, trio.city.config.address)
    for change, why in (
        ("fingerprint = 'other'", "known here with another fingerprint"),
        (f"fingerprint = '{found.chain.fingerprint}', version = 2", "had key set 2 when it was purged here"),
    ):
        with relay.database.write() as connection:
            connection.execute(f"UPDATE purged SET {change}")  # noqa: S608
        with pytest.raises(InvalidInputError, match=why):
            follow(relay, found, trio.city.config.address, "root")


async def test_a_purge_that_was_killed_is_finished_by_the_next(
    trio: Trio, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, origin = trio.relay, trio.origin
    row = row_of(relay, origin)
    fill(relay, row)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for place in ("node.purging.catch_up", "node.purging.delete_log", "node.purging.shutil.rmtree"):
        with monkeypatch.context() as patched:
            patched.setattr(place, killed)
            with pytest.raises(KeyboardInterrupt):
                purge(relay, origin, "ada")
    assert (relay.logs.directory / row.hash).exists()
    purge(relay, origin, "ada")
    forget(relay, patient=False)
    assert rows_about(relay, row) == {"purged": 1, "audit": 1}
    assert traces(relay, WORDS) == set()
