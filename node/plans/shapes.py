"""What answers about plans, calls, providers and consultations look like, as types.

Made by ``shown``, ``providers`` and ``overlaps`` beside this module; the OpenAPI document is made of these.
"""

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict

from msgspec import Meta

from node.answers.shapes import Answered, SharedTopic, SharedWord, Whence


class Period(TypedDict):
    """Days, both of them included."""

    first: Annotated[str | None, Meta(description="Null where it has no beginning.")]
    last: Annotated[str | None, Meta(description="Null where it has no end.")]
    text: Annotated[str, Meta(description="Both in words.")]


class Plan(TypedDict):
    """Planned work, a call, a provider or a consultation, as its entry states it."""

    address: Annotated[str, Meta(description="What names it in the federation.")]
    type: Annotated[str, Meta(description="roadmap, seeking, offering, provider or consultation.")]
    id: Annotated[str, Meta(description="Within its entry.")]
    project: Annotated[str, Meta(description="Address of the project that its entry belongs to.")]
    entry: Annotated[str, Meta(description="Address of its entry.")]
    name: Annotated[str, Meta(description="Of the thing that it is about.")]
    title: str
    text: str
    language: Annotated[str, Meta(description="Of title and text.")]
    machine: Annotated[bool, Meta(description="Whether a machine translated them, as its entry says.")]
    period: Annotated[Period | None, Meta(description="Null where it does not say when.")]
    over: Annotated[bool, Meta(description="Whether its last day has passed.")]
    overdue: Annotated[
        bool, Meta(description="Whether it is a consultation of which nobody said in time what came out.")
    ]
    topics: Annotated[list[str], Meta(description="Its own, else its entry's, and broader ones.")]
    places: Annotated[list[str], Meta(description="Its own, else its entry's, and broader ones.")]
    url: str | None
    item: Annotated[dict[str, Any], Meta(description="What its publisher states, unchanged.")]
    origin: str
    publisher: Annotated[str, Meta(description="What its publisher calls itself.")]
    modified: str
    reviewed: Annotated[str, Meta(description="When its publisher looked at the entry last; empty if never.")]
    confirmed: Annotated[str | None, Meta(description="The day on which it was last known to hold.")]
    stale: Annotated[bool, Meta(description="Whether nobody confirmed it for long.")]
    matched: Annotated[str, Meta(description="Where the words are, as in a search.")]
    provenance: Whence


class PlanAnswer(Answered):
    """One page of plans, calls or consultations."""

    items: Sequence[Plan]


class Hired(TypedDict):
    """Who can be hired, as whoever publishes the entry says."""

    name: Any
    uri: Any
    ref: Any
    role: Any
    until: Any


class MayBe(TypedDict):
    """A publisher that a provider may be."""

    origin: str
    name: str
    by: Annotated[str, Meta(description="How it is told: origin, domain or identifier.")]
    verified: Annotated[bool, Meta(description="Whether more than its own word tells it.")]
    offers: Annotated[list[Plan], Meta(description="What it offers, the newest.")]


class ProviderPlan(Plan):
    """A provider, and who among the publishers it may be."""

    provider: Annotated[Hired, Meta(description="As it is stated; null where it is not.")]
    publishers: list[MayBe]


class ProviderAnswer(Answered):
    """One page of providers."""

    items: Sequence[ProviderPlan]


class OpenTo(TypedDict):
    """What two items are open to."""

    here: list[str]
    there: list[str]
    both: list[str]


class Overlapping(TypedDict):
    """Somebody else's item, and what it has in common with one."""

    item: Plan
    topics: list[SharedTopic]
    words: list[SharedWord]
    period: Annotated[Period, Meta(description="The days that both have.")]
    open_to: OpenTo
    weight: Annotated[float, Meta(description="All that they share, rare things most.")]
    text: Annotated[str, Meta(description="The same in a sentence.")]


class Overlapped(TypedDict):
    """An item, and others that plan the same, the weightiest first."""

    item: Plan
    overlaps: list[Overlapping]


class Overlaps(TypedDict):
    """Who plans the same as each of some items."""

    items: list[Overlapped]
