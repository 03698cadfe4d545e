"""Telephone numbers in texts, and not what only looks like one.

Numbers are everywhere: dates, versions, ISBNs, DOIs, grants, sums. So a run of digits counts
only in one of five spellings that nothing else has::

    international   +39 06 1234 5678, +49 (0)30 123456, 0033 1 23 45 67 89
    North America   (202) 555-0143, 202-555-0143, 1-800-555-0143
    in pairs        01 23 45 67 89
    with a trunk 0  030/1234567, 02-2380-0143, 0161 496 0143
    named           Tel. 555 0143, Telefon: 123456, mobile: 3331234567

The country code must exist and the number of digits must fit (ITU-T E.164: at most 15); what
reads like a date, a span of years or a sum is none. A number inside of a longer word, path or
address is none either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

# Before and after a number: nothing that would make it a part of something longer.
_START: Final = r"(?<![\w./@#&=?%~+\\$\u20ac\u00a3-])"
_END: Final = r"(?![\w@%=\u00b0\u20ac$\u00a3]|[.,:/\u2013-][0-9])"
_GAP: Final = r"[ .()/\u00a0\u2010\u2011\u2013-]"

_COUNTRY: Final = re.compile(
    "1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    "|2(?:1[12368]|[2-4][0-9]|5[0-8]|6[0-9]|9[01789])|3(?:5[0-9]|7[0-9]|8[0-35-79])|42[013]|5[09][0-9]"
    "|6(?:7[02-9]|8[0-35-9]|9[0-2])|8(?:0[08]|5[02356]|7[08]|8[0-368])|9(?:6[0-8]|7[0-79]|9[2-68])"
)
_NORTH_AMERICA: Final = re.compile("[2-9][0-9]{2}[2-9][0-9]{6}")
_YEAR: Final = re.compile("(?:19|20)[0-9]{2}")
_DATE: Final = re.compile(
    "(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4})"
)
_SUM: Final = re.compile("[0-9]{1,3}(?:[ .\u00a0][0-9]{3})+")
_MOST: Final = 15  # digits, with the country code

# What a number is called, in front of it; the second row means other things too, and wants a colon.
_NAMES: Final = (
    "tel|tél|tlf|telf|telephone|téléphone|telefono|teléfono|telefone|telefon|fax|telefax|rufnummer"
)
_VAGUE: Final = "phone|mobile|mobil|móvil|handy|cell|cellulare|celular|gsm|hotline|whatsapp|portable"


def telephones(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the telephone numbers in a text begin and end; they do not overlap."""
    if _ENOUGH.search(text) is None:
        return
    found = sorted(
        match.span("number")
        for shape, fits in _SHAPES
        for match in shape.finditer(text)
        if fits(match["number"])
    )
    end = 0
    for start, stop in found:
        if start >= end:
            yield start, stop
            end = stop


def digits_of(text: str) -> str:
    """Return the digits of a text."""
    return "".join(re.findall("[0-9]", text))


def _is_international(number: str) -> bool:
    digits = digits_of(number)
    if not number.startswith("+"):
        # 00 is dialled instead of the plus; without a gap it is a number like any other.
        digits = digits[2:]
        if number.isdigit():
            return False
    country = _COUNTRY.match(digits)
    if country is None or len(digits) > _MOST or _is_round(number.lstrip("+")):
        return False
    rest = digits[country.end() :]
    if country[0] == "1":
        return _NORTH_AMERICA.fullmatch(rest) is not None
    # Short numbers exist in small countries only, which have long codes.
    return len(digits) >= 9  # noqa: PLR2004 - said above


def _has_trunk_zero(number: str) -> bool:
    groups = re.findall("[0-9]+", number)
    if not 9 <= sum(map(len, groups)) <= 12:  # noqa: PLR2004 - of the national plans that have a trunk 0
        return False
    return not any(map(_YEAR.fullmatch, groups))


def _is_named(number: str) -> bool:
    digits, plain = digits_of(number), number.strip("+() ")
    if not 6 <= len(digits) <= _MOST or _DATE.match(plain) or _is_round(plain):  # noqa: PLR2004 - local numbers
        return False
    return not all(map(_YEAR.fullmatch, re.findall("[0-9]+", plain)))


def _is_round(number: str) -> bool:
    """Tell a sum such as ``10 000 000`` from a number that happens to be written in threes."""
    return _SUM.fullmatch(number) is not None and number.endswith("000")


def _always(_: str) -> bool:
    return True


_ENOUGH: Final = re.compile(f"[0-9](?:{_GAP}{{0,2}}[0-9]){{5}}")
_INTERNATIONAL: Final = rf"(?:\+|00)[ ]?[0-9](?:{_GAP}{{0,2}}[0-9]){{7,16}}+"
_NORTH_AMERICAN: Final = (
    r"(?:1[ -]?)?(?:\([2-9][0-9]{2}\)[ .-]?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"
)
_IN_PAIRS: Final = r"0[1-9](?P<gap>[ .\u00a0-])[0-9]{2}(?:(?P=gap)[0-9]{2}){3}"
# A sum in groups of three may go on with a zero.
_ALONE: Final = r"(?<![0-9][ \u00a0])"
_AREA: Final = r"(?:\(0[1-9][0-9]{0,4}\)|0[1-9][0-9]{0,4})"
_WITH_TRUNK: Final = rf"{_AREA}(?:[ ]?[/\u2013-][ ]?|[ ])[0-9]{{2,8}}(?:[ -][0-9]{{1,8}}){{0,3}}"
_ANY: Final = f"[+(]?[0-9](?:{_GAP}{{0,2}}[0-9]){{5,14}}+"
_ORDINAL: Final = "(?:[ ]?(?:no|nr|n°|num(?:ber)?))?"
_NAMED: Final = rf"(?<!\w)(?i:(?:{_NAMES})\b{_ORDINAL}\.?(?:[ ]?:)?|(?:{_VAGUE})[ ]?:)[ \u00a0]{{0,2}}"
_SHAPES: Final[tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = (
    (re.compile(f"{_START}(?P<number>{_INTERNATIONAL}){_END}"), _is_international),
    (re.compile(f"{_START}(?P<number>{_NORTH_AMERICAN}){_END}"), _always),
    (re.compile(f"{_ALONE}{_START}(?P<number>{_IN_PAIRS}){_END}(?![ ][0-9])"), _always),
    (re.compile(f"{_ALONE}{_START}(?P<number>{_WITH_TRUNK}){_END}(?![ ][0-9])"), _has_trunk_zero),
    (re.compile(f"{_NAMED}(?P<number>{_ANY}){_END}"), _is_named),
)
