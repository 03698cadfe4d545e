"""Letting publishers in by a rule of the operator, and only by one.

Off unless the configuration says otherwise. Once a minute everybody who was named is weighed
(``node.candidates``). Whom the rule of ``[trust.allow]``, or an allow list that was subscribed to, lets in
is looked up; if what is there has the very fingerprint that was vouched for, it is pinned and followed::

    admission  origin  fingerprint  tried_at  failures  next_due  fault      who could not be looked up yet
    admitted   log  because  at  lapsed_at  confirmed_at                     who came in by a rule

The rule holds for as long as it is met: when vouches expire or are withdrawn, the log stands still as it
is, until they are renewed or a person follows it (``fedcat follow`` confirms it for good). A successor of
a log that came in by a rule is here by that rule too.
"""

import asyncio
import json
import random
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from federation.faults import Fault, FaultError, FaultKind
from federation.introduce import Introduction, files_at, introduce
from federation.response import Fetch
from federation.schedule import next_due
from federation.sources import mirror_prefix
from federation.vouching import AllowRule
from protocol.origin import Origin

from .blocking import blocks, refresh
from .candidates import Field, gather
from .errors import InvalidInputError, NodeError
from .home import Home
from .observe import log
from .quotas import resume
from .sources import peer_urls
from .store.logs import LogRow
from .store.purged import purged
from .store.restraints import admitted_logs, unblocked

PER_STEP: Final = 4
"""Candidates looked up in one step."""

RETRY_SECONDS: Final = 600
"""First pause before somebody is looked up again; it doubles with each failure, up to six hours."""

_MAX_PLACES: Final = 8  # of one candidate that are asked


@dataclass(frozen=True, slots=True)
class _Entrant:
    """Somebody whom a rule lets in.

    Attributes:
        origin: The log.
        fingerprint: What must be there.
        because: Who vouched for it, or the lists that it is on.
        urls: Where it may be found.
        failures: Attempts that failed in a row.
    """

    origin: str
    fingerprint: str
    because: tuple[str, ...]
    urls: tuple[str, ...]
    failures: int


async def check_admissions(home: Home, fetch: Fetch) -> tuple[str, ...]:
    """Have lists, limits and rules take effect as they are now, and follow whom a rule lets in.

    Args:
        home: The node.
        fetch: An open fetcher.

    Returns:
        Origins that are followed since.
    """
    entrants = await asyncio.to_thread(_review, home)
    found = await asyncio.gather(*(_look_up(home, fetch, each) for each in entrants))
    return await asyncio.to_thread(_let_in, home, list(zip(entrants, found, strict=True)))


def confirm(connection: sqlite3.Connection, log_id: int, now: int) -> None:
    """Note that a person follows a log that came in by a rule, within a transaction."""
    connection.execute(
        "UPDATE admitted SET confirmed_at = ? WHERE log = ? AND confirmed_at IS NULL", (now, log_id)
    )


def _review(home: Home) -> list[_Entrant]:
    """Settle what needs nobody else, and return whom to look up now."""
    refresh(home)
    resume(home)
    rule = home.config.trust.allow
    is_used = bool(rule.vouchers or home.config.trust.subscribed)
    if not is_used and not admitted_logs(home.database.connection):
        return []
    field = gather(home)
    _lapse(home, field, rule)
    return _entrants(home, field, rule) if is_used else []


def _lapse(home: Home, field: Field, rule: AllowRule) -> None:
    """Let logs stand still whose rule is met no more, and go on again when it is."""
    rows = {row.id: row for row in home.logs.all()}
    admitted = admitted_logs(home.database.connection)
    names = {row.origin: row.id for row in rows.values()}
    now, changed = home.now(), []
    for log_id, came in admitted.items():
        row = rows[log_id]
        former = [names[each] for each in came.because if each in names and _precedes(home, each, row)]
        # What continues a log is let in with it; else its own vouches count.
        holds = any(each not in admitted or admitted[each].lapsed_at is None for each in former)
        if not holds:
            holds = field.weighed(row.origin, rule).allowed == row.fingerprint
        if holds == (came.lapsed_at is not None):
            changed.append((None if holds else now, log_id))
            log().warning("let in again" if holds else "no longer vouched for", origin=row.origin)
    if changed:
        with home.database.write() as connection:
            connection.executemany("UPDATE admitted SET lapsed_at = ? WHERE log = ?", changed)
            connection.executemany(
                "UPDATE source SET next_due = 0 WHERE log = ?", [(log_id,) for _, log_id in changed]
            )


def _precedes(home: Home, former: str, row: LogRow) -> bool:
    row = home.database.connection.execute(
        "SELECT 1 FROM succession JOIN log ON log.id = succession.log"
        " WHERE log.origin = ? AND succession.origin = ? AND succession.fingerprint = ?"
        " AND refused_at IS NULL",
        (former, row.origin, row.fingerprint),
    ).fetchone()
    return row is not None


def _entrants(home: Home, field: Field, rule: AllowRule) -> list[_Entrant]:
    """Return whom a rule lets in and who is not here yet, those with most vouchers first."""
    connection, now = home.database.connection, home.now()
    here = {row.origin for row in home.logs.all()}
    room = rule.at_most - len(admitted_logs(connection))
    tried = {
        (origin, fingerprint): (failures, due)
        for origin, fingerprint, failures, due in connection.execute(
            "SELECT origin, fingerprint, failures, next_due FROM admission"
        )
    }
    found = []
    for candidate in field.candidates.values():
        if candidate.origin in here or purged(connection, candidate.origin) is not None:
            # Whoever purged a log does not want it back by itself.
            continue
        weighed = field.weighed(candidate.origin, rule)
        if weighed.allowed is None:
            continue
        support = weighed.support.get(weighed.allowed, ())
        because = (*support, *sorted(candidate.named[weighed.allowed].listed_by))
        failures, due = tried.pop((candidate.origin, weighed.allowed), (0, 0))
        if due <= now:
            found.append(
                _Entrant(candidate.origin, weighed.allowed, because, tuple(candidate.urls), failures)
            )
    _forget(home, tried)
    found.sort(key=lambda each: (each.failures > 0, -len(each.because), each.origin))
    return found[: max(min(room, PER_STEP), 0)]


def _forget(home: Home, gone: Iterable[tuple[str, str]]) -> None:
    """Forget attempts for those whom no rule lets in any more."""
    if rows := list(gone):
        with home.database.write() as connection:
            connection.executemany("DELETE FROM admission WHERE origin = ? AND fingerprint = ?", rows)


async def _look_up(home: Home, fetch: Fetch, entrant: _Entrant) -> tuple[Introduction, str] | Fault:
    """Return a log as it was vouched for, and where it was found; or what was wrong at the first place."""
    places = await asyncio.to_thread(_places, home, entrant)
    first: Fault | None = None
    for prefix in places:
        try:
            found = await introduce(fetch, prefix, entrant.origin, limits=home.config.limits)
        except FaultError as error:
            first = first or error.fault
            continue
        if found.chain.fingerprint == entrant.fingerprint:
            return found, prefix
        detail = f"{prefix} has the fingerprint {found.chain.fingerprint}, which nobody vouched for"
        first = Fault(FaultKind.INCONSISTENT, "keys/1", detail)
    return first or Fault(FaultKind.UNREACHABLE, entrant.origin, "there is no place to ask")


def _places(home: Home, entrant: _Entrant) -> Sequence[str]:
    """Return where to look for somebody's files: its own name, what was said of it, followed nodes."""
    origin = Origin.parse(entrant.origin)
    schemes = ("https", "http") if home.config.allow_private and origin.is_ip else ("https",)
    own = [f"{scheme}://{origin}" for scheme in schemes]
    said = [files_at(url, origin) for url in entrant.urls]
    mirrors = [mirror_prefix(url, origin) for url in peer_urls(home)]
    places = unblocked(home.database.connection, dict.fromkeys((*own, *said, *mirrors)))
    return places[:_MAX_PLACES]


def _let_in(
    home: Home, results: Iterable[tuple[_Entrant, tuple[Introduction, str] | Fault]]
) -> tuple[str, ...]:
    """Follow whoever was found as vouched for; remember who was not."""
    followed = []
    for entrant, result in results:
        if isinstance(result, Fault):
            _postpone(home, entrant, str(result))
            continue
        try:
            _admit(home, entrant, *result)
        except (NodeError, FaultError) as error:
            _postpone(home, entrant, str(error))
            continue
        log().info("followed by a rule", origin=entrant.origin, because=list(entrant.because))
        followed.append(entrant.origin)
    return tuple(followed)


def _admit(home: Home, entrant: _Entrant, found: Introduction, prefix: str) -> None:
    def keep(connection: sqlite3.Connection, log_id: int) -> None:
        connection.execute(
            "INSERT INTO admitted (log, because, at) VALUES (?, ?, ?)",
            (log_id, json.dumps(entrant.because), home.now()),
        )
        connection.execute(
            "INSERT INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)", (log_id, prefix)
        )
        connection.execute("DELETE FROM admission WHERE origin = ?", (entrant.origin,))

    # Known only now: whom it says it continues. And much may have been said while it was looked up.
    refusal = blocks(home.database.connection, found.chain)
    if refusal is not None:
        raise InvalidInputError(f"{found.origin} is not followed: {refusal}", hint="`fedcat peer rules`")
    home.logs.add(found.chain, own=False, also=keep)


def _postpone(home: Home, entrant: _Entrant, fault: str) -> None:
    now, failures = home.now(), entrant.failures + 1
    due = next_due(now, RETRY_SECONDS, failures, random.random())  # noqa: S311 - spreads load, guards nothing
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO admission (origin, fingerprint, tried_at, failures, next_due, fault)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entrant.origin, entrant.fingerprint, now, failures, due, fault),
        )
    log().warning("not followed though a rule allows it", origin=entrant.origin, fault=fault)
