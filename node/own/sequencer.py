"""Appending to an own log: one sequencer at a time, in an order that survives a kill.

Under the head lock::

    drafts → leaves → bundles, tiles and blobs durable → head by compare-and-swap, drafts settled
           → head lock file → erased blobs scrubbed → signature → visible checkpoint

A signature never exists for a head that is not in the database and in the lock file. After a kill the
next call goes on where the last one stopped: an unsigned head is signed, a settled draft is not
appended again. A node that may not sign keeps the drafts (``clearance``).

Where a key set begins (``rotation``) the leaf that commits to it is appended, with or without drafts.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from federation.known import read_known
from federation.ports import Advance, Held
from node.errors import DamagedError, InvalidInputError, LockedError, counted
from node.store.gzipped import Effort
from node.store.logstore import LogStore
from node.store.trail import Doing, note_published
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign as cosign_text
from protocol.errors import InconsistentError
from protocol.keys import SigningKey
from protocol.leaf import Op
from protocol.merkle import leaf_hashes
from protocol.note import Note
from protocol.packing import pack
from protocol.replay import Replay
from protocol.tiles import WIDTH, grow
from protocol.validate import validate

from . import drafts as draft_rows
from .batch import Batch, Builder
from .clearance import own_row, why_not_sign
from .cosigner import cosign
from .drafts import Draft
from .headlock import HeadLock
from .keyfiles import load_key
from .times import next_time

if TYPE_CHECKING:
    from node.home import Home
    from node.store.logs import LogRow

__all__ = [
    "Draft",
    "Receipt",
    "beat_time",
    "check_drafts",
    "has_work",
    "publish",
    "publish_waiting",
    "sequence",
]

# Drafts appended and signed at once: enough for one signature to cost nothing, few enough to hold.
_AT_ONCE = 4_096
# How long a command waits for another writer before it says that its drafts wait.
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a call to ``publish``.

    Attributes:
        indexes: Leaf index of each draft, in order; empty while they wait.
        ids: Statement id of each draft, in order.
        size: Size of the log now.
        signed: Whether the drafts are appended, signed and visible.
        why_not: Why they wait, as a clause; None when they do not.
    """

    indexes: tuple[int, ...]
    ids: tuple[bytes, ...]
    size: int
    signed: bool
    why_not: str | None


async def publish(
    home: "Home",
    origin: str,
    drafts: Sequence[Draft],
    *,
    doing: Doing | None = None,
    also: Callable[[sqlite3.Connection, tuple[bytes, ...]], None] | None = None,
) -> Receipt:
    """Store drafts, then append and sign everything that waits for this log.

    Args:
        home: The home.
        origin: An own log.
        drafts: Appended together or not at all.
        doing: Who publishes, and how, for the audit trail; None where ``also`` writes down more than that.
        also: Further writes of the transaction that stores the drafts, given the statement id of each:
            what must be known of them even when a kill comes before the receipt.

    Raises:
        InvalidInputError: A draft breaks the rules of statements; nothing was stored.
        EditConflictError: A draft was written against another version than the newest.
        NotFoundError: The log is not an own one, or a statement to withdraw or erase is unknown.
        KeyFileError: The log's keys cannot be used; the drafts wait.
    """
    return await asyncio.to_thread(_publish, home, origin, tuple(drafts), doing, also)


async def publish_waiting(home: "Home", origin: str) -> Receipt:
    """Append and sign what waits for an own log, an unsigned head included.

    Raises:
        NotFoundError: The log is not an own one.
        KeyFileError: The log's keys cannot be used.
    """
    return await asyncio.to_thread(_publish, home, origin, ())


def has_work(home: "Home", row: "LogRow") -> bool:
    """Report whether something of an own log waits: drafts, an unsigned head, a key set that begins here."""
    return (
        row.signed_size < row.size
        or row.size in row.chain.commitments
        or draft_rows.count_waiting(home.database.connection, row.id) > 0
    )


def check_drafts(drafts: Sequence[Draft]) -> tuple[bytes, ...]:
    """Refuse drafts that break the rules of statements; return their payloads, packed.

    A statement with a ``source`` came from elsewhere and is held to the rules for imports.

    Raises:
        InvalidInputError: With all problems of the first draft that has any.
    """
    return tuple(_checked(draft) for draft in drafts)


def _checked(draft: Draft) -> bytes:
    """Return the packed payload of a draft, empty for an erase."""
    if draft.op is Op.ERASE:
        if draft.id is None or draft.payload is not None:
            raise InvalidInputError("an erase names a statement and has no content")
        return b""
    if draft.op not in (Op.PUT, Op.WITHDRAW) or draft.payload is None or draft.reason:
        raise InvalidInputError("a put or a withdrawal has content and no reason of an erase")
    try:
        packed = pack(draft.payload)
    except ValueError:
        packed = b""
    found = validate(draft.payload, written_here="source" not in draft.payload, unpacked=bool(packed))
    problems = tuple(problem for problem in found if problem.severity == "error")
    if problems:
        raise InvalidInputError(f"the statement has {counted(len(problems), 'problem')}", problems)
    if (draft.payload["type"] == "withdrawal") != (draft.op is Op.WITHDRAW):
        raise InvalidInputError("a withdrawal, and nothing else, is of type 'withdrawal'")
    return packed


def _publish(
    home: "Home",
    origin: str,
    drafts: tuple[Draft, ...],
    doing: Doing | None = None,
    also: Callable[[sqlite3.Connection, tuple[bytes, ...]], None] | None = None,
) -> Receipt:
    row = own_row(home, origin)
    packed = check_drafts(drafts)
    with home.database.write() as connection:
        numbers, ids = draft_rows.store(connection, row.id, drafts, packed, home.now())
        if doing is not None:
            note_published(connection, home.now(), doing, origin, ids)
        if also is not None:
            also(connection, ids)
    why_not = sequence(home, origin)
    outcomes = draft_rows.outcomes(home.database.connection, numbers)
    refusal = next((outcome.refusal for outcome in outcomes if outcome.refusal is not None), None)
    indexes = tuple(outcome.index for outcome in outcomes if outcome.index is not None)
    if refusal is not None or len(indexes) == len(numbers):
        with home.database.write() as connection:
            draft_rows.forget(connection, numbers)
    if refusal is not None:
        raise refusal
    now = own_row(home, origin)
    if len(indexes) < len(numbers):
        return Receipt((), ids, now.size, signed=False, why_not=why_not or "they wait for another writer")
    # What another process appends meanwhile is its own to sign.
    signed = now.signed_size > max(indexes) if indexes else 0 < now.size == now.signed_size
    return Receipt(indexes, ids, now.size, signed=signed, why_not=None if signed else why_not)


def sequence(home: "Home", origin: str) -> str | None:
    """Append and sign everything that waits for an own log; blocks.

    Returns:
        Why not, as a clause, or None when it is done.

    Raises:
        NotFoundError: The log is not an own one.
        KeyFileError: The log's keys cannot be used.
    """
    head_lock = HeadLock.of(home, own_row(home, origin))
    try:
        with head_lock.writer.held(f"log {origin}", _PATIENCE_SECONDS):
            return _append_and_sign(home, origin, head_lock)
    except LockedError as error:
        return str(error)


def _append_and_sign(home: "Home", origin: str, head_lock: HeadLock) -> str | None:
    row = own_row(home, origin)
    why_not = why_not_sign(home, row, head_lock)
    if why_not is not None:
        return why_not
    store = home.logs.store(origin)
    # A kill may have come between an erase and its scrub: nothing is signed before.
    store.scrub()
    while (
        waiting := draft_rows.waiting(home.database.connection, row.id, _AT_ONCE)
    ) or row.size in row.chain.commitments:
        batch = Builder(store, row.chain, row.size).add(waiting)
        # Both keys of the size that it leads to, before anything is appended that could not be signed then.
        _signing_keys(home, row, row.size + max(1, len(batch.leaves)))
        # Also when the disk is full: whoever keeps the error must not keep the log's lock with it.
        with store:
            _append(home, row, store, batch)
        row = own_row(home, origin)
        head_lock.write(Checkpoint(origin, row.size, row.root))
        store.scrub()
        _sign(home, row, store)
    if row.signed_size < row.size:
        _sign(home, row, store)
    cosign(home, origin)
    return None


def _append(home: "Home", row: "LogRow", store: LogStore, batch: Batch) -> None:
    """Stage and commit leaves, and settle their drafts in the same transaction."""

    def settle(connection: sqlite3.Connection) -> None:
        draft_rows.settle(connection, batch.placed, batch.refused, home.now())

    if not batch.leaves:
        with home.database.write() as connection:
            settle(connection)
        return
    replay = Replay(row.size, store, row.chain.commitments)
    replay.feed(batch.leaves)
    if replay.voids:
        raise AssertionError(f"the sequencer built a void leaf: {replay.voids[0]}")
    try:
        # A bit that rotted since the start must not be signed.
        known = read_known(store, Held(row.chain, row.size, row.root, row.signed))
    except InconsistentError as error:
        raise DamagedError(f"tree of {row.origin}", error.reason) from error
    hashes = leaf_hashes(batch.leaves)
    store.stage_leaves(row.size, b"".join(batch.leaves))
    for level, gained in grow(row.size, known.tails, hashes).items():
        store.stage_hashes(level, row.size >> 8 * level, gained)
    for bundle in sorted({index // WIDTH for index in batch.blobs}):
        blobs = {index: blob for index, blob in batch.blobs.items() if index // WIDTH == bundle}
        store.stage_blobs(bundle, blobs, effort=Effort.MOST)
    advance = Advance(
        old_size=row.size,
        size=replay.size,
        root=known.edge.extended(hashes).root,
        note=b"",
        chain=row.chain,
        heads=replay.heads,
        ops=replay.ops,
        superseded=replay.superseded,
        erased=replay.erased,
        blobs=tuple(batch.blobs),
    )
    store.commit(advance, also=settle)


def _sign(home: "Home", row: "LogRow", store: LogStore) -> None:
    """Sign the head, which database and lock file agree on."""
    log_key, beat_key = _signing_keys(home, row, row.size)
    checkpoint = Checkpoint(row.origin, row.size, row.root)
    beat = cosign_text(checkpoint.text, beat_key, beat_time(home, row))
    note = Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key), beat))
    store.keep_note(note.render())
    cosign(home, row.origin)


def beat_time(home: "Home", row: "LogRow") -> int:
    """Return the time for the next heartbeat: now, and not before the last one unless that was a mistake."""
    last = row.chain.beat_time(Note.parse(row.signed)) if row.signed else None
    return next_time(home.now(), last or 0, home.config.heartbeat.interval_seconds)


def _signing_keys(home: "Home", row: "LogRow", size: int) -> tuple[SigningKey, SigningKey]:
    keys = row.chain.key_for(size)
    return load_key(home.keys_dir, keys.log), load_key(home.keys_dir, keys.beat)
