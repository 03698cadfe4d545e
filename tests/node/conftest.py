"""What the node's tests share."""

import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer

from node.app import make_app
from node.home import Home
from tests.command import LIBRARY, Fedcat, Terminal, in_a_folder, runner
from tests.desk_world import Desk, desk_in
from tests.node_world import Carrier, NodeWorld, node_world
from tests.publisher import open_home
from tests.witness_world import Served, Witnesses, witnesses_in


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeWorld]:
    """Real homes with a clock that stands still, and head locks of their own."""
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    with node_world(tmp_path) as made:
        yield made


@pytest.fixture
def carriers() -> Iterator[list[Carrier]]:
    """What the world holds of logs, to be added to."""
    made: list[Carrier] = []
    yield made
    for carrier in made:
        carrier.close()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty home whose clock stands still, without a log and without a configuration file."""
    opened = open_home(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
async def client(home: Home) -> AsyncIterator[TestClient[Any, Any]]:
    """Asks that home over HTTP."""
    async with TestClient(TestServer(make_app(home))) as opened:
        yield opened


@pytest.fixture
def fedcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """Run a command in this process, on a home of the test where nothing is yet."""
    in_a_folder(tmp_path, monkeypatch)
    return runner(monkeypatch, capsys)


@pytest.fixture
def founded(fedcat: Fedcat) -> Fedcat:
    """The same, with a node founded."""
    done = fedcat("init", "--address", "http://127.0.0.1:8401", "--name", "City", "--allow-private", "--yes")
    assert done.code == 0, done.err
    return fedcat


@pytest.fixture
def published(founded: Fedcat) -> tuple[Fedcat, str]:
    """The same, with one entry, and the entry's address."""
    done = founded("entry", "put", "-", "--json", text=json.dumps(LIBRARY))
    assert done.code == 0, done.err
    return founded, done.document["entries"][0]["address"]


@pytest.fixture
def typing(fedcat: Fedcat, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:  # noqa: ARG001 - sets the home
    """Sit a person at the terminal, who types what they are given."""

    def sit(typed: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stderr", Terminal())

    return sit


@pytest.fixture
def city(world: NodeWorld, fedcat: Fedcat, monkeypatch: pytest.MonkeyPatch) -> Home:  # noqa: ARG001 - sets a home too
    """A founded node that stays open while commands run on it, and goes by the real clock as they do."""
    world.clock.now = time.time()
    home = world.found()
    monkeypatch.setenv("FEDCAT_HOME", str(home.path))
    return home


@pytest.fixture
async def witnesses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Witnesses]:
    """Nodes that witness other logs, to be served."""
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))
    async with witnesses_in(tmp_path) as made:
        yield made


@pytest.fixture
async def served(witnesses: Witnesses) -> Served:
    """One of them, served."""
    return await witnesses.serve(witnesses.home())


@pytest.fixture(autouse=True)
def _own_lines() -> Iterator[None]:
    """Let no test log to the stream that another one's command had, and that is closed by now."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def desk(world: NodeWorld) -> AsyncIterator[Desk]:
    """A node with accounts, asked by browsers."""
    async with desk_in(world) as made:
        yield made
