"""``fedcat roadmap``: who plans what, and who plans the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from node.errors import DamagedError, LockedError, counted
from node.home import Home
from node.plans.overlaps import overlaps as overlaps_with
from node.plans.overlaps import overlaps_of_draft, overlaps_of_own
from node.plans.questions import period_of
from protocol.packing import Value

from .exits import ExitCode
from .homes import opened
from .options import language_option
from .output import answer, hint
from .planlists import Asked, plan_options, shortened, stated_by, told
from .settings import Settings, command


@command("list")
@click.argument("text", default="")
@click.option(
    "--from", "start", default="", metavar="PERIOD", help="Beginning of a period: a date, 2027-03 or 2027-Q1."
)
@click.option("--to", "end", default="", metavar="PERIOD", help="End of a period.")
@click.option("--stage", multiple=True, metavar="STAGE", help="Only at this stage, such as planned.")
@click.option("--open-to", "openTo", multiple=True, metavar="WORD", help="Only open to this, such as pilot.")
@plan_options
def list_(
    settings: Settings,
    *,
    text: str,
    start: str,
    end: str,
    asked: Asked,
    **filters: tuple[str, ...],
) -> int:
    """List who plans what.

    TEXT are words that must all be there. With a period, what has a day in it is listed; what says no day is
    left out then.
    """
    question = asked.question("roadmap", text, filters, period=period_of(start, end))
    with opened(settings) as home:
        page = asked.page(home, question)
    rows = (
        (_when(item), item["item"].get("stage"), shortened(item["title"]), stated_by(item), item["address"])
        for item in page.items
    )
    told(settings, page, ("WHEN", "STAGE", "WHAT", "STATED BY", "ADDRESS"), rows)
    return ExitCode.OK


@command("overlaps")
@click.argument("item", required=False)
@language_option
def overlaps(settings: Settings, *, item: str | None, languages: tuple[str, ...]) -> int:
    """Show who else plans the same, and why.

    ITEM is the address of an item or an entry, a unique beginning of an entry's id, or the origin of a log;
    all items of own logs without. Shown are items of other logs, planned or in progress, that have a day in
    common and share a topic or two words of the title.
    """
    with opened(settings) as home:
        found = overlaps_of_own(home, languages) if item is None else overlaps_with(home, item, languages)
    answer(settings, {"items": found}, "\n\n".join(overlap_lines(found)))
    number = sum(len(each["overlaps"]) for each in found)
    hint(settings, f"Looked at {counted(len(found), 'item')}, found {counted(number, 'overlap')}.")
    return ExitCode.OK


def overlap_lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield for each item with overlaps what overlaps with it, as people read it."""
    for each in found:
        if each["overlaps"]:
            title = each["item"]["title"] if "item" in each else each["title"]
            lines = [
                f"  {stated_by(overlap['item'])}: {shortened(overlap['item']['title'])}\n"
                f"    {overlap['text']}\n    {overlap['item']['address']}"
                for overlap in each["overlaps"]
            ]
            yield "\n".join((title or "(without a title)", *lines))


def near(home: Home, payload: Mapping[str, Value]) -> list[dict[str, Any]]:
    """Return what others plan that overlaps with an entry that is about to be published here.

    To know that is no condition of publishing: where the index cannot be asked now, it is nothing.
    """
    own = [row.origin for row in home.logs.all() if row.own]
    if not payload.get("roadmap"):
        return []
    with contextlib.suppress(LockedError, DamagedError):
        return overlaps_of_draft(home, own, payload)
    return []


def say_near(settings: Settings, found: Sequence[Mapping[str, Any]]) -> None:
    """Tell a person what others plan that overlaps with what was published."""
    for text in overlap_lines(found):
        hint(settings, f"Others plan the same as {text}")


def _when(item: Mapping[str, Any]) -> str | None:
    return item["period"]["text"] if item["period"] else None
