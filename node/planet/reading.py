"""A feed of news, whatever it is written in, as the few things of it that are shown.

::

    read_news(b'<rss version="2.0"><channel>…', "https://lyon.example/news.xml")
    →  News("News of Lyon", (NewsItem(b"…", 1790000000, "https://lyon.example/1", "Lamps", "All…", "fr"),))

Nothing is taken over but words, and addresses of the web that relative ones are completed to. A feed has
neither to be valid nor honest; it has to be one of the three forms.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

from federation.faults import Fault, FaultError, FaultKind
from protocol.forms import is_url
from protocol.language import canonical_tag

from .jsonfeeds import read_json
from .plain import without_markup, words
from .raw import RawFeed, UnreadableError
from .xmlfeeds import read_xml

KEPT_ITEMS: Final = 20
"""Items of one feed that are kept, the newest."""

TITLE: Final = 200
"""Characters of a title."""

EXCERPT: Final = 300
"""Characters of what an item says."""

_LONGEST: Final = 2_000  # characters of an address
_DATE: Final = 64  # characters of a time
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One item of a feed.

    Attributes:
        id: 16 bytes, a digest of its feed and of what that calls it.
        at: When it was published, as the feed says, in POSIX seconds; None where it says nothing readable.
        url: Its page; empty where none is named that may be linked to.
        title: Its title, else the beginning of what it says; never empty.
        excerpt: The beginning of what it says; may be empty.
        language: A language tag, or empty.
    """

    id: bytes
    at: int | None
    url: str
    title: str
    excerpt: str
    language: str


@dataclass(frozen=True, slots=True)
class News:
    """What is taken over from a feed: its title, which may be empty, and its items in their order."""

    title: str
    items: tuple[NewsItem, ...]


def read_news(data: bytes, url: str) -> News:
    """Return what a feed says.

    Args:
        data: The feed, at most ``limits.news_bytes``.
        url: Where it is.

    Raises:
        FaultError: "malformed": it is neither Atom, RSS nor a JSON Feed, or has what no feed needs.
    """
    body = data.removeprefix(_BOM).lstrip()
    try:
        raw = read_json(body) if body.startswith(b"{") else read_xml(body)
    except UnreadableError as error:
        raise FaultError(Fault(FaultKind.MALFORMED, url, str(error))) from error
    items: dict[bytes, NewsItem] = {}
    for item in _read(raw, url):
        # Of two that have one name the first is it.
        items.setdefault(item.id, item)
    return News(words(_seen(raw.title, is_html=raw.is_html), TITLE), tuple(items.values()))


def _read(raw: RawFeed, url: str) -> Iterable[NewsItem]:
    for item in raw.items:
        excerpt = words(_seen(item.text, is_html=item.is_text_html), EXCERPT)
        title = words(_seen(item.title, is_html=item.is_title_html), TITLE) or words(excerpt, TITLE)
        if title:
            page = _page(item.link, url)
            yield NewsItem(
                _id_of(url, item.id or page or f"{title} {item.date}"),
                _moment(item.date),
                page,
                title,
                "" if excerpt == title else excerpt,
                canonical_tag(item.language or raw.language) or "",
            )


def _id_of(feed: str, name: str) -> bytes:
    """Return what tells an item from those of all feeds: many call theirs 1, 2 and 3."""
    return hashlib.sha256(f"{feed} {name}".encode("utf-8", "replace")).digest()[:16]


def _seen(text: str, *, is_html: bool) -> str:
    return without_markup(text) if is_html else text


def _page(link: str, feed: str) -> str:
    """Return the address of an item's page; empty for what no page may link to."""
    try:
        found = urljoin(feed, link.strip()) if link.strip() else ""
    except ValueError:
        return ""
    return found if len(found) <= _LONGEST and found.isprintable() and is_url(found) else ""


def _moment(text: str) -> int | None:
    """Return a time of RFC 3339 or RFC 822 in POSIX seconds; None for any other text."""
    text = text.strip()[:_DATE]
    for parse in (dt.datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
            zoned = found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
            return max(0, int(zoned.timestamp()))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
