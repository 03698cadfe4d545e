"""Bytes that tasks share."""

from __future__ import annotations

import asyncio

import pytest

from federation.room import Room


async def test_tasks_wait_until_there_is_room_for_them() -> None:
    room = Room(10)
    held: list[int] = []
    most: list[int] = []

    async def hold(weight: int) -> None:
        async with room.taken(weight):
            held.append(weight)
            most.append(sum(held))
            await asyncio.sleep(0)
            held.remove(weight)

    await asyncio.gather(*(hold(weight) for weight in (4, 6, 1, 10, 30, 3, 3, 3)))
    assert held == []
    assert max(most) == 30  # alone
    assert sorted(most)[-2] <= 10


async def test_whoever_fails_or_is_broken_off_takes_no_room() -> None:
    room = Room(10)
    with pytest.raises(ValueError, match="no"):
        async with room.taken(10):
            raise ValueError("no")
    async with room.taken(10):
        waiting = asyncio.create_task(_enter(room))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), room.taken(10):
        pass


async def _enter(room: Room) -> None:
    async with room.taken(5):
        raise AssertionError("there is no room")
