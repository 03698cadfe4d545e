"""What following a log needs from storage.

``node.store`` implements these Protocols; tests implement them in memory. All methods
block and are called from a worker thread, one log at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from protocol.keyset import KeyChain
    from protocol.leaf import Leaf
    from protocol.replay import Void


@dataclass(frozen=True, slots=True)
class Held:
    """What is verified and committed of one log.

    Attributes:
        chain: The verified key sets, version 1 first; its fingerprint is the pin.
        size: Verified tree size; 0 when nothing was synced yet.
        root: 32-byte root at ``size``.
        note: The signed checkpoint of ``size`` as received, log and beat lines only;
            empty when ``size`` is 0.
        withheld: Indexes of current leaves whose blob is still missing.
    """

    chain: KeyChain
    size: int
    root: bytes
    note: bytes
    withheld: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Advance:
    """One verified step of a log, ready to be committed.

    Everything it refers to (entries, hashes, blobs) was staged before.

    Attributes:
        old_size: The size this step starts from; the compare of compare-and-swap.
        size: The new size.
        root: 32-byte root at ``size``.
        note: Signed checkpoint with the log's line and, when present, the beat's.
        chain: All verified key sets, new ones included.
        heads: Changed statement id → index of its new head, in the order of the ids.
        ops: Index of each new head → op (1 put, 2 withdraw), ascending.
        superseded: Indexes that stopped being their id's head.
        erased: Erased index → reason (``EraseReason``).
        voids: Leaves without effect, with the reason.
        blobs: Indexes whose blob was staged in this step.
        withheld: Current indexes whose blob no source had (the complete list, old ones included).
    """

    old_size: int
    size: int
    root: bytes
    note: bytes
    chain: KeyChain
    heads: Mapping[bytes, int] = field(default_factory=dict)
    ops: Mapping[int, int] = field(default_factory=dict)
    superseded: Sequence[int] = ()
    erased: Mapping[int, int] = field(default_factory=dict)
    voids: Sequence[Void] = ()
    blobs: Sequence[int] = ()
    withheld: Sequence[int] = ()


@dataclass(eq=False)
class ConflictError(Exception):
    """Somebody else advanced the log first.

    Attributes:
        known: The size that is committed now.
    """

    known: int

    def __str__(self) -> str:
        """Return the sentence for a log line."""
        return f"the log already stands at size {self.known}"


class Mirror(Protocol):
    """The durable store of one log, own or followed.

    Staged data lie beyond the committed size. They survive a kill, but nobody trusts
    them: what is read back beyond ``Held.size`` is verified again before it is used.
    """

    @property
    def origin(self) -> str:
        """The log's origin."""
        ...

    def held(self) -> Held:
        """Return what is verified and committed."""
        ...

    def read_leaves(self, start: int, end: int) -> bytes:
        """Return the 64-byte leaves of [start, end) joined; shorter where fewer are stored."""
        ...

    def read_hashes(self, level: int, start: int, count: int) -> bytes:
        """Return ``count`` 32-byte hashes of a tile level from ``start``; shorter where fewer are stored."""
        ...

    def stage_leaves(self, start: int, leaves: bytes) -> None:
        """Write verified leaves (64 bytes each, joined) from index ``start``."""
        ...

    def stage_hashes(self, level: int, start: int, hashes: bytes) -> None:
        """Write verified hashes (32 bytes each, joined) of a tile level from index ``start``."""
        ...

    def each_blob(self, bundle: int) -> Iterable[tuple[int, bytes]]:
        """Yield the kept blobs of a bundle with their indexes, in order; unverified beyond ``Held.size``."""
        ...

    def stage_blobs(self, bundle: int, blobs: Mapping[int, bytes], packed: bytes | None = None) -> None:
        """Keep verified blobs of a bundle, beside those already kept; ``commit`` makes them durable.

        It costs least to bring them in order.

        Args:
            bundle: Bundle index.
            blobs: Leaf index → blob.
            packed: The gzip body they came in, when it holds exactly these and nothing
                else of the bundle is kept; it is then stored as received.
        """
        ...

    # What replay asks (protocol.replay.Standing), about the committed part:
    def heads(self, ids: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return the head index of each known id."""
        ...

    def leaf(self, index: int) -> Leaf:
        """Return a stored leaf."""
        ...

    def is_erased(self, index: int) -> bool:
        """Report whether an effective erase leaf named this index."""
        ...

    def declined(self, ids: AbstractSet[bytes]) -> AbstractSet[bytes]:
        """Return those of some statements of which no content is wanted here, whatever the log says."""
        ...

    def commit(self, advance: Advance) -> None:
        """Make staged data durable, then advance the head and the catalogue in one transaction.

        Raises:
            ConflictError: The committed size is not ``advance.old_size``.
        """
        ...

    def keep_note(self, note: bytes) -> None:
        """Replace the checkpoint note of the held size (a newer heartbeat of the same tree)."""
        ...

    def keep_chain(self, chain: KeyChain) -> None:
        """Store verified key sets that arrived without a larger tree."""
        ...
