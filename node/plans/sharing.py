"""What two items of planned work have in common: days, topics and words of their titles.

::

    Triage maps / Cartes de tri   sector:health   2027-01 to 2027-06     ┐ sector:health, cartes, tri;
    Une carte du tri              sector:health   2027-06 to 2028        ┘ 2027-06-01 to 2027-06-30

They have enough in common when they share a day, and a topic or at least two words. What is rare weighs more:
log(1 + all items / items that have it), so what everybody plans tells little. Titles are cut into words once
for each item, however many others it is compared with: that is what takes the time.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import tantivy

from node.answers.index import Snapshot
from node.answers.planned import Planned
from node.answers.queries import all_of, number_of
from node.answers.texts import lang_map
from node.answers.words import STEMMERS, Word, stems, suffix_of, words_of
from protocol.periods import Span
from protocol.vocabulary import TOPIC_ALIASES

from .matching import of_type

ENOUGH_WORDS: Final = 2
"""Words of two titles that tell as much as a topic."""

MOST_WORDS: Final = 24
"""Words of a title that are looked for in others."""

_LONGEST: Final = 300  # characters of a title that are read: whoever writes more means others to wait
_MOST_LANGUAGES: Final = 20
_NO_QUESTION: Final = str.maketrans(dict.fromkeys('"\u201c\u201d\u201e\u00ab\u00bb*', " "))

Form = tuple[str, str]
"""One way in which words count as the same: a stemmer and a stem, or nothing and the word."""

Weights = Mapping[str, float]
"""What is shared → how much it tells."""


@dataclass(frozen=True, slots=True)
class Told:
    """What of an item others can share.

    Attributes:
        topics: In its own words: what they are part of is shared by too many.
        words: The first words of its title in all languages → the forms that count as the same.
        forms: Those of all words of its title.
        span: Its days, None where it does not say when.
    """

    topics: frozenset[str]
    words: Mapping[Word, frozenset[Form]]
    forms: frozenset[Form]
    span: Span | None


@dataclass(frozen=True, slots=True)
class Shared:
    """What two items have in common.

    Attributes:
        topics: Shared topics.
        words: Shared words of the titles, as the one that was asked about writes them.
        period: Shared days.
    """

    topics: Weights
    words: Weights
    period: Span

    @property
    def weight(self) -> float:
        """All that they share, rare things most."""
        return round(sum(self.topics.values()) + sum(self.words.values()), 3)


class Rarity(dict[str, float]):
    """What can be shared → how much it tells; counted when it is asked for the first time.

    Attributes:
        queries: What can be shared → what finds the items that have it.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.queries: dict[str, tantivy.Query] = {}
        self._searcher, self._all = snapshot.searcher, of_type(snapshot.schema, "roadmap")
        self._total = number_of(self._searcher, self._all)

    def __missing__(self, name: str) -> float:
        those = number_of(self._searcher, all_of((self._all, self.queries[name])))
        self[name] = math.log(1 + self._total / max(those, 1))
        return self[name]


def told_of(item: Planned) -> Told:
    """Return what of an item others can share."""
    forms: dict[Word, frozenset[Form]] = {}
    for language, title in islice(lang_map(item.item.fields.get("title")).items(), _MOST_LANGUAGES):
        # Quotes and asterisks mean something in questions alone.
        for word, those in _forms(language, words_of(title[:_LONGEST].translate(_NO_QUESTION))):
            forms[word] = forms.get(word, frozenset()) | those
    words = dict(islice(forms.items(), MOST_WORDS))
    return Told(_topics(item), words, frozenset().union(*forms.values()), item.span)


def compared(mine: Told, theirs: Told, rarity: Rarity) -> Shared | None:
    """Return what two items have in common, None where it is too little.

    Args:
        mine: What the one tells.
        theirs: What the other one tells.
        rarity: Knows how to find what the first one tells: ``topic=`` and ``word=``.
    """
    period = mine.span.shared(theirs.span) if mine.span and theirs.span else None
    if period is None:
        return None
    topics = sorted(mine.topics & theirs.topics)
    words = [word.text for word, forms in mine.words.items() if not forms.isdisjoint(theirs.forms)]
    if not topics and len(words) < ENOUGH_WORDS:
        return None
    return Shared(
        {topic: round(rarity[f"topic={topic}"], 3) for topic in topics},
        {word: round(rarity[f"word={word}"], 3) for word in words},
        period,
    )


def _topics(item: Planned) -> frozenset[str]:
    broad = frozenset(TOPIC_ALIASES.get(topic, topic) for topic in item.facets.get("topic", ()))
    stated = item.item.fields.get("topics")
    if isinstance(stated, list):
        return broad.intersection(TOPIC_ALIASES.get(each, each) for each in stated if isinstance(each, str))
    return broad


def _forms(language: str, words: Sequence[Word]) -> Iterator[tuple[Word, frozenset[Form]]]:
    """Yield the words of a title with the forms in which each of them counts as the same."""
    suffix = suffix_of(language)
    stemmed = [word for word in words if suffix in STEMMERS and word.text.isalpha() and not word.is_pair]
    stem_of = (
        dict(zip(stemmed, stems(suffix, [word.text for word in stemmed]), strict=True)) if stemmed else {}
    )
    for word in words:
        itself = ("", word.text)
        yield word, frozenset((itself, (suffix, stem_of[word])) if word in stem_of else (itself,))
