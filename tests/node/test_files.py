"""Durable files and locks."""

from pathlib import Path

import pytest

from node.errors import LockedError
from node.store.files import (
    Flock,
    flush_all,
    flush_file,
    make_directories,
    read_at,
    remove_leftovers,
    write_at,
    write_whole,
)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"one")
    write_whole(path, b"two", mode=0o600, flush=False)
    flush_all([path, tmp_path])
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_failed_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(path, b"two")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_bytes_are_written_and_read_at_offsets(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert read_at(path, 0, 10) == b""
    write_at(path, 2, b"cd")
    write_at(path, 0, b"ab")
    write_at(path, 4, b"")
    assert read_at(path, 1, 2) == b"bc"
    assert read_at(path, 3, 10) == b"d"


def test_what_is_gone_needs_no_flush(tmp_path: Path) -> None:
    flush_file(tmp_path / "nothing")
    flush_all([])


def test_leftovers_of_a_kill_are_removed(tmp_path: Path) -> None:
    (tmp_path / ".0.gz.1.2.tmp").touch()
    (tmp_path / "0.gz").touch()
    remove_leftovers(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["0.gz"]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    one, two = Flock(tmp_path / "lock"), Flock(tmp_path / "lock")
    with one.held("it"):
        assert one.try_acquire()
        assert not two.try_acquire()
        with pytest.raises(LockedError, match="it is in use"), two.held("it", 0.03):
            pass
    assert not one.is_held
    with two.held("it"):
        pass


def test_shared_locks_stand_together(tmp_path: Path) -> None:
    one, two, three = (Flock(tmp_path / "lock") for _ in range(3))
    assert one.try_acquire(shared=True)
    two.acquire("it", shared=True)
    assert not three.try_acquire()
    del one
    two.release()
    two.release()
    assert three.try_acquire()


def test_a_lock_needs_its_directory(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Flock(tmp_path / "nothing" / "lock").try_acquire()


def test_an_interrupted_lock_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_descriptor: int, _operation: int) -> None:
        raise KeyboardInterrupt

    lock = Flock(tmp_path / "lock")
    with monkeypatch.context() as patch:
        patch.setattr("fcntl.flock", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lock.try_acquire()
    assert not lock.is_held
    assert lock.try_acquire()


def test_every_name_of_a_new_path_is_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[Path] = []
    monkeypatch.setattr("node.store.files.flush_file", flushed.append)
    make_directories(tmp_path / "a" / "b" / "c", mode=0o700)
    assert set(flushed) == {tmp_path, tmp_path / "a", tmp_path / "a" / "b"}
    assert (tmp_path / "a" / "b" / "c").stat().st_mode & 0o777 == 0o700
    flushed.clear()
    make_directories(tmp_path / "a", mode=0o700)
    assert flushed == []
