"""What is kept of a log that was purged: enough to notice if it ever comes back as another, or as less.

::

    purged:  origin  fingerprint  version  size  root  log

Whoever follows it again pins the same fingerprint, and its tree counts here once it holds the one that was
verified before the purge. Then the log itself remembers all this, and the row goes.
"""

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Purged:
    """A log that was purged.

    Attributes:
        origin: Its name.
        fingerprint: The identity that was pinned, 64 hex digits.
        version: Its newest key set.
        size: The size that was verified.
        root: 32-byte root at ``size``.
    """

    origin: str
    fingerprint: str
    version: int
    size: int
    root: bytes


def purged(connection: sqlite3.Connection, origin: str) -> Purged | None:
    """Return what is kept of a log, or None when it was not purged, or came back since."""
    row = connection.execute(
        "SELECT origin, fingerprint, version, size, root FROM purged WHERE origin = ?", (origin,)
    ).fetchone()
    return None if row is None else Purged(*row)


def all_purged(connection: sqlite3.Connection) -> tuple[Purged, ...]:
    """Return all that was purged and did not come back, by origin."""
    rows = connection.execute("SELECT origin, fingerprint, version, size, root FROM purged ORDER BY origin")
    return tuple(Purged(*row) for row in rows)


def keep_purged(connection: sqlite3.Connection, log_id: int) -> None:
    """Keep of a log what its purge leaves, within a transaction; what an earlier purge knew more of stays."""
    connection.execute(
        "INSERT INTO purged (origin, fingerprint, version, size, root, log)"
        " SELECT origin, fingerprint, (SELECT max(version) FROM key_set WHERE log = l.id), size, root, id"
        " FROM log AS l WHERE id = ? ON CONFLICT (origin) DO UPDATE SET"
        " version = max(version, excluded.version), log = max(log, excluded.log)",
        (log_id,),
    )


def came_back(connection: sqlite3.Connection, origin: str) -> None:
    """Let the log itself remember from now on, within a transaction."""
    connection.execute("DELETE FROM purged WHERE origin = ?", (origin,))


def delete_log(connection: sqlite3.Connection, log_id: int) -> None:
    """Delete a log's row and every row that refers to it, whatever table it is in, within a transaction."""
    # Rows of these tables refer to each other as well; all of them are gone in the end.
    connection.execute("PRAGMA defer_foreign_keys = ON")
    for table, column in _referring(connection):
        connection.execute(f'DELETE FROM "{table}" WHERE "{column}" = ?', (log_id,))  # noqa: S608 - our own names
    connection.execute("DELETE FROM log WHERE id = ?", (log_id,))


def _referring(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Return table and column of everything that refers to logs."""
    found = connection.execute(
        'SELECT m.name, f."from" FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS f'
        " WHERE m.type = 'table' AND f.\"table\" = 'log' ORDER BY m.name"
    )
    return [(table, column) for table, column in found]
