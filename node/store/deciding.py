"""Carrying out what was decided about statements of a log: hide, take down, restore."""

import sqlite3
from collections.abc import Callable, Mapping

from .forgotten import note_remains
from .logstore import LogStore
from .moderated import TAKEDOWN, Moderated, mark_taken_down, moderated
from .recording import list_for_scrub

Also = Callable[[sqlite3.Connection], None]


def carry_out(store: LogStore, decided: Mapping[bytes, Moderated], also: Also = lambda _: None) -> None:
    """Hide statements, or take them down: out of the catalogue, and content that is taken down off the disk.

    Args:
        store: The log.
        decided: Statement id → what was decided; statements that the log does not have yet are included.
        also: Further writes of the same transaction.

    Raises:
        LockedError: Another process kept writing the log.
    """

    def write(connection: sqlite3.Connection) -> None:
        for id_, each in decided.items():
            connection.execute(
                "INSERT OR REPLACE INTO moderated (log, id, action, reason, actor, at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (store.id, id_, each.action, each.reason, each.actor, each.at),
            )
            if each.action == TAKEDOWN:
                _take_down(connection, store, [index for index, _ in store.versions(id_)])
        also(connection)

    store.decide(write, decided)


def undo(store: LogStore, id_: bytes, also: Also = lambda _: None) -> None:
    """Let a statement stand as if nothing had been decided; what is not kept any more is to be fetched.

    Args:
        store: The log.
        id_: The statement.
        also: Further writes of the same transaction.

    Raises:
        LockedError: Another process kept writing the log.
    """

    def write(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM moderated WHERE log = ? AND id = ?", (store.id, id_))
        versions = [index for index, _ in store.versions(id_)]
        taken = [index for index in versions if store.is_taken_down(index)]
        connection.executemany(
            "DELETE FROM taken_down WHERE log = ? AND idx = ?", [(store.id, index) for index in taken]
        )
        if taken and not store.is_gone(versions[0]):
            # Until the newest version is here again it counts as one that no source had.
            connection.execute(
                "INSERT OR IGNORE INTO withheld (log, idx) VALUES (?, ?)", (store.id, versions[0])
            )
            connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (store.id,))
        also(connection)

    store.decide(write, [id_])


def inherit(store: LogStore, predecessor: int) -> None:
    """Decide about a log's statements what was decided about those of the log that it continues."""
    connection = store.database.connection
    known = moderated(connection, store.id)
    decided = moderated(connection, predecessor)
    if new := {id_: each for id_, each in decided.items() if id_ not in known}:
        carry_out(store, new)


def bequeath(connection: sqlite3.Connection, predecessor: int, log_id: int) -> None:
    """Let a log that begins here have what was decided about the log that it continues, in a transaction."""
    connection.execute(
        "INSERT INTO moderated (log, id, action, reason, actor, at)"
        " SELECT ?, id, action, reason, actor, at FROM moderated WHERE log = ?",
        (log_id, predecessor),
    )
    connection.execute(
        "INSERT INTO scope (log, facet, value) SELECT ?, facet, value FROM scope WHERE log = ?",
        (log_id, predecessor),
    )


def _take_down(connection: sqlite3.Connection, store: LogStore, versions: list[int]) -> None:
    mark_taken_down(connection, store.id, versions)
    for table in ("withheld", "missed"):
        connection.executemany(
            f"DELETE FROM {table} WHERE log = ? AND idx = ?",  # noqa: S608 - our own names
            [(store.id, index) for index in versions],
        )
    list_for_scrub(connection, store.id, versions)
    if versions:
        note_remains(connection)
