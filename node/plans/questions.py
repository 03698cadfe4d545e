"""Questions about plans, calls, providers and consultations: which items, in what order, how many.

::

    plans(home, PlanQuestion("roadmap", "budget", period=span_of("2027-Q1", "2027-Q2")))
    plans(home, PlanQuestion("seeking", filters={"skill": ("ux",)}, paid=True))

The same engine, words and levels as for projects (``node.answers.search``); each item counts by itself. What
depends on the day is decided when it is asked, so nothing is indexed anew because a day ends.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import tantivy

from node.answers.asking import Asked, corrections, hits
from node.answers.counting import Counts
from node.answers.cursors import from_cursor, question_digest, to_cursor
from node.answers.facets import FacetCount, most_frequent, ordered
from node.answers.index import Snapshot
from node.answers.indexing import catch_up
from node.answers.planned import OPEN_END, PLAN_FACETS, counted_as
from node.answers.queries import Level, all_of, levels_of, number_of
from node.answers.search import MAX_FILTERS, MAX_LIMIT, checked_words, snapshot_of
from node.answers.words import Word, folded
from node.errors import InvalidInputError
from node.home import Home
from protocol.forms import is_date
from protocol.periods import Span, days_of, span_of
from protocol.plans import LONGEST_DAYS
from protocol.requirements import CALLS

from .freshness import today
from .matching import between, of_type, overdue, paid, unconfirmed, within, without
from .shapes import Plan
from .shown import items_of

SORTS: Final = ("relevance", "freshness", "date")
"""Orders of an answer; ``date`` is by the day that matters most: work begins, a call or consultation ends."""

EXPIRED: Final = ("no", "only", "all")
"""Which of what is over: nothing of it, nothing else, or all."""

# Promises end; what was planned or asked stays worth reading.
_ENDING: Final = (*CALLS, "provider")


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """What is asked.

    Attributes:
        type: A key of ``PLAN_FACETS``.
        text: Words that must all be there; everything when empty.
        filters: Facet → values, one of which an item must have, and so for each facet.
        period: Only what has a day in common with it, and says when.
        open_on: Only what is open, or worked on, on that day.
        expired: One of ``EXPIRED``; empty for ``no`` of calls and providers, ``all`` of everything else.
        paid: Whether there is pay.
        stale: Whether nobody confirmed it for long.
        overdue: Only consultations whose outcome is, or is not, overdue.
        sort: One of ``SORTS``.
        languages: What the reader reads, by preference.
    """

    type: str
    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    period: Span | None = None
    open_on: dt.date | None = None
    expired: str = ""
    paid: bool | None = None
    stale: bool | None = None
    overdue: bool | None = None
    sort: str = SORTS[0]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One page of items.

    Attributes:
        total: How many items the question finds.
        items: This page's; see ``shown``.
        next: The cursor of the next page, None on the last one.
        facets: For each facet that was asked for its values, the most frequent first.
        corrections: Word that occurs nowhere → what it was taken for.
    """

    total: int
    items: tuple[Plan, ...]
    next: str | None
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    corrections: Mapping[str, str] = field(default_factory=dict)


def period_of(start: str, end: str) -> Span | None:
    """Return the days that are asked for, None when nothing is.

    Args:
        start: A date, month, quarter or year; empty for an open beginning.
        end: The same for the end.

    Raises:
        InvalidInputError: One of them is no period, or the end is before the start.
    """
    for text in (start, end):
        if text and days_of(text) is None:
            raise InvalidInputError(
                f"{text!r} is not a date, month, quarter or year",
                hint="write 2027-03-01, 2027-03, 2027-Q1 or 2027",
            )
    if not start and not end:
        return None
    span = span_of(start, end)
    if span is None:
        raise InvalidInputError(f"there is no day from {start} to {end}", hint="write the earlier one first")
    return span


def day_named(text: str) -> dt.date:
    """Return a day that somebody names.

    Raises:
        InvalidInputError: It is none.
    """
    if not is_date(text):
        raise InvalidInputError(f"{text!r} is not a date", hint="write 2027-03-01")
    return dt.date.fromisoformat(text)


def plans(
    home: Home,
    question: PlanQuestion,
    limit: int = 20,
    cursor: str | None = None,
    *,
    facets: Sequence[str] = (),
    facet_limit: int = 20,
    fresh: bool = True,
) -> PlanPage:
    """Return the items that a question finds.

    Args:
        home: The node.
        question: What is asked.
        limit: Items of a page, 1 to ``MAX_LIMIT``.
        cursor: ``next`` of the former page of the same question.
        facets: Which facets of the type to count.
        facet_limit: Values of a facet at most.
        fresh: Index what waits first.

    Raises:
        InvalidInputError: A limit, question or cursor that cannot be.
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    filters = _checked(question, limit, facets)
    words = checked_words(question.text)
    if fresh:
        catch_up(home)
    snapshot = snapshot_of(home)
    key = (question.type, question.text, tuple(filters.items()), *_said(question), question.sort, today(home))
    base = _base(home, snapshot, question)
    taken, total = snapshot.recalled(
        ("plans", *key), lambda: _taken(snapshot, question, filters, words, base)
    )
    asked = _asked(snapshot, question, filters, words, base, taken)
    digest = question_digest(
        question.type, question.sort, question.text.strip(), list(filters.items()), _said(question),
        [[word.text, [each.text for each in those]] for word, those in taken.items()],
    )  # fmt: skip
    place = None
    if cursor is not None:
        place = from_cursor(cursor, digest, levels=len(asked.bands), by_rank=asked.order == "rank")
    found = hits(asked, place, limit + 1)
    counted = snapshot.recalled(("counts", *key, *facets), lambda: _counted(asked, facets)) if facets else {}
    return PlanPage(
        total,
        items_of(home, question.type, found[:limit], question.languages),
        to_cursor(digest, found[limit - 1].place) if len(found) > limit else None,
        {
            facet: most_frequent(facet, ordered(counted[facet]), facet_limit, question.languages)
            for facet in facets
        },
        {word.text: ", ".join(each.text for each in those) for word, those in taken.items()},
    )


def _taken(
    snapshot: Snapshot,
    question: PlanQuestion,
    filters: Mapping[str, tuple[str, ...]],
    words: Sequence[Word],
    base: tantivy.Query,
) -> tuple[dict[Word, tuple[Word, ...]], int]:
    """Return what unknown words are taken for, and how many items are found then."""
    taken: dict[Word, tuple[Word, ...]] = {}
    total = _number(_asked(snapshot, question, filters, words, base, taken))
    if not total and words:
        taken = corrections(snapshot, words)
        total = _number(_asked(snapshot, question, filters, words, base, taken)) if taken else 0
    return taken, total


def _number(asked: Asked) -> int:
    return number_of(asked.snapshot.searcher, asked.query(asked.levels[-1]))


def _asked(
    snapshot: Snapshot,
    question: PlanQuestion,
    filters: Mapping[str, tuple[str, ...]],
    words: Sequence[Word],
    base: tantivy.Query,
    taken: Mapping[Word, tuple[Word, ...]],
) -> Asked:
    levels = [Level("all", tantivy.Query.all_query())]
    if question.text.strip():
        meant = [taken.get(word, (word,)) for word in words]
        levels = levels_of(snapshot.schema, snapshot.lexicon, folded(question.text), meant)
    levels = [Level("typo" if taken else level.label, all_of((level.query, base))) for level in levels]
    order = "order" if question.sort == "date" else "rank"
    return Asked(snapshot, levels, filters, order, in_levels=question.sort == SORTS[0])


def _base(home: Home, snapshot: Snapshot, question: PlanQuestion) -> tantivy.Query:
    """Return what finds the items of a question, whatever their words and facets."""
    schema, now = snapshot.schema, today(home)
    parts = [of_type(schema, question.type), *_in_time(schema, question, now.toordinal())]
    if question.paid is not None:
        pay = paid(schema)
        parts.append(pay if question.paid else without(parts[0], pay))
    if question.overdue is not None:
        late = overdue(schema, now)
        parts.append(late if question.overdue else without(parts[0], late))
    if question.stale is not None:
        stale = snapshot.recalled(("stale", now), lambda: unconfirmed(home, schema, now))
        parts.append(stale if question.stale else without(parts[0], stale))
    return all_of(parts)


def _in_time(schema: tantivy.Schema, question: PlanQuestion, now: int) -> Iterator[tantivy.Query]:
    if question.period is not None:
        yield within(schema, question.period)
    if question.open_on is not None:
        yield within(schema, Span(question.open_on, question.open_on))
    match question.expired or ("no" if question.type in _ENDING else "all"):
        case "no":
            # A call that ends later than any may was dated ahead; it comes when its time does.
            most = now + LONGEST_DAYS if question.type in CALLS else OPEN_END
            yield between(schema, "ends", least=now, most=most)
        case "only":
            yield between(schema, "ends", least=1, most=now - 1)
        case _:
            pass


def _counted(asked: Asked, facets: Sequence[str]) -> Mapping[str, Counts]:
    """Return how many items have each value; what is chosen in a facet does not narrow its own counts."""
    searcher, counted = asked.snapshot.searcher, {}
    for facet in facets:
        query = asked.query(asked.levels[-1], without=facet)
        found = searcher.terms_with_prefix("facet", f"{facet}=", query)
        counted[facet] = {text.partition("=")[2]: number for text, number in found}
    return counted


def _said(question: PlanQuestion) -> list[str | bool | None]:
    """Return what else is asked than words and filters."""
    named = (question.period, question.open_on, question.expired)
    return [*(str(each) if each else None for each in named), question.paid, question.stale, question.overdue]


def _checked(question: PlanQuestion, limit: int, facets: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the filters in the spelling that is counted.

    Raises:
        InvalidInputError: Something that is asked cannot be.
    """
    known = PLAN_FACETS[question.type]
    for facet in (*question.filters, *facets):
        _known(facet, known, f"filter of {question.type}")
    _known(question.sort, SORTS, "order")
    _known(question.expired, ("", *EXPIRED), "choice of what is over")
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInputError(f"a page has 1 to {MAX_LIMIT} items, not {limit}")
    if any(unicodedata.category(character) == "Cs" for character in question.text):
        raise InvalidInputError("a question is text, without lone surrogates")
    if question.paid is not None and "compensation" not in known:
        raise InvalidInputError(f"nobody is paid by {question.type}", hint="ask seeking or offering")
    if question.overdue is not None and question.type != "consultation":
        raise InvalidInputError("only consultations have an outcome that can be overdue")
    if sum(len(values) for values in question.filters.values()) > MAX_FILTERS:
        raise InvalidInputError(f"a question has at most {MAX_FILTERS} values in its filters")
    for facet, values in question.filters.items():
        if not values or not all(values) or not all(value.isprintable() for value in values):
            raise InvalidInputError(f"a filter of {facet} has values, and each can be read")
    return {
        facet: tuple(sorted({counted_as(facet, value)[0] for value in values}))
        for facet, values in sorted(question.filters.items())
    }


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        shown = ", ".join(each for each in names if each)
        raise InvalidInputError(f"there is no {what} {name!r}; there are {shown}")
