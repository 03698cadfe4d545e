"""What the node's tests share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from tests.node_world import NodeWorld, node_world
from tests.witness_world import Served, Witnesses, witnesses_in


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeWorld]:
    """Real homes with a clock that stands still, and head locks of their own."""
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    with node_world(tmp_path) as made:
        yield made


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
