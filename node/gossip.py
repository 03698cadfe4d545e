"""Asking neighbours for their feeds, and sparing the origins of what they cover.

A neighbour is a followed node. A few of them are asked for ``/checkpoints`` at the usual interval, each
conditionally; one answer covers all logs that it carries. What is news makes its log due at once, so that
``rounds`` pulls it. A log that neighbours cover, and whose heartbeat is recent, is not asked about beside
that, but for once an hour::

    neighbour:  url  cursor  etag  last_try  last_success  fault  detail  failures  next_due

A log is covered when two neighbours that answered lately show the head that is held here, or the very
host of its origin does. Whoever is behind would be late with news, too.

Whom to ask is chosen anew each time (``federation.gossip.choose``): of each log two carriers other than the
node at its own host, where two are followed, and everybody in turn. So evidence against a log comes from
whoever holds it, if he is among those that are followed.
"""

import asyncio
import random
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from federation.faults import FaultError
from federation.gossip import COVER, EVIDENCE, FeedAnswer, ask_evidence, ask_feed, choose, is_alive
from federation.response import Fetch
from federation.schedule import next_due
from federation.sources import mirror_prefix, sources_of
from protocol.errors import InconsistentError, ProtocolError, SignatureError
from protocol.note import Note
from protocol.origin import Origin

from .cosigners import known_cosigners
from .errors import NodeError
from .heads import Looked, keep, look
from .home import Home
from .observe import log
from .sources import peer_urls
from .splits import MAX_EVIDENCE, contradicted, keep_evidence
from .store.logs import LogRow

DIRECT_SECONDS: Final = 3_600
"""How often the origin of a log that neighbours cover is asked all the same."""

STALE_SECONDS: Final = 48 * 3600
"""A log of which nobody who counts has said anything for so long is stale, and its origin asked itself."""

_EVIDENCE_AT_ONCE: Final = 4
_LATELY: Final = 4  # intervals: an answer that is older covers nothing


@dataclass(frozen=True, slots=True)
class _Neighbour:
    url: str
    cursor: str = ""
    etag: str = ""
    failures: int = 0
    due: int = 0


async def check_feeds(home: Home, fetch: Fetch, *, only_due: bool = True) -> None:
    """Ask neighbours for their feeds, and take what is in them.

    Args:
        home: The node.
        fetch: An open fetcher.
        only_due: Leave out those whose time has not come.
    """
    chosen = await asyncio.to_thread(_chosen, home, only_due=only_due)
    await asyncio.gather(*(_check(home, fetch, neighbour) for neighbour in chosen))
    if chosen:
        await asyncio.to_thread(spare, home)


class Feeds:
    """The feeds of a running node: each neighbour at its own time, so that a slow one keeps back no news."""

    def __init__(self, home: Home, fetch: Fetch) -> None:
        """Begin; nobody is asked before ``step``."""
        self._home, self._fetch = home, fetch
        self._running: dict[str, asyncio.Task[None]] = {}

    async def step(self) -> None:
        """Ask every neighbour whose time has come, and who is not being asked yet."""
        for url, done in [(url, task) for url, task in self._running.items() if task.done()]:
            del self._running[url]
            done.result()
        for neighbour in await asyncio.to_thread(_chosen, self._home, only_due=True):
            if neighbour.url not in self._running:
                self._running[neighbour.url] = asyncio.create_task(self._ask(neighbour))

    async def close(self) -> None:
        """Break off what is running; whoever was being asked is asked again after the next start."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _ask(self, neighbour: _Neighbour) -> None:
        await _check(self._home, self._fetch, neighbour)
        await asyncio.to_thread(spare, self._home)


def spare(home: Home) -> None:
    """Let the sources of logs wait that neighbours cover and that are alive."""
    now, interval = home.now(), home.config.sync.interval_seconds
    due = home.database.connection.execute(
        "SELECT origin, tried FROM log JOIN (SELECT log, max(last_try) AS tried FROM source"
        " WHERE failures = 0 AND next_due BETWEEN 1 AND ? GROUP BY log) AS asked ON asked.log = log.id"
        " WHERE own = 0 AND tried > ? AND EXISTS (SELECT 1 FROM seen_head WHERE seen_head.log = log.id)",
        (now + interval, now - DIRECT_SECONDS),
    ).fetchall()
    waits = []
    for origin, tried in due:
        row = home.logs.get(origin)
        if row is not None and _is_covered(home, row, now) and _is_alive(home, row, now):
            wait = next_due(tried, DIRECT_SECONDS, 0, random.random())  # noqa: S311 - spreads load, guards nothing
            waits.append((wait, row.id, wait))
    if waits:
        with home.database.write() as connection:
            connection.executemany(
                "UPDATE source SET next_due = ? WHERE log = ? AND failures = 0 AND next_due BETWEEN 1 AND ?",
                waits,
            )


def _chosen(home: Home, *, only_due: bool) -> list[_Neighbour]:
    connection, now = home.database.connection, home.now()
    urls = peer_urls(home)
    if not urls:
        return []
    rows = connection.execute("SELECT url, cursor, etag, failures, next_due FROM neighbour")
    known = {each[0]: _Neighbour(*each) for each in rows}
    found = {url: known.get(url, _Neighbour(url)) for url in urls}
    due = {url for url, each in found.items() if each.due <= now or not only_due}
    if not due:
        return []
    listed: dict[str, set[int]] = {
        url: set() for url, each in found.items() if not each.failures or url in due
    }
    for url, log_id in connection.execute("SELECT url, log FROM seen_head"):
        if url in listed:
            listed[url].add(log_id)
    hosts = {url.partition("://")[2]: url for url in listed}
    followed: set[int] = set()
    own: dict[str, set[int]] = {url: set() for url in listed}
    for log_id, origin in connection.execute("SELECT id, origin FROM log WHERE own = 0"):
        followed.add(log_id)
        url = hosts.get(origin.partition("/")[0])
        if url is not None:
            own[url].add(log_id)
    turn = now // home.config.sync.interval_seconds
    return [found[url] for url in choose(listed, followed, turn, own=own) if url in due]


async def _check(home: Home, fetch: Fetch, neighbour: _Neighbour) -> None:
    limits = home.config.limits
    try:
        try:
            answer = await ask_feed(
                fetch, neighbour.url, limits, cursor=neighbour.cursor, etag=neighbour.etag
            )
        except FaultError as error:
            await asyncio.to_thread(_blame, home, neighbour, error)
            return
        await asyncio.to_thread(_take, home, neighbour, answer)
        await _take_evidence(home, fetch, neighbour)
    except (NodeError, OSError, sqlite3.Error) as error:
        # A full disk is no reason not to ask the others, nor the origins.
        log().error("feed not kept", neighbour=neighbour.url, reason=str(error))


def _take(home: Home, neighbour: _Neighbour, answer: FeedAnswer | None) -> None:
    """Look at every item about a log of ours, remember it, and make due what is news."""
    looked = () if answer is None else _looked(home, neighbour.url, answer)
    now = home.now()
    with home.database.write() as connection:
        if answer is not None and answer.feed.full:
            connection.execute("DELETE FROM seen_head WHERE url = ?", (neighbour.url,))
        keep(connection, looked, now)
        for each in looked:
            if each.is_news and not each.row.own:
                _wake(connection, each)
        cursor, etag = (
            (neighbour.cursor, neighbour.etag) if answer is None else (answer.feed.cursor, answer.etag)
        )
        _keep(connection, home, neighbour.url, cursor=cursor, etag=etag)
    for each in looked:
        contradicted(home, each)


async def _take_evidence(home: Home, fetch: Fetch, neighbour: _Neighbour) -> None:
    """Fetch evidence that a neighbour names and nobody here has, a few at a time, and keep what proves it."""
    for origin, name in await asyncio.to_thread(_named, home, neighbour.url):
        path = f"{EVIDENCE}/{name.hex()}"
        try:
            data = await ask_evidence(fetch, neighbour.url, name, home.config.limits)
            if not await asyncio.to_thread(keep_evidence, home, origin, data, neighbour.url):
                await asyncio.to_thread(_disregard, home, neighbour.url, name)
        except FaultError as error:
            await asyncio.to_thread(_blame, home, neighbour, error)
            return
        except ProtocolError as error:
            # It may be against another publisher of the name; whoever passes it on cannot know ours.
            log().warning("no evidence", neighbour=neighbour.url, file=path, reason=str(error))
            await asyncio.to_thread(_disregard, home, neighbour.url, name)


def _named(home: Home, url: str) -> list[tuple[str, bytes]]:
    """Return origin and hash of the evidence that a neighbour names and that should be fetched."""
    rows = home.database.connection.execute(
        "SELECT origin, evidence FROM seen_head JOIN log ON log.id = seen_head.log WHERE url = ?"
        " AND evidence IS NOT NULL AND NOT EXISTS (SELECT 1 FROM evidence WHERE hash = seen_head.evidence)"
        " AND (SELECT count(*) FROM evidence WHERE evidence.log = log.id AND resolved_at IS NULL) < ?"
        " ORDER BY origin LIMIT ?",
        (url, MAX_EVIDENCE, _EVIDENCE_AT_ONCE),
    )
    return rows.fetchall()


def _disregard(home: Home, url: str, name: bytes) -> None:
    with home.database.write() as connection:
        connection.execute("UPDATE seen_head SET evidence = NULL WHERE url = ? AND evidence = ?", (url, name))


def _wake(connection: sqlite3.Connection, looked: Looked) -> None:
    """Make a log due: its sources that work, and the one that has news."""
    log_id, prefix = looked.row.id, mirror_prefix(looked.url, Origin.parse(looked.row.origin))
    connection.execute("UPDATE source SET next_due = 0 WHERE log = ? AND failures = 0", (log_id,))
    connection.execute(
        "INSERT INTO source (log, url, next_due) VALUES (?, ?, 0)"
        " ON CONFLICT (log, url) DO UPDATE SET next_due = 0",
        (log_id, prefix),
    )


def _looked(home: Home, url: str, answer: FeedAnswer) -> Sequence[Looked]:
    looked, cosigners = [], known_cosigners(home)
    ours = {name for (name,) in home.database.connection.execute("SELECT hash FROM log")}
    for item in answer.feed.items:
        # What is not followed is skipped, unverified; a stranger may list forty thousand logs.
        row = home.logs.by_hash(item.origin_hash) if item.origin_hash in ours else None
        if row is None:
            continue
        try:
            looked.append(look(home, row, url, item, cosigners))
        except (InconsistentError, NodeError, OSError, sqlite3.Error) as error:
            # One log's broken store must not keep the others from being heard of.
            log().error("feed item not read", origin=row.origin, reason=str(error))
    return looked


def _blame(home: Home, neighbour: _Neighbour, error: FaultError) -> None:
    """Remember that a neighbour did not answer; what it covered is asked of the origins again."""
    now, failures = home.now(), neighbour.failures + 1
    fault = error.fault
    if failures == 1:
        log().warning("no feed", neighbour=neighbour.url, fault=str(fault))
    interval = home.config.sync.interval_seconds
    due = next_due(now, interval, failures, random.random())  # noqa: S311 - spreads load, guards nothing
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO neighbour (url, last_try, fault, detail, failures, next_due)"
            " VALUES (:url, :now, :fault, :detail, :failures, :due) ON CONFLICT (url) DO UPDATE SET"
            " last_try = :now, fault = :fault, detail = :detail, failures = :failures, next_due = :due",
            {
                "url": neighbour.url,
                "now": now,
                "fault": str(fault.kind),
                "detail": fault.detail,
                "failures": failures,
                "due": due,
            },
        )
        connection.execute(
            "UPDATE source SET next_due = min(next_due, ?) WHERE failures = 0"
            " AND log IN (SELECT log.id FROM log JOIN seen_head ON seen_head.log = log.id"
            " WHERE log.own = 0 AND seen_head.url = ?)",
            (now + interval, neighbour.url),
        )


def _keep(connection: sqlite3.Connection, home: Home, url: str, *, cursor: str, etag: str) -> None:
    now = home.now()
    due = next_due(now, home.config.sync.interval_seconds, 0, random.random())  # noqa: S311 - as above
    connection.execute(
        "INSERT OR REPLACE INTO neighbour (url, cursor, etag, last_try, last_success, next_due)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (url, cursor, etag, now, now, due),
    )


def _is_covered(home: Home, row: LogRow, now: int) -> bool:
    """Report whether the feeds of neighbours tell all that asking the origin could."""
    since = now - _LATELY * home.config.sync.interval_seconds
    rows = home.database.connection.execute(
        "SELECT seen_head.url FROM seen_head JOIN neighbour ON neighbour.url = seen_head.url"
        " WHERE log = ? AND state = 'agrees' AND size >= ? AND neighbour.failures = 0 AND last_success >= ?",
        (row.id, row.size, since),
    )
    urls = [url for (url,) in rows]
    if len(urls) >= COVER:
        return True
    own = sources_of(row.chain.newest, allow_private=home.config.allow_private)
    return any(source.prefix.startswith(f"{url}/") for url in urls for source in own)


def _is_alive(home: Home, row: LogRow, now: int) -> bool:
    try:
        beat = row.chain.beat_time(Note.parse(row.signed)) if row.signed else None
    except SignatureError:
        # A key that was retired below this size signed it, which nobody had told us then.
        beat = None
    return is_alive(beat, now, STALE_SECONDS, home.config.limits.ahead_seconds)
