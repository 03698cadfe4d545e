"""The mirror cosignature: this node's word that it holds and serves a whole tree.

A line of type 0x04 by the key ``<host[:port]>/mirror`` on the checkpoint of every carried log, own ones
too. It is made only after every tree file of that size is durable, which ``LogStore.commit`` has seen
to before the head moved, and only after a row was changed by compare-and-swap: never for a smaller
tree than before, never for two roots of one size. Readers see a checkpoint once it carries the line.
"""

from typing import TYPE_CHECKING

from protocol import cosignature
from protocol.note import Note

from .keyfiles import load_mirror_key

if TYPE_CHECKING:
    from node.home import Home


def cosign(home: "Home", origin: str, *, renew: bool = False) -> bool:
    """Cosign the held checkpoint of a log, if that is due, and let readers see it.

    Args:
        home: The home.
        origin: A carried log.
        renew: Make a new cosignature also when this checkpoint has one that is recent.

    Returns:
        Whether a cosignature was made. None is made while an own head is unsigned, or for a
        tree that contradicts an earlier cosignature.

    Raises:
        KeyFileError: The mirror key cannot be used.
    """
    row, now = home.logs.get(origin), home.now()
    if row is None or row.signed_size != row.size or not row.signed:
        return False
    is_recent = now - row.mirror_time < home.config.heartbeat.interval_seconds
    if row.visible_size == row.size and is_recent and not renew:
        return False
    key = load_mirror_key(home.keys_dir)
    store = home.logs.store(origin)
    if not store.claim_mirror(row.size, row.root):
        return False
    # A clock that was set back must not make the node look older than it was.
    time = max(now, row.mirror_time)
    line = cosignature.cosign(Note.parse(row.signed).text, key, time)
    store.keep_cosignature(row.size, line, time)
    return True


def cosign_all(home: "Home") -> int:
    """Cosign every carried log whose checkpoint waits for it, as after a kill; return how many."""
    return sum(cosign(home, row.origin) for row in home.logs.all())
