"""What a publisher should look at again, as a feed: entries that nobody confirmed for long, calls that end.

A reminder has the day on which it became one, so that it comes up once: an entry on the day after which it is
stale, a call ``SOON_DAYS`` before its end and once more when that is over.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from node.home import Home
from node.plans.freshness import SOON_DAYS, STALE_DAYS, stale_days, to_confirm, today

from .entries import MOST_ENTRIES, NEVER, FeedEntry, authors_of, stable_id
from .readers import Reader


def reminder_entries(
    home: Home, origin: str, author: str, base_url: str, reader: Reader
) -> tuple[FeedEntry, ...]:
    """Return what a feed has of what should be looked at in an own log, the newest first.

    Args:
        home: The node.
        origin: The log.
        author: What its publisher is called.
        base_url: Of this node, without a slash at its end.
        reader: For whom.
    """
    now = today(home)
    with home.database.read() as connection:
        days = stale_days(connection).get(origin, STALE_DAYS)
    found = [
        _entry(each, reminder, author, base_url, reader)
        for each in to_confirm(home, (reader.tag, "en"))
        if each["address"].startswith(f"{origin}/e/")
        for reminder in _reminders(each, days, now, reader)
    ]
    return tuple(sorted(found, key=lambda each: (each.updated, each.id), reverse=True)[:MOST_ENTRIES])


class _Reminder(NamedTuple):
    """What to look at: what tells it from others of its entry, its title, since when, and its day."""

    what: str
    title: str
    since: dt.date | None
    day: dt.date | None


def _reminders(due: Mapping[str, Any], days: int, now: dt.date, reader: Reader) -> Iterator[_Reminder]:
    name = due["name"] or due["address"]
    if due["stale"]:
        confirmed = dt.date.fromisoformat(due["confirmed"]) if due["confirmed"] else None
        # Nobody knows since when of what has no day, or one to come; that may be the last there is.
        is_past = confirmed is not None and (now - confirmed).days > days
        since = confirmed + dt.timedelta(days + 1) if confirmed and is_past else None
        title = reader.gettext("%(name)s: nobody confirmed this for %(days)s days")
        yield _Reminder("stale", title % {"name": name, "days": days}, since, since)
    for call in due["calls"]:
        until = dt.date.fromisoformat(call["until"])
        place = call["address"].rpartition("#")[2]
        if call["over"]:
            title, since = reader.gettext("%(name)s: the call %(call)s has ended"), until + dt.timedelta(1)
        else:
            title, since = (
                reader.gettext("%(name)s: the call %(call)s ends soon"),
                until - dt.timedelta(SOON_DAYS),
            )
        yield _Reminder(f"{place} {since}", title % {"name": name, "call": place}, since, until)


def _entry(
    due: Mapping[str, Any], reminder: _Reminder, author: str, base_url: str, reader: Reader
) -> FeedEntry:
    pages = reader.pages(base_url)
    text = reader.gettext("Confirm it with `fedcat entry review %(id)s`, or publish a new version.")
    return FeedEntry(
        id=stable_id(f"{due['address']} reminder {reminder.what}"),
        address=due["address"],
        title=reminder.title,
        text=text % {"id": due["id"]},
        language=reader.tag,
        url=f"{pages}/e/{due['address']}",
        document=f"{base_url}/api/v1/entries/{due['address']}",
        related=None,
        updated=f"{reminder.since}T00:00:00Z" if reminder.since else NEVER,
        authors=authors_of([(due["address"].rpartition("/e/")[0], author)], pages),
        categories=(),
        first=None,
        last=reminder.day,
        is_deadline=True,
    )
