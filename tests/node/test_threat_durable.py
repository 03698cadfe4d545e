"""What is signed is in its files, all of it and durable: at each mirror cosignature, and on a full disk."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path

import pytest

from node.answers.provenance import show
from node.cli.exits import ExitCode, explain
from node.home import Home
from node.own.clearance import grant
from node.own.cosigner import cosign
from node.own.headlock import HeadLock
from node.own.keyfiles import make_directory, save_mirror_key
from node.own.sequencer import publish, publish_waiting
from protocol.merkle import joined_root, leaf_hashes, root
from protocol.note import Note
from protocol.tiles import ENTRY, WIDTH
from tests.node_world import NodeWorld, put
from tests.publisher import MIRROR_KEY, Publisher, entry, open_home

ORIGIN = "a.example/log/parks/1"
GROWTH = (1, 2, 250, 3, 260, 1)


def tree_on_disk(folder: Path, size: int) -> bytes:
    """Return the root that the files give, after every tile and bundle of the size was read."""
    stored = (folder / "entries").read_bytes()
    assert len(stored) >= size * ENTRY
    hashes = leaf_hashes(stored[at + 2 : at + ENTRY] for at in range(0, size * ENTRY, ENTRY))
    level, below = 0, [bytes(each) for each in hashes]
    while below:
        tiles = (folder / f"hashes.{level}").read_bytes()
        assert tiles[: 32 * len(below)] == b"".join(below)
        full = len(below) // WIDTH
        below = [joined_root(b"".join(below[at * WIDTH : (at + 1) * WIDTH])) for at in range(full)]
        level += 1
    return root(hashes)


class Disk:
    """Notes which files of a log were written and not flushed since."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dirty: set[str] = set()
        self._pwrite, self._fsync = os.pwrite, os.fsync
        monkeypatch.setattr(os, "pwrite", self._write)
        monkeypatch.setattr(os, "fsync", self._flush)

    def _write(self, file: int, data: bytes, offset: int) -> int:
        self.dirty.add(_name(file))
        return self._pwrite(file, data, offset)

    def _flush(self, file: int) -> None:
        self._fsync(file)
        self.dirty.discard(_name(file))


def _name(file: int) -> str:
    return os.path.realpath(f"/proc/self/fd/{file}")


def test_a_tree_is_readable_and_durable_before_it_is_cosigned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, observer = open_home(tmp_path / "home"), open_home(tmp_path / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    publisher, disk = Publisher(home, ORIGIN, own=False), Disk(monkeypatch)
    (row,) = observer.logs.all()
    folder = observer.logs.directory / row.hash
    states: list[tuple[int, bool, set[str]]] = []

    def before(statement: str) -> None:
        if statement.startswith("UPDATE log SET mirror_line = '"):
            (held,) = observer.logs.all()
            states.append((held.size, tree_on_disk(folder, held.size) == held.root, set(disk.dirty)))

    home.database.connection.set_trace_callback(before)
    for count in GROWTH:
        for number in range(count):
            publisher.put(entry(f"Bench {number}"))
        publisher.publish(cosigned=False)
        assert cosign(home, ORIGIN)
    home.database.connection.set_trace_callback(None)
    assert [size for size, _, _ in states] == [1 + sum(GROWTH[: at + 1]) for at in range(len(GROWTH))]
    assert all(is_whole for _, is_whole, _ in states)
    assert all(dirty == set() for _, _, dirty in states)
    home.close()
    observer.close()


class FullDisk:
    """Takes so many writes and flushes of files, and none after that."""

    def __init__(self, patched: pytest.MonkeyPatch, takes: int, code: int) -> None:
        self.refused = 0
        self._left, self._code = takes, code
        self._open, self._pwrite, self._fsync = os.open, os.pwrite, os.fsync
        patched.setattr(os, "open", self._make)
        patched.setattr(os, "pwrite", self._write)
        patched.setattr(os, "fsync", self._flush)

    def _make(self, path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_EXCL:
            self._take()
        return self._open(path, flags, mode)

    def _write(self, file: int, data: bytes, offset: int) -> int:
        self._take()
        return self._pwrite(file, data, offset)

    def _flush(self, file: int) -> None:
        self._take()
        self._fsync(file)

    def _take(self) -> None:
        if not self._left:
            self.refused += 1
            raise OSError(self._code, os.strerror(self._code))
        self._left -= 1


def check_signed(home: Home, origin: str) -> int:
    """Check that what is signed is whole, in its files and in the lock file; return its size."""
    row = home.logs.get(origin)
    assert row is not None
    signed = row.chain.open_checkpoint(Note.parse(row.note))
    assert tree_on_disk(home.logs.directory / row.hash, signed.size) == signed.root
    locked = HeadLock.of(home, row).read()
    assert locked is not None
    assert locked.size >= signed.size
    return signed.size


async def test_a_disk_that_takes_nothing_stops_publishing_and_nothing_half_written_is_signed(
    world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    (known,) = (await publish(home, origin, [put("Known")])).ids
    for takes in itertools.count():
        size = check_signed(home, origin)
        with monkeypatch.context() as patched:
            disk = FullDisk(patched, takes, (errno.ENOSPC, errno.EROFS)[takes % 2])
            try:
                await publish(home, origin, [put(f"Bench {takes}")])
                is_stopped = False
            except OSError as error:
                is_stopped = True
                failure = explain(error)
                assert (failure.code, failure.message[:16]) == (ExitCode.CONFIG, "cannot be stored")
            # Nothing is taken for written that the disk refused; what was published is there to be read.
            assert is_stopped == bool(disk.refused)
            assert show(home, known.hex())["name"] == "Known"
            check_signed(home, origin)
        # With room again all of it is published, once.
        assert (await publish_waiting(home, origin)).signed
        assert check_signed(home, origin) == size + 1
        if not is_stopped:
            break
    assert takes > 5
