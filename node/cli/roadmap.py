"""``fedcat roadmap``: who plans what, and who plans the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from node.answers.planned import PLAN_FACETS
from node.errors import DamagedError, LockedError
from node.home import Home
from node.plans.overlaps import overlaps as overlaps_with
from node.plans.overlaps import overlaps_of_draft, overlaps_of_own
from node.plans.questions import EXPIRED, SORTS, PlanPage, PlanQuestion, day_named, period_of, plans
from protocol.packing import Value

from .exits import ExitCode
from .homes import opened
from .options import cursor_option, language_option, limit_option
from .output import answer, hint, table
from .settings import Settings, command

_LONG = 60  # characters of a title in a table

from_option = click.option(
    "--from", "start", default="", metavar="PERIOD", help="Beginning of a period: a date, 2027-03 or 2027-Q1."
)
to_option = click.option("--to", "end", default="", metavar="PERIOD", help="End of a period.")
open_option = click.option(
    "--open-on", default="", metavar="DATE", help="Only what is open, or worked on, on that day."
)
stale_option = click.option(
    "--stale/--confirmed", default=None, help="Only what nobody confirmed for long, or what somebody did."
)
expired_option = click.option(
    "--expired",
    type=click.Choice(EXPIRED),
    default=None,
    help="Which of what is over: none, nothing else, or all.",
)
sort_option = click.option(
    "--sort", type=click.Choice(SORTS), default=SORTS[0], show_default=True, help="What comes first."
)
topic_option = click.option(
    "--topic",
    multiple=True,
    metavar="TOPIC",
    help="Only this topic or a narrower one, such as sector:health.",
)
place_option = click.option(
    "--place", multiple=True, metavar="CODE", help="Only for this country or region, such as IT or IT-25."
)
publisher_option = click.option(
    "--publisher", multiple=True, metavar="ORIGIN", help="Only what this log's publisher states."
)


@command("list")
@click.argument("text", default="")
@from_option
@to_option
@click.option("--stage", multiple=True, metavar="STAGE", help="Only at this stage, such as planned.")
@click.option("--open-to", "openTo", multiple=True, metavar="WORD", help="Only open to this, such as pilot.")
@topic_option
@place_option
@publisher_option
@open_option
@expired_option
@stale_option
@sort_option
@click.option("--facets", "all_facets", is_flag=True, help="Count the values of all filters.")
@language_option
@limit_option
@cursor_option
def list_(
    settings: Settings,
    *,
    text: str,
    start: str,
    end: str,
    open_on: str,
    expired: str | None,
    stale: bool | None,
    sort: str,
    all_facets: bool,
    languages: tuple[str, ...],
    limit: int,
    cursor: str | None,
    **filters: tuple[str, ...],
) -> int:
    """List who plans what.

    TEXT are words that must all be there. With a period, what has a day in it is listed; what says no day is
    left out then.
    """
    question = PlanQuestion(
        "roadmap",
        text,
        chosen(filters),
        period_of(start, end),
        day_named(open_on) if open_on else None,
        expired or "",
        stale=stale,
        sort=sort,
        languages=languages,
    )
    with opened(settings) as home:
        page = plans(home, question, limit, cursor, facets=PLAN_FACETS["roadmap"] if all_facets else ())
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
    hint(settings, f"{len(found)} items were looked at, {number} overlaps found.")
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


def chosen(filters: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the filters that were given."""
    return {facet: values for facet, values in filters.items() if values}


def told(
    settings: Settings, page: PlanPage, headers: Sequence[str], rows: Iterator[Sequence[object]]
) -> None:
    """Print a page of items, and how to go on."""
    document = {
        "total": page.total,
        "items": list(page.items),
        "facets": {facet: [asdict(each) for each in counts] for facet, counts in page.facets.items()},
        "corrections": dict(page.corrections),
        "next": page.next,
    }
    parts = [table(headers, rows)]
    if page.facets:
        counted = [
            (facet, each.value, each.count) for facet, counts in page.facets.items() for each in counts
        ]
        parts.append(table(("FACET", "VALUE", "ITEMS"), counted))
    answer(settings, document, "\n\n".join(parts))
    for word, meant in page.corrections.items():
        hint(settings, f"{word} occurs nowhere; searched for {meant}.")
    if not page.items:
        hint(settings, "Nothing found. Fewer filters find more.")
    else:
        more = f"; more with --cursor {page.next}" if page.next else ""
        stale = sum(item["stale"] for item in page.items)
        doubt = f" {stale} of these nobody confirmed for long." if stale else ""
        hint(settings, f"{page.total} in all{more}.{doubt}")


def stated_by(item: Mapping[str, Any]) -> str:
    """Return who states an item."""
    return str(item["publisher"] or item["origin"])


def shortened(text: str) -> str:
    """Return a text as it fits into a table."""
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1].rstrip() + "…"


def _when(item: Mapping[str, Any]) -> str | None:
    return item["period"]["text"] if item["period"] else None
