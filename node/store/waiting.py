"""What waits to be indexed: ``index_queue`` has a row for each statement whose project is to be looked at.

A row that is queued again while it is being indexed gets another turn, and stays: what came meanwhile need
not have changed the statement itself, only whom it is joined with.
"""

import sqlite3
from typing import Final

from .marks import CHOSEN

Key = tuple[int, bytes]
"""The database's number of a log, and a statement id."""

SHARED: Final = "(SELECT identifier FROM identity GROUP BY identifier HAVING count(*) > 1)"
"""The identifiers of more than one statement."""

QUEUE: Final = (
    "INSERT INTO index_queue (log, id) VALUES (?, ?) ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""One statement."""

_AGAIN: Final = " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"

_QUEUE_CHOSEN: Final = f"INSERT INTO index_queue (log, id) SELECT ?1, id FROM temp.chosen WHERE true{_AGAIN}"  # noqa: S608 - our own text
# Whoever else shares an identifier with statements.
_NEIGHBOURS: Final = (
    "INSERT INTO index_queue (log, id) SELECT DISTINCT theirs.log, theirs.id FROM identity AS mine"  # noqa: S608
    " JOIN identity AS theirs ON theirs.identifier = mine.identifier"
    " AND NOT (theirs.id = mine.id AND theirs.log = mine.log)"
    f" WHERE mine.log = ?1 AND mine.id {{ids}}{_AGAIN}"
)
_IS_ANY_SAID: Final = (
    "SELECT EXISTS (SELECT 1 FROM reference WHERE relation = 'link') OR EXISTS (SELECT 1 FROM joining)"
)
# Whoever a link names together with one of them, by its id, an identifier or a URL; and whoever the operator
# joined with one.
_LINKED: Final = (
    "INSERT INTO index_queue (log, id) WITH"  # noqa: S608 - our own text
    " said AS (SELECT r.log, r.id FROM reference AS r WHERE r.relation = 'link' AND r.named {ids}"
    " UNION SELECT r.log, r.id FROM identity AS mine JOIN reference AS r"
    " ON r.target = mine.identifier AND r.relation = 'link' WHERE mine.log = ?1 AND mine.id {ids}"
    " UNION SELECT r.log, r.id FROM named AS mine JOIN reference AS r"
    " ON r.target = mine.name AND r.relation = 'link' WHERE mine.log = ?1 AND mine.id {ids}),"
    " ends AS (SELECT DISTINCT r.target, r.named FROM said JOIN reference AS r"
    " ON r.log = said.log AND r.id = said.id AND r.relation = 'link')"
    " SELECT log, id FROM (SELECT e.log, e.id FROM ends JOIN entry AS e ON e.id = ends.named"
    " UNION SELECT i.log, i.id FROM ends JOIN identity AS i ON i.identifier = ends.target"
    " UNION SELECT n.log, n.id FROM ends JOIN named AS n ON n.name = ends.target"
    " UNION SELECT e.log, e.id FROM joining AS j JOIN entry AS e ON e.id IN (j.entry_id, j.other_id)"
    f" WHERE j.entry_id {{ids}} OR j.other_id {{ids}}) WHERE true{_AGAIN}"
)

QUEUE_LOG: Final = (
    "INSERT INTO index_queue (log, id) SELECT log, id FROM entry WHERE log = ?"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""All statements of a log."""

SHARING: Final = (
    f"SELECT log, id FROM identity WHERE identifier IN {SHARED}"  # noqa: S608 - our own text
    " UNION SELECT e.log, e.id FROM reference AS r JOIN entry AS e ON e.id = r.named"
    " WHERE r.relation = 'link'"
    " UNION SELECT i.log, i.id FROM reference AS r JOIN identity AS i ON i.identifier = r.target"
    " WHERE r.relation = 'link'"
    " UNION SELECT n.log, n.id FROM reference AS r JOIN named AS n ON n.name = r.target"
    " WHERE r.relation = 'link'"
    " UNION SELECT e.log, e.id FROM joining AS j JOIN entry AS e ON e.id IN (j.entry_id, j.other_id)"
)
"""All that share an identifier with another one, or that a link or the operator names."""

QUEUE_SHARING: Final = f"INSERT INTO index_queue (log, id) SELECT log, id FROM ({SHARING}) WHERE true{_AGAIN}"  # noqa: S608
"""The same, to be indexed again."""

QUEUE_ALL: Final = (
    "INSERT INTO index_queue (log, id) SELECT log, id FROM entry WHERE true"
    " ON CONFLICT (log, id) DO UPDATE SET turn = turn + 1"
)
"""Everything."""


def is_anything_waiting(connection: sqlite3.Connection) -> bool:
    """Report whether the index is behind."""
    return connection.execute("SELECT 1 FROM index_queue LIMIT 1").fetchone() is not None


def queue_chosen(connection: sqlite3.Connection, log: int) -> None:
    """Have the chosen statements of a log indexed, within ``marks.chosen``."""
    connection.execute(_QUEUE_CHOSEN, (log,))


def queue_neighbours(connection: sqlite3.Connection, log: int) -> None:
    """Have indexed again all others that share an identifier with chosen statements, or are linked with one.

    Args:
        connection: Within ``marks.chosen``.
        log: The database's number of their log.
    """
    _queue_neighbours(connection, log, CHOSEN)


def queue_neighbours_of_log(connection: sqlite3.Connection, log: int) -> None:
    """Have indexed again all others that share an identifier with one of a log, or are linked with one."""
    _queue_neighbours(connection, log, "IN (SELECT id FROM entry WHERE log = ?1)")


def _queue_neighbours(connection: sqlite3.Connection, log: int, ids: str) -> None:
    connection.execute(_NEIGHBOURS.format(ids=ids), (log,))
    (is_any,) = connection.execute(_IS_ANY_SAID).fetchone()
    if is_any:
        connection.execute(_LINKED.format(ids=ids), (log,))
