"""A publisher that writes straight into the store of a home, as sync or a sequencer would."""

import hashlib
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from federation.ports import Advance
from federation.standing import Rule
from node.answers.catalogue import CatalogueProjection
from node.config import Config
from node.home import Home
from protocol.blob import make_leaf
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.keys import KeyType
from protocol.keyset import KeyChain
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import leaf_hashes
from protocol.note import Note
from protocol.packing import pack
from protocol.replay import Replay
from protocol.tiles import WIDTH, grow
from tests.signers import beat_key, chain, key_set, log_key, signing_key

NOW = 1_800_000_000
ADDRESS = "http://127.0.0.1:8401"
MIRROR_KEY = signing_key("127.0.0.1:8401/mirror", KeyType.COSIGNATURE_ED25519, "mirror")


def open_home(
    path: Path,
    *,
    address: str = ADDRESS,
    now: int = NOW,
    standing: tuple[Rule, ...] = (),
    clock: Callable[[], float] | None = None,
) -> Home:
    """Return an empty home that derives its catalogue; its time stands still unless a clock is given."""
    path.mkdir(parents=True, exist_ok=True)
    config = Config(address=address, name="City of Example", allow_private=True, standing=standing)
    return Home(path, config, clock=clock or (lambda: now), projection=CatalogueProjection())


def entry(name: str | Mapping[str, str], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    """Return the payload of a small entry."""
    names = {"en": name} if isinstance(name, str) else dict(name)
    return {"type": "entry", "v": 1, "kind": "software", "name": names, **fields}


class Publisher:
    """One log; ``publish`` commits what was stated since.

    Attributes:
        origin: Its origin.
        chain: Its key sets.
        store: Where it is kept.
    """

    def __init__(self, home: Home, origin: str, *, own: bool = True, **keys: Any) -> None:  # noqa: ANN401
        self.origin = origin
        self.chain: KeyChain = chain(key_set(origin=origin, urls=(), **keys))
        self.store = home.logs.add(self.chain, own)
        self._salts = count()
        self._heads: dict[bytes, int] = {}
        self._size = 0
        self._leaves: list[bytes] = []
        self._blobs: dict[int, bytes] = {}
        text = self.chain.newest.text.encode()
        self._append(Leaf(1, Op.KEYS, 0, len(text), bytes(16), NEW, self.chain.newest.digest))

    def put(self, payload: Any, id_: bytes | None = None, *, withheld: bool = False) -> bytes:  # noqa: ANN401
        """State something; bytes are a payload as they are, anything else is packed."""
        id_ = id_ or hashlib.sha256(f"{self.origin} {next(self._salts)}".encode()).digest()[:16]
        return self._state(Op.PUT, id_, payload, withheld=withheld)

    def withdraw(self, id_: bytes, **fields: Any) -> bytes:  # noqa: ANN401
        """Take a statement back."""
        payload = {"type": "withdrawal", "v": 1, "reason": "withdrawn", **fields}
        return self._state(Op.WITHDRAW, id_, payload, withheld=False)

    def erase(self, id_: bytes, index: int | None = None, reason: int = 1) -> None:
        """Ask everybody to delete a version, the newest unless another is named."""
        target = self._heads[id_] if index is None else index
        self._append(Leaf(1, Op.ERASE, reason, 0, id_, target, bytes(32)))

    def index(self, id_: bytes) -> int:
        """Return where a statement's newest version is."""
        return self._heads[id_]

    def publish(self, *, signed: bool = True, cosigned: bool = True) -> int:
        """Commit everything stated since the last time; return the new size."""
        size, leaves, store = self._size, self._leaves, self.store
        tails = {
            level: store.read_hashes(level, at - at % WIDTH, at % WIDTH)
            for level in range(8)
            if (at := size >> 8 * level) % WIDTH
        }
        hashes = leaf_hashes(leaves)
        store.stage_leaves(size, b"".join(leaves))
        for level, gained in grow(size, tails, hashes).items():
            store.stage_hashes(level, size >> 8 * level, gained)
        for bundle in sorted({index // WIDTH for index in self._blobs}):
            store.stage_blobs(bundle, {i: b for i, b in self._blobs.items() if i // WIDTH == bundle})
        replay = Replay(size, store, self.chain.commitments)
        replay.feed(leaves)
        root = store.tree.edge(replay.size).root
        checkpoint = Checkpoint(self.origin, replay.size, root)
        note = Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key(1, self.origin)),))
        note = note.with_signatures(cosign(checkpoint.text, beat_key(1, self.origin), NOW))
        current = set(replay.current())
        store.commit(
            Advance(
                old_size=size,
                size=replay.size,
                root=root,
                note=note.render() if signed else b"",
                chain=self.chain,
                heads=replay.heads,
                ops=replay.ops,
                superseded=replay.superseded,
                erased=replay.erased,
                voids=replay.voids,
                blobs=sorted(self._blobs),
                withheld=sorted(i for i in current if i not in self._blobs and self._has_blob(i)),
            )
        )
        if signed and cosigned and store.claim_mirror(replay.size, root):
            store.keep_cosignature(replay.size, cosign(checkpoint.text, MIRROR_KEY, NOW), NOW)
        self._size, self._leaves, self._blobs = replay.size, [], {}
        return self._size

    def _has_blob(self, index: int) -> bool:
        return Leaf.parse(self._leaves[index - self._size]).op in (Op.PUT, Op.WITHDRAW)

    def _state(self, op: Op, id_: bytes, payload: Any, *, withheld: bool) -> bytes:  # noqa: ANN401
        packed = payload if isinstance(payload, bytes) else pack(payload)
        salt = hashlib.sha256(f"salt {self.origin} {self._next}".encode()).digest()[:16]
        blob = salt + packed
        if not withheld:
            self._blobs[self._next] = blob
        leaf = make_leaf(self.origin, op, id_, self._heads.get(id_, NEW), blob)
        self._heads[id_] = self._next
        self._append(leaf)
        return id_

    @property
    def _next(self) -> int:
        return self._size + len(self._leaves)

    def _append(self, leaf: Leaf) -> None:
        self._leaves.append(bytes(leaf))
