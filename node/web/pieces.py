"""What a statement says, cut into pieces that a page knows how to show: pure, from JSON to values.

::

    piece("name", {"fr": "Budget", "it": "Bilancio"}, ("it",))   →  Piece("text", "Bilancio", "it")
    piece("license", "EUPL-1.2", …)                             →  Piece("word", "EUPL-1.2", facet="license")
    piece("links", [{"rel": "docs", "url": "https://…"}], …)    →  a list of pairs

A statement may be of any shape: what is not known is shown as it is, and only so deep and so long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from protocol.forms import is_date
from protocol.language import UNDETERMINED, best_text, is_tag

from .marks import is_web
from .wording import vocabulary_of

MOST: Final = 60
"""Items of one list that are shown."""

_DEEPEST: Final = 5
_LONGEST: Final = 12_000  # characters
_DAY: Final = 10  # characters of a date

_TEXTS: Final = frozenset(
    {
        "name", "summary", "description", "purpose", "features", "keywords", "title", "text", "alt", "role",
        "outcome", "outputs", "whoCanTakePart", "howInputIsUsed", "measures", "result", "lessons", "feedback",
        "label", "offlineAlternative",
    }
)  # fmt: skip
_STANDARDS: Final[Mapping[str, str]] = {
    "license": "license",
    "metadataLicense": "license",
    "languages": "language",
    "lang": "language",
    "jurisdictions": "jurisdiction",
    "jurisdiction": "jurisdiction",
    "notFor": "jurisdiction",
    "places": "jurisdiction",
    "skills": "skill",
}
"""Fields whose words are of standards, or of a vocabulary that takes other words too."""

_FIRST: Final = ("title", "name", "type", "text", "stage", "status", "from", "opens", "to", "closes", "until")


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a page can show.

    Attributes:
        form: How.
        text: What; empty of what has parts.
        language: Of the text.
        facet: Of a word: what is counted by it.
        parts: Of a list its items; of pairs their values.
        names: Of pairs the names of the parts.
        more: Whether something is left out.
        others: Other languages in which the text is there.
    """

    form: Literal["text", "word", "link", "mail", "day", "number", "truth", "list", "pairs", "nothing"]
    text: str = ""
    language: str = UNDETERMINED
    facet: str = ""
    parts: tuple["Piece", ...] = ()
    names: tuple[str, ...] = ()
    more: bool = False
    others: tuple[str, ...] = ()


_NOTHING: Final = Piece("nothing")


def piece(
    field: str,
    value: Any,  # noqa: ANN401 - anybody's
    languages: Sequence[str],
    depth: int = 0,
    within: str = "",
) -> Piece:
    """Return what a field says.

    Args:
        field: Its name, which says what a text means.
        value: As JSON has it.
        languages: What the reader reads, by preference.
        depth: Of the value in its statement.
        within: The field in which the map stands that has this one; empty for the statement itself.
    """
    if value is None or depth > _DEEPEST:
        return _NOTHING if value is None else Piece("nothing", more=True)
    if isinstance(value, str):
        return _of_text(field, value, within)
    if isinstance(value, list):
        parts = tuple(piece(field, each, languages, depth + 1, within) for each in value[:MOST])
        return Piece("list", parts=parts, more=len(value) > MOST)
    if isinstance(value, dict):
        return _of_map(field, value, languages, depth)
    return Piece("truth", "yes" if value else "") if isinstance(value, bool) else Piece("number", str(value))


def _of_text(field: str, text: str, within: str) -> Piece:
    if facet := _STANDARDS.get(field) or vocabulary_of(within, field):
        return Piece("word", text, facet=facet)
    if is_web(text):
        return Piece("link", text)
    if field == "email":
        return Piece("mail", text)
    if is_date(text[:_DAY]) and (len(text) == _DAY or text[_DAY] == "T"):
        return Piece("day", text)
    return Piece("text", text[:_LONGEST], more=len(text) > _LONGEST)


def _of_map(field: str, value: Mapping[str, Any], languages: Sequence[str], depth: int) -> Piece:
    if value and (field in _TEXTS or depth == 0) and all(map(is_tag, value)):
        texts = {tag: text for tag, text in value.items() if isinstance(text, str)}
        if len(texts) == len(value):
            text, language = best_text(texts, languages) or ("", UNDETERMINED)
            others = tuple(tag for tag in sorted(texts) if tag not in (language, UNDETERMINED))
            return Piece("text", text[:_LONGEST], language, more=len(text) > _LONGEST, others=others[:MOST])
        lists = {tag: "\n".join(map(str, each)) for tag, each in value.items() if isinstance(each, list)}
        if len(lists) == len(value):
            text, language = best_text(lists, languages) or ("", UNDETERMINED)
            lines = text.split("\n")
            parts = tuple(Piece("text", line[:_LONGEST], language) for line in lines[:MOST] if line)
            return Piece("list", parts=parts, more=len(lines) > MOST)
    said = [(key, each) for key, each in value.items() if each is not None]
    # What a thing is called comes first, as a person would say it, and an end after its beginning.
    order = {name: at for at, name in enumerate(_FIRST)}
    shown = sorted(said, key=lambda pair: order.get(pair[0], len(order)))[:MOST]
    return Piece(
        "pairs",
        parts=tuple(piece(key, each, languages, depth + 1, field) for key, each in shown),
        names=tuple(key for key, _ in shown),
        more=len(value) > MOST,
    )
