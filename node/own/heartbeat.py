"""The heartbeat: a cosignature by the log's own ``beat`` key, with the time.

It says that the publisher still stands behind this head. Every change renews it; without one it is
renewed on an interval, which the profile states. It is a signature, so it needs the same clearance.
"""

import asyncio
from typing import TYPE_CHECKING

from node.errors import NotClearedError
from protocol.cosignature import cosign as cosign_text
from protocol.note import Note

from .clearance import own_row, why_not_sign
from .cosigner import cosign
from .headlock import HeadLock
from .keyfiles import load_key
from .sequencer import beat_time
from .times import is_due

if TYPE_CHECKING:
    from node.home import Home


def beat_due(home: "Home", origin: str) -> bool:
    """Report whether the heartbeat of an own log is older than its interval, as far ahead, or missing."""
    row = home.logs.get(origin)
    if row is None or not row.own or not row.signed:
        return False
    last = row.chain.beat_time(Note.parse(row.signed))
    return last is None or is_due(home.now(), last, home.config.heartbeat.interval_seconds)


async def beat(home: "Home", origin: str) -> None:
    """Renew the heartbeat of an own log, and this node's cosignature with it.

    Raises:
        NotClearedError: This node may not sign now.
        NotFoundError: The log is not an own one.
        LockedError: Another process appends to it.
    """
    await asyncio.to_thread(_beat, home, origin)


def _beat(home: "Home", origin: str) -> None:
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = own_row(home, origin)
        why_not = why_not_sign(home, row, head_lock)
        if why_not is None and row.signed_size != row.size:
            why_not = "its head is not signed yet"
        if why_not is not None:
            raise NotClearedError(origin, why_not)
        note = Note.parse(row.signed)
        key = load_key(home.keys_dir, row.chain.key_for(row.size).beat)
        line = cosign_text(note.text, key, beat_time(home, row))
        home.logs.store(origin).keep_note(note.with_signatures(line).render())
        cosign(home, origin, renew=True)
