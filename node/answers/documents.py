"""What the index holds of a project or profile: from statements to the fields of one document.

A project is found by the words of all its members, shown and counted by its headline, and named
by any member::

    key      63 bits of a hash of origin and id, one for each member: whichever changes, the document goes
    members  log and id of each member, the canonical one first
    rank     days since 1970 of the newest headline member, then bits of the first key
    order    name, then bits of the first key
    facet    "topic=sector:health", … for filters
    topic_0  one value of each facet in each of its columns, for counting
    exact    whole names
    name_fr, lead_fr, text_fr   the words of a language: names; summary and keywords; all there is

Works on unpacked maps, not on typed statements, so that what a newer node writes, or what does not
validate, is still found by whatever of it is readable.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from federation.headline import ranked
from protocol.language import UNDETERMINED, best_text
from protocol.packing import Value

from .facets import FACETS, facet_values, profile_values
from .projects import Key, Project
from .texts import day_of, lang_map, texts_of
from .words import STEMMED, fields_for, folded

LEVELS: Final = ("name", "lead", "text")
"""Where a word can be: in a name; in summary or keywords; anywhere. ``text`` has the words of all levels."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    facet: tuple(f"{facet}_{number}" for number in range(5 if facet == "topic" else 1)) for facet in FACETS
}
"""Facet → the columns in which its values are counted.

Each document has exactly one text in each column: that is what tantivy counts ten times faster than lists.
A column has one value; the last one has all that are left, joined; an empty text stands for none.
"""

UNSTEMMED: Final = "words"
"""The field of the words themselves, of languages whose texts are indexed as stems."""

SEPARATOR: Final = "\x1f"
"""Between values that share a column; no value contains it."""

_ORDERED: Final = 100  # letters of a name that decide its place
_KEY: Final = 24  # bytes of a member: the log's number, then the id
_NOT_ORDERED: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Document:
    """What the index is given.

    Attributes:
        keys: Of all members.
        fields: Every other field → its values.
    """

    keys: tuple[int, ...]
    fields: dict[str, list[Any]]


def document_key(origin: str, statement_id: bytes) -> int:
    """Return the 63-bit name of a statement in the index."""
    return int.from_bytes(hashlib.sha256(origin.encode() + b"\0" + statement_id).digest()[:8]) >> 1


def document_rank(key: int, day: int) -> int:
    """Return the sort value: newer days first, then a fixed shuffle.

    Args:
        key: From ``document_key``.
        day: Days since 1970-01-01 as the publisher states; clamped to 16 bits.
    """
    return min(max(day, 0), 0xFFFF) << 47 | key >> 16


def document_order(name: str, key: int) -> str:
    """Return the sort text: by letters and digits alone, what has no name last, then a fixed shuffle.

    It has nothing but letters, digits and hyphens, and a hyphen sorts before those.
    """
    plain = _NOT_ORDERED.sub("-", folded(name[: 2 * _ORDERED]))[:_ORDERED]
    return f"{'a' if plain else 'z'}-{plain}--{key:016x}"


def project_document(project: Project) -> Document:
    """Return the document of a project."""
    return _document(project, facet_values(project))


def profile_document(profile: Project) -> Document:
    """Return the document of a publisher's profile."""
    return _document(profile, profile_values(profile))


def headline_texts(project: Project, field: str) -> dict[str, str]:
    """Return the headline of a text by language: one publisher may have translated, another may not."""
    said = [(member, lang_map(member.payload.get(field))) for member in project.members]
    if len(said) == 1:
        return said[0][1]
    tags = sorted({tag for _, texts in said for tag in texts})
    heads = {tag: ranked(m.says(texts[tag]) for m, texts in said if tag in texts)[0].value for tag in tags}
    return {tag: text for tag, text in heads.items() if isinstance(text, str)}


def members_in(packed: bytes) -> Iterator[Key]:
    """Yield log and id of each member, from the field of that name."""
    for at in range(0, len(packed), _KEY):
        yield int.from_bytes(packed[at : at + 8]), packed[at + 8 : at + _KEY]


def _document(subject: Project, values: Mapping[str, tuple[str, ...]]) -> Document:
    members = subject.members
    keys = tuple(document_key(member.origin, member.id) for member in members)
    headline = [member for member in members if member.has_standing] or members
    day = max(day_of(member.payload.get("modified")) for member in headline)
    shown, _ = best_text(headline_texts(subject, "name")) or ("", UNDETERMINED)
    fields: dict[str, list[Any]] = {
        "members": [b"".join(member.log.to_bytes(8) + member.id for member in members)],
        "rank": [document_rank(keys[0], day)],
        "order": [document_order(shown, keys[0])],
        "facet": [f"{facet}={value}" for facet in FACETS for value in values[facet]],
    }
    for facet, columns in COLUMNS.items():
        texts, last = values[facet], len(columns) - 1
        for number, column in enumerate(columns[:-1]):
            fields[column] = [texts[number] if number < len(texts) else ""]
        fields[columns[-1]] = [SEPARATOR.join(texts[last:])]
    return Document(keys, fields | _words(member.payload for member in members))


def _words(payloads: Iterable[Mapping[str, Value]]) -> dict[str, list[Any]]:
    """Return the texts by field; equal ones of several members once."""
    fields: dict[str, dict[str, None]] = defaultdict(dict)
    for payload in payloads:
        for level, language, text in texts_of(payload):
            if level == "name":
                fields["exact"][folded(text)] = None
            for suffix in fields_for(language, text):
                if level != "text":
                    fields[f"{level}_{suffix}"][text] = None
                fields[f"text_{suffix}"][text] = None
                if suffix in STEMMED:
                    fields[UNSTEMMED][text] = None
    names = fields.pop("exact", {})
    # One long text is indexed faster than many short ones.
    return {"exact": list(names)} | {field: ["\n".join(texts)] for field, texts in fields.items()}
