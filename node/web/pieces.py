"""What a statement says, cut into pieces that a page knows how to show: pure, from JSON to values.

::

    piece("name", {"fr": "Budget", "it": "Bilancio"}, ("it",))   →  Piece("text", "Bilancio", "it")
    piece("license", "EUPL-1.2", …)                             →  Piece("word", "EUPL-1.2", facet="license")
    piece("links", [{"rel": "docs", "url": "https://…"}], …)    →  a list of pairs

A statement may be of any shape: what is not known is shown as it is, and only so deep and so long.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from node.answers.texts import machine_made
from protocol.forms import is_date
from protocol.language import UNDETERMINED, best_text, is_tag

from .marks import is_web
from .wording import maps, vocabulary_of

MOST: Final = 60
"""Items of one list that are shown."""

_DEEPEST: Final = 5
_LONGEST: Final = 12_000  # characters
_GAPS: Final = re.compile(r"\n\s*\n")
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

_OPEN: Final[Mapping[tuple[str, str], str]] = {
    ("", "type"): "statement",
    ("access", "reason"): "access-reason",
    ("participation", "method"): "participation-method",
    ("translations", "from"): "language",
}
"""The same of fields that mean this in one place only."""

_BY_LANGUAGE: Final = frozenset({"translations", "texts"})
"""Fields that have a map for each language."""

_PROSE: Final = "description"
"""The field whose text is in a small part of Markdown."""

_NUMBERED: Final = frozenset({"roadmap", "seeking", "offering"})
"""Fields whose items have an ``id``, by which programs know them again and nobody else."""

_FIRST: Final = (
    "title",
    "name",
    "ref",
    "by",
    "type",
    "text",
    "stage",
    "status",
    "from",
    "opens",
    "to",
    "closes",
    "until",
)
_NAMING: Final = ("ref", "uri", "target", "subject", "fork", "successor")
_MOST_LOOKED_AT: Final = 2_000  # values within values


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a page can show.

    Attributes:
        form: How.
        text: What; empty of what has parts.
        language: Of the text, or of all texts of a list.
        facet: Of a word: what is counted by it. Of pairs: the same, where their names are words.
        parts: Of a list its items; of pairs their values.
        names: Of pairs the names of the parts.
        within: Of pairs: the field in which they stand.
        more: Whether something is left out.
        others: Other languages in which the text is there.
        machine: Whether a machine translated the text, as whoever states it says.
    """

    form: Literal[
        "text", "prose", "word", "link", "mail", "day", "number", "truth", "list", "pairs", "nothing"
    ]
    text: str = ""
    language: str = UNDETERMINED
    facet: str = ""
    parts: tuple["Piece", ...] = ()
    names: tuple[str, ...] = ()
    within: str = ""
    more: bool = False
    others: tuple[str, ...] = ()
    machine: bool = False


_NOTHING: Final = Piece("nothing")


def piece(
    field: str,
    value: Any,  # noqa: ANN401 - anybody's
    languages: Sequence[str],
    *,
    within: str = "",
    machine: Collection[str] = (),
) -> Piece:
    """Return what a field says; what is empty says nothing.

    Args:
        field: Its name, which says what a text means.
        value: As JSON has it.
        languages: What the reader reads, by preference.
        within: The field in which the map stands that has this one; empty for the statement itself.
        machine: Languages in which whoever states it says that a machine made the texts.
    """
    return _Cutting(tuple(languages), frozenset(machine)).piece(field, value, within, 1 if within else 0)


@dataclass(frozen=True, slots=True)
class _Cutting:
    """Cuts for one reader what one statement says."""

    languages: tuple[str, ...]
    machine: frozenset[str]

    def piece(self, field: str, value: Any, within: str, depth: int) -> Piece:  # noqa: ANN401 - anybody's
        """Return what a field says, so deep in its statement."""
        if value is None or value in ("", [], {}):
            return _NOTHING
        if depth > _DEEPEST:
            return Piece("nothing", more=True)
        if isinstance(value, str):
            return _of_text(field, value, within)
        if isinstance(value, list):
            parts = [self.piece(field, each, within, depth + 1) for each in value[:MOST]]
            return _whole(Piece("list", parts=tuple(parts), more=len(value) > MOST))
        if isinstance(value, dict):
            return self._of_map(field, value, depth)
        is_truth = isinstance(value, bool)
        return Piece("truth", "yes" if value else "") if is_truth else Piece("number", str(value))

    def _of_map(self, field: str, value: Mapping[str, Any], depth: int) -> Piece:
        if field in _BY_LANGUAGE and all(map(is_tag, value)):
            # What stands in each is named as what it is for, not by the language.
            parts = [self._pairs(field, each, depth + 1) for each in [*value.values()][:MOST]]
            names = tuple(value)[:MOST]
            return Piece(
                "pairs", "", facet="language", parts=tuple(parts), names=names, more=len(value) > MOST
            )
        if (field in _TEXTS or (depth == 0 and field not in maps())) and all(map(is_tag, value)):
            texts = {tag: text for tag, text in value.items() if isinstance(text, str)}
            if len(texts) == len(value):
                return self._of_texts(field, texts)
            lists = {tag: "\n".join(map(str, each)) for tag, each in value.items() if isinstance(each, list)}
            if len(lists) == len(value):
                text, language = best_text(lists, self.languages, self.machine) or ("", UNDETERMINED)
                lines = text.split("\n")
                each = tuple(_short(line, language) for line in lines[:MOST] if line)
                made, more = language in self.machine, len(lines) > MOST
                return _whole(Piece("list", "", language, parts=each, more=more, machine=made))
        return self._pairs(field, value, depth)

    def _pairs(self, field: str, value: Any, depth: int) -> Piece:  # noqa: ANN401 - anybody's
        if not isinstance(value, dict):
            return self.piece(field, value, field, depth)
        said = [(key, each) for key, each in value.items() if key != "id" or field not in _NUMBERED]
        # What a thing is called comes first, as a person would say it, and an end after its beginning.
        order = {name: at for at, name in enumerate(_FIRST)}
        first = sorted(said, key=lambda pair: order.get(pair[0], len(order)))[:MOST]
        shown = [(key, self.piece(key, each, field, depth + 1)) for key, each in first]
        kept = [(key, part) for key, part in shown if part != _NOTHING]
        parts, names = tuple(part for _, part in kept), tuple(key for key, _ in kept)
        return _whole(Piece("pairs", parts=parts, names=names, within=field, more=len(value) > MOST))

    def _of_texts(self, field: str, texts: Mapping[str, str]) -> Piece:
        text, language = best_text(texts, self.languages, self.machine) or ("", UNDETERMINED)
        others = tuple(tag for tag in sorted(texts) if tag not in (language, UNDETERMINED))
        made = replace(_short(text, language), others=others[:MOST], machine=language in self.machine)
        return replace(made, form="prose") if field == _PROSE else made


def pieces_of(statement: object, languages: Sequence[str]) -> tuple[tuple[str, Piece], ...]:
    """Return what a statement says, field by field; those that say nothing are left out."""
    if not isinstance(statement, dict):
        return ()
    made = machine_made(statement)
    found = ((field, piece(field, value, languages, machine=made)) for field, value in statement.items())
    return tuple((field, value) for field, value in found if value != _NOTHING)


def has_languages(field: str) -> bool:
    """Tell whether a field has something for each language."""
    return field in _TEXTS or field in _BY_LANGUAGE


def _whole(found: Piece) -> Piece:
    """Return a piece of several; nothing where they say nothing."""
    is_empty = not found.more and all(part == _NOTHING for part in found.parts)
    return _NOTHING if is_empty else found


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - anybody's
    """Yield the texts by which a value names other things: addresses, URLs, numbers; not too many."""
    waiting, left = [value], _MOST_LOOKED_AT
    while waiting and left:
        left -= 1
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each[:MOST])
        elif isinstance(each, dict):
            yield from (text for key in _NAMING if isinstance(text := each.get(key), str) and text)
            waiting.extend(inner for inner in each.values() if isinstance(inner, dict | list))


def _of_text(field: str, text: str, within: str) -> Piece:
    if facet := _OPEN.get((within, field)) or _STANDARDS.get(field) or vocabulary_of(within, field):
        return Piece("word", text, facet=facet)
    if is_web(text):
        return Piece("link", text)
    if field == "email":
        return Piece("mail", text)
    if is_date(text[:_DAY]) and (len(text) == _DAY or text[_DAY] == "T"):
        return Piece("day", text)
    return _short(text, UNDETERMINED)


def _short(text: str, language: str) -> Piece:
    """Return a text, not too long, with at most one empty line in a row."""
    return Piece("text", _GAPS.sub("\n\n", text[:_LONGEST].strip()), language, more=len(text) > _LONGEST)
