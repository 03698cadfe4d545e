"""What a feed has, whichever format it is written in.

An item keeps its id on every node and through all its versions, so that a reader who follows two nodes can
tell it as one; ``updated`` is when its publisher changed the statement, so nothing comes up again because a
node asked or was restarted.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from protocol.forms import CHECKS
from protocol.language import is_tag

from .readers import Reader

MOST_ENTRIES: Final = 50
"""Entries of one page of a feed; more is a matter of its next page."""

_DAY: Final = 10  # letters
_DOCUMENTS: Final = {"o": "publishers", "e": "entries", "p": "projects"}

NEVER: Final = "1970-01-01T00:00:00Z"
"""When a feed without entries was changed last."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who states something.

    Attributes:
        name: What it calls itself; the origin of its log where it has no name.
        url: Where this node shows it.
    """

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One item.

    Attributes:
        id: An URN that stays.
        address: What names it in the federation.
        title: What it is called.
        text: What it says, and since when and until when.
        language: Of title and text; empty when nobody knows.
        url: Where this node shows it.
        document: The same for programs; None where there is nothing.
        related: A page about it that its publisher names, or None.
        updated: RFC 3339, in UTC.
        authors: Who states it.
        categories: Topics and words of vocabularies.
        first: Its first day, or None.
        last: Its last day, or None.
        is_deadline: Whether only the last day counts.
    """

    id: str
    address: str
    title: str
    text: str
    language: str
    url: str
    document: str | None
    related: str | None
    updated: str
    authors: tuple[Author, ...]
    categories: tuple[str, ...]
    first: dt.date | None
    last: dt.date | None
    is_deadline: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """One page of items.

    Attributes:
        title: What was asked.
        self_url: The feed's own address.
        home_url: The same question on a page.
        next_url: The next page, None on the last one.
        entries: The newest first.
        document_url: The same question to the API; None where it has none.
    """

    title: str
    self_url: str
    home_url: str
    next_url: str | None
    entries: tuple[FeedEntry, ...]
    document_url: str | None = None

    @property
    def updated(self) -> str:
        """When the newest of the entries was changed."""
        return max((entry.updated for entry in self.entries), default=NEVER)


def feed_entries(items: Iterable[Mapping[str, Any]], base_url: str, reader: Reader) -> tuple[FeedEntry, ...]:
    """Return what a feed has of items, as :mod:`node.plans.shown` shows them.

    Args:
        items: The items.
        base_url: Of this node, without a slash at its end.
        reader: For whom.
    """
    return tuple(_entry(item, base_url, reader) for item in items)


def overlap_entries(
    found: Iterable[Mapping[str, Any]], base_url: str, reader: Reader
) -> tuple[FeedEntry, ...]:
    """Return what a feed has of overlaps, as :mod:`node.plans.overlaps` shows them, the newest first.

    One entry for each pair of items, the same from both sides; it changes when one of them does.
    """
    entries = [
        _overlap(each["item"], overlap, base_url, reader) for each in found for overlap in each["overlaps"]
    ]
    entries.sort(key=lambda entry: (entry.updated, entry.id), reverse=True)
    return tuple(entries[:MOST_ENTRIES])


def authors_of(stating: Iterable[tuple[str, str]], pages: str) -> tuple[Author, ...]:
    """Return authors by the origins of their logs and their names, which may be empty.

    Args:
        stating: Origin and name of each.
        pages: What the addresses of the reader's pages begin with.
    """
    return tuple(Author(name or origin, f"{pages}/o/{origin}") for origin, name in stating)


def stable_id(address: str) -> str:
    """Return the id of what has an address, as an URN: the same on every node (RFC 9562, 5.5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"fedcat:{address}").urn


def _entry(item: Mapping[str, Any], base_url: str, reader: Reader) -> FeedEntry:
    period, stated = item["period"] or {}, item["item"]
    pages, stating = reader.pages(base_url), item.get("stating") or [(item["origin"], item["publisher"])]
    authors = authors_of(stating, pages)
    who = reader.listed(each.name for each in authors)
    words = [stated.get(name) for name in ("stage", "type", "status", "role")]
    words += stated["openTo"] if isinstance(stated.get("openTo"), list) else []
    title = ": ".join(part for part in (item["name"], item["title"]) if part) or item["address"]
    stated_by = reader.gettext("Stated by %(who)s.") % {"who": who}
    by_machine = f"({reader.gettext('Machine translation')})" if item["machine"] else ""
    lines = (item["text"], by_machine, _when(item, reader), stated_by)
    return FeedEntry(
        id=stable_id(item["address"]),
        address=item["address"],
        title=title if item["title"] != item["name"] else item["name"] or item["address"],
        text="\n".join(line for line in lines if line),
        language=item["language"] if is_tag(item["language"]) else "",
        url=f"{pages}/{_place(item)}",
        document=f"{base_url}/api/v1/{_document(item)}",
        related=item["url"],
        updated=_updated(item),
        authors=authors,
        categories=tuple(
            dict.fromkeys((*(each for each in words if isinstance(each, str)), *item["topics"]))
        ),
        first=_day(period.get("first")),
        last=_day(period.get("last")),
        is_deadline=item["type"] not in ("roadmap", "statement"),
    )


def _place(item: Mapping[str, Any]) -> str:
    """Return the path of the page on which this node shows an item to people."""
    match item["type"]:
        case "profile":
            return f"o/{item['address'].rpartition('/e/')[0]}"
        case "statement":
            return f"e/{item['address']}"
        case _:
            return f"p/{item['project']}"


def _document(item: Mapping[str, Any]) -> str:
    """Return the path at which programs get the same."""
    what, _, ref = _place(item).partition("/")
    return f"{_DOCUMENTS[what]}/{ref}"


def _overlap(here: Mapping[str, Any], overlap: Mapping[str, Any], base_url: str, reader: Reader) -> FeedEntry:
    mine, theirs = _entry(here, base_url, reader), _entry(overlap["item"], base_url, reader)
    return replace(
        theirs,
        id=stable_id(" ".join(sorted((here["address"], overlap["item"]["address"])))),
        title=f"{mine.title} / {theirs.title}",
        text=f"{' '.join(_shared(overlap, reader))}\n{theirs.text}",
        updated=max(mine.updated, theirs.updated),
        categories=tuple(shared["topic"] for shared in overlap["topics"]),
        first=_day(overlap["period"]["first"]),
        last=_day(overlap["period"]["last"]),
    )


def _shared(overlap: Mapping[str, Any], reader: Reader) -> Iterator[str]:
    """Yield in sentences why two items are shown together."""
    period, open_to = overlap["period"], overlap["open_to"]
    if topics := [reader.label("topic", each["topic"]) for each in overlap["topics"]]:
        yield reader.gettext("Both are about: %(topics)s.") % {"topics": reader.listed(topics)}
    if words := [each["word"] for each in overlap["words"]]:
        yield reader.gettext("Both titles have: %(words)s.") % {"words": reader.listed(words)}
    if when := reader.days(period["first"], period["last"]):
        yield reader.gettext("Both run: %(when)s.") % {"when": when}
    if both := [reader.label("openTo", each) for each in open_to["both"]]:
        yield reader.gettext("Both are open to: %(what)s.") % {"what": reader.listed(both)}
    elif there := [reader.label("openTo", each) for each in open_to["there"]]:
        yield reader.gettext("Theirs is open to: %(what)s.") % {"what": reader.listed(there)}


def _when(item: Mapping[str, Any], reader: Reader) -> str:
    period = item["period"] or {}
    when = reader.days(period.get("first"), period.get("last"))
    said = [reader.gettext("When: %(when)s.") % {"when": when}] if when else []
    if item["stale"]:
        said.append(reader.gettext("Not confirmed for long."))
    return " ".join(said)


def _updated(item: Mapping[str, Any]) -> str:
    """Return when the statement was changed, as its publisher says.

    ``NEVER`` where that is no time, or one to come: when this node saw it would be another time at each sync.
    """
    modified, verified = item["modified"], item["provenance"]["verified_at"]
    try:
        dt.datetime.fromisoformat(modified)
    except ValueError:
        return NEVER
    is_time = CHECKS["timestamp"](modified) is None
    is_past = verified is None or modified[:_DAY] <= verified[:_DAY]
    return modified if is_time and is_past else NEVER


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
