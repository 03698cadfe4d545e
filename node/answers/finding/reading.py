"""What words of a question say as filters would: pure, from a text to filters and the words that are left.

::

    reading("participatory budgeting used by towns in French, seeking partners")
        left     participatory budgeting
        taken    used by towns → usedBy=local, in French → language=fr, seeking partners → has=seeking

What stands in quotes is meant as it stands, and is left alone.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from node.answers.conditions import size_band
from node.answers.words import folded, stems
from node.vocabularies.bundled import LANGUAGES

from .sayings import INHABITANTS, OF_SIZE, Saying, sayings

MOST_TAKEN: Final = 6
"""Filters that are read out of one question."""

_LONGEST_NAME: Final = 6  # words
_LONGEST: Final = 500  # characters
_LONGEST_NUMBER: Final = 12  # digits
_GROUP: Final = 3  # digits
_TOKEN: Final = re.compile(
    r'["\u201c\u201d\u201e\u00ab\u00bb][^"\u201c\u201d\u201e\u00ab\u00bb]*["\u201c\u201d\u201e\u00ab\u00bb]|[^\W_]+\*?'
)
_BETWEEN: Final = " ,;.:!?–—-"  # noqa: RUF001 - as it is typed


@dataclass(frozen=True, slots=True)
class Taken:
    """Words of a question that say what a filter says.

    Attributes:
        words: As they were typed.
        facet: The facet.
        value: Its value; empty where only the reader knows which.
    """

    words: str
    facet: str
    value: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as it was understood.

    Attributes:
        parts: Texts, and what was taken for filters, in the order of the question.
    """

    parts: tuple[str | Taken, ...]

    @property
    def text(self) -> str:
        """What is left of the question."""
        return " ".join(filter(None, (each.strip(_BETWEEN) for each in self.parts if isinstance(each, str))))

    @property
    def taken(self) -> tuple[Taken, ...]:
        """What was taken for filters."""
        return tuple(each for each in self.parts if isinstance(each, Taken))

    def keeping(self, those: Collection[Taken]) -> "Reading":
        """Return the same with some filters alone; the words of the others are words again."""
        kept = (each if isinstance(each, str) or each in those else each.words for each in self.parts)
        return Reading(tuple(kept))


@dataclass(frozen=True, slots=True)
class _Token:
    text: str  # folded; empty where it is in quotes or a beginning
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class _Match:
    begin: int  # of tokens
    end: int
    facet: str
    value: str


@lru_cache(maxsize=256)
def reading(question: str) -> Reading:
    """Return a question as far as it says what filters say; all of it is left where it does not."""
    tokens = list(_tokens(question[:_LONGEST]))
    found: list[_Match] = []
    at = 0
    while at < len(tokens) and len(found) < MOST_TAKEN:
        match = _match(tokens, at, found[-1].end if found else 0)
        if match is not None:
            found.append(_of_users(match, found[-1] if found else None))
        at = match.end if match is not None else at + 1
    parts: list[str | Taken] = []
    behind = 0
    for each in found:
        begin, end = tokens[each.begin].begin, tokens[each.end - 1].end
        parts += [question[behind:begin], Taken(question[begin:end], each.facet, each.value)]
        behind = end
    return Reading((*parts, question[behind:]))


def _of_users(match: _Match, before: _Match | None) -> _Match:
    """Return a place as one of users where it follows them: "used by towns in Italy"."""
    is_so = before is not None and before.facet in ("usedBy", "usedIn") and before.end == match.begin
    return replace(match, facet="usedIn") if is_so and match.facet == "jurisdiction" else match


def _tokens(question: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(question):
        text = "" if found[0].endswith("*") else folded(found[0])
        yield _Token(text if text.isalnum() else "", found.start(), found.end())


def _match(tokens: Sequence[_Token], at: int, behind: int) -> _Match | None:
    """Return what a name that begins at a token says; None where none does.

    Args:
        tokens: Of the question.
        at: Where the name begins.
        behind: Where what was taken before ends.
    """
    if (match := _inhabitants(tokens, at, behind)) is not None:
        return match
    words = []
    for token in tokens[at : at + _LONGEST_NAME]:
        if not token.text:
            break
        words.append(token.text)
    said = [(each, tuple(stems(each, words)), tuple(words)) for each in LANGUAGES] if words else []
    for length in range(len(words), 0, -1):
        for saying in sayings():
            for language, stemmed, plain in said:
                phrase = stemmed if saying.is_stemmed else plain
                value = saying.names[language].get(phrase[:length])
                if value is not None and (match := _led(saying, value, tokens, at, length, behind)):
                    return match
    return None


def _inhabitants(tokens: Sequence[_Token], at: int, behind: int) -> _Match | None:
    """Return a number of inhabitants that begins at a token, written together or in groups of three."""
    end = at
    while (
        end < len(tokens) and tokens[end].text.isdecimal() and (end == at or len(tokens[end].text) == _GROUP)
    ):
        end += 1
    number = "".join(token.text for token in tokens[at:end])
    if (
        not number
        or len(number) > _LONGEST_NUMBER
        or end == len(tokens)
        or tokens[end].text not in INHABITANTS
    ):
        return None
    begin = at
    while begin > behind and tokens[begin - 1].text in OF_SIZE:
        begin -= 1
    return _Match(begin, end + 1, "usedBySize", size_band(int(number)))


def _led(
    saying: Saying, value: str, tokens: Sequence[_Token], at: int, length: int, behind: int
) -> _Match | None:
    """Return a name with the words that lead to it; None where one that it needs is missing."""
    begin, end = at, at + length
    while begin > behind and tokens[begin - 1].text in saying.leads:
        begin -= 1
    around = {token.text for token in tokens[begin:at]}
    if saying.needs:
        if around.isdisjoint(saying.needs):
            if end == len(tokens) or tokens[end].text not in saying.trails:
                return None
            end += 1
    elif begin == at and sum(len(token.text) for token in tokens[at:end]) < saying.shortest:
        return None
    return _Match(begin, end, saying.facet, value)
