"""Verifies the tree of one log, from the held size to a signed one. Pure: bytes in, values out.

The driver's loop, for a checkpoint that was verified before (``offers``)::

    follower = Follower(read_known(mirror, held), offer.size, offer.root, limits)
    while wants := follower.wants(64):
        for want in wants:
            piece = follower.accept(want, await fetch(want))     # FaultError: ask another source

When all missing leaves are in one bundle, its tail is asked for and extends the held right edge: one
request. Otherwise the right edge of the new tree comes first, as the rightmost tile of each level: it
yields the root, or is refused. From there on every file is authenticated alone, by a hash above
it: full tiles from the highest level down, then bundles, in any order, from any source. A full
mirror needs no consistency proof: wherever a verified tile or bundle overlaps what is held, the
two must agree. If they do not, the origin signed two histories (``OriginError``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice

from protocol.errors import MalformedError
from protocol.merkle import HASH, Edge, edge_from_tiles, joined_root, leaf_hashes
from protocol.tiles import ENTRY, LEAF, WIDTH, BundleId, TileId, grow, split_bundle

from .faults import Fault, FaultError, FaultKind, OriginError, fault_of
from .known import Known, split_leaves
from .limits import Limits
from .response import OK, PARTIAL, Response

_BITS = 8


@dataclass(frozen=True, slots=True)
class Want:
    """A file of the tree to ask for.

    Attributes:
        item: What is wanted.
        limit: Most bytes of the answer.
        start: Leaves of a bundle that are held: ask for the rest only.
        is_together: All wants at hand must be answered by one source, because only together do
            they prove anything.
        is_full: Ask for the full file, because the partial one is gone.
    """

    item: TileId | BundleId
    limit: int
    start: int = 0
    is_together: bool = False
    is_full: bool = False

    @property
    def path(self) -> str:
        """The path under the log's prefix."""
        return (replace(self.item, width=WIDTH) if self.is_full else self.item).path

    @property
    def gzip(self) -> bool:
        """Whether to offer compression; hashes do not compress, and a tail must not be."""
        return isinstance(self.item, BundleId) and not self.start

    @property
    def headers(self) -> Mapping[str, str]:
        """Request headers."""
        return {"Range": f"bytes={ENTRY * self.start}-"} if self.start else {}

    @property
    def whole(self) -> Want | None:
        """The same file once more without Range, for a source that answers the tail wrongly."""
        return replace(self, start=0) if self.start else None

    @property
    def full(self) -> Want | None:
        """The full file; a server may delete a partial one as soon as the full one exists."""
        if self.is_full or self.item.width == WIDTH:
            return None
        return replace(self, start=0, is_full=True)


@dataclass(frozen=True, slots=True)
class Piece:
    """Verified leaves, to be staged.

    Attributes:
        start: Index of the first one.
        leaves: The leaves, joined.
        hashes: Their hashes, joined.
    """

    start: int
    leaves: bytes
    hashes: bytes


class Follower:
    """One step of one log: from what is known to (size, root).

    Nothing it is told changes it unless it verifies.
    """

    def __init__(
        self, known: Known, size: int, root: bytes, limits: Limits, *, by_tiles: bool = False
    ) -> None:
        """Begin.

        Args:
            known: What is held.
            size: Signed size, larger than the held one.
            root: Signed root.
            limits: For the sizes of files.
            by_tiles: Fetch tiles even when one tail would do, to learn who is at fault.
        """
        old = known.edge.size
        first, last = old >> _BITS, (size - 1) >> _BITS
        self.size = size
        self._known, self._root, self._limits = known, root, limits
        self._by_tail = first == last and not by_tiles
        # How many leaves of the first bundle need not be asked for.
        self._tail_from = 0 if by_tiles else len(known.leaves) // LEAF
        self._edge = {} if self._by_tail else dict.fromkeys(_edge_tiles(size), b"")
        self._tiles: dict[tuple[int, int], bytes] = {}  # verified hashes by level and index
        self._level = 0 if self._by_tail else (size.bit_length() - 1) // _BITS
        self._missing_tiles: dict[TileId, None] = {}
        self._missing_bundles = dict.fromkeys(range(first, last + 1))
        self._digests: dict[int, bytes] = {}
        self._tail: Sequence[bytes] = ()  # hashes of the new leaves, when there is only a tail

    @property
    def is_by_tail(self) -> bool:
        """Whether one tail is asked for, and no tiles."""
        return self._by_tail

    def wants(self, most: int) -> tuple[Want, ...]:
        """Return up to ``most`` files that can be verified now; none when all is done.

        The right edge is returned whole, whatever ``most`` says: at most eight tiles.
        """
        if self._edge:
            return tuple(Want(tile, WIDTH * HASH, is_together=True) for tile in self._edge)
        if self._missing_tiles:
            return tuple(Want(tile, WIDTH * HASH) for tile in islice(self._missing_tiles, most))
        limit, first = self._limits.bundle_bytes, self._known.edge.size >> _BITS
        bundles = islice(self._missing_bundles, most)
        return tuple(
            Want(self._bundle(index), limit, self._tail_from if index == first else 0) for index in bundles
        )

    def accept(self, want: Want, response: Response) -> Piece | None:
        """Take an answer with status 200 or 206; return verified leaves to stage, if it has any.

        Raises:
            FaultError: The answer is wrong: "malformed" or "inconsistent". Ask another source.
                For wants that belong together: ask another source for all of them.
            OriginError: What the origin signed contradicts what is held, or is malformed.
        """
        if isinstance(want.item, BundleId):
            return self._accept_bundle(want, want.item, response)
        hashes = _tile_body(want, response)
        if want.item in self._edge:
            self._accept_edge(want.item, hashes)
        elif want.item in self._missing_tiles:
            if joined_root(hashes) != self._hash(want.item.level + 1, want.item.index):
                raise _inconsistent(want.path, "it does not hash to what is signed")
            self._keep(want.item, hashes)
            del self._missing_tiles[want.item]
            self._descend()
        return None

    def is_wanted(self, want: Want) -> bool:
        """Report whether a bundle or full tile is still wanted."""
        if isinstance(want.item, BundleId):
            return want.item.index in self._missing_bundles
        return want.item in self._missing_tiles

    def recallable(self, most: int) -> tuple[int, ...]:
        """Return up to ``most`` wanted bundles that can be verified from what is stored already."""
        if self._by_tail or self._edge or self._missing_tiles:
            return ()
        return tuple(islice(self._missing_bundles, most))

    def recall(self, index: int, leaves: bytes) -> Piece | None:
        """Verify leaves of a bundle that an earlier, killed run staged; None when they do not hold.

        Args:
            index: A bundle that is ``recallable``.
            leaves: What is stored at its place.
        """
        width = self._bundle(index).width
        if len(leaves) != width * LEAF:
            return None
        hashes = b"".join(leaf_hashes(split_leaves(leaves)))
        return self._keep_bundle(index, leaves, hashes) if self._is_signed(index, hashes) else None

    def is_verified(self, index: int, leaves: bytes) -> bool:
        """Report whether these are the leaves of a bundle, up to the signed size, as verified."""
        return self._digests.get(index) == sha256(leaves).digest()

    def gains(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield what each tile level from 1 on gains: level, index of the first hash, joined hashes."""
        old = self._known.edge.size
        if self._by_tail:
            grown = grow(old, self._known.tails, self._tail)
            yield from ((level, old >> _BITS * level, hashes) for level, hashes in grown.items() if level)
            return
        for level in range(1, self.size.bit_length() // _BITS + 1):
            start, end = old >> _BITS * level, self.size >> _BITS * level
            if start < end:
                base = start & ~0xFF
                joined = b"".join(
                    self._tiles[level, index] for index in range(base >> _BITS, (end - 1 >> _BITS) + 1)
                )
                yield level, start, joined[(start - base) * HASH : (end - base) * HASH]

    def _bundle(self, index: int) -> BundleId:
        return BundleId(index, min(WIDTH, self.size - index * WIDTH))

    def _accept_edge(self, tile: TileId, hashes: bytes) -> None:
        self._edge[tile] = hashes
        if not all(self._edge.values()):
            return
        by_level = {tile.level: hashes for tile, hashes in self._edge.items()}
        found = edge_from_tiles(self.size, lambda level, _start, _count: by_level[level]).root
        if found != self._root:
            paths = ", ".join(tile.path for tile in self._edge)
            self._edge = dict.fromkeys(self._edge, b"")
            raise _inconsistent(paths, "the right edge does not give the signed root")
        proven, self._edge = self._edge, {}
        for edge_tile, edge_hashes in proven.items():
            self._keep(edge_tile, edge_hashes)
        self._descend()

    def _keep(self, tile: TileId, hashes: bytes) -> None:
        """Keep a verified tile, once it agrees with what is held."""
        held = self._known.edge.size >> _BITS * tile.level
        tail = self._known.tails.get(tile.level, b"")
        if tile.index == held >> _BITS and not hashes.startswith(tail):
            raise _two_histories(tile.path)
        self._tiles[tile.level, tile.index] = hashes

    def _descend(self) -> None:
        """Want the full tiles of the next level down that has some, when those above are there."""
        while not self._missing_tiles and self._level > 1:
            self._level -= 1
            first = self._known.edge.size >> _BITS * (self._level + 1)
            full = range(first, self.size >> _BITS * (self._level + 1))
            self._missing_tiles = {TileId(self._level, index): None for index in full}

    def _hash(self, level: int, index: int) -> bytes:
        at = index % WIDTH * HASH
        return self._tiles[level, index >> _BITS][at : at + HASH]

    def _accept_bundle(self, want: Want, bundle: BundleId, response: Response) -> Piece | None:
        if bundle.index not in self._missing_bundles:
            return None
        entries = _entries(want, bundle, response)
        hashes = leaf_hashes(entries)
        if self._by_tail:
            return self._accept_tail(want, bundle, entries, hashes)
        held, joined = b"", b"".join(hashes)
        if len(entries) < bundle.width:
            # Its tail: what comes before is held.
            held, joined = self._known.leaves, self._known.tails[0] + joined
        if not self._is_signed(bundle.index, joined):
            raise _inconsistent(want.path, "its leaves do not hash to what is signed")
        first = bundle.index * WIDTH + bundle.width - len(entries)
        return self._keep_bundle(bundle.index, held + _leaves(entries, first, want.path), joined)

    def _is_signed(self, index: int, hashes: bytes) -> bool:
        if len(hashes) == WIDTH * HASH:
            return joined_root(hashes) == self._hash(1, index)
        return hashes == self._tiles[0, index]

    def _keep_bundle(self, index: int, leaves: bytes, hashes: bytes) -> Piece:
        held = self._known.leaves if index == self._known.edge.size >> _BITS else b""
        if not leaves.startswith(held):
            raise _two_histories(self._bundle(index).path)
        self._digests[index] = sha256(leaves).digest()
        del self._missing_bundles[index]
        new = len(held) // LEAF
        return Piece(index * WIDTH + new, leaves[len(held) :], hashes[new * HASH :])

    def _accept_tail(
        self, want: Want, bundle: BundleId, entries: tuple[bytes, ...], hashes: Sequence[bytes]
    ) -> Piece:
        edge, held = self._known.edge, self._known.leaves
        old = len(held) // LEAF
        is_whole = len(entries) == bundle.width
        if is_whole:
            edge = Edge(edge.size - old, edge.hashes[: (edge.size - old).bit_count()])
        if edge.extended(hashes).root != self._root:
            raise _inconsistent(want.path, "with its leaves the tree has another root than the signed one")
        leaves = _leaves(entries, self.size - len(entries), want.path)
        if not is_whole:
            leaves, hashes = held + leaves, [*[bytes(HASH)] * old, *hashes]
        self._tail = hashes[old:]
        return self._keep_bundle(bundle.index, leaves, b"".join(hashes))


def _edge_tiles(size: int) -> Iterator[TileId]:
    """Yield the rightmost tile of each level that has a partial one; together they give the root."""
    for level in range(-(-size.bit_length() // _BITS)):
        hashes = size >> _BITS * level
        if hashes & 0xFF:
            yield TileId(level, hashes >> _BITS, hashes & 0xFF)


def _tile_body(want: Want, response: Response) -> bytes:
    expected = (WIDTH if want.is_full else want.item.width) * HASH
    if response.status != OK or len(response.body) != expected:
        raise _malformed(want.path, f"it has {len(response.body)} bytes instead of {expected}")
    return response.body[: want.item.width * HASH]


def _entries(want: Want, bundle: BundleId, response: Response) -> tuple[bytes, ...]:
    """Return the entries of a bundle, or of the tail that was asked for; of any lengths."""
    width = WIDTH if want.is_full else bundle.width
    if response.status == PARTIAL:
        width = bundle.width - want.start
        asked = f"bytes {ENTRY * want.start}-{ENTRY * bundle.width - 1}/{ENTRY * bundle.width}"
        found = response.headers.get("content-range", "")
        if not want.start or found != asked or "content-encoding" in response.headers:
            raise _malformed(want.path, f"it answers with the range {found[:80]!r}")
        if len(response.body) != ENTRY * width:
            raise _malformed(want.path, f"its tail has {len(response.body)} bytes instead of {ENTRY * width}")
    try:
        return split_bundle(response.body, width)[: bundle.width]
    except MalformedError as error:
        raise FaultError(fault_of(error, want.path)) from error


def _leaves(entries: tuple[bytes, ...], start: int, path: str) -> bytes:
    """Return authentic entries joined; they are the origin's fault when they are no leaves."""
    for index, entry in enumerate(entries, start):
        if len(entry) != LEAF:
            detail = f"the signed tree has an entry of {len(entry)} bytes at index {index}"
            raise OriginError(Fault(FaultKind.MALFORMED, path, detail))
    return b"".join(entries)


def _malformed(path: str, detail: str) -> FaultError:
    return FaultError(Fault(FaultKind.MALFORMED, path, detail))


def _inconsistent(path: str, detail: str) -> FaultError:
    return FaultError(Fault(FaultKind.INCONSISTENT, path, detail))


def _two_histories(path: str) -> OriginError:
    detail = "what the origin signed contradicts the tree that is held"
    return OriginError(Fault(FaultKind.INCONSISTENT, path, detail))
