"""Typing errors: what a word may mean that no document has.

Only then, so nobody who types well is given something else. Looked at are words that are one error away
(a letter too many, missing, wrong, or two changed places), of eight letters or more also two. Among the
nearest words those come first that most documents have. A second error among the first letters
is not found: too many words would have to be looked at, and people rarely mistype a beginning::

    "bugdet"  ->  budget        "particpatoin"  ->  participation
"""

from collections.abc import Iterable, Iterator
from typing import Final

import tantivy

from .documents import UNSTEMMED
from .index import Snapshot
from .lexicon import EVERYTHING
from .queries import any_of
from .words import PLAIN, STEMMED, STEMMERS, Word

MOST_MEANINGS: Final = 3
"""Words that stand for a mistyped one."""

_SHORTEST: Final = 4  # letters: nearly everything is one error away from a shorter word
_LONG: Final = 8  # letters from which a word may have two errors
_HEAD: Final = 3  # first letters, in which only one error is looked for
_MOST_WORDS: Final = 20_000  # words that are looked at in one field, the most frequent ones
_FIELDS: Final = (
    *(f"{EVERYTHING}_{suffix}" for suffix in (*STEMMERS, PLAIN) if suffix not in STEMMED),
    UNSTEMMED,
)
_ALPHABETS: Final = (range(0x61, 0x7B), range(0x3B1, 0x3CA), range(0x430, 0x450), range(0x621, 0x64B))
"""Latin, Greek, Cyrillic and Arabic letters, as far as folded words of languages with a stemmer use them."""


def meanings(snapshot: Snapshot, word: Word) -> tuple[Word, ...]:
    """Return the words that a mistyped one probably means, the likeliest first; none when nothing is near."""
    text = word.text
    if word.is_pair or len(text) < _SHORTEST or not text.isalpha():
        return ()
    most = 2 if len(text) >= _LONG else 1
    near: dict[int, set[str]] = {}
    for other in _candidates(snapshot.searcher, text):
        distance = edit_distance(text, other, most)
        if 0 < distance <= most:
            near.setdefault(distance, set()).add(other)
    for _, words in sorted(near.items()):
        counted = ((_count(snapshot, each), each) for each in words)
        # Words that only deleted documents had must make no difference.
        likeliest = sorted((-number, each) for number, each in counted if number)
        if likeliest:
            return tuple(Word(each) for _, each in likeliest[:MOST_MEANINGS])
    return ()


def edit_distance(one: str, other: str, most: int) -> int:
    """Return how many letters are too many, missing, wrong or changed with the next one.

    Args:
        one: A word.
        other: Another one.
        most: From here on it does not matter how many; ``most`` + 1 is returned.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i, *([0] * len(other))]
        for j, its in enumerate(other, 1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > most:
            return most + 1
        before = above
    return min(row[-1], most + 1)


def _candidates(searcher: tantivy.Searcher, text: str) -> Iterator[str]:
    """Yield words of the index that may be near: they begin alike, or have one error in the beginning."""
    for field in _FIELDS:
        for other, _ in searcher.terms_with_prefix(field, text[:_HEAD], limit=_MOST_WORDS):
            if other.isalpha():
                yield other
    for other in set(_one_error(text[:_HEAD], _letters(text), text[_HEAD:])):
        if any(searcher.doc_freq(field, other) for field in _FIELDS):
            yield other


def _one_error(head: str, letters: str, tail: str) -> Iterator[str]:
    """Yield all words that are one error in the head, or at its end, away from head and tail."""
    for i in range(len(head) + 1):
        before, after = head[:i], head[i:] + tail
        yield before + after[1:]
        yield before + after[1:2] + after[:1] + after[2:]
        for letter in letters:
            yield before + letter + after[1:]
            yield before + letter + after


def _letters(text: str) -> str:
    """Return the letters that may be missing in a word: its alphabet, else those that it has."""
    for alphabet in _ALPHABETS:
        if any(ord(letter) in alphabet for letter in text):
            return "".join(map(chr, alphabet))
    return "".join(sorted(set(text)))


def _count(snapshot: Snapshot, word: str) -> int:
    """Return how many documents have a word."""
    fields: Iterable[tantivy.Query] = (
        tantivy.Query.term_query(snapshot.schema, field, word, "basic") for field in _FIELDS
    )
    number: int = snapshot.searcher.search(any_of(fields), 1).count  # type: ignore[attr-defined] # missing in the stubs
    return number
