"""How a log came to be followed, and what keeps it from being asked or shown, for people.

::

    {"scope": {"kind": ["software"], "topic": ["sector:health"]},
     "followed": {"by": "rule", "because": ["bergen.example/log/…", "oslo.example/log/…"],
                  "at": "2026-05-03T12:00:00Z", "lapsed_at": null},
     "blocked": {"name": "spam.example", "by": "oslo.example/log/oslo/1/e/…", "reason": "…", "text": "…",
                 "at": "…"},
     "paused": {"limit": "limits.entries", "wanted": 5000000, "allowed": 1000000, "size": 5000000,
                "reason": "it has 5,000,000 leaves, …; raise limits.entries, …", "at": "…", "until": null}}

``followed`` is None for an own log, and by a person where nobody else let it in; ``by`` of a block is None
where the operator said so. ``scope`` is what of the log is found by search, see ``node.scoping``; None where
that is all of it. What does not hold is None.
"""

import sqlite3
from collections.abc import Iterator, Mapping

from node.home import Home
from node.store.restraints import Admitted, Blocked, Paused, admitted_logs, blocked_logs, paused_logs
from node.store.scopes import scopes_in

from .logshapes import Block, FollowedBy, Pause, Restraints
from .texts import moment


def restraints_of(connection: sqlite3.Connection, log: int, *, own: bool) -> Restraints:
    """Return ``scope``, ``followed``, ``blocked`` and ``paused`` of a log, by its number in the database."""
    scope = scopes_in(connection).get(log)
    return {
        "scope": None if scope is None else {facet: list(values) for facet, values in scope.items()},
        "followed": None if own else _followed(admitted_logs(connection).get(log)),
        "blocked": _blocked(blocked_logs(connection).get(log)),
        "paused": _paused(paused_logs(connection).get(log)),
    }


def restrained(home: Home) -> Mapping[str, str]:
    """Return origin → what a person should know of how it is followed, where there is something."""
    with home.database.read() as connection:
        found = (
            (row.origin, ". ".join(_said(restraints_of(connection, row.id, own=row.own))))
            for row in home.logs.all()
        )
        return {origin: text for origin, text in found if text}


def _said(restraints: Restraints) -> Iterator[str]:
    """Yield a sentence, without its full stop, for each thing that is out of the ordinary."""
    scope, followed = restraints["scope"], restraints["followed"]
    blocked, paused = restraints["blocked"], restraints["paused"]
    if scope is not None:
        wanted = "; ".join(f"{facet} {', '.join(values)}" for facet, values in scope.items())
        yield f"Found by search only with {wanted}"
    if blocked is not None:
        yield f"Blocked: {blocked['text']}"
    if paused is not None:
        until = f"; goes on by itself at {paused['until']}" if paused["until"] else ""
        yield f"Paused at {paused['size']:,} leaves: {paused['reason']}{until}"
    if followed is not None and followed["by"] == "rule":
        why = ", ".join(followed["because"])
        if followed["lapsed_at"] is None:
            yield f"Followed by a rule, because of {why}"
        else:
            yield f"Stands still since {followed['lapsed_at']}: it came in by a rule, because of {why}"


def _followed(came: Admitted | None) -> FollowedBy:
    if came is None:
        return {"by": "person", "because": [], "at": None, "lapsed_at": None}
    return {
        "by": "rule",
        "because": list(came.because),
        "at": moment(came.at),
        "lapsed_at": moment(came.lapsed_at),
    }


def _blocked(blocked: Blocked | None) -> Block | None:
    if blocked is None:
        return None
    return {
        "name": blocked.name,
        "by": blocked.by or None,
        "reason": blocked.reason,
        "text": str(blocked),
        "at": moment(blocked.at) or "",
    }


def _paused(paused: Paused | None) -> Pause | None:
    if paused is None:
        return None
    return {
        "limit": f"limits.{paused.measure}",
        "wanted": paused.wanted,
        "allowed": paused.allowed,
        "size": paused.size,
        "reason": paused.detail,
        "at": moment(paused.at) or "",
        "until": moment(paused.until),
    }
