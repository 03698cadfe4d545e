"""What publishers write elsewhere, the newest first: one page of it, and how the feeds are doing.

::

    {"id": "3f2a…", "title": "Lamps counted", "excerpt": "All lamps of …", "language": "fr",
     "url": "https://lyon.example/news/1", "at": "2026-05-03T12:00:00Z",
     "feed": "https://lyon.example/news.xml", "feed_title": "News of Lyon",
     "publishers": [{"origin": "lyon.example/log/lyon/1", "name": "Ville de Lyon"}]}

An item is shown while a live statement names its feed, of a publisher that is not blocked. Of one publisher
the ``EACH`` newest items are among those of others: whoever writes much hides nobody. Asked for by itself,
all that is kept of it is shown.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple, TypedDict

from msgspec import Meta

from node.answers.publishers import publisher_names
from node.answers.texts import moment
from node.errors import InvalidInputError
from node.home import Home
from node.store.restraints import unasked_logs

EACH: Final = 10
"""Items of one publisher among those of others."""

LOOKED_AT: Final = 10_000
"""Newest items that are looked at."""

_CURSOR: Final = re.compile(r"([0-9]{1,15})-([0-9a-f]{32})", re.ASCII)


class Naming(TypedDict):
    """A publisher that names a feed."""

    origin: str
    name: Annotated[str, Meta(description="What it calls itself; empty where it says nothing.")]


class Told(TypedDict):
    """Something that a publisher wrote elsewhere."""

    id: Annotated[str, Meta(description="Of the item, the same on every node.")]
    title: str
    excerpt: Annotated[str, Meta(description="The beginning of it, as plain text.")]
    language: Annotated[str, Meta(description="Of title and excerpt; empty where the feed does not say.")]
    url: Annotated[str | None, Meta(description="Its page; null where the feed names none.")]
    at: Annotated[str, Meta(description="When it was published, never later than it was first seen here.")]
    feed: Annotated[str, Meta(description="Address of the feed.")]
    feed_title: str
    publishers: Annotated[list[Naming], Meta(description="Who names the feed.")]


class Planet(TypedDict):
    """A page of what publishers write elsewhere."""

    items: list[Told]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last one.")]


class FeedState(TypedDict):
    """How a feed is doing."""

    feed: str
    title: str
    publishers: list[str]
    items: int
    tried_at: str | None
    seen_at: Annotated[str | None, Meta(description="When it was read last; null for never.")]
    fault: Annotated[str | None, Meta(description="What was wrong the last time.")]
    next_due: str | None


class _Row(NamedTuple):
    at: int
    id: bytes
    feed: str


def planet(
    home: Home,
    publisher: str = "",
    languages: Sequence[str] = (),
    limit: int = 20,
    cursor: str | None = None,
) -> Planet:
    """Return a page of what publishers write elsewhere, the newest first; it blocks.

    Args:
        home: The node.
        publisher: Origin of a log: only what this publisher names; empty for all.
        languages: What the reader reads, by preference.
        limit: Most items.
        cursor: ``next`` of the page before.

    Raises:
        InvalidInputError: The cursor is none.
    """
    after = None if cursor is None else _place(cursor)
    with home.database.read() as connection:
        named = _named(connection, home)
        if publisher:
            named = {feed: origins for feed, origins in named.items() if publisher in origins}
        newest = _newest(connection, named, each=0 if publisher else EACH)
        rows = [row for row in newest if after is None or (row.at, row.id) < after]
        names = publisher_names(home, languages)
        items = [_told(connection, row, named[row.feed], names) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": items, "next": None if last is None else f"{last.at}-{last.id.hex()}"}


def news_publishers(home: Home) -> tuple[str, ...]:
    """Return the origins of those who name a feed of which something is shown."""
    with home.database.read() as connection:
        named = _named(connection, home)
        filled = {feed for (feed,) in connection.execute("SELECT DISTINCT feed FROM news_item")}
    return tuple(sorted({origin for feed, origins in named.items() if feed in filled for origin in origins}))


def feed_states(home: Home) -> list[FeedState]:
    """Return how each feed is doing that is asked, by its address."""
    with home.database.read() as connection:
        named = _named(connection, home)
        rows = connection.execute(
            "SELECT url, title, tried_at, seen_at, fault, next_due,"
            " (SELECT count(*) FROM news_item WHERE feed = f.url) FROM news_feed AS f ORDER BY url"
        ).fetchall()
    return [
        {
            "feed": url,
            "title": title,
            "publishers": list(named[url]),
            "items": items,
            "tried_at": moment(tried_at),
            "seen_at": moment(seen_at),
            "fault": fault,
            "next_due": moment(due),
        }
        for url, title, tried_at, seen_at, fault, due, items in rows
        if url in named
    ]


def _named(connection: sqlite3.Connection, home: Home) -> dict[str, tuple[str, ...]]:
    """Return the feeds that are asked and named now, each with the origins of those who name it."""
    unasked = unasked_logs(connection)
    rows = connection.execute(
        "SELECT DISTINCT f.url, l.id, l.origin FROM news_feed AS f JOIN news_named AS n ON n.url = f.url"
        " JOIN log AS l ON l.id = n.log ORDER BY f.url, l.own DESC, l.id"
    )
    found: dict[str, list[str]] = {}
    if home.config.planet.gather:
        for url, log_id, origin in rows:
            if log_id not in unasked:
                found.setdefault(url, []).append(origin)
    return {url: tuple(origins) for url, origins in found.items()}


def _newest(
    connection: sqlite3.Connection, named: Mapping[str, Sequence[str]], *, each: int
) -> Iterator[_Row]:
    """Yield the items of some feeds, the newest first, ``each`` of one publisher; 0 for all."""
    told: Counter[str] = Counter()
    rows = connection.execute(
        "SELECT at, id, feed FROM news_item WHERE feed IN (SELECT value FROM json_each(?))"
        " ORDER BY at DESC, id DESC LIMIT ?",
        (json.dumps(list(named)), LOOKED_AT),
    )
    for row in map(_Row._make, rows):
        # Whoever names a feed of somebody else takes none of their places.
        room = [origin for origin in named[row.feed] if not each or told[origin] < each]
        if room:
            told.update(room)
            yield row


def _place(cursor: str) -> tuple[int, bytes]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidInputError(f"{cursor!r} is no cursor", hint="take `next` of the page before")
    return int(match[1]), bytes.fromhex(match[2])


def _told(
    connection: sqlite3.Connection,
    row: _Row,
    origins: Sequence[str],
    names: Mapping[str, str],
) -> Told:
    url, title, excerpt, language, feed_title = connection.execute(
        "SELECT i.url, i.title, i.excerpt, i.language, f.title FROM news_item AS i"
        " JOIN news_feed AS f ON f.url = i.feed WHERE i.feed = ? AND i.id = ?",
        (row.feed, row.id),
    ).fetchone()
    at: Any = moment(row.at)
    return {
        "id": row.id.hex(),
        "title": title,
        "excerpt": excerpt,
        "language": language,
        "url": url or None,
        "at": at,
        "feed": row.feed,
        "feed_title": feed_title,
        "publishers": [{"origin": origin, "name": names.get(origin, "")} for origin in origins],
    }
