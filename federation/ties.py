"""What is said about two entries: that they are one thing, or that they are not.

A publisher says so with a ``link`` statement, the operator with a decision. Here both are *ties* between two
entries, whatever named them: an address, a former one, or an identifier that they state. What a tie
brings about is in :mod:`federation.links`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SAME: Final = "sameAs"
NOT_SAME: Final = "notSameAs"
CO_MAINTAINS: Final = "coMaintains"
TRANSLATION: Final = "translationOf"

RELATIONS: Final = (SAME, NOT_SAME, CO_MAINTAINS, TRANSLATION)
"""What a ``link`` statement can say about its subject and its target."""


class Says(StrEnum):
    """As what somebody says it."""

    PUBLISHER = "publisher"
    CURATOR = "curator"  # the operator takes its word for everybody's entries
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """One word about two entries.

    Attributes:
        subject: Address of the one.
        target: Address of the other.
        is_same: Whether they are one thing; else they are not.
        by: Origin of the log that says so; empty for the operator.
        voice: Who speaks; publishers that are not independent of each other share one.
        says: As what.
        controls: Those identifiers of the two that its publisher controls, sorted.
        statement: Address of the link statement; of a decision its number.
    """

    subject: str
    target: str
    is_same: bool
    by: str
    voice: str
    says: Says = Says.PUBLISHER
    controls: tuple[str, ...] = ()
    statement: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """Both addresses, the smaller one first."""
        return (self.subject, self.target) if self.subject < self.target else (self.target, self.subject)
