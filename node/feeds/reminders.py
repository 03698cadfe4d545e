"""What a publisher should look at again, as a feed: entries that nobody confirmed for long, calls that end.

A reminder has the day on which it became one, so that it comes up once: an entry on the day after which it is
stale, a call ``SOON_DAYS`` before its end and once more when that is over.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from node.home import Home
from node.plans.freshness import SOON_DAYS, STALE_DAYS, stale_days, to_confirm, today

from .entries import MOST_ENTRIES, NEVER, FeedEntry, stable_id

_TEXT: Final = "Confirm it with `fedcat entry review {id}`, or publish a new version."


def reminder_entries(home: Home, origin: str, author: str, base_url: str) -> tuple[FeedEntry, ...]:
    """Return what a feed has of what should be looked at in an own log, the newest first.

    Args:
        home: The node.
        origin: The log.
        author: What its publisher is called.
        base_url: Of this node, without a slash at its end.
    """
    now = today(home)
    with home.database.read() as connection:
        days = stale_days(connection).get(origin, STALE_DAYS)
    found = [
        entry
        for each in to_confirm(home)
        if each["address"].startswith(f"{origin}/e/")
        for entry in _reminders(each, days, now, author, base_url)
    ]
    return tuple(sorted(found, key=lambda each: (each.updated, each.id), reverse=True)[:MOST_ENTRIES])


def _reminders(
    due: Mapping[str, Any], days: int, now: dt.date, author: str, base_url: str
) -> Iterator[FeedEntry]:
    name = due["name"] or due["address"]
    if due["stale"]:
        confirmed = due["confirmed"]
        since = dt.date.fromisoformat(confirmed) + dt.timedelta(days + 1) if confirmed else None
        # Nobody knows since when of what has no day, or one to come.
        since = since if since and since <= now else None
        title = f"{name}: nobody confirmed this for {days} days"
        yield _entry(due, "stale", title, since, since, author, base_url)
    for call in due["calls"]:
        until = dt.date.fromisoformat(call["until"])
        place = call["address"].rpartition("#")[2]
        if call["over"]:
            title, since = f"{name}: the call {place} has ended", until + dt.timedelta(1)
        else:
            title, since = f"{name}: the call {place} ends soon", until - dt.timedelta(SOON_DAYS)
        yield _entry(due, f"{place} {since}", title, since, until, author, base_url)


def _entry(
    due: Mapping[str, Any],
    what: str,
    title: str,
    since: dt.date | None,
    day: dt.date | None,
    author: str,
    base_url: str,
) -> FeedEntry:
    return FeedEntry(
        id=stable_id(f"{due['address']} reminder {what}"),
        address=due["address"],
        title=title,
        text=_TEXT.format(id=due["id"]),
        language="en",
        url=f"{base_url}/api/v1/entries/{due['address']}",
        related=None,
        updated=f"{since}T00:00:00Z" if since else NEVER,
        author=author,
        categories=(),
        first=None,
        last=day,
        is_deadline=True,
    )
