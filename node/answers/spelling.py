"""Typing errors: what a word may mean that no document has.

Only then, so nobody who types well is given something else. Looked at are words that are one error away
(a letter too many, missing, wrong, or two changed places), of eight letters or more also two. Among the
nearest words those come first that most documents have::

    "bugdet"  ->  budget        "particpatoin"  ->  participation

All of the index would take too long. One error is found wherever it is: behind the first letters among the
words that begin alike, within them by trying what it can have been. Of two errors one may be
within the first letters when the next ones are right.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import tantivy

from .index import Snapshot
from .lexicon import EVERYTHING, UNSTEMMED
from .queries import any_of, number_of
from .words import PLAIN, STEMMED, STEMMERS, Word

MOST_MEANINGS: Final = 3
"""Words that stand for a mistyped one."""

_SHORTEST: Final = 4  # letters: nearly everything is one error away from a shorter word
_LONG: Final = 8  # letters from which a word may have two errors
_HEAD: Final = 3  # first letters
_NECK: Final = 2  # letters behind them, which are right when there is an error on either side
_MOST_WORDS: Final = 20_000  # words that are looked at in one field, the most frequent ones
_FIELDS: Final = (
    *(f"{EVERYTHING}_{suffix}" for suffix in (*STEMMERS, PLAIN) if suffix not in STEMMED),
    UNSTEMMED,
)
_ALPHABETS: Final = (range(0x61, 0x7B), range(0x3B1, 0x3CA), range(0x430, 0x450), range(0x621, 0x64B))
"""Latin, Greek, Cyrillic and Arabic letters, as far as folded words of languages with a stemmer use them."""


def meanings(snapshot: Snapshot, word: Word) -> tuple[Word, ...]:
    """Return the words that a mistyped one probably means, the likeliest first; none when nothing is near."""
    return snapshot.recalled_word(("meanings", word), lambda: _meanings(snapshot, word))


def _meanings(snapshot: Snapshot, word: Word) -> tuple[Word, ...]:
    text = word.text
    if word.is_pair or word.is_phrase or word.is_start or len(text) < _SHORTEST or not text.isalpha():
        return ()
    searcher = snapshot.searcher
    alike = set(_beginning(searcher, (text[:_HEAD],)))
    tried = set(_one_error(text, _letters(text)))
    near = {other for other in alike if edit_distance(text, other, 1) == 1}
    near.update(other for other in tried if any(searcher.doc_freq(field, other) for field in _FIELDS))
    found = _likeliest(snapshot, near - {text})
    if not found and len(text) >= _LONG:
        alike.update(_beginning(searcher, {other[: _HEAD + _NECK] for other in tried}))
        found = _likeliest(snapshot, (other for other in alike if edit_distance(text, other, 2) == 2))  # noqa: PLR2004
    return found


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


def _likeliest(snapshot: Snapshot, words: Iterable[str]) -> tuple[Word, ...]:
    # Words that only deleted documents had must make no difference.
    counted = [(number, each) for each in words if (number := _count(snapshot, each))]
    counted.sort(key=lambda item: (-item[0], item[1]))
    return tuple(Word(each) for _, each in counted[:MOST_MEANINGS])


def _count(snapshot: Snapshot, word: str) -> int:
    """Return how many documents have a word."""
    query = any_of(tantivy.Query.term_query(snapshot.schema, field, word, "basic") for field in _FIELDS)
    return number_of(snapshot.searcher, query)


def _beginning(searcher: tantivy.Searcher, heads: Iterable[str]) -> Iterator[str]:
    """Yield the words that begin with one of some letters."""
    for head in heads:
        for field in _FIELDS:
            for word, _ in searcher.terms_with_prefix(field, head, limit=_MOST_WORDS):
                if word.isalpha():
                    yield word


def _one_error(text: str, letters: str) -> Iterator[str]:
    """Yield all that is one error within the first letters away, and the word itself."""
    for i in range(_HEAD + 1):
        before, after = text[:i], text[i:]
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
