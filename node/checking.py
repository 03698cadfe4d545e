"""Is this node's home in order? What ``fedcat doctor`` and the operators' checklist look at.

Nothing is changed and nobody is asked, but for ``reachable``: what peers say is in ``fedcat peers``.
Whether the node may sign is told as far as it can be without them::

    keys/mirror.key              WRONG  mode 0644                        chmod 600 /srv/fedcat/keys/mirror.key
    city.example/log/works/1     ok     size 128
    signing city.example/log/…   WRONG  the head lock … is missing       make sure that lock_dir …
    disk                         ok     12,288 MiB free
"""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from federation.faults import FaultError
from federation.response import OK

from .errors import DamagedError, NodeError, NotClearedError
from .home import Home
from .own.clearance import fault_here
from .own.readiness import signing_outlook
from .reaching import fetcher
from .store.files import PRIVATE_DIRECTORY, PRIVATE_FILE
from .store.logs import LogRow

LEAST_FREE: Final = 256 * 1024 * 1024
"""Bytes on the disk, below which there may be no room for the next rewrite of the database or the index."""

MOST_AHEAD: Final = 300
"""Seconds that others' heartbeats may be ahead of this clock; from further ahead none is believed."""

_ANSWER_BYTES: Final = 65_536
_UNREACHED: Final = (
    "make sure that the name leads to this machine, that its proxy has a certificate and passes requests on"
    " to what `listen` says, and that the port is open"
)
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        ok: Whether it is in order.
        detail: What was seen, as a clause.
        hint: The way out when it is not in order; empty otherwise.
    """

    name: str
    ok: bool
    detail: str
    hint: str = ""


def checks(home: Home) -> tuple[Check, ...]:
    """Return what was looked at: keys, database, logs, whether own ones may be signed, disk and clock."""
    logs = home.logs.all()
    trees = (_tree(home, log) for log in logs)
    signing = (_signing(home, log.origin) for log in logs if log.own)
    return (*_keys(home.keys_dir), _database(home), *trees, *signing, _disk(home.path), _clock(home))


async def reachable(home: Home) -> Check:
    """Return whether this node answers at its own address, over TLS where that says so; asks once."""
    url = f"{home.config.address}/livez"
    try:
        async with fetcher(home) as fetch:
            answered = await fetch.get(url, limit=_ANSWER_BYTES)
    except FaultError as error:
        return Check("address", ok=False, detail=f"{url}: {error.fault.detail}", hint=_UNREACHED)
    is_there = answered.status == OK
    return Check("address", is_there, f"{url} answers {answered.status}", "" if is_there else _UNREACHED)


def _keys(directory: Path) -> Iterator[Check]:
    """Private keys are for the owner alone, and so is their folder."""
    if not directory.is_dir():
        yield Check("keys", ok=False, detail="is missing", hint="restore it from its backup")
        return
    files = [(path, PRIVATE_FILE) for path in sorted(directory.iterdir())]
    for path, wanted in ((directory, PRIVATE_DIRECTORY), *files):
        mode = stat.S_IMODE(path.stat().st_mode)
        ok = mode & 0o077 == 0
        hint = "" if ok else f"chmod {wanted:o} {path}"
        yield Check(str(path.relative_to(directory.parent)), ok, f"mode {mode:04o}", hint)


def _database(home: Home) -> Check:
    """SQLite's own check of its file."""
    found = str(home.database.connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    ok = found == "ok"
    return Check("fedcat.db", ok, found, "" if ok else DamagedError.hint)


def _tree(home: Home, log: LogRow) -> Check:
    """The stored right edge must give the stored root, and the last audit must have found nothing."""
    fault = fault_here(home, log)
    if fault is None:
        return Check(log.origin, ok=True, detail=f"size {log.size}")
    return Check(log.origin, ok=False, detail=fault, hint=DamagedError.hint)


def _signing(home: Home, origin: str) -> Check:
    """Database, head lock and keys must allow the next signature; what others hold is not asked."""
    name = f"signing {origin}"
    try:
        return Check(name, ok=True, detail=signing_outlook(home, origin))
    except NotClearedError as error:
        return Check(name, ok=False, detail=error.reason, hint=error.hint)
    except NodeError as error:
        return Check(name, ok=False, detail=str(error), hint=error.hint)
    except OSError as error:
        return Check(name, ok=False, detail=str(error), hint="check the path and its permissions")


def _disk(path: Path) -> Check:
    """There must be room for what is written anew as a whole."""
    free = shutil.disk_usage(path).free
    hint = "" if free >= LEAST_FREE else "make room: publishing and syncing stop when the disk is full"
    return Check("disk", free >= LEAST_FREE, f"{free // _MIB:,} MiB free", hint)


def _clock(home: Home) -> Check:
    """Heartbeats of others must not come from the future."""
    (beat,) = home.database.connection.execute("SELECT max(beat) FROM seen_head").fetchone()
    if beat is None:
        return Check("clock", ok=True, detail="nobody has been heard with whom it could be compared")
    ahead = max(0, beat - home.now())
    hint = "" if ahead <= MOST_AHEAD else "set the clock: run an NTP client such as systemd-timesyncd"
    return Check("clock", ahead <= MOST_AHEAD, f"others are {ahead} s ahead at most", hint)
