"""What a dump of a home says, item by item: all its logs as they are signed and shown.

What the operator hides or took down is left out, and blocked logs are; so is content that is not here. How
much that is of each log, the end of the dump says.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.known import split_leaves
from node.answers.texts import moment
from node.home import Home
from node.leisure import GoOn, always
from node.store.logreader import LogReader
from node.store.logs import LogRow
from node.store.moderated import TAKEDOWN, moderated
from node.store.replayed import replayed
from node.store.restraints import blocked_logs
from protocol.checkpoint import Checkpoint
from protocol.leaf import Leaf, Op
from protocol.note import Note
from protocol.tiles import WIDTH

from .items import FORM, End, Head, Item, LogEnd, LogHead, Run, Stated, render
from .lines import write_lines
from .packing import GZIP, pack, writing
from .tables import proof_of, write_csv, write_sqlite

FORMS: Final = tuple(f"{form}{packed}" for packed in ("", GZIP) for form in ("jsonl", "csv", "sqlite"))
"""In which forms a dump can be written: also what its file is called at its end."""


def form_of(name: str) -> str | None:
    """Return the form of the dump that a file of some name has; None where that does not say it."""
    return next((form for form in FORMS if name.endswith(f".{form}")), None)


def files_of(path: Path, form: str) -> tuple[Path, ...]:
    """Return the files of a dump of some form: one, and the proof of CSV."""
    return (path, proof_of(path)) if form.startswith("csv") else (path,)


def make_dump(home: Home, path: Path, form: str, go_on: GoOn = always) -> Path:
    """Write a dump of a home; blocks.

    Args:
        home: The node.
        path: The file, which is replaced once the new one is whole; of CSV its proof too.
        form: One of ``FORMS``.
        go_on: Called before each bundle; where it raises, the file stays that was there.

    Returns:
        The file.
    """
    with _replacing(files_of(path, form)) as parts:
        _write(Dump(home, go_on), parts, form)
    return path


def pack_dump(path: Path, form: str, go_on: GoOn = always) -> None:
    """Write a dump that is there as it is packed, too, with ``.gz`` behind its name.

    Args:
        path: The file.
        form: Its form.
        go_on: Called before each portion of it; see ``make_dump``.
    """
    plain = files_of(path, form)
    with _replacing(tuple(each.with_name(f"{each.name}{GZIP}") for each in plain)) as parts:
        for each, part in zip(plain, parts, strict=True):
            pack(each, part, go_on)


@contextlib.contextmanager
def _replacing(files: Sequence[Path]) -> Iterator[list[Path]]:
    """Yield files to write, which take the place of others when all of them are whole."""
    parts = [each.with_name(f"{each.name}.part") for each in files]
    for part in parts:
        part.unlink(missing_ok=True)
    try:
        yield parts
        # The proof first: what is looked for by name is there when it can be verified.
        for part, each in reversed(list(zip(parts, files, strict=True))):
            os.replace(part, each)  # noqa: PTH105 - says that it replaces
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def _write(dump: "Dump", parts: Sequence[Path], form: str) -> None:
    kind, is_packed = form.removesuffix(GZIP), form.endswith(GZIP)
    says = (dump.head, dump.items(), dump.end)
    match kind:
        case "jsonl":
            with writing(parts[0], packed=is_packed) as stream:
                write_lines(stream, *says)
        case "csv":
            with writing(parts[0], packed=is_packed) as stream, writing(parts[1], packed=is_packed) as proof:
                write_csv(stream, proof, *says)
        case _ if is_packed:
            # Only a whole database can be packed.
            with tempfile.NamedTemporaryFile(prefix=f"{parts[0].name}.", dir=parts[0].parent) as file:
                write_sqlite(Path(file.name), *says)
                pack(Path(file.name), parts[0], dump.go_on)
        case _:
            write_sqlite(parts[0], *says)


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
        go_on: Called before each bundle.
    """

    def __init__(self, home: Home, go_on: GoOn = always) -> None:
        self._home = home
        self.go_on = go_on
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
        live = _live(log, self.go_on)
        decided = moderated(self._home.database.connection, log.row.id)
        counts = {"statements": 0, "hidden": 0, "taken_down": 0, "missing": 0}
        for start in range(0, size, WIDTH):
            self.go_on()
            leaves = split_leaves(log.store.read_leaves(start, min(start + WIDTH, size)))
            others: list[bytes] = []
            for index, leaf, kept in _with_blobs(start, leaves, log.store.each_blob(start // WIDTH)):
                blob = None
                if live[index]:
                    decision = decided.get(Leaf.parse(leaf).id)
                    blob = kept if decision is None else None
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


def _with_blobs(
    start: int, leaves: Sequence[bytes], blobs: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield leaves with their indexes and blobs, None where there is none; one blob is held at a time."""
    at, blob = next(blobs, (-1, b""))
    for index, leaf in enumerate(leaves, start):
        if index == at:
            yield index, leaf, blob
            at, blob = next(blobs, (-1, b""))
        else:
            yield index, leaf, None
    # To the end of the file, where its checksum is.
    for _ in blobs:
        pass


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


def _live(log: _Log, go_on: GoOn) -> bytearray:
    """Return for each leaf of the checkpoint whether it is what stands; the catalogue may be further on."""
    size = log.checkpoint.size
    replay = replayed(log.store, log.row.chain, size, go_on)
    live = bytearray(size)
    for index in replay.current():
        live[index] = replay.ops[index] == Op.PUT
    return live


def _fate(blob: bytes | None, action: str | None) -> str:
    """Return as what a live statement is counted."""
    if blob is not None:
        return "statements"
    if action is None:
        return "missing"
    return "taken_down" if action == TAKEDOWN else "hidden"
