"""When two names are those of one thing: keys that are equal for alike names.

Names of one piece of software are spelled in many ways, and carry versions and licence numbers.
A *key* is what is left of a name without them; alike is what has a key in common::

    "Healthcare Rollcall", "Healthcare-Rollcall"          →  healthcarerollcall
    "Wind Farm Simulator (WFS) [SWR-14-12]", v. 2.0       →  windfarmsimulator
    "Personendienst (BAG) API"                            →  personendienstbagapi

Within a repository there is a better key: the name *bears* the repository's own when it is that
name, or its initials, up to words that tell nothing (``app``, ``toolkit``)::

    "React DSFR", "@acme/react-dsfr"    bear  acme/react-dsfr
    "Water Network Tool for Resilience" bears acme/wntr
    "Solver Package"                    does not bear acme/umbrella

Keys are equal or not: were likeness a matter of degree, one name in between would join two
things that are not alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

MOST: Final = 300
"""Characters of a name that are looked at."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SMALL: Final = _words("a an and the of for to in on by with de la le les du des d l di del e et y und fur")
_ARTICLES: Final = _words("the le la les il lo el los las der die das het")
_TELLING_NOTHING: Final = _words(
    "app application doc docs library lib package platform portal project repo repository resources site "
    "software source code system tool toolkit tools web webapp website"
)
# Names that are nobody's.
_ANYTHING: Final = _words(
    "na none null unknown untitled tbd todo test example sample demo template readme default name "
    "myproject projectname publiccode publiccodeyml main index home"
)
_MARKS: Final = re.compile("[™®©℠]")
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")
_VERSION: Final = re.compile(
    r"[\s,;:_.-]*(?:(?<![^\W_])(?:versions?|ver|vers|v|release|rel)[\s.:]*\d[\w.]*(?:\s+\d[\d.]*)?"
    r"|(?<![\w.-])\d+\.[\dx][\w.]*)(?:[\s-]*\b(?:alpha|beta|rc\d*)\b)?\s*$",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r"\s+[-\u2013\u2014|]\s+|:\s+")
_WORD: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DOMAIN_END: Final = re.compile(r"\.(?:org|com|net|io|eu|gov|app|dev|[a-z]{2})$")
_LONG_TAIL: Final = 4  # words: an explanation, not the name of a part
_INITIALS: Final = 4  # letters: fewer are somebody else's too easily


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, without case and accents."""
    split = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text))
    plain = "".join(character for character in split if not unicodedata.combining(character))
    return tuple(_WORD.findall(plain.casefold()))


@lru_cache(maxsize=8_192)
def key_of(name: str) -> str:
    """Return what alike names have in common; empty for a name that is nobody's."""
    return _key(words(_without_version(_cleaned(name))))


@lru_cache(maxsize=8_192)
def edition_key_of(name: str) -> str:
    """Return a key that keeps versions, for places that may hold a thing for each version."""
    return _key(words(_cleaned(name)))


@lru_cache(maxsize=8_192)
def bears(name: str, repository: str, owner: str = "") -> bool:
    """Tell whether a name is that of a repository.

    Args:
        name: As its publisher writes it.
        repository: The last segment of the repository's path.
        owner: The account that it belongs to.
    """
    own = words(_DOMAIN_END.sub("", repository))
    if not own:
        return False
    wanted = {"".join(own), "".join(_telling(own))}
    account = words(owner)
    return any(_is(said, wanted, account) for said in _readings(name)) or any(
        len(short) >= _INITIALS and _stands_for(short, words(_plain(name))) for short in wanted
    )


def _is(said: tuple[str, ...], wanted: set[str], owner: tuple[str, ...]) -> bool:
    without = said[len(owner) :] if owner and said[: len(owner)] == owner else said
    spellings = ("".join(each) for each in (said, without, _telling(said), _telling(without)))
    return any(spelling in wanted for spelling in spellings)


def _readings(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of the ways in which a name can be meant, the plainest first."""
    yield words(_DOMAIN_END.sub("", name[:MOST].strip()))
    plain = _plain(name)
    yield words(_DOMAIN_END.sub("", plain))
    yield words(_without_version(_cleaned(name)))
    head, *tail = _TAIL.split(plain, maxsplit=1)
    if tail and len(words(tail[0])) >= _LONG_TAIL:
        yield words(head)
    for short in _PARENTHESES.findall(name[:MOST]):
        if _stands_for("".join(words(short)), words(plain)):
            yield words(short)


def _stands_for(short: str, said: tuple[str, ...]) -> bool:
    """Tell whether letters are the initials of all words that count, perhaps with more of their letters."""
    large = [word for word in said if word not in _SMALL]
    initials = "".join(word[0] for word in large)
    return (
        len(large) > 1
        and short not in said
        and short[:1] == initials[:1]
        and _is_within(initials, short)
        and _is_within(short, "".join(said))
    )


def _is_within(letters: str, text: str) -> bool:
    """Tell whether letters occur in a text in this order."""
    rest = iter(text)
    return all(letter in rest for letter in letters)


def _plain(name: str) -> str:
    """Return a name without marks, licence numbers, versions and whatever is in parentheses."""
    return _without_version(_PARENTHESES.sub(" ", _BRACKETS.sub(" ", _MARKS.sub("", name[:MOST]))))


def _cleaned(name: str) -> str:
    """Return a name without marks, licence numbers, and parentheses that repeat it or tell a version."""
    text = _BRACKETS.sub(" ", _MARKS.sub("", name[:MOST]))

    def kept(match: re.Match[str]) -> str:
        said, inner = words(_without_version(_PARENTHESES.sub(" ", text))), "".join(words(match[1]))
        repeats = _stands_for(inner, said) or inner == "".join(said)
        return " " if repeats or _VERSION.fullmatch(f" {match[1]}") else match[0]

    return _PARENTHESES.sub(kept, text)


def _without_version(text: str) -> str:
    return _VERSION.sub("", text).strip() or text


def _telling(said: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without those at the end, and an article at the start, that tell nothing."""
    start = 1 if len(said) > 1 and said[0] in _ARTICLES else 0
    end = len(said)
    while end - start > 1 and said[end - 1] in _TELLING_NOTHING:
        end -= 1
    return said[start:end]


def _key(said: tuple[str, ...]) -> str:
    key = "".join(_telling(said))
    return "" if not _ANYTHING.isdisjoint((key, "".join(said))) or len(key) < 2 else key  # noqa: PLR2004 - a letter is no name
