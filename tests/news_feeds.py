"""Feeds of news as publishers write them, in all three forms, and the names that tests give their places."""

from __future__ import annotations

import json
from typing import Any

CITY = "127.0.0.1:8401/log/city/1"
STATE = "state.example/log/state/1"


def atom(*entries: str, title: str = "News of the city", attributes: str = 'xml:lang="fr"') -> bytes:
    """Return an Atom feed of entries that :func:`atom_entry` made."""
    inside = "".join(entries)
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>{title}</title>{inside}</feed>'
    return f'<?xml version="1.0" encoding="utf-8"?>{feed}'.encode()


def atom_entry(name: str, published: str = "2026-11-01T12:00:00+01:00", inside: str = "") -> str:
    return (
        f"<entry><id>urn:{name}</id><title>{name}</title><published>{published}</published>"
        f'<link rel="edit" href="/edit"/><link href="/{name}"/>{inside}</entry>'
    )


def rss(*items: str, channel: str = "<title>Works</title><language>it</language>") -> bytes:
    return f'<rss version="2.0"><channel>{channel}{"".join(items)}</channel></rss>'.encode()


def json_feed(*items: Any, **fields: Any) -> bytes:  # noqa: ANN401 - any field, right or wrong
    """Return a JSON Feed."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Office", "items": items, **fields}
    return json.dumps(feed).encode()
