"""The database: durable, shared, migrated once."""

import gc
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.store.database import Database, in_order, state_of
from node.threads import WORKERS


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "fedcat.db")
    yield opened
    opened.close()


def add(connection: sqlite3.Connection, url: str) -> None:
    connection.execute("INSERT INTO peer (url, added_at) VALUES (?, 0)", (url,))


def count(database: Database) -> int:
    (number,) = database.connection.execute("SELECT count(*) FROM peer").fetchone()
    return int(number)


def test_the_pragmas_that_safety_rests_on(database: Database) -> None:
    def value(name: str) -> object:
        return database.connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (value("journal_mode"), value("synchronous"), value("secure_delete")) == ("wal", 2, 1)
    assert value("foreign_keys") == 1


def test_a_block_is_written_whole_or_not_at_all(database: Database) -> None:
    with database.write() as connection:
        add(connection, "a")
    with pytest.raises(KeyboardInterrupt), database.write() as connection:  # noqa: PT012 - the block is the point
        add(connection, "b")
        raise KeyboardInterrupt
    assert count(database) == 1


def test_a_block_of_reads_sees_one_state(database: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "fedcat.db")
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM peer").fetchone() == (0,)
        with other.write() as writing:
            add(writing, "a")
        assert connection.execute("SELECT count(*) FROM peer").fetchone() == (0,)
        # A reader in the way is not waited for.
        assert not other.empty_wal()
    assert count(database) == 1
    assert other.empty_wal()
    other.close()


def test_many_pages_are_held_by_those_that_write_and_while_they_do(database: Database) -> None:
    def held() -> int:
        (kib,) = database.connection.execute("PRAGMA cache_size").fetchone()
        return -int(kib)

    with database.read():
        reading = held()
    # As many threads as there may be hold no more than a tenth of what one process should.
    assert reading * WORKERS <= 16_000
    with database.write() as connection:
        writing = held()
        assert writing > reading
        with in_order(connection):
            assert held() == reading
        assert held() == writing
    assert held() == reading
    with pytest.raises(KeyboardInterrupt), database.write():
        raise KeyboardInterrupt
    assert held() == reading


def test_every_thread_has_its_own_connection(database: Database) -> None:
    def work(number: int) -> None:
        with database.write() as connection:
            add(connection, str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 8


def test_deleted_content_is_gone_from_every_file(database: Database, tmp_path: Path) -> None:
    secret = "unmistakable-secret"
    with database.write() as connection:
        add(connection, secret)
    with database.write() as connection:
        connection.execute("DELETE FROM peer")
    assert database.empty_wal()
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_what_a_commit_wrote_waits_in_the_log_until_there_is_leisure(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "fedcat.db"
    database.settle_wal()
    before = file.stat().st_size
    with database.write() as connection:
        for number in range(12_000):
            add(connection, f"https://{number:0500}.example")
    assert file.stat().st_size == before
    database.settle_wal()
    assert file.stat().st_size > before


def test_a_second_opening_finds_the_schema(database: Database, tmp_path: Path) -> None:
    tables = "SELECT count(*) FROM sqlite_master"
    before = database.connection.execute(tables).fetchone()
    other = Database(tmp_path / "fedcat.db")
    assert other.connection.execute(tables).fetchone() == before
    other.close()


def test_a_full_disk_is_named_and_leaves_no_transaction(database: Database) -> None:
    (pages,) = database.connection.execute("PRAGMA page_count").fetchone()
    database.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"), database.write() as connection:  # noqa: PT012
        for number in range(100):
            add(connection, f"{number}" * 10_000)
    assert not database.connection.in_transaction
    database.connection.execute("PRAGMA max_page_count = 100000")
    with database.write() as connection:
        add(connection, "a")
    assert count(database) == 1


def test_a_commit_that_fails_is_undone(database: Database) -> None:
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:  # noqa: PT012
        # Checked at the commit only.
        connection.execute("PRAGMA defer_foreign_keys = ON")
        connection.execute("INSERT INTO key_set (log, version, note) VALUES (9, 1, x'00')")
    assert not database.connection.in_transaction
    with database.write() as connection:
        add(connection, "a")
    assert count(database) == 1


def test_closing_waits_for_no_thread_and_breaks_none(tmp_path: Path) -> None:
    database = Database(tmp_path / "fedcat.db")
    begun, closed = threading.Event(), threading.Event()
    found: list[object] = []

    def work() -> None:
        rows = database.connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500000) SELECT i FROM n"
        )
        found.append(next(rows))
        begun.set()
        closed.wait(10)
        found.append(sum(1 for _ in rows))

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(10)
    database.close()
    closed.set()
    thread.join()
    assert found == [(1,), 499_999]
    gc.collect()
    # The last connection empties the write-ahead log into the file and removes it.
    assert [path.name for path in tmp_path.iterdir()] == ["fedcat.db"]


def test_idle_threads_keep_nothing_open(tmp_path: Path) -> None:
    database = Database(tmp_path / "fedcat.db")
    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(count, database).result() == 0
        assert (tmp_path / "fedcat.db-wal").exists()
        database.close()
        assert [path.name for path in tmp_path.iterdir()] == ["fedcat.db"]


def test_a_file_that_cannot_be_opened_is_said_once(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Database(tmp_path / "missing" / "fedcat.db")
    gc.collect()


def test_a_state_is_another_one_after_each_change_and_the_same_without(
    database: Database, tmp_path: Path
) -> None:
    other = Database(tmp_path / "fedcat.db")
    first = state_of(database.connection)
    assert state_of(database.connection) == first
    with database.write() as connection:
        add(connection, "a")
        assert state_of(connection) != first
    own = state_of(database.connection)
    with database.read() as connection:
        assert state_of(connection) == own
        with other.write() as writing:
            add(writing, "b")
        # What this transaction sees is as it was.
        assert state_of(connection) == own
    assert state_of(database.connection) not in (first, own)
    other.close()
