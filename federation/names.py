"""When two names are those of one thing: keys that are equal for alike names.

Names of one piece of software are spelled in many ways, and carry versions and licence numbers.
A *key* is what is left of a name without them; alike is what has a key in common::

    "Healthcare Rollcall", "Healthcare-Rollcall"          →  healthcarerollcall
    "Wind Farm Simulator (WFS) [SWR-14-12]", v. 2.0       →  windfarmsimulator
    "Personendienst (BAG) API"                            →  personendienstbagapi

Within a repository there is a better key: the name *bears* the repository's own when it is that
name, or is abbreviated to it, up to words that tell nothing (``app``, ``toolkit``)::

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
from itertools import accumulate
from typing import Final

MOST: Final = 300
"""Characters of a name that are looked at."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SMALL: Final = _words("a an and the of for to in on by with de la le les du des d l di del e et y und fur")
_ARTICLES: Final = _words("the le la les il lo el los las der die das het")
_TELLING_NOTHING: Final = _words(
    "app application library lib package platform portal project repo repository resources software source "
    "src code system tool toolkit tools webapp"
)
# In a repository's name no more than these, but "Tool Docs" and "Tool" are two things.
_PARTS: Final = _words("doc docs site web website")
# Names that are nobody's.
_ANYTHING: Final = _words(
    "na none null unknown untitled tbd todo test example sample demo template readme default name "
    "myproject projectname publiccode publiccodeyml main index home"
)
_MARKS: Final = re.compile("[™®©℠]")
_BRACKETS: Final = re.compile(r"\[[^\]]*\]")
_PARENTHESES: Final = re.compile(r"\(([^()]*)\)")
_VERSION: Final = re.compile(
    r"(?:(?<![^\W_])(?:versions?|vers?|v|release|rel)[\s.:]*(?:v\.?\s?)?\d[\w.]*(?:\s\d[\d.]*)?"
    r"|(?<![\w.-])\d+\.[\dx][\w.]*)(?:[\s-]*\b(?:alpha|beta|rc\d*)\b)?$",
    re.IGNORECASE,
)
_SEPARATORS: Final = " ,;:_.-"
_TAIL: Final = re.compile(r"\s+[-\u2013\u2014|]\s+|:\s+")
_WORD: Final = re.compile(r"[^\W_]+")
# Accents and points; and what changes the looks of a symbol, which is no letter anyway.
_ACCENTS: Final = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u20d0-\u20ff\ufe00-\ufe0f]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_DOMAIN_END: Final = re.compile(r"\.(?:org|com|net|io|eu|gov|app|dev|[a-z]{2})$")
_LONG_TAIL: Final = 4  # words: an explanation, not the name of a part
_INITIALS: Final = 4  # letters: fewer are somebody else's too easily
_LONGEST: Final = 40  # letters that stand for words


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text, without case and accents.

    Accents are those of Latin, Greek and Cyrillic, and the points of Arabic and Hebrew that most
    people leave out. Marks of other scripts are letters: without them other words remain. Of texts
    of more than ``MOST`` characters the rest may be left out.
    """
    split = _CAMEL.sub(" ", text[: 4 * MOST])
    if split.isascii():
        return tuple(_WORD.findall(split.lower()))
    # One character can stand for eighteen.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", split.casefold())[: 4 * MOST])
    return tuple("".join(each if _is_letter(each) else " " for each in plain).split())


def key_of(name: str) -> str:
    """Return what alike names have in common; empty for a name that is nobody's."""
    return _key_of(name[:MOST])


def edition_key_of(name: str) -> str:
    """Return a key that keeps versions, for places that may hold a thing for each version."""
    return _edition_key_of(name[:MOST])


def bears(name: str, repository: str, owner: str = "") -> bool:
    """Tell whether a name is that of a repository.

    Args:
        name: As its publisher writes it.
        repository: The last segment of the repository's path.
        owner: The account that it belongs to.
    """
    return _bears(name[:MOST], repository[:MOST], owner[:MOST])


# Long texts must not fill memory, so what is cached was cut before.
@lru_cache(maxsize=8_192)
def _key_of(name: str) -> str:
    return _key(words(_without_version(_cleaned(name))))


@lru_cache(maxsize=8_192)
def _edition_key_of(name: str) -> str:
    return _key(words(_cleaned(name)))


@lru_cache(maxsize=8_192)
def _bears(name: str, repository: str, owner: str) -> bool:
    own = words(_DOMAIN_END.sub("", repository))
    if not own:
        return False
    wanted = {"".join(own), "".join(_telling(own, _TELLING_NOTHING | _PARTS))}
    account = "".join(words(owner))
    if any(_is(said, wanted, account) for said in _readings(name)):
        return True
    plain = words(_plain(name))
    return any(
        len(short) >= _INITIALS and _stands_for(short, said)
        for short in wanted
        for said in (plain, _telling(plain))
    )


def _is_letter(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def _is(said: tuple[str, ...], wanted: set[str], account: str) -> bool:
    """Tell whether words are one of some spellings, perhaps after the account's name."""
    without = _after(account, said)
    spellings = (said, _telling(said), without, _telling(without))
    return any("".join(each) in wanted for each in spellings)


def _after(account: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without those at the start that spell an account: ``18F Hub`` and ``18f-hub`` alike."""
    ends = (end for end, start in enumerate(accumulate(said), 1) if start == account)
    return said[next(ends, 0) :]


def _readings(name: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of the ways in which a name can be meant, the plainest first."""
    yield words(_DOMAIN_END.sub("", name.strip()))
    plain = _plain(name)
    yield words(_DOMAIN_END.sub("", plain))
    yield words(_without_version(_cleaned(name)))
    head, *tail = _TAIL.split(plain, maxsplit=1)
    if tail and len(words(tail[0])) >= _LONG_TAIL:
        yield words(head)
    said = words(plain)
    for inner in _PARENTHESES.findall(name):
        short = words(inner)
        if _stands_for("".join(short), said):
            yield short
    if said and _stands_for(said[0], said[1:]):
        yield said[:1]


def _stands_for(short: str, said: tuple[str, ...]) -> bool:
    """Tell whether letters are made of the first letter, and perhaps more letters, of each word that counts.

    Each word has to add its own: ``gridmap`` does not stand for "Grid Map Data", though it has the letters.
    """
    if short in said or len(short) > _LONGEST or sum(word not in _SMALL for word in said) < 2:  # noqa: PLR2004 - more than the word itself
        return False
    ends = {0}
    for word in said:
        reached = {end for start in ends for end in _pieces(short, start, word)}
        ends = reached | ends if word in _SMALL else reached
        if not ends:
            return False
    return len(short) in ends


def _pieces(short: str, start: int, word: str) -> Iterator[int]:
    """Yield where pieces of some letters end that start at one place with the first letter of a word."""
    if not short.startswith(word[0], start):
        return
    at = 0
    for end in range(start, len(short)):
        at = word.find(short[end], at) + 1
        if not at:
            return
        yield end + 1


def _plain(name: str) -> str:
    """Return a name without marks, licence numbers, versions and whatever is in parentheses."""
    return _without_version(_PARENTHESES.sub(" ", _BRACKETS.sub(" ", _MARKS.sub("", name))))


def _cleaned(name: str) -> str:
    """Return a name without marks, licence numbers, and parentheses that repeat it or tell a version."""
    text = _BRACKETS.sub(" ", _MARKS.sub("", name))
    said = words(_without_version(_PARENTHESES.sub(" ", text)))

    def kept(match: re.Match[str]) -> str:
        inner = "".join(words(match[1]))
        repeats = _stands_for(inner, said) or inner == "".join(said)
        return " " if repeats or _VERSION.fullmatch(match[1].strip()) else match[0]

    return _PARENTHESES.sub(kept, text)


def _without_version(text: str) -> str:
    """Return a text without the version at its end, unless it is nothing else."""
    # One space for many: the pattern would look at each of them again and again.
    single = " ".join(text.split())
    return _VERSION.sub("", single).rstrip(_SEPARATORS) or single


def _telling(said: tuple[str, ...], nothing: frozenset[str] = _TELLING_NOTHING) -> tuple[str, ...]:
    """Return words without those at the end, and an article at the start, that tell nothing."""
    start = 1 if len(said) > 1 and said[0] in _ARTICLES else 0
    end = len(said)
    while end - start > 1 and said[end - 1] in nothing:
        end -= 1
    return said[start:end]


def _key(said: tuple[str, ...]) -> str:
    """Return a key of all words: "Solver Library" and "Solver App" can be two parts of one whole."""
    key = "".join(_telling(said, frozenset()))
    is_anything = not _ANYTHING.isdisjoint(("".join(said), "".join(_telling(said))))
    return "" if is_anything or len(key) < 2 else key  # noqa: PLR2004 - a letter is no name
