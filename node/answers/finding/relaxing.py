"""What would find something where nothing does: a filter or a word less, or another word.

Each is asked for, so that nothing is offered that finds nothing, and the number is true. What is asked is
bounded: each filter, ``MAX_WORDS`` words, and other words for ``MAX_DOUBTED`` of them. Where leaving out one
thing is not enough, all filters are left out, and then all other words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from node.answers.index import Snapshot
from node.answers.search import Page, Question, snapshot_of, total_of
from node.answers.spelling import meanings
from node.answers.words import Word, words_of
from node.home import Home

MAX_WORDS: Final = 8
"""Words of a question that are left out to see what that finds."""

MAX_DOUBTED: Final = 4
"""Words for which others are looked for: each is dear."""


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A question that finds something, and how it differs from the one that was asked.

    Attributes:
        total: How many projects and profiles it finds.
        text: Its words.
        filters: The facets whose filters it keeps.
        without: What is left out: words, or facets.
        instead: Word of the question → the one in its place.
    """

    total: int
    text: str
    filters: tuple[str, ...]
    without: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()


def relaxations(home: Home, question: Question, page: Page) -> tuple[Relaxation, ...]:
    """Return what finds something, the best first: other words, then what keeps most of the question.

    Args:
        home: The node.
        question: What was asked.
        page: What ``search`` answered; there is nothing to relax where it found something.
    """
    if page.total:
        return ()
    snapshot = snapshot_of(home)
    words = [_meant(word, page.corrections) for word in words_of(question.text)]
    facets = tuple(question.filters)
    for some in (_one_less(words, facets, snapshot), _much_less(words, facets)):
        # Asked as whoever follows the offer asks it, so that the number is the one they will see.
        found = [replace(each, total=_total(home, question, each)) for each in some]
        if any(each.total for each in found):
            # Of equal kind those first that find most; sorting is stable.
            found.sort(key=lambda each: (not each.instead, -each.total))
            return tuple(each for each in found if each.total)
    return ()


def _meant(word: Word, corrections: Mapping[str, str]) -> Word:
    """Return the likeliest of the words that one was taken for; itself where it was not."""
    return Word(corrections[word.text].split(", ")[0]) if word.text in corrections else word


def _total(home: Home, question: Question, offer: Relaxation) -> int:
    filters = {facet: question.filters[facet] for facet in offer.filters}
    return total_of(home, replace(question, text=offer.text, filters=filters))


def _one_less(words: Sequence[Word], facets: tuple[str, ...], snapshot: Snapshot) -> Iterator[Relaxation]:
    # Only where there is something else to fit: a word alone that occurs nowhere was corrected before.
    for word in words[:MAX_DOUBTED] if len(words) > 1 else ():
        for other in meanings(snapshot, word):
            text = _text(other if each == word else each for each in words)
            yield Relaxation(0, text, facets, instead=((str(word), str(other)),))
    for facet in facets:
        yield Relaxation(0, _text(words), tuple(each for each in facets if each != facet), without=(facet,))
    for word in words[:MAX_WORDS] if len(words) > 1 else ():
        if not word.is_pair:
            yield Relaxation(0, _text(each for each in words if each != word), facets, without=(str(word),))


def _much_less(words: Sequence[Word], facets: tuple[str, ...]) -> Iterator[Relaxation]:
    if len(facets) > 1:
        yield Relaxation(0, _text(words), (), without=facets)
    for word in words[:MAX_WORDS] if len(words) > 1 else ():
        others = tuple(str(each) for each in words if each != word)
        yield Relaxation(0, str(word), (), without=(*facets, *others))


def _text(words: Iterable[Word]) -> str:
    return " ".join(map(str, words))
