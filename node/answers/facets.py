"""Facets: the few properties by which projects are counted and filtered.

::

    kind software   topic sector:health   lifecycle live   license EUPL-1.2   language fr
    jurisdiction IT   publisher lyon.example/log/lyon/1

A project has the values of its headline; of lists those of the publishers with standing, or of all
where nobody has it; and everybody who describes it as publisher. Narrow values count as the broader ones
too: a topic as its parents, ``de-CH`` as ``de``, ``IT-25`` as ``IT``. A profile, which is found beside
projects, has its publisher and its jurisdiction.
"""

from collections.abc import Iterable, Iterator, Mapping
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
"""Values of one facet that a project can have; the entry model allows lists no longer."""

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
    return _sorted(
        {
            "kind": _strings((project.value("kind"),)),
            "topic": _broadened("topic", project.values("topics")),
            "lifecycle": _strings((project.value("lifecycle"),)),
            "license": _licences(project.value("license")),
            "language": _broadened("language", project.values("languages")),
            "jurisdiction": _broadened("jurisdiction", project.values("jurisdictions")),
            "publisher": (member.origin for member in project.members),
        }
    )


def profile_values(profile: Project) -> dict[str, tuple[str, ...]]:
    """Return the same for a publisher's profile."""
    return _sorted(
        {
            "jurisdiction": _broadened("jurisdiction", (profile.value("jurisdiction"),)),
            "publisher": (profile.members[0].origin,),
        }
    )


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


def _sorted(values: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {facet: tuple(sorted(set(values.get(facet, ())))[:MAX_VALUES]) for facet in FACETS}


def _broadened(facet: str, values: Iterable[Value]) -> Iterator[str]:
    for value in _strings(values):
        yield from _broader(facet, value)


# Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _broader(facet: str, value: str) -> tuple[str, ...]:
    """Return a value under its own name, and what it is part of."""
    if facet == "topic":
        return broader_topics(value)
    own = spelled(facet, value)
    return own, own.partition("-")[0]


def _licences(expression: Value) -> tuple[str, ...]:
    return _identifiers(expression) if isinstance(expression, str) and len(expression) <= _LONGEST else ()


@lru_cache(maxsize=4096)
def _identifiers(expression: str) -> tuple[str, ...]:
    """Return the SPDX identifiers of an expression, exceptions left out; none of what is no expression."""
    words = (normalised(expression) or "").replace("(", " ").replace(")", " ").split()
    exceptions = {after for word, after in pairwise(words) if word == "WITH"}
    return tuple(word for word in words if word not in {"AND", "OR", "WITH", *exceptions})


def _strings(values: Iterable[Value]) -> Iterator[str]:
    """Yield what can be shown as a value: the index parts values by control characters."""
    for value in values:
        if isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable():
            yield value
