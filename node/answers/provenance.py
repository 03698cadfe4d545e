"""One statement: who said it where, all its versions, and a proof to take away.

Of what this node's operator hides only the frame is shown; of what was taken down, nothing.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from node.errors import NotFoundError
from node.home import Home
from node.store.frozen import frozen_logs
from node.store.logs import LogRow
from node.store.logstore import LogStore
from node.store.moderated import Moderated
from node.store.restraints import blocked_logs
from protocol.blob import SALT
from protocol.checkpoint import Checkpoint
from protocol.errors import MalformedError
from protocol.leaf import NEW, EraseReason, Leaf, Op
from protocol.merkle import inclusion_proof, node_from_tiles
from protocol.note import Note
from protocol.packing import Value, unpack
from protocol.proof import build_entry_proof
from protocol.statement import Withdrawal, decode

from .annotations import annotations_of
from .resolving import Address, hiding, resolve, unknown
from .shapes import Entry, Fault, Former, Noted, Provenance, State, VersionOf, Withdrawn
from .texts import card_of, moment
from .witnessing import is_stale

_STATES: Final[Mapping[int, State]] = {Op.PUT: "live", Op.WITHDRAW: "withdrawn"}


@dataclass(frozen=True, slots=True)
class _Found:
    """A version of a statement, where it stands, and whether it is hidden here."""

    address: Address
    store: LogStore
    row: LogRow
    index: int
    op: int
    newest: int
    hidden: Moderated | None

    def versions(self) -> Iterator[tuple[int, Leaf]]:
        """Yield index and leaf of every version that is shown, newest first."""
        return ((index, leaf) for index, leaf in self.store.versions(self.address.id) if index <= self.newest)

    def blob(self, index: int) -> bytes | None:
        """Return the blob of a version as far as it is to be shown."""
        return None if self.hidden else self.store.kept_blob(index)


def show(home: Home, ref: str, version: int | None = None, languages: Sequence[str] = ()) -> Entry:
    """Return a statement as it stands now, or one of its versions.

    Args:
        home: The node.
        ref: Its address, or a unique beginning of its id.
        version: The index of a version; None for the newest.
        languages: What the reader reads, by preference; picks name and summary.

    Returns:
        ``address``, ``origin``, ``id``, ``index``, ``newest`` (index of the newest version), ``state`` (live,
        withdrawn, superseded, erased, withheld or hidden), ``type``, ``kind``, ``name``, ``summary``,
        ``language``, ``statement`` (the payload; None when there is no content), ``withdrawal`` (of what is
        withdrawn: ``reason``, ``successor``, an address or URL or None, and ``text``; else None), ``was`` (of
        what is withdrawn: ``type``, ``kind``, ``name`` and ``language`` of what it said last, unless that is
        erased), ``erased`` (the reason, of what is erased; else None), ``erased_at`` and ``seen_at`` (when
        this node took the erase, and the version), ``annotations`` (what this node noted beside it, see
        :mod:`node.answers.annotations`), ``problems`` and ``provenance``.

    Raises:
        NotFoundError: No carried log has such a statement, or no version of it is there.
        AmbiguousError: More than one has.
        TakenDownError: The operator of this node took it down.
    """
    with home.database.read():
        found = _find(home, ref)
        return _shown(home, found if version is None else _at(found, version), languages)


def history(home: Home, ref: str) -> list[VersionOf]:
    """Return all effective versions of a statement, the newest first.

    Returns:
        For each: ``index``, ``op`` (put or withdraw), ``previous`` (index or None), ``current``,
        ``commitment``, ``length``, ``erased`` (the reason, or None), ``seen_at`` (when this node took it) and
        ``statement`` (None when its content is not kept here, or hidden).

    Raises:
        NotFoundError: No carried log has such a statement.
        AmbiguousError: More than one has.
        TakenDownError: The operator of this node took it down.
    """
    with home.database.read():
        found = _find(home, ref)
        return [_version(found, index, leaf) for index, leaf in found.versions()]


def proof(home: Home, ref: str) -> bytes:
    """Return the ``.tlog-proof`` file of a statement's newest version.

    Raises:
        NotFoundError: There is no such statement, no content to prove, or no checkpoint yet.
        AmbiguousError: More than one statement fits.
        TakenDownError: The operator of this node took it down.
    """
    with home.database.read():
        return _proven(_find(home, ref))


def readable(value: Value) -> Any:  # noqa: ANN401 - the statement's own shape
    """Return a payload, or a part of one, as JSON can say it: binary becomes base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, list):
        return [readable(item) for item in value]
    if isinstance(value, dict):
        return {key: readable(item) for key, item in value.items()}
    return value


def reason_of(number: int) -> str:
    """Return the reason of an erase as a word, or as its number where there is no word for it."""
    try:
        return EraseReason(number).name.lower()
    except ValueError:
        return str(number)


def _shown(home: Home, found: _Found, languages: Sequence[str]) -> Entry:
    blob = found.blob(found.index)
    payload = _payload(blob)
    card = card_of(payload)
    name, summary, language = card.shown(languages)
    return {
        "address": str(found.address),
        "origin": found.address.origin,
        "id": found.address.id.hex(),
        "index": found.index,
        "newest": found.newest,
        "state": _state(found, blob),
        "type": card.type,
        "kind": card.kind,
        "name": name,
        "summary": summary,
        "language": language,
        "statement": readable(payload),
        "withdrawal": _withdrawal(found, payload),
        "was": _was(found, languages),
        "erased": _erased(found, found.index),
        "erased_at": moment(found.store.erased_at(found.index)),
        "seen_at": _seen_at(found, found.index),
        "annotations": _annotations(found),
        "problems": _problems(home, found),
        "provenance": _provenance(home, found),
    }


def _proven(found: _Found) -> bytes:
    blob = found.blob(found.index)
    if blob is None:
        raise NotFoundError(f"content of {found.address}", hint=f"it is {_state(found, blob)}")
    note = found.store.note()
    if not note or (checkpoint := Checkpoint.parse(Note.parse(note).text)).size <= found.index:
        raise NotFoundError(f"checkpoint over {found.address}", hint="it is appended but not signed yet")
    hashes = inclusion_proof(found.index, checkpoint.size, node_from_tiles(found.store.read_hashes))
    return build_entry_proof(found.row.chain, note, found.index, hashes, found.store.leaf(found.index), blob)


def _find(home: Home, ref: str) -> _Found:
    where = resolve(home, ref)
    row = home.logs.get(where.origin)
    store = home.logs.store(where.origin)
    head = store.shown_head(where.id)
    if row is None or head is None:
        raise unknown(ref)
    blocked = blocked_logs(home.database.connection).get(row.id)
    if blocked is not None:
        raise NotFoundError(f"entry {where}, because {blocked}", hint="`fedcat peer rules` shows who says so")
    return _Found(where, store, row, *head, newest=head[0], hidden=hiding(store, where))


def _at(found: _Found, version: int) -> _Found:
    """Return a version in the place of the newest one."""
    for index, leaf in found.versions():
        if index == version:
            return replace(found, index=index, op=leaf.op)
    hint = "its history lists all versions"
    raise NotFoundError(f"a version of {found.address} at {version}", hint=hint)


def _state(found: _Found, blob: bytes | None) -> State:
    if found.store.is_erased(found.index):
        return "erased"
    if found.hidden:
        return "hidden"
    if blob is None:
        return "withheld"
    return _STATES[found.op] if found.index == found.newest else "superseded"


def _withdrawal(found: _Found, payload: Value) -> Withdrawn | None:
    """Return the tombstone of what is withdrawn: why, and what takes its place."""
    if found.op != Op.WITHDRAW or not isinstance(payload, dict):
        return None
    said = decode(payload)
    if not isinstance(said, Withdrawal):
        return {"reason": "", "successor": None, "text": {}}
    return {"reason": said.reason, "successor": said.successor or None, "text": dict(said.text)}


def _was(found: _Found, languages: Sequence[str]) -> Former | None:
    """Return what a statement was that is withdrawn; of what is erased nothing is said any more."""
    if found.op != Op.WITHDRAW or found.store.is_erased(found.index):
        return None
    versions = ((index, leaf) for index, leaf in found.versions() if index < found.index)
    last = next((index for index, leaf in versions if leaf.op == Op.PUT), None)
    payload = None if last is None else _payload(found.blob(last))
    if payload is None:
        return None
    card = card_of(payload)
    name, _, language = card.shown(languages)
    return {"type": card.type, "kind": card.kind, "name": name, "language": language}


def _seen_at(found: _Found, index: int) -> str | None:
    return moment(found.store.seen_at(index, index + 1).get(index))


def _annotations(found: _Found) -> list[Noted]:
    return (
        []
        if found.hidden
        else annotations_of(found.store.database.connection, found.row.id, found.address.id)
    )


def _provenance(home: Home, found: _Found) -> Provenance:
    connection = home.database.connection
    return {
        "origin": found.address.origin,
        "index": found.index,
        "size": found.row.size,
        "root": found.row.root.hex(),
        "fingerprint": found.row.fingerprint,
        "verified_at": moment(found.row.verified_at),
        "own": found.row.own,
        "frozen": found.row.id in frozen_logs(connection),
        "stale": is_stale(connection, found.row.id, home.policy, home.now()),
    }


def _problems(home: Home, found: _Found) -> list[Fault]:
    rows = home.database.connection.execute(
        "SELECT severity, pointer, message, hint FROM problem WHERE log = ? AND idx = ? ORDER BY rowid",
        (found.row.id, found.index),
    )
    return [
        {"severity": severity, "pointer": pointer, "message": message, "hint": hint}
        for severity, pointer, message, hint in rows
    ]


def _version(found: _Found, index: int, leaf: Leaf) -> VersionOf:
    return {
        "index": index,
        "op": "put" if leaf.op == Op.PUT else "withdraw",
        "previous": None if leaf.prev == NEW else leaf.prev,
        "current": index == found.index and not found.store.is_erased(index),
        "commitment": leaf.commitment.hex(),
        "length": leaf.length,
        "erased": _erased(found, index),
        "seen_at": _seen_at(found, index),
        "statement": readable(_payload(found.blob(index))),
    }


def _erased(found: _Found, index: int) -> str | None:
    """Return the reason of the erase of a version, as a word or a number; None when it is not erased."""
    reason = found.store.erase_reason(index)
    return None if reason is None else reason_of(reason)


def _payload(blob: bytes | None) -> Value:
    if blob is None:
        return None
    try:
        return unpack(blob[SALT:])
    except MalformedError:
        return None
