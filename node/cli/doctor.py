"""``fedcat doctor``: is this node's home in order? See ``node.checking``."""

from __future__ import annotations

from dataclasses import asdict

from node.checking import checks

from .exits import ExitCode
from .homes import opened
from .output import answer, hint, table
from .settings import Settings, command


@command("doctor")
def doctor(settings: Settings) -> int:
    """Check the node's home, keys, logs and disk.

    Also whether it may sign for its own logs, as far as that can be told without asking others.
    """
    with opened(settings) as home:
        found = checks(home)
    healthy = all(check.ok for check in found)
    rows = [(check.name, "ok" if check.ok else "WRONG", check.detail, check.hint) for check in found]
    document = {"healthy": healthy, "checks": [asdict(check) for check in found]}
    answer(settings, document, table(("CHECK", "", "FOUND", "" if healthy else "WAY OUT"), rows))
    if healthy:
        hint(settings, "`fedcat peers` shows how the others are doing.")
    return ExitCode.OK if healthy else ExitCode.CONFIG
