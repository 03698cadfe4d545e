"""The head lock file: written whole, read strictly."""

from pathlib import Path

import pytest

from node.errors import ConfigError, DamagedError
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


def test_a_directory_that_cannot_be_made_or_written_is_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="Not a directory") as caught:
        HeadLock(tmp_path / "file" / "heads", "f" * 64).write(HEAD)
    assert (caught.value.key, "FEDCAT_LOCK_DIR" in caught.value.hint) == ("lock_dir", True)
    lock = HeadLock(tmp_path, "f" * 64)
    lock.write(HEAD)
    # As on a disk that became read-only: the head is read all the same.
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ConfigError, match="cannot be written to"), lock.writer.held("it"):
        pass
    assert lock.read() == HEAD


def test_a_head_is_quoted_whatever_it_is(tmp_path: Path) -> None:
    lock = HeadLock(tmp_path, "f" * 64)
    assert lock.text() is None
    lock.path.write_bytes(b"7\xff")
    assert lock.text() == "7\\xff"
