"""What a publisher says of things and publishers, mostly of others: uses, vouches, links and lists.

What is said here stands in the log of whoever says it and gives nobody any weight by itself::

    {"type": "use", "v": 1, "target": "https://decidim.org", "status": "production",
     "since": "2024-03-01", "purpose": {"fr": "Budget participatif"}, "places": ["FR-ARA"]}

    {"type": "link", "v": 1, "relation": "sameAs", "subject": "https://github.com/decidim/decidim",
     "target": "https://decidim.org", "reason": {"en": "The home page names the repository."}}
"""

# ruff: noqa: RUF012 - msgspec gives every struct its own copy of an empty default

from __future__ import annotations

from typing import Annotated, Any

from .fields import (
    URL,
    Date,
    Line,
    Names,
    Part,
    Place,
    Ref,
    Sha256,
    Summaries,
    Texts,
    Timestamp,
    Topic,
    Url,
    rule,
)
from .parts import Certification, Contact, Document, ListItem, OfferedTexts, Provider, Savings


class Use(Part, frozen=True):
    """That a publisher uses a thing, tries it, thinks about it, or has stopped.

    Who says it is who uses it: the publisher of the log that it stands in. ``reviewed`` is when somebody
    there last made sure that it is still so.
    """

    type: str
    v: int
    target: Annotated[str, rule("uri", most=URL, required=True)] = ""
    status: Annotated[str, rule(vocabulary="use status", required=True)] = ""
    since: Date = ""
    until: Date = ""
    purpose: Texts = {}
    topics: tuple[Topic, ...] = ()
    places: tuple[Place, ...] = ()
    instance: Url = ""
    changes: Annotated[str, rule(vocabulary="changes")] = ""
    fork: Ref = ""
    suppliers: tuple[Provider, ...] = ()
    certifications: tuple[Certification, ...] = ()
    lessons: Texts = {}
    feedback: Texts = {}
    cost_avoided: Savings | None = None
    contact: Contact | None = None
    reviewed: Timestamp = ""
    x: dict[str, Any] = {}


class Vouch(Part, frozen=True):
    """What somebody says for, or against, another's thing or publisher, perhaps until a day.

    What sort of vouch it is is ``vouchType``, because ``type`` says which statement this is. One of type
    ``identity`` says that the publisher of the log ``target`` is the one with this ``fingerprint``. It counts
    from the day ``issued`` to the end of the day ``expires``, in UTC.
    """

    type: str
    v: int
    target: Annotated[str, rule("target", most=URL, required=True)] = ""
    vouch_type: Annotated[str, rule(vocabulary="vouch type", required=True)] = ""
    fingerprint: Sha256 = ""
    scheme: Ref = ""
    level: Line = ""
    issued: Date = ""
    expires: Date = ""
    evidence: Document | None = None
    scope: Texts = {}
    x: dict[str, Any] = {}


class Link(Part, frozen=True):
    """How two things hang together, as somebody sees it who may own both, one or neither.

    ``sameAs`` and ``notSameAs`` say that ``subject`` and ``target`` are one thing, or two. ``coMaintains``
    says that the publisher keeps the thing ``target`` going with others: ``subject`` is its own log, or its
    own entry of that thing. ``translationOf`` has no subject: it offers ``texts`` for the entry ``target``
    in languages that this one may lack.
    """

    type: str
    v: int
    relation: Annotated[str, rule(vocabulary="relation", required=True)] = ""
    subject: Annotated[str, rule("target", most=URL)] = ""
    target: Annotated[str, rule("uri", most=URL, required=True)] = ""
    texts: Annotated[dict[str, OfferedTexts], rule("texts")] = {}
    reason: Texts = {}
    since: Date = ""
    x: dict[str, Any] = {}


class CuratedList(Part, frozen=True):
    """Things or publishers in an order: a collection to look through, or whom to allow or to block.

    A list acts on nobody but those who subscribed to it.
    """

    type: str
    v: int
    name: Names
    purpose: Annotated[str, rule(vocabulary="list purpose", required=True)] = ""
    summary: Summaries = {}
    items: tuple[ListItem, ...] = ()
    x: dict[str, Any] = {}
