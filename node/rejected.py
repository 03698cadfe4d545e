"""What is in logs and is not shown here as its publisher meant it, with the rule that it breaks."""

from dataclasses import dataclass
from typing import Final, Literal

from protocol.problem import ERROR

from .home import Home

MOST: Final = 100
"""Of one log and one sort."""

Sort = Literal["void", "statement", "withheld"]

_SELECT: Final = (
    "SELECT l.origin, l.own, f.idx, f.sort, f.pointer, f.reason FROM ("
    " SELECT *, row_number() OVER (PARTITION BY log, sort ORDER BY idx) AS place FROM ("
    "  SELECT log, idx, 'void' AS sort, '' AS pointer, reason FROM void_leaf"
    "  UNION ALL SELECT log, idx, 'statement', coalesce(pointer, ''), message FROM problem"
    "   WHERE severity = ? AND idx IS NOT NULL"
    "  UNION ALL SELECT log, idx, 'withheld', '', '' FROM withheld)"
    ") AS f JOIN log AS l ON l.id = f.log WHERE f.place <= ? ORDER BY l.origin, f.idx, f.sort, f.pointer"
)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A leaf without effect, a fault in a statement, or a content that is missing.

    Attributes:
        origin: The log.
        own: Whether it is this node's own.
        index: Place in the log.
        sort: ``void``: a leaf that breaks a rule of logs; ``statement``: one whose statement breaks a rule of
            statements; ``withheld``: one whose content nobody hands out.
        pointer: To what is wrong in a statement (RFC 6901); empty for all of it.
        reason: Which rule it breaks; empty of a content that is missing.
    """

    origin: str
    own: bool
    index: int
    sort: Sort
    pointer: str
    reason: str


def rejected(home: Home) -> tuple[Rejected, ...]:
    """Return what is wrong in logs, log by log, ``MOST`` of each sort; flags and wishes are left out."""
    rows = home.database.connection.execute(_SELECT, (ERROR, MOST))
    return tuple(Rejected(origin, bool(own), *rest) for origin, own, *rest in rows)
