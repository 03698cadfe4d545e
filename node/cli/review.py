"""``fedcat entry review``: saying of an entry that it still holds."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from node.errors import InvalidInputError
from node.own.sequencer import Draft
from node.plans.freshness import own_entry, reviewed, to_confirm
from protocol.leaf import Op

from .documents import answered, checked, own_statement
from .exits import ExitCode
from .homes import opened
from .output import answer, hint, table
from .publishing import publish_now
from .settings import Settings, command


@command("review")
@click.argument("entry", required=False)
@click.option("--list", "lists", is_flag=True, help="List what should be looked at.")
def review(settings: Settings, *, entry: str | None, lists: bool) -> int:
    """Say of an entry that it still holds, as a new version, or list what to look at.

    ENTRY is an address, or a unique beginning of its id. Only the time in `reviewed` changes.
    """
    if lists == (entry is not None):
        raise InvalidInputError("name an entry, or ask for the list", hint="`fedcat entry review --list`")
    if entry is None:
        return _listed(settings)
    with opened(settings) as home:
        origin, id_ = own_statement(home, entry)
        payload, index = own_entry(home, origin, id_)
        confirmed = reviewed(payload, home.now())
        # What an import left open stays so: the sequencer has the same rule.
        checked(confirmed, written_here="source" not in confirmed)
        draft = Draft(Op.PUT, id_, confirmed, index)
        receipt = asyncio.run(publish_now(home, origin, [draft], "entry review"))
    return answered(settings, origin, receipt, "Reviewed")


def _listed(settings: Settings) -> int:
    with opened(settings) as home:
        found = to_confirm(home)
    rows = [(each["name"], each["confirmed"], "; ".join(_reasons(each)), each["id"][:8]) for each in found]
    answer(settings, {"entries": found}, table(("NAME", "CONFIRMED", "WHY", "ID"), rows))
    if found:
        hint(
            settings,
            "`fedcat entry review ID` says that an entry still holds; a call that ends needs a new end.",
        )
    else:
        hint(settings, "Nothing waits to be confirmed.")
    return ExitCode.OK


def _reasons(entry: dict[str, Any]) -> list[str]:
    """Return why an entry should be looked at."""
    calls = [
        f"{call['list']} {'ended' if call['over'] else 'ends'} {call['until']}" for call in entry["calls"]
    ]
    return [*(["not confirmed for long"] if entry["stale"] else []), *calls]
