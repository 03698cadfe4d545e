"""What would find something where nothing does: another word, or as little less as will do.

Each is asked for, so that nothing is offered that finds nothing, and the number is true. Left out are a
filter or a word, else two of them, and so on, the rarest words first: a word that nothing has is left out
of every offer. What is asked is bounded (``MOST_COUNTED``); where that is not enough one word after the
other goes, and then the filters, until something is found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

from node.answers.asking import frequency
from node.answers.index import Snapshot
from node.answers.search import Page, Question, snapshot_of, total_of
from node.answers.spelling import meanings
from node.answers.words import Word, words_of
from node.home import Home

MOST_COUNTED: Final = 40
"""Questions that are asked to see what is found with something less."""

MOST_OFFERED: Final = 6
"""Questions that are offered."""

MAX_DOUBTED: Final = 4
"""Words for which others are looked for: each is dear."""

_MOST_PARTS: Final = 16  # words and filters that are left out by turns


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A question that finds something, and how it differs from the one that was asked.

    Attributes:
        total: How many projects and profiles it finds.
        text: Its words.
        filters: Its filters.
        without: What is left out: words, or facets.
        instead: Word of the question → the one in its place.
    """

    total: int
    text: str
    filters: Mapping[str, tuple[str, ...]] = field(hash=False)
    without: tuple[str, ...] = ()
    instead: tuple[tuple[str, str], ...] = ()


def relaxations(home: Home, question: Question, page: Page) -> tuple[Relaxation, ...]:
    """Return what finds something, the best first: other words, then what finds most of equal kind.

    Args:
        home: The node.
        question: What was asked.
        page: What ``search`` answered; there is nothing to relax where it found something.
    """
    if page.total:
        return ()
    snapshot = snapshot_of(home)
    words = [_meant(word, page.corrections) for word in words_of(question.text)]
    other = [_counted(home, question, each) for each in _other_words(question, words, snapshot)]
    less = _less(home, question, words, snapshot)
    found = [each for each in other if each.total] + sorted(less, key=lambda each: -each.total)
    return tuple(found[:MOST_OFFERED])


def _meant(word: Word, corrections: Mapping[str, str]) -> Word:
    """Return the likeliest of the words that one was taken for; itself where it was not."""
    return Word(corrections[word.text].split(", ")[0]) if word.text in corrections else word


def _counted(home: Home, question: Question, offer: Relaxation) -> Relaxation:
    """Return an offer with what it finds, asked as whoever follows it asks: they see the same number."""
    return replace(offer, total=total_of(home, replace(question, text=offer.text, filters=offer.filters)))


def _other_words(question: Question, words: Sequence[Word], snapshot: Snapshot) -> Iterator[Relaxation]:
    # Only where there is something else to fit: a word alone that occurs nowhere was corrected before.
    for word in words[:MAX_DOUBTED] if len(words) > 1 else ():
        for other in meanings(snapshot, word):
            text = _text(other if each == word else each for each in words)
            yield Relaxation(0, text, question.filters, instead=((str(word), str(other)),))


def _less(home: Home, question: Question, words: Sequence[Word], snapshot: Snapshot) -> list[Relaxation]:
    """Return what finds something with as little left out as will do."""
    rarity = {word: frequency(snapshot, word) for word in words}
    lost = {word for word in words if not rarity[word]}
    if lost and len(lost) == len(set(words)):
        # Filters alone are no answer to words.
        return []
    rarest = sorted(set(words) - lost, key=lambda word: (rarity[word], str(word)))
    every: list[str | Word] = [*question.filters]
    every += rarest
    parts = every[:_MOST_PARTS]
    counted = 0
    for size in range(0 if lost else 1, len(parts) + 1):
        found = []
        for some in combinations(parts, size):
            if words and lost.union(some).issuperset(words):
                continue
            if counted == MOST_COUNTED:
                break
            counted += 1
            found.append(_counted(home, question, _without(question, words, lost.union(some))))
        if any(each.total for each in found):
            return [each for each in found if each.total]
        if counted == MOST_COUNTED:
            break
    return _much_less(home, question, words, [*rarest[:-1], *question.filters], lost)


def _much_less(
    home: Home, question: Question, words: Sequence[Word], parts: Iterable[str | Word], lost: set[Word]
) -> list[Relaxation]:
    """Return the first that finds something when one part goes after the other."""
    gone: set[str | Word] = {*lost}
    for part in parts:
        gone.add(part)
        offer = _counted(home, question, _without(question, words, gone))
        if offer.total:
            return [offer]
    return []


def _without(question: Question, words: Sequence[Word], parts: Collection[str | Word]) -> Relaxation:
    """Return a question without some words and facets, still to be counted."""
    filters = {facet: values for facet, values in question.filters.items() if facet not in parts}
    facets = tuple(facet for facet in question.filters if facet in parts)
    left_out = tuple(dict.fromkeys(str(word) for word in words if word in parts))
    return Relaxation(0, _text(each for each in words if each not in parts), filters, (*facets, *left_out))


def _text(words: Iterable[Word]) -> str:
    return " ".join(map(str, words))
