"""What the index holds of a project or profile: from statements to the fields of one document.

A project is found by the words of all its members, shown and counted by its headline, and named
by any member::

    key      63 bits of a hash of origin and id, one for each member: whichever changes, the document goes
    members  log and id of each member, the canonical one first
    rank     days since 1970 of the headline's last change, then bits of the first key
    order    name, then bits of the first key
    reuse    how many organisations use it, then the rank
    facet    "topic=sector:health", … for filters; jurisdictions and topics once more as they are stated
    topic_0  one value of each facet in each of its columns, for counting
    shown    alone, of what is within a card, or has one of its own; card, of a suite with its parts
    exact    whole names
    name_fr, lead_fr, text_fr   the words of a language: names; summary and keywords; all there is

A suite whose parts are found with it (``folding``) has two documents of the same keys: one by itself, and one
that says what all of them say, is as new as the newest and as much used as the most used of them. Questions
leave out the one or the other.

Works on unpacked maps, not on typed statements, so that what a newer node writes, or what does not
validate, is still found by whatever of it is readable.
"""

import datetime as dt
import hashlib
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from protocol.language import UNDETERMINED, best_text

from .conditions import states_of
from .facets import FACETS, SEPARATOR, facet_values, places_of, profile_values, topics_of, whole
from .lexicon import EVERYTHING, UNSTEMMED
from .projects import Key, Member, Project
from .texts import day_of, texts_of
from .uses import Regard
from .words import PAIRS, PLAIN, STEMMED, folded, is_parted, spaced, suffix_of

LEVELS: Final = ("name", "lead", "text")
"""Where a word can be: in a name; in summary or keywords; anywhere. ``text`` has the words of all levels."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    facet: tuple(f"{facet}_{number}" for number in range(8 if facet == "topic" else 1)) for facet in FACETS
}
"""Facet → the columns in which its values are counted.

Each document, those of plans too, has exactly one text in each column: that is what tantivy counts ten times
faster than lists. An empty text stands for none.
Counting costs what the different texts of a column do, also those that nothing found has. So each value has
its own column, and is in the next free one only where another value has taken that; a value for which none is
free is joined to what its own column has.
"""

ALONE: Final = "alone"
"""How what is within a card is shown, or has one of its own: to whoever asks for everything by itself."""

CARD: Final = "card"
"""How a suite is shown together with its parts."""

_UNPARTED: Final = {
    level: tuple(
        dict.fromkeys(f"{each}_{suffix}" for each in (level, EVERYTHING) for suffix in (PLAIN, PAIRS))
    )
    for level in LEVELS
}
"""Level → the fields that a text of unparted words goes into."""

UNCOUNTED: Final = {column: "" for columns in COLUMNS.values() for column in columns}
"""The columns of what counts for no facet.

Where one document of thousands lacks a column, tantivy takes three times as long to count in it: it has to
look for each document where in the column it is.
"""

_ORDERED: Final = 100  # letters of a name that decide its place
_NOT_ORDERED: Final = re.compile(r"[\W_]+")
_MOST_USES: Final = 0xFFFF
_LAST_RANK: Final = (1 << 63) - 1
_TIE: Final = 47  # bits of a rank below its day
_USES: Final = len("a-ffff")  # characters of a reuse text before its rank
_KEY: Final = 24  # bytes of a member: the log's number, then the id
_encode: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Document:
    """What the index holds of one thing.

    Attributes:
        keys: Of all members.
        fields: Every other field → its value, or a list of them.
        card: The same of the document that stands for it together with its parts, where it has any.
    """

    keys: tuple[int, ...]
    fields: dict[str, Any]
    card: dict[str, Any] | None = None

    def written(self) -> "Written":
        """Return it as the index takes it."""
        fields = (self.fields,) if self.card is None else (self.fields, self.card)
        # Put before the others as text: to copy all of them for it costs a third of what writing them does.
        keys = b'{"key":' + _encode(self.keys) + b","
        return Written(self.keys, tuple([(keys + _encode(each)[1:]).decode() for each in fields]))


class Written(NamedTuple):
    """A document as text, which costs little to hand to another process and to the index.

    Attributes:
        keys: Of all members.
        texts: JSON: every field, with the keys as ``key``; once more with its parts, where it has a card.
    """

    keys: tuple[int, ...]
    texts: tuple[str, ...]


# A hash costs as much as the rest of what is done with a statement that waits, and each is asked for twice.
@lru_cache(maxsize=2048)
def document_key(origin: str, statement_id: bytes) -> int:
    """Return the 63-bit name of a statement in the index."""
    return int.from_bytes(hashlib.sha256(origin.encode() + b"\0" + statement_id).digest()[:8]) >> 1


def document_rank(key: int, day: int) -> int:
    """Return the sort value: newer days first, then a fixed shuffle.

    Args:
        key: From ``document_key``.
        day: Days since 1970-01-01 as the publisher states; clamped to 16 bits.
    """
    return min(max(day, 0), 0xFFFF) << _TIE | key >> 16


def document_order(name: str, key: int) -> str:
    """Return the sort text: by letters and digits alone, what has no name last, then a fixed shuffle.

    It has nothing but letters, digits and hyphens, and a hyphen sorts before those.
    """
    plain = _folded(name[: 2 * _ORDERED]).replace(" ", "-")[:_ORDERED]
    if not plain.replace("-", "").isalnum():
        plain = _NOT_ORDERED.sub("-", plain)
    return f"{'a' if plain else 'z'}-{plain}--{key:016x}"


def document_reuse(uses: int, rank: int) -> str:
    """Return the sort text by verified reuse: more uses first, then newer days, then a fixed shuffle.

    Args:
        uses: Organisations that use it.
        rank: From ``document_rank``.
    """
    return f"a-{_MOST_USES - min(uses, _MOST_USES):04x}-{_LAST_RANK - rank:016x}"


def project_document(project: Project, regard: Regard, today: dt.date) -> Document:
    """Return the document of a project, as others regard it, on a day."""
    document = _document(project, facet_values(project, regard, today))
    fields = document.fields
    fields["facet"] += [f"is={state}" for state in states_of(project, regard, today)]
    fields["reuse"] = document_reuse(regard.uses, fields["rank"])
    return document


def profile_document(profile: Project) -> Document:
    """Return the document of a publisher's profile."""
    document = _document(profile, profile_values(profile))
    document.fields["reuse"] = document_reuse(0, document.fields["rank"])
    return document


def alone(document: Document) -> Document:
    """Return the document of a project that is found within the card of another one."""
    return replace(document, fields={**document.fields, "shown": ALONE})


def with_card(document: Document, parts: Iterable[Document]) -> Document:
    """Return the document of a suite, and beside it the one that says what its parts say too."""
    every = [document.fields, *(part.fields for part in parts)]
    card = dict(document.fields)
    for fields in every[1:]:
        for name, texts in fields.items():
            if isinstance(texts, list):
                card[name] = [*card.get(name, ()), *texts]
    card |= {name: list(dict.fromkeys(texts)) for name, texts in card.items() if isinstance(texts, list)}
    # What heads the suite has no value beside it: a card counts for whatever any of its things counts for.
    for facet, columns in COLUMNS.items():
        texts = [fields[column] for fields in every for column in columns]
        values = {value for text in texts for value in text.split(SEPARATOR)} - {""}
        card |= _counted(facet, tuple(sorted(values)))[1]
    newest = max(fields["rank"] >> _TIE for fields in every)
    card["rank"] = newest << _TIE | document.fields["rank"] & (1 << _TIE) - 1
    most_used = min(fields["reuse"][:_USES] for fields in every)
    card["reuse"] = f"{most_used}-{_LAST_RANK - card['rank']:016x}"
    card["shown"] = CARD
    return replace(alone(document), card=card)


def members_in(packed: bytes) -> Iterator[Key]:
    """Yield log and id of each member, from the field of that name."""
    for at in range(0, len(packed), _KEY):
        yield int.from_bytes(packed[at : at + 8]), packed[at + 8 : at + _KEY]


def _document(subject: Project, values: Mapping[str, tuple[str, ...]]) -> Document:
    members = subject.members
    keys = tuple([document_key(member.origin, member.id) for member in members])
    shown, _ = best_text(subject.texts("name")) or ("", UNDETERMINED)
    fields = {**UNCOUNTED, **_words(members)}
    fields["members"] = b"".join([member.log.to_bytes(8) + member.id for member in members])
    fields["rank"] = document_rank(keys[0], day_of(subject.value("modified")))
    fields["order"] = document_order(shown, keys[0])
    terms: list[str] = []
    for facet, those in values.items():
        if those:
            its_terms, its_columns = _counted(facet, those)
            terms += its_terms
            fields |= its_columns
    terms += [f"jurisdiction={place}" for place in whole(places_of(subject))]
    terms += [f"topic={topic}" for topic in whole(topics_of(subject))]
    fields["facet"] = terms
    return Document(keys, fields)


# Most projects have what many others have. Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _counted(facet: str, values: tuple[str, ...]) -> tuple[list[str], dict[str, str]]:
    """Return the terms and the columns of a facet's values."""
    columns = COLUMNS[facet]
    texts, number = [""] * len(columns), len(columns)
    for value in values:
        column = first = zlib.crc32(value.encode()) % number
        if texts[first]:
            turns = (*range(first + 1, number), *range(first))
            column = next((each for each in turns if not texts[each]), first)
        texts[column] += SEPARATOR + value if texts[column] else value
    return [f"{facet}={value}" for value in values], dict(zip(columns, texts, strict=True))


def word_fields(texts: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Return the fields of some texts, given as level, language and text."""
    texts = list(texts)
    found: dict[str, list[str]] = defaultdict(list)
    for level, language, text in texts:
        is_whole = is_parted(text)
        for field in _parted(level, language) if is_whole else _UNPARTED[level]:
            found[field].append(text if is_whole else spaced(text))
    # As many values as texts: words of two texts are no phrase.
    fields: dict[str, Any] = dict(found)
    fields["exact"] = [_folded(text) for level, _, text in texts if level == "name"]
    return fields


# A name is found by itself, and decides the order.
_folded: Final = lru_cache(maxsize=16)(folded)


def _words(members: Sequence[Member]) -> dict[str, Any]:
    """Return the texts by field; equal ones of several members once."""
    texts = texts_of(members[0].payload)
    for member in members[1:]:
        texts += texts_of(member.payload)
    return word_fields(dict.fromkeys(texts) if len(members) > 1 else texts)


@lru_cache(maxsize=4096)
def _parted(level: str, language: str) -> tuple[str, ...]:
    """Return the fields that a text of a language goes into."""
    suffix = suffix_of(language)
    unstemmed = (UNSTEMMED,) if suffix in STEMMED else ()
    return *dict.fromkeys((f"{level}_{suffix}", f"{EVERYTHING}_{suffix}")), *unstemmed
