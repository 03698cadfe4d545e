"""Followers of a log that ended move to its successor by themselves, if its roots said so.

Nodes name in their cards which carried log continues which. That is a hint; what counts is key set 1 of the
successor, signed by a threshold of the predecessor's newest roots, and a predecessor whose tree is the one
held here. Then the successor is followed, and addresses of the predecessor lead on to it::

    succession:  log (the predecessor)  origin  fingerprint  source  found_at  refused_at

Two proven successors are a root conflict: neither is believed any more than the other, both stand still, and
an operator chooses (``fedcat key choose``).
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, MutableMapping
from itertools import islice
from typing import TYPE_CHECKING, Final

from federation.faults import FaultError
from federation.introduce import Introduction, introduce
from federation.listing import decide
from federation.quotas import DAY
from federation.response import Fetch
from federation.sources import mirror_prefix
from protocol.errors import ProtocolError
from protocol.origin import Origin

from .cards import kept_card
from .disputes import disputed_logs
from .errors import InvalidInputError, NotFoundError
from .observe import log
from .sources import peer_urls
from .store.deciding import bequeath, inherit
from .store.purged import purged
from .store.references import queue_targets_of_log
from .store.restraints import blocked_logs, listed
from .store.series import links
from .store.trail import note_deed
from .store.waiting import QUEUE_LOG, queue_neighbours_of_log

if TYPE_CHECKING:
    import sqlite3

    from .home import Home

RETRY_SECONDS: Final = 3600
"""Pause before a hint that led nowhere is looked at again."""

MAX_HINTS: Final = 8
"""Hints looked at in one step: a stranger's list must not make us ask for ever."""

MAX_A_DAY: Final = 4
"""Logs of one series that come to be here in a day: each may take all that the limits allow to one."""


async def check_successors(
    home: "Home", fetch: Fetch, waits: MutableMapping[tuple[str, str], int] | None = None
) -> None:
    """Look at the successors that followed nodes name in their cards, and follow those that are proven.

    Args:
        home: The node.
        fetch: An open fetcher.
        waits: (URL, origin) → when to look again; kept by a caller that comes by often.
    """
    waits = {} if waits is None else waits

    async def look(url: str, origin: str) -> None:
        waits[url, origin] = home.now() + RETRY_SECONDS
        prefix = mirror_prefix(url, Origin.parse(origin))
        with contextlib.suppress(FaultError):
            found = await introduce(fetch, prefix, origin, limits=home.config.limits)
            await asyncio.to_thread(adopt, home, found, prefix)

    hints = await asyncio.to_thread(_hints, home, waits)
    await asyncio.gather(*(look(*hint) for hint in hints))


def adopt(home: "Home", found: Introduction, prefix: str) -> bool:
    """Follow a log from now on if it is the one proven successor of a log that is carried here.

    Args:
        home: The node.
        found: The log as a source shows it.
        prefix: Where its files are.

    Returns:
        Whether it is followed now.
    """
    before = found.chain.sets[0].predecessor
    old = None if before is None else home.logs.get(before.origin)
    if before is None or old is None or old.id in disputed_logs(home.database.connection):
        # Of two whose key sets are as valid, none may say how the log goes on before people have decided.
        return False
    try:
        found.chain.check_successor_of(old.chain)
    except ProtocolError as error:
        log().warning("no successor", origin=found.origin, predecessor=old.origin, reason=str(error))
        return False
    if old.size >= before.size and home.logs.store(old.origin).tree.edge(before.size).root != before.root:
        log().error("a successor continues another tree", origin=found.origin, predecessor=old.origin)
        return False
    with home.database.write() as connection:
        is_new = connection.execute(
            "INSERT OR IGNORE INTO succession (log, origin, fingerprint, source, found_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (old.id, found.origin, found.chain.fingerprint, prefix, home.now()),
        ).rowcount
        if is_new:
            _look_again(connection, old.id)
    if is_new:
        log().info("successor", origin=found.origin, predecessor=old.origin, source=prefix)
    if old.id in disputed_predecessors(home.database.connection):
        log().error("two successors", predecessor=old.origin)
        return False
    if (found.origin, found.chain.fingerprint) not in successors_of(home.database.connection, old.id):
        return False
    # Also where it is known for long: a kill came in between, or it was purged or blocked, and is wanted now.
    return _follow(home, found, prefix, old.id)


def series_of(home: "Home", origin: str) -> tuple[str, ...]:
    """Return a log and all that it continues, or that continue it, by name; not all need be carried here."""
    pairs = [(former, successor) for former, _, successor in links(home.database.connection)]
    found, before = {origin}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for pair in pairs if not found.isdisjoint(pair) for name in pair}
    return tuple(sorted(found))


def disputed_predecessors(connection: "sqlite3.Connection") -> frozenset[int]:
    """Return the logs of which more than one proven successor exists, by their number in the database."""
    rows = connection.execute(
        "SELECT log FROM succession WHERE refused_at IS NULL GROUP BY log HAVING count(*) > 1"
    )
    return frozenset(log_id for (log_id,) in rows)


def disputed_successors(connection: "sqlite3.Connection") -> frozenset[int]:
    """Return the followed logs that stand still because another one is as proven, or was chosen."""
    rows = connection.execute(
        "SELECT l.id FROM log AS l JOIN succession AS s"
        " ON s.origin = l.origin AND s.fingerprint = l.fingerprint WHERE l.own = 0 AND"
        " (s.refused_at IS NOT NULL OR s.log IN"
        " (SELECT log FROM succession WHERE refused_at IS NULL GROUP BY log HAVING count(*) > 1))"
    )
    return frozenset(log_id for (log_id,) in rows)


def successors_of(connection: "sqlite3.Connection", log_id: int) -> tuple[tuple[str, str], ...]:
    """Return (origin, fingerprint) of all proven successors of a log that nobody has refused."""
    rows = connection.execute(
        "SELECT origin, fingerprint FROM succession WHERE log = ? AND refused_at IS NULL ORDER BY found_at",
        (log_id,),
    )
    return tuple((origin, fingerprint) for origin, fingerprint in rows)


def choose_successor(home: "Home", origin: str, fingerprint: str, reason: str, actor: str) -> str:
    """Settle which of two proven successors is the publisher's.

    Args:
        home: The node.
        origin: The predecessor.
        fingerprint: That of the right one.
        reason: Why, for those who come later.
        actor: Who decided.

    Returns:
        The origin of the successor.

    Raises:
        NotFoundError: No successor with this fingerprint is known.
        InvalidInputError: There is no reason.
    """
    row = home.logs.get(origin)
    proven = () if row is None else successors_of(home.database.connection, row.id)
    chosen = next((name for name, each in proven if each == fingerprint), None)
    if row is None or chosen is None:
        raise NotFoundError(
            f"key set or successor {fingerprint} of {origin}", hint="`fedcat key show ORIGIN` shows them"
        )
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="say what was found out, and from whom")
    with home.database.write() as connection:
        connection.execute(
            "UPDATE succession SET refused_at = ? WHERE log = ? AND fingerprint <> ? AND refused_at IS NULL",
            (home.now(), row.id, fingerprint),
        )
        _look_again(connection, row.id)
        detail = {"successor": chosen, "reason": reason}
        note_deed(connection, home.now(), actor, "key choose", origin, detail)
    return chosen


def _look_again(connection: "sqlite3.Connection", log_id: int) -> None:
    """Have everything indexed again that may stand elsewhere now."""
    connection.execute(QUEUE_LOG, (log_id,))
    queue_neighbours_of_log(connection, log_id)
    queue_targets_of_log(connection, log_id)


def _follow(home: "Home", found: Introduction, prefix: str, predecessor: int) -> bool:
    if home.logs.get(found.origin) is None:
        if purged(home.database.connection, found.origin) is not None:
            # An operator wanted it gone; only by hand it is followed again.
            return False
        if decide(listed(home.database.connection), found.origin, found.chain.fingerprint) is not None:
            return False
        if _added_lately(home, found.origin) >= MAX_A_DAY:
            # Looked at again while somebody's card names it.
            log().warning("successor has to wait", origin=found.origin, reason=f"{MAX_A_DAY} came in a day")
            return False

    def keep(connection: "sqlite3.Connection", log_id: int) -> None:
        # What continues a log that came in by a rule is here by that too, unless a person followed it before.
        connection.execute(
            "INSERT INTO admitted (log, because, at) SELECT ?, json_array(log.origin), ? FROM admitted AS a"
            " JOIN log ON log.id = a.log WHERE a.log = ? AND a.confirmed_at IS NULL",
            (log_id, home.now(), predecessor),
        )
        # Before anybody can sync it, and keep it busy.
        bequeath(connection, predecessor, log_id)

    try:
        store = home.logs.add(found.chain, own=False, also=keep)
    except InvalidInputError as error:
        log().error("successor not followed", origin=found.origin, reason=str(error))
        return False
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)",
            (store.id, prefix),
        )
    inherit(store, predecessor)
    return True


def _added_lately(home: "Home", origin: str) -> int:
    """Return how many logs of a series came to be here within the last day."""
    (count,) = home.database.connection.execute(
        "SELECT count(*) FROM log WHERE origin IN (SELECT value FROM json_each(?)) AND added_at > ?",
        (json.dumps(series_of(home, origin)), home.now() - DAY),
    ).fetchone()
    return int(count)


def _hints(home: "Home", waits: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Return (URL of a node, origin) of successors of carried logs that are not known yet.

    Nodes have turns, those first that were asked longest ago: a long list of one keeps nobody else's waiting.
    """
    blocked = blocked_logs(home.database.connection)
    carried = {row.origin for row in home.logs.all() if row.id not in blocked}
    # One that is not here yet, and neither refused nor purged, is looked at again: a kill may have come in
    # between, or it was chosen or unblocked since.
    known = {
        origin
        for (origin,) in home.database.connection.execute(
            "SELECT origin FROM succession WHERE refused_at IS NOT NULL OR origin IN"
            " (SELECT origin FROM log UNION ALL SELECT origin FROM purged)"
        )
    }
    cards = dict(home.database.connection.execute("SELECT url, card FROM peer"))
    latest: dict[str, int] = {}
    for (url, _), until in waits.items():
        latest[url] = max(until, latest.get(url, 0))
    found: list[tuple[int, int, str, str]] = []
    for url in peer_urls(home):
        card = kept_card(cards[url])
        is_open = (
            each.origin
            for each in (() if card is None else card.successors)
            if each.predecessor in carried
            and each.origin not in known
            and waits.get((url, each.origin), 0) <= home.now()
        )
        found += [
            (turn, latest.get(url, 0), url, origin) for turn, origin in enumerate(islice(is_open, MAX_HINTS))
        ]
    return [(url, origin) for *_, url, origin in sorted(found)[:MAX_HINTS]]
