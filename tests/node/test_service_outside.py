"""Running nodes that witness each other's logs and hint each other."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from federation.fetch import Fetcher
from node import hints, service
from node.answers.catalogue import CatalogueProjection
from node.contacts import HintPeer, WitnessAt, WitnessConfig, WitnessedLog
from node.home import Home
from node.own.founding import found_node
from node.own.sequencer import publish
from node.peers import follow, introduce_all
from node.service import serve
from node.store.logs import LogRow
from node.witness import own_keys
from protocol.note import Note
from tests.node_world import put
from tests.ports import free_port

PATIENCE = 60.0
SECRET = "what both operators wrote down"


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))
    # No poll comes in time for this test: what is news is heard by hints.
    monkeypatch.setenv("FEDCAT_SYNC_INTERVAL_SECONDS", "3600")
    monkeypatch.setattr(service, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(service, "CLEARANCE_SECONDS", 0.1)
    monkeypatch.setattr(hints, "PAUSE_SECONDS", 0.05)


def found(tmp_path: Path, name: str) -> Home:
    found_node(
        tmp_path / name,
        address=f"http://127.0.0.1:{free_port()}",
        name=name.title(),
        allow_private=True,
        projection=CatalogueProjection(),
    )
    return Home.open(tmp_path / name, projection=CatalogueProjection())


@asynccontextmanager
async def served(home: Home) -> AsyncIterator[None]:
    ready, stop = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(home, ready=ready.set, stop=stop))
    await asyncio.wait_for(ready.wait(), PATIENCE)
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(claim: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not claim():  # noqa: ASYNC110 - what a loop of the node did leaves no event
            await asyncio.sleep(0.02)


def row(home: Home, origin: str) -> LogRow:
    found = home.logs.get(origin)
    assert found is not None
    return found


async def test_a_published_entry_is_witnessed_and_at_the_peer_at_once(tmp_path: Path) -> None:
    city, archive = found(tmp_path, "city"), found(tmp_path, "archive")
    (origin,) = [each.origin for each in city.logs.all()]
    name = archive.config.witness_name
    city.config = dataclasses.replace(
        city.config,
        witnesses=(WitnessAt(f"{archive.config.address}/witness", str(own_keys(archive)[0].vkey)),),
        hints=(HintPeer(archive.config.address, SECRET),),
    )
    archive.config = dataclasses.replace(
        archive.config,
        witness=WitnessConfig((WitnessedLog(origin),)),
        hints=(HintPeer(city.config.address, SECRET),),
    )

    def is_witnessed() -> bool:
        note = row(city, origin).note
        return row(city, origin).size == row(city, origin).visible_size and any(
            line.name == name for line in Note.parse(note).signatures
        )

    async with served(city):
        async with Fetcher(archive.config.limits, allow_private=True) as fetch:
            for each in await introduce_all(archive, fetch, city.config.address, None):
                follow(archive, each, city.config.address, "root")
        async with served(archive):
            # Whatever the failed first attempt is waiting for: the witness was not there yet.
            city.database.connection.execute("UPDATE submission SET next_due = 0")
            await until(is_witnessed)
            await until(lambda: row(archive, origin).size == row(city, origin).size)
            receipt = await publish(city, origin, [put("Trees")])
            assert receipt.signed
            await until(lambda: row(archive, origin).size == receipt.size)
            await until(is_witnessed)
    archive.close()
    city.close()
