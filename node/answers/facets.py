"""Facets: the few properties by which projects are counted and filtered.

::

    kind software   topic sector:health   lifecycle live   license EUPL-1.2   language fr
    jurisdiction IT   publisher lyon.example/log/lyon/1   subtype library   audience citizens
    level local   maintenance community   access open   has lessons   uses 5..
    vouchedBy oslo.example/log/oslo/1   vouch audit

A project has the values of its headline; of lists those of the publishers with standing, or of all
where nobody has it; and everybody who describes it as publisher. Narrow values count as the broader ones
too: a topic as its parents, ``de-CH`` as ``de``, ``IT-25`` as ``IT``. What is under an open licence counts
as ``open`` where its access is not stated. A profile, which is found beside projects, has its publisher and
its jurisdiction.

A filter may also mean what is for a wider place (``widened``): things for all of Italy, of the Union or of
the world serve Lombardy too, and things for Rome do not. They are told by a term of their own, for what a
project is stated to be for and nothing narrower.

What others say counts as ``uses`` says: by whom a project is vouched for today, as what by publishers with a
verified domain, and how many such organisations use it.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import pairwise
from operator import itemgetter
from typing import Final, TypeGuard

from node.vocabularies.every import label_of
from protocol.language import canonical_tag
from protocol.licence import normalised
from protocol.openness import is_open
from protocol.packing import Value
from protocol.places import broader_places
from protocol.vocabulary import TOPIC_ALIASES, broader_topics

from .conditions import has_values, size_band, use_bands
from .projects import Project
from .uses import NO_REGARD, Regard

FACETS: Final = (
    "kind", "topic", "lifecycle", "license", "language", "jurisdiction", "publisher", "subtype", "audience",
    "level", "maintenance", "access", "has", "uses", "usedBy", "usedIn", "usedBySize", "vouchedBy", "vouch",
)  # fmt: skip
"""What can be counted and filtered by."""

SEPARATOR: Final = "\x1f"
"""Between values that share a column of the index; no value contains it."""

MAX_VALUES: Final = 200
"""Values of a list that count; the entry model allows no longer lists."""

_LONGEST: Final = 500  # characters of a value
_LONGEST_NUMBER: Final = 12  # digits: the world has ten


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value of a facet, and how many projects have it.

    Attributes:
        value: As filters name it.
        count: What the total is when this value alone is asked for, other facets' filters kept.
        label: What it is called in the reader's language; None when no vocabulary knows it.
    """

    value: str
    count: int
    label: str | None = field(default=None, compare=False)


def facet_values(
    project: Project, regard: Regard = NO_REGARD, today: dt.date = dt.date.min
) -> dict[str, tuple[str, ...]]:
    """Return for each of ``FACETS`` the values that a project counts for, sorted, each once.

    Args:
        project: As it stands now.
        regard: What others say of it.
        today: The day; without one nothing that it seeks is over.
    """
    return {
        "kind": _counted_as("kind", (project.value("kind"),)),
        "topic": _counted_as("topic", project.values("topics")),
        "lifecycle": _counted_as("lifecycle", (project.value("lifecycle"),)),
        "license": _counted_as("license", (project.value("license"),)),
        "language": _counted_as("language", project.values("languages")),
        "jurisdiction": _counted_as("jurisdiction", project.values("jurisdictions")),
        "publisher": tuple(sorted({member.origin for member in project.members})),
        "subtype": _counted_as("subtype", (project.value("subtype"),)),
        "audience": _counted_as("audience", project.values("audience")),
        "level": _counted_as("level", (project.value("level"),)),
        "maintenance": _counted_as("maintenance", (_within(project.value("maintenance"), "mode"),)),
        "access": _counted_as("access", (_access(project),)),
        "has": has_values(project, regard, today),
        "uses": use_bands(regard.uses),
        "usedBy": _counted_as("usedBy", regard.used_by),
        "usedIn": _counted_as("usedIn", regard.used_in),
        "usedBySize": tuple(sorted({size_band(people) for people in regard.populations})),
        "vouchedBy": regard.vouched_by,
        "vouch": regard.vouched_as,
    }


def profile_values(profile: Project) -> dict[str, tuple[str, ...]]:
    """Return the same for a publisher's profile."""
    return {
        **dict.fromkeys(FACETS, ()),
        "jurisdiction": _counted_as("jurisdiction", (profile.value("jurisdiction"),)),
        "publisher": (profile.members[0].origin,),
    }


def most_frequent(
    facet: str, counts: Sequence[tuple[str, int]], limit: int, languages: Sequence[str]
) -> tuple[FacetCount, ...]:
    """Return the first of the ``ordered`` values of a facet, with what a reader calls them."""
    return tuple(
        FacetCount(value, number, label_of(facet, value, languages)) for value, number in counts[:limit]
    )


def ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return values with their counts, those that most have first, then by value."""
    found = sorted(counts.items())
    # What is equal stays in its order, also where the largest come first.
    found.sort(key=itemgetter(1), reverse=True)
    return found


def spelled(facet: str, value: str) -> str:
    """Return a value in the spelling that is counted: ``MIT`` for ``mit``, ``fr-FR`` for ``fr_FR``."""
    match facet:
        case "topic":
            return TOPIC_ALIASES.get(value, value)
        case "license":
            return normalised(value) or value
        case "language":
            return canonical_tag(value) or value
        case "jurisdiction" | "usedIn":
            return value.upper()
        case "uses" | "usedBySize":
            return _band(facet, value)
        case _:
            return value


def _band(facet: str, value: str) -> str:
    if facet == "uses":
        return f"{value.removesuffix('..')}.."
    return size_band(int(value[:_LONGEST_NUMBER])) if value.isascii() and value.isdigit() else value


def places_of(subject: Project) -> tuple[str, ...]:
    """Return the places that a project or profile is stated to be for, as codes, sorted, each once."""
    is_profile = subject.members[0].payload.get("type") == "profile"
    stated = (subject.value("jurisdiction"),) if is_profile else subject.values("jurisdictions")
    return _looked_up(_spelled, "jurisdiction", stated[:MAX_VALUES])


def topics_of(subject: Project) -> tuple[str, ...]:
    """Return the topics that a project is stated to have, without the broader ones, sorted, each once."""
    return _looked_up(_spelled, "topic", subject.values("topics")[:MAX_VALUES])


def whole(values: Iterable[str]) -> tuple[str, ...]:
    """Return what finds projects that are stated to have some values, and not those of narrower ones."""
    return tuple(f"{value}{SEPARATOR}" for value in values)


def widened(places: Iterable[str]) -> tuple[str, ...]:
    """Return the values to filter by for what is for some places, also where it is for a wider one."""
    places = tuple(places)
    # Sorted: a cursor belongs to its filters, also after a restart.
    return (*places, *whole(sorted({each for place in places for each in broader_places(place)})))


def _access(project: Project) -> Value:
    """Return whether the source is open: as stated, else as the licence allows."""
    stated, license_ = _within(project.value("access"), "source"), project.value("license")
    if stated is None and isinstance(license_, str) and is_open(license_):
        return "open"
    return stated


def _within(value: Value, key: str) -> Value:
    return value.get(key) if isinstance(value, dict) else None


def _looked_up(
    remembered: Callable[[str, tuple[Value, ...]], tuple[str, ...]], facet: str, values: tuple[Value, ...]
) -> tuple[str, ...]:
    if not values or values == (None,):
        # As most facets of most projects.
        return ()
    try:
        return remembered(facet, values)
    except TypeError:
        # There is a list or a map among them, which cannot be looked up.
        return remembered(facet, tuple(value for value in values if isinstance(value, str)))


# Most projects have what many others have. Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _broadened(facet: str, values: tuple[Value, ...]) -> tuple[str, ...]:
    found = {each for value in values[:MAX_VALUES] if _is_shown(value) for each in _broader(facet, value)}
    return tuple(sorted(found))


_counted_as: Final = partial(_looked_up, _broadened)


@lru_cache(maxsize=4096)
def _spelled(facet: str, values: tuple[Value, ...]) -> tuple[str, ...]:
    return tuple(sorted({spelled(facet, value) for value in values if _is_shown(value)}))


def _is_shown(value: Value) -> TypeGuard[str]:
    """Tell whether a value can be shown as one: the index parts values by control characters."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


# Lists of them differ from project to project, what stands in them hardly does.
@lru_cache(maxsize=4096)
def _broader(facet: str, value: str) -> Collection[str]:
    """Return what a value counts as: itself, and what it is part of."""
    match facet:
        case "topic":
            return broader_topics(value)
        case "license":
            return _identifiers(value)
        case "language" | "jurisdiction" | "usedIn":
            own = spelled(facet, value)
            return own, own.partition("-")[0]
        case _:
            return (value,)


def _identifiers(expression: str) -> frozenset[str]:
    """Return the SPDX identifiers of an expression, exceptions left out; none of what is no expression."""
    words = (normalised(expression) or "").replace("(", " ").replace(")", " ").split()
    exceptions = {after for word, after in pairwise(words) if word == "WITH"}
    return frozenset(words) - {"AND", "OR", "WITH"} - exceptions
