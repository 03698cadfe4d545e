"""Evidence is made wherever two histories meet, from whoever has the tiles, and decides as it must."""

from __future__ import annotations

import pytest

from federation.asking import Asker
from federation.forks import culprits, fork_above, fork_below
from federation.offers import open_offer
from federation.sources import Source
from federation.sync import sync_log
from protocol.evidence import ForkFacts, verify_fork
from protocol.merkle import Digest
from tests.federation_world import LIMITS, MIRROR, NOW, OTHER, PLACE, SimulatedLog, World

# Sizes around the borders of bundles and of level-1 tiles; the histories part after ``common`` leaves.
SIZES = [(4, 3), (40, 45), (45, 40), (40, 40), (256, 300), (300, 256), (255, 700), (700, 255), (600, 600)]


async def parted(held: int, shown: int, common: int = 1) -> tuple[World, SimulatedLog]:
    """Return a follower that holds one history, and the other one, which all servers show from now on."""
    log = SimulatedLog().grow(common)
    other = SimulatedLog().grow(common)
    other.word = "another"
    world = World(held, log)
    await world.sync()
    other.grow(shown)
    for server in world.network.servers.values():
        server.log, server.size = other, shown
    world.network.requests.clear()
    return world, other


async def caught(world: World) -> list[tuple[bytes, str]]:
    found: list[tuple[bytes, str]] = []
    await sync_log(
        world.mirror,
        world.sources,
        world.network,
        LIMITS,
        lambda: NOW,
        caught=lambda fork, source: found.append((fork, source.prefix)),
    )
    return found


@pytest.mark.parametrize(("held", "shown"), SIZES)
@pytest.mark.parametrize("common", [1, 2])
async def test_a_sync_that_meets_another_history_keeps_the_proof(held: int, shown: int, common: int) -> None:
    world, other = await parted(held, shown, common)
    found = await caught(world)
    assert found
    for fork, _ in found:
        facts = verify_fork(fork, world.log.chain.fingerprint)
        assert facts.sizes == (min(held, shown), max(held, shown))
        assert set(facts.roots) == {world.log.root(held), other.root(shown)}
        assert culprits(facts, world.mirror.held(), world.mirror) == ((shown, other.root(shown)),)
    assert world.mirror.size == held


async def test_an_honest_log_is_never_proven_guilty() -> None:
    world = World(40)
    await world.sync()
    world.publish(300)
    for server in world.network.servers.values():
        server.flip("tile/0/001.p/44", 5)
    assert await caught(world) == []
    for size in (1, 20, 40):
        assert fork_below(world.mirror, world.log.chain, world.log.note(size)) is None


async def above(world: World, other: SimulatedLog, shown: int) -> bytes | None:
    offer = open_offer(world.log.chain, other.note(shown), Source(MIRROR), LIMITS.checkpoint_bytes)
    asker = Asker(world.network, world.sources, LIMITS)
    return await fork_above(world.mirror.held(), world.log.chain, offer, asker)


async def test_the_proof_comes_from_whoever_has_the_tiles() -> None:
    world, other = await parted(40, 300)
    relay, origin = world.relay, world.origin
    relay.is_down = True
    origin.flip("tile/0/000", 40 * 32)
    fork = await above(world, other, 300)
    assert fork is not None
    assert verify_fork(fork).sizes == (40, 300)
    assert any(url.startswith(OTHER) for url in world.network.requests)
    world.other.absent |= {"tile/0/000", "tile/1/000.p/1", "tile/0/001.p/44"}
    assert await above(world, other, 300) is None


async def test_a_full_tile_stands_for_a_partial_one_that_is_gone() -> None:
    world, other = await parted(40, 300)
    other.grow(512)
    world.relay.size = 512
    world.relay.absent.add("tile/0/001.p/44")
    fork = await above(world, other, 300)
    assert fork is not None
    assert f"{MIRROR}/tile/0/001" in world.network.requests


async def test_a_key_that_is_retired_below_the_held_head_leaves_no_proof() -> None:
    world, other = await parted(40, 30)
    chain = world.log.chain
    # The note that is held was signed by a key that another key set has replaced since, below its size.
    world.log.rotate()
    assert fork_below(world.mirror, chain, other.note(30)) is not None
    held = world.mirror.note
    world.mirror.note = b""
    assert fork_below(world.mirror, chain, other.note(30)) is None
    world.mirror.note = held


def facts(
    sizes: tuple[int, int], roots: tuple[bytes, bytes], versions: tuple[int, int], fingerprint: str
) -> ForkFacts:
    return ForkFacts(
        origin=SimulatedLog().origin,
        sizes=sizes,
        roots=(Digest(roots[0]), Digest(roots[1])),
        versions=versions,
        fingerprint=fingerprint,
    )


async def test_only_what_contradicts_us_by_the_key_in_force_counts() -> None:
    log = SimulatedLog().grow(20)
    log.rotate()  # key set 2 from size 21 on
    world = World(40, log)
    await world.sync()
    held, pin, lie = world.mirror.held(), log.chain.fingerprint, b"x" * 32
    assert held.chain.newest.version == 2

    def guilty(sizes: tuple[int, int], roots: tuple[bytes, bytes], versions: tuple[int, int]) -> list[int]:
        found = culprits(facts(sizes, roots, versions, pin), held, world.mirror)
        return [size for size, _ in found]

    assert guilty((30, 40), (lie, log.root(40)), (2, 2)) == [30]
    assert guilty((40, 40), (log.root(40), lie), (2, 2)) == [40]
    assert guilty((30, 35), (lie, lie), (2, 2)) == [30, 35]
    # A retired key's fork at or below its end, beside what is held: recorded, and no more.
    assert guilty((10, 40), (lie, log.root(40)), (1, 2)) == []
    assert guilty((10, 20), (lie, log.root(20)), (1, 1)) == []
    # A continuation that does not have our beginning contradicts us, although we do not have it.
    assert guilty((30, 90), (log.root(30), lie), (2, 2)) == [90]
    assert guilty((30, 90), (lie, lie), (2, 2)) == [30]
    # Two heads beyond ours: nothing says yet which one we shall have.
    assert guilty((50, 90), (lie, lie), (2, 2)) == []
    assert culprits(facts((30, 40), (lie, lie), (2, 2), "0" * 64), held, world.mirror) == ()
    fresh = World(40)
    assert culprits(facts((30, 40), (lie, lie), (1, 1), pin), fresh.mirror.held(), fresh.mirror) == ()


async def test_nothing_is_asked_of_the_dead_for_ever() -> None:
    world, other = await parted(40, 300)
    for server in world.network.servers.values():
        server.is_down = True
    assert await above(world, other, 300) is None
    assert len(world.network.requests) == len((PLACE, MIRROR, OTHER))
