"""The own log of a simulated publisher, and the truth about it that all copies are compared with.

    publisher = Publisher("n3.example/log/main/1")
    publisher.publish(disk, publisher.draft(dice, 5), now)      # put, edit, withdraw, erase, rotate

A batch is staged and committed like any other step of a log. It becomes part of the truth only when
that was done: what a crash took never was signed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from random import Random

from federation.ports import Advance
from protocol.blob import make_leaf
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.keys import SigningKey
from protocol.keyset import KeyChain
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import edge_from_tiles, leaf_hashes
from protocol.note import Note
from protocol.packing import pack
from protocol.replay import Replay
from protocol.tiles import WIDTH, grow
from tests.signers import beat_key, key_note, key_set, log_key

from .disk import Disk


@dataclass
class Draft:
    """A batch that is not signed yet."""

    size: int
    chain: KeyChain
    heads: dict[bytes, int]
    erased: set[int]
    leaves: list[Leaf] = field(default_factory=list)
    blobs: dict[int, bytes] = field(default_factory=dict)

    @property
    def next(self) -> int:
        return self.size + len(self.leaves)


class Publisher:
    """One log.

    Attributes:
        origin: Its name.
        chain: Its key sets.
        leaves: All leaves that were signed.
        blobs: What they commit to, erased ones too.
        roots: Every signed size → root.
        at_start: Its first key set, which followers pin.
        is_forked: Whether there is another history of this log.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.chain = self.at_start = _start(origin)
        self.leaves: list[bytes] = []
        self.blobs: dict[int, bytes] = {}
        self.roots: dict[int, bytes] = {}
        self.is_forked = False
        self._heads: dict[bytes, int] = {}
        self._erased: set[int] = set()
        self._keys: dict[int, tuple[SigningKey, SigningKey]] = {}

    @property
    def size(self) -> int:
        """The signed size; what the lock file outside the data knows."""
        return len(self.leaves)

    def root(self, size: int) -> bytes:
        return self.roots[size]

    def fork(self) -> Publisher:
        """Return a second history that begins like this one."""
        other = Publisher(self.origin)
        self.is_forked = other.is_forked = True
        other.chain, other.leaves, other.blobs = self.chain, list(self.leaves), dict(self.blobs)
        other.roots, other._heads, other._erased = dict(self.roots), dict(self._heads), set(self._erased)
        return other

    def draft(self, dice: Random, count: int, *, only_new: bool = False) -> Draft:
        """Return a batch of about so many changes.

        A publisher that forked rotates no more: two key sets of one version would be another offence.
        """
        draft = Draft(self.size, self.chain, dict(self._heads), set(self._erased))
        if not self.size:
            _keys_leaf(draft)
        for _ in range(count):
            known = [id_ for id_, head in draft.heads.items() if head not in draft.erased]
            action = "put" if only_new or not known else dice.choice(_ACTIONS)
            id_ = dice.choice(known) if action in ("edit", "withdraw", "erase") else dice.randbytes(16)
            if action == "rotate":
                if not self.is_forked:
                    _rotate(draft)
            elif action == "erase":
                head = draft.heads[id_]
                draft.leaves.append(Leaf(1, Op.ERASE, 1, 0, id_, head, bytes(32)))
                draft.erased.add(head)
                del draft.heads[id_]
            else:
                _state(draft, dice, Op.WITHDRAW if action == "withdraw" else Op.PUT, id_)
        return draft

    def publish(self, disk: Disk, draft: Draft, now: int) -> None:
        """Stage, sign and commit a batch."""
        assert disk.size == draft.size == self.size
        leaves = [bytes(leaf) for leaf in draft.leaves]
        replay = Replay(draft.size, disk, draft.chain.commitments)
        replay.feed(leaves)
        assert not replay.voids
        tails = {
            level: disk.read_hashes(level, at - at % WIDTH, at % WIDTH)
            for level in range(8)
            if (at := draft.size >> 8 * level) % WIDTH
        }
        disk.stage_leaves(draft.size, b"".join(leaves))
        for level, gained in grow(draft.size, tails, leaf_hashes(leaves)).items():
            disk.stage_hashes(level, draft.size >> 8 * level, gained)
        bundles: dict[int, dict[int, bytes]] = defaultdict(dict)
        for index, blob in draft.blobs.items():
            bundles[index // WIDTH][index] = blob
        for bundle, blobs in bundles.items():
            disk.stage_blobs(bundle, blobs)
        root = edge_from_tiles(replay.size, disk.read_hashes).root
        note = self._note(draft.chain, Checkpoint(self.origin, replay.size, root), now)
        # Said before it is done, for whoever looks the moment it is; taken back when it was not.
        before = self.chain
        self._extend(draft, leaves, root)
        try:
            disk.commit(
                Advance(
                    old_size=draft.size,
                    size=replay.size,
                    root=root,
                    note=note,
                    chain=draft.chain,
                    heads=replay.heads,
                    ops=replay.ops,
                    superseded=replay.superseded,
                    erased=replay.erased,
                    blobs=sorted(draft.blobs),
                )
            )
        except BaseException:
            if disk.size == draft.size:
                del self.leaves[draft.size :], self.roots[replay.size]
                self.chain = before
            raise
        self._heads, self._erased = draft.heads, draft.erased

    def beat(self, disk: Disk, now: int) -> None:
        """Renew the heartbeat."""
        disk.keep_note(self._note(self.chain, Checkpoint(self.origin, disk.size, disk.root), now))

    def _extend(self, draft: Draft, leaves: list[bytes], root: bytes) -> None:
        self.leaves += leaves
        self.blobs |= draft.blobs
        self.roots[self.size] = root
        self.chain = draft.chain

    def _note(self, chain: KeyChain, checkpoint: Checkpoint, now: int) -> bytes:
        version = chain.key_for(checkpoint.size).version
        if version not in self._keys:
            self._keys[version] = log_key(version, self.origin), beat_key(version, self.origin)
        log, beat = self._keys[version]
        lines = sign_checkpoint(checkpoint, log), cosign(checkpoint.text, beat, now)
        return Note(checkpoint.text, lines).render()


_ACTIONS = ("put",) * 8 + ("edit",) * 5 + ("withdraw", "erase", "erase", "rotate")


def _start(origin: str) -> KeyChain:
    return KeyChain.start(key_note(key_set(1, origin=origin)), fingerprint=None, origin=origin)


def _state(draft: Draft, dice: Random, op: Op, id_: bytes) -> None:
    head = draft.heads.get(id_, NEW)
    kind = "entry" if op is Op.PUT else "withdrawal"
    text = "word " * dice.choice((4, 40, 300))
    blob = dice.randbytes(16) + pack({"text": text, "type": kind, "v": 1})
    draft.blobs[draft.next] = blob
    draft.heads[id_] = draft.next
    draft.leaves.append(make_leaf(draft.chain.origin, op, id_, head, blob))


def _rotate(draft: Draft) -> None:
    origin, version = draft.chain.origin, len(draft.chain.sets) + 1
    if draft.next:
        draft.chain = draft.chain.extend(key_note(key_set(version, origin=origin, after=draft.next)))
        _keys_leaf(draft)


def _keys_leaf(draft: Draft) -> None:
    commitments = draft.chain.commitments
    digest, length = commitments[draft.next]
    former = sorted(commitments)[-2] if len(commitments) > 1 else NEW
    draft.leaves.append(Leaf(1, Op.KEYS, 0, length, bytes(16), former, digest))
