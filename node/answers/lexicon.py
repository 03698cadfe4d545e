"""Which words of the index a word of a question stands for.

In a language whose texts are indexed word by word (see ``words``) a question means every word of
the same stem::

    "participatif"  ->  fr: participatif, participative, participatives;  en: (none)

They are found by their common beginning. Words that only deleted documents have do no harm:
they find nothing. A phrase or a beginning has no forms; the lexicon knows in which fields either can be.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import tantivy

from .words import PAIRS, PLAIN, STEMMED, STEMMERS, Word, as_indexed, stems

T = TypeVar("T")

Form = tuple[str, str]
"""The ending of a field, and a term in it."""

EVERYTHING: Final = "text"
"""The level whose fields hold all words of a document."""

UNSTEMMED: Final = "words"
"""The field of the words themselves, of languages whose texts are indexed as stems."""

_ENOUGH: Final = 3  # letters of a beginning: fewer are shared by thousands of words
# Language → letters that its stemmer puts at the end of folded words in place of others: "categor|y",
# "categor|i". A stem that ends with none of them begins all words that have it.
_PUT: Final[Mapping[str, str]] = {
    "en": "eil",
    "es": "t",
    "fi": "aeiouy",
    "fr": "iltux",
    "it": "t",
    "pt": "t",
    "ro": "t",
}
_MOST_LOOKED_UP: Final = 4096  # words that are remembered: they are other people's
_MOST_WORDS: Final = 20_000  # words that are looked at in one language, the most frequent ones


class Lexicon:
    """The words of one state of the index; what was looked up is remembered."""

    def __init__(self, searcher: tantivy.Searcher) -> None:
        self._searcher = searcher
        self._forms: dict[Word, tuple[Form, ...]] = {}
        self._suffixes: dict[Word, tuple[str, ...]] = {}

    def forms(self, word: Word) -> tuple[Form, ...]:
        """Return what a document must have one of to have a word; nothing when no document can."""
        found = self._forms.get(word)
        if found is None:
            found = tuple(form for form in self._candidates(word) if self._is_known(*form))
            _remember(self._forms, word, found)
        return found

    def suffixes(self, word: Word) -> tuple[str, ...]:
        """Return the endings of the fields in which a phrase, or a word with a beginning, can be."""
        found = self._suffixes.get(word)
        if found is None:
            known = self._has_words if word.is_phrase else self._has_start
            found = tuple(suffix for suffix in (*STEMMERS, PLAIN) if known(suffix, word.text))
            _remember(self._suffixes, word, found)
        return found

    def _has_words(self, suffix: str, phrase: str) -> bool:
        return all(self._is_known(suffix, each) for each in as_indexed(suffix, phrase.split()))

    def _has_start(self, suffix: str, start: str) -> bool:
        return bool(self._searcher.terms_with_prefix(f"{EVERYTHING}_{suffix}", start, limit=1))

    def _candidates(self, word: Word) -> list[Form]:
        if word.is_phrase or word.is_start:
            return []
        if word.is_pair:
            return [(PAIRS, word.text)]
        found = [(PLAIN, word.text)]
        for language in STEMMERS:
            (stem,) = stems(language, [word.text])
            if language in STEMMED:
                found.append((language, stem))
            else:
                found += [(language, each) for each in self._of_stem(language, word.text, stem)]
        return found

    def _of_stem(self, language: str, word: str, stem: str) -> list[str]:
        """Return the words that have a stem; of a number itself."""
        beginning = common_beginning(language, word, stem)
        if not beginning or not word.isalpha():
            return [word]
        listed = self._searcher.terms_with_prefix(f"{EVERYTHING}_{language}", beginning, limit=_MOST_WORDS)
        # Letters alone, so that each stays one word when they are stemmed together.
        words = [each for each, _ in listed if each.isalpha()]
        return [each for each, its in zip(words, stems(language, words), strict=True) if its == stem]

    def _is_known(self, suffix: str, term: str) -> bool:
        return bool(term) and self._searcher.doc_freq(f"{EVERYTHING}_{suffix}", term) > 0


def common_beginning(language: str, word: str, stem: str) -> str:
    """Return with what all words of a stem begin, as far as a word of it tells."""
    same = next((n for n, (a, b) in enumerate(zip(word, stem, strict=False)) if a != b), len(stem))
    if _ENOUGH < same == len(stem) and stem[-1] in _PUT.get(language, ""):
        same -= 1
    return stem[:same]


def _remember(known: dict[Word, T], word: Word, found: T) -> None:
    if len(known) >= _MOST_LOOKED_UP:
        known.clear()
    known[word] = found
