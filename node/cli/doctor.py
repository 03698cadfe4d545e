"""``fedcat doctor``: is this node's home in order?

Nothing is changed and nobody is asked: what peers say is in ``fedcat peers``.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from node.home import Home
from node.store.logs import LogRow
from protocol.merkle import edge_from_tiles

from .exits import ExitCode
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
    """

    name: str
    ok: bool
    detail: str


@command("doctor")
def doctor(settings: Settings) -> int:
    """Check the node's home, keys and logs."""
    with opened(settings) as home:
        checks = (*_keys(home), _database(home), *(_tree(home, log) for log in home.logs.all()))
    healthy = all(check.ok for check in checks)
    rows = [(check.name, "ok" if check.ok else "WRONG", check.detail) for check in checks]
    document = {"healthy": healthy, "checks": [asdict(check) for check in checks]}
    answer(settings, document, table(("CHECK", "", "FOUND"), rows))
    if healthy:
        hint(settings, "`fedcat peers` shows how the others are doing.")
    return ExitCode.OK if healthy else ExitCode.CONFIG


def _keys(home: Home) -> Iterator[Check]:
    """Private keys are for the owner alone."""
    for path in sorted((home.path / "keys").iterdir()):
        mode = stat.S_IMODE(path.stat().st_mode)
        yield Check(f"keys/{path.name}", mode & 0o077 == 0, f"mode {mode:04o}")


def _database(home: Home) -> Check:
    """SQLite's own check of its file."""
    found = str(home.database.connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return Check("fedcat.db", found == "ok", found)


def _tree(home: Home, log: LogRow) -> Check:
    """The stored right edge must give the stored root."""
    store = home.logs.store(log.origin)
    root = edge_from_tiles(log.size, store.read_hashes).root
    found = f"size {log.size}" if root == log.root else f"the files do not give the root of size {log.size}"
    return Check(log.origin, root == log.root, found)
