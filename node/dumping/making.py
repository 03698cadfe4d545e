"""What a dump of a home says, item by item: all its logs as they are signed and shown.

What the operator hides or took down is left out, and blocked logs are; so is content that is not here. How
much that is of each log, the end of the dump says.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from node.answers.texts import moment
from node.home import Home
from node.store.logreader import LogReader
from node.store.logs import LogRow
from node.store.moderated import TAKEDOWN, moderated
from node.store.restraints import blocked_logs
from protocol.checkpoint import Checkpoint
from protocol.leaf import Leaf, Op
from protocol.note import Note
from protocol.replay import Replay
from protocol.tiles import WIDTH

from .items import FORM, End, Head, Item, LogEnd, LogHead, Run, Stated, render, split
from .lines import write_lines
from .tables import proof_of, write_csv, write_sqlite

FORMS: Final[Mapping[str, Callable[..., Any]]] = {
    "jsonl": write_lines,
    "csv": write_csv,
    "sqlite": write_sqlite,
}
"""In which forms a dump can be written: also what its file is called at its end."""


def make_dump(home: Home, path: Path, form: str) -> Path:
    """Write a dump of a home; blocks.

    Args:
        home: The node.
        path: The file, which is replaced once the new one is whole.
        form: One of ``FORMS``.

    Returns:
        The file.
    """
    dump = Dump(home)
    part = path.with_name(f"{path.name}.part")
    parts = [part, *([proof_of(part)] if form == "csv" else [])]
    for each in parts:
        each.unlink(missing_ok=True)
    try:
        FORMS[form](part, dump.head, dump.items(), dump.end)
        if form == "csv":
            os.replace(proof_of(part), proof_of(path))  # noqa: PTH105 - says that it replaces
        os.replace(part, path)  # noqa: PTH105
    finally:
        for each in parts:
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)
    return path


@dataclass(frozen=True, slots=True)
class _Log:
    """A log at the size of its visible checkpoint."""

    row: LogRow
    store: LogReader
    note: bytes
    checkpoint: Checkpoint


class Dump:
    """A dump that is being made.

    Attributes:
        head: What it begins with.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._digest = hashlib.sha256()
        self._ends: list[LogEnd] = []
        blocked = blocked_logs(home.database.connection)
        shown = [_at_checkpoint(home, row) for row in home.logs.all() if row.id not in blocked]
        self._logs = [log for log in shown if log is not None]
        self.head = Head(
            FORM,
            home.config.address,
            moment(home.now()) or "",
            tuple(_head(log) for log in self._logs),
        )
        self._digest.update(render(self.head))

    def items(self) -> Iterator[Item]:
        """Yield statements and the leaves between them, in order; once only."""
        for log in self._logs:
            for item in self._of_log(log):
                self._digest.update(item.line())
                yield item

    def end(self) -> End:
        """Return what it ends with, once all items were taken."""
        return End(end=True, logs=tuple(self._ends), sha256=self._digest.hexdigest())

    def _of_log(self, log: _Log) -> Iterator[Item]:
        size, origin = log.checkpoint.size, log.row.origin
        live = _live(log)
        decided = moderated(self._home.database.connection, log.row.id)
        counts = {"statements": 0, "hidden": 0, "taken_down": 0, "missing": 0}
        for start in range(0, size, WIDTH):
            leaves = split(log.store.read_leaves(start, min(start + WIDTH, size)))
            blobs = log.store.read_blobs(start // WIDTH)
            others: list[bytes] = []
            for index, leaf in enumerate(leaves, start):
                blob = None
                if index in live:
                    decision = decided.get(Leaf.parse(leaf).id)
                    blob = blobs.get(index) if decision is None else None
                    counts[_fate(blob, None if decision is None else decision.action)] += 1
                if blob is None:
                    others.append(leaf)
                    continue
                if others:
                    yield Run.of(origin, index - len(others), b"".join(others))
                    others = []
                yield Stated(origin, index, leaf, blob)
            if others:
                yield Run.of(origin, start + len(leaves) - len(others), b"".join(others))
        self._ends.append(LogEnd(origin, **counts))


def _at_checkpoint(home: Home, row: LogRow) -> _Log | None:
    """Return a log at the size of its visible checkpoint; None before there is one."""
    store = home.logs.store(row.origin)
    note = store.note()
    return _Log(row, store, note, Checkpoint.parse(Note.parse(note).text)) if note else None


def _head(log: _Log) -> LogHead:
    before = log.row.chain.sets[0].predecessor
    return LogHead(
        origin=log.row.origin,
        fingerprint=log.row.fingerprint,
        size=log.checkpoint.size,
        root=log.checkpoint.root.hex(),
        checkpoint=log.note.decode(),
        keys=tuple(note.decode() for note in log.row.key_notes),
        continues=None if before is None else before.origin,
    )


def _live(log: _Log) -> set[int]:
    """Return the leaves of live statements at the checkpoint, which the catalogue may be ahead of."""
    size = log.checkpoint.size
    replay = Replay(0, log.store, log.row.chain.commitments)
    for start in range(0, size, WIDTH):
        replay.feed(split(log.store.read_leaves(start, min(start + WIDTH, size))))
    return {index for index in replay.current() if replay.ops[index] == Op.PUT}


def _fate(blob: bytes | None, action: str | None) -> str:
    """Return as what a live statement is counted."""
    if blob is not None:
        return "statements"
    if action is None:
        return "missing"
    return "taken_down" if action == TAKEDOWN else "hidden"
