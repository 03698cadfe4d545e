"""HTML pages, read as a browser would: elements with their attributes, and texts with where they stand.

page = Page(html)
page.all("a")              # every link, as a map of its attributes
page.texts                 # (text, tags around it, the nearest element first)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"meta", "link", "br", "input", "path", "rect", "line", "img"})
"""Elements that have no end tag, and those of drawings that are closed where they begin."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element, and the elements around it, the nearest first."""

    tag: str
    attributes: dict[str, str]
    around: tuple[Element, ...] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str) -> str | None:
        """Return an attribute, None where it has none of this name."""
        return self.attributes.get(name)


class Page(HTMLParser):
    """A page; refuses one whose elements do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.texts: list[tuple[str, tuple[Element, ...]]] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert not self._open, [each.tag for each in self._open]

    def all(self, tag: str) -> list[Element]:
        """Return the elements of a tag."""
        return [each for each in self.elements if each.tag == tag]

    def text_of(self, tag: str) -> list[str]:
        """Return the text of each element of a tag, white space made one."""
        found = []
        for each in self.all(tag):
            inside = [text for text, around in self.texts if any(it is each for it in around)]
            found.append(" ".join(" ".join(inside).split()))
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, tuple(reversed(self._open)))
        assert len(element.attributes) == len(attrs), f"{tag} has an attribute twice"
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append((data, tuple(reversed(self._open))))
