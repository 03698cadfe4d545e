"""The audit trail, as operators read it."""

from dataclasses import dataclass
from typing import Final

from node.answers.texts import moment
from node.home import Home

PAGE: Final = 100
"""Deeds at once."""

_LAST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did.

    Attributes:
        number: Rises with time.
        at: RFC 3339.
        actor: Who.
        action: What, as the command is called.
        origin: The log, or the name, that it is about; None for neither.
        detail: What else was written down, as JSON.
    """

    number: int
    at: str
    actor: str
    action: str
    origin: str | None
    detail: str


def deeds(
    home: Home, actor: str = "", action: str = "", before: int | None = None, *, about: str = ""
) -> tuple[Deed, ...]:
    """Return what was done, the newest first, ``PAGE`` of it.

    Args:
        home: The node.
        actor: Only what those did whose name has this in it.
        action: Only what is called so, or begins so.
        before: Only what has a smaller number.
        about: Only what is about this log, or whatever else has this name.
    """
    rows = home.database.connection.execute(
        "SELECT number, at, actor, action, origin, detail FROM audit"
        " WHERE instr(actor, ?1) AND substr(action, 1, length(?2)) = ?2 AND number < ?3"
        " AND (?4 = '' OR origin = ?4) ORDER BY number DESC LIMIT ?5",
        (actor, action, _LAST if before is None else min(before, _LAST), about, PAGE),
    )
    return tuple(Deed(number, moment(at) or "", *rest) for number, at, *rest in rows)
