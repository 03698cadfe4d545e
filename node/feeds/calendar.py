"""A feed as a calendar (RFC 5545): what is planned as days, what ends as the last of them.

Items that say no day are left out. The dates are days without a time zone: nobody states more.
"""

import datetime as dt
import re
from typing import Final

from icalendar import Calendar, Event

from .entries import Feed, FeedEntry

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"

# C1 controls and the separators too: readers cut lines at some of them.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PRODUCT: Final = "-//fedcat//fedcat//EN"


def calendar(feed: Feed) -> bytes:
    """Return a feed as a calendar."""
    found = Calendar()
    found.add("prodid", _PRODUCT)
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", _line(feed.title))
    for entry in feed.entries:
        event = _event(entry)
        if event is not None:
            found.add_component(event)
    written: bytes = found.to_ical()
    return written


def _event(entry: FeedEntry) -> Event | None:
    days = _days(entry)
    if days is None:
        return None
    event = Event()
    event.add("uid", entry.id)
    # Required; the same as the change, so that an unchanged answer stays the same bytes.
    updated = dt.datetime.fromisoformat(entry.updated)
    event.add("dtstamp", updated)
    event.add("last-modified", updated)
    event.add("summary", _line(entry.title))
    event.add("description", "\n".join(_line(line) for line in entry.text.split("\n")))
    event.add("url", entry.related or entry.url)
    event.add("categories", [_line(each) for each in entry.categories])
    event.add("dtstart", days[0])
    # The day after the last one, which the last day of the calendar has not; a single day needs none.
    if days[0] < days[1] < dt.date.max:
        event.add("dtend", days[1] + dt.timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    return event


def _days(entry: FeedEntry) -> tuple[dt.date, dt.date] | None:
    first, last = entry.first, entry.last
    if entry.is_deadline:
        first = last = last or first
    else:
        first, last = first or last, last or first
    return None if first is None or last is None else (first, last)


def _line(text: str) -> str:
    """Return a text without what no text of a calendar has: control characters (RFC 5545, 3.3.11)."""
    return _CONTROL.sub(" ", text)
