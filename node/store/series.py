"""Logs that others continue: a statement that the successor of its log states stands there.

``continued`` is a view, (log, id, by): the log numbered ``by`` is the one proven successor of ``log`` that
nobody refused, and states the same id. What the successor does not state stays where it was.
"""

import sqlite3


def stands(table: str) -> str:
    """Return the SQL condition that no successor states what a row of a table with log and id is about."""
    return f"NOT EXISTS (SELECT 1 FROM continued AS c WHERE c.log = {table}.log AND c.id = {table}.id)"  # noqa: S608


def current_origin(connection: sqlite3.Connection, origin: str, statement_id: bytes) -> str:
    """Return the log in which a statement stands now: the last one in the series that states it."""
    seen = {origin}
    while True:
        row = connection.execute(
            "SELECT next.origin FROM continued JOIN log ON log.id = continued.log"
            " JOIN log AS next ON next.id = continued.by WHERE log.origin = ? AND continued.id = ?",
            (origin, statement_id),
        ).fetchone()
        if row is None or row[0] in seen:
            return origin
        origin = row[0]
        seen.add(origin)


def links(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Return (origin, fingerprint, origin of what continues it) of logs, as far as anybody believes it.

    Whoever signs that somebody else's log continues theirs names a fingerprint that is not that log's.
    """
    return connection.execute(
        "SELECT l.origin, l.fingerprint, s.origin FROM succession AS s JOIN log AS l ON l.id = s.log"
        " LEFT JOIN log AS next ON next.origin = s.origin WHERE s.refused_at IS NULL"
        " AND (next.id IS NULL OR next.fingerprint = s.fingerprint) ORDER BY s.found_at"
    ).fetchall()


def predecessors_of(connection: sqlite3.Connection, log_id: int) -> tuple[int, ...]:
    """Return the numbers of the logs that a log continues, as far as anybody believes it."""
    rows = connection.execute(
        "SELECT s.log FROM succession AS s JOIN log AS l ON l.origin = s.origin"
        " AND l.fingerprint = s.fingerprint WHERE l.id = ? AND s.refused_at IS NULL",
        (log_id,),
    )
    return tuple(log for (log,) in rows)


def series_names(connection: sqlite3.Connection) -> dict[str, str]:
    """Return origin → the smallest name in its series, of logs that continue others or are continued."""
    found: dict[str, set[str]] = {}
    for former, _, successor in links(connection):
        joined = found.get(former, {former}) | found.get(successor, {successor})
        for each in joined:
            found[each] = joined
    return {origin: min(those) for origin, those in found.items()}
