"""Facets: the few properties by which projects are counted and filtered.

::

    kind software   topic sector:health   lifecycle live   license EUPL-1.2   language fr
    jurisdiction IT   publisher lyon.example/log/lyon/1

A project has the values of its headline; of lists those of the publishers with standing, or of all
where nobody has it; and everybody who describes it as publisher. Narrow values count as the broader ones
too: a topic as its parents, ``de-CH`` as ``de``, ``IT-25`` as ``IT``. A profile, which is found beside
projects, has its publisher and its jurisdiction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from protocol.language import canonical_tag
from protocol.licence import normalised
from protocol.packing import Value
from protocol.vocabulary import TOPIC_ALIASES, broader_topics

from .projects import Project

FACETS: Final = ("kind", "topic", "lifecycle", "license", "language", "jurisdiction", "publisher")
"""What can be counted and filtered by."""

MAX_VALUES: Final = 200
"""Values of a list that count; the entry model allows no longer lists."""

_LONGEST: Final = 500  # characters of a value


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value of a facet, and how many projects have it.

    Attributes:
        value: As filters name it.
        count: What the total is when this value alone is asked for, other facets' filters kept.
    """

    value: str
    count: int


def facet_values(project: Project) -> dict[str, tuple[str, ...]]:
    """Return for each of ``FACETS`` the values that a project counts for, sorted, each once."""
    return {
        "kind": _string(project.value("kind")),
        "topic": _broadened("topic", _strings(project.values("topics"))),
        "lifecycle": _string(project.value("lifecycle")),
        "license": _licences(_string(project.value("license"))),
        "language": _broadened("language", _strings(project.values("languages"))),
        "jurisdiction": _broadened("jurisdiction", _strings(project.values("jurisdictions"))),
        "publisher": tuple(sorted({member.origin for member in project.members})),
    }


def profile_values(profile: Project) -> dict[str, tuple[str, ...]]:
    """Return the same for a publisher's profile."""
    return {
        **dict.fromkeys(FACETS, ()),
        "jurisdiction": _broadened("jurisdiction", _string(profile.value("jurisdiction"))),
        "publisher": (profile.members[0].origin,),
    }


def spelled(facet: str, value: str) -> str:
    """Return a value in the spelling that is counted: ``MIT`` for ``mit``, ``fr-FR`` for ``fr_FR``."""
    match facet:
        case "topic":
            return TOPIC_ALIASES.get(value, value)
        case "license":
            return normalised(value) or value
        case "language":
            return canonical_tag(value) or value
        case "jurisdiction":
            return value.upper()
        case _:
            return value


def _strings(values: Sequence[Value]) -> tuple[str, ...]:
    return tuple([each for value in values[:MAX_VALUES] for each in _string(value)])


def _string(value: Value) -> tuple[str, ...]:
    """Return a value when it can be shown as one: the index parts values by control characters."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable():
        return (value,)
    return ()


# Most projects have what many others have. Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _broadened(facet: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return values under their own names, and what they are part of."""
    if facet == "topic":
        found = {broad for value in values for broad in broader_topics(value)}
    else:
        own = {spelled(facet, value) for value in values}
        found = own.union(value.partition("-")[0] for value in own)
    return tuple(sorted(found))


@lru_cache(maxsize=4096)
def _licences(expressions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the SPDX identifiers of expressions, exceptions left out; none of what is no expression."""
    found = set()
    for expression in expressions:
        words = (normalised(expression) or "").replace("(", " ").replace(")", " ").split()
        exceptions = {after for word, after in pairwise(words) if word == "WITH"}
        found |= set(words) - {"AND", "OR", "WITH"} - exceptions
    return tuple(sorted(found))
