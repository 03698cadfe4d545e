"""For whom a feed is written: in which language it speaks, and whose pages it leads to.

A feed is asked with ``lang``. What publishers state is in the first of these languages that it is stated in;
what the node says itself is in the first that it has pages in::

    /feeds/reminders.atom?publisher=…&lang=fr   →   "Budget : appel pilotes bientôt clos"
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from node.vocabularies.every import label_of


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of a feed.

    Attributes:
        tag: The language of the pages that this reader is led to.
        gettext: Returns a text of this program in that language.
        is_asked: Whether this language was asked for; else whoever opens a page gets it in the one that the
            browser asks for.
    """

    tag: str
    gettext: Callable[[str], str]
    is_asked: bool = True

    def label(self, facet: str, value: str) -> str:
        """Return what a word of a vocabulary is called; the word itself where none knows it."""
        return label_of(facet, value, (self.tag,)) or value

    def listed(self, names: Iterable[str]) -> str:
        """Return names with what this language has between the items of a list."""
        return self.gettext(", ").join(names)

    def days(self, first: str | None, last: str | None) -> str:
        """Return a period in words; empty where it has no day."""
        if first and last and first != last:
            return self.gettext("%(first)s to %(last)s") % {"first": first, "last": last}
        if first:
            return first if last else self.gettext("from %(first)s") % {"first": first}
        return self.gettext("until %(last)s") % {"last": last} if last else ""

    def pages(self, base_url: str) -> str:
        """Return what the addresses of this reader's pages begin with, without a slash at its end."""
        return f"{base_url}/{self.tag}" if self.is_asked else base_url


Readers: TypeAlias = Callable[[Sequence[str]], Reader]
"""Given the languages that somebody reads, by preference: that reader."""
