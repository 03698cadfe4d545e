"""Which feeds of news are asked, and when; what they have replaces what they had.

::

    news_named   a live entry or profile of a followed or own log names the feed      derived
        → asked  profiles' feeds first, ``FEEDS_EACH`` of one publisher, ``MOST_FEEDS`` of all
    news_feed    when it was asked, what was wrong, by what to ask conditionally      kept over restarts
    news_item    its newest items

A feed that nobody names any more, or only publishers that are blocked here, goes with its items. One that
does not answer is asked ever less often; what it had stays for ``LAPSE_SECONDS``. All of this is this node's
own observation: no part of a log, and left alone by ``db rebuild``.
"""

import asyncio
import random
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeAlias

from federation.faults import Fault, FaultError, FaultKind
from federation.response import OK, UNCHANGED, Fetch
from federation.schedule import next_due
from node.home import Home
from node.observe import log
from node.store.restraints import unasked_logs, unblocked

from .reading import KEPT_ITEMS, News, read_news

FEEDS_EACH: Final = 10
"""Feeds of one publisher that are asked, those of its profile first."""

MOST_FEEDS: Final = 2_000
"""Feeds that are asked in all: 40,000 items of at most 3 kB."""

PER_STEP: Final = 16
"""Feeds asked in one step, side by side."""

ANSWER_SECONDS: Final = 60.0
"""Longest wait for one feed: others wait for the step to end."""

LAPSE_SECONDS: Final = 30 * 86_400
"""How long items stay of a feed that could not be read."""

_VALIDATOR: Final = 64  # characters of a Last-Modified


@dataclass(frozen=True, slots=True)
class _Place:
    """A feed to ask, and by what the question is made conditional."""

    url: str
    etag: str = ""
    changed: str = ""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a feed had; ``news`` is None where it is what it was."""

    news: News | None
    etag: str
    changed: str


_Outcome: TypeAlias = _Answer | Fault


async def gather(home: Home, fetch: Fetch) -> Mapping[str, Fault | None]:
    """Ask the feeds whose time has come, ``PER_STEP`` at most, and drop those that are asked no more.

    Args:
        home: The node.
        fetch: An open fetcher.

    Returns:
        Each feed that was asked → what was wrong with it, or None.
    """
    places = await asyncio.to_thread(_due, home)
    outcomes = await asyncio.gather(*(_ask(home, fetch, place) for place in places))
    if places:
        await asyncio.to_thread(_settle, home, list(zip(places, outcomes, strict=True)))
    return {
        place.url: outcome if isinstance(outcome, Fault) else None
        for place, outcome in zip(places, outcomes, strict=True)
    }


def wanted_feeds(home: Home) -> tuple[str, ...]:
    """Return the feeds that are asked: everybody's first before anybody's second."""
    if not home.config.planet.gather:
        return ()
    connection = home.database.connection
    unasked = unasked_logs(connection)
    rows = connection.execute(
        "SELECT log, url FROM news_named GROUP BY log, url ORDER BY log, max(is_profile) DESC, url"
    )
    turns = [
        (turn, log_id, url)
        for log_id, named in groupby(rows, key=lambda row: row[0])
        if log_id not in unasked
        for turn, (_, url) in enumerate(named)
        if turn < FEEDS_EACH
    ]
    urls = dict.fromkeys(url for _, _, url in sorted(turns))
    return tuple(unblocked(connection, urls))[:MOST_FEEDS]


def _due(home: Home) -> list[_Place]:
    """Drop the feeds that are asked no more, and return whom to ask now, whoever waited longest first."""
    now, wanted = home.now(), wanted_feeds(home)
    rows = home.database.connection.execute(
        "SELECT url, etag, changed, next_due, coalesce(seen_at, tried_at) FROM news_feed"
    )
    known = {url: (_Place(url, etag, changed), due, seen) for url, etag, changed, due, seen in rows}
    gone = known.keys() - set(wanted)
    lapsed = [url for url, (_, _, seen) in known.items() if seen + LAPSE_SECONDS <= now and url not in gone]
    if gone or lapsed:
        _drop(home, sorted(gone), lapsed)
    new = [(0, place, _Place(url)) for place, url in enumerate(wanted) if url not in known]
    old = [(due, 0, place) for url, (place, due, _) in known.items() if url not in gone and due <= now]
    waiting = sorted([*new, *old], key=lambda each: each[:2])
    return [place for _, _, place in waiting[:PER_STEP]]


def _drop(home: Home, gone: Sequence[str], lapsed: Sequence[str]) -> None:
    with home.database.write() as connection:
        connection.executemany("DELETE FROM news_feed WHERE url = ?", [(url,) for url in gone])
        connection.executemany("DELETE FROM news_item WHERE feed = ?", [(url,) for url in lapsed])
        # What it says next is read whole.
        connection.executemany(
            "UPDATE news_feed SET etag = '', changed = '' WHERE url = ?", [(url,) for url in lapsed]
        )


async def _ask(home: Home, fetch: Fetch, place: _Place) -> _Outcome:
    limits = home.config.limits
    headers = {"Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"}
    if place.etag:
        headers["If-None-Match"] = place.etag
    if place.changed:
        headers["If-Modified-Since"] = place.changed
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await fetch.get(place.url, limit=limits.news_bytes, gzip=True, headers=headers)
        if response.status == UNCHANGED:
            return _Answer(None, place.etag, place.changed)
        if response.status != OK:
            return Fault(FaultKind.UNREACHABLE, place.url, f"it answers with status {response.status}")
        news = await asyncio.to_thread(read_news, response.body, place.url)
    except FaultError as error:
        return error.fault
    except TimeoutError:
        return Fault(FaultKind.UNREACHABLE, place.url, "it answers too slowly")
    except Exception:  # noqa: BLE001 - a bug that one feed brings out must not stop the others
        log().error("a feed of news could not be read", feed=place.url, exc_info=True)
        return Fault(FaultKind.MALFORMED, place.url, "it could not be read; the node's log says why")
    etag, changed = response.headers.get("etag", ""), response.headers.get("last-modified", "")
    return _Answer(
        news,
        etag if len(etag) <= limits.etag_chars else "",
        changed if len(changed) <= _VALIDATOR else "",
    )


def _settle(home: Home, outcomes: Sequence[tuple[_Place, _Outcome]]) -> None:
    """Keep what was found, of feeds that are still asked."""
    now, wanted = home.now(), frozenset(wanted_feeds(home))
    with home.database.write() as connection:
        for place, outcome in outcomes:
            if place.url in wanted:
                _keep(connection, place.url, outcome, now, home.config.planet.interval_seconds)


def _keep(connection: sqlite3.Connection, url: str, outcome: _Outcome, now: int, interval: int) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO news_feed (url, title, etag, changed, tried_at, failures, next_due)"
        " VALUES (?, '', '', '', ?, 0, 0)",
        (url, now),
    )
    jitter = random.random()  # noqa: S311 - spreads load, guards nothing
    if isinstance(outcome, Fault):
        (failures,) = connection.execute("SELECT failures FROM news_feed WHERE url = ?", (url,)).fetchone()
        connection.execute(
            "UPDATE news_feed SET tried_at = ?, fault = ?, failures = ?, next_due = ? WHERE url = ?",
            (now, str(outcome), failures + 1, next_due(now, interval, failures + 1, jitter), url),
        )
        if not failures:
            log().warning("no news of a feed", feed=url, fault=str(outcome))
        return
    connection.execute(
        "UPDATE news_feed SET etag = ?, changed = ?, tried_at = ?, seen_at = ?, fault = NULL, failures = 0,"
        " next_due = ? WHERE url = ?",
        (outcome.etag, outcome.changed, now, now, next_due(now, interval, 0, jitter), url),
    )
    if outcome.news is not None:
        _replace(connection, url, outcome.news, now)


def _replace(connection: sqlite3.Connection, url: str, news: News, now: int) -> None:
    """Put the items of a feed in the place of those that it had."""
    known = dict(connection.execute("SELECT id, at FROM news_item WHERE feed = ?", (url,)))
    # Its time stays: what is dated anew, or for a day to come, does not come up again.
    rows = [
        (url, each.id, known.get(each.id, now if each.at is None else min(each.at, now)), each)
        for each in news.items
    ]
    rows.sort(key=lambda row: -row[2])
    connection.execute("UPDATE news_feed SET title = ? WHERE url = ?", (news.title, url))
    connection.execute("DELETE FROM news_item WHERE feed = ?", (url,))
    connection.executemany(
        "INSERT INTO news_item (feed, id, at, url, title, excerpt, language) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*row, each.url, each.title, each.excerpt, each.language) for *row, each in rows[:KEPT_ITEMS]],
    )
