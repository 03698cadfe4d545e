"""What is in logs and has no effect here, with the rule that it breaks."""

from dataclasses import dataclass
from itertools import islice
from typing import Final

from .home import Home

MOST: Final = 100
"""Leaves of one log."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A leaf without effect.

    Attributes:
        origin: The log.
        own: Whether it is this node's own.
        index: Place in the log.
        reason: Which rule it breaks, as a clause.
    """

    origin: str
    own: bool
    index: int
    reason: str


def rejected(home: Home) -> tuple[Rejected, ...]:
    """Return the leaves that have no effect, log by log, ``MOST`` of each."""
    return tuple(
        Rejected(row.origin, row.own, void.index, void.reason)
        for row in home.logs.all()
        for void in islice(home.logs.store(row.origin).voids(), MOST)
    )
