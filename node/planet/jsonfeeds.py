"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), as it comes."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from .raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError

_VERSION: Final = "https://jsonfeed.org/version/"


def read_json(data: bytes) -> RawFeed:
    """Return what a JSON Feed has.

    Raises:
        UnreadableError: It is none.
    """
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict) or not _text(found, "version").startswith(_VERSION):
        raise UnreadableError("it is JSON, and no JSON Feed")
    items = found.get("items")
    return RawFeed(
        _text(found, "title"),
        False,
        _text(found, "language"),
        tuple(
            _item(each)
            for each in (items if isinstance(items, list) else [])[:MOST_ITEMS]
            if isinstance(each, dict)
        ),
    )


def _item(found: Mapping[str, Any]) -> RawItem:
    plain = _text(found, "summary") or _text(found, "content_text")
    return RawItem(
        id=_text(found, "id"),
        link=_text(found, "url"),
        title=_text(found, "title"),
        is_title_html=False,
        text=plain or _text(found, "content_html"),
        is_text_html=not plain,
        date=_text(found, "date_published") or _text(found, "date_modified"),
        language=_text(found, "language"),
    )


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    # Version 1.0 let ids be numbers.
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
