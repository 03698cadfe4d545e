"""The store of one log in memory, and what it must hold after a sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol

from federation.ports import Advance, ConflictError, Held
from protocol.keyset import KeyChain
from protocol.leaf import Leaf
from protocol.merkle import EMPTY_ROOT, HASH, leaf_hashes
from protocol.replay import Replay
from protocol.tiles import LEAF, grow


class PublishedLog(Protocol):
    """What a mirror is compared with."""

    chain: KeyChain
    leaves: list[bytes]
    blobs: dict[int, bytes]

    def root(self, size: int) -> bytes: ...


class KilledError(Exception):
    """The process ends here."""


class MemoryMirror:
    """The store of one log in memory; a ``Mirror``. ``kill_in`` counts writes until it breaks."""

    def __init__(self, chain: KeyChain) -> None:
        self.chain = chain
        self.size = 0
        self.root: bytes = EMPTY_ROOT
        self.note = b""
        self.withheld: tuple[int, ...] = ()
        self.leaves = bytearray()
        self.hashes: dict[int, bytearray] = {}
        self.blobs: dict[int, dict[int, bytes]] = {}
        self.packed: dict[int, bytes] = {}
        self.statement_heads: dict[bytes, int] = {}
        self.erased: dict[int, int] = {}
        self.unwanted: frozenset[bytes] = frozenset()
        self.advances: list[Advance] = []
        self.kill_in = -1
        self.before_commit: Callable[[], None] = lambda: None

    @property
    def origin(self) -> str:
        return self.chain.origin

    @property
    def withheld_now(self) -> list[int]:
        return list(self.withheld)

    def held(self) -> Held:
        return Held(self.chain, self.size, self.root, self.note, self.withheld)

    def read_leaves(self, start: int, end: int) -> bytes:
        return bytes(self.leaves[start * LEAF : end * LEAF])

    def read_hashes(self, level: int, start: int, count: int) -> bytes:
        return bytes(self.hashes.get(level, b"")[start * HASH : (start + count) * HASH])

    def stage_leaves(self, start: int, leaves: bytes) -> None:
        self._write()
        _place(self.leaves, start * LEAF, leaves)

    def stage_hashes(self, level: int, start: int, hashes: bytes) -> None:
        self._write()
        _place(self.hashes.setdefault(level, bytearray()), start * HASH, hashes)

    def each_blob(self, bundle: int) -> Iterable[tuple[int, bytes]]:
        return sorted(self.blobs.get(bundle, {}).items())

    def stage_blobs(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        self._write()
        kept = self.blobs.setdefault(bundle, {})
        if packed is not None:
            assert not kept
            self.packed[bundle] = packed
        kept.update(blobs)

    def heads(self, ids: Sequence[bytes]) -> Mapping[bytes, int]:
        return {id_: self.statement_heads[id_] for id_ in ids if id_ in self.statement_heads}

    def leaf(self, index: int) -> Leaf:
        return Leaf.parse(self.read_leaves(index, index + 1))

    def is_erased(self, index: int) -> bool:
        return index in self.erased

    def declined(self, ids: AbstractSet[bytes]) -> AbstractSet[bytes]:
        return self.unwanted & ids

    def commit(self, advance: Advance) -> None:
        self._write()
        self.before_commit()
        if advance.old_size != self.size:
            raise ConflictError(self.size)
        self.chain, self.size, self.root, self.note = advance.chain, advance.size, advance.root, advance.note
        self.withheld = tuple(advance.withheld)
        self.statement_heads.update(advance.heads)
        self.erased.update(advance.erased)
        self.advances.append(advance)

    def keep_note(self, note: bytes) -> None:
        self.note = note

    def keep_chain(self, chain: KeyChain) -> None:
        self.chain = chain

    def _write(self) -> None:
        self.kill_in -= 1
        if self.kill_in == 0:
            raise KilledError


def assert_holds(mirror: MemoryMirror, log: PublishedLog, size: int) -> None:
    """Demand that a mirror holds exactly the log at a size: leaves, hashes, effect, current blobs."""
    leaves = log.leaves[:size]
    assert mirror.size == size
    assert mirror.root == log.root(size)
    assert mirror.read_leaves(0, size) == b"".join(leaves)
    for level, hashes in grow(0, {}, leaf_hashes(leaves)).items():
        assert mirror.read_hashes(level, 0, size >> 8 * level) == hashes
    standing = MemoryMirror(log.chain)
    replay = Replay(0, standing, mirror.chain.commitments)
    replay.feed(leaves)
    assert mirror.statement_heads == replay.heads
    assert mirror.erased == replay.erased
    held = {index: blob for blobs in mirror.blobs.values() for index, blob in blobs.items()}
    for index in replay.current():
        if index not in mirror.withheld:
            assert held[index] == log.blobs[index]


def _place(file: bytearray, at: int, data: bytes) -> None:
    if len(file) < at:
        file.extend(bytes(at - len(file)))
    file[at : at + len(data)] = data
