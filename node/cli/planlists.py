"""What the lists of plans, calls, providers and consultations share: options, and how a page is shown."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import click

from node.answers.planned import PLAN_FACETS
from node.home import Home
from node.plans.questions import EXPIRED, SORTS, PlanPage, PlanQuestion, day_named, plans
from protocol.periods import Span

from .options import cursor_option, language_option, limit_option
from .output import answer, hint, table
from .settings import Settings

_LONG = 60  # characters of a title in a table
_OPTIONS = (
    click.option(
        "--topic",
        multiple=True,
        metavar="TOPIC",
        help="Only this topic or a narrower one, such as sector:health.",
    ),
    click.option(
        "--place",
        multiple=True,
        metavar="CODE",
        help="Only for this country or region, such as IT or IT-25.",
    ),
    click.option(
        "--publisher", multiple=True, metavar="ORIGIN", help="Only what this log's publisher states."
    ),
    click.option(
        "--open-on", default="", metavar="DATE", help="Only what is open, or worked on, on that day."
    ),
    click.option(
        "--expired",
        type=click.Choice(EXPIRED),
        default=None,
        help="Which of what is over: none, nothing else, or all.",
    ),
    click.option(
        "--stale/--confirmed",
        default=None,
        help="Only what nobody confirmed for long, or what somebody did.",
    ),
    click.option(
        "--sort", type=click.Choice(SORTS), default=SORTS[0], show_default=True, help="What comes first."
    ),
    click.option("--facets", "all_facets", is_flag=True, help="Count the values of all filters."),
    language_option,
    limit_option,
    cursor_option,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options of every list say, but for the filters.

    Attributes:
        open_on: A day as it was typed; empty for any.
        expired: One of ``EXPIRED``, or None for what is usual.
        stale: Whether nobody confirmed it for long.
        sort: One of ``SORTS``.
        all_facets: Whether the values of all filters are counted.
        languages: What the reader reads, by preference.
        limit: Items of a page.
        cursor: Where the former page ended.
    """

    open_on: str
    expired: str | None
    stale: bool | None
    sort: str
    all_facets: bool
    languages: tuple[str, ...]
    limit: int
    cursor: str | None

    def question(
        self,
        type_: str,
        text: str,
        filters: Mapping[str, tuple[str, ...]],
        *,
        period: Span | None = None,
        paid: bool | None = None,
        overdue: bool | None = None,
    ) -> PlanQuestion:
        """Return the question that this is with words, filters and what one list alone has.

        Raises:
            InvalidInputError: The day is none.
        """
        return PlanQuestion(
            type_,
            text,
            chosen(filters),
            period,
            day_named(self.open_on) if self.open_on else None,
            self.expired or "",
            paid,
            self.stale,
            overdue,
            self.sort,
            self.languages,
        )

    def page(self, home: Home, question: PlanQuestion, ask: Callable[..., PlanPage] = plans) -> PlanPage:
        """Return the page that was asked for; ``ask`` is ``plans`` or what is called as it is."""
        facets = PLAN_FACETS[question.type] if self.all_facets else ()
        return ask(home, question, self.limit, self.cursor, facets=facets)


def plan_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add the options of every list; their values come as ``asked``, those of filters under their names."""

    @functools.wraps(function)
    def gathered(settings: Settings, **values: Any) -> int:  # noqa: ANN401 - an option of any kind
        asked = Asked(**{each.name: values.pop(each.name) for each in fields(Asked)})
        return function(settings, asked=asked, **values)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered


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
