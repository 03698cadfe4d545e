"""What changed in which order on this node: the leaves of all logs, as steps of each log were committed.

A table has one row for each step (``schema/changes.sql``): the log, and from which leaf to which it grew.
SQLite commits one writer after the other, so whoever sees a row sees all before it: reading on from a place
passes nothing over and tells nothing twice, whatever is committed meanwhile. What a change is, is read from
the leaves themselves.

A place names its step by its number and by eight random bytes of it: a database that was put back, and has
grown in other steps since, does not know it.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from protocol.leaf import Leaf, Op
from protocol.tiles import LEAF, WIDTH

from .database import Database
from .logs import Logs
from .restraints import blocked_logs

Told: TypeAlias = Literal["put", "withdraw", "erase", "arrived"]
"""What a change can be."""

_TOLD: Final[Mapping[int, Told]] = {Op.PUT: "put", Op.WITHDRAW: "withdraw", Op.ERASE: "erase"}

MARK: Final = 8
"""Bytes that a step is known by."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is: all before it was told.

    Attributes:
        seq: Number of a step; 0 before the first.
        index: The leaf of its log that was told last.
        mark: The 8 random bytes of the step.
    """

    seq: int
    index: int
    mark: bytes


START: Final = Place(0, 0, bytes(MARK))
"""Before everything."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a statement.

    Attributes:
        origin: The log's origin.
        index: The leaf.
        op: ``put``, ``withdraw``, ``erase``, or ``arrived`` when content came that was missing before.
        leaf: What it says.
        place: Where a reader is who was told this.
    """

    origin: str
    index: int
    op: Told
    leaf: Leaf
    place: Place


def changes(database: Database, logs: Logs, since: Place, most: int) -> tuple[list[Change], bool] | None:
    """Return what happened after a place, in the order in which this node took it.

    Args:
        database: The home's database.
        logs: Its logs.
        since: ``START``, or the place of the last change that was told.
        most: Changes at most.

    Returns:
        The changes, and whether there are more. None when the place is not of this database: all is to be
        told from the start.
    """
    with database.read() as connection:
        if since.seq and not _is_known(connection, since):
            return None
        found: list[Change] = []
        for change in _after(connection, logs, since):
            if len(found) == most:
                return found, True
            found.append(change)
        return found, False


def _after(connection: sqlite3.Connection, logs: Logs, since: Place) -> Iterator[Change]:
    blocked = blocked_logs(connection)
    rows = connection.execute(
        "SELECT seq, log, origin, low, high, arrived, mark FROM step JOIN log ON log.id = step.log"
        " WHERE seq >= ? ORDER BY seq",
        (since.seq,),
    )
    for seq, log, origin, start, end, is_late, mark in rows:
        if log in blocked:
            continue
        store = logs.store(origin)
        at = max(start, since.index + 1) if seq == since.seq else start
        while at < end:
            upto = min(end, (at // WIDTH + 1) * WIDTH)
            void = {
                index
                for (index,) in connection.execute(
                    "SELECT idx FROM void_leaf WHERE log = ? AND idx >= ? AND idx < ?", (log, at, upto)
                )
            }
            leaves = store.read_leaves(at, upto)
            for index in range(at, upto):
                leaf = Leaf.parse(leaves[(index - at) * LEAF : (index - at + 1) * LEAF])
                op = _TOLD.get(leaf.op)
                if op is not None and index not in void:
                    yield Change(origin, index, "arrived" if is_late else op, leaf, Place(seq, index, mark))
            at = upto


def _is_known(connection: sqlite3.Connection, place: Place) -> bool:
    found = connection.execute(
        "SELECT 1 FROM step WHERE seq = ?1 AND mark = ?2 AND low <= ?3 AND ?3 < high",
        (place.seq, place.mark, place.index),
    ).fetchone()
    return found is not None
