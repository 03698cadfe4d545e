"""Root conflicts: two valid key sets of one version, so that nobody but people can say whose the log is.

A root was stolen, or its holders did not talk to each other. Whoever of two thieves comes first must not win,
so neither set is believed any more than the other: a followed log stands still at its size, and everybody
is told, until an operator chooses, for a reason that is kept::

    dispute:  log  version  held  other  source  found_at  settled_at  reason  actor

What was chosen against is not held against the log again. A conflict shows when a source's signatures do
not fit the key sets held: while pulling (``federation.keysets``), or in a neighbour's feed, which is looked
at here.
"""

import asyncio
import hashlib
import sqlite3
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from federation.asking import Asker
from federation.gossip import HeadState
from federation.keysets import KeySets
from federation.response import Fetch
from federation.sources import Source, mirror_prefix
from protocol.errors import ProtocolError
from protocol.keyset import KeyChain, KeySet, RootConflictError
from protocol.note import Note
from protocol.origin import Origin

from .errors import InvalidInputError, NotFoundError
from .home import Home
from .observe import log
from .store.logs import LogRow
from .store.trail import note_deed

RETRY_SECONDS: Final = 3600
"""Pause before a neighbour is asked again about a head that nothing explains."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two valid key sets of one version.

    Attributes:
        version: The version.
        fingerprints: SHA-256 of the text of the set held, and of the other one.
        source: Who showed the other one.
        found_at: POSIX seconds.
    """

    version: int
    fingerprints: tuple[str, str]
    source: str
    found_at: int


async def check_disputes(
    home: Home, fetch: Fetch, waits: MutableMapping[tuple[str, str], int] | None = None
) -> None:
    """Ask neighbours whose heads no key set held here has signed: do they know other ones that are as valid?

    Args:
        home: The node.
        fetch: An open fetcher.
        waits: (URL, origin) → when to ask again; kept by a caller that comes by often.
    """
    waits = {} if waits is None else waits
    for url, origin in await asyncio.to_thread(_unverified, home):
        row = await asyncio.to_thread(home.logs.get, origin)
        if row is None or waits.get((url, origin), 0) > home.now():
            continue
        waits[url, origin] = home.now() + RETRY_SECONDS
        source = Source(mirror_prefix(url, Origin.parse(origin)))
        asker = Asker(fetch, (source,), home.config.limits)
        await KeySets(row.chain, asker, partial(_keep, home)).look_behind(source)


def keep_dispute(home: Home, origin: str, conflict: RootConflictError, source: str) -> bool:
    """Keep a root conflict; the log stands still from now on, unless an operator decided about it before.

    Args:
        home: The node.
        origin: The log.
        conflict: Both key sets, verified.
        source: Who showed the one that is not held.

    Returns:
        Whether the log must stand still for it.
    """
    row = home.logs.get(origin)
    if row is None:
        return True
    with home.database.write() as connection:
        if _is_settled(connection, row.id, conflict):
            return False
        is_new = connection.execute(
            "INSERT OR IGNORE INTO dispute (log, version, name, held, other, source, found_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                row.id,
                conflict.version,
                hashlib.sha256(Note.parse(conflict.other).text.encode()).digest(),
                conflict.held,
                conflict.other,
                source,
                home.now(),
            ),
        ).rowcount
    if is_new:
        log().error("root conflict", origin=origin, version=conflict.version, source=source)
    return True


def disputes_of(connection: sqlite3.Connection, log_id: int) -> tuple[Dispute, ...]:
    """Return the root conflicts of a log that nobody has decided, the oldest first."""
    rows = connection.execute(
        "SELECT version, held, other, source, found_at FROM dispute WHERE log = ? AND settled_at IS NULL"
        " ORDER BY found_at, version",
        (log_id,),
    )
    return tuple(
        Dispute(version, (_set(held).fingerprint, _set(other).fingerprint), source, found_at)
        for version, held, other, source, found_at in rows
    )


def disputed_logs(connection: sqlite3.Connection) -> frozenset[int]:
    """Return the logs that stand still because of a root conflict, by their number in the database."""
    rows = connection.execute("SELECT DISTINCT log FROM dispute WHERE settled_at IS NULL")
    return frozenset(log_id for (log_id,) in rows)


def choose(home: Home, origin: str, fingerprint: str, reason: str, actor: str) -> KeySet:
    """Settle a root conflict: people have found out which key set is the publisher's.

    Args:
        home: The node.
        origin: A followed log.
        fingerprint: SHA-256 of the text of the right one.
        reason: Why, for those who come later.
        actor: Who decided.

    Returns:
        The key set that holds now.

    Raises:
        NotFoundError: There is no such conflict.
        InvalidInputError: There is no reason, or what was verified here is already beyond the beginning
            of the set that was chosen.
    """
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="say what was found out, and from whom")
    row = home.logs.get(origin)
    found = None if row is None else _find(home.database.connection, row, fingerprint)
    if row is None or found is None:
        raise NotFoundError(
            f"root conflict of {origin} with {fingerprint}", hint="`fedcat key show ORIGIN` shows both sets"
        )
    version, chosen = found
    replaced = None
    if row.chain.sets[version - 1].fingerprint != fingerprint:
        replaced = _replaced(row, version, chosen)
    with home.database.write() as connection:
        if replaced is not None:
            connection.execute("DELETE FROM key_set WHERE log = ? AND version >= ?", (row.id, version))
            connection.execute(
                "INSERT INTO key_set (log, version, note) VALUES (?, ?, ?)", (row.id, version, chosen)
            )
        connection.execute(
            "UPDATE dispute SET settled_at = ?, reason = ?, actor = ?"
            " WHERE log = ? AND version = ? AND settled_at IS NULL",
            (home.now(), reason, actor, row.id, version),
        )
        detail = {"version": version, "fingerprint": fingerprint, "reason": reason}
        note_deed(connection, home.now(), actor, "key choose", origin, detail)
        connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (row.id,))
    return _set(chosen)


def _keep(home: Home, conflict: RootConflictError, source: Source) -> bool:
    return keep_dispute(home, conflict.origin, conflict, source.prefix)


def _is_settled(connection: sqlite3.Connection, log_id: int, conflict: RootConflictError) -> bool:
    """Report whether people chose against the set that is not held, be it the one that came first or not."""
    rows = connection.execute(
        "SELECT held, other FROM dispute WHERE log = ? AND version = ? AND settled_at IS NOT NULL",
        (log_id, conflict.version),
    )
    text = Note.parse(conflict.other).text
    return any(Note.parse(note).text == text for pair in rows for note in pair)


def _unverified(home: Home) -> list[tuple[str, str]]:
    """Return (URL, origin) of heads that neighbours show and that nothing held here explains."""
    rows = home.database.connection.execute(
        "SELECT url, origin FROM seen_head JOIN log ON log.id = seen_head.log WHERE own = 0 AND state = ?"
        " AND NOT EXISTS (SELECT 1 FROM dispute WHERE dispute.log = log.id AND settled_at IS NULL)"
        " ORDER BY url, origin",
        (str(HeadState.UNVERIFIED),),
    )
    return [(url, origin) for url, origin in rows]


def _find(connection: sqlite3.Connection, row: LogRow, fingerprint: str) -> tuple[int, bytes] | None:
    rows = connection.execute(
        "SELECT version, held, other FROM dispute WHERE log = ? AND settled_at IS NULL ORDER BY version",
        (row.id,),
    ).fetchall()
    for version, *notes in rows:
        for note in notes:
            if _set(note).fingerprint == fingerprint:
                return version, note
    return None


def _replaced(row: LogRow, version: int, chosen: bytes) -> KeyChain:
    """Return the key sets with another one of some version as the newest.

    Raises:
        InvalidInputError: That cannot be here.
    """
    if version == 1:
        raise InvalidInputError(
            "another first key set is another publisher", hint="follow it by its fingerprint, on a new home"
        )
    try:
        chain = KeyChain(row.chain.sets[: version - 1], row.chain.notes[: version - 1]).extend(chosen)
    except ProtocolError as error:
        raise InvalidInputError(f"the key set does not follow the ones before: {error}") from None
    begins = min(chain.newest.after, row.chain.sets[version - 1].after)
    if row.size > begins:
        raise InvalidInputError(
            f"{row.size} leaves were verified here under the other key set, which began after {begins}",
            hint="follow the log anew on another home, or its successor",
        )
    return chain


def _set(note: bytes) -> KeySet:
    return KeySet.parse(Note.parse(note).text)
