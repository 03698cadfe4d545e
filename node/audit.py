"""Audit (fsck): is every byte of a log what was signed?

``tree_fault`` looks at the right edge, as every start does. An audit reads it all::

    key sets, signed notes    signatures, fingerprint, size and root
    entries                   each leaf against its hash, all of them against the signed root
    hashes.0, hashes.1, …     each hash against what lies below it
    content/<bundle>.gz       each blob against the commitment of its leaf; what must be kept is there,
                              what was erased or taken down is not
    rows of the database      heads, superseded, erased and void leaves against a replay from leaf 0

The signed root tells which side is right where two files differ, so a finding names the file that is
damaged, and the place in it. What an audit found is remembered: a log with a finding is not signed, and not
cosigned, until an audit finds nothing. A content file whose blobs are all right and whose bytes are not as
this node packs them at leisure (it packed them in haste, another program did, or a bit flipped where it does
not count) is packed anew. Damaged contents of a followed log are no finding either: they are fetched again.
"""

import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from protocol.blob import Committer
from protocol.errors import MalformedError, ProtocolError
from protocol.keyset import KeyChain
from protocol.merkle import HASH, Digest, Edge, joined_root, leaf_hashes
from protocol.note import Note
from protocol.tiles import ENTRY, LEAF, WIDTH

from .errors import NotFoundError
from .leisure import GoOn, always
from .store.cosigned import to_show
from .store.damage import Finding, is_audit_due, keep_audit
from .store.logs import LogRow
from .store.logstore import LogStore
from .store.replayed import differing_rows

if TYPE_CHECKING:
    from .home import Home

__all__ = ["AUDIT_SECONDS", "Audit", "Finding", "audit", "audit_due"]

AUDIT_SECONDS: Final = 24 * 3600
"""How old the last audit of a log may get on a running node."""

MOST_FINDINGS: Final = 100
"""Findings reported of one log; where all is broken, more say no more."""

_PREFIX = LEAF.to_bytes(2, "big")
_DATABASE = "fedcat.db"


@dataclass(slots=True)
class Audit:
    """What an audit of one log found.

    Attributes:
        origin: The log.
        size: The size that was audited.
        findings: What is wrong; empty when all is as it was signed.
        repacked: Content files that held the right blobs in other bytes, and were packed anew.
        refetched: What was wrong with contents of a followed log; they are asked for again.
    """

    origin: str
    size: int
    findings: list[Finding] = field(default_factory=list)
    repacked: list[str] = field(default_factory=list)
    refetched: list[str] = field(default_factory=list)

    def add(self, file: str, place: str, reason: str) -> None:
        """Add a finding, unless there are very many."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(file, place, reason))


def audit(home: "Home", origin: str, rest: GoOn = always, go_on: GoOn = always) -> Audit:
    """Read all of a log and remember what is wrong with it; blocks, and may take minutes.

    Readers and writers go on meanwhile; leaves that are appended are left to the next audit.

    Args:
        home: The home.
        origin: A carried log.
        rest: Called after each bundle; what it raises ends the audit, of which nothing is remembered then.
        go_on: Called instead where a rest would keep a state of the database alive for long.

    Raises:
        NotFoundError: It is neither own nor followed.
    """
    row = home.logs.get(origin)
    if row is None:
        raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
    found = _Auditor(home, row, rest, go_on).run()
    with home.database.write() as connection:
        keep_audit(connection, origin, home.now(), found.size, found.findings)
    return found


def audit_due(home: "Home", rest: GoOn = always, go_on: GoOn = always) -> Audit | None:
    """Audit the log whose last audit is the oldest, if it is too old; return what was found."""
    origin = is_audit_due(home.database.connection, home.now() - AUDIT_SECONDS)
    return None if origin is None else audit(home, origin, rest, go_on)


class _Auditor:
    """One audit, at the size of its beginning."""

    def __init__(self, home: "Home", row: LogRow, rest: GoOn, go_on: GoOn) -> None:
        self._store: LogStore = home.logs.store(row.origin)
        self._rest, self._go_on = rest, go_on
        self._row = row
        self._folder = PurePosixPath("logs", row.hash)
        self._found = Audit(row.origin, row.size)

    def run(self) -> Audit:
        try:
            self._look()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            # A bad sector: neither this damage may stay unknown, nor other logs be kept from their turn.
            self._found.add(str(self._folder), "its files", f"one of them cannot be read: {error.strerror}")
        return self._found

    def _look(self) -> None:
        chain = self._keys()
        roots = self._tree()
        if chain is not None and roots is not None:
            self._notes(chain, roots)
            self._rows()
            for bundle in range(-(-self._row.size // WIDTH)):
                self._content(bundle)
                self._rest()

    def _keys(self) -> KeyChain | None:
        """Check the key sets; the chain of a row is remembered, so it is built anew here."""
        row = self._row
        try:
            chain = KeyChain.start(row.key_notes[0], fingerprint=row.fingerprint, origin=row.origin)
            for note in row.key_notes[1:]:
                chain = chain.extend(note)
        except ProtocolError as error:
            self._found.add(_DATABASE, f"key sets of {row.origin}", str(error))
            return None
        return chain

    def _notes(self, chain: KeyChain, roots: Mapping[int, bytes]) -> None:
        """Check the two stored checkpoints against the roots that the leaves give."""
        row = self._row
        for name, note, size in (
            ("signed", row.signed, row.signed_size),
            ("visible", row.note, row.visible_size),
        ):
            if not note:
                continue
            try:
                parsed = Note.parse(note)
                checkpoint = chain.open_checkpoint(parsed)
                chain.beat_time(parsed)
            except ProtocolError as error:
                self._found.add(_DATABASE, f"{name} checkpoint", str(error))
                continue
            if checkpoint.size != size:
                self._found.add(_DATABASE, f"{name} checkpoint", f"is of size {checkpoint.size}, not {size}")
            elif checkpoint.root != roots.get(size):
                self._found.add(_DATABASE, f"{name} checkpoint", f"is of another tree of {size} leaves")
        self._shown()

    def _shown(self) -> None:
        """Check that what readers see is the signed checkpoint with the lines that are kept beside it."""
        row = self._row
        with self._store.database.read() as connection:
            (visible,) = connection.execute("SELECT visible FROM log WHERE id = ?", (row.id,)).fetchone()
            try:
                shown = to_show(connection, row.id)
            except ProtocolError as error:
                self._found.add(_DATABASE, f"lines beside the checkpoint of {row.origin}", str(error))
                return
        if shown is not None and shown != visible:
            self._found.add(_DATABASE, "visible checkpoint", "is not the signed one with the lines beside it")

    def _tree(self) -> Mapping[int, bytes] | None:
        """Check leaves and hashes.

        Returns:
            The roots at the sizes of the stored checkpoints, or None when the leaves are not the head's.
        """
        row, store, edge = self._row, self._store, Edge.empty()
        roots: dict[int, bytes] = {}
        wrong: list[int] = []
        above: list[bytes] = []
        for start in range(0, row.size, WIDTH):
            end = min(start + WIDTH, row.size)
            hashes = self._hashes(start, end)
            if hashes is None:
                return None
            for size in (row.signed_size, row.visible_size):
                if start < size <= end:
                    roots[size] = edge.extended(hashes[: size - start]).root
            edge = edge.extended(hashes)
            stored = store.read_hashes(0, start, end - start)
            wrong += [start + at for at in _wrong(hashes, stored)]
            del wrong[MOST_FINDINGS:]
            if end - start == WIDTH:
                above.append(joined_root(b"".join(hashes)))
            self._rest()
        if edge.root != row.root:
            for index in wrong:
                self._entries(index, "it does not hash to what was signed")
            if not wrong:
                self._found.add(_DATABASE, f"head of {row.origin}", "its root is not that of the leaves")
            return None
        for index in wrong:
            self._found.add(str(self._folder / "hashes.0"), f"hash {index}", "it is not that of its leaf")
        self._above(above)
        return roots

    def _hashes(self, start: int, end: int) -> list[Digest] | None:
        """Return the hashes of the leaves of one bundle, or None when the file ends too early."""
        entries = self._store.read_entries(start, end)
        if len(entries) != (end - start) * ENTRY:
            self._entries(start + len(entries) // ENTRY, "the file ends here")
            return None
        for at in range(0, len(entries), ENTRY):
            if entries[at : at + 2] != _PREFIX:
                self._entries(start + at // ENTRY, "its length is not that of a leaf")
        return leaf_hashes([entries[at + 2 : at + ENTRY] for at in range(0, len(entries), ENTRY)])

    def _above(self, hashes: list[bytes]) -> None:
        """Check the hashes of the levels from 1 on against those that follow from the leaves."""
        level = 1
        while hashes:
            file = str(self._folder / f"hashes.{level}")
            for at in _wrong(hashes, self._store.read_hashes(level, 0, len(hashes))):
                self._found.add(file, f"hash {at}", "it is not that of the hashes below")
            joined = b"".join(hashes)
            full = len(hashes) // WIDTH
            hashes = [joined_root(joined[at * WIDTH * HASH : (at + 1) * WIDTH * HASH]) for at in range(full)]
            level += 1

    def _entries(self, index: int, reason: str) -> None:
        self._found.add(str(self._folder / "entries"), f"leaf {index}", reason)

    def _rows(self) -> None:
        """Compare what the database says of the leaves with a replay of all of them."""
        try:
            for place, reason in differing_rows(self._store, self._go_on):
                self._found.add(_DATABASE, place, reason)
        except MalformedError as error:
            self._found.add(str(self._folder / "entries"), "tree", error.reason)

    def _content(self, bundle: int) -> None:
        """Check the kept blobs of one bundle."""
        store, start = self._store, bundle * WIDTH
        file = str(self._folder / "content" / f"{bundle}.gz")
        # Also those that are staged: what an unfinished step left of their contents is no damage.
        leaves = store.read_leaves(start, start + WIDTH)
        trusted = min(self._row.size - start, WIDTH)
        lengths = [int.from_bytes(leaves[at + 4 : at + 8], "big") for at in range(0, len(leaves), LEAF)]
        found: list[Finding] = []
        kept: set[int] = set()
        matches = Committer(store.origin).matches
        try:
            # One by one: a bundle may have 64 MiB.
            for at, blob in store.content_files.each(bundle, lengths, trusted):
                if at >= trusted:
                    continue
                kept.add(start + at)
                if not matches(leaves[at * LEAF : (at + 1) * LEAF], blob):
                    what = f"blob of leaf {start + at}"
                    found.append(Finding(file, what, "it is not what its leaf commits to"))
        except MalformedError as error:
            found = [Finding(file, "file", error.reason)]
        else:
            # Asked after the file was read: what was erased or superseded meanwhile is no fault.
            found += [
                Finding(file, f"blob of leaf {index}", reason)
                for index, reason in self._misplaced(bundle, kept)
            ]
        if not found:
            if kept and store.repack(bundle):
                self._found.repacked.append(file)
        elif not self._row.own and store.give_up_content(bundle, is_damaged=True):
            self._found.refetched += map(str, found)
        else:
            for each in found:
                self._found.add(each.file, each.place, each.reason)

    def _misplaced(self, bundle: int, kept: set[int]) -> Iterator[tuple[int, str]]:
        """Yield blobs of a bundle that are kept and must not be, or are not and must be."""
        connection, log = self._store.database.connection, self._row.id
        start, end = bundle * WIDTH, min((bundle + 1) * WIDTH, self._row.size)
        with self._store.database.read():
            erased, withheld, taken = (
                {
                    index
                    for (index,) in connection.execute(
                        f"SELECT idx FROM {table} WHERE log = ? AND idx >= ? AND idx < ?",  # noqa: S608 - our names
                        (log, start, end),
                    )
                }
                for table in ("erased", "withheld", "taken_down")
            )
            current = {
                index
                for index in range(start, end)
                if index not in kept
                and index not in erased | taken
                and index not in withheld
                and self._store.statement_of(index) is not None
            }
            waits = connection.execute(
                "SELECT 1 FROM scrub WHERE log = ? AND bundle = ?", (log, bundle)
            ).fetchone()
        yield from ((index, "it is missing") for index in sorted(current))
        if waits is None:
            yield from ((index, "it was erased and is still here") for index in sorted(kept & erased))
            yield from ((index, "it was taken down and is still here") for index in sorted(kept & taken))


def _wrong(hashes: Sequence[bytes], stored: bytes) -> list[int]:
    """Return which of some hashes are stored otherwise."""
    if b"".join(hashes) == stored:
        return []
    return [at for at, found in enumerate(hashes) if found != stored[at * HASH : (at + 1) * HASH]]
