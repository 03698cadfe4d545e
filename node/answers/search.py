"""Questions to the catalogue: which projects, in what order, and what they have in common.

A project is found when it has every word of the question, whoever of its publishers says it. How good a hit
is depends on where the words are, and is said with it (``matched``): exact, name, summary, text or broader,
see ``queries``; all, when nothing was asked; typo, when a word was taken for another one.

Among equals newer projects come first. Nothing depends on scores or on the order in which things arrived,
so nodes with the same logs and the same trust answer alike, and a cursor (level and place of the last
hit) stays right while the catalogue changes.
"""

import datetime as dt
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import tantivy

from federation.vouching import day_of
from node.errors import DamagedError, InvalidInputError
from node.home import Home

from .asking import Asked, corrections, counted, hits
from .cards import cards_of
from .conditions import AT_LEAST, SIZE_BANDS, use_bands
from .cursors import from_cursor, question_digest, to_cursor
from .facets import FACETS, FacetCount, most_frequent, ordered, spelled, widened
from .index import Snapshot, index_in
from .indexing import catch_up, reindex
from .items import items_of
from .planned import projects_only
from .queries import Filters, Level, all_of, last_level, levels_of
from .views import VIEWS, condition
from .words import Word, folded, words_of

MAX_LIMIT: Final = 1000
"""Items of one page; more is a matter of cursors."""

MAX_QUESTION: Final = 500
"""Characters of a question."""

MAX_WORDS: Final = 32
"""Words of a question: each is looked up in every language and level."""

MAX_STARTS: Final = 4
"""Beginnings among them: each stands for thousands of words, which are looked for in every language."""

MAX_FILTERS: Final = 500
"""Values of all filters of a question."""

SORTS: Final = ("relevance", "freshness", "name", "reuse")
"""Orders of an answer; the first is the usual one."""


_BANDS: Final = (
    ("uses", use_bands(max(AT_LEAST)), "number of uses"),
    ("usedBySize", SIZE_BANDS, "size of users"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the catalogue.

    Attributes:
        text: Words that must all be there; everything when empty.
        filters: Facet → values; a project must have one of them, and so for each facet named.
        sort: One of ``SORTS``. ``name`` is by the name that is shown to readers of no known language,
            ``reuse`` by the number of organisations that use it, see ``uses``.
        languages: What the reader reads, by preference; picks names and summaries.
        wider: Whether what is for a wider place fits a filter by place, too: for all of the country, the
            Union or the world. Counts of places stay those without it.
        view: One of ``views.VIEWS``, of which only what fits all else is found; empty for everything.
        fold: Whether suites are found together with their parts, and originals in place of copies (see
            ``folding``). In a view everything is by itself: each item says why it is in.
    """

    text: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = SORTS[0]
    languages: tuple[str, ...] = ()
    wider: bool = False
    view: str = ""
    fold: bool = True

    @property
    def is_folded(self) -> bool:
        """Whether anything is found within the card of something else."""
        return self.fold and not self.view


@dataclass(frozen=True, slots=True)
class Page:
    """One page of answers.

    Attributes:
        total: How many projects and profiles the question finds.
        items: This page's, best first; see ``search``.
        next: The cursor of the next page, None on the last one.
        facets: For each facet that was asked for its values, the most frequent first, then by value.
        corrections: Word of the question that occurs nowhere → what it was taken for.
    """

    total: int
    items: tuple[dict[str, Any], ...]
    next: str | None
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    corrections: Mapping[str, str] = field(default_factory=dict)


def search(
    home: Home,
    question: Question,
    limit: int = 20,
    cursor: str | None = None,
    *,
    facets: Sequence[str] = (),
    facet_limit: int = 20,
    fresh: bool = True,
) -> Page:
    """Return what the catalogue has about a question.

    Args:
        home: The node.
        question: Words, filters, order.
        limit: Items of a page, 1 to ``MAX_LIMIT``.
        cursor: ``next`` of the former page of the same words, filters and order.
        facets: Which of ``FACETS`` to count.
        facet_limit: Values of a facet at most, 1 to ``MAX_LIMIT``.
        fresh: Index what waits first, so that a command sees its own writes.

    Returns:
        A page. Its items have ``address``, ``origin``, ``id``, ``index``, ``type``, ``kind``, ``name``,
        ``summary``, ``language`` (of the name), ``summary_language``, ``lifecycle``, ``license``,
        ``publishers`` (origins of all members, sorted), ``members`` (how many), ``jurisdictions`` (the places
        it is stated to be for), ``wider`` (whether it was found for a wider place than those asked for),
        ``uses`` (how many organisations use it), ``why`` (why it is in the view; None without one),
        ``parts`` and ``copies`` (what is found within it, see ``cards``), ``matched`` and ``provenance``
        (origin, index, the verified tree size, and when it was verified).

    Raises:
        InvalidInputError: A limit, question or cursor that cannot be.
        LockedError: Something waits to be indexed and another process keeps the index.
    """
    filters = _checked(question, limit, facets, facet_limit)
    words = checked_words(question.text)
    if fresh:
        catch_up(home)
    snapshot = snapshot_of(home)
    today = dt.date.fromisoformat(day_of(home.now()))
    key = (
        question.text,
        tuple(filters.items()),
        question.sort,
        tuple(facets),
        question.view,
        question.is_folded,
        today,
    )
    answer = snapshot.recalled(key, lambda: _answer(question, filters, snapshot, words, facets, today))
    asked, digest, place = answer.asked, _digest(question, filters, answer.taken), None
    if cursor is not None:
        place = from_cursor(cursor, digest, levels=len(asked.bands), by_rank=asked.order == "rank")
    # Where all are found on the way no further level is asked.
    most = min(limit + 1, answer.total)
    found = snapshot.recalled((digest, cursor, limit, today), lambda: hits(asked, place, most))
    cards = {}
    if question.is_folded:
        by_itself = replace(question, fold=False)
        cards = cards_of(
            home, found[:limit], lambda: _asked(by_itself, filters, snapshot, words, answer.taken, today)
        )
    places = filters.get("jurisdiction", ())
    return Page(
        answer.total,
        items_of(home, found[:limit], question.languages, places, question.view, cards),
        to_cursor(digest, found[limit - 1].place) if len(found) > limit else None,
        {
            facet: most_frequent(facet, answer.counts[facet], facet_limit, question.languages)
            for facet in facets
        },
        {word.text: ", ".join(each.text for each in those) for word, those in answer.taken.items()},
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """What all pages of an answer have in common.

    Attributes:
        asked: What the index was asked.
        taken: Words that occur nowhere, and what they were taken for.
        total: How many projects and profiles are found.
        counts: Facet → its values with how many have them, in order.
    """

    asked: Asked
    taken: Mapping[Word, tuple[Word, ...]]
    total: int
    counts: Mapping[str, Sequence[tuple[str, int]]]


def _answer(
    question: Question,
    filters: Filters,
    snapshot: Snapshot,
    words: Sequence[Word],
    facets: Sequence[str],
    today: dt.date,
) -> _Answer:
    asked = _asked(question, filters, snapshot, words, {}, today)
    total, counts = counted(asked, facets)
    # Where there is a hit, every word occurs somewhere.
    taken = {} if total else corrections(snapshot, words)
    if taken:
        asked = _asked(question, filters, snapshot, words, taken, today)
        total, counts = counted(asked, facets)
    # No page shows more, and answers are remembered: publishers may be tens of thousands.
    shown = {facet: ordered(its)[:MAX_LIMIT] for facet, its in counts.items()}
    return _Answer(asked, taken, total, shown)


def total_of(home: Home, question: Question) -> int:
    """Return how many projects and profiles a question finds, and nothing else of what ``search`` does.

    Raises:
        InvalidInputError: A question that cannot be.
    """
    filters, words, snapshot = _checked(question, 1, (), 1), checked_words(question.text), snapshot_of(home)
    today = dt.date.fromisoformat(day_of(home.now()))
    key = (question.text, tuple(filters.items()), question.view, question.is_folded, today)

    def total(taken: Mapping[Word, tuple[Word, ...]]) -> int:
        return counted(_asked(question, filters, snapshot, words, taken, today, only_last=True), ())[0]

    def ask() -> int:
        return total({}) or (total(taken) if (taken := corrections(snapshot, words)) else 0)

    return snapshot.recalled(key, ask)


def snapshot_of(home: Home) -> Snapshot:
    """Return the index as it is; one that is damaged is made again first."""
    index = index_in(home.index_dir)
    try:
        return index.snapshot()
    except DamagedError:
        reindex(home)
        return index.snapshot()


def _asked(
    question: Question,
    filters: Filters,
    snapshot: Snapshot,
    words: Sequence[Word],
    taken: Mapping[Word, tuple[Word, ...]],
    today: dt.date,
    *,
    only_last: bool = False,
) -> Asked:
    """Return a question as the index is asked it, some words taken for others, in all levels or the last."""
    levels = [Level("all", tantivy.Query.all_query())]
    if question.text.strip():
        first = {word.text: those[0].text for word, those in taken.items()}
        name = " ".join(first.get(text, text) for text in folded(question.text).split())
        meant = [taken.get(word, (word,)) for word in words]
        if only_last:
            levels = [last_level(snapshot.schema, snapshot.lexicon, meant)]
        else:
            levels = levels_of(snapshot.schema, snapshot.lexicon, name, meant)
    if taken:
        levels = [Level("typo", level.query) for level in levels]
    levels = [Level(level.label, _shown(snapshot, question, level)) for level in levels]
    if question.view:
        fits = condition(snapshot.schema, question.view, today)
        levels = [Level(level.label, all_of((level.query, *fits))) for level in levels]
    order = {"name": "order", "reuse": "reuse"}.get(question.sort, "rank")
    return Asked(snapshot, levels, filters, order, in_levels=question.sort == SORTS[0])


def _shown(snapshot: Snapshot, question: Question, level: Level) -> tantivy.Query:
    return projects_only(snapshot, level.query, folded=question.is_folded)


def _digest(question: Question, filters: Filters, taken: Mapping[Word, Sequence[Word]]) -> bytes:
    """Return what a cursor belongs to; what words were taken for decides the order too."""
    meant = [[word.text, [each.text for each in those]] for word, those in taken.items()]
    return question_digest(
        question.sort,
        question.text.strip(),
        list(filters.items()),
        meant,
        question.view,
        question.is_folded,
    )


def _checked(question: Question, limit: int, facets: Sequence[str], facet_limit: int) -> Filters:
    """Return the filters in the spelling that is counted.

    Raises:
        InvalidInputError: Something is no facet, no order, no value or no number that can be.
    """
    for facet in (*question.filters, *facets):
        _known(facet, FACETS, "facet")
    _known(question.sort, SORTS, "order")
    if question.view:
        _known(question.view, tuple(VIEWS), "view")
    _numbered(limit, "a page", "items")
    _numbered(facet_limit, "a facet", "values")
    for facet, values in question.filters.items():
        if not values or not all(values):
            raise InvalidInputError(f"a filter of {facet} has values, and none of them is empty")
    if sum(len(values) for values in question.filters.values()) > MAX_FILTERS:
        raise InvalidInputError(f"a question has at most {MAX_FILTERS} values in its filters")
    for text in (question.text, *(value for values in question.filters.values() for value in values)):
        if not text.isprintable() and any(unicodedata.category(character) == "Cs" for character in text):
            raise InvalidInputError("a question is text, without lone surrogates")
    filters = {
        facet: tuple(sorted({spelled(facet, value) for value in values}))
        for facet, values in sorted(question.filters.items())
    }
    _check_bands(filters)
    if question.wider and "jurisdiction" in filters:
        filters["jurisdiction"] = widened(filters["jurisdiction"])
    return filters


def _check_bands(filters: Filters) -> None:
    for facet, bands, what in _BANDS:
        for value in filters.get(facet, ()):
            _known(value, bands, what)


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        raise InvalidInputError(f"there is no {what} {name!r}; there are {', '.join(names)}")


def _numbered(number: int, what: str, parts: str) -> None:
    if not 1 <= number <= MAX_LIMIT:
        raise InvalidInputError(f"{what} has 1 to {MAX_LIMIT} {parts}, not {number}")


def checked_words(text: str) -> tuple[Word, ...]:
    """Return the words of a question.

    Raises:
        InvalidInputError: There are too many, or too many beginnings.
    """
    words = words_of(text) if len(text) <= MAX_QUESTION else ()
    if len(text) > MAX_QUESTION or len(words) > MAX_WORDS:
        raise InvalidInputError(f"a question has at most {MAX_WORDS} words and {MAX_QUESTION} characters")
    if sum(word.is_start for word in words) > MAX_STARTS:
        raise InvalidInputError(f"a question has at most {MAX_STARTS} beginnings of words, such as budg*")
    return words
