"""Who publishes, a page at a time: all of them, or those of whose name or log a reader knows a part.

::

    listed(home, "lyon", ("fr",), 50)    →  Listed(items=[…], total=2, next=None)

By origin, so that a page follows another whatever is published and followed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.home import Home

from .cursors import question_digest, slice_of
from .publishers import publisher_names, publishers

MOST: Final = 100
"""Publishers of one page."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of publishers.

    Attributes:
        items: The documents that :mod:`node.answers.publishers` shows.
        total: How many there are on all pages.
        next: Cursor of the next page, None on the last one.
    """

    items: list[dict[str, Any]]
    total: int
    next: str | None


def listed(
    home: Home, text: str, languages: Sequence[str], limit: int = MOST, cursor: str | None = None
) -> Listed:
    """Return a page of those who publish.

    Args:
        home: The node.
        text: Words that must all be in the name or in the origin, as parts of it; everybody without any.
        languages: What the reader reads, by preference; picks names.
        limit: Publishers of the page.
        cursor: ``next`` of the page before.

    Raises:
        InvalidInputError: The cursor is none, or belongs to another question.
    """
    words = text.casefold().split()
    with home.database.read() as connection:
        origins = [origin for (origin,) in connection.execute("SELECT origin FROM log ORDER BY origin")]
        if words:
            names = publisher_names(home, languages)
            origins = [
                origin for origin in origins if _has(f"{origin} {names.get(origin, '')}".casefold(), words)
            ]
        digest = question_digest("publishers", words, list(languages))
        shown, following = slice_of(origins, limit, cursor, digest)
        return Listed(publishers(home, languages, shown), len(origins), following)


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
