"""How texts and questions are cut into words, and which words have one stem.

A text becomes words without case and accents. What stands for what depends on its language::

    fr  "Budgets participatifs d'été"  ->  budgets participatifs d ete      (as words)
    nl  "Begrotingen van gemeenten"    ->  begrot van gemeent               (as stems)
    ja  "市民参加"                      ->  市民 民参 参加, and each character

In a question ``"open data"`` in quotes stands for these words in this form and order, and ``budg*`` for all
words that begin so.

Most stemmers only cut endings, so all words of a stem begin alike. Texts in these languages are
indexed word by word, and a question is widened to the words of the same stem that there are (see
``lexicon``): that costs half, and leaves the words themselves for the correction of typing
errors. The other stemmers change beginnings and letters within; their texts are indexed as stems.
Chinese, Japanese, Korean and Thai do not part their words: they are cut into pairs of characters.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
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

STEMMED: Final = frozenset({"ar", "de", "el", "nl", "ru", "tr"})
"""Languages whose texts are indexed as stems; those of all others as words."""

PLAIN: Final = "plain"
"""The field suffix of texts without a known language, and of words as they are."""

PAIRS: Final = "cjk"
"""The field suffix of texts whose words are not parted."""

SUFFIXES: Final = (*STEMMERS, PLAIN, PAIRS)
"""The endings of the fields for texts, one for each way of cutting."""

SHORTEST_START: Final = 2
"""Letters of a beginning: nearly every project has a word that begins with a given one."""

_MARKS: Final = '"\u201c\u201d\u201e\u00ab\u00bb'
_QUOTED: Final = re.compile(f"[{_MARKS}]([^{_MARKS}]*)[{_MARKS}]")
_ASCII_WORDS: Final = re.compile("[0-9A-Za-z]+")
_STARTS: Final = re.compile(r"([^\W_]+)\*")
_SAME_STEMMER: Final = {"nn": "nb", "no": "nb", "gl": "pt"}
_STOP_LISTS: Final = ("english", "french", "german", "italian", "spanish", "portuguese", "dutch")
# The English list of tantivy has 33 words, the others some hundred each: what it lacks of those that say
# nothing of a thing. No names of months, countries or bodies are among them.
_SAYING_NOTHING: Final = (
    "about after all also am any because been before being between both can could did do does doing "
    "done during each either every few from further had has have having he her here hers him his how "
    "however its itself just let many me might more most much must my neither nor often only other our "
    "ours own quite rather same shall she should since so some still than them themselves those though "
    "through thus too under until upon very we were what whatever when where whether which while who "
    "whoever whom whose why within without would yet you your yours"
)
_ENGLISH: Final = frozenset(_SAYING_NOTHING.split())
_CJK: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question.

    Attributes:
        text: Without case and accents; of unparted words a pair of characters.
        is_pair: Whether it is such a pair.
        is_phrase: Whether it stands for itself alone, or for several words in their order.
        is_start: Whether it stands for all words that begin like it.
    """

    text: str
    is_pair: bool = False
    is_phrase: bool = False
    is_start: bool = False

    def __str__(self) -> str:
        """Return it as it is asked for."""
        return f'"{self.text}"' if self.is_phrase else f"{self.text}*" if self.is_start else self.text


def folded(text: str) -> str:
    """Return a text as the exact-name field compares it: no case, accents or punctuation."""
    if text.isascii():
        # As most names are: the same words as tantivy's, for a fifth of what it costs to ask it.
        return " ".join(_ASCII_WORDS.findall(text)).lower()
    return " ".join(analyser(PLAIN).analyze(text))


def words_of(question: str) -> tuple[Word, ...]:
    """Cut a question into the words that a document must have, all of them.

    Function words (``de``, ``the``, ``per``) and single letters are dropped unless
    nothing else was asked, and kept in quotes. Words that are not parted have neither quotes nor beginnings.
    """
    marked: dict[Word, None] = {}

    def phrase(found: re.Match[str]) -> str:
        text = folded(found[1]) if is_parted(found[1]) else ""
        if text:
            marked[Word(text, is_phrase=True)] = None
        return " " if text else f" {found[1]} "

    def start(found: re.Match[str]) -> str:
        text = folded(found[1]) if is_parted(found[1]) else ""
        if len(text) < SHORTEST_START:
            return found[0]
        marked[Word(text, is_start=True)] = None
        return " "

    question = _STARTS.sub(start, _QUOTED.sub(phrase, question))
    parted = _CJK.sub(" ", question)
    # Both share the tokenizer and drop no token, so positions agree.
    words = [Word(text) for text in analyser(PLAIN).analyze(parted)]
    telling = [
        word for word, token in zip(words, _lower().analyze(parted), strict=True) if _is_telling(token)
    ]
    pairs = [Word(pair, is_pair=True) for run in _CJK.findall(question) for pair in _pairs(run.lower())]
    return tuple([*marked, *telling, *pairs] or words)


def stems(language: str, words: Sequence[str]) -> list[str]:
    """Return the stems of folded words, one for each, by the stemmer of a language in ``STEMMERS``."""
    found: list[str] = _stemming(language).analyze(" ".join(words))
    return found


def as_indexed(suffix: str, words: Sequence[str]) -> list[str]:
    """Return folded words as the fields with an ending hold them, one for each."""
    return stems(suffix, words) if suffix in STEMMED else list(words)


def suffix_of(language: str) -> str:
    """Return the ending of the fields that a text of a language goes into."""
    primary = language.partition("-")[0].lower()
    primary = _SAME_STEMMER.get(primary, primary)
    return primary if primary in STEMMERS else PLAIN


def is_parted(text: str) -> bool:
    """Tell whether the words of a text are parted; others go into the fields for ``PLAIN`` and ``PAIRS``."""
    if text.isascii():
        return True
    try:
        # Most texts that are not ASCII are Latin-1, and this tells five times faster.
        text.encode("latin-1")
    except UnicodeEncodeError:
        return _CJK.search(text) is None
    return True


def spaced(text: str) -> str:
    """Return a text whose unparted words stand apart from others, as they do in questions: "GIS 地図"."""
    return _CJK.sub(r" \g<0> ", text)


@cache
def analyser(suffix: str) -> tantivy.TextAnalyzer:
    """Return what cuts the texts of the fields with an ending."""
    if suffix == PAIRS:
        pairs = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2))
        return pairs.filter(tantivy.Filter.lowercase()).build()
    return _stemmer(suffix) if suffix in STEMMED else _folding().build()


def _folding() -> tantivy.TextAnalyzerBuilder:
    # Accents first: a capital "İ" in lower case is an "i" and a mark that is no letter.
    simple = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return simple.filter(tantivy.Filter.ascii_fold()).filter(tantivy.Filter.lowercase())


@cache
def _stemmer(language: str) -> tantivy.TextAnalyzer:
    # Accents are folded before stemming: "Évaluation" and "evaluation" must stay one word.
    return _folding().filter(tantivy.Filter.stemmer(STEMMERS[language])).build()


@cache
def _stemming(language: str) -> tantivy.TextAnalyzer:
    # Folded words are cut no further: "⑴⑵" is one, and has brackets once it is folded.
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    return words.filter(tantivy.Filter.stemmer(STEMMERS[language])).build()


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


# Asked of each word of each question. Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _is_telling(token: str) -> bool:
    return (
        len(token) > 1
        and token not in _ENGLISH
        and not any(_stops(language, token) for language in _STOP_LISTS)
    )


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
