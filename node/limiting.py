"""What single publishers may cost, as the operator says while the node runs.

::

    fedcat peer limit acme.example/log/acme/1 --entries 20000000 --reason "a national register"

    own_limit  publisher  entries  new_entries  kept_bytes  void_leaves  reason  actor  at

A word like those of ``[[quota]]`` in the configuration, and before them: what it does not name is as for
everybody. It holds from the next question to that publisher on; a log that stood still and has room now is
asked at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from federation.quotas import Quota, QuotaRule
from federation.standing import publisher_fault

from .errors import InvalidInputError, NotFoundError
from .home import Home
from .quotas import resume
from .store.trail import note_deed

MEASURES: Final = tuple(each.name for each in fields(Quota))
"""What can be limited, by the names of the keys of the configuration."""

MOST: Final = 10**15 - 1
"""The largest limit, more than any log has of anything."""


@dataclass(frozen=True, slots=True)
class Limited:
    """What was said about one publisher.

    Attributes:
        rule: The limits.
        reason: Why.
        actor: Who said so.
        at: POSIX seconds.
    """

    rule: QuotaRule
    reason: str
    actor: str
    at: int


def limit(
    home: Home, publisher: str, limits: Mapping[str, int | None], *, reason: str, actor: str
) -> tuple[str, ...]:
    """Say what one publisher may cost, in place of what was said before.

    Args:
        home: The node.
        publisher: Its origin, or its fingerprint.
        limits: Some of ``MEASURES`` → the limit; what is None or missing is as for everybody.
        reason: Why, for those who come later.
        actor: Who says so.

    Returns:
        Origins that stood at a limit and are asked at once.

    Raises:
        InvalidInputError: Nobody can be meant, nothing is limited, a limit is none, or there is no reason.
    """
    chosen = {name: value for name in MEASURES if (value := limits.get(name)) is not None}
    reason = " ".join(reason.split())
    _check(home, publisher, chosen, reason)
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO own_limit"
            " (publisher, entries, new_entries, kept_bytes, void_leaves, reason, actor, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (publisher, *map(chosen.get, MEASURES), reason, actor, home.now()),
        )
        detail = {**chosen, "reason": reason}
        note_deed(connection, home.now(), actor, "peer limit", publisher, detail)
    return resume(home)


def lift(home: Home, publisher: str, *, reason: str, actor: str) -> tuple[str, ...]:
    """Let one publisher cost what the configuration says again; see ``limit``.

    Raises:
        NotFoundError: Nothing else was said.
        InvalidInputError: There is no reason.
    """
    reason = " ".join(reason.split())
    _check_reason(reason)
    with home.database.write() as connection:
        gone = connection.execute("DELETE FROM own_limit WHERE publisher = ?", (publisher,)).rowcount
        if not gone:
            raise NotFoundError(f"a limit of {publisher}", hint="`fedcat peer limit` lists all")
        detail = {"usual": True, "reason": reason}
        note_deed(connection, home.now(), actor, "peer limit", publisher, detail)
    return resume(home)


def limited(home: Home) -> tuple[Limited, ...]:
    """Return what was said about single publishers, by name."""
    rows = home.database.connection.execute(
        "SELECT publisher, entries, new_entries, kept_bytes, void_leaves, reason, actor, at FROM own_limit"
        " ORDER BY publisher"
    )
    return tuple(Limited(QuotaRule(*row[:5]), *row[5:]) for row in rows)


def _check(home: Home, publisher: str, chosen: Mapping[str, int], reason: str) -> None:
    if fault := publisher_fault(publisher):
        raise InvalidInputError(fault, hint="`fedcat log list` shows both")
    row = home.logs.get(publisher)
    if row is not None and row.own:
        raise InvalidInputError(f"{publisher} is a log of this node itself", hint="it has no limits")
    if not chosen:
        raise InvalidInputError("no limit is named", hint=f"there are {', '.join(MEASURES)}")
    for name, value in chosen.items():
        if not 0 <= value <= MOST:
            raise InvalidInputError(
                f"{name}: {value} is no limit", hint=f"0 takes nothing, {MOST} all there is"
            )
    _check_reason(reason)


def _check_reason(reason: str) -> None:
    if not reason:
        raise InvalidInputError("a reason is needed", hint="say what it is for")
