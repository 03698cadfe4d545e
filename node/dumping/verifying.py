"""Checking a dump with nothing but the file: no home, no network.

For each log: its key sets follow from the first, which is its publisher's identity; its checkpoint is signed
as they say; all its leaves, those of the statements among them, have the root that was signed; each statement
is what its leaf commits to; and by the rules of replay each is live, and none of the live ones is missing
beyond those that the dump says it leaves out. What stands beside (names, addresses, JSON) is made again and
compared.

That the node has not withheld a newer checkpoint, a dump cannot prove.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from federation.known import split_leaves
from protocol.blob import Committer
from protocol.errors import InconsistentError, MalformedError
from protocol.keyset import KeyChain
from protocol.leaf import Op
from protocol.merkle import Edge, leaf_hashes
from protocol.note import Note
from protocol.proof import open_chain
from protocol.replay import Replay, Standing

from .items import FORM, Item, LogHead, Stated, render
from .lines import Reading
from .opening import opened

_MOST: Final = 4_096  # leaves that are replayed at once


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """What a dump proves of one log.

    Attributes:
        origin: The log.
        fingerprint: Its publisher's identity.
        size: Size of the signed tree.
        root: Its root, in hex.
        beat_time: POSIX seconds of the log's own heartbeat on the checkpoint, or None.
        statements: Live statements that are in the dump.
        left_out: Live statements that are not.
        pinned: Whether the fingerprint is one that the reader gave.
    """

    origin: str
    fingerprint: str
    size: int
    root: str
    beat_time: int | None
    statements: int
    left_out: int
    pinned: bool


@dataclass(frozen=True, slots=True)
class VerifiedDump:
    """What a dump proves.

    Attributes:
        node: Who made it, as it says.
        made_at: When, as it says.
        logs: Its logs.
    """

    node: str
    made_at: str
    logs: tuple[VerifiedLog, ...]


def verify_dump(path: Path, fingerprints: Mapping[str, str]) -> VerifiedDump:
    """Return what a dump proves.

    Args:
        path: The file, of whichever form, packed or not; beside a CSV file lies its proof.
        fingerprints: Origin → whom the reader trusts to be its publisher; others are left open.

    Raises:
        MalformedError: A part of it is not as a dump has it; the place is named.
        SignatureError: A key set or a checkpoint is not signed as it must be.
        InconsistentError: Parts do not belong together, or not to a fingerprint.
        OSError: It cannot be read.
    """
    with opened(path) as reading:
        if reading.head.fedcat_dump != FORM:
            raise MalformedError(path.name, f"it is a dump of form {reading.head.fedcat_dump}, not {FORM}")
        digest = hashlib.sha256(render(reading.head))
        checks = [_Check(log, fingerprints.get(log.origin)) for log in reading.head.logs]
        waiting = iter(checks)
        check: _Check | None = None
        for place, item in reading.items():
            digest.update(item.line())
            while check is None or check.is_done:
                check = next(waiting, None)
                if check is None:
                    raise MalformedError(place, "all logs of the head had their leaves before it")
            check.take(place, item)
        return _ended(path, reading, checks, digest.hexdigest())


def _ended(path: Path, reading: Reading, checks: list["_Check"], digest: str) -> VerifiedDump:
    end, head = reading.end, reading.head
    if end is None or not end.end or [log.origin for log in end.logs] != [log.origin for log in head.logs]:
        raise MalformedError(f"{path.name}, end", "it does not name the logs of the head")
    logs = []
    for check, said in zip(checks, end.logs, strict=True):
        found = check.verified()
        if (found.statements, found.left_out) != (said.statements, said.left_out):
            what = f"{path.name}, {found.origin}"
            reason = f"{found.statements} of {found.statements + found.left_out} live statements are in it,"
            raise InconsistentError(what, f"{reason} its end says {said.statements} and {said.left_out}")
        logs.append(found)
    if end.sha256 != digest:
        raise InconsistentError(f"{path.name}, end", "its sha256 is another one")
    return VerifiedDump(head.node, head.made_at, tuple(logs))


class _Check:
    """One log of a dump, leaf by leaf."""

    def __init__(self, log: LogHead, fingerprint: str | None) -> None:
        what = f"the head, {log.origin}"
        self._pinned = fingerprint is not None
        self._chain: KeyChain = open_chain([note.encode() for note in log.keys], what, fingerprint)
        note = Note.parse(log.checkpoint.encode())
        checkpoint = self._chain.open_checkpoint(note)
        before = self._chain.sets[0].predecessor
        self._log = LogHead(
            checkpoint.origin,
            self._chain.fingerprint,
            checkpoint.size,
            checkpoint.root.hex(),
            log.checkpoint,
            log.keys,
            None if before is None else before.origin,
        )
        if self._log != log:
            raise InconsistentError(what, "it does not say what its checkpoint and its key sets say")
        self._beat = self._chain.beat_time(note)
        self._committer = Committer(log.origin)
        # Nothing stands before leaf 0, so nobody is asked for it.
        self._replay = Replay(0, cast("Standing", None), self._chain.commitments)
        self._edge = Edge.empty()
        self._waiting: list[bytes] = []
        self._next = 0
        # One byte for each leaf: a dump may have millions.
        self._stated = bytearray()

    @property
    def is_done(self) -> bool:
        return self._next == self._log.size

    def take(self, place: str, item: Item) -> None:
        if (item.origin, item.index) != (self._log.origin, self._next):
            raise MalformedError(place, f"leaf {self._next} of {self._log.origin} should come here")
        if isinstance(item, Stated):
            if not self._committer.matches(item.leaf, item.blob):
                raise InconsistentError(place, "its leaf does not commit to its salt and payload")
            self._stated.append(True)
            self._waiting.append(item.leaf)
            self._next += 1
        else:
            leaves = split_leaves(item.leaves)
            self._stated.extend(bytes(len(leaves)))
            self._waiting += leaves
            self._next += len(leaves)
        if self._next > self._log.size:
            raise MalformedError(place, f"{self._log.origin} has {self._log.size} leaves alone")
        if len(self._waiting) >= _MOST:
            self._feed()

    def verified(self) -> VerifiedLog:
        log = self._log
        self._feed()
        if self._next != log.size or self._edge.root.hex() != log.root:
            raise InconsistentError(log.origin, f"{self._next} leaves have not the root that was signed")
        live = bytearray(log.size)
        for index in self._replay.current():
            live[index] = self._replay.ops[index] == Op.PUT
        for index, (is_stated, is_live) in enumerate(zip(self._stated, live, strict=True)):
            if is_stated and not is_live:
                what = f"leaf {index} of {log.origin}"
                raise InconsistentError(what, "its statement is not what stands: a later leaf says otherwise")
        statements, left_out = sum(self._stated), sum(live) - sum(self._stated)
        return VerifiedLog(
            log.origin,
            log.fingerprint,
            log.size,
            log.root,
            self._beat,
            statements,
            left_out,
            self._pinned,
        )

    def _feed(self) -> None:
        self._edge = self._edge.extended(leaf_hashes(self._waiting))
        self._replay.feed(self._waiting)
        self._waiting.clear()
