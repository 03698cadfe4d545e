"""What answers about the surroundings of a project look like, as types: what points at it, what is like it.

Made by ``backlinks`` beside this module and by :mod:`node.similar.likeness`; the OpenAPI document is made of
these.
"""

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from .logshapes import FollowedBy
from .shapes import Item, SharedTopic, SharedWord, Whence


class Speaker(TypedDict):
    """A publisher, and what this node knows of who that is."""

    origin: str
    name: Annotated[str, Meta(description="What it calls itself; empty when it does not.")]
    domains: Annotated[list[str], Meta(description="Domains that it was seen to speak for.")]
    own: bool
    population: Annotated[
        int | None, Meta(description="How many people live where it works, as it says; null if it does not.")
    ]
    followed: Annotated[FollowedBy | None, Meta(description="How it came to be; null of an own log.")]


class Remark(TypedDict):
    """A statement about something, and who states it."""

    address: str
    origin: str
    id: str
    index: int
    type: str
    name: str
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    publisher: Speaker
    said: Annotated[Any, Meta(description="What it says of what it is about, unchanged.")]
    provenance: Whence


class Backlink(Remark):
    """A statement that points at something."""

    counts: NotRequired[Annotated[bool, Meta(description="Of a use: whether it counts.")]]
    why: NotRequired[Annotated[str | None, Meta(description="Of a use: why it does not count.")]]
    confirmed: NotRequired[
        Annotated[str | None, Meta(description="Of a use: the day on which it was last known to hold.")]
    ]
    state: NotRequired[Annotated[str, Meta(description="Of a vouch: stands, expired or begins.")]]


class NamedThing(TypedDict):
    """What a statement is about, as far as that is here."""

    ref: Annotated[str, Meta(description="As the statement has it.")]
    name: Annotated[str, Meta(description="Empty where it is not here, or has none.")]
    language: Annotated[str, Meta(description="Of the name; und where it is not known.")]
    summary: Annotated[str, Meta(description="Of a project.")]
    summary_language: Annotated[str, Meta(description="One that the reader reads, else that of the name.")]
    project: Annotated[str | None, Meta(description="The canonical address of the project that is meant.")]
    origin: Annotated[str | None, Meta(description="The log of the organisation that is meant.")]
    statement: Annotated[str | None, Meta(description="The address of another statement that is meant.")]


class BacklinkGroup(TypedDict):
    """What points at something in one way."""

    group: str
    items: list[Backlink]


class Claimed(TypedDict):
    """A user that a project's own entries name."""

    value: Annotated[Any, Meta(description="As it is stated.")]
    stated_by: list[str]


class BacklinkPage(TypedDict):
    """One page of what points at a project or a statement."""

    address: str
    counts: Annotated[dict[str, int], Meta(description="Of each group, how many there are in all.")]
    claimed: Annotated[list[Claimed], Meta(description="Users that nobody but its own entries names.")]
    groups: list[BacklinkGroup]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last one.")]


class ServedBacklinks(BacklinkPage):
    """One page of what points at a project or a statement, and where the next one is."""

    next_url: Annotated[str | None, Meta(description="The whole address of the next page.")]


class SharedFeatures(TypedDict):
    """What two projects have in common, the rarest first."""

    topics: list[SharedTopic]
    words: list[SharedWord]


class SimilarItem(Item):
    """A project that is like another one."""

    score: Annotated[float, Meta(description="All that they share, rare things most.")]
    shared: SharedFeatures


class Similar(TypedDict):
    """The projects that are most like one, the most similar first."""

    items: list[SimilarItem]
