"""Answering a question as typed: what it finds, how it was understood, what else would find something.

Words that say what a filter says (``reading``) are looked for as words first. Where that finds nothing they
become filters, as many of them as leave something to find; else that is offered beside what was found.
Whoever shows the answer says so, with each filter one step from being left out again. So the same is
answered to everybody who asks: pages, programs and the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import tantivy

from node.answers.facets import FACETS, FacetCount
from node.answers.indexing import catch_up
from node.answers.queries import number_of
from node.answers.search import Page, Question, search, snapshot_of, total_of
from node.home import Home

from .reading import Reading, Taken, reading
from .relaxing import Relaxation, relaxations

MOST_TRIED: Final = 24
"""Sets of filters that are tried until one of them finds something."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Words that leave a value open: "towns our size" are of a size that only the reader knows.

    Attributes:
        words: As they were typed.
        facet: The facet.
        values: Its values that would find something, each with how much, in the order of their names.
    """

    words: str
    facet: str
    values: tuple[FacetCount, ...]


@dataclass(frozen=True, slots=True)
class Interpreted:
    """How a question was understood, or could be.

    Attributes:
        asked: The question as it was asked.
        question: The same with filters in place of words.
        taken: Which words became which filters.
        left_out: What was understood and left out, because together nothing fits.
        asks: What only the reader knows: which words, and the values that would find something.
        applied: Whether this question was answered; else it is an offer.
        total: How many projects and profiles it finds.
    """

    asked: Question
    question: Question
    taken: tuple[Taken, ...]
    left_out: tuple[Taken, ...]
    asks: tuple[Asks, ...]
    applied: bool
    total: int

    def with_value(self, asks: Asks, value: str) -> Question:
        """Return the question with one of the values that it leaves open."""
        return _narrowed(self.question, self.question.text, (Taken(asks.words, asks.facet, value),))

    def without(self, taken: Taken) -> Question:
        """Return the question without one of its filters."""
        values = tuple(value for value in self.question.filters[taken.facet] if value != taken.value)
        filters = {**self.question.filters, taken.facet: values}
        return replace(self.question, filters={facet: those for facet, those in filters.items() if those})

    def alone(self, taken: Taken) -> Question:
        """Return the question with one filter that was left out, in place of those that were not."""
        return _narrowed(self.asked, self.question.text, (taken,))


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered.

    Attributes:
        question: The question that was answered: as it was asked, or as it was understood.
        page: What it finds.
        interpreted: How it was understood; None where it was, and can be, taken by its words alone.
        relaxations: What would find something where nothing does.
    """

    question: Question
    page: Page
    interpreted: Interpreted | None = None
    relaxations: tuple[Relaxation, ...] = ()


def answered(
    home: Home,
    question: Question,
    limit: int = 20,
    cursor: str | None = None,
    *,
    facets: Sequence[str] = (),
    fresh: bool = True,
) -> Answer:
    """Return what the catalogue has about a question; arguments and errors are those of ``search``.

    A cursor is of the question that was answered, and goes on in it whichever of both is asked with it.
    """
    if fresh:
        catch_up(home)
    read = _known(home, question)
    # Of a later page the first one says which question it belongs to; what was answered is remembered.
    place, most = (None, 1) if read.taken and cursor else (cursor, limit)
    page = search(home, question, most, place, facets=facets, fresh=False)
    if not read.taken:
        return Answer(question, page, None, relaxations(home, question, page))
    if page.total and not page.corrections:
        if place != cursor:
            page = search(home, question, limit, cursor, facets=facets, fresh=False)
        sure = _sure(read)
        other = _narrowed(question, read.text, sure)
        total = total_of(home, other)
        offer = Interpreted(question, other, sure, (), _asks(home, other, read), applied=False, total=total)
        return Answer(question, page, offer if total else None)
    found = _fitting(home, question, read)
    page = search(home, found.question, limit, cursor, facets=facets, fresh=False)
    return Answer(found.question, page, found, relaxations(home, found.question, page))


def _known(home: Home, question: Question) -> Reading:
    """Return a question as it can be read, by filters of which the catalogue has something."""
    read = reading(question.text)
    if not read.taken:
        return read
    snapshot = snapshot_of(home)

    def is_known(taken: Taken) -> bool:
        if not taken.value:
            return True
        term = f"{taken.facet}={taken.value}"
        query = tantivy.Query.term_query(snapshot.schema, "facet", term, "basic")
        return snapshot.recalled_word(("facet", term), lambda: number_of(snapshot.searcher, query)) > 0

    return read.keeping([each for each in read.taken if is_known(each)])


def _narrowed(question: Question, text: str, taken: Sequence[Taken]) -> Question:
    """Return a question with other words, and with some filters beside those that it has."""
    filters = {facet: list(values) for facet, values in question.filters.items()}
    for each in taken:
        values = filters.setdefault(each.facet, [])
        if each.value not in values:
            values.append(each.value)
    # In the order of facets: addresses of one question are one address.
    order = sorted(filters, key=FACETS.index)
    kept = {facet: tuple(filters[facet]) for facet in order}
    return replace(question, text=text, filters=kept)


def _fitting(home: Home, question: Question, read: Reading) -> Interpreted:
    """Return a question with the most filters that leave something to find; with all where none do."""
    for taken in _sets(read):
        narrowed = _narrowed(question, read.text, taken)
        if total := total_of(home, narrowed):
            left_out = tuple(each for each in _sure(read) if each not in taken)
            asks = _asks(home, narrowed, read)
            return Interpreted(question, narrowed, taken, left_out, asks, applied=True, total=total)
    every = _narrowed(question, read.text, _sure(read))
    return Interpreted(question, every, _sure(read), (), (), applied=True, total=0)


def _sure(read: Reading) -> tuple[Taken, ...]:
    """Return what says which value it means."""
    return tuple(each for each in read.taken if each.value)


def _asks(home: Home, question: Question, read: Reading) -> tuple[Asks, ...]:
    """Return what a question leaves open, with what each value would find."""
    open_ = [each for each in read.taken if not each.value]
    if not open_:
        return ()
    facets = tuple(dict.fromkeys(each.facet for each in open_))
    counts = search(home, question, 1, facets=facets, fresh=False).facets
    return tuple(
        Asks(each.words, each.facet, tuple(sorted(counts[each.facet], key=lambda one: _number(one.value))))
        for each in open_
    )


def _number(band: str) -> int:
    return int(band.partition("..")[0])


def _sets(read: Reading) -> Iterator[tuple[Taken, ...]]:
    """Yield which filters to try: all, then one less, those first that keep what was said first."""
    sure = _sure(read)
    every = (some for size in range(len(sure), -1, -1) for some in combinations(sure, size))
    for _, some in zip(range(MOST_TRIED), every, strict=False):
        if some or read.text:
            yield some
