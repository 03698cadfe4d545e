"""What a log's imports remember: which record became which statement.

Every record is remembered by its format, its source (a relative path, a URL or the record's own
id there), what tells it apart within the source, the statement's id and a digest of the entry.
That memory is a convenience: every imported entry carries its ``source``, so what is missing
from the table is read again from the own log.

Records of one source are recognised together, the surest first: the same entry; the same
repository, name and place among equals; the same repository and name. What is left of a
document that holds one thing continues an entry of which not both repository and name changed.
In a list that would be a guess, except where exactly one record and one entry fit each other.

What was imported and erased since is remembered masked (``store.forgotten``): nobody can read any more what
it was, and the same file, unchanged, does not bring it back. Then all keys are masked alike before they are
compared.

Beside it stand the volatile facts that the last import found, such as a version: they change
without anybody stating anything, so they never enter the log.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from node.interop.record import Record, RecordKey, remembered_as
from node.own.drafts import is_waiting
from node.store.forgotten import Mask, mask_of
from node.store.logstore import LogStore
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import Op
from protocol.packing import pack, unpack
from protocol.tiles import WIDTH

# Names of the fields of ``source`` that may differ without the entry saying anything else: when it was
# read, the digest of a document of which only a volatile fact changed, and one's place in a list.
_FLEETING: Final = frozenset({"fetched", "sha256", "member"})


@dataclass(slots=True)
class Known:
    """A remembered record; continued by at most one record of an import."""

    key: RecordKey
    id: bytes
    digest: bytes
    used: bool = False


@dataclass(slots=True)
class Sought:
    """A record of an import, with the memory that it continues once that was found.

    Attributes:
        record: The record.
        key: What tells it apart within its source, as the memory writes it.
        digest: Of the entry, as the memory writes it.
        known: What it continues.
    """

    record: Record
    key: RecordKey
    digest: bytes
    known: Known | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether the record was known, and says what it said then."""
        return self.known is not None and self.known.digest == self.digest


@dataclass(slots=True)
class Memory:
    """What a log's imports remember, by format and source.

    Attributes:
        mask: How it is written: as it is, unless something was erased.
        known: Format and masked source → what is remembered of it.
    """

    mask: Mask
    known: dict[tuple[str, str], list[Known]] = field(default_factory=dict)

    def add(self, format_: str, source: str, key: RecordKey, id_: bytes, digest: bytes) -> None:
        """Remember one more record."""
        known = Known(self._key(key), id_, self.mask.digest(digest))
        self.known.setdefault((format_, self.mask.text(source)), []).append(known)

    def add_masked(self, format_: str, source: str, known: Known) -> None:
        """Remember one more record that is masked already."""
        self.known.setdefault((format_, source), []).append(known)

    def sought(self, record: Record, key: RecordKey, digest: bytes) -> Sought:
        """Return a record in the form in which it can be recognised."""
        return Sought(record, self._key(key), self.mask.digest(digest))

    def recognise(self, sought: Iterable[Sought]) -> None:
        """Set ``known`` of every record that was imported before."""
        by_source: dict[tuple[str, str], list[Sought]] = {}
        for each in sought:
            source = self.mask.text(each.record.source)
            by_source.setdefault((each.record.format, source), []).append(each)
        for place, records in by_source.items():
            _recognise(records, self.known.get(place, []))

    def _key(self, key: RecordKey) -> RecordKey:
        return RecordKey(self.mask.text(key.url), self.mask.text(key.name), key.member)


def remembered(connection: sqlite3.Connection, log_id: int, store: LogStore) -> Memory:
    """Return what was imported before: from the table, and from the log where the table is silent."""
    memory = Memory(mask_of(connection, log_id))
    rows = connection.execute(
        "SELECT format, source, record, id, digest FROM import_record WHERE log = ? ORDER BY rowid", (log_id,)
    ).fetchall()
    for format_, source, key, id_, digest in rows:
        memory.add(format_, source, RecordKey.parse(key), id_, digest or b"")
    seen = {id_ for *_, id_, _ in rows}
    masked = connection.execute(
        "SELECT format, source, record, id, digest FROM forgotten_record WHERE log = ? ORDER BY id", (log_id,)
    ).fetchall()
    for format_, source, key, id_, digest in masked:
        # One that was stated again since is remembered as it is.
        if id_ not in seen:
            memory.add_masked(format_, source, Known(RecordKey.parse(key), id_, digest))
    # A lost table, or a kill between appending and remembering.
    unknown = {index: id_ for id_, index in store.live() if id_ not in seen}
    for bundle in sorted({index // WIDTH for index in unknown}):
        for index, blob in store.each_blob(bundle):
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


def remember(
    connection: sqlite3.Connection, log_id: int, records: Mapping[bytes, tuple[Record, bytes]]
) -> None:
    """Write what an import recognised and put, by statement: the record and the entry's digest."""
    for id_ in records:
        connection.execute("DELETE FROM import_record WHERE log = ? AND id = ?", (log_id, id_))
        connection.execute("DELETE FROM forgotten_record WHERE log = ? AND id = ?", (log_id, id_))
    taken: dict[tuple[str, str], set[str]] = {}
    for id_, (record, digest) in records.items():
        source = (record.format, record.source)
        if source not in taken:
            rows = connection.execute(
                "SELECT record FROM import_record WHERE log = ? AND format = ? AND source = ?",
                (log_id, *source),
            )
            taken[source] = {found for (found,) in rows}
        key = _free(str(record.key), taken[source])
        taken[source].add(key)
        connection.execute(
            "INSERT INTO import_record (log, format, source, record, id, digest) VALUES (?, ?, ?, ?, ?, ?)",
            (log_id, *source, key, id_, digest),
        )


def annotate(connection: sqlite3.Connection, log_id: int, records: Mapping[bytes, Record], now: int) -> None:
    """Replace what is noted about statements from the documents of these records.

    Args:
        connection: In a transaction.
        log_id: The log's row.
        records: Statement id → what an import read about it.
        now: POSIX seconds.
    """
    connection.executemany(
        "DELETE FROM annotation WHERE log = ? AND id = ? AND source = ?",
        [(log_id, id_, record.place) for id_, record in records.items()],
    )
    connection.executemany(
        "INSERT INTO annotation (log, id, name, value, source, observed_at) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (log_id, id_, fact.name, fact.value, record.place, now)
            for id_, record in records.items()
            for fact in record.annotations
        ],
    )


def says(store: LogStore, id_: bytes, digest: bytes) -> bool:
    """Report whether a statement says this already: a database put back remembers an older import."""
    head = store.statement_head(id_)
    if head is None or head[1] != Op.PUT or is_waiting(store.database.connection, store.id, id_):
        return False
    entry = _entry_in(store.kept_blob(head[0]))
    return entry is not None and entry_digest(entry) == digest


def entry_digest(payload: Mapping[str, Any]) -> bytes:
    """Return the SHA-256 of an entry without what may change when nothing was stated anew."""
    return hashlib.sha256(pack({**payload, "source": _lasting(payload.get("source", {}))})).digest()


def _lasting(source: Mapping[str, Any]) -> dict[str, Any]:
    lasting = {key: value for key, value in source.items() if key not in _FLEETING}
    if isinstance(files := source.get("files"), list):
        lasting["files"] = [_lasting(each) if isinstance(each, dict) else each for each in files]
    return lasting


# What two records must have in common to be one, the surest first.
_TESTS: Final[tuple[Callable[[RecordKey, bytes], Hashable], ...]] = (
    lambda key, digest: (key.pair, digest),
    lambda key, _: (key.pair, max(key.member, 1)),
    lambda key, _: key.pair,
)


def _recognise(records: list[Sought], known: list[Known]) -> None:
    """Match the records of one source with what is remembered of it."""
    for test in _TESTS:
        waiting: dict[Hashable, list[Known]] = {}
        for each in reversed(known):
            if not each.used:
                waiting.setdefault(test(each.key, each.digest), []).append(each)
        for record in records:
            if record.known is None and (found := waiting.get(test(record.key, record.digest))):
                _match(record, found.pop())
    for part in ("name", "url"):
        _continue_members(records, known, part)
    for record in records:
        if record.known is None and not record.key.member:
            free = (each for each in known if not each.used and record.key.continues(each.key))
            if (first := next(free, None)) is not None:
                _match(record, first)


def _continue_members(records: list[Sought], known: list[Known], part: str) -> None:
    """Match members of a list that alone among the new ones have what one old one alone has."""
    ours: dict[str, list[Sought]] = {}
    theirs: dict[str, list[Known]] = {}
    for record in records:
        if record.known is None and record.key.member:
            ours.setdefault(getattr(record.key, part), []).append(record)
    for each in known:
        if not each.used:
            theirs.setdefault(getattr(each.key, part), []).append(each)
    for value, found in ours.items():
        candidates = theirs.get(value, [])
        if value and len(found) == len(candidates) == 1:
            _match(found[0], candidates[0])


def _match(record: Sought, known: Known) -> None:
    record.known = known
    known.used = True


def _recall(memory: Memory, id_: bytes, blob: bytes) -> None:
    """Add what an imported entry of the log says about its own source."""
    payload = _entry_in(blob)
    if payload is None:
        return
    format_, place = payload["source"].get("format"), remembered_as(payload)
    if isinstance(format_, str) and place:
        memory.add(format_, place, RecordKey.of(payload), id_, entry_digest(payload))


def _entry_in(blob: bytes | None) -> dict[str, Any] | None:
    """Return the imported entry in a blob: one that states its source; None for anything else."""
    try:
        payload = None if blob is None else unpack(blob[SALT:])
    except MalformedError:
        return None
    return payload if isinstance(payload, dict) and isinstance(payload.get("source"), dict) else None


def _free(key: str, taken: set[str]) -> str:
    """Return the key, with a number when another record of the source has it."""
    url, name, *_ = json.loads(key)
    number = 1
    while key in taken:
        number += 1
        key = str(RecordKey(url, name, number))
    return key
