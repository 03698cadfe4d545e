"""The store of one log at one node: what a crash leaves of it, and who is told of every change."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random

from federation.ports import Advance
from protocol.keyset import KeyChain
from protocol.merkle import HASH
from protocol.tiles import LEAF, WIDTH
from tests.memory_mirror import MemoryMirror

Watch = Callable[["Disk"], None]
"""Is told after every change of what readers see."""


class Disk(MemoryMirror):
    """A ``Mirror`` that deletes what was erased, as the real store does, and survives crashes."""

    def __init__(self, chain: KeyChain, watch: Watch) -> None:
        super().__init__(chain)
        self.commits = 0
        self._watch = watch
        self._current: frozenset[int] | None = None

    def commit(self, advance: Advance) -> None:
        super().commit(advance)
        self.advances.clear()
        self.commits += 1
        self._current = None
        # What an unfinished step left there was verified under another tree, if at all.
        known = set(advance.blobs)
        for blobs in self.blobs.values():
            for index in list(blobs):
                if index in self.erased or (advance.old_size <= index < self.size and index not in known):
                    del blobs[index]
        self._watch(self)

    def keep_note(self, note: bytes) -> None:
        super().keep_note(note)
        self._watch(self)

    def keep_chain(self, chain: KeyChain) -> None:
        super().keep_chain(chain)
        self._watch(self)

    def twin(self) -> Disk:
        """Return a store with the same contents, which nobody watches."""
        other = Disk(self.chain, lambda _: None)
        other.size, other.root, other.note, other.withheld = self.size, self.root, self.note, self.withheld
        for name in ("leaves", "hashes", "blobs", "packed", "statement_heads", "erased"):
            setattr(other, name, deepcopy(getattr(self, name)))
        return other

    def current(self) -> frozenset[int]:
        """Return the indexes of leaves that are current at the held size."""
        if self._current is None:
            self._current = frozenset(self.statement_heads.values()) - self.erased.keys()
        return self._current

    def kept_blob(self, index: int) -> bytes | None:
        """Return a blob that readers may have."""
        if index >= self.size or index in self.erased or index in self.withheld:
            return None
        return self.blobs.get(index // WIDTH, {}).get(index)

    def crash(self, dice: Random) -> None:
        """Lose what was staged and not committed: all of it, or the newest part, or its sense."""
        self.kill_in = -1
        fate = dice.choice(("lost", "lost", "torn", "garbled"))
        self.leaves = self._left(dice, fate, self.leaves, self.size * LEAF)
        for level, hashes in self.hashes.items():
            self.hashes[level] = self._left(dice, fate, hashes, (self.size >> 8 * level) * HASH)
        unsure = set(self.withheld)
        for bundle, blobs in self.blobs.items():
            for index in [index for index in blobs if index >= self.size or index in unsure]:
                self.packed.pop(bundle, None)
                if fate == "garbled":
                    blobs[index] = dice.randbytes(len(blobs[index]))
                elif fate == "lost" or dice.random() < 1 / 2:
                    del blobs[index]

    def _left(self, dice: Random, fate: str, file: bytearray, committed: int) -> bytearray:
        staged = len(file) - committed
        if staged <= 0:
            return file
        if fate == "garbled":
            return file[:committed] + dice.randbytes(staged)
        return file[: committed + (dice.randrange(staged + 1) if fate == "torn" else 0)]
