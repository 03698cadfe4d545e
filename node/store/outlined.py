"""What lists show of projects and profiles, kept beside the search index and in step with it.

::

    outline:  log, id: of a member    content: of what it names    first_log, first_id: else what names that

What is in them is ``node.answers.outlines``' part. They are written in the transaction that takes statements
off the queue, so they hold while nothing waits. What is withdrawn, erased or moderated leaves them at once,
like its rows: all that shows some of its text is deleted with it.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .marks import CHOSEN, by_log
from .waiting import is_anything_waiting

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""

_SELECT: Final = "SELECT log, id, content FROM outline WHERE log = ? AND id IN ({}) AND content IS NOT NULL"
_PUT: Final = "INSERT OR REPLACE INTO outline (log, id, first_log, first_id, content) VALUES (?, ?, ?, ?, ?)"
_DROP: Final = "DELETE FROM outline WHERE log = ?1 AND id = ?2"
_DROP_FIRSTS: Final = (
    "DELETE FROM outline WHERE (log, id) IN (SELECT o.first_log, o.first_id FROM outline AS o"  # noqa: S608
    f" WHERE o.log = ?1 AND o.id {CHOSEN} AND o.first_log IS NOT NULL)"
)
_DROP_FIRSTS_OF_LOG: Final = (
    "DELETE FROM outline WHERE (log, id) IN"
    " (SELECT first_log, first_id FROM outline WHERE log = ? AND first_log IS NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Outlined:
    """What is shown of one thing.

    Attributes:
        keys: Of its members, the one that names it first.
        content: As it is kept; empty where nothing is, because it is gone, or not worth it.
    """

    keys: tuple[Key, ...]
    content: bytes = b""


def contents_of(connection: sqlite3.Connection, firsts: Iterable[Key]) -> dict[Key, bytes]:
    """Return what is kept of things, by the members that name them; of what is not kept nothing."""
    found: dict[Key, bytes] = {}
    for number, some, marks in by_log(firsts):
        rows = connection.execute(_SELECT.format(marks), (number, *some))
        found |= {(log, id_): content for log, id_, content in rows}
    return found


def note_outlines(connection: sqlite3.Connection, outlines: Iterable[Outlined]) -> None:
    """Keep what is shown of things now, in the transaction that took them off the queue.

    Of what was queued again since it was read nothing is kept: it may have been erased.
    """
    is_calm = not is_anything_waiting(connection)
    # One may have been purged since it was read.
    logs = {log for (log,) in connection.execute("SELECT id FROM log")}
    kept: list[tuple[int, bytes, int | None, bytes | None, bytes | None]] = []
    gone: list[Key] = []
    for each in outlines:
        is_there = each.content and logs.issuperset([log for log, _ in each.keys])
        if is_there and (is_calm or not _waits(connection, each.keys)):
            first, *others = each.keys
            kept += [(*first, None, None, each.content), *((*key, *first, None) for key in others)]
        else:
            gone += each.keys
    connection.executemany(_DROP, gone)
    connection.executemany(_PUT, kept)


def drop_outlines(connection: sqlite3.Connection, log: int, ids: Iterable[bytes]) -> None:
    """Drop what shows anything of chosen statements, in the transaction that changes or ends these.

    Args:
        connection: Within ``marks.chosen``.
        log: The database's number of the log.
        ids: The chosen ones.
    """
    connection.execute(_DROP_FIRSTS, (log,))
    connection.executemany(_DROP, ((log, id_) for id_ in ids))


def drop_outlines_of_log(connection: sqlite3.Connection, log_id: int) -> None:
    """Drop what shows anything of a log, within a transaction."""
    connection.execute(_DROP_FIRSTS_OF_LOG, (log_id,))
    connection.execute("DELETE FROM outline WHERE log = ?", (log_id,))


def forget_outlines(connection: sqlite3.Connection) -> None:
    """Drop all, within a transaction: the index is empty."""
    connection.execute("DELETE FROM outline")


def _waits(connection: sqlite3.Connection, keys: Iterable[Key]) -> bool:
    asked = "SELECT 1 FROM index_queue WHERE log = ? AND id = ?"
    return any(connection.execute(asked, key).fetchone() for key in keys)
