"""Why a followed log is not asked, or not shown: read here, decided elsewhere.

::

    blocked     the operator, or a list that was subscribed to     not asked, not shown    node.blocking
    over_limit  more than the operator gives a log                 asked, not taken        node.quotas
    admitted    came in by a rule; lapsed when that holds no more  then not asked          node.admission
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from federation.listing import Listed, Verdict, decide_place


@dataclass(frozen=True, slots=True)
class Blocked:
    """A log that is not asked and not shown.

    Attributes:
        name: What is on the list: its origin, its host, or its fingerprint.
        by: Address of the list; empty for the operator's own word.
        reason: Why, as whoever listed it says; may be empty.
        at: POSIX seconds since when.
    """

    name: str
    by: str
    reason: str
    at: int

    def __str__(self) -> str:
        """Return it as a clause."""
        who = f"by the list {self.by}" if self.by else "here"
        return f"{self.name} is blocked {who}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Paused:
    """A log that wants more than it may have.

    Attributes:
        measure: Which limit, a ``federation.quotas.Measure``.
        wanted: What there would be.
        allowed: What there may be.
        size: Of the checkpoint that is not taken.
        detail: The same as a clause, with the way out.
        at: POSIX seconds since when.
        until: POSIX seconds when it goes on by itself, None when somebody has to raise the limit.
    """

    measure: str
    wanted: int
    allowed: int
    size: int
    detail: str
    at: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Admitted:
    """A log that nobody confirmed: it came in by a rule.

    Attributes:
        because: Origins that vouched for it, the list it is on, or the log that it continues.
        at: POSIX seconds since when.
        lapsed_at: POSIX seconds since when the rule holds no more; None while it does.
    """

    because: tuple[str, ...]
    at: int
    lapsed_at: int | None


def blocked_logs(connection: sqlite3.Connection) -> Mapping[int, Blocked]:
    """Return the logs that are blocked, by their number in the database."""
    rows = connection.execute("SELECT log, name, by, reason, at FROM blocked")
    return {log: Blocked(*rest) for log, *rest in rows}


def paused_logs(connection: sqlite3.Connection) -> Mapping[int, Paused]:
    """Return the logs that are over a limit, by their number in the database."""
    rows = connection.execute("SELECT log, measure, wanted, allowed, size, detail, at, until FROM over_limit")
    return {log: Paused(*rest) for log, *rest in rows}


def admitted_logs(connection: sqlite3.Connection) -> Mapping[int, Admitted]:
    """Return the logs that came in by a rule and that nobody has confirmed since, by their number."""
    rows = connection.execute(
        "SELECT log, because, at, lapsed_at FROM admitted WHERE confirmed_at IS NULL ORDER BY log"
    )
    return {log: Admitted(tuple(json.loads(because)), at, lapsed) for log, because, at, lapsed in rows}


def listed(connection: sqlite3.Connection) -> tuple[Listed, ...]:
    """Return all words about others that are in force: the operator's own, then those of lists."""
    rows = connection.execute(
        "SELECT verdict, name, fingerprint, by, reason FROM listed ORDER BY by, name, fingerprint"
    )
    return tuple(Listed(Verdict(verdict), *rest) for verdict, *rest in rows)


def unblocked(connection: sqlite3.Connection, urls: Iterable[str]) -> list[str]:
    """Return those of some addresses that are at no blocked host."""
    entries = listed(connection)
    return [url for url in urls if not entries or decide_place(entries, url) is None]


def unasked_logs(connection: sqlite3.Connection) -> frozenset[int]:
    """Return the logs about which nobody is asked: blocked ones, and those whose rule holds no more."""
    rows = connection.execute(
        "SELECT log FROM blocked UNION"
        " SELECT log FROM admitted WHERE confirmed_at IS NULL AND lapsed_at IS NOT NULL"
    )
    return frozenset(log for (log,) in rows)
