"""What a statement shows and what of it is searched: pure, from payload to values.

Works on the unpacked map, not on typed statements, so that what a newer node writes, or
what does not validate, still shows whatever of it is readable.
"""

import datetime as dt
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.language import UNDETERMINED, best_text
from protocol.packing import Value

REPORTED: Final = "reported"
"""The format in the source of an entry that somebody else reported; see ADR 25."""

_EPOCH: Final = dt.date(1970, 1, 1).toordinal()

# What spreadsheets look at first, and the forms of it that some of them take for it (East Asian widths).
_BEGINS_A_FORMULA: Final = tuple("=+-@\t\r\n|%\uff1d\uff0b\uff0d\uff20")

# Field → level of the index, and where in it its texts are if not there; a list stands for each of its items.
_PLACES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "name": ("name", ()),
    "summary": ("lead", ()),
    "keywords": ("lead", ()),
    "aliases": ("lead", ()),
    "description": ("text", ()),
    "purpose": ("text", ()),
    "features": ("text", ()),
    "topics": ("text", ()),
    "license": ("text", ()),
    "identifiers": ("text", ("value",)),
    "roadmap": ("text", ("title", "text")),
    "seeking": ("text", ("text",)),
    "offering": ("text", ("text",)),
    "lessons": ("text", ("text",)),
    "partners": ("text", ("name",)),
    "software": ("text", ("platforms", "programmingLanguages")),
    "standard": ("text", ("acronym",)),
    "participation": ("text", ("outcome",)),
}


@dataclass(frozen=True, slots=True)
class Card:
    """What a list of results shows of one statement.

    Attributes:
        type: Statement type; empty when the payload states none.
        kind: Entry kind or profile type; empty when none is stated.
        name: Language tag → name; empty when there is none.
        summary: Language tag → summary.
        languages: Tags in which the statement has a name, sorted.
        modified: As the publisher states it, RFC 3339; empty when not stated.
        machine: Tags in which a machine translated what it says, as the publisher states it.
    """

    type: str
    kind: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    languages: tuple[str, ...]
    modified: str
    machine: tuple[str, ...] = ()

    def shown(self, languages: Sequence[str] = ()) -> tuple[str, str, str]:
        """Return (name, summary, language of the name) for a reader of ``languages``."""
        name, language = name_for(self.name, languages, self.machine)
        return name, summary_for(self.summary, languages, language, self.machine)[0], language


def card_of(payload: Value) -> Card:
    """Return the card of a payload, whatever of it is readable."""
    fields = payload if isinstance(payload, dict) else {}
    type_, kind = _type_and_kind(fields)
    name = lang_map(fields.get("name"))
    return Card(
        type=type_,
        kind=kind,
        name=name,
        summary=lang_map(fields.get("summary")),
        languages=tuple(sorted(name)),
        modified=_text(fields.get("modified")),
        machine=machine_made(fields),
    )


def name_for(
    names: Mapping[str, str], languages: Sequence[str], machine: Container[str] = ()
) -> tuple[str, str]:
    """Return (name, its language) for a reader of ``languages``; an empty one where there is none.

    Args:
        names: By language.
        languages: What the reader reads, by preference.
        machine: Languages in which a machine made them; see :func:`best_text`.
    """
    return best_text(names, languages, machine) or ("", UNDETERMINED)


def summary_for(
    summaries: Mapping[str, str], languages: Sequence[str], language: str, machine: Container[str] = ()
) -> tuple[str, str]:
    """Return (summary, its language) for a reader of ``languages`` who is shown a name in ``language``.

    Names are often the same everywhere and stated once; what a thing is should be read in one's own
    language. Where it cannot, it follows the name: a card in two foreign languages reads badly.
    """
    return best_text(summaries, (*languages, language), machine) or ("", UNDETERMINED)


def headline_of(payload: Value) -> tuple[str, str, str, str]:
    """Return (type, kind, name, language of the name) of a payload: a card for lists, and for less."""
    fields = payload if isinstance(payload, dict) else {}
    name, language = best_text(lang_map(fields.get("name"))) or ("", UNDETERMINED)
    return *_type_and_kind(fields), name, language


def texts_of(payload: Mapping[str, Value]) -> list[tuple[str, str, str]]:
    """Return (level, language tag, text) of all that search should find; the texts of a list come as one."""
    found: list[tuple[str, str, str]] = []
    for field, value in payload.items():
        if field in _PLACES:
            level, keys = _PLACES[field]
            if not keys:
                _collect(found, level, value)
            for key in keys:
                for item in value if isinstance(value, list) else (value,):
                    if isinstance(item, dict):
                        _collect(found, level, item.get(key))
    return found


def reporter_of(payload: Mapping[str, Value]) -> str:
    """Return who reported an entry that its publisher signed in their place; empty for nobody."""
    source, more = payload.get("source"), payload.get("x")
    if not isinstance(source, dict) or source.get("format") != REPORTED:
        return ""
    said = more.get(REPORTED) if isinstance(more, dict) else None
    by = said.get("by") if isinstance(said, dict) else None
    url = source.get("url")
    return by if isinstance(by, str) and by else url if isinstance(url, str) else ""


def lang_map(value: Value) -> dict[str, str]:
    """Return a text by language, whatever of it is readable."""
    if isinstance(value, str):
        return {UNDETERMINED: value}
    if not isinstance(value, dict):
        return {}
    return {language: text for language, text in value.items() if isinstance(text, str)}


def machine_made(payload: Value) -> tuple[str, ...]:
    """Return the languages in which a statement says that a machine translated its texts."""
    said = payload.get("translations") if isinstance(payload, dict) else None
    if not isinstance(said, dict):
        return ()
    return tuple(tag for tag, how in said.items() if isinstance(how, dict) and how.get("by") == "machine")


def by_machine(**texts: bool) -> list[str]:
    """Return the names of texts that are shown in a machine's translation, as answers have it."""
    return [name for name, is_made in texts.items() if is_made]


def day_of(modified: Value) -> int:
    """Return the day of an RFC 3339 time, in days since 1970; 0 when it is none."""
    try:
        return dt.date.fromisoformat(_text(modified)[:10]).toordinal() - _EPOCH
    except ValueError:
        return 0


def moment(seconds: int | None) -> str | None:
    """Return POSIX seconds as RFC 3339 in UTC, ``2026-05-03T12:00:00Z``; None stays None."""
    if seconds is None:
        return None
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _collect(found: list[tuple[str, str, str]], level: str, value: Value) -> None:
    """Add the texts of a value, as they are or by language. Written out: this is asked of every statement."""
    if isinstance(value, dict):
        for language, said in value.items():
            text = said if isinstance(said, str) else _joined(said)
            if text:
                found.append((level, language, text))
        return
    text = value if isinstance(value, str) else _joined(value)
    if text:
        found.append((level, UNDETERMINED, text))


def _joined(value: Value) -> str:
    """Return the texts of a list as one."""
    return "\n".join([item for item in value if isinstance(item, str)]) if isinstance(value, list) else ""


def _type_and_kind(fields: Mapping[str, Value]) -> tuple[str, str]:
    type_ = _text(fields.get("type"))
    return type_, _text(fields.get("publisherType" if type_ == "profile" else "kind"))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def for_spreadsheets(text: str) -> str:
    """Return a text with an apostrophe in front where a spreadsheet would take it for a formula."""
    # Spaces in front do not hide a formula from every spreadsheet.
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_BEGINS_A_FORMULA) else text
