"""SQLite as this node uses it: WAL, durable, shared by several processes and threads.

Every thread gets a connection of its own. Nothing is written outside ``write()``, which
takes the write lock at once (``BEGIN IMMEDIATE``): two processes queue up instead of
failing halfway. Safety does not rest on that lock: whatever must not happen twice is a
compare-and-swap in the statement itself.
"""

import contextlib
import gc
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlite_utils import Database as Schema

from .schema import migrations

# A commit of a hundred thousand rows takes seconds on a slow disk; a second process waits for it.
BUSY_MILLISECONDS = 60_000
# KiB of pages that a connection holds. There is one for each thread that ever asked, and what they read the
# system holds for all of them; what is written, at random places, is to be held until it is committed.
_READING_KIB = 1_000
_WRITING_KIB = 32_000
# Pages of 4 KiB in the write-ahead log from which on a commit moves them into the file, and waits again for
# the disk. SQLite begins at 1,000; a thousand new versions write 3,000.
_MOST_WAITING_PAGES = 8_000
# A reader that keeps an old state alive is not worth waiting for: the next commit tries again.
_IN_PASSING_MILLISECONDS = 200


class Database:
    """The database file of one home.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, creating it or bringing it to the newest schema."""
        self.path = path
        self._local = threading.local()
        self._all: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._guard = threading.Lock()
        self._migrate()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode; for single reads."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        return connection

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one durable transaction; an exception undoes all of it."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            with _holding(connection, _WRITING_KIB):
                yield connection
                connection.execute("COMMIT")
        except BaseException:
            # A full or failing disk makes SQLite roll back by itself; to do so again would hide why.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Run a block of reads that all see one state: that of the block around it, where there is one."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            connection.execute("ROLLBACK")

    def settle_wal(self) -> None:
        """Move what can be moved of the write-ahead log into the file, at leisure: then no commit has to."""
        self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def empty_wal(self) -> bool:
        """Move the write-ahead log into the file and truncate it, so that deleted content is gone from both.

        Returns:
            False when another reader or writer was in the way; the next call will do.
        """
        connection = self.connection
        connection.execute(f"PRAGMA busy_timeout = {_IN_PASSING_MILLISECONDS}")
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        return not busy

    def write_anew(self) -> bool:
        """Write the whole file anew, without the remains of deleted rows in unused parts of its pages.

        Deleted rows are overwritten at once. Copies of them may be left where a page was split or joined with
        another one. Blocks; other writers wait. Needs the size of the file twice on the disk.

        Returns:
            False when the write-ahead log could not be emptied, so that all this is to be done again.
        """
        with _holding(self.connection, _WRITING_KIB):
            self.connection.execute("VACUUM")
        return self.empty_wal()

    def close(self) -> None:
        """Close the connections of all threads; one that a thread is using, when that thread lets go of it.

        To close a connection under a running statement crashes the process, and a command that is
        interrupted twice does not wait for its threads.
        """
        with self._guard:
            opened, self._all = self._all, []
        self._local = threading.local()
        current, count = threading.current_thread(), len(opened)
        ended = [connection for thread, connection in opened if thread is current or not thread.is_alive()]
        for connection in ended:
            connection.close()
        del opened
        if len(ended) < count:
            # Of the others only a running statement has a reference, and each connection to itself.
            gc.collect()

    def _connect(self) -> sqlite3.Connection:
        # Used by one thread only; close() may come from another one.
        connection = sqlite3.connect(
            self.path,
            timeout=BUSY_MILLISECONDS / 1000,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # Erased content must not survive in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{_READING_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_MOST_WAITING_PAGES}")
        with self._guard:
            self._all.append((threading.current_thread(), connection))
        return connection

    def _migrate(self) -> None:
        schema = Schema(self.connection, execute_plugins=False, strict=True)
        if not migrations.pending(schema):
            return
        # Two processes may open a fresh home at once; the second finds nothing left to do.
        with self.write():
            migrations.apply(schema)


def state_of(connection: sqlite3.Connection) -> tuple[int, int]:
    """Return what differs whenever the database has changed between two looks through one connection.

    The first number counts the commits of others (https://www.sqlite.org/pragma.html#pragma_data_version),
    the second one the rows that this connection changed. Within a transaction it is of what that sees.
    """
    (commits,) = connection.execute("PRAGMA data_version").fetchone()
    return int(commits), connection.total_changes


def in_order(connection: sqlite3.Connection) -> contextlib.AbstractContextManager[None]:
    """Let a connection hold few pages of a transaction while rows are written in the order of their table.

    Each page is then needed once: what a million rows fill would only stay in memory.
    """
    return _holding(connection, _READING_KIB)


@contextlib.contextmanager
def _holding(connection: sqlite3.Connection, kib: int) -> Iterator[None]:
    """Let a connection hold so many KiB of pages for a while, and then as many as before."""
    (before,) = connection.execute("PRAGMA cache_size").fetchone()
    connection.execute(f"PRAGMA cache_size = -{kib}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA cache_size = {before}")


class _Connection(sqlite3.Connection):
    """A connection that is closed when nobody has it any more, which Python warns about else."""

    def __del__(self) -> None:
        # One that could not be opened cannot be closed either.
        with contextlib.suppress(sqlite3.ProgrammingError):
            self.close()
