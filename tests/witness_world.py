"""Witnesses with real homes, served over real HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer

from node.app import make_app
from node.contacts import WitnessConfig, WitnessedLog
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.witness import own_keys
from protocol.checkpoint import Checkpoint
from protocol.cosignature import verify_cosignature
from protocol.keys import VerifierKey
from protocol.origin import origin_hash
from protocol.witness import parse_cosignatures
from tests.foreign_log import KEY, NAME, ForeignLog
from tests.publisher import MIRROR_KEY, open_home

FOLLOWED = "a.example/log/parks/1"
UNFOLLOWED = "b.example/log/trees/1"
LOGS = (WitnessedLog(NAME, str(KEY.vkey)), WitnessedLog(FOLLOWED), WitnessedLog(UNFOLLOWED))


class Served:
    """A witness that answers at a port of its own, perhaps from the same home as another one."""

    def __init__(self, home: Home, client: aiohttp.ClientSession, server: TestServer) -> None:
        self.home = home
        self._client = client
        self._server = server

    @property
    def key(self) -> VerifierKey:
        return own_keys(self.home)[0].vkey

    async def add(self, body: bytes, **headers: str) -> tuple[int, str, bytes]:
        url = self._server.make_url("/witness/add-checkpoint")
        async with self._client.post(url, data=body, headers=headers) as response:
            return response.status, response.headers["Content-Type"], await response.read()

    async def status(self, body: bytes, **headers: str) -> int:
        return (await self.add(body, **headers))[0]

    async def get(self, origin: str) -> tuple[int, bytes]:
        async with self._client.get(
            self._server.make_url(f"/witness/{origin_hash(origin)}/checkpoint")
        ) as got:
            return got.status, await got.read()


class Witnesses:
    """Makes homes that are witnesses, and serves them."""

    def __init__(self, directory: Path, stack: AsyncExitStack, client: aiohttp.ClientSession) -> None:
        self._directory = directory
        self._stack = stack
        self._client = client

    def home(self, *logs: WitnessedLog) -> Home:
        home = open_home(self._directory / "home")
        self._stack.callback(home.close)
        if not home.keys_dir.exists():
            make_directory(home.keys_dir)
            save_mirror_key(home.keys_dir, MIRROR_KEY)
        home.config = dataclasses.replace(home.config, witness=WitnessConfig(logs or LOGS))
        return home

    async def serve(self, home: Home) -> Served:
        server = TestServer(make_app(home))
        await self._stack.enter_async_context(server)
        return Served(home, self._client, server)


@asynccontextmanager
async def witnesses_in(directory: Path) -> AsyncIterator[Witnesses]:
    """Make witnesses, and end all that they serve; the lock directory is the caller's to set."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(aiohttp.ClientSession())
        yield Witnesses(directory, stack, client)


def cosigned_at(served: Served, body: bytes, checkpoint: Checkpoint) -> int:
    """Return the time of the one cosignature in an answer."""
    (line,) = parse_cosignatures(body)
    return verify_cosignature(checkpoint, served.key, line)


def continuing(word: str, leaves: int = 4) -> ForeignLog:
    """Return a log whose first leaves are those of another one."""
    made = ForeignLog(word)
    made._hashes[:leaves] = ForeignLog()._hashes[:leaves]
    return made
