"""``fedcat log resolve``: what an operator decides about a log that showed two histories."""

from __future__ import annotations

import click

from node.splits import resolve as resolve_log

from .exits import ExitCode
from .homes import opened, person
from .output import answer, hint
from .settings import Settings, command


@command("resolve")
@click.argument("origin")
@click.option("--reason", metavar="TEXT", required=True, help="What was found out, for those who come later.")
def resolve(settings: Settings, *, origin: str, reason: str) -> int:
    """Let a frozen log go on, for a reason that is kept.

    It goes on from its last agreed size. The evidence stays and is shown to everybody as before. What contradicts the log anew freezes it again.
    """
    with opened(settings) as home:
        evidence = resolve_log(home, origin, reason, person())
    document = {"origin": origin, "reason": reason, "evidence": list(evidence)}
    answer(settings, document, f"{origin} goes on from where it stands.")
    hint(settings, "Kept with time, person and reason, beside the evidence.")
    return ExitCode.OK
