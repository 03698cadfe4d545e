"""The parts that an entry is made of: who, where, rights, relations, plans.

Every part is a small map with optional keys; what a key holds is said by its type (see
:mod:`protocol.fields`). Parts that belong to one kind of entry are in :mod:`protocol.kinds`.

Example, one of the ``partners`` of an entry::

    {"name": "Ville de Lyon", "role": "owner", "uri": "https://www.lyon.fr"}
"""

# ruff: noqa: RUF012 - msgspec gives every struct its own copy of an empty default

from __future__ import annotations

from typing import Annotated

import msgspec

from .fields import (
    PROSE,
    Amount,
    Date,
    Email,
    Language,
    Line,
    Names,
    Part,
    Period,
    Place,
    Ref,
    Sha256,
    Summaries,
    Texts,
    Topic,
    Url,
    rule,
)


class Agent(Part, frozen=True):
    """Somebody with a role; ``ref`` is a publisher's or organisation's address, else name and uri."""

    ref: Ref = ""
    name: Line = ""
    uri: Ref = ""


class Partner(Agent, frozen=True):
    """An organisation that has a part in the thing."""

    role: Annotated[str, rule(vocabulary="partner role", required=True)] = ""


class Provider(Agent, frozen=True):
    """An organisation that works on the thing for others, perhaps until a date."""

    role: Annotated[str, rule(vocabulary="provider role")] = ""
    until: Date = ""


class Reference(Agent, frozen=True):
    """Another thing: its address or URL in ``ref``, or only its name."""


class Base(Reference, frozen=True):
    """What the thing was made from."""

    relation: Annotated[str, rule(vocabulary="base relation")] = ""


class Dependency(Reference, frozen=True):
    """What the thing needs to work."""

    type: Annotated[str, rule(vocabulary="dependency type")] = ""
    min: Line = ""
    max: Line = ""
    version: Line = ""
    optional: bool | None = None


class Conformance(Part, frozen=True):
    """A standard, law or platform that the thing conforms to."""

    ref: Annotated[str, rule("line", required=True)] = ""
    level: Line = ""
    status: Annotated[str, rule(vocabulary="conformance status")] = ""
    evidence: Url = ""


class Identifier(Part, frozen=True):
    """A name that the thing has elsewhere, such as its code repository."""

    scheme: Annotated[str, rule(vocabulary="identifier scheme", required=True)] = ""
    value: Annotated[str, rule("line", most=2_000, required=True)] = ""


class FoundAt(Part, frozen=True):
    """Where the imported file was found: a repository and the path in it."""

    repo: Line = ""
    path: Line = ""


class SourceFile(Part, frozen=True):
    """A document that says something about the thing too."""

    path: Annotated[str, rule("path", most=1_000)] = ""
    url: Url = ""
    sha256: Sha256 = ""
    found_at: FoundAt | None = None


class Source(Part, frozen=True):
    """Where an imported entry was read, so that everybody can look for themselves.

    ``path`` is relative, ``original`` maps JSON pointers of the source to the values that
    the import had to change. ``record`` is the thing's own id there; ``member`` says the how
    manyth of a list it was among those with its repository and name; ``files`` are the other
    documents that are joined in this entry.
    """

    format: Line = ""
    version: Line = ""
    record: Line = ""
    member: int | None = None
    path: Annotated[str, rule("path", most=1_000)] = ""
    url: Url = ""
    sha256: Sha256 = ""
    fetched: Date = ""
    found_at: FoundAt | None = None
    tool: Line = ""
    original: dict[str, str | int | bool | None] = {}
    files: tuple[SourceFile, ...] = ()


class Translation(Part, frozen=True):
    """How the texts of one language came about."""

    by: Annotated[str, rule(vocabulary="translator")] = ""
    from_: Language = msgspec.field(name="from", default="")
    tool: Line = ""


class Media(Part, frozen=True):
    """A picture or film about the thing; ``lang`` is the language it shows."""

    type: Annotated[str, rule(vocabulary="media type", required=True)] = ""
    url: Annotated[str, rule("url", most=2_000, required=True)] = ""
    lang: Language = ""
    alt: Summaries = {}
    sha256: Sha256 = ""


class Page(Part, frozen=True):
    """A page about the thing, or about the publisher."""

    rel: Annotated[str, rule(vocabulary="link rel", required=True)] = ""
    url: Annotated[str, rule("url", most=2_000, required=True)] = ""
    lang: Language = ""


class Maintenance(Part, frozen=True):
    """Who keeps the thing going."""

    mode: Annotated[str, rule(vocabulary="maintenance mode", required=True)] = ""
    support_until: Date = ""
    cadence: Line = ""


class Contact(Part, frozen=True):
    """How to reach a function, never a natural person."""

    role: Names = {}
    email: Email = ""
    url: Url = ""


class Access(Part, frozen=True):
    """Who may see the source, and the reason where not everybody may."""

    source: Annotated[str, rule(vocabulary="source access")] = ""
    reason: Line = ""
    text: Texts = {}


class Right(Part, frozen=True):
    """A notice about rights, such as a label for indigenous data."""

    label: Ref = ""
    text: Texts = {}


class Terms(Part, frozen=True):
    """What using the thing costs."""

    cost: Annotated[str, rule(vocabulary="cost")] = ""
    text: Texts = {}
    url: Url = ""


class Commitment(Part, frozen=True):
    """A public promise that the thing fulfils."""

    scheme: Annotated[str, rule(vocabulary="commitment scheme")] = ""
    id: Line = ""
    url: Url = ""


class RoadmapItem(Part, frozen=True):
    """Something planned: what, when, and what others may join."""

    id: Line = ""
    title: Annotated[dict[str, str], rule("texts", most=120, required=True)] = {}
    text: Texts = {}
    stage: Annotated[str, rule(vocabulary="roadmap stage", required=True)] = ""
    from_: Period = msgspec.field(name="from", default="")
    to: Period = ""
    topics: tuple[Topic, ...] = ()
    open_to: tuple[Annotated[str, rule(vocabulary="roadmap openness")], ...] = ()
    budget: Line = ""
    url: Url = ""
    commitments: tuple[Commitment, ...] = ()


class Compensation(Part, frozen=True):
    """What somebody who answers a call gets."""

    kind: Annotated[str, rule(vocabulary="compensation")] = ""
    amount: Amount | None = None
    currency: Annotated[str, rule("currency")] = ""
    url: Url = ""


class _Call(Part, frozen=True):
    id: Line = ""
    text: Annotated[dict[str, str], rule("texts", most=PROSE, required=True)] = {}
    skills: tuple[Line, ...] = ()
    languages: tuple[Language, ...] = ()
    places: tuple[Place, ...] = ()
    compensation: Compensation | None = None
    until: Annotated[str, rule("date", required=True)] = ""
    contact: Contact | None = None


class Seeking(_Call, frozen=True):
    """Something the publisher looks for, until a date at most a year away."""

    type: Annotated[str, rule(vocabulary="seeking", required=True)] = ""


class Offering(_Call, frozen=True):
    """Something the publisher offers to others, until a date."""

    type: Annotated[str, rule(vocabulary="offering", required=True)] = ""


class Lesson(Part, frozen=True):
    """What was learnt."""

    text: Annotated[dict[str, str], rule("texts", most=PROSE, required=True)] = {}
    date: Date = ""
    url: Url = ""


class Evidence(Part, frozen=True):
    """A study of what the thing does."""

    type: Annotated[str, rule(vocabulary="evidence type")] = ""
    url: Url = ""
    doi: Line = ""
    result: Texts = {}


class Funding(Part, frozen=True):
    """Money that the thing got."""

    by: Line = ""
    programme: Line = ""
    type: Annotated[str, rule(vocabulary="funding type")] = ""
    from_: Period = msgspec.field(name="from", default="")
    to: Period = ""
    amount: Amount | None = None
    currency: Annotated[str, rule("currency")] = ""
    url: Ref = ""


class Procurement(Part, frozen=True):
    """A contract about the thing."""

    ocid: Line = ""
    url: Url = ""
    supplier: Line = ""
    value: Amount | None = None


class Accessibility(Part, frozen=True):
    """How usable the thing is for everybody, as its publisher says."""

    standard: Line = ""
    level: Line = ""
    status: Line = ""
    statement: Url = ""
    assessed_by: Line = ""
    date: Date = ""


class Security(Part, frozen=True):
    """Where security is described."""

    policy: Url = ""
    sbom: Url = ""
    scorecard: Url = ""


class Privacy(Part, frozen=True):
    """What the thing does with personal data."""

    personal_data: Annotated[str, rule(vocabulary="personal data")] = ""
    dpia: Url = ""
    notice: Url = ""


class AutomatedDecision(Part, frozen=True):
    """Whether the thing decides about people by itself."""

    used: bool | None = None
    register_url: Url = ""


class Sustainability(Part, frozen=True):
    """What the thing costs the planet."""

    statement: Url = ""
    metric: Line = ""
    value: Amount | None = None
    method: Line = ""


class Inclusion(Part, frozen=True):
    """What is done for people who would be left out."""

    offline_alternative: bool | Texts | None = None
    groups: tuple[Line, ...] = ()
    measures: Texts = {}


class Document(Part, frozen=True):
    """A document elsewhere, and what it was when it was looked at."""

    url: Annotated[str, rule("url", most=2_000, required=True)] = ""
    sha256: Sha256 = ""


class Certification(Part, frozen=True):
    """A certificate that somebody's use of a thing has, and until when."""

    type: Line = ""
    standard: Line = ""
    level: Line = ""
    issued: Date = ""
    expires: Date = ""
    issuer: Line = ""
    reference: Line = ""


class Savings(Part, frozen=True):
    """What using a thing saved, as the user reckons: how is said in ``method``."""

    amount: Amount | None = None
    currency: Annotated[str, rule("currency")] = ""
    method: Line = ""


class OfferedTexts(Part, frozen=True):
    """The texts of an entry in another language, and how they came about."""

    name: Annotated[str, rule(most=120)] = ""
    summary: Annotated[str, rule(most=150)] = ""
    description: Annotated[str, rule(most=PROSE)] = ""
    by: Annotated[str, rule(vocabulary="translator")] = ""


class ListItem(Part, frozen=True):
    """One item of a list: what bears the name ``ref``, the ``fingerprint``, or both where both are given.

    ``ref`` is a thing's address or URL, the origin of a log, or a host, which stands for all logs there
    and below it.
    """

    ref: Annotated[str, rule("listed", most=2_000)] = ""
    fingerprint: Sha256 = ""
    text: Texts = {}
    until: Date = ""
