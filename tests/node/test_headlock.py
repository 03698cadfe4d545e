"""The head lock file: written whole, read strictly."""

from pathlib import Path

import pytest

from node.errors import DamagedError
from node.own.headlock import HeadLock
from protocol.checkpoint import Checkpoint

HEAD = Checkpoint("city.example/log/works/1", 7, b"r" * 32)


def test_a_head_is_read_back(tmp_path: Path) -> None:
    lock = HeadLock(tmp_path / "a" / "heads", "f" * 64)
    assert lock.read() is None
    lock.write(HEAD)
    assert lock.read() == HEAD
    assert lock.path.read_text().splitlines()[:2] == ["city.example/log/works/1", "7"]
    assert lock.path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "a" / "heads").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"", b"\xff", b"city.example\n7\n", b"city.example\n07\nx\n"])
def test_anything_else_is_damage(tmp_path: Path, content: bytes) -> None:
    lock = HeadLock(tmp_path, "f" * 64)
    lock.path.write_bytes(content)
    with pytest.raises(DamagedError) as caught:
        lock.read()
    assert "unlock" in caught.value.hint
