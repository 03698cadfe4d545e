"""A program that publishes and is killed at its n-th step, for every n; run by ``test_crash``.

A child process counts its calls of functions that touch the disk (fsync, pwrite, rename, SQL …) through
the interpreter's own profiling hook and kills itself, with SIGKILL, before the n-th. The parent then
opens the home as the next start would, checks everything that must hold, goes on, and forks the next
child, until one gets through. No code of fedcat knows about it.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from node.answers.catalogue import CatalogueProjection
from node.audit import audit
from node.home import Home
from node.own import drafts as draft_rows
from node.own.clearance import grant
from node.own.headlock import HeadLock
from node.own.rootkeys import root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import _publish, sequence
from protocol.blob import SALT, matches
from protocol.checkpoint import Checkpoint
from protocol.keys import SigningKey
from protocol.leaf import Op
from protocol.merkle import leaf_hash, root
from protocol.note import Note
from protocol.packing import unpack
from protocol.tiles import LEAF, WIDTH
from tests.node_world import erase, put

STEPS = frozenset(
    {
        "fsync",
        "pwrite",
        "replace",
        "rename",
        "unlink",
        "mkdir",
        "execute",
        "executemany",
        "flock",
        "write",
        "sign",
    }
)


def open_home(path: Path) -> Home:
    return Home.open(path, projection=CatalogueProjection())


def child(path: Path, origin: str, number: int, kill_at: int, roots: tuple[SigningKey, ...]) -> None:
    """Publish one batch, after a rotation if there are roots for it, dying before the step ``kill_at``."""
    home = open_home(path)
    grant(home, origin)
    left = [kill_at]
    guard = threading.Lock()

    def count(_frame: object, event: str, function: Any) -> None:  # noqa: ANN401 - any C function
        if event == "c_call" and getattr(function, "__name__", "") in STEPS:
            with guard:
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

    id_, head = next((id_, index) for id_, index in home.logs.store(origin).live() if index > 1)
    threading.setprofile(count)
    sys.setprofile(count)
    if roots:
        planned = plan(home, origin, Change())
        planned.keep_secrets(home)
        put_in_force(home, origin, planned.prepared.signed(roots), "clerk")
    _publish(home, origin, (put(f"New {number}"), put(f"Edit {number}", id_), erase(id_, head)))
    os._exit(0)


def check(home: Home, origin: str, signed: dict[int, bytes]) -> None:
    """Whatever was ever visible is still there, in one history; the signed head verifies."""
    row = home.logs.get(origin)
    assert row is not None
    store = home.logs.store(origin)
    for note in (row.note, row.signed):
        checkpoint = row.chain.open_checkpoint(Note.parse(note))
        assert signed.setdefault(checkpoint.size, checkpoint.root) == checkpoint.root, "a fork"
    assert max(signed) <= row.size, "something signed was lost"
    for size, known in signed.items():
        assert store.tree.edge(size).root == known, "a fork"
    leaves = store.read_leaves(0, row.size)
    assert root([leaf_hash(leaves[at : at + LEAF]) for at in range(0, len(leaves), LEAF)]) == row.root
    locked = HeadLock.of(home, row).read()
    assert locked is not None
    assert max(signed) <= locked.size <= row.size, "signed before the lock file knew"


def check_whole(home: Home, origin: str) -> None:
    """After recovery nothing waits, nothing is missing, nothing is there twice, nothing erased remains."""
    row = home.logs.get(origin)
    assert row is not None
    store = home.logs.store(origin)
    assert row.visible_size == row.signed_size == row.size
    assert row.size not in row.chain.commitments, "a key set has no leaf"
    assert not audit(home, origin).findings
    assert HeadLock.of(home, row).read() == Checkpoint(origin, row.size, row.root)
    assert draft_rows.count_waiting(home.database.connection, row.id) == 0
    names = []
    for bundle in range(row.size // WIDTH + 1):
        kept = dict(
            store.content_files.each(
                bundle,
                [
                    store.leaf(index).length
                    for index in range(bundle * WIDTH, min(row.size, (bundle + 1) * WIDTH))
                ],
                0,
            )
        )
        for position, blob in kept.items():
            index = bundle * WIDTH + position
            assert not store.is_erased(index), "an erased blob is still in its file"
            assert matches(origin, store.leaf(index), blob)
            names.append(json.dumps(unpack(blob[SALT:]), sort_keys=True))
    assert len(names) == len(set(names)), "a draft was appended twice"
    for _, index in store.live():
        assert store.kept_blob(index) is not None, "a current blob is missing"
    rows = home.database.connection.execute("SELECT id, idx FROM entry WHERE log = ?", (row.id,)).fetchall()
    assert dict(rows).items() >= {id_: index for id_, index in store.live() if index != 1}.items()


def main(path: Path, origin: str, stride: int, sheet: str = "") -> None:
    """Kill at every ``stride``-th step; print how many kills there were."""
    roots = root_keys(Path(sheet).read_text(encoding="utf-8")) if sheet else ()
    signed: dict[int, bytes] = {}
    home = open_home(path)
    grant(home, origin)
    _publish(home, origin, (put("First"), put("Second")))
    home.close()
    kills = 0
    for number in range(100_000):
        process = os.fork()
        if process == 0:
            try:
                child(path, origin, number, number * stride, roots)
            finally:
                os._exit(3)
        _, status = os.waitpid(process, 0)
        home = open_home(path)
        check(home, origin, signed)
        grant(home, origin)
        assert sequence(home, origin) is None
        check(home, origin, signed)
        check_whole(home, origin)
        home.close()
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0, "the child failed by itself"
            break
        kills += 1
    print(json.dumps({"kills": kills, "sizes": len(signed), "put": Op.PUT}))  # noqa: T201 - its answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), *sys.argv[4:])
