"""``fedcat board``: what is sought and offered, who can be hired, and what the public is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from node.answers.planned import PLAN_FACETS
from node.errors import InvalidInputError
from node.plans.providers import providers
from node.plans.questions import PlanQuestion, day_named, plans

from .exits import ExitCode
from .homes import opened
from .options import cursor_option, language_option, limit_option
from .roadmap import (
    chosen,
    expired_option,
    open_option,
    place_option,
    publisher_option,
    shortened,
    sort_option,
    stale_option,
    stated_by,
    told,
    topic_option,
)
from .settings import Settings, command

_SIDES: Mapping[str, str] = {
    "seeking": "seeking",
    "offering": "offering",
    "providers": "provider",
    "consultations": "consultation",
}


@command("board")
@click.argument("side", type=click.Choice(tuple(_SIDES)), default="seeking")
@click.argument("text", default="")
@click.option(
    "--type", multiple=True, metavar="TYPE", help="Only this type, such as contributors or hosting."
)
@click.option("--skill", multiple=True, metavar="SKILL", help="Only with this skill.")
@click.option("--language", multiple=True, metavar="TAG", help="Only in this language, such as fr.")
@click.option("--role", multiple=True, metavar="ROLE", help="Only providers of this, such as hosting.")
@click.option("--status", multiple=True, metavar="STATUS", help="Only consultations of this status.")
@topic_option
@place_option
@publisher_option
@click.option("--paid/--unpaid", default=None, help="Only where there is pay, or none.")
@click.option(
    "--overdue/--answered", default=None, help="Only consultations whose outcome is overdue, or not."
)
@open_option
@expired_option
@stale_option
@sort_option
@click.option("--facets", "all_facets", is_flag=True, help="Count the values of all filters.")
@language_option
@limit_option
@cursor_option
def board(
    settings: Settings,
    *,
    side: str,
    text: str,
    paid: bool | None,
    overdue: bool | None,
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
    """Show who seeks or offers help, who can be hired, and what the public is asked.

    SIDE is seeking, offering, providers or consultations; TEXT are words that must all be there. What has
    ended is left out of all but consultations, unless --expired says otherwise.
    """
    type_ = _SIDES[side]
    given = chosen(filters)
    for name in given:
        if name not in PLAN_FACETS[type_]:
            raise InvalidInputError(
                f"{side} have no {name}", hint=f"they have {', '.join(PLAN_FACETS[type_])}"
            )
    question = PlanQuestion(
        type_,
        text,
        given,
        open_on=day_named(open_on) if open_on else None,
        expired=expired or "",
        paid=paid,
        stale=stale,
        overdue=overdue,
        sort=sort,
        languages=languages,
    )
    facets = PLAN_FACETS[type_] if all_facets else ()
    with opened(settings) as home:
        ask = providers if type_ == "provider" else plans
        page = ask(home, question, limit, cursor, facets=facets)
    rows = (
        (
            _until(item),
            _sort_of(item),
            shortened(item["title"] or item["text"]),
            item["name"],
            stated_by(item),
            item["address"],
        )
        for item in page.items
    )
    told(settings, page, ("UNTIL", "WHAT", "WHO OR WHAT FOR", "ENTRY", "STATED BY", "ADDRESS"), rows)
    return ExitCode.OK


def _until(item: Mapping[str, Any]) -> str | None:
    return item["period"]["last"] if item["period"] else None


def _sort_of(item: Mapping[str, Any]) -> str | None:
    """Return the word that says what sort of item it is, and what one gets for it."""
    stated = item["item"]
    word = next(
        (stated[name] for name in ("type", "role", "status") if isinstance(stated.get(name), str)), None
    )
    paid = stated.get("compensation")
    kind = paid.get("kind") if isinstance(paid, dict) else None
    return f"{word}, {kind}" if word and isinstance(kind, str) else word
