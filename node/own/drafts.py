"""What authors want to state and the sequencer has not appended yet.

Drafts are rows, so that they wait for a node that may not sign now, and survive a kill. Those of one
call are one batch: appended together or not at all. A draft gets its statement id when it is stored; it
is settled in the transaction that appends its leaf, so that no kill appends it twice.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from node.errors import EditConflictError, InvalidInputError, NodeError, NotFoundError
from protocol.blob import SALT
from protocol.leaf import Leaf, Op
from protocol.origin import ID_SIZE
from protocol.packing import Value

# Content that nobody fetched the receipt of must not stay here for ever.
_SETTLED_SECONDS = 86_400

KeptBlob = Callable[[int], bytes | None]


@dataclass(frozen=True, slots=True)
class Draft:
    """One thing to append.

    Attributes:
        op: Put, withdraw or erase.
        id: The statement; None for a new one.
        payload: The statement, or the reason of a withdrawal; None for an erase.
        expected: Put and withdraw: the version that the author saw, None for whichever is the
            newest. Erase: the version whose content goes, None for the newest.
        reason: Reason of an erase (``EraseReason``).
    """

    op: Op
    id: bytes | None
    payload: dict[str, Value] | None
    expected: int | None = None
    reason: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A stored draft.

    Attributes:
        number: Its row.
        batch: The row of the first draft of its batch.
        op: What it does.
        id: The statement.
        payload: Packed; empty for an erase.
        expected: See ``Draft``.
        reason: See ``Draft``.
    """

    number: int
    batch: int
    op: Op
    id: bytes
    payload: bytes
    expected: int | None
    reason: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a stored draft.

    Attributes:
        index: Its leaf, or None while it waits or when it was refused.
        refusal: Why it can never be appended, or None.
    """

    index: int | None
    refusal: NodeError | None


def store(
    connection: sqlite3.Connection, log_id: int, drafts: Sequence[Draft], packed: Sequence[bytes], now: int
) -> tuple[tuple[int, ...], tuple[bytes, ...]]:
    """Store the drafts of one batch within a transaction.

    Args:
        connection: In the transaction.
        log_id: The log's row.
        drafts: Checked.
        packed: The payload of each, as checking returned it.
        now: POSIX seconds.

    Returns:
        Their rows and their statement ids, in the order given.
    """
    numbers: list[int] = []
    ids: list[bytes] = []
    for draft, payload in zip(drafts, packed, strict=True):
        id_ = os.urandom(ID_SIZE) if draft.id is None else draft.id
        cursor = connection.execute(
            "INSERT INTO draft (batch, log, op, id, payload, expected, reason, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                numbers[0] if numbers else None,
                log_id,
                draft.op,
                id_,
                payload,
                draft.expected,
                draft.reason,
                now,
            ),
        )
        numbers.append(int(cursor.lastrowid or 0))
        ids.append(id_)
    connection.execute("UPDATE draft SET batch = number WHERE log = ? AND batch IS NULL", (log_id,))
    return tuple(numbers), tuple(ids)


def waiting(connection: sqlite3.Connection, log_id: int, most: int) -> tuple[Waiting, ...]:
    """Return about ``most`` waiting drafts, oldest first, and never a part of a batch."""
    rows = connection.execute(
        "SELECT number, batch, op, id, payload, expected, reason FROM draft WHERE log = :log"
        " AND idx IS NULL AND refused IS NULL AND batch <= (SELECT max(batch) FROM (SELECT batch FROM draft"
        " WHERE log = :log AND idx IS NULL AND refused IS NULL ORDER BY batch LIMIT :most))"
        " ORDER BY batch, number",
        {"log": log_id, "most": most},
    )
    return tuple(Waiting(number, batch, Op(op), *rest) for number, batch, op, *rest in rows)


def count_waiting(connection: sqlite3.Connection, log_id: int) -> int:
    """Return how many drafts of a log wait."""
    (count,) = connection.execute(
        "SELECT count(*) FROM draft WHERE log = ? AND idx IS NULL AND refused IS NULL", (log_id,)
    ).fetchone()
    return int(count)


def is_waiting(connection: sqlite3.Connection, log_id: int, id_: bytes) -> bool:
    """Report whether a draft of a statement waits."""
    found = connection.execute(
        "SELECT 1 FROM draft WHERE log = ? AND id = ? AND idx IS NULL AND refused IS NULL", (log_id, id_)
    ).fetchone()
    return found is not None


def settle(
    connection: sqlite3.Connection, placed: Mapping[int, int], refused: Mapping[int, NodeError], now: int
) -> None:
    """Record what became of drafts, within the transaction that appends them; their content goes.

    Args:
        connection: In the transaction.
        placed: Row → leaf index.
        refused: Row → why it can never be appended.
        now: POSIX seconds.
    """
    connection.executemany(
        "UPDATE draft SET idx = ?, payload = NULL WHERE number = ?",
        [(index, number) for number, index in placed.items()],
    )
    connection.executemany(
        "UPDATE draft SET refused = ?, payload = NULL WHERE number = ?",
        [(_written(error), number) for number, error in refused.items()],
    )
    connection.execute(
        "DELETE FROM draft WHERE (idx IS NOT NULL OR refused IS NOT NULL) AND created_at < ?",
        (now - _SETTLED_SECONDS,),
    )


def settle_refilled(
    connection: sqlite3.Connection, log_id: int, leaves: Iterable[tuple[int, Leaf]], kept: KeptBlob, now: int
) -> None:
    """Settle the waiting drafts that refilled leaves were made of, within the transaction of the refill.

    A database that was put back may hold drafts which the log has had for long. To append them once more
    would be wrong, and would bring back what was erased since. A draft is known by statement and op, and
    by its content; by its length where the content is gone.

    Args:
        connection: In the transaction.
        log_id: The log's row.
        leaves: (index, leaf) of what came back.
        kept: Returns the blob of an index, or None when it is not kept.
        now: POSIX seconds.
    """
    drafts: dict[tuple[bytes, int], list[Waiting]] = {}
    for draft in waiting(connection, log_id, count_waiting(connection, log_id)):
        drafts.setdefault((draft.id, draft.op), []).append(draft)
    if not drafts:
        return
    placed: dict[int, int] = {}
    for index, leaf in leaves:
        same = drafts.get((leaf.id, leaf.op), [])
        found = next((draft for draft in same if _became(draft, index, leaf, kept)), None)
        if found is not None:
            same.remove(found)
            placed[found.number] = index
    settle(connection, placed, {}, now)


def _became(draft: Waiting, index: int, leaf: Leaf, kept: KeptBlob) -> bool:
    if draft.op is Op.ERASE:
        return draft.expected in (None, leaf.prev)
    if leaf.length != SALT + len(draft.payload):
        return False
    blob = kept(index)
    return blob is None or blob[SALT:] == draft.payload


def outcomes(connection: sqlite3.Connection, numbers: Iterable[int]) -> tuple[Outcome, ...]:
    """Return what became of stored drafts, in the order of their rows' numbers given."""
    wanted = tuple(numbers)
    rows = connection.execute(
        "SELECT number, idx, refused FROM draft WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps(wanted),),
    )
    found = {
        number: Outcome(index, None if refused is None else _read(refused)) for number, index, refused in rows
    }
    return tuple(found.get(number, Outcome(None, None)) for number in wanted)


def forget(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Delete settled drafts whose author knows the outcome, within a transaction."""
    connection.executemany("DELETE FROM draft WHERE number = ?", [(number,) for number in numbers])


def _written(error: NodeError) -> str:
    if isinstance(error, EditConflictError):
        return json.dumps({"id": error.id.hex(), "expected": error.expected, "found": error.found})
    kind = "missing" if isinstance(error, NotFoundError) else "message"
    return json.dumps({kind: error.what if isinstance(error, NotFoundError) else str(error)})


def _read(text: str) -> NodeError:
    facts = json.loads(text)
    if "id" in facts:
        return EditConflictError(bytes.fromhex(facts["id"]), facts["expected"], facts["found"])
    if "missing" in facts:
        return NotFoundError(facts["missing"])
    return InvalidInputError(facts["message"])
