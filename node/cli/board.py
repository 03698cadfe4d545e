"""``fedcat board``: what is sought and offered, who can be hired, and what the public is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from node.answers.planned import PLAN_FACETS
from node.errors import InvalidInputError
from node.plans.providers import providers
from node.plans.questions import plans

from .exits import ExitCode
from .homes import opened
from .planlists import Asked, chosen, plan_options, shortened, stated_by, told
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
@click.option("--paid/--unpaid", default=None, help="Only where there is pay, or none.")
@click.option(
    "--overdue/--answered", default=None, help="Only consultations whose outcome is overdue, or not."
)
@plan_options
def board(
    settings: Settings,
    *,
    side: str,
    text: str,
    paid: bool | None,
    overdue: bool | None,
    asked: Asked,
    **filters: tuple[str, ...],
) -> int:
    """Show who seeks or offers help, who can be hired, and what the public is asked.

    SIDE is seeking, offering, providers or consultations; TEXT are words that must all be there. What has
    ended is left out of all but consultations, unless --expired says otherwise.
    """
    type_ = _SIDES[side]
    for name in chosen(filters):
        if name not in PLAN_FACETS[type_]:
            raise InvalidInputError(
                f"{side} have no {name}", hint=f"they have {', '.join(PLAN_FACETS[type_])}"
            )
    question = asked.question(type_, text, filters, paid=paid, overdue=overdue)
    with opened(settings) as home:
        page = asked.page(home, question, providers if type_ == "provider" else plans)
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
