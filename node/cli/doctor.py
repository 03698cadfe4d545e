"""``fedcat doctor``: is this node in order? See ``node.checking``."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

from node.checking import Check, checks

from .exits import ExitCode
from .homes import opened
from .output import answer, hint, table
from .settings import Settings, command


@command("doctor")
def doctor(settings: Settings) -> int:
    """Check the node's address, clock, home, keys, logs and disk.

    Also whether it may sign for its own logs, as far as that can be told without asking others. A
    warning is something to look after while the node works; only what is wrong ends with 5.
    """
    with opened(settings) as home:
        found = asyncio.run(checks(home))
    healthy = all(check.ok for check in found)
    rows = [(check.name, _state(check), check.detail, check.hint) for check in found]
    way_out = "WAY OUT" if any(check.hint for check in found) else ""
    document = {"healthy": healthy, "checks": [asdict(check) for check in found]}
    answer(settings, document, table(("CHECK", "", "FOUND", way_out), rows))
    if healthy:
        hint(settings, "`fedcat peers` shows how the others are doing.")
    return ExitCode.OK if healthy else ExitCode.CONFIG


def _state(check: Check) -> str:
    if not check.ok:
        return "WRONG"
    return "WARNING" if check.warning else "ok"
