"""Work handed to a thread, and who is cancelled meanwhile."""

from __future__ import annotations

import asyncio
import threading

import pytest

from federation.asking import Asker
from federation.limits import Limits
from tests.federation_world import Network


@pytest.mark.parametrize("fails", [False, True])
async def test_whoever_is_cancelled_waits_for_the_thread(fails: bool) -> None:
    begun, go = threading.Event(), threading.Event()
    ended: list[str] = []

    def work() -> None:
        begun.set()
        go.wait(5)
        ended.append("stored")
        if fails:
            raise OSError("disk full")

    asker = Asker(Network(), (), Limits())
    task = asyncio.create_task(asker.stored(work))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    asyncio.get_running_loop().call_later(0.05, go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["stored"]
