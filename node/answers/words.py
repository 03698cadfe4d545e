"""How texts and questions are cut into words.

A text is cut by the stemmer of its language, after accents are folded; a text without a known
language is only folded (``plain``). Chinese, Japanese, Korean and Thai do not part their words, so
they are cut into pairs of characters too (``cjk``). A question is cut by every analyser, so that its
language need not be known::

    fr  "Budgets participatifs d'été"  ->  budget particip d ete
    ja  "市民参加"                      ->  市民 民参 参加 (and each character)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import tantivy

STEMMERS: Final[Mapping[str, str]] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Primary language subtag → Snowball stemmer; its keys are field suffixes."""

_SAME_STEMMER: Final = {"nn": "nb", "no": "nb", "gl": "pt"}
_STOP_LISTS: Final = ("english", "french", "german", "italian", "spanish", "portuguese", "dutch")
_CJK: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question, cut by every analyser.

    Attributes:
        terms: (field suffix, term) pairs; a document has the word when it has one of them.
    """

    terms: tuple[tuple[str, str], ...]


def folded(text: str) -> str:
    """Return a text as the exact-name field compares it: no case, accents or punctuation."""
    return " ".join(analyser("plain").analyze(text))


def words_of(question: str) -> tuple[Word, ...]:
    """Cut a question into the words that a document must have, all of them.

    Function words (``de``, ``the``, ``per``) and single letters are dropped unless
    nothing else was asked.
    """
    plain = _CJK.sub(" ", question)
    # All analysers share the tokenizer and none drops a token, so positions agree.
    columns = [[(suffix, term) for term in analyser(suffix).analyze(plain)] for suffix in suffixes()]
    rows = [Word(tuple(terms)) for terms in zip(*columns, strict=True)]
    tokens = _lower().analyze(plain)
    telling = [word for word, token in zip(rows, tokens, strict=True) if _is_telling(token)]
    pairs = [Word((("cjk", pair),)) for run in _CJK.findall(question) for pair in _pairs(run.lower())]
    if telling or pairs:
        return (*telling, *pairs)
    return tuple(rows)


def suffixes() -> tuple[str, ...]:
    """Return the endings of the fields for parted words, one for each analyser."""
    return (*STEMMERS, "plain")


def fields_for(language: str, text: str) -> tuple[str, ...]:
    """Return the endings of the fields that a text of a language goes into."""
    if _CJK.search(text):
        return ("plain", "cjk")
    primary = language.partition("-")[0].lower()
    primary = _SAME_STEMMER.get(primary, primary)
    return (primary if primary in STEMMERS else "plain",)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _is_telling(token: str) -> bool:
    return len(token) > 1 and not any(_stops(language, token) for language in _STOP_LISTS)


@cache
def _lower() -> tantivy.TextAnalyzer:
    # Stop lists keep their accents ("für"), so they see words that kept theirs.
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()


@cache
def _stop_list(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.stopword(language)).build()


def _stops(language: str, token: str) -> bool:
    return not _stop_list(language).analyze(token)


@cache
def analyser(suffix: str) -> tantivy.TextAnalyzer:
    """Return what cuts the texts of the fields with an ending."""
    if suffix == "cjk":
        pairs = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2))
        return pairs.filter(tantivy.Filter.lowercase()).build()
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    # Accents are folded before stemming: "Évaluation" and "evaluation" must stay one word.
    if suffix in STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(STEMMERS[suffix]))
    return builder.build()
