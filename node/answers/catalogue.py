"""One row for each current statement, written in the transaction that advances its log.

A row of ``entry`` is what answers are made of: the payload as received, and beside it what
lists and filters need (type, kind, a name and its language). Withdrawn statements keep a
row with their reason (``op`` 2); erased and withheld ones have none, nor has what this node's operator
hides or took down. What a statement says is found out by ``rows``, of many by other processes.

A statement that cannot be read, or breaks a rule, is kept like every other. What is wrong
with it goes to ``problem``, one row for each fault, until the publisher replaces it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final

from msgspec.structs import replace

from node.store.marks import CHOSEN, chosen
from node.store.moderated import moderated
from node.store.outlined import drop_outlines, drop_outlines_of_log
from node.store.profiles import newest_profile
from node.store.projection import Changes, Current
from node.store.references import (
    drop_references,
    forget_references,
    put_references,
    queue_targets,
    queue_targets_of_log,
)
from node.store.series import predecessors_of
from node.store.waiting import QUEUE_LOG, queue_chosen, queue_neighbours, queue_neighbours_of_log
from protocol.blob import SALT

from .rows import Identity, Rows, rows_of
from .workers import Workers

ENOUGH: Final = 32_768
"""Statements of a step from which on it is worth starting processes."""

# Handed on at once, several ahead. A statement is small, or as large as it may be, and its rows can take many
# times its bytes where all that it does is to point at things.
_BATCH: Final = 4096  # rows
_BATCH_BYTES: Final = 1_000_000

_DROP_PROBLEMS: Final = (
    "DELETE FROM problem WHERE log = ?1 AND idx IN"  # noqa: S608 - our own text
    f" (SELECT idx FROM entry WHERE log = ?1 AND id {CHOSEN})"
)
_IDENTITIES: Final = f"SELECT identifier, log, id FROM identity WHERE log = ? AND id {CHOSEN}"  # noqa: S608
_DROP_IDENTITY: Final = "DELETE FROM identity WHERE identifier = ? AND log = ? AND id = ?"
_DROP_ENTRY: Final = "DELETE FROM entry WHERE log = ? AND id = ?"
# In place of the one that is there: to delete that and write another one changes each of their indexes twice.
_PUT_ENTRY: Final = (
    "INSERT INTO entry (log, id, idx, op, type, kind, name, language, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (log, id) DO UPDATE SET idx = excluded.idx,"
    " op = excluded.op, type = excluded.type, kind = excluded.kind, name = excluded.name,"
    " language = excluded.language, payload = excluded.payload"
)
_PUT_IDENTITY: Final = "INSERT INTO identity (identifier, log, id) VALUES (?, ?, ?)"
_PUT_PROBLEM: Final = (
    "INSERT INTO problem (log, idx, severity, pointer, message, hint) VALUES (?, ?, ?, ?, ?, ?)"
)


class CatalogueProjection:
    """Keeps the catalogue in step with the logs; a ``node.store.projection.Projection``."""

    def apply(self, connection: sqlite3.Connection, log_id: int, origin: str, changes: Changes) -> None:
        """Write the rows of one step, within the transaction that advances the head.

        Args:
            connection: In that transaction.
            log_id: The log's row.
            origin: Its origin; rows need only the number.
            changes: Which statements changed, and their blobs.
        """
        del origin
        # A log that comes for the first time has nothing to replace.
        is_new = connection.execute("SELECT 1 FROM entry WHERE log = ? LIMIT 1", (log_id,)).fetchone() is None
        unwanted = moderated(connection, log_id).keys()
        predecessors = predecessors_of(connection, log_id)
        profile = newest_profile(connection, log_id)
        make = partial(rows_of, log_id)
        with Workers() as workers:
            batches = _batches(_wanted(changes.current(), unwanted))
            is_much = len(changes.statements) >= ENOUGH
            for batch, rows in workers.each(batches, make, make, is_much=is_much):
                with chosen(connection, [state.id for state in batch]):
                    known = set() if is_new else _drop(connection, log_id, batch)
                    _put(connection, log_id, batch, rows, known)
                    for predecessor in predecessors:
                        # What stood there stands here now.
                        queue_chosen(connection, predecessor)
                        queue_neighbours(connection, predecessor)
                        queue_targets(connection, [(predecessor, state.id) for state in batch])
        if newest_profile(connection, log_id) != profile:
            # Things are filtered by who uses them.
            queue_targets_of_log(connection, log_id)

    def forget(self, connection: sqlite3.Connection, log_id: int) -> None:
        """Drop all rows of a log, before they are derived anew."""
        # What is in the index and will not come back must be taken out of it too.
        connection.execute(QUEUE_LOG, (log_id,))
        queue_neighbours_of_log(connection, log_id)
        forget_references(connection, log_id)
        drop_outlines_of_log(connection, log_id)
        connection.execute("DELETE FROM identity WHERE log = ?", (log_id,))
        connection.execute("DELETE FROM entry WHERE log = ?", (log_id,))
        # Counted anew, too, with the rows.
        connection.execute("DELETE FROM live_entries WHERE log = ?", (log_id,))
        connection.execute("DELETE FROM problem WHERE log = ?", (log_id,))


def _wanted(states: Iterable[Current], unwanted: AbstractSet[bytes]) -> Iterator[Current]:
    """Yield statements; of unwanted ones nothing that they say."""
    return (replace(state, blob=None) if state.id in unwanted else state for state in states)


def _batches(states: Iterable[Current]) -> Iterator[list[Current]]:
    batch: list[Current] = []
    held = 0
    for state in states:
        batch.append(state)
        held += len(state.blob or b"")
        if len(batch) >= _BATCH or held >= _BATCH_BYTES:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def _drop(connection: sqlite3.Connection, log: int, batch: Sequence[Current]) -> set[Identity]:
    """Drop the rows that a batch, which is chosen, ends, and those that it does not write over.

    Returns:
        The identifiers that are left: most new versions have the former one's.
    """
    gone = [(log, state.id) for state in batch]
    # Whoever shared an identifier with what goes is looked at again: it may have been joined by it.
    queue_neighbours(connection, log)
    drop_references(connection, gone)
    drop_outlines(connection, log, (state.id for state in batch))
    connection.execute(_DROP_PROBLEMS, (log,))
    connection.executemany(_DROP_ENTRY, ((log, state.id) for state in batch if state.blob is None))
    return set(connection.execute(_IDENTITIES, (log,)))


def _put(
    connection: sqlite3.Connection,
    log: int,
    batch: Sequence[Current],
    rows: Rows,
    known: AbstractSet[Identity],
) -> None:
    """Write the rows of a batch, which is chosen, none of statements without a blob.

    Args:
        connection: In a transaction.
        log: The log.
        batch: The statements.
        rows: Their rows.
        known: The identifiers that are there.
    """
    entries = [
        (log, state.id, state.index, state.op, *rows.headlines[state.id], state.blob[SALT:])
        for state in batch
        if state.blob is not None
    ]
    # Ordered as the tables are, so that neighbouring pages are written together.
    entries.sort()
    connection.executemany(_PUT_ENTRY, entries)
    if known:
        connection.executemany(_DROP_IDENTITY, sorted(known - set(rows.identities)))
    connection.executemany(_PUT_IDENTITY, (row for row in rows.identities if row not in known))
    put_references(connection, rows.references, (key for key, _, _ in rows.identities))
    connection.executemany(_PUT_PROBLEM, rows.problems)
    queue_chosen(connection, log)
