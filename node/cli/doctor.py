"""``fedcat doctor``: is this node's home in order?

Nothing is changed and nobody is asked: what peers say is in ``fedcat peers``. Whether the node may sign
is told as far as it can be without them::

    CHECK                               FOUND                            WAY OUT
    keys/mirror.key              WRONG  mode 0644                        chmod 600 /srv/fedcat/keys/mirror.key
    city.example/log/works/1     ok     size 128
    signing city.example/log/…   WRONG  the head lock … is missing       make sure that lock_dir …
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from node.errors import DamagedError, NodeError, NotClearedError
from node.home import Home
from node.own.clearance import fault_here
from node.own.readiness import signing_outlook
from node.store.files import PRIVATE_DIRECTORY, PRIVATE_FILE
from node.store.logs import LogRow

from .exits import ExitCode, explain
from .homes import opened
from .output import answer, hint, table
from .settings import Settings, command


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


@command("doctor")
def doctor(settings: Settings) -> int:
    """Check the node's home, keys and logs.

    Also whether it may sign for its own logs, as far as that can be told without asking others.
    """
    with opened(settings) as home:
        logs = home.logs.all()
        trees = (_tree(home, log) for log in logs)
        signing = (_signing(home, log.origin) for log in logs if log.own)
        checks = (*_keys(home.keys_dir), _database(home), *trees, *signing)
    healthy = all(check.ok for check in checks)
    rows = [(check.name, "ok" if check.ok else "WRONG", check.detail, check.hint) for check in checks]
    document = {"healthy": healthy, "checks": [asdict(check) for check in checks]}
    answer(settings, document, table(("CHECK", "", "FOUND", "" if healthy else "WAY OUT"), rows))
    if healthy:
        hint(settings, "`fedcat peers` shows how the others are doing.")
    return ExitCode.OK if healthy else ExitCode.CONFIG


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
    except (NodeError, OSError) as error:
        failure = explain(error)
        return Check(name, ok=False, detail=failure.message, hint=failure.hint)
