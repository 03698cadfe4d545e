"""Federations on a simulated network: what must hold always holds, and everybody comes to agree."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest

from tests.memory_mirror import KilledError
from tests.simulation.disk import Disk
from tests.simulation.invariants import BreachError, Invariants
from tests.simulation.publishing import Publisher
from tests.simulation.world import LARGE, START, Plan, SimulationError, simulate

SMALL = Plan(storm=6)


@pytest.mark.parametrize("seed", range(6))
def test_a_dozen_nodes_survive_a_storm_and_agree(seed: int) -> None:
    assert simulate(SMALL, seed).steps > SMALL.nodes * SMALL.follows


@pytest.mark.parametrize("seed", range(2))
def test_lying_mirrors_stop_nobody(seed: int) -> None:
    simulate(replace(SMALL, follows=6, liars=0.3, dead=0.3), seed)


def test_whoever_meets_another_history_of_a_log_has_evidence_and_stands_still() -> None:
    report = simulate(replace(SMALL, follows=7, forks=3), 0)
    assert report.fooled >= report.evidence >= report.concerned > 3


@pytest.mark.parametrize("seed", [3, 5])
def test_evidence_comes_from_whoever_is_asked_seldom(seed: int) -> None:
    """Were only those few neighbours asked that cover all logs, such worlds would leave somebody unaware."""
    report = simulate(replace(SMALL, nodes=13, follows=7, forks=5, storm=4), seed)
    assert report.evidence >= report.concerned > 0.8 * report.fooled


def test_one_seed_is_one_trace() -> None:
    plan = replace(SMALL, nodes=6, liars=0.2, forks=1)
    first, again, other = simulate(plan, 1), simulate(plan, 1), simulate(plan, 2)
    assert first == again
    assert first.trace != other.trace


def test_a_run_that_fails_shows_its_seed_and_the_last_events() -> None:
    with pytest.raises(
        SimulationError, match=r"(?s)seed 7 of Plan.*not converged.* holds .*the last events:"
    ):
        simulate(replace(SMALL, patience=0), 7)


# ``python -m tests.simulation`` takes many seeds and longer storms.
SHORT = replace(LARGE, storm=3)


@pytest.mark.slow
def test_fifty_nodes_agree() -> None:
    simulate(replace(SHORT, nodes=50), 1)


@pytest.mark.slow
def test_a_hundred_nodes_agree_though_one_in_ten_lies_and_two_have_two_histories() -> None:
    report = simulate(replace(SHORT, nodes=100, liars=0.1, forks=2), 2)
    # Of a log that one node in ten carries, most followers ask nobody who was shown the other history.
    assert report.fooled >= report.evidence >= report.concerned > 0


def dice() -> Random:
    return Random(4)  # noqa: S311 - repeatable, not secret


def copied(chance: Random) -> tuple[Publisher, Disk]:
    """Return a publisher and a disk with a true copy of its log, watched by the invariants."""
    publisher, invariants = Publisher("n0.example/log/main/1"), Invariants()
    invariants.truth[publisher.origin].append(publisher)
    disk = Disk(publisher.at_start, invariants.watch("n0"))
    publisher.publish(disk, publisher.draft(chance, 12, only_new=True), START)
    publisher.publish(disk, publisher.draft(chance, 12), START)
    return publisher, disk


def shrink(disk: Disk) -> None:
    disk.size -= 1


def flip_leaf(disk: Disk) -> None:
    disk.leaves[64 * 5 + 40] ^= 1


def flip_blob(disk: Disk) -> None:
    disk.blobs[0][5] = bytes(len(disk.blobs[0][5]))


def lose_blob(disk: Disk) -> None:
    del disk.blobs[0][max(disk.current())]


def keep_erased(disk: Disk) -> None:
    disk.erased[5] = 1


def sign_as_another(disk: Disk) -> None:
    disk.note = disk.note.replace(b"n0.example/log/main/1 ", b"n1.example/log/main/1 ")


@pytest.mark.parametrize("spoil", [shrink, flip_leaf, flip_blob, lose_blob, keep_erased, sign_as_another])
def test_what_must_not_be_is_noticed(spoil: Callable[[Disk], None]) -> None:
    publisher, disk = copied(dice())
    publisher.beat(disk, START + 60)
    spoil(disk)
    with pytest.raises(BreachError):
        disk.keep_note(disk.note)


def test_a_heartbeat_that_goes_back_is_noticed() -> None:
    publisher, disk = copied(dice())
    with pytest.raises(BreachError, match="the heartbeat was newer by 5 seconds"):
        publisher.beat(disk, START - 5)


def test_what_a_crash_takes_was_never_signed() -> None:
    chance = dice()
    publisher, disk = copied(chance)
    size, kills = publisher.size, 0
    while publisher.size == size:
        kills += 1
        disk.kill_in = kills
        with suppress(KilledError):
            publisher.publish(disk, publisher.draft(chance, 9), START)
        disk.crash(chance)
    assert kills > 3
    assert max(publisher.roots) == publisher.size == disk.size
