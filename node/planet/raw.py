"""A feed as its form has it, before anything is made of it: texts that may be anything."""

from dataclasses import dataclass
from typing import Final

MOST_ITEMS: Final = 100
"""Items of a feed that are looked at; feeds begin with the newest."""


class UnreadableError(Exception):
    """What came is no feed that is read; the text is why, as a clause."""


@dataclass(frozen=True, slots=True)
class RawItem:
    """One item.

    Attributes:
        id: What the feed calls it.
        link: Address of its page, perhaps a relative one.
        title: Its title.
        is_title_html: Whether that is HTML.
        text: What it says, or the beginning of it.
        is_text_html: Whether that is HTML.
        date: When it was published, else changed.
        language: What it is written in, where it says so itself.
    """

    id: str
    link: str
    title: str
    is_title_html: bool
    text: str
    is_text_html: bool
    date: str
    language: str


@dataclass(frozen=True, slots=True)
class RawFeed:
    """A feed: its title, whether that is HTML, its language, and its items in their order."""

    title: str
    is_html: bool
    language: str
    items: tuple[RawItem, ...]
