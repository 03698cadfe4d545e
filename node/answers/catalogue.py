"""One row for each current statement, written in the transaction that advances its log.

A row of ``entry`` is what answers are made of: the payload as received, and beside it what
lists and filters need (type, kind, a name and its language). Withdrawn statements keep a
row with their reason (``op`` 2); erased and withheld ones have none, nor has what this node's operator
hides or took down.

A statement that cannot be read, or breaks a rule, is kept like every other. What is wrong
with it goes to ``problem``, one row for each fault, until the publisher replaces it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from federation.identity import identifier_keys
from node.store.marks import by_log
from node.store.moderated import moderated
from node.store.profiles import newest_profile
from node.store.projection import Changes, Current
from node.store.references import (
    References,
    drop_references,
    forget_references,
    put_references,
    queue_targets,
    queue_targets_of_log,
    references_of,
)
from node.store.series import predecessors_of
from node.store.waiting import QUEUE, QUEUE_LOG, queue_neighbours, queue_neighbours_of_log
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.packing import Value, unpack
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .texts import headline_of

MAX_PROBLEMS: Final = 50
"""Problems kept of one statement: a hostile one could have thousands."""

# Held in memory at once; a statement is small, or as large as it may be:
_BATCH: Final = 4096  # rows
_BATCH_BYTES: Final = 4_000_000

_DROP_PROBLEMS: Final = (
    "DELETE FROM problem WHERE log = ?1 AND idx = (SELECT idx FROM entry WHERE log = ?1 AND id = ?2)"
)
_DROP_IDENTITIES: Final = "DELETE FROM identity WHERE log = ? AND id IN ({})"
_DROP_ENTRY: Final = "DELETE FROM entry WHERE log = ? AND id = ?"
_PUT_ENTRY: Final = (
    "INSERT INTO entry (log, id, idx, op, type, kind, name, language, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
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
        for batch in _batches(changes.current()):
            if not is_new:
                _drop(connection, log_id, batch)
            _put(connection, log_id, batch, unwanted)
            for predecessor in predecessors:
                # What stood there stands here now.
                continued = [(predecessor, state.id) for state in batch]
                connection.executemany(QUEUE, continued)
                queue_neighbours(connection, continued)
                queue_targets(connection, continued)
        if newest_profile(connection, log_id) != profile:
            # Things are filtered by who uses them.
            queue_targets_of_log(connection, log_id)

    def forget(self, connection: sqlite3.Connection, log_id: int) -> None:
        """Drop all rows of a log, before they are derived anew."""
        # What is in the index and will not come back must be taken out of it too.
        connection.execute(QUEUE_LOG, (log_id,))
        queue_neighbours_of_log(connection, log_id)
        forget_references(connection, log_id)
        connection.execute("DELETE FROM identity WHERE log = ?", (log_id,))
        connection.execute("DELETE FROM entry WHERE log = ?", (log_id,))
        connection.execute("DELETE FROM problem WHERE log = ?", (log_id,))


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


def _drop(connection: sqlite3.Connection, log: int, batch: Sequence[Current]) -> None:
    """Drop the rows that a batch replaces or ends."""
    gone = [(log, state.id) for state in batch]
    # Whoever shared an identifier with what goes is looked at again: it may have been joined by it.
    queue_neighbours(connection, gone)
    drop_references(connection, gone)
    for _, some, marks in by_log(gone):
        connection.execute(_DROP_IDENTITIES.format(marks), (log, *some))
    connection.executemany(_DROP_PROBLEMS, gone)
    connection.executemany(_DROP_ENTRY, gone)


def _put(
    connection: sqlite3.Connection, log: int, batch: Sequence[Current], unwanted: AbstractSet[bytes]
) -> None:
    """Write the rows of a batch, none of unwanted statements."""
    rows: list[tuple[int, bytes, int, int, str, str, str, str, bytes]] = []
    problems: list[tuple[int, int, str, str, str, str]] = []
    identities: list[tuple[int, int, bytes]] = []
    references: list[tuple[tuple[int, bytes], References]] = []
    for state in batch:
        if state.blob is None or state.id in unwanted:
            continue
        payload = state.blob[SALT:]
        value, faults = _read(payload)
        headline = headline_of(value)
        rows.append((log, state.id, state.index, state.op, *headline, payload))
        if state.op == Op.PUT and headline[0] == "entry" and isinstance(value, dict):
            identities += [(key, log, state.id) for key in identifier_keys(value)]
        if state.op == Op.PUT:
            references.append(((log, state.id), references_of(value)))
        problems += [
            (log, state.index, each.severity, each.pointer, each.message, each.hint)
            for each in faults[:MAX_PROBLEMS]
        ]
    # Ordered as the tables are, so that neighbouring pages are written together.
    rows.sort()
    identities.sort()
    connection.executemany(_PUT_ENTRY, rows)
    connection.executemany(_PUT_IDENTITY, identities)
    put_references(connection, references, (key for key, _, _ in identities))
    connection.executemany(_PUT_PROBLEM, problems)
    connection.executemany(QUEUE, sorted((log, state.id) for state in batch))


def _read(payload: bytes) -> tuple[Value, tuple[Problem, ...]]:
    """Return the statement, None where it cannot be read, and what is wrong with it."""
    try:
        value = unpack(payload)
    except MalformedError as error:
        message = f"The statement cannot be read: {error.reason}."
        return None, (Problem("", message, "Its publisher must replace it.", ERROR),)
    return value, validate(value, written_here=False, unpacked=True)
