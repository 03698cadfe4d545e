"""What may be too much for one answer, a page at a time: who publishes, the heads of logs, the nodes asked.

::

    listed(home, "lyon", ("fr",), 50)    →  Listed(items=[…], total=2, next=None)
    listed_heads(home, 50)               →  Listed(items=[…], total=812, next="Ak…")

By origin or URL, so that a page follows another whatever is published and followed meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.home import Home

from .cursors import question_digest, slice_of
from .heads import heads
from .nodes import node_urls, nodes
from .publishers import publisher_names, publishers

MOST: Final = 100
"""Items of one page."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list.

    Attributes:
        items: The documents that the module of such items shows.
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


def listed_heads(home: Home, limit: int = MOST, cursor: str | None = None) -> Listed:
    """Return a page of the heads of all logs here, as :mod:`node.answers.heads` shows them.

    Args:
        home: The node.
        limit: Heads of the page.
        cursor: ``next`` of the page before.

    Raises:
        InvalidInputError: The cursor is none, or belongs to another question.
    """
    with home.database.read() as connection:
        origins = [origin for (origin,) in connection.execute("SELECT origin FROM log ORDER BY origin")]
        shown, following = slice_of(origins, limit, cursor, question_digest("heads"))
        return Listed(heads(home, shown), len(origins), following)


def listed_nodes(home: Home, limit: int = MOST, cursor: str | None = None) -> Listed:
    """Return a page of the nodes that are asked, as :mod:`node.answers.nodes` shows them; see above."""
    with home.database.read():
        urls = node_urls(home)
        shown, following = slice_of(urls, limit, cursor, question_digest("nodes"))
        return Listed(nodes(home, shown), len(urls), following)


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
