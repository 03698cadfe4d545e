"""Named questions that many ask: which projects are in, and why each of them is.

::

    view=trusted-participation    software for civic participation that a verified organisation runs in
                                  production, that is maintained, and whose entry was changed within 24 months
    view=widely-used-unfunded     at least 5 verified uses, and no funding is stated that runs today
    view=support-ends-soon        support, or the last funding that is stated, ends within twelve months

A view is a question like any other: words, filters, orders and facets narrow it further. Nothing in it is
somebody's choice of projects. Every item says why it is in, with the number or day that decides.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import tantivy

from federation.reuse import FRESH_MONTHS, months_after

from .conditions import ENDING, IN_PRODUCTION, MAINTAINED, UNFUNDED, upkeep_in
from .projects import Project
from .shapes import ReasonKind
from .texts import day_of
from .uses import Regard

WIDELY: Final = 5
"""Verified uses of what is widely used."""

_EPOCH: Final = dt.date(1970, 1, 1).toordinal()
_RANKS: Final = 47  # bits of a rank below its day, see ``documents.document_rank``


@dataclass(frozen=True, slots=True)
class View:
    """A named question.

    Attributes:
        meaning: What is in it, as a sentence.
        terms: Each of which a project must have, as facets are indexed.
        is_fresh: Whether its entry must have been changed, as its headline says, within 24 months.
    """

    meaning: str
    terms: tuple[str, ...]
    is_fresh: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a project is in a view: one condition that it fulfils.

    Attributes:
        kind: ``production``, ``maintained``, ``unfunded``, ``ends``, ``uses``, ``is`` or ``changed``.
        text: The same as an English clause.
        values: What decides it: ``count``, ``day``, ``maintenance`` and ``lifecycle``, or ``facet`` and
            ``value``.
    """

    kind: ReasonKind
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


VIEWS: Final[Mapping[str, View]] = {
    "trusted-participation": View(
        "Software for civic participation in verified production use, maintained, and described recently.",
        (
            "kind=software",
            "topic=sector:civic-participation",
            "uses=1..",
            f"is={IN_PRODUCTION}",
            f"is={MAINTAINED}",
        ),
        is_fresh=True,
    ),
    "widely-used-unfunded": View(
        f"At least {WIDELY} organisations use it, and no funding is stated that runs today.",
        (f"uses={WIDELY}..", f"is={UNFUNDED}"),
    ),
    "support-ends-soon": View(
        "Support, or the last funding that is stated, ends within twelve months.", (f"is={ENDING}",)
    ),
}
"""Name → view."""


def condition(schema: tantivy.Schema, name: str, today: dt.date) -> list[tantivy.Query]:
    """Return what must be found together for a project to be in a view."""
    view = VIEWS[name]
    found = [tantivy.Query.term_query(schema, "facet", term, "basic") for term in view.terms]
    if view.is_fresh:
        first = (months_after(today, -FRESH_MONTHS).toordinal() - _EPOCH) << _RANKS
        last = ((today.toordinal() - _EPOCH + 1) << _RANKS) - 1
        integer = tantivy.FieldType.Integer
        found.append(tantivy.Query.range_query(schema, "rank", integer, first, last))
    return found


def why_in(name: str, project: Project, regard: Regard, today: dt.date) -> list[Reason]:
    """Return why a project is in a view, a reason for each condition, with what decides it."""
    return list(_reasons(VIEWS[name].terms, project, regard, today, is_fresh=VIEWS[name].is_fresh))


def _reasons(
    terms: Sequence[str], project: Project, regard: Regard, today: dt.date, *, is_fresh: bool
) -> Iterator[Reason]:
    upkeep = upkeep_in(project)
    for term in terms:
        facet, _, value = term.partition("=")
        match value:
            case "in-production":
                runs = regard.in_production
                yield Reason("production", f"{runs} verified in production", {"count": str(runs)})
            case "maintained":
                values = {"maintenance": upkeep.mode, "lifecycle": upkeep.lifecycle}
                text = f"maintenance is {upkeep.mode}, lifecycle {upkeep.lifecycle}"
                yield Reason("maintained", text, values)
            case "unfunded":
                yield Reason("unfunded", "no funding is stated that runs today")
            case "ending":
                yield Reason("ends", f"ends on {upkeep.ends(today)}", {"day": str(upkeep.ends(today))})
            case _ if facet == "uses":
                text = "1 verified use" if regard.uses == 1 else f"{regard.uses} verified uses"
                yield Reason("uses", text, {"count": str(regard.uses)})
            case _:
                yield Reason("is", f"{facet} is {value}", {"facet": facet, "value": value})
    if is_fresh:
        changed = dt.date.fromordinal(day_of(project.value("modified")) + _EPOCH)
        yield Reason("changed", f"last changed on {changed}", {"day": str(changed)})
