"""``fedcat trail``: who did what on this node."""

from __future__ import annotations

import json

import click

from node.desk.trail import deeds

from .exits import ExitCode
from .homes import opened
from .output import answer, table
from .settings import Settings, command


@command("trail")
@click.option("--actor", default="", metavar="NAME", help="Only what those did whose name has this in it.")
@click.option("--action", default="", metavar="WORDS", help="Only what is called so, or begins so.")
@click.option(
    "--about", default="", metavar="NAME", help="Only what is about this log, or else has this name."
)
@click.option("--before", type=click.IntRange(min=1), metavar="NUMBER", help="Only what came before this.")
def trail(settings: Settings, *, actor: str, action: str, about: str, before: int | None) -> int:
    """Show who did what on this node.

    The newest come first, a hundred at once; --before goes on from the number of the last one.
    """
    with opened(settings) as home:
        found = deeds(home, actor, action, before, about=about)
    document = [
        {
            "number": each.number,
            "at": each.at,
            "actor": each.actor,
            "action": each.action,
            "about": each.origin,
            "detail": json.loads(each.detail),
        }
        for each in found
    ]
    rows = [(each.number, each.at, each.actor, each.action, each.origin) for each in found]
    text = table(("number", "at", "who", "what", "about"), rows) if rows else "Nothing was done."
    answer(settings, {"deeds": document}, text)
    return ExitCode.OK
