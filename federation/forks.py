"""From two checkpoints that contradict each other to evidence, and from evidence to a decision.

Whoever holds a tree holds one half of the proof: the signed checkpoint of its size. The other half is what
somebody else was shown. The proof between them comes from the larger of the two trees::

    size shown <= size held      our own tree                              fork_below
    size shown >  size held      tiles of whoever shows it, and verified   fork_above

What makes evidence is decided by ``protocol.evidence`` alone, here as with whoever is handed it.
"""

from __future__ import annotations

from protocol.errors import MalformedError, ProtocolError
from protocol.evidence import ForkFacts, build_fork, verify_fork
from protocol.keyset import KeyChain
from protocol.merkle import HASH, Digest, fork_proof, node_from_tiles
from protocol.note import Note
from protocol.tiles import WIDTH, TileId

from .asking import Asker
from .faults import FaultError
from .known import was_root
from .offers import Offer
from .ports import Held, Mirror
from .sources import Source

_BITS = 8


class _MissingTileError(Exception):
    def __init__(self, tile: TileId) -> None:
        super().__init__(tile.path)
        self.tile = tile


def fork_below(mirror: Mirror, chain: KeyChain, note: bytes) -> bytes | None:
    """Return the evidence that a checkpoint is not of the held tree, or None when it is no such thing.

    Args:
        mirror: The log's store.
        chain: The newest verified key sets.
        note: A checkpoint that the log signed, of a size that is held.
    """
    held = mirror.held()
    try:
        size = _size_of(chain, note)
        proof = fork_proof(size, held.size, node_from_tiles(mirror.read_hashes))
        return _checked(chain, (note, held.note), proof)
    except (ProtocolError, ValueError):
        # An unsigned own head, a key that was retired below the held size, or no contradiction at all.
        return None


async def fork_above(held: Held, chain: KeyChain, offer: Offer, asker: Asker) -> bytes | None:
    """Return the evidence that a larger tree does not continue the held one, or None when nobody has it.

    Args:
        held: What is held.
        chain: The newest verified key sets.
        offer: The verified checkpoint of the larger tree.
        asker: Asks for its tiles, whoever shows it first.
    """
    for source in (offer.source, *(other for other in asker.roster.sources if other != offer.source)):
        try:
            proof = await _proof_from(source, asker, held.size, offer.size)
            return _checked(chain, (held.note, offer.note), proof)
        except (FaultError, ProtocolError, ValueError):
            continue
    return None


def culprits(facts: ForkFacts, held: Held, mirror: Mirror) -> tuple[tuple[int, bytes], ...]:
    """Return the heads of a verified fork for which the held log must stand still; none when it need not.

    It must when a head contradicts the held tree and is signed by the key in force. With a key that was
    retired nobody can stop an honest publisher.

    Args:
        facts: What the fork proves.
        held: What is held.
        mirror: The log's store.

    Returns:
        Size and root of each.

    Raises:
        InconsistentError: The stored tree is damaged.
    """
    if (facts.origin, facts.fingerprint) != (held.chain.origin, held.chain.fingerprint) or not held.size:
        return ()
    agrees = [_agrees(size, root, held, mirror) for size, root in zip(facts.sizes, facts.roots, strict=True)]
    # Whoever continues what we do not have contradicts us, too.
    contradicting = [agrees[0] is False, agrees[1] is False or (agrees[0] is True and agrees[1] is None)]
    in_force = held.chain.key_for(held.size + 1).version
    return tuple(
        head
        for head, version, contradicts in zip(
            zip(facts.sizes, facts.roots, strict=True), facts.versions, contradicting, strict=True
        )
        if contradicts and version == in_force
    )


def _agrees(size: int, root: bytes, held: Held, mirror: Mirror) -> bool | None:
    """Return whether a head is of the held tree; None when it is larger."""
    if size > held.size:
        return None
    return was_root(mirror, held, size, root)


def _checked(chain: KeyChain, notes: tuple[bytes, bytes], proof: list[Digest]) -> bytes:
    """Return the fork of two notes; raise ``ProtocolError`` when it proves nothing."""
    data = build_fork(chain, notes, proof).render()
    verify_fork(data)
    return data


def _size_of(chain: KeyChain, note: bytes) -> int:
    return chain.open_checkpoint(Note.parse(note)).size


async def _proof_from(source: Source, asker: Asker, m: int, n: int) -> list[Digest]:
    """Return the proof from size m in a tree of size n, read from a source's tiles; unverified."""
    tiles: dict[TileId, bytes] = {}

    def read(level: int, start: int, count: int) -> bytes:
        index = start // WIDTH
        tile = TileId(level, index, min(WIDTH, (n >> _BITS * level) - index * WIDTH))
        if tile not in tiles:
            raise _MissingTileError(tile)
        at = (start - index * WIDTH) * HASH
        return tiles[tile][at : at + count * HASH]

    while True:
        try:
            return fork_proof(m, n, node_from_tiles(read))
        except _MissingTileError as missing:
            tiles[missing.tile] = await _tile(source, asker, missing.tile)


async def _tile(source: Source, asker: Asker, tile: TileId) -> bytes:
    for item in (tile, TileId(tile.level, tile.index)):
        response = await asker.get(source, item.path, WIDTH * HASH)
        # A partial tile may be gone once the full one exists.
        if response is not None:
            return response.body[: tile.width * HASH]
    raise MalformedError("tile", f"{tile.path} is not there")
