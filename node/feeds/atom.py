"""A feed as Atom (RFC 4287), its pages linked as in RFC 5005."""

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from protocol.language import UNDETERMINED

from .entries import Feed, FeedEntry, stable_id

MEDIA_TYPE: Final = "application/atom+xml; charset=utf-8"

_ATOM: Final = "http://www.w3.org/2005/Atom"
_PAGE: Final = "text/html"
_DOCUMENT: Final = "application/json"
# What XML 1.0 has no letter for (section 2.2).
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(feed: Feed) -> bytes:
    """Return a feed as an Atom document."""
    root = Element("feed", {"xmlns": _ATOM})
    _text(root, "id", stable_id(feed.self_url))
    _text(root, "title", feed.title)
    _text(root, "updated", feed.updated)
    _link(root, "self", feed.self_url, "application/atom+xml")
    _link(root, "alternate", feed.home_url, _PAGE)
    if feed.document_url is not None:
        _link(root, "alternate", feed.document_url, _DOCUMENT)
    if feed.next_url is not None:
        _link(root, "next", feed.next_url, "application/atom+xml")
    for entry in feed.entries:
        _entry(root, entry)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: Element, entry: FeedEntry) -> None:
    found = SubElement(root, "entry")
    if entry.language and entry.language != UNDETERMINED:
        found.set("xml:lang", entry.language)
    _text(found, "id", entry.id)
    _text(found, "title", entry.title)
    _text(found, "updated", entry.updated)
    for author in entry.authors:
        written = SubElement(found, "author")
        _text(written, "name", author.name)
        _text(written, "uri", author.url)
    _link(found, "alternate", entry.url, _PAGE)
    if entry.document is not None:
        _link(found, "alternate", entry.document, _DOCUMENT)
    if entry.related is not None:
        _link(found, "related", entry.related)
    for category in entry.categories:
        SubElement(found, "category", {"term": _writable(category)})
    _text(found, "content", entry.text).set("type", "text")


def _text(parent: Element, name: str, text: str) -> Element:
    found = SubElement(parent, name)
    found.text = _writable(text)
    return found


def _link(parent: Element, rel: str, url: str, type_: str = "") -> None:
    found = SubElement(parent, "link", {"rel": rel, "href": _writable(url)})
    if type_:
        found.set("type", type_)


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
