"""What answers about projects look like: documents of the API and of commands, as types.

Made by :mod:`node.answers.clusters`; the OpenAPI document is made of these.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from .shapes import Noted, Whence


class Machine(TypedDict):
    """What of a value a machine made."""

    machine: NotRequired[
        Annotated[list[str], Meta(description="Languages in which a machine made its texts, as they say.")]
    ]


class Stated(Machine):
    """A value, and who states it."""

    value: Any
    stated_by: Annotated[list[str], Meta(description="Addresses of entries.")]


class StatedItem(Stated):
    """An item of a list, and who states it."""

    headline: Annotated[bool, Meta(description="Whether it is in the headline.")]


class Field(Machine):
    """A field with all that is stated of it. A list has `items`, anything else `stated_by` and `also`."""

    value: Annotated[Any, Meta(description="The headline; null where those who decide it state nothing.")]
    stated_by: NotRequired[Annotated[list[str], Meta(description="Addresses of entries.")]]
    also: NotRequired[Annotated[list[Stated], Meta(description="Other values.")]]
    items: NotRequired[list[StatedItem]]


class ReadinessItem(TypedDict):
    """One rule of readiness, and what it gave."""

    rule: str
    points: int
    of: Annotated[int, Meta(description="Points that it gives when it is met.")]
    what: Annotated[str, Meta(description="What it asks for, as a heading.")]
    fix: Annotated[str, Meta(description="What to do, as a clause.")]


class Readiness(TypedDict):
    """How well an entry is described, by published rules."""

    score: Annotated[int, Meta(ge=0, le=100)]
    points: int
    possible: int
    version: Annotated[int, Meta(description="Of the rules.")]
    rules: Annotated[str, Meta(description="Where they are, on any node.")]
    items: list[ReadinessItem]


_Class = TypedDict(
    "_Class",
    {"class": Annotated[str, Meta(description="Own, or what it is of another one: copy, fork or variant.")]},
)


class MemberView(_Class):
    """An entry of a project."""

    address: str
    origin: str
    id: str
    name: str
    language: str
    modified: Annotated[Any, Meta(description="As it is stated; null where it is not.")]
    standing: Annotated[bool, Meta(description="Whether its publisher controls what joins the project.")]
    source: Annotated[Any, Meta(description="The document that it was imported from, as it is stated.")]
    incomplete: Annotated[Any, Meta(description="What the import could not tell, as it is stated.")]
    reported_by: Annotated[
        str, Meta(description="Who reported it and did not sign it, as its publisher says; empty for nobody.")
    ]
    readiness: Readiness
    annotations: list[Noted]
    provenance: Whence


class Joint(TypedDict):
    """What joins the entries of a project."""

    identifier: str
    name: str
    why: str


class Related(TypedDict):
    """Another project that is near, and not joined."""

    project: str
    name: str
    relation: Literal["related", "copy", "maybe the same"]
    why: str


class Link(TypedDict):
    """What somebody says of two entries."""

    address: str
    origin: str
    relation: str
    subject: str
    target: str
    reason: str
    acts: Annotated[bool, Meta(description="Whether it has an effect on what is joined here.")]


class Decision(TypedDict):
    """What this node's operator joined or took out."""

    number: int
    action: Annotated[str, Meta(description="join or split.")]
    entries: Annotated[list[str], Meta(description="Their addresses: two of a join, one of a split.")]
    reason: str
    at: str


class Maintainer(TypedDict):
    """Who looks after a project, as its entries or they themselves say."""

    name: str
    ref: str
    role: Annotated[str | None, Meta(description="owner or maintainer; null where no entry names them.")]
    named_by: Annotated[list[str], Meta(description="Addresses of entries.")]
    confirmed_by: Annotated[
        str | None, Meta(description="Address of their own word; null where there is none.")
    ]


class Suite(TypedDict):
    """What a project says it is part of."""

    project: Annotated[str | None, Meta(description="Null where it is not here.")]
    ref: str
    name: str
    stated_by: list[str]
    confirmed: Annotated[bool, Meta(description="Whether whoever decides about it says so too.")]


class Variant(TypedDict):
    """What says that it is a variant of a project."""

    project: str
    name: str
    stated_by: list[str]


class Part(Variant):
    """What says that it is part of a project."""

    confirmed: Annotated[bool, Meta(description="Whether whoever decides about the project says so too.")]


class ProjectView(TypedDict):
    """One project as all its publishers describe it."""

    address: Annotated[str, Meta(description="The canonical one.")]
    name: str
    summary: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    summary_language: Annotated[str, Meta(description="One that the reader reads, else that of the name.")]
    machine: Annotated[
        list[str],
        Meta(description="Which of name and summary a machine translated, as whoever states it says."),
    ]
    kind: Annotated[Any, Meta(description="As it is stated.")]
    fields: dict[str, Field]
    members: list[MemberView]
    backlinks: Annotated[dict[str, int], Meta(description="How many of each group point at it.")]
    evidence: list[Joint]
    related: list[Related]
    links: list[Link]
    decisions: list[Decision]
    maintainers: list[Maintainer]
    part_of: list[Suite]
    parts: list[Part]
    variants: list[Variant]


class ServedProject(ProjectView):
    """One project as all its publishers describe it, with what is told apart."""

    backlinks_url: Annotated[str, Meta(description="Who points at it.")]


class Leading(TypedDict):
    """Where to go instead; the header Location has the whole address."""

    address: Annotated[str, Meta(description="The project's canonical one.")]
