"""A feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from typing import Any, Final

import msgspec

from protocol.language import UNDETERMINED

from .entries import Feed, FeedEntry

MEDIA_TYPE: Final = "application/feed+json"


def json_feed(feed: Feed) -> bytes:
    """Return a feed as a JSON Feed."""
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home_url,
        "feed_url": feed.self_url,
    }
    if feed.next_url is not None:
        document["next_url"] = feed.next_url
    if feed.document_url is not None:
        document["_fedcat"] = {"document": feed.document_url}
    document["items"] = [_item(entry) for entry in feed.entries]
    return msgspec.json.encode(document)


def _item(entry: FeedEntry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_text": entry.text,
        "date_modified": entry.updated,
        "authors": [{"name": each.name, "url": each.url} for each in entry.authors],
        "tags": list(entry.categories),
        # An extension of our own: what names it in the federation, and where programs get it.
        "_fedcat": {"address": entry.address},
    }
    if entry.document is not None:
        found["_fedcat"]["document"] = entry.document
    if entry.related is not None:
        found["external_url"] = entry.related
    if entry.language and entry.language != UNDETERMINED:
        found["language"] = entry.language
    return found
