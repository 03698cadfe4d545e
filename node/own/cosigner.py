"""The mirror cosignature: this node's word that it holds and serves a whole tree.

A line of type 0x04 by the key ``<host[:port]>/mirror`` on the checkpoint of every carried log, own ones
too; beside it one of type 0x06 (ML-DSA-44) by a key of the same name, when the operator wants that. It
is made only after every tree file of that size is durable, which ``LogStore.commit`` has seen to before
the head moved, and only after a row was changed by compare-and-swap: never for a smaller tree than
before, never for two roots of one size. Readers see a checkpoint once it carries the line.
It says that this is the largest tree seen, so it is not renewed for a log that was seen to have two.
"""

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from node.errors import DamagedError
from node.store.cosigned import OWN_RANK, Cosigned, keep_cosigned
from node.store.damage import damage_of
from node.store.frozen import frozen_logs
from protocol import cosignature
from protocol.checkpoint import Checkpoint
from protocol.keys import SigningKey
from protocol.note import Note

from .headlock import HeadLock
from .keyfiles import load_mirror_key, mldsa_mirror_key
from .times import is_due, next_time

if TYPE_CHECKING:
    from node.home import Home


def cosign(home: "Home", origin: str, *, renew: bool = False) -> bool:
    """Cosign the held checkpoint of a log, if that is due, and let readers see it.

    Args:
        home: The home.
        origin: A carried log.
        renew: Make a new cosignature also when this checkpoint has one that is recent.

    Returns:
        Whether a cosignature was made. None is made for a frozen log, while an own head is unsigned or
        not the one in the head lock, or for a tree that contradicts an earlier cosignature.

    Raises:
        KeyFileError: The mirror key cannot be used.
        DamagedError: The tree is not in its files any more, or an own log's head lock is no head.
    """
    row, now = home.logs.get(origin), home.now()
    if row is None or row.id in frozen_logs(home.database.connection):
        return False
    if row.signed_size != row.size or not row.signed:
        return False
    interval = home.config.heartbeat.interval_seconds
    if row.visible_size == row.size and not is_due(now, row.mirror_time, interval) and not renew:
        return False
    # Of an own log the head lock knows, and a database that was put back does not, what was cosigned since.
    if row.own and HeadLock.of(home, row).read() != Checkpoint(row.origin, row.size, row.root):
        return False
    key, *others = mirror_keys(home)
    store = home.logs.store(origin)
    fault = store.tree_fault() or damage_of(home.database.connection, row.id)
    if fault is not None:
        raise DamagedError(f"log {origin}", fault)
    if not store.claim_mirror(row.size, row.root):
        return False
    time = next_time(now, row.mirror_time, interval)
    text = Note.parse(row.signed).text
    for other in others:
        line = cosignature.cosign(text, other, time)
        with home.database.write() as connection:
            tree = (row.size, row.root)
            keep_cosigned(
                connection, row.id, [Cosigned(str(other.vkey), other.name, OWN_RANK, *tree, time, line)]
            )
    store.keep_cosignature(row.size, cosignature.cosign(text, key, time), time)
    return True


def mirror_keys(home: "Home") -> tuple[SigningKey, ...]:
    """Return the keys of this node's mirror cosignatures, the Ed25519 one first.

    Raises:
        KeyFileError: One cannot be used.
    """
    key = load_mirror_key(home.keys_dir)
    if not home.config.cosign_mldsa44:
        return (key,)
    return key, mldsa_mirror_key(home.keys_dir, key.name)


def cosign_all(home: "Home") -> int:
    """Cosign every carried log whose checkpoint waits for it, as after a kill; return how many."""
    made = 0
    for row in home.logs.all():
        # A damaged log, or a disk that takes nothing more, must not keep the others from being served.
        with contextlib.suppress(DamagedError, OSError, sqlite3.OperationalError):
            made += cosign(home, row.origin)
    return made
