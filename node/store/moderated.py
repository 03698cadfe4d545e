"""Statements that this node's operator hides, or took down; ``node.moderation`` decides.

What is hidden has no row in the catalogue. What was taken down has no content here either: every version of
it is in ``taken_down``, and newer ones are not asked for. Neither changes the log, nor what is
derived from its leaves alone.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

HIDE: Final = "hide"
"""Not to be found; still kept and served as a file of its log."""

TAKEDOWN: Final = "takedown"
"""Not kept, not served, not fetched again."""


@dataclass(frozen=True, slots=True)
class Moderated:
    """What was decided about one statement.

    Attributes:
        action: ``hide`` or ``takedown``.
        reason: Why, as the operator said it.
        actor: Who decided.
        at: POSIX seconds.
    """

    action: str
    reason: str
    actor: str
    at: int


def moderated(connection: sqlite3.Connection, log_id: int) -> Mapping[bytes, Moderated]:
    """Return what was decided about statements of a log, by their ids."""
    rows = connection.execute(
        "SELECT id, action, reason, actor, at FROM moderated WHERE log = ? ORDER BY id", (log_id,)
    )
    return {id_: Moderated(*rest) for id_, *rest in rows}


def moderation_of(connection: sqlite3.Connection, log_id: int, id_: bytes) -> Moderated | None:
    """Return what was decided about one statement, or None."""
    row = connection.execute(
        "SELECT action, reason, actor, at FROM moderated WHERE log = ? AND id = ?", (log_id, id_)
    ).fetchone()
    return None if row is None else Moderated(*row)


def take_down_versions(
    connection: sqlite3.Connection, log_id: int, heads: Mapping[bytes, int]
) -> tuple[int, ...]:
    """Note the new versions of statements that were taken down, within the transaction that brings them.

    Args:
        connection: In that transaction.
        log_id: The log's row.
        heads: Statement id → index of its new version.

    Returns:
        The indexes of those that were taken down.
    """
    found = (id_ for id_, each in moderated(connection, log_id).items() if each.action == TAKEDOWN)
    indexes = tuple(heads[id_] for id_ in found if id_ in heads)
    mark_taken_down(connection, log_id, indexes)
    return indexes


def mark_taken_down(connection: sqlite3.Connection, log_id: int, indexes: Iterable[int]) -> None:
    """Let the content of leaves be gone from here, within a transaction."""
    connection.executemany(
        "INSERT OR IGNORE INTO taken_down (log, idx) VALUES (?, ?)", [(log_id, index) for index in indexes]
    )
