"""From records of foreign documents to statements of an own log.

Importing the same documents again must append nothing, and a document that changed must
become a new version of the same statement. So every record is remembered: the format, the
source (a relative path or URL), what tells it apart within the source, the statement's id and
a digest of the entry. A record is recognised when source and name, or source and repository,
are still the same; a repository alone never is enough, since real files name each other's.
Versions and other facts that change by themselves are noted beside the log at each import.
:mod:`node.remembering` has the details.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal

from node.errors import NotClearedError, NotFoundError
from node.home import Home
from node.interop.record import Record, Remark, RemarkKind
from node.own.headlock import HeadLock
from node.own.sequencer import Draft, publish
from node.remembering import Memory, annotate, entry_digest, remember, remembered, says
from node.store.files import Flock
from node.store.logs import LogRow
from node.store.logstore import LogStore
from node.store.trail import Doing
from protocol.leaf import Op

Outcome = Literal["accepted", "unchanged", "changed", "rejected"]

# Nothing was lost and nothing is wrong, so nobody needs to look.
_HARMLESS: Final = frozenset({RemarkKind.KEPT, RemarkKind.EMPTY, RemarkKind.VOLATILE, RemarkKind.JOINED})


@dataclass(frozen=True, slots=True)
class ImportDetail:
    """What became of one record.

    Attributes:
        place: The document.
        outcome: ``accepted``, ``unchanged``, ``changed`` or ``rejected``.
        reason: Why it was rejected, one line; else empty.
        id: The statement, 16 bytes; None when rejected, and for new ones of a dry run.
        name: The entry's name; empty when rejected.
        remarks: What happened to the values.
    """

    place: str
    outcome: Outcome
    reason: str = ""
    id: bytes | None = None
    name: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes:
        accepted: Records that became new statements.
        unchanged: Records whose statement says the same already; nothing was appended.
        changed: Records that became a new version of their statement.
        rejected: Documents from which no entry could be read.
        problems: Records, not counting the rejected ones, with a remark that asks for a look: a value
            that was changed, dropped, flagged or is missing, not one that was merely kept, joined, empty or
            left out because it changes by itself.
        signed: Whether everything appended is signed; False while drafts wait.
        why_not: Why not, as a clause; None when signed.
        details: One line for each record, in the order they came.
    """

    accepted: int
    unchanged: int
    changed: int
    rejected: int
    problems: int
    signed: bool = True
    why_not: str | None = None
    details: tuple[ImportDetail, ...] = ()


@dataclass(slots=True)
class _Step:
    """A record on its way: what is known of it, and what is to be done."""

    record: Record
    digest: bytes = b""
    outcome: Outcome = "rejected"
    id: bytes | None = None


async def import_records(
    home: Home,
    origin: str,
    records: Iterable[Record] | AsyncIterable[Record],
    *,
    doing: Doing | None = None,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Put the entries of records into an own log, in one batch.

    Args:
        home: The node.
        origin: The own log.
        records: What importers read; all of one import.
        doing: Who imports, and how, for the audit trail; None where that is written down otherwise.
        dry_run: Only report what would happen; nothing is written.
        progress: Called with the number of records read so far, after each.

    Raises:
        NotFoundError: The origin is not an own log of this node.
        EditConflictError: Somebody else edited one of the statements in the same moment.
        LockedError: Another import into this log took too long.
        NotClearedError: The database was put back, and does not know all that was published.
        DamagedError: The head lock is no head.
    """
    row = home.logs.get(origin)
    if row is None or not row.own:
        raise NotFoundError(f"own log {origin}", hint="`fedcat log list` shows the logs of this node.")
    steps = [_Step(record) async for record in _each(records, progress)]
    # From recognising to remembering: two imports at once would both take the same record for new.
    lock = Flock(home.logs.directory / row.hash / "import")
    await asyncio.to_thread(lock.acquire, f"the imports into {origin}")
    try:
        store = home.logs.store(origin)
        _check_complete(home, row, store)
        memory = remembered(home.database.connection, row.id, store)
        _decide(steps, memory, store)
        signed, why_not = True, None
        if not dry_run:
            signed, why_not = await _put(home, row, store, steps, doing)
    finally:
        lock.release()
    return _report(steps, signed=signed, why_not=why_not)


def _check_complete(home: Home, row: LogRow, store: LogStore) -> None:
    """Refuse to look for records in a log of which the end is missing: they would be put twice."""
    # The lock file first: it never is ahead of a database that was not put back.
    locked = HeadLock.of(home, row).read()
    if locked is not None and locked.size > (size := store.size):
        reason = f"the database holds {size} of its {locked.size} leaves, so what was imported is not known"
        raise NotClearedError(
            row.origin, reason, "import again when the node has fetched the rest from others"
        )


async def _each(
    records: Iterable[Record] | AsyncIterable[Record], progress: Callable[[int], None] | None
) -> AsyncIterable[Record]:
    count = 0
    async for record in records if isinstance(records, AsyncIterable) else _one_by_one(records):
        yield record
        count += 1
        if progress:
            progress(count)


async def _one_by_one(records: Iterable[Record]) -> AsyncIterable[Record]:
    for record in records:
        yield record


def _decide(steps: list[_Step], memory: Memory, store: LogStore) -> None:
    """Set what is to be done with each record."""
    found = []
    for step in steps:
        if step.record.payload is not None and step.record.key is not None:
            step.digest = entry_digest(step.record.payload)
            found.append((step, memory.sought(step.record, step.record.key, step.digest)))
    memory.recognise(sought for _, sought in found)
    for step, sought in found:
        if sought.known is None:
            step.outcome = "accepted"
        else:
            step.id = sought.known.id
            known = sought.is_unchanged or says(store, step.id, step.digest)
            step.outcome = "unchanged" if known else "changed"


async def _put(
    home: Home, row: LogRow, store: LogStore, steps: list[_Step], doing: Doing | None
) -> tuple[bool, str | None]:
    """Publish what is new, remembering it in the transaction that stores it: no kill comes between."""
    writes = [step for step in steps if step.outcome in ("accepted", "changed")]

    def note(connection: sqlite3.Connection, ids: tuple[bytes, ...]) -> None:
        for step, id_ in zip(writes, ids, strict=True):
            step.id = id_
        noted = [(step.id, step) for step in steps if step.id is not None and not _is_erased(step, store)]
        remember(connection, row.id, {id_: (step.record, step.digest) for id_, step in noted})
        annotate(connection, row.id, {id_: step.record for id_, step in noted}, home.now())

    if writes:
        drafts = [Draft(Op.PUT, step.id, step.record.payload) for step in writes]
        receipt = await publish(home, row.origin, drafts, doing=doing, also=note)
        return receipt.signed, receipt.why_not
    with home.database.write() as connection:
        note(connection, ())
    return True, None


def _is_erased(step: _Step, store: LogStore) -> bool:
    """Report whether a record's statement was erased and stays so: nothing is noted there."""
    return step.outcome == "unchanged" and step.id is not None and store.is_forgotten(step.id)


def _report(steps: list[_Step], *, signed: bool, why_not: str | None) -> ImportReport:
    details = tuple(
        ImportDetail(
            step.record.place,
            step.outcome,
            step.record.rejection,
            step.id,
            step.record.key.name if step.record.key else "",
            step.record.remarks,
        )
        for step in steps
    )
    counts = dict.fromkeys(("accepted", "unchanged", "changed", "rejected"), 0)
    for detail in details:
        counts[detail.outcome] += 1
    problems = sum(
        1
        for detail in details
        if detail.outcome != "rejected" and any(remark.kind not in _HARMLESS for remark in detail.remarks)
    )
    return ImportReport(**counts, problems=problems, signed=signed, why_not=why_not, details=details)
