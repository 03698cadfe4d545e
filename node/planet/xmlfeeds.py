"""Atom (RFC 4287), RSS 2.0 and RSS 1.0, as they come: read by expat, which builds nothing.

A document type is refused where it begins: without one there are no entities to be expanded and nothing to be
loaded from elsewhere. Depth, length of texts and number of items are bounded; what comes after the last item
that is looked at is not read.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from xml.parsers import expat

from .plain import LONGEST
from .raw import MOST_ITEMS, RawFeed, RawItem, UnreadableError

MOST_DEPTH: Final = 64
"""Elements within each other; XHTML in an Atom feed is the deepest that is honest."""

_ATOM: Final = "http://www.w3.org/2005/Atom "
_RSS: Final = "http://purl.org/rss/1.0/ "
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_DC: Final = "http://purl.org/dc/elements/1.1/ "
_FULL: Final = "http://purl.org/rss/1.0/modules/content/ "
_LANG: Final = "http://www.w3.org/XML/1998/namespace lang"
_HTML: Final = "http://www.w3.org/1999/xhtml "

# Others are either none, or make what a byte means a riddle.
_ENCODINGS: Final = frozenset(
    {"utf-8", "utf-16", "us-ascii", *(f"iso-8859-{number}" for number in (*range(1, 12), 13, 14, 15, 16))}
    | {f"windows-125{number}" for number in range(9)}
)


class _Form(NamedTuple):
    """One of the formats: where its feed and its items are, and what their parts are called.

    Attributes:
        feed: Path of the element that has the title.
        item: Path of an item.
        parts: Element within an item → what it is.
    """

    feed: tuple[str, ...]
    item: tuple[str, ...]
    parts: Mapping[str, str]


_COMMON: Final = {f"{_DC}date": "updated", f"{_DC}language": "language", f"{_FULL}encoded": "content"}
_FORMS: Final[Mapping[str, _Form]] = {
    f"{_ATOM}feed": _Form(
        (f"{_ATOM}feed",),
        (f"{_ATOM}feed", f"{_ATOM}entry"),
        {f"{_ATOM}{part}": part for part in ("id", "title", "summary", "content", "published", "updated")},
    ),
    "rss": _Form(
        ("rss", "channel"),
        ("rss", "channel", "item"),
        {
            "guid": "id",
            "title": "title",
            "link": "link",
            "description": "summary",
            "pubDate": "published",
            **_COMMON,
        },
    ),
    f"{_RDF}RDF": _Form(
        (f"{_RDF}RDF", f"{_RSS}channel"),
        (f"{_RDF}RDF", f"{_RSS}item"),
        {f"{_RSS}title": "title", f"{_RSS}link": "link", f"{_RSS}description": "summary", **_COMMON},
    ),
}
_OF_FEED: Final = {
    f"{_ATOM}title": "title",
    f"{_RSS}title": "title",
    "title": "title",
    "language": "language",
    f"{_DC}language": "language",
}


class _EnoughError(Exception):
    """No more items are looked at."""


def read_xml(data: bytes) -> RawFeed:
    """Return what an Atom or RSS feed has.

    Raises:
        UnreadableError: It is none, is not well-formed, or has a document type.
    """
    reader = _Reader()
    try:
        reader.parse(data)
    except _EnoughError:
        pass
    except expat.ExpatError as error:
        raise UnreadableError(f"it is no XML: {error}") from error
    except (ValueError, LookupError) as error:
        raise UnreadableError(f"its bytes are not in the encoding that it names: {error}") from error
    return reader.feed()


class _Reader:
    """Listens to expat, and keeps the texts that are of use."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._form: _Form | None = None
        self._feed: dict[str, str] = {}
        self._types: dict[str, str] = {}
        self._item: dict[str, str] = {}
        self._items: list[RawItem] = []
        # The part whose text is coming, how deep it is, its type, and what has come of it.
        self._part: tuple[dict[str, str], str, int] | None = None
        self._text: list[str] = []
        self._length = 0

    def parse(self, data: bytes) -> None:
        """Read a document, to its end or to the last item that is looked at."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        parser.Parse(data, True)

    def feed(self) -> RawFeed:
        """Return what was read."""
        title = self._feed.get("title", "")
        is_html = self._form is not _FORMS[f"{_ATOM}feed"] or self._feed.get("title type") == "html"
        return RawFeed(title, is_html, self._feed.get("language", ""), tuple(self._items))

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise UnreadableError(f"it is in an encoding that is not read: {encoding[:40]!r}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > MOST_DEPTH:
            raise UnreadableError(f"its elements are within each other more than {MOST_DEPTH} deep")
        if self._form is None:
            self._form = _FORMS.get(name)
            if self._form is None:
                raise UnreadableError("it is neither Atom, RSS nor a JSON Feed")
            self._feed["language"] = attributes.get(_LANG, "")
            return
        if self._part is not None:
            if not name.startswith(_HTML):
                return
            # XHTML: where a paragraph ends, a word does.
            self._add(" ")
            return
        path = tuple(self._path)
        if path == self._form.item:
            self._item = {"language": attributes.get(_LANG, ""), "id": attributes.get(f"{_RDF}about", "")}
        elif path[:-1] == self._form.item:
            self._open(self._item, self._form.parts.get(name), attributes)
            if name == f"{_ATOM}link" and attributes.get("rel", "alternate") == "alternate":
                self._item.setdefault("link", attributes.get("href", ""))
        elif path[:-1] == self._form.feed:
            self._open(self._feed, _OF_FEED.get(name), attributes)

    def _open(self, into: dict[str, str], part: str | None, attributes: Mapping[str, str]) -> None:
        """Begin with a part; of two of one name the first counts, and an empty one not at all."""
        if part is not None and not into.get(part):
            self._part, self._text, self._length = (into, part, len(self._path)), [], 0
            into[f"{part} type"] = attributes.get("type", "text")

    def _said(self, text: str) -> None:
        if self._part is not None:
            self._add(text)

    def _add(self, text: str) -> None:
        if self._length <= LONGEST:
            self._text.append(text[: LONGEST + 1])
            self._length += len(text)

    def _end(self, _name: str) -> None:
        if self._part is not None and self._part[2] == len(self._path):
            into, part, _ = self._part
            into[part] = "".join(self._text)
            self._part = None
        if self._form is not None and tuple(self._path) == self._form.item:
            self._items.append(_item_of(self._item, is_atom=self._form is _FORMS[f"{_ATOM}feed"]))
            if len(self._items) == MOST_ITEMS:
                raise _EnoughError
        self._path.pop()


def _item_of(found: Mapping[str, str], *, is_atom: bool) -> RawItem:
    part = "summary" if found.get("summary", "").strip() else "content"
    return RawItem(
        id=found.get("id", "").strip(),
        link=found.get("link", ""),
        title=found.get("title", ""),
        is_title_html=not is_atom or found.get("title type") == "html",
        text=found.get(part, ""),
        is_text_html=not is_atom or found.get(f"{part} type") == "html",
        date=found.get("published", "").strip() or found.get("updated", ""),
        language=found.get("language", "").strip(),
    )


def _refuse_doctype(*_: Any) -> None:  # noqa: ANN401 - as expat calls it
    raise UnreadableError("it has a document type, which no feed needs")
