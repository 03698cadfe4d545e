"""What a publisher states: entries, its profile, withdrawals, and opinions.

A statement is a map (see :mod:`protocol.packing` for its bytes). The map is the truth and is
kept as received, unknown keys included; the structs here are a typed view of it::

    {"type": "entry", "v": 1, "kind": "software", "name": {"und": "Decidim"},
     "summary": {"ca": "Plataforma de participació"}, "topics": ["sector:civic-participation"],
     "lifecycle": "live", "license": "AGPL-3.0-or-later", "languages": ["ca", "es", "en"],
     "links": [{"rel": "landing", "url": "https://decidim.org"}],
     "modified": "2026-11-02T09:00:00Z"}

What it says of others' things is in :mod:`protocol.opinions`. Types of statement that this version does
not know are kept, relayed and flagged.
"""

# ruff: noqa: RUF012 - msgspec gives every struct its own copy of an empty default

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from .fields import (
    Date,
    Language,
    License,
    Line,
    Names,
    Part,
    Place,
    Ref,
    Summaries,
    TextLists,
    Texts,
    Timestamp,
    Topic,
    Url,
    rule,
)
from .kinds import Dataset, Participation, Process, Service, Software, Standard
from .opinions import CuratedList, Link, Use, Vouch
from .packing import Value
from .parts import (
    Access,
    Accessibility,
    Agent,
    AutomatedDecision,
    Base,
    Commitment,
    Conformance,
    Contact,
    Dependency,
    Evidence,
    Funding,
    Identifier,
    Inclusion,
    Lesson,
    Maintenance,
    Media,
    Offering,
    Page,
    Partner,
    Privacy,
    Procurement,
    Provider,
    Reference,
    Right,
    RoadmapItem,
    Security,
    Seeking,
    Source,
    Sustainability,
    Terms,
    Translation,
)

VERSION: Final = 1


class Entry(Part, frozen=True):
    """A full snapshot of one thing; its versions are the log's order."""

    type: str
    v: int
    kind: Annotated[str, rule(vocabulary="kind")]
    name: Names
    # identity and provenance
    slug: Annotated[str, rule("slug", most=64)] = ""
    subtype: Line = ""
    partners: tuple[Partner, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    aliases: tuple[Ref, ...] = ()
    created: Timestamp = ""
    modified: Timestamp = ""
    reviewed: Timestamp = ""
    metadata_license: License = ""
    source: Source | None = None
    incomplete: tuple[Line, ...] = ()
    # description
    summary: Summaries = {}
    description: Texts = {}
    purpose: Texts = {}
    features: TextLists = {}
    translations: Annotated[dict[str, Translation], rule("texts")] = {}
    keywords: TextLists = {}
    topics: tuple[Topic, ...] = ()
    audience: tuple[Annotated[str, rule(vocabulary="audience")], ...] = ()
    jurisdictions: tuple[Place, ...] = ()
    not_for: tuple[Place, ...] = ()
    level: Annotated[str, rule(vocabulary="level")] = ""
    languages: tuple[Language, ...] = ()
    localisable: bool | None = None
    media: tuple[Media, ...] = ()
    links: tuple[Page, ...] = ()
    # state
    lifecycle: Annotated[str, rule(vocabulary="lifecycle")] = ""
    lifecycle_since: Date = ""
    maintenance: Maintenance | None = None
    providers: tuple[Provider, ...] = ()
    contact: Contact | None = None
    # rights and openness
    license: License = ""
    access: Access | None = None
    copyright: Line = ""
    rights: tuple[Right, ...] = ()
    terms: Terms | None = None
    # relations
    based_on: tuple[Base, ...] = ()
    depends_on: tuple[Dependency, ...] = ()
    part_of: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    related_to: tuple[Reference, ...] = ()
    conforms_to: tuple[Conformance, ...] = ()
    claimed_users: tuple[Agent, ...] = ()
    # plans and collaboration
    roadmap: tuple[RoadmapItem, ...] = ()
    seeking: tuple[Seeking, ...] = ()
    offering: tuple[Offering, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    # money and accountability
    funding: tuple[Funding, ...] = ()
    procurement: tuple[Procurement, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    # assurance facts, as the publisher declares them
    accessibility: Accessibility | None = None
    security: Security | None = None
    privacy: Privacy | None = None
    automated_decision: AutomatedDecision | None = None
    sustainability: Sustainability | None = None
    inclusion: Inclusion | None = None
    # the block of the entry's kind
    software: Software | None = None
    service: Service | None = None
    dataset: Dataset | None = None
    standard: Standard | None = None
    process: Process | None = None
    participation: Participation | None = None
    # what other formats say and this one has no word for, by domain or format
    x: dict[str, Any] = {}


class Policy(Part, frozen=True):
    """What a publisher admits and how it keeps its catalogue."""

    admission: Texts = {}
    metadata_license: License = ""
    moderation: Texts = {}
    stale_after_days: int | None = None
    url: Url = ""


class NodeFacts(Part, frozen=True):
    """Where a publisher's node answers and which mirror key cosigns."""

    address: Url = ""
    mirror: Line = ""


class SuggestedPeer(Part, frozen=True):
    """Another log worth following; a suggestion, trusted for nothing."""

    origin: Line = ""
    url: Url = ""
    fingerprint: Line = ""


class Profile(Part, frozen=True):
    """Who the publisher of a log is.

    The organisation's own type is ``publisherType``, because ``type`` says which statement
    this is. ``heartbeat`` is the interval in seconds, 0 for a log without heartbeats.
    ``population`` is how many people live where it works.
    """

    type: str
    v: int
    name: Names
    publisher_type: Annotated[str, rule(vocabulary="publisher type")] = ""
    jurisdiction: Place = ""
    population: int | None = None
    parents: tuple[Reference, ...] = ()
    parts: tuple[Reference, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    contact: Contact | None = None
    links: tuple[Page, ...] = ()
    policy: Policy | None = None
    node: NodeFacts | None = None
    heartbeat: int | None = None
    peers: tuple[SuggestedPeer, ...] = ()
    vocab: tuple[Line, ...] = ()
    x: dict[str, Any] = {}


class Withdrawal(Part, frozen=True):
    """Why a statement was withdrawn, and perhaps what replaces it."""

    type: str
    v: int
    reason: Annotated[str, rule(vocabulary="withdrawal reason", required=True)] = ""
    successor: Ref = ""
    text: Texts = {}


class Unknown(msgspec.Struct, frozen=True):
    """A statement that has no typed view: another type, or fields of another shape.

    Attributes:
        type: What its ``type`` says; empty where that is no text.
        fields: The payload as received, empty where it is no map.
    """

    type: str
    fields: Mapping[str, Value]


View = Entry | Profile | Withdrawal | Use | Vouch | Link | CuratedList
Statement = View | Unknown

# The word in ``type`` -> the struct that views such a statement.
TYPES: Final[Mapping[str, type[View]]] = {
    "entry": Entry,
    "profile": Profile,
    "withdrawal": Withdrawal,
    "use": Use,
    "vouch": Vouch,
    "link": Link,
    "list": CuratedList,
}


# msgspec looks at a struct when it is first used, and crashes when two threads do so at once.
for _struct in TYPES.values():
    msgspec.msgpack.Decoder(_struct)


def decode(payload: Value) -> Statement:
    """Return the typed view of a payload; what has no such view comes back as :class:`Unknown`.

    Never raises. A payload in which :func:`protocol.validate.validate` finds no error always
    has its typed view.
    """
    if not isinstance(payload, dict):
        return Unknown("", {})
    name = payload.get("type")
    struct = TYPES.get(name) if isinstance(name, str) else None
    if struct is None:
        return Unknown(name if isinstance(name, str) else "", payload)
    try:
        return msgspec.convert(payload, struct)
    except msgspec.ValidationError:
        return Unknown(str(name), payload)
