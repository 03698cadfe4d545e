"""Turns: a few at once, and the slow among themselves."""

from __future__ import annotations

import asyncio

import pytest

from node import turns
from node.turns import Turns

PATIENCE = 10.0


@pytest.fixture(autouse=True)
def soon_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "SLOW_SECONDS", 0.1)


class Place:
    """Some logs at a node with two places of each sort."""

    def __init__(self) -> None:
        self.turns = Turns(2)
        self.begun: list[str] = []
        self.ends = asyncio.Event()

    async def slow(self, origin: str) -> None:
        async with self.turns.turn(origin):
            self.begun.append(origin)
            await self.ends.wait()

    async def quick(self, origin: str) -> None:
        async with self.turns.turn(origin):
            self.begun.append(origin)


async def test_the_slow_make_room_as_long_as_there_is_any() -> None:
    place = Place()
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(place.slow(f"slow {number}"))
        await group.create_task(place.quick("quick"))
        assert place.begun[:2] == ["slow 0", "slow 1"]
        # Two have moved, two more hold the places that were theirs: now there is no room.
        group.create_task(place.slow("slow 3"))
        while "slow 3" not in place.begun:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.01)
        waiting = group.create_task(place.quick("late"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        place.ends.set()


async def test_who_was_slow_begins_among_the_slow_until_it_is_quick_again() -> None:
    place = Place()
    async with asyncio.timeout(PATIENCE):
        async with asyncio.TaskGroup() as group:
            for number in range(2):
                group.create_task(place.slow(f"slow {number}"))
            await asyncio.sleep(0.3)
            place.ends.set()
        place.ends.clear()
        async with asyncio.TaskGroup() as group:
            for number in range(2):
                group.create_task(place.slow(f"slow {number}"))
            # Nobody moves, and no place of the quick is taken.
            await asyncio.gather(*(place.quick(f"quick {number}") for number in range(4)))
            await asyncio.sleep(0.3)
            await place.quick("quick")
            place.ends.set()
        await place.quick("slow 0")
        assert place.turns._known_slow == {"slow 1"}


async def test_a_turn_that_is_broken_off_gives_its_place_back() -> None:
    place = Place()
    async with asyncio.timeout(PATIENCE):
        for seconds in (0.0, 0.02, 0.2):
            tasks = [asyncio.create_task(place.slow(f"{seconds} {number}")) for number in range(5)]
            await asyncio.sleep(seconds)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(place.quick(f"quick {number}") for number in range(5)))
