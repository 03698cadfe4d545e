"""At the moment of each mirror cosignature all of the tree is in its files, and durable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from node.own.cosigner import cosign
from node.own.keyfiles import make_directory, save_mirror_key
from protocol.merkle import joined_root, leaf_hashes, root
from protocol.tiles import ENTRY, WIDTH
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
