"""What this node's operator joined and took out of projects, each with its reason; see ``node.joining``.

::

    joining:  number  action (join, split)  entry  entry_id  other  other_id  reason  actor  at

Entries are named by their addresses, so a decision stands whether the logs are here or not, and means in a
successor what it meant in the log that it continues.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

JOIN: Final = "join"
"""Two entries are one thing."""

SPLIT: Final = "split"
"""An entry stands alone, whatever it and others say."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about projects.

    Attributes:
        number: What it is called here.
        action: ``join`` or ``split``.
        entry: Address of the entry, or of the first of two.
        other: Address of the second; empty for a split.
        reason: Why, as the operator said it.
        actor: Who decided.
        at: POSIX seconds.
    """

    number: int
    action: str
    entry: str
    other: str
    reason: str
    actor: str
    at: int

    @property
    def addresses(self) -> tuple[str, ...]:
        """The entries that it is about."""
        return (self.entry, self.other) if self.other else (self.entry,)


def decided(connection: sqlite3.Connection) -> tuple[Decided, ...]:
    """Return all that is decided, the oldest first."""
    rows = connection.execute(
        "SELECT number, action, entry, other, reason, actor, at FROM joining ORDER BY number"
    )
    return tuple(Decided(*row) for row in rows)
