"""Who was seen to speak for which domains and repositories: the observations on which standing rests.

Two things are checked, each within a week, a few at a time::

    a profile names oslo.example       →  is the log in https://oslo.example/.well-known/fedcat-publishers?
    entries of several publishers      →  which of them are in the file at the root of the repository?
      share github.com/oslo/budget

One answer settles everybody who waits for the same place. A file that does not list the log ends a proof; a
place that does not answer, or with something unreadable, leaves it standing for thirty days after it was last
seen. All of it is this node's own observation: no part of a log, and left alone by ``db rebuild``.
"""

import asyncio
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from federation.claims import PublishersFile, read_domain, read_repository, repository_files, repository_root
from federation.faults import Fault, FaultError
from federation.response import Fetch
from federation.schedule import next_due
from federation.standing import Proven
from protocol.statement import Profile, decode

from .home import Home
from .observe import log
from .store.profiles import newest_profiles
from .store.restraints import unasked_logs

RECHECK_SECONDS: Final = 7 * 86_400
"""Longest time until a place is asked again."""

LAPSE_SECONDS: Final = 30 * 86_400
"""How long a proof stands after the file was last seen to list the log."""

RETRY_SECONDS: Final = 3_600
"""First back-off of a place that should list a log: somebody may be about to put the file there."""

QUICK_TRIES: Final = 5
"""After so many failures a place is asked as often as any other; a profile may name whom it likes."""

PER_STEP: Final = 8
"""Places asked in one step: a hostile profile must not make this node a nuisance to others."""

MAX_DOMAINS: Final = 8
"""Domains of one profile that are looked at."""

_MAX_CHARS: Final = 260  # a domain name and a port

Wanted: TypeAlias = Callable[[], Iterable[tuple[int, str]]]
"""Gives (log, normalised repository) of everybody who shares one with another publisher; runs in a thread."""

_Kind: TypeAlias = Literal["domain", "repository"]
_Answer: TypeAlias = PublishersFile | Fault | None


@dataclass(frozen=True, slots=True)
class _Publisher:
    """A log, and what a file must say to list it."""

    id: int
    origin: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A domain or repository to ask, and whom the answer is about."""

    kind: _Kind
    name: str
    publishers: tuple[_Publisher, ...]


def _none() -> tuple[tuple[int, str], ...]:
    return ()


async def check_claims(home: Home, fetch: Fetch, wanted_repositories: Wanted = _none) -> frozenset[int]:
    """Check what is due of the domains that profiles name and of the repositories that are wanted.

    Args:
        home: The node.
        fetch: An open fetcher.
        wanted_repositories: Which repositories matter, and for which logs.

    Returns:
        The ids of logs whose proofs this changed. A proof that lapses is no change here: it is as
        good as gone from its time on (``facts``).
    """
    if not home.config.trust.check_claims:
        return frozenset()
    dropped, places = await asyncio.to_thread(_due, home, wanted_repositories)
    answers = await asyncio.gather(*(_ask(home, fetch, place) for place in places))
    return dropped | await asyncio.to_thread(_settle, home, list(zip(places, answers, strict=True)))


def verified_domains(connection: sqlite3.Connection, now: int) -> dict[int, frozenset[str]]:
    """Return the domains that list each log and that its profile names; logs without one are left out."""
    return _verified(connection, "domain", now)


def verified_repositories(connection: sqlite3.Connection, now: int) -> dict[int, frozenset[str]]:
    """Return the repositories, as ``host/path``, that list each log; logs without one are left out."""
    return _verified(connection, "repository", now)


def facts(connection: sqlite3.Connection, now: int) -> dict[str, Proven]:
    """Return what is known of every publisher by origin: ``federation.standing.Facts``.

    Equal facts give equal answers, so whoever keeps what was derived from them can compare.
    """
    domains, repositories = verified_domains(connection, now), verified_repositories(connection, now)
    return {
        each.origin: Proven(
            each.fingerprint, domains.get(each.id, frozenset()), repositories.get(each.id, frozenset())
        )
        for each in _publishers(connection)
    }


def lapse_after(connection: sqlite3.Connection, now: int) -> int:
    """Return the POSIX seconds at which the first of the proofs that stand lapses, unless seen again."""
    row = connection.execute(
        "SELECT min(verified_at) FROM proof WHERE verified_at > ?", (now - LAPSE_SECONDS,)
    ).fetchone()
    return now + LAPSE_SECONDS if row[0] is None else int(row[0]) + LAPSE_SECONDS


def publishers_in_order(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the origins of all logs, own ones first, then in the order in which they were followed."""
    return tuple(each.origin for each in _publishers(connection))


def proofs_of(connection: sqlite3.Connection, log_id: int, now: int) -> list[dict[str, Any]]:
    """Return what was found out about a log, for people: domains, then repositories, by name.

    Each has ``kind`` (domain or repository), ``name``, ``state``, ``verified_at``, ``tried_at``, ``next_due``
    (POSIX seconds) and ``fault``, the last one or None. The state is ``verified``, ``lapsed`` when that was
    too long ago, or ``failed``. Repositories that list nobody are left out: nobody said that they would.
    """
    rows = connection.execute(
        "SELECT kind, name, verified_at, tried_at, next_due, fault FROM proof"
        " WHERE log = ? AND (verified_at IS NOT NULL OR fault IS NOT NULL) ORDER BY kind, name",
        (log_id,),
    )
    found = []
    for kind, name, verified_at, tried_at, due, fault in rows:
        was = "failed" if verified_at is None else "lapsed"
        found.append(
            {
                "kind": kind,
                "name": name,
                "state": "verified" if _stands(verified_at, now) else was,
                "verified_at": verified_at,
                "tried_at": tried_at,
                "next_due": due,
                "fault": fault,
            }
        )
    return found


def _verified(connection: sqlite3.Connection, kind: _Kind, now: int) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    rows = connection.execute(
        "SELECT log, name FROM proof WHERE kind = ? AND verified_at > ?", (kind, now - LAPSE_SECONDS)
    )
    for log_id, name in rows:
        found.setdefault(log_id, set()).add(name)
    return {log_id: frozenset(names) for log_id, names in found.items()}


def _stands(verified_at: int | None, now: int) -> bool:
    return verified_at is not None and verified_at > now - LAPSE_SECONDS


def _publishers(connection: sqlite3.Connection) -> list[_Publisher]:
    rows = connection.execute("SELECT id, origin, fingerprint FROM log ORDER BY own DESC, id")
    return [_Publisher(*row) for row in rows]


def _due(home: Home, wanted: Wanted) -> tuple[frozenset[int], list[_Place]]:
    """Return the logs that lost a domain because their profile names it no more, and whom to ask now."""
    connection, now = home.database.connection, home.now()
    publishers = {each.id: each for each in _publishers(connection)}
    named = _named_domains(connection)
    claimed: dict[tuple[_Kind, str], dict[_Publisher, None]] = {}
    unasked = unasked_logs(connection)
    for log_id, domains in named.items():
        for domain in domains if log_id not in unasked else ():
            claimed.setdefault(("domain", domain), {})[publishers[log_id]] = None
    for log_id, repository in wanted():
        root = repository_root(repository)
        if log_id in publishers and repository_files(root):
            claimed.setdefault(("repository", root), {})[publishers[log_id]] = None
    rows = connection.execute("SELECT kind, name, log, next_due FROM proof")
    times = {(kind, name, log_id): due for kind, name, log_id, due in rows}
    turns: Counter[int] = Counter()
    waiting = []
    for (kind, name), who in claimed.items():
        due = min(times.get((kind, name, each.id), now) for each in who)
        if due <= now:
            # Whoever waited longest; of those who came at once, everybody's first before anybody's second.
            waiting.append((due, min(turns[each.id] for each in who), kind, name))
            turns.update(each.id for each in who)
    places = [
        _Place(kind, name, tuple(claimed[kind, name])) for _, _, kind, name in sorted(waiting)[:PER_STEP]
    ]
    return _drop(home, named, now), places


def _named_domains(connection: sqlite3.Connection) -> dict[int, tuple[str, ...]]:
    """Return the domains that each log's newest profile names."""
    found = {}
    for newest in newest_profiles(connection):
        profile = decode(dict(newest.said))
        if isinstance(profile, Profile):
            values = (each.value.lower() for each in profile.identifiers if each.scheme == "domain")
            domains = dict.fromkeys(value for value in values if _is_word(value))
            found[newest.log] = tuple(domains)[:MAX_DOMAINS]
    return found


def _is_word(value: str) -> bool:
    """Report whether a value can be shown as a name, be it the name of a domain or not."""
    return len(value) <= _MAX_CHARS and value.isprintable() and value.split() == [value]


def _drop(home: Home, named: dict[int, tuple[str, ...]], now: int) -> frozenset[int]:
    """Forget domains that are named no more, and repositories about which nobody asked since they lapsed.

    Returns:
        The logs that thereby lose a domain.
    """
    connection = home.database.connection
    rows = connection.execute("SELECT log, kind, name, verified_at, next_due FROM proof").fetchall()
    gone = [row for row in rows if row[1] == "domain" and row[2] not in named.get(row[0], ())]
    gone += [row for row in rows if row[1] == "repository" and row[4] < now - LAPSE_SECONDS]
    if gone:
        with home.database.write():
            connection.executemany(
                "DELETE FROM proof WHERE log = ? AND kind = ? AND name = ?", [row[:3] for row in gone]
            )
    return frozenset(log_id for log_id, _, _, verified_at, _ in gone if _stands(verified_at, now))


async def _ask(home: Home, fetch: Fetch, place: _Place) -> _Answer:
    limits = home.config.limits
    try:
        if place.kind == "repository":
            return await read_repository(fetch, place.name, limits=limits)
        return await read_domain(fetch, place.name, allow_private=home.config.allow_private, limits=limits)
    except FaultError as error:
        return error.fault


def _settle(home: Home, answers: Sequence[tuple[_Place, _Answer]]) -> frozenset[int]:
    """Keep what was found; return the logs for which it makes a difference."""
    if not answers:
        return frozenset()
    now, changed = home.now(), set()
    with home.database.write() as connection:
        for place, answer in answers:
            for publisher in place.publishers:
                if _keep(connection, place, publisher, answer, now):
                    changed.add(publisher.id)
    return frozenset(changed)


def _keep(
    connection: sqlite3.Connection, place: _Place, publisher: _Publisher, answer: _Answer, now: int
) -> bool:
    """Keep what an answer says about one log; report whether it gained or lost the place."""
    key = (publisher.id, place.kind, place.name)
    before, failures = connection.execute(
        "SELECT verified_at, failures FROM proof WHERE log = ? AND kind = ? AND name = ?", key
    ).fetchone() or (None, 0)
    after, fault = _verdict(place.kind, publisher, answer, before, now)
    failures = 0 if fault is None else failures + 1
    # A profile promises that its domain lists the log; most repositories list nobody, and need not.
    is_urgent = 0 < failures <= QUICK_TRIES and (place.kind == "domain" or isinstance(answer, Fault))
    wait = (RETRY_SECONDS, failures) if is_urgent else (RECHECK_SECONDS, 0)
    due = next_due(now, *wait, random.random())  # noqa: S311 - spreads load, guards nothing
    connection.execute(
        "INSERT OR REPLACE INTO proof (log, kind, name, verified_at, tried_at, fault, failures, next_due)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, after, now, fault, failures, due),
    )
    is_change = _stands(before, now) != _stands(after, now)
    if is_change:
        event = f"{place.kind} proven" if _stands(after, now) else f"{place.kind} no longer proven"
        log().info(event, origin=publisher.origin, name=place.name)
    return is_change


def _verdict(
    kind: _Kind, publisher: _Publisher, answer: _Answer, before: int | None, now: int
) -> tuple[int | None, str | None]:
    """Return when a log was last seen to be listed, and what is wrong."""
    if isinstance(answer, Fault):
        return before, str(answer)
    if answer is None:
        is_expected = kind == "domain" or before is not None
        return before, "there is no such file" if is_expected else None
    if answer.lists(publisher.fingerprint, publisher.origin):
        return now, None
    if answer.skipped:
        # Perhaps it is this log's line that was mistyped.
        return before, f"the file does not list this log, and {answer.skipped[0]}"
    return None, "the file does not list this log"
