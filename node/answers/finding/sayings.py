"""How people say in a question what a filter says: names of values, and the words that lead to them.

::

    in French, en français, in francese       language=fr
    in Italy, pour la Suisse                  jurisdiction=IT, CH    used in Italy      usedIn=IT
    used by towns, utilisé par des communes   usedBy=local
    of 30 000 inhabitants                     usedBySize=20000..99999
    towns our size, de notre taille           usedBySize, and only the reader knows which
    seeking partners, cerca partner           has=seeking

Names come from the vocabularies, in English, French, Italian and Spanish. Those of languages and places match
as they are ("France" and "français" have one stem), all others in every form. Topics and kinds are not among
them: every word of a question finds these by their names already.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from node.answers.words import folded, stems
from node.vocabularies.bundled import LANGUAGES, bundled
from protocol.language import COMMON_TAGS, UNDETERMINED
from protocol.places import EU

if TYPE_CHECKING:
    from babel import Locale

Phrase = tuple[str, ...]
"""Words that follow each other, folded, or as stems of one language."""


@dataclass(frozen=True, slots=True)
class Saying:
    """How values of one facet are said.

    Attributes:
        facet: What is filtered by.
        names: Language → phrase → value.
        leads: Words in front of a name that say nothing else; folded.
        needs: Of these one must be there; empty where the name is enough.
        trails: Words right behind a name that do as well.
        is_stemmed: Whether phrases are stems.
        shortest: Letters of a name that needs nothing in front of it; shorter ones need one of ``leads``.
    """

    facet: str
    names: Mapping[str, Mapping[Phrase, str]]
    leads: frozenset[str]
    needs: frozenset[str] = frozenset()
    trails: frozenset[str] = frozenset()
    is_stemmed: bool = True
    shortest: int = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_USED: Final = _words(
    "used utilise utilisee utilises utilisees employe employee employes employees usato usata usati usate"
    " utilizzato utilizzata utilizzati utilizzate usado usada usados usadas utilizado utilizada utilizados"
    " utilizadas"
)
_SOUGHT: Final = _words(
    "seek seeks seeking looking wants cherche cherchent cherchant recherche recherchent recherchant"
    " cerca cercano cercando busca buscan buscando"
)
_WANTED: Final = _words("wanted sought recherches cercasi cercati buscados")
_SMALL: Final = _words(
    "the a an of by in for from other small large similar our some des de du d la le les l un une aux au"
    " a par dans autres petites petits notre di da dal dai dagli dalle dalla dall dell il lo i gli altri"
    " altre piccoli por los las el del en otros otras pequenos para per pour su sus"
)
_LANGUAGE: Final = _words(
    "in into en available translated language lang disponible disponibles traduit traduite langue lingua"
    " disponibile disponibili tradotto tradotta idioma traducido traducida al"
)
_PLACE: Final = _words(
    "in for from of the en au aux pour de du d la le l les per da dal dall dalla di para a el del"
)
_SEEKING_MORE: Final = _words(
    "for which that who is are en qui est sont che sono que esta estan nuovi new nouveaux"
)

SEEKING: Final = "seeking"
"""The value of ``has`` for open calls."""

SIZES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("our size", "same size", "similar size", "size like ours", "like ours"),
    "fr": ("notre taille", "même taille", "taille comparable", "comme la nôtre"),
    "it": ("nostra dimensione", "nostre dimensioni", "stessa dimensione", "come la nostra"),
    "es": ("nuestro tamaño", "mismo tamaño", "tamaño similar", "como el nuestro", "como la nuestra"),
}
"""What leaves to the reader how large somebody is."""

OF_SIZE: Final = _words("of with the a about around de d avec la le environ di del della con dello circa")
"""Words in front of a size, or a number of inhabitants, that say nothing else."""

INHABITANTS: Final = _words("inhabitants residents people habitants abitanti habitantes")
"""What follows a number that says how many live somewhere."""

PARTNERS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("partners", "partnership", "collaborators", "co-funders"),
    "fr": ("partenaires", "partenariat", "collaborateurs", "cofinanceurs"),
    "it": ("partner", "partenariato", "collaboratori", "cofinanziatori"),
    "es": ("socios", "asociados", "colaboradores", "cofinanciadores"),
}
"""Whom people seek, beside the names of what calls are for."""


@cache
def sayings() -> tuple[Saying, ...]:
    """Return all that is understood; what comes first is preferred among equals."""
    places = _frozen(_places(), is_stemmed=False)
    languages = _frozen(_languages(), is_stemmed=False)
    users, partners = _frozen(_named("publisher-type")), _frozen(_partners())
    return (
        Saying("usedIn", places, _USED | _PLACE, _USED, is_stemmed=False),
        Saying("usedBy", users, _USED | _SMALL, _USED),
        Saying("has", partners, _SOUGHT | _SMALL | _SEEKING_MORE, _SOUGHT, _WANTED),
        Saying("usedBySize", _frozen(_sizes()), OF_SIZE, shortest=0),
        Saying("language", languages, _LANGUAGE, is_stemmed=False),
        Saying("jurisdiction", places, _PLACE, is_stemmed=False),
    )


def _frozen(
    named: Iterable[tuple[str, str, str]], *, is_stemmed: bool = True
) -> Mapping[str, Mapping[Phrase, str]]:
    """Return values, given as language, name and value, by the words of their names; the first one counts."""
    found: dict[str, dict[Phrase, str]] = {language: {} for language in LANGUAGES}
    for language, name, value in named:
        if words := folded(name).split():
            phrase = tuple(stems(language, words) if is_stemmed else words)
            found[language].setdefault(phrase, value)
    return found


def _named(vocabulary: str) -> Iterator[tuple[str, str, str]]:
    for term in bundled(vocabulary).terms:
        for language in LANGUAGES:
            for name in (term.label[language], *term.also.get(language, ())):
                yield language, name, term.value


def _partners() -> Iterator[tuple[str, str, str]]:
    """Yield all that a call can be for: whatever it is, something is sought."""
    yield from ((language, name, SEEKING) for language in LANGUAGES for name in PARTNERS[language])
    yield from ((language, name, SEEKING) for language, name, _ in _named("seeking"))


def _sizes() -> Iterator[tuple[str, str, str]]:
    yield from ((language, name, "") for language in LANGUAGES for name in SIZES[language])


def _languages() -> Iterator[tuple[str, str, str]]:
    for tag in sorted(tag for tag in COMMON_TAGS - {UNDETERMINED} if "-" not in tag):
        for language in LANGUAGES:
            if name := _locale(language).languages.get(tag):
                yield language, name, tag


def _places() -> Iterator[tuple[str, str, str]]:
    for language in LANGUAGES:
        for code, name in sorted(_locale(language).territories.items()):
            # Numbers are parts of the world, and the rest of what is no country are regions of no code here.
            if len(code) == len(EU) and code.isalpha() and code not in _NO_PLACES:
                yield language, name, code


_NO_PLACES: Final = frozenset({"EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def _locale(language: str) -> Locale:
    # Takes longer than most commands, and most questions need it: but not those without words.
    from babel import Locale  # noqa: PLC0415 - see above

    return Locale.parse(language)
