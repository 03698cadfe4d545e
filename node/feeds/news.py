"""What publishers write elsewhere as a feed: the words of each item, and whose feed it is from."""

from collections.abc import Iterable

from node.planet.shown import Told

from .entries import FeedEntry, authors_of, stable_id
from .readers import Reader


def news_entries(items: Iterable[Told], pages: str, reader: Reader) -> tuple[FeedEntry, ...]:
    """Return what a feed has of items that were written elsewhere.

    Args:
        items: As :mod:`node.planet.shown` shows them.
        pages: What the addresses of the reader's pages begin with.
        reader: For whom.
    """
    return tuple(_entry(item, pages, reader) for item in items)


def _entry(item: Told, pages: str, reader: Reader) -> FeedEntry:
    authors = authors_of([(each["origin"], each["name"]) for each in item["publishers"]], pages)
    who = reader.listed(each.name for each in authors)
    whence = reader.gettext("From the feed %(feed)s, which %(who)s names.") % {
        "feed": item["feed"],
        "who": who,
    }
    return FeedEntry(
        id=stable_id(item["id"]),
        address=item["feed"],
        title=item["title"],
        text="\n".join(each for each in (item["excerpt"], whence) if each),
        language=item["language"],
        url=item["url"] or f"{pages}/planet",
        document=None,
        related=None,
        updated=item["at"],
        authors=authors,
        categories=(),
        first=None,
        last=None,
        is_deadline=False,
    )
