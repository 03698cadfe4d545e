"""A search in the form that somebody wants: JSON, a table, or a feed.

::

    GET /api/v1/search?q=budget&format=csv     a table
    GET /fr/search?q=budget&format=json        what /api/v1/search answers
    GET /fr/search?q=budget&format=atom        what /feeds/search.atom answers
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web
from yarl import URL

from node.feeds import atom, jsonfeed
from node.feeds.entries import Feed, feed_entries
from node.feeds.readers import Reader, Readers
from node.feeds.searches import newest
from node.feeds.titles import catalogue_title
from node.home import Home

from .card import base_url
from .documents import answer, json_answer, next_link
from .found import found
from .parameters import Search, SearchPage
from .tables import found_table

FEEDS: Final[Mapping[str, tuple[str, Callable[[Feed], bytes]]]] = {
    "atom": (atom.MEDIA_TYPE, atom.atom),
    "json": (jsonfeed.MEDIA_TYPE, jsonfeed.json_feed),
}
"""Ending of a feed's path → its media type, and what writes it."""

_OF_PAGES: Final = ("cursor", "facets", "explain", "limit", "format", "lang")


def found_as(request: web.Request, home: Home, asked: SearchPage, readers: Readers) -> web.Response:
    """Return a page of a search in the form that is asked for, JSON where none is; it blocks.

    Args:
        request: Says what the client holds and takes.
        home: The node.
        asked: What is asked.
        readers: For whom feeds are written.

    Raises:
        InvalidInputError: A question, filter or cursor that cannot be.
    """
    if asked.format == "atom":
        return search_feed(request, home, asked, "atom", readers(asked.languages))
    document = found(home, asked, request.rel_url)
    if asked.format == "csv":
        return found_table(request, home, document, asked.languages)
    return json_answer(request, document, next_link(document["next_url"]))


def search_feed(request: web.Request, home: Home, asked: Search, ending: str, reader: Reader) -> web.Response:
    """Return a search as a feed, the newest to this node first: the same wherever it was asked for.

    Args:
        request: Says what the client holds and takes.
        home: The node.
        asked: What is asked.
        ending: Of the feed's own path, a key of ``FEEDS``.
        reader: For whom it is.
    """
    media_type, write = FEEDS[ending]
    base, query = base_url(home), question_in(request.rel_url, asked.lang)
    here, query = f"{base}/feeds/search.{ending}", f"?{query}" if query else ""
    feed = Feed(
        f"{home.config.name}: {catalogue_title(asked.q, reader)}",
        f"{here}{query}",
        f"{reader.pages(base)}/search{query}",
        None,
        feed_entries(newest(home, asked.question), base, reader),
        f"{base}/api/v1/search{query}",
    )
    return answer(request, write(feed), {"Content-Type": media_type})


def question_in(url: URL, lang: str) -> str:
    """Return what an address asks, packed for another one, without what belongs to a page of answers."""
    kept: list[tuple[str, Any]] = [(key, each) for key, each in url.query.items() if key not in _OF_PAGES]
    return url.with_query([*kept, *([("lang", lang)] if lang else [])]).raw_query_string
