"""Facets: the few properties by which answers are counted and filtered."""

from dataclasses import dataclass
from typing import Final

FACETS: Final = ("kind", "topic", "lifecycle", "license", "language", "jurisdiction", "publisher")
"""What can be counted and filtered by."""


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A value of a facet, and how many projects have it.

    Attributes:
        value: As filters name it.
        count: What the total is when this value alone is asked for, other facets' filters kept.
    """

    value: str
    count: int
