"""Invented prose: syllables drawn per language, words with Zipf's frequencies.

Search needs words of every frequency: some that half of all texts have, many that one in a
hundred has, and the names of things, which hardly anything else has. Sync needs text that
compresses about as real prose does. Neither may depend on data that cannot be published.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from functools import cache

_SYLLABLES = {
    "en": "ing the and ter tion er re con pro ment al ly ed ser vice da ta form pub lic o pen ci".split(),
    "fr": "la le de ment tion ser vi ce pu blic que eur ci toy en dé mar che ou vert pla te for mes".split(),
    "it": "zio ne pub bli ca ser vi zi co mu ne cit tà di gi ta le per la re te a per to pia no".split(),
    "de": "ung ver wal tung dienst ge mein de stadt of fen da ten plan be tei li gung für und".split(),
    "es": "ción ser vi cio pú bli co ciu dad da tos a bier to plan ges tión de la par ti ci pa red".split(),
    "nl": "ing ge meen te dienst o pen ba re ge ge vens plan be heer voor de stad lijk heid be".split(),
}
_VOCABULARY = 6_000
_SENTENCE = 14  # words
_LETTERS = 4  # words of more are no stop words


class Words:
    """The words of one invented language.

    Attributes:
        ranked: All of them, the most frequent one first.
    """

    def __init__(self, language: str) -> None:
        rng = random.Random(language)  # noqa: S311 - reproducible, not secret
        syllables = _SYLLABLES[language]
        seen: dict[str, None] = {}
        while len(seen) < _VOCABULARY:
            seen["".join(rng.choices(syllables, k=rng.choice((1, 2, 2, 3, 3, 4))))] = None
        self.ranked = tuple(seen)
        weights = [1 / rank**0.95 for rank in range(1, _VOCABULARY + 1)]
        self._cumulative = tuple(itertools.accumulate(weights))
        letters = sum(len(word) * weight for word, weight in zip(self.ranked, weights, strict=True))
        self._average = 1 + letters / sum(weights)

    def text(self, rng: random.Random, length: int) -> str:
        """Return prose of about ``length`` characters, with sentences."""
        words: list[str] = []
        used = 0
        while used < length:
            more = rng.choices(
                self.ranked, cum_weights=self._cumulative, k=1 + int((length - used) / self._average)
            )
            for word in more:
                words.append(word)
                used += len(word) + 1
                if used >= length:
                    break
        for start in range(0, len(words), _SENTENCE):
            words[start] = words[start].capitalize()
            end = min(start + _SENTENCE, len(words)) - 1
            words[end] += "."
        return " ".join(words)


@cache
def words_of(language: str) -> Words:
    """Return the words of a language, the same in every run."""
    return Words(language)


def common_words() -> Iterator[str]:
    """Yield the English words that most entries have, the most common first; none is a stop word."""
    return (word for word in words_of("en").ranked if len(word) > _LETTERS)


def coined(rng: random.Random) -> str:
    """Return a name that nothing else is likely to have, such as ``Velmora``."""
    parts = [rng.choice("bdfgjklmnprstvz") + rng.choice("aeiou") + rng.choice(("", "l", "m", "n", "r", "s"))]
    parts += [rng.choice("bdfgklmnprstvz") + rng.choice("aeiou") for _ in range(rng.choice((1, 2, 2)))]
    return "".join(parts).capitalize()
