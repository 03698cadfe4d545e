"""The languages of the pages, each with its texts, and which of them a browser asks for.

A page's language is the first part of its path, so that every address means one page::

    /fr/search?q=budget        in French
    /                          leads to the language that ``Accept-Language`` asks for

Texts are written in English in templates and modules; ``locale/fr.po`` says what each is in French. What a
file does not say stays English. The files are read as they are when a language is first asked for: so few
texts need no compiled form.
"""

import gettext
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

from node.feeds.readers import Reader

SOURCE: Final = "en"
"""The language in which the texts are written; it has no file."""


@dataclass(frozen=True, slots=True)
class Locale:
    """A language that pages are in.

    Attributes:
        tag: As paths and ``lang`` have it.
        name: What it calls itself.
        direction: Of its script.
    """

    tag: str
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"


LOCALES: Final[Mapping[str, Locale]] = {
    each.tag: each
    for each in (
        Locale("en", "English"),
        Locale("fr", "Français"),
        Locale("it", "Italiano"),
        Locale("es", "Español"),
        Locale("ar", "العربية", "rtl"),
    )
}
"""Tag → language, in the order in which readers choose; the first is for those who ask for none of them."""

_LONGEST: Final = 1_000  # characters of a header that are read
_MOST: Final = 20  # languages of a header that are read
_WISH: Final = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}|\*)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII
)


def wished(accept_language: str | None) -> Locale:
    """Return the language that a browser likes best of those there are (RFC 9110, 12.5.4).

    Args:
        accept_language: The header as received. What of it cannot be read is passed over.
    """
    wishes: list[tuple[float, int, str]] = []
    for place, item in enumerate((accept_language or "")[:_LONGEST].split(",")[:_MOST]):
        match = _WISH.fullmatch(item)
        weight = float(match[2] or 1) if match else 0.0
        if match and weight:
            wishes.append((-weight, place, match[1].partition("-")[0].lower()))
    first = next(iter(LOCALES.values()))
    for _, _, tag in sorted(wishes):
        if tag == "*":
            return first
        if tag in LOCALES:
            return LOCALES[tag]
    return first


def reader_of(languages: Sequence[str]) -> Reader:
    """Return the reader of a feed who reads some languages, by preference."""
    primary = (each.partition("-")[0].lower() for each in languages)
    asked = next((each for each in primary if each in LOCALES), "")
    tag = asked or SOURCE
    return Reader(tag, translations(tag).gettext, is_asked=bool(asked))


@cache
def translations(tag: str) -> gettext.NullTranslations:
    """Return the texts of a language; English ones where there is no file of it."""
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - slow, and no command needs it
    from babel.messages.pofile import read_po  # noqa: PLC0415 - see above

    file = resources.files(__package__).joinpath("locale", f"{tag}.po")
    if tag == SOURCE or not file.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
