"""Whose question is answered next, and who is refused when too many ask."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from node.home import Home
from node.http import questions
from node.http.problems import HttpProblemError
from node.http.questions import AT_ONCE, Questions
from node.threads import WORKERS

PATIENCE = 60.0
"""Seconds after which something hangs."""


class Desk:
    """Questions at a node, each of which is answered when it is told so."""

    def __init__(self, home: Home, at_once: int, most_waiting: int) -> None:
        self.questions = Questions(home, at_once, most_waiting)
        self.begun: list[str] = []
        self.refused: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def ask(self, *names: str) -> None:
        """Ask questions in this order; the first letter of a name is who asks."""
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._ask(name))
        await asyncio.sleep(0)

    async def answer(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await self._tasks[name]

    async def answer_all(self) -> list[str]:
        """Answer whatever is begun until nothing is left; return the order."""
        done: list[str] = []
        while len(done) < len(self.begun):
            done.append(self.begun[len(done)])
            await self.answer(done[-1])
        return done

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await asyncio.gather(self._tasks[name], return_exceptions=True)

    async def _ask(self, name: str) -> None:
        try:
            async with self.questions.place(name[0]):
                self.begun.append(name)
                await self._ends[name].wait()
        except HttpProblemError as error:
            if (error.status, error.headers) == (503, {"Retry-After": "1"}):
                self.refused.append(name)


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    async with asyncio.timeout(PATIENCE):
        yield


async def test_everybody_who_waits_has_a_place_in_turn(home: Home) -> None:
    desk = Desk(home, at_once=2, most_waiting=10)
    async with in_time():
        await desk.ask("a1", "a2", "a3", "a4", "a5", "b1", "b2", "c1")
        assert desk.begun == ["a1", "a2"]
        assert await desk.answer_all() == ["a1", "a2", "a3", "b1", "c1", "a4", "b2", "a5"]
        # All places are free again.
        await desk.ask("d1", "d2", "d3")
        assert desk.begun[-2:] == ["d1", "d2"]
        await desk.answer_all()


async def test_where_too_many_wait_whoever_asks_most_is_refused(home: Home) -> None:
    desk = Desk(home, at_once=1, most_waiting=3)
    async with in_time():
        await desk.ask("a0", "a1", "a2", "a3", "a4")
        assert desk.refused == ["a4"]
        await desk.ask("b1")
        await asyncio.sleep(0)
        assert desk.refused == ["a4", "a3"]
        await desk.ask("b2", "c1", "d1")
        await asyncio.sleep(0)
        assert sorted(desk.refused) == ["a2", "a3", "a4", "b2", "d1"]
        assert await desk.answer_all() == ["a0", "a1", "b1", "c1"]


async def test_who_hangs_up_keeps_no_place(home: Home) -> None:
    desk = Desk(home, at_once=1, most_waiting=5)
    async with in_time():
        await desk.ask("a0", "a1", "a2", "b1", "c1")
        await desk.give_up("a1")
        await desk.give_up("b1")
        assert await desk.answer_all() == ["a0", "a2", "c1"]
        # In the moment in which the place is given, before and after that.
        for first in ("give up", "answer"):
            await desk.ask(f"a {first}", f"b {first}", f"c {first}")
            task = desk._tasks[f"b {first}"]
            if first == "give up":
                task.cancel()
            desk._ends[f"a {first}"].set()
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.sleep(0)
            assert desk.begun[-1] == f"c {first}"
            await desk.answer(f"c {first}")
        await desk.ask("d0")
        assert desk.begun[-1] == "d0"
        await desk.answer("d0")


async def test_nobody_waits_for_ever(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "WAIT_SECONDS", 0.01)
    desk = Desk(home, at_once=1, most_waiting=5)
    async with in_time():
        await desk.ask("a0", "a1")
        await desk._tasks["a1"]
        assert desk.refused == ["a1"]
        assert await desk.answer_all() == ["a0"]


@pytest.mark.parametrize("path", ["/api/v1/search?q=budget", "/en/search?q=budget"])
async def test_questions_never_take_all_threads(
    client: TestClient[Any, Any], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    begun, ends, loop = 0, asyncio.Event(), asyncio.get_running_loop()

    async def stuck(work: Callable[..., Any], *given: Any, **named: Any) -> Any:  # noqa: ANN401
        nonlocal begun
        begun += 1
        await ends.wait()
        return await loop.run_in_executor(None, lambda: work(*given, **named))

    assert AT_ONCE < WORKERS
    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "to_thread", stuck)
        asked = [asyncio.create_task(client.get(path)) for _ in range(AT_ONCE + 2)]
        async with in_time():
            while begun < AT_ONCE:  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.01)
            # What other nodes sync is no question.
            assert (await client.get("/livez")).status == 200
        assert begun == AT_ONCE
    ends.set()
    async with in_time():
        assert [(await each).status for each in asked] == [200] * len(asked)
