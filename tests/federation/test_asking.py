"""Work handed to a thread, and who is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from federation.asking import Asker
from federation.limits import Limits
from tests.federation_world import Network


class Held:
    """Work that has begun and does not end before it may."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.begun.set()
        self.go.wait(5)

    async def has_begun(self) -> None:
        await asyncio.to_thread(self.begun.wait, 5)


@pytest.mark.parametrize("fails", [False, True])
async def test_whoever_is_cancelled_waits_for_the_thread(fails: bool) -> None:
    held = Held()
    ended: list[str] = []

    def work() -> None:
        held()
        ended.append("stored")
        if fails:
            raise OSError("disk full")

    asker = Asker(Network(), (), Limits())
    task = asyncio.create_task(asker.stored(work))
    await held.has_begun()
    task.cancel()
    asyncio.get_running_loop().call_later(0.05, held.go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["stored"]


async def test_what_comes_while_the_thread_is_busy_is_done_afterwards_in_order() -> None:
    held = Held()
    done: list[int] = []

    def first() -> None:
        held()
        done.append(0)

    def second() -> int:
        done.append(1)
        raise OSError("disk full")

    def third() -> int:
        done.append(2)
        return 2

    asker = Asker(Network(), (), Limits())
    tasks = [asyncio.create_task(asker.stored(work)) for work in (first, second, third)]
    await held.has_begun()
    assert not done
    held.go.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert done == [0, 1, 2]
    assert found[0] is None
    assert isinstance(found[1], OSError)  # it is its own, and harms nobody else
    assert found[2] == 2


async def test_whoever_is_cancelled_before_it_began_is_not_stored() -> None:
    held = Held()
    done: list[int] = []

    asker = Asker(Network(), (), Limits())
    running = asyncio.create_task(asker.stored(held))
    await held.has_begun()
    waiting = asyncio.create_task(asker.stored(lambda: done.append(1)))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    held.go.set()
    await running
    await asker.stored(lambda: done.append(2))
    assert done == [2]


def no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


async def test_a_thread_that_cannot_be_started_is_an_error_and_no_end_of_storing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asker = Asker(Network(), (), Limits())
    with monkeypatch.context() as few:
        few.setattr(threading.Thread, "start", no_thread)  # as at the limit of a container or of a unit
        with pytest.raises(RuntimeError, match="new thread"):
            await asker.stored(lambda: 1)
    async with asyncio.timeout(2):
        assert await asker.stored(lambda: 2) == 2


async def test_what_waits_is_told_when_the_executor_takes_no_more() -> None:
    asker, executor = Asker(Network(), (), Limits()), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(executor)
    go = threading.Event()
    first = asyncio.create_task(asker.stored(lambda: go.wait(5)))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(asker.stored(lambda: 2))
    await asyncio.sleep(0)
    executor.shutdown(wait=False)
    go.set()
    assert await first
    _, waiting = await asyncio.wait((second,), timeout=2)
    assert not waiting
    assert isinstance(second.exception(), RuntimeError)


async def test_what_was_refused_is_not_done_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asker, done = Asker(Network(), (), Limits()), list[int]()
    with monkeypatch.context() as few:
        few.setattr(threading.Thread, "start", no_thread)  # as at the limit of a container or of a unit
        with pytest.raises(RuntimeError, match="new thread"):
            await asker.stored(lambda: done.append(1))
    await asker.stored(lambda: done.append(2))
    assert done == [2]
