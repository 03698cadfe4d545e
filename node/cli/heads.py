"""``fedcat heads`` and ``log resolve``: heads as all neighbours see them, and what an operator decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from node.answers.heads import heads as heads_of
from node.splits import resolve as resolve_log

from .exits import ExitCode
from .homes import opened, person
from .output import answer, hint, table
from .settings import Settings, command


@command("resolve")
@click.argument("origin")
@click.option("--reason", metavar="TEXT", required=True, help="What was found out, for those who come later.")
def resolve(settings: Settings, *, origin: str, reason: str) -> int:
    """Let a frozen log go on, for a reason that is kept.

    It goes on from its last agreed size. The evidence stays and is shown to everybody as before.
    What contradicts the log anew freezes it again.
    """
    with opened(settings) as home:
        evidence = resolve_log(home, origin, reason, person())
    document = {"origin": origin, "reason": reason, "evidence": list(evidence)}
    answer(settings, document, f"{origin} goes on from where it stands.")
    hint(settings, "Kept with time, person and reason, beside the evidence.")
    return ExitCode.OK


@command("heads")
def heads(settings: Settings) -> int:
    """Show the head of every log as each neighbour sees it."""
    with opened(settings) as home:
        found = heads_of(home)
    rows = []
    for log in found:
        rows.append((log["origin"], "here", log["size"], log["root"][:16], _standing(log)))
        rows += [
            (log["origin"], seen["neighbour"], seen["size"], (seen["root"] or "")[:16] or None, _said(seen))
            for seen in log["seen"]
        ]
    answer(settings, found, table(("LOG", "SEEN AT", "SIZE", "ROOT", ""), rows))
    if any(log["witnessing"]["frozen"] for log in found):
        hint(settings, "A frozen log stands still until `fedcat log resolve`; --json names the evidence.")
    return ExitCode.OK


def _standing(log: Mapping[str, Any]) -> str:
    """Return what is to be said of a log that is held here."""
    state, words = log["witnessing"], []
    if state["frozen"]:
        words.append("FROZEN: it showed two histories")
    elif log["evidence"]:
        words.append("evidence of two histories")
    if state["witnessed"] is not None:
        words.append("witnessed" if state["witnessed"] else f"witnessed to {state['witnessed_size'] or 0}")
    words.append("stale" if state["stale"] else "fresh")
    return ", ".join(words)


def _said(seen: Mapping[str, Any]) -> str:
    """Return how a neighbour's head relates to ours."""
    return f"{seen['state']}: {seen['detail']}" if seen["detail"] else str(seen["state"])
