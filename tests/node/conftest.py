"""What the node's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.node_world import NodeWorld, node_world


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodeWorld]:
    """Real homes with a clock that stands still, and head locks of their own."""
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "heads"))
    with node_world(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _own_lines() -> Iterator[None]:
    """Let no test log to the stream that another one's command had, and that is closed by now."""
    yield
    structlog.reset_defaults()
