"""From records of foreign documents to statements of an own log.

Importing the same documents again must append nothing, and a document that changed must
become a new version of the same statement. So every record is remembered: the format, the
source (a relative path or URL), what tells it apart within the source, the statement's id and
a digest of the entry. A record is recognised when source and name, or source and repository,
are still the same; a repository alone never is enough, since real files name each other's.

That memory is a convenience: every imported entry carries its ``source``, so what is missing
from the memory is read again from the own log.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncIterable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from node.errors import NotFoundError
from node.home import Home
from node.interop.publiccode import publiccode_key
from node.interop.record import Record, RecordKey, Remark, RemarkKind
from node.own.drafts import is_waiting
from node.own.sequencer import Draft, publish
from node.store.files import Flock
from node.store.logs import LogRow
from node.store.logstore import LogStore
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.packing import pack, unpack
from protocol.tiles import WIDTH

Outcome = Literal["accepted", "unchanged", "changed", "rejected"]

# Names of the fields of ``source`` that may differ without anything having changed.
_FLEETING: Final = ("fetched",)
# Nothing was lost and nothing is wrong, so nobody needs to look.
_HARMLESS: Final = frozenset({RemarkKind.KEPT, RemarkKind.EMPTY})


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
            that was changed, dropped, flagged or is missing, not one that was merely kept or empty.
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
class _Known:
    """A remembered record; used by at most one record of an import."""

    key: str
    id: bytes
    digest: bytes
    used: bool = False

    @property
    def record_key(self) -> RecordKey:
        url, name, *_ = json.loads(self.key)
        return RecordKey(url, name)


@dataclass(slots=True)
class _Step:
    """A record on its way: what is known of it, and what is to be done."""

    record: Record
    digest: bytes = b""
    known: _Known | None = None
    outcome: Outcome = "rejected"
    id: bytes | None = None


@dataclass(slots=True)
class _Memory:
    """What a log's imports remember, by format and source."""

    known: dict[tuple[str, str], list[_Known]] = field(default_factory=dict)

    def add(self, format_: str, source: str, known: _Known) -> None:
        self.known.setdefault((format_, source), []).append(known)

    def recognise(self, record: Record, digest: bytes) -> _Known | None:
        """Return the unused memory that this record continues: the same entry first."""
        key = record.key
        candidates = [each for each in self.known.get((record.format, record.place), ()) if not each.used]
        if key is None or not candidates:
            return None
        tests: tuple[Callable[[_Known], bool], ...] = (
            lambda each: each.record_key == key and each.digest == digest,
            lambda each: each.record_key == key,
            lambda each: key.continues(each.record_key),
        )
        for test in tests:
            for each in candidates:
                if test(each):
                    each.used = True
                    return each
        return None


async def import_records(
    home: Home,
    origin: str,
    records: Iterable[Record] | AsyncIterable[Record],
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Put the entries of records into an own log, in one batch.

    Args:
        home: The node.
        origin: The own log.
        records: What importers read; all of one import.
        dry_run: Only report what would happen; nothing is written.
        progress: Called with the number of records read so far, after each.

    Raises:
        NotFoundError: The origin is not an own log of this node.
        EditConflictError: Somebody else edited one of the statements in the same moment.
        LockedError: Another import into this log took too long.
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
        memory = _remembered(home.database.connection, row.id, store)
        for step in steps:
            _decide(step, memory, store)
        signed, why_not = True, None
        if not dry_run:
            signed, why_not = await _put(home, row, steps)
    finally:
        lock.release()
    return _report(steps, signed=signed, why_not=why_not)


def entry_digest(payload: dict[str, Any]) -> bytes:
    """Return the SHA-256 of an entry without what changes at every import."""
    source = {key: value for key, value in payload.get("source", {}).items() if key not in _FLEETING}
    return hashlib.sha256(pack({**payload, "source": source})).digest()


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


def _decide(step: _Step, memory: _Memory, store: LogStore) -> None:
    record = step.record
    if record.payload is None:
        return
    step.digest = entry_digest(record.payload)
    step.known = memory.recognise(record, step.digest)
    if step.known is None:
        step.outcome = "accepted"
        return
    step.id = step.known.id
    if step.known.digest == step.digest or _says(store, step.id, step.digest):
        step.outcome = "unchanged"
    else:
        step.outcome = "changed"


def _says(store: LogStore, id_: bytes, digest: bytes) -> bool:
    """Report whether a statement says this already: a database put back remembers an older import."""
    head = store.statement_head(id_)
    if head is None or head[1] != Op.PUT or is_waiting(store.database.connection, store.id, id_):
        return False
    entry = _entry_in(store.kept_blob(head[0]))
    return entry is not None and entry_digest(entry) == digest


async def _put(home: Home, row: LogRow, steps: list[_Step]) -> tuple[bool, str | None]:
    """Publish what is new, remembering it in the transaction that stores it: no kill comes between."""
    writes = [step for step in steps if step.outcome in ("accepted", "changed")]

    def remember(connection: sqlite3.Connection, ids: tuple[bytes, ...]) -> None:
        for step, id_ in zip(writes, ids, strict=True):
            step.id = id_
        _remember(connection, row.id, steps)

    if writes:
        drafts = [Draft(Op.PUT, step.id, step.record.payload) for step in writes]
        receipt = await publish(home, row.origin, drafts, also=remember)
        return receipt.signed, receipt.why_not
    with home.database.write() as connection:
        remember(connection, ())
    return True, None


def _remembered(connection: sqlite3.Connection, log_id: int, store: LogStore) -> _Memory:
    """Return what was imported before: from the table, and from the log where the table is silent."""
    memory = _Memory()
    rows = connection.execute(
        "SELECT format, source, record, id, digest FROM import_record WHERE log = ? ORDER BY rowid", (log_id,)
    ).fetchall()
    for format_, source, key, id_, digest in rows:
        memory.add(format_, source, _Known(key, id_, digest or b""))
    seen = {id_ for *_, id_, _ in rows}
    # A lost table, or a kill between appending and remembering.
    unknown = {index: id_ for id_, index in store.live() if id_ not in seen}
    for bundle in sorted({index // WIDTH for index in unknown}):
        for index, blob in sorted(store.read_blobs(bundle).items()):
            if index in unknown:
                _recall(memory, unknown[index], blob)
    withdrawn = connection.execute(
        "SELECT id FROM statement WHERE log = ? AND op = ? ORDER BY idx", (log_id, int(Op.WITHDRAW))
    ).fetchall()
    for (id_,) in withdrawn:
        # What was withdrawn here must not come back because a file still says it.
        last = next((index for index, leaf in store.versions(id_) if leaf.op == Op.PUT), None)
        said = None if id_ in seen or last is None else store.kept_blob(last)
        if said is not None:
            _recall(memory, id_, said)
    return memory


def _recall(memory: _Memory, id_: bytes, blob: bytes) -> None:
    """Add what an imported entry of the log says about its own source."""
    payload = _entry_in(blob)
    if payload is None:
        return
    source = payload["source"]
    format_, place = source.get("format"), source.get("path") or source.get("url")
    if isinstance(format_, str) and isinstance(place, str):
        key = publiccode_key(payload)
        memory.add(format_, place, _Known(str(key), id_, entry_digest(payload)))


def _entry_in(blob: bytes | None) -> dict[str, Any] | None:
    """Return the imported entry in a blob: one that states its source; None for anything else."""
    try:
        payload = None if blob is None else unpack(blob[SALT:])
    except MalformedError:
        return None
    return payload if isinstance(payload, dict) and isinstance(payload.get("source"), dict) else None


def _remember(connection: sqlite3.Connection, log_id: int, steps: list[_Step]) -> None:
    """Write what this import recognised and put; a source may hold several records of one key."""
    last = {step.id: step for step in steps if step.id is not None}
    for id_, step in last.items():
        format_, place = step.record.format, step.record.place
        connection.execute("DELETE FROM import_record WHERE log = ? AND id = ?", (log_id, id_))
        taken = {
            found
            for (found,) in connection.execute(
                "SELECT record FROM import_record WHERE log = ? AND format = ? AND source = ?",
                (log_id, format_, place),
            )
        }
        connection.execute(
            "INSERT INTO import_record (log, format, source, record, id, digest) VALUES (?, ?, ?, ?, ?, ?)",
            (log_id, format_, place, _free(str(step.record.key), taken), id_, step.digest),
        )


def _free(key: str, taken: set[str]) -> str:
    """Return the key, with a number when another record of the source has it."""
    parts, number = json.loads(key), 1
    while key in taken:
        number += 1
        key = json.dumps([*parts, number], ensure_ascii=False)
    return key


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
