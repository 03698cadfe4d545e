"""When the private keys were last written to a file that is kept elsewhere; see ``fedcat key backup``.

The audit trail has each backup with the ids of its keys, and never a key::

    {"action": "key backup", "origin": "https://city.example", "detail": {"keys": ["9c41b2e7", …]}}

Whether that file still exists nobody here can know; that there never was one, or that it is older than
the newest key set, can be told.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from node.store.trail import note_deed
from protocol.keys import SigningKey

if TYPE_CHECKING:
    from node.home import Home

_ACTION: Final = "key backup"


@dataclass(frozen=True, slots=True)
class KeyBackup:
    """The last backup of the keys.

    Attributes:
        at: When it was made, in POSIX seconds.
        missing: Own logs of whose newest key set it lacks a key, sorted.
    """

    at: int
    missing: tuple[str, ...]


def note_backup(home: "Home", keys: Iterable[SigningKey], actor: str) -> None:
    """Write down that private keys were written to a file.

    Args:
        home: The home.
        keys: Those in the file.
        actor: Who did it, for the audit trail.
    """
    ids = sorted(key.vkey.key_id.hex() for key in keys)
    with home.database.write() as connection:
        note_deed(connection, home.now(), actor, _ACTION, home.config.address, {"keys": ids})


def last_backup(home: "Home") -> KeyBackup | None:
    """Return the last backup that was made of the keys; None where there was none."""
    row = home.database.connection.execute(
        "SELECT at, detail FROM audit WHERE action = ? ORDER BY number DESC LIMIT 1", (_ACTION,)
    ).fetchone()
    if row is None:
        return None
    at, detail = row
    held = set(json.loads(detail)["keys"])
    newest = ((log.origin, log.chain.newest) for log in home.logs.all() if log.own)
    missing = (
        origin
        for origin, keys in newest
        if not held.issuperset((keys.log.key_id.hex(), keys.beat.key_id.hex()))
    )
    return KeyBackup(at, tuple(sorted(missing)))
