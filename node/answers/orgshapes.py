"""What answers about organisations with their parts look like, as types.

Made by ``government`` beside this module; the OpenAPI document is made of these.
"""

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from .nearshapes import NamedThing, Remark


class Belonging(TypedDict):
    """That an organisation says that it is part of another, and whether that one says so too."""

    origin: Annotated[str | None, Meta(description="The log of the other end; null where it is not here.")]
    ref: Annotated[str, Meta(description="How the other end is named; empty where by its name alone.")]
    name: Annotated[str, Meta(description="What the other end is called.")]
    stated_by: Annotated[str, Meta(description="Address of the profile of the part.")]
    confirmed_by: Annotated[
        str | None, Meta(description="Address of the statement with which the whole confirms it.")
    ]


class Stated(Remark):
    """A statement of an organisation, or a vouch for it, and what it is about."""

    target: Annotated[NamedThing | None, Meta(description="What it is about; null of a list.")]
    state: NotRequired[Annotated[str, Meta(description="Of a vouch: stands, expired or begins.")]]


class StatedGroup(TypedDict):
    """Statements of one sort."""

    group: str
    items: list[Stated]


class Organisation(TypedDict):
    """An organisation with its confirmed parts, and one page of what they state of others."""

    origin: str
    name: Annotated[str, Meta(description="What it calls itself; empty when it does not.")]
    part_of: list[Belonging]
    parts: Annotated[list[Belonging], Meta(description="Who says that they are part of it.")]
    together: Annotated[list[str], Meta(description="The logs that are put together here, its own first.")]
    counts: Annotated[dict[str, int], Meta(description="Of each group, how many there are in all.")]
    groups: list[StatedGroup]
    next: Annotated[str | None, Meta(description="The cursor of the next page; null on the last one.")]


class ServedOrganisation(Organisation):
    """The same, with where to go on."""

    next_url: Annotated[str | None, Meta(description="The whole address of the next page.")]
    search_url: Annotated[str, Meta(description="What they publish.")]
    roadmap_url: Annotated[str, Meta(description="What they plan.")]
    seeking_url: Annotated[str, Meta(description="What they look for.")]
    offering_url: Annotated[str, Meta(description="What they offer.")]
