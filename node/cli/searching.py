"""``fedcat search``: words and filters, asked of the node's own copy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from node.answers.facets import FACETS, FacetCount
from node.answers.finding.answering import Answer, Interpreted, answered
from node.answers.finding.explaining import explained
from node.answers.finding.relaxing import Relaxation
from node.answers.search import SORTS, Page, Question
from node.answers.views import VIEWS
from node.vocabularies.every import label_of

from .exits import ExitCode
from .homes import opened
from .options import cursor_option, language_option, limit_option
from .output import answer, hint, table
from .settings import Settings, command

_FILTERS: Mapping[str, tuple[str, str]] = {
    "kind": ("KIND", "Only this kind: software, service, dataset, standard, process, participation."),
    "topic": ("TOPIC", "Only this topic or a narrower one, such as sector:health."),
    "lifecycle": ("STATE", "Only in this state, such as live."),
    "license": ("SPDX", "Only under this licence, such as EUPL-1.2."),
    "language": ("TAG", "Only things in this language, such as fr."),
    "jurisdiction": ("CODE", "Only for this country or region, such as IT or IT-25."),
    "publisher": ("ORIGIN", "Only what this log's publisher describes, perhaps among others."),
    "subtype": ("WORD", "Only of this subtype, such as library."),
    "audience": ("WORD", "Only for these people, such as citizens."),
    "level": ("LEVEL", "Only at this level: local, regional, national, supranational."),
    "maintenance": ("WORD", "Only what is maintained so: internal, contract, community, none."),
    "access": ("WORD", "Only with this access to the source: open, government, closed."),
    "has": ("WORD", "Only what has this: lessons, roadmap, seeking, use."),
    "uses": ("N", "Only what at least so many organisations use, as this node verified: 1, 2, 3, 5, 10 …"),
    "usedBy": ("TYPE", "Only what such organisations use, as they say of themselves, such as local."),
    "usedIn": ("CODE", "Only what is used in this country or region, such as FR."),
    "usedBySize": ("N", "Only what is used where about so many people live: 30000, or a band, 20000..99999."),
    "vouchedBy": ("ORIGIN", "Only what this log's publisher vouches for today."),
    "vouch": ("TYPE", "Only what somebody verified vouches for so today, such as audit or recommend."),
}


def _option(facet: str) -> str:
    """Return what the option of a facet is called."""
    return re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", facet)


def _filter_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add one option for each facet; each may be repeated."""
    for facet in reversed(FACETS):
        metavar, meaning = _FILTERS[facet]
        function = click.option(f"--{_option(facet)}", facet, multiple=True, metavar=metavar, help=meaning)(
            function
        )
    return function


@command("search")
@click.argument("text", default="")
@_filter_options
@click.option(
    "--wider", is_flag=True, help="With --jurisdiction: also what is for a wider place, such as EU or INT."
)
@click.option("--unfold", is_flag=True, help="Each part of a suite, and each copy, by itself.")
@click.option("--view", type=click.Choice(tuple(VIEWS)), help="Only what is in this named question.")
@click.option(
    "--sort", type=click.Choice(SORTS), default=SORTS[0], show_default=True, help="What comes first."
)
@click.option("--facet", "facets", type=click.Choice(FACETS), multiple=True, help="Count the values of this.")
@click.option("--facets", "all_facets", is_flag=True, help="Count the values of all facets.")
@language_option
@limit_option
@click.option("--explain", is_flag=True, help="Say of each answer why it is where it is.")
@cursor_option
def search(
    settings: Settings,
    *,
    text: str,
    wider: bool,
    unfold: bool,
    view: str | None,
    sort: str,
    facets: tuple[str, ...],
    all_facets: bool,
    languages: tuple[str, ...],
    limit: int,
    explain: bool,
    cursor: str | None,
    **filters: tuple[str, ...],
) -> int:
    """Search the combined catalogue.

    TEXT are words that must all be there; nothing finds everything. "Words in quotes" stand in this form and
    order, and budg* for all words that begin so. A filter that is given twice means any of its values,
    different filters must all fit. A suite is found together with its parts, and says which of them match.
    """
    chosen = {facet: values for facet, values in filters.items() if values}
    question = Question(text, chosen, sort, languages, wider, view or "", fold=not unfold)
    with opened(settings) as home:
        counted = FACETS if all_facets else tuple(dict.fromkeys(facets))
        found = answered(home, question, limit, cursor, facets=counted)
        page = explained(home, found.question, found.page) if explain else found.page
    answer(settings, _document(found, page), _shown(page))
    for line in _understood(found.interpreted):
        hint(settings, line)
    for word, meant in page.corrections.items():
        hint(settings, f"{word} occurs nowhere; searched for {meant}.")
    if not page.items:
        hint(settings, "Nothing found." + (" Fewer filters find more." if chosen else ""))
        for each in found.relaxations:
            hint(settings, _told(each))
    elif page.next is not None:
        hint(settings, f"{page.total} in all; more with --cursor {page.next}")
    else:
        hint(settings, f"{page.total} in all; `fedcat project ID` shows one.")
    return ExitCode.OK


def _document(found: Answer, page: Page) -> dict[str, Any]:
    return {
        "total": page.total,
        "items": list(page.items),
        "facets": {facet: [asdict(each) for each in counts] for facet, counts in page.facets.items()},
        "corrections": dict(page.corrections),
        "interpreted": _interpreted(found.interpreted),
        "relaxations": [
            {
                "total": each.total,
                "text": each.text,
                "filters": dict(each.filters),
                "without": list(each.without),
                "instead": dict(each.instead),
            }
            for each in found.relaxations
        ],
        "next": page.next,
    }


def _interpreted(how: Interpreted | None) -> dict[str, Any] | None:
    """Return how a question was understood, as the API has it."""
    if how is None:
        return None
    said = {
        name: [
            {**asdict(each), "label": label_of(each.facet, each.value, how.asked.languages)} for each in those
        ]
        for name, those in (("filters", how.taken), ("left_out", how.left_out))
    }
    asks = [
        {
            "words": each.words,
            "facet": each.facet,
            "values": [{"value": one.value, "count": one.count} for one in each.values],
        }
        for each in how.asks
    ]
    return {"applied": how.applied, "total": how.total, "text": how.question.text, **said, "asks": asks}


def _understood(how: Interpreted | None) -> Iterator[str]:
    """Yield how a question was understood, in sentences."""
    if how is None:
        return
    said = ", ".join(f"“{each.words}” as --{_option(each.facet)} {each.value}" for each in how.taken)
    if not how.applied:
        yield f"With {said} there are {how.total}; put words in quotes to mean the words alone."
    elif said:
        yield f"No text has all of that; took {said}, and looked for “{how.question.text}”."
    for open_ in how.asks:
        values = ", ".join(f"{one.value} ({one.count})" for one in open_.values)
        more = f"say which with --{_option(open_.facet)}: {values}" if values else "nobody here says that"
        yield f"“{open_.words}” is for you to know; {more}."
    for each in how.left_out:
        yield f"Left out “{each.words}”: nothing fits with --{_option(each.facet)} {each.value} as well."


def _shown(page: Page) -> str:
    """Return the answers as a table, and below it what was counted."""
    rows = [
        (item["name"], item["kind"], item["uses"] or None, _publishers(item["publishers"]), item["id"][:8])
        for item in page.items
    ]
    parts = [table(("NAME", "KIND", "USED BY", "DESCRIBED BY", "ID"), rows)]
    suites = [f"{item['name']}: {_parts(item['parts'])}" for item in page.items if item["parts"]]
    if suites:
        parts.append("\n".join(("WITH PARTS", *suites)))
    why = [f"{item['name']}: {'; '.join(item['why'])}" for item in page.items if item["why"]]
    if why:
        parts.append("\n".join(("WHY", *why)))
    reasons = [(item["name"], item["explain"]) for item in page.items if item.get("explain")]
    if reasons:
        parts.append("\n".join(line for name, why in reasons for line in _why(name, why)))
    if page.facets:
        parts.append(table(("FACET", "VALUE", "PROJECTS", "NAME"), _facet_rows(page.facets)))
    return "\n\n".join(parts)


def _facet_rows(facets: Mapping[str, Sequence[FacetCount]]) -> list[tuple[str, str, int, str | None]]:
    """Return a line for each value; the facet's name stands at its first one."""
    return [
        ("" if place else facet, each.value, each.count, each.label)
        for facet, counts in facets.items()
        for place, each in enumerate(counts)
    ]


def _publishers(origins: Sequence[str]) -> str:
    """Return whom a project is from, in one cell."""
    first, *others = origins
    return f"{first} and {len(others)} more" if others else first


def _parts(parts: Mapping[str, Any]) -> str:
    """Return how many parts a suite has, and which of them fit."""
    total, matching, shown = parts["total"], parts["matching"], parts["shown"]
    many = "1 part" if total == 1 else f"{total} parts"
    if not matching:
        return f"{many}, none of which matches by itself"
    names = ", ".join(f"{each['name']} ({_publishers(each['publishers'])})" for each in shown)
    more = f" and {matching - len(shown)} more" if matching > len(shown) else ""
    return f"{many}, of which {'this matches' if matching == 1 else 'these match'}: {names}{more}"


def _why(name: str, why: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines that tell why an answer is where it is."""
    yield f"{name}: {why['level']['means']}; changed {why['freshness']['day'] or 'on no day that it states'}"
    for word in why["words"]:
        for each in word["found"]:
            yield f"  {word['word']}: {each['as']} ({each['how']}) in {each['field']}"


def _told(relaxation: Relaxation) -> str:
    """Return what would find something, as a sentence."""
    if relaxation.instead:
        change = ", ".join(f"{other} instead of {word}" for word, other in relaxation.instead)
        return f"Did you mean {change}? That finds {relaxation.total}."
    return f"Without {', '.join(relaxation.without)} there are {relaxation.total}."
