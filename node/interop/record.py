"""What an importer hands over: records, each with what happened to its values.

A record is one entry read from a foreign document, or a document that gave none. Every
value of the document is in the entry, or a remark says where it went. Values that change
without anybody editing them are beside the entry, never in it::

    Record(format="publiccode.yml", place="acme__tool.yml", key=RecordKey("https://…", "Tool"),
           payload={"type": "entry", …},
           remarks=(Remark("dropped", "/maintenance/contacts/0/email", "Personal contact data…"),),
           annotations=(Annotation(Fact.VERSION, "2.1"),))
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RemarkKind(StrEnum):
    """What happened to a value."""

    KEPT = "kept"
    """No field fits; it is under ``x``."""
    CHANGED = "changed"
    """Another spelling is in the entry; ``source.original`` has the value as it was."""
    DROPPED = "dropped"
    """Not in the entry: contact data of people."""
    EMPTY = "empty"
    """The key is there and says nothing."""
    FLAGGED = "flagged"
    """In the entry, and worth a look: an unknown licence, contact data that were kept as asked."""
    VOLATILE = "volatile"
    """Not in the entry: it changes without anybody editing it, such as a version; see :class:`Fact`."""
    JOINED = "joined"
    """Another document says it too, or says more; both are in one entry."""
    MISSING = "missing"
    """A reader would want it, and the document does not have it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A line of the report about one record.

    Attributes:
        kind: What happened.
        pointer: JSON pointer into the foreign document, or into the entry where the remark is
            about the entry (``FLAGGED`` and ``MISSING``).
        message: A sentence; never holds personal data.
    """

    kind: RemarkKind
    pointer: str
    message: str


class Fact(StrEnum):
    """What is noted about a thing at this node, because stating it would be old at once."""

    VERSION = "version"
    """The newest version."""
    RELEASED = "released"
    """When that came out."""
    LAST_MODIFIED = "last-modified"
    """When the thing itself, such as its code, last changed."""
    FORKS = "forks"
    """How many copies of the repository are worked on."""
    CLONES = "clones"
    """How often the repository was copied."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """A volatile fact, as the document has it.

    Attributes:
        name: Which one.
        value: One line, at most 300 characters.
    """

    name: Fact
    value: str


@dataclass(frozen=True, slots=True)
class RecordKey:
    """What tells the records of one source apart: the thing's URL and its name.

    A source in which *both* changed holds another thing. A repository alone never identifies
    one: in real files it is often somebody else's.

    Attributes:
        url: Its code repository; empty when there is none.
        name: Its name.
        member: For a member of a list, the how manyth with this URL and name, from 1. 0 for what
            a source holds alone.
    """

    url: str
    name: str
    member: int = 0

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> RecordKey:
        """Return the key of an entry, so that it can be had again from a log."""
        found = payload.get("identifiers", ())
        urls = [item.get("value", "") for item in found if item.get("scheme") == "repo"]
        names = payload.get("name", {})
        name = names.get("und") or next((names[tag] for tag in sorted(names)), "")
        return cls(urls[0] if urls else "", name, payload.get("source", {}).get("member", 0))

    @classmethod
    def parse(cls, text: str) -> RecordKey:
        """Return the key that :meth:`__str__` wrote."""
        return cls(*json.loads(text))

    @property
    def pair(self) -> tuple[str, str]:
        """URL and name."""
        return self.url, self.name

    def __str__(self) -> str:
        """Return the form that is stored, ``["https://…", "Name"]``, with a number from the second on."""
        numbered = [self.member] if self.member > 1 else []
        return json.dumps([self.url, self.name, *numbered], ensure_ascii=False)

    def continues(self, other: RecordKey) -> bool:
        """Tell whether this can be a later version of the other: not both parts changed."""
        return self.name == other.name or (self.url == other.url and self.url != "")


@dataclass(frozen=True, slots=True)
class Record:
    """One entry read from one foreign document, or the reason why there is none.

    Attributes:
        format: Name of the foreign format, such as ``publiccode.yml``.
        place: The document: a path relative to what was imported, or a URL.
        key: What tells the records of this document apart; None when rejected.
        payload: The entry; None when rejected.
        remarks: What happened to the values, in the order of the document.
        annotations: Volatile facts, each name once; never in the payload.
        rejection: Why nothing could be read, as one line with place and way out; else empty.
    """

    format: str
    place: str
    key: RecordKey | None = None
    payload: dict[str, Any] | None = None
    remarks: tuple[Remark, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    rejection: str = ""

    @property
    def source(self) -> str:
        """What the record is remembered under, together with its key."""
        return self.place if self.payload is None else remembered_as(self.payload)

    @classmethod
    def rejected(cls, format_: str, place: str, reason: str) -> Record:
        """Return a record of a document from which nothing could be read."""
        return cls(format_, place, rejection=" ".join(reason.split()))


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes from a file or URL, or the reason why there are none.

    Attributes:
        place: A path relative to what was imported, or a URL.
        full: Every known component of the path or URL, for the ``--found-at`` list; local
            only, never published.
        data: The bytes.
        rejection: Why they could not be had; else empty.
    """

    place: str
    full: str
    data: bytes = b""
    rejection: str = ""

    @property
    def is_url(self) -> bool:
        """Whether ``place`` is a URL."""
        return self.place.startswith(("http://", "https://"))


def remembered_as(payload: Mapping[str, Any]) -> str:
    """Return what names the source of an imported entry: the record's own id, else where it lies.

    Empty when the entry does not say.
    """
    source = payload.get("source", {})
    found = source.get("record") or source.get("path") or source.get("url")
    return found if isinstance(found, str) else ""


def counted(remarks: Iterable[Remark]) -> dict[str, int]:
    """Return how many remarks there are of each kind, kinds without any left out."""
    found: dict[str, int] = {}
    for remark in remarks:
        found[remark.kind] = found.get(remark.kind, 0) + 1
    return found
