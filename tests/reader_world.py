"""A real home that follows a simulated publisher: what would its readers see?

reader = await Reader.follow(tmp_path, log, network)    # pins what the network shows now
network.servers[PLACE].flip("tile/entries/000.p/3", 70)
await reader.round()
await reader.answers()                                   # path → what every answer of the API says
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from federation.introduce import introduce
from node.answers.catalogue import CatalogueProjection
from node.app import make_app
from node.config import Config
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.peers import follow
from node.rounds import sync_round
from node.store.logs import LogRow
from protocol.packing import Value
from tests.federation_world import NOW, PLACE, Network, SimulatedLog
from tests.publisher import ADDRESS, MIRROR_KEY
from tests.signers import ORIGIN

POLL = 31
"""Seconds until everything is asked again."""


def payload(name: str) -> dict[str, Value]:
    """Return a small entry that every answer can show."""
    return {"type": "entry", "v": 1, "kind": "software", "name": {"en": name}}


def entries_log(count: int, word: str = "Bench") -> SimulatedLog:
    """Return a log of entries that are called ``Bench 1``, ``Bench 2`` and so on."""
    log = SimulatedLog(word)
    for number in range(1, count + 1):
        log.put(payload(f"{word} {number}"))
    return log


class Reader:
    """A node, its clock, and the network that it asks."""

    def __init__(self, root: Path, network: Network) -> None:
        self.root, self.network, self.now = root, network, NOW
        self.home = self._open()
        make_directory(self.home.keys_dir)
        save_mirror_key(self.home.keys_dir, MIRROR_KEY)

    @classmethod
    async def follow(cls, root: Path, network: Network, prefix: str = PLACE) -> Reader:
        """Return a reader that follows the log at a prefix, and has pulled nothing yet."""
        reader = cls(root, network)
        follow(reader.home, await introduce(network, prefix, ORIGIN), prefix, "root")
        return reader

    @property
    def row(self) -> LogRow:
        row = self.home.logs.get(ORIGIN)
        assert row is not None
        return row

    async def round(self, seconds: int = POLL) -> None:
        """Let time pass and ask everybody for news."""
        self.now += seconds
        await sync_round(self.home, self.network)

    def restart(self) -> None:
        """End the process and start another one."""
        self.home.close()
        self.home = self._open()

    async def answers(self) -> Mapping[str, Any]:
        """Return what every answer of the API says about the followed log and its entries."""
        async with TestClient(TestServer(make_app(self.home))) as client:

            async def get(path: str) -> Any:  # noqa: ANN401 - any JSON
                response = await client.get(path)
                assert response.status == 200, path
                return json.loads(await response.read())

            found = {"search": await get("/api/v1/search?limit=100")}
            for item in found["search"]["items"]:
                found[f"project {item['address']}"] = await get(f"/api/v1/projects/{item['address']}")
                found[f"entry {item['address']}"] = await get(f"/api/v1/entries/{item['address']}")
            found["publishers"] = await get("/api/v1/publishers")
            found["publisher"] = await get(f"/api/v1/publishers/{ORIGIN}")
            found["heads"] = await get("/api/v1/heads")
            return found

    def _open(self) -> Home:
        self.root.mkdir(parents=True, exist_ok=True)
        config = Config(address=ADDRESS, name="City of Example", allow_private=True)
        return Home(self.root, config, clock=lambda: self.now, projection=CatalogueProjection())
