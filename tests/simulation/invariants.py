"""What must hold after every step, whatever the network, the liars and the crashes do.

* **Nothing unverified is visible.** Every leaf within a held size, every kept blob, every key set and the
  signed note are those of a history that the publisher signed; nothing that was erased is kept.
* **Sizes never shrink**, nor does the number of key sets, nor does the heartbeat of one tree grow older.
* **Nobody is framed.** Evidence is kept against publishers that signed two histories, and nobody else.

What must hold in the end is looked at in ``ending``: whoever lives holds the largest history that he has a
path to, over those who live and do not lie; evidence against a log is with every living follower of it who
has such a path to another history of it, or to the evidence; and whoever is contradicted by it stands still.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from protocol.errors import ProtocolError
from protocol.note import Note
from protocol.tiles import WIDTH
from tests.memory_mirror import assert_holds

from .disk import Disk, Watch
from .publishing import Publisher


class BreachError(AssertionError):
    """Something that must never be is."""


@dataclass
class _Before:
    size: int = 0
    key_sets: int = 1
    beat: int = 0


class Invariants:
    """Compares what nodes show with what publishers signed.

    Attributes:
        truth: Origin → the histories that its publisher signed; several when it forks.
        steps: Changes that were looked at.
        breaches: What was wrong; the first one ends the run.
    """

    def __init__(self) -> None:
        self.truth: dict[str, list[Publisher]] = defaultdict(list)
        self.steps = 0
        self.breaches: list[str] = []

    def watch(self, node: str) -> Watch:
        """Return what looks at every change of one disk of a node."""
        before = _Before()

        def look(disk: Disk) -> None:
            self.steps += 1
            faults = [*self._grown(disk, before), *self._verified(disk)]
            if faults:
                self.fail(f"{node}: {disk.origin} at size {disk.size}: {'; '.join(faults)}")

        return look

    def accused(self, origin: str) -> None:
        """Hear that somebody keeps evidence against a log."""
        self.steps += 1
        if len(self.truth[origin]) < 2:
            self.fail(f"{origin} is accused of two histories, and has one")

    def contradict(self, one: Disk, other: Disk) -> bool:
        """Report whether two disks hold histories of which neither begins the other."""
        size = min(one.size, other.size)
        return one.read_leaves(0, size) != other.read_leaves(0, size)

    def fail(self, what: str) -> None:
        """Note a breach and stop whoever made it."""
        self.breaches.append(what)
        raise BreachError(what)

    def history(self, disk: Disk) -> Publisher | None:
        """Return the history whose beginning a disk holds."""
        held = disk.read_leaves(0, disk.size)
        for history in self.truth[disk.origin]:
            if not disk.size or (
                history.roots.get(disk.size) == disk.root
                and b"".join(history.leaves[: disk.size]) == held
                and disk.chain.notes == history.chain.notes[: len(disk.chain.notes)]
            ):
                return history
        return None

    def check_whole(self, disk: Disk) -> None:
        """Look at everything that a disk holds: leaves, hashes of all levels, effect, blobs."""
        history = self.history(disk)
        if history is None:
            self.fail(f"{disk.origin} at size {disk.size} is of no history")
        elif disk.size:
            assert_holds(disk, history, disk.size)

    def _grown(self, disk: Disk, before: _Before) -> Iterable[str]:
        if disk.size < before.size:
            yield f"the size was {before.size}"
        if len(disk.chain.sets) < before.key_sets:
            yield f"{before.key_sets} key sets were known"
        if disk.size:
            try:
                beat = disk.chain.beat_time(Note.parse(disk.note)) or 0
            except ProtocolError as error:
                yield f"its heartbeat: {error}"
                return
            if disk.size == before.size and beat < before.beat:
                yield f"the heartbeat was newer by {before.beat - beat} seconds"
            before.beat = beat
        before.size, before.key_sets = disk.size, len(disk.chain.sets)

    def _verified(self, disk: Disk) -> Iterable[str]:
        history = self.history(disk)
        if history is None:
            yield "what it shows was never signed"
            return
        if disk.size:
            try:
                checkpoint = disk.chain.open_checkpoint(Note.parse(disk.note))
            except ProtocolError as error:
                yield f"its note: {error}"
                return
            if (checkpoint.size, checkpoint.root) != (disk.size, disk.root):
                yield f"its note is of size {checkpoint.size}"
        for bundle in range(disk.size // WIDTH + 1):
            for index, blob in disk.blobs.get(bundle, {}).items():
                if index < disk.size and index in disk.erased:
                    yield f"blob {index} was erased"
                elif index < disk.size and history.blobs.get(index) != blob and index not in disk.withheld:
                    yield f"blob {index} was never signed"
        lost = [index for index in disk.current() - set(disk.withheld) if disk.kept_blob(index) is None]
        if lost:
            yield f"blob {min(lost)} is neither there nor known to be missing"
