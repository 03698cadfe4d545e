"""The forms that single values take: URLs, dates, places, currencies.

Each check takes a text and returns a :class:`Fault` or None. ``CHECKS`` names them for the
annotations of :mod:`protocol.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, NamedTuple

from .errors import MalformedError
from .language import canonical_tag, is_tag
from .licence import normalised
from .origin import Origin, host_fault


class Fault(NamedTuple):
    """Why a value is not in its form, as a clause, and what would be, as a sentence."""

    message: str
    hint: str


_URL: Final = re.compile(
    r"https?://[A-Za-z0-9.-]+(?:/\S*)?"  # the like of nearly all of them, found sooner
    r"|[Hh][Tt][Tt][Pp][Ss]?://(?:[^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]+)?(?:[/?#]\S*)?"
)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_LIKE_AN_ORIGIN: Final = r"[a-z0-9.\[\]:-]+(?:/[a-z0-9-]+)*/log/[a-z0-9-]+/[1-9][0-9]*"
_ADDRESS: Final = re.compile(_LIKE_AN_ORIGIN + r"/e/[0-9a-f]{32}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERIOD: Final = re.compile(r"[0-9]{4}(?:-(?:0[1-9]|1[0-2]|Q[1-4]))?")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]{1,9})?Z"
)
_PLACE: Final = re.compile(r"(?:EU|INT|[A-Z]{2}(?:-[A-Z0-9]{1,3})?)")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST: Final = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:/]+)(?::[1-9][0-9]{0,4})?")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")

# How many texts of a form are remembered, and how long they may be.
_REMEMBERED_TEXTS: Final = 1_024
_REMEMBERED_LENGTH: Final = 64


def is_url(text: str) -> bool:
    """Tell whether a text is an http(s) URL without credentials."""
    return _URL.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Tell whether a text is a day of the calendar, such as ``2026-02-28``."""
    # The library takes other spellings too, such as 20260228.
    return _DATE.fullmatch(text) is not None and _is_day(text)


def _is_day(date_text: str) -> bool:
    """Tell whether the calendar has a day that is written in digits as it should be."""
    try:
        date.fromisoformat(date_text)
    except ValueError:
        return False
    return True


def is_period(text: str) -> bool:
    """Tell whether a text is a day, a month, a quarter or a year: ``2027-03-01``, ``2027-Q1``."""
    return _PERIOD.fullmatch(text) is not None or is_date(text)


def is_place(text: str) -> bool:
    """Tell whether a text has the form of an ISO 3166 code, or is ``EU`` or ``INT``."""
    return _PLACE.fullmatch(text) is not None


def is_fingerprint(text: str) -> bool:
    """Tell whether a text is a SHA-256 digest as fingerprints are written: 64 lower-case digits."""
    return _SHA256.fullmatch(text) is not None


def is_origin(text: str) -> bool:
    """Tell whether a text is the origin of a log."""
    try:
        Origin.parse(text)
    except MalformedError:
        return False
    return True


def is_host(text: str) -> bool:
    """Tell whether a text is a host, perhaps with a port, in the one spelling that origins have."""
    match = _HOST.fullmatch(text)
    return match is not None and host_fault(match["host"]) is None


def _line(text: str) -> Fault | None:
    if "\n" in text or "\t" in text:
        return Fault("has a line break or a tab", "Write it on one line.")
    if not text.strip():
        return Fault("is empty", "Leave the key out, or fill it in.")
    return None


def _uri(text: str) -> Fault | None:
    if _URI.fullmatch(text) or _ADDRESS.fullmatch(text):
        return None
    return Fault(
        "is neither a URI nor the address of a statement",
        "Write https://… or <origin>/e/<32 hexadecimal digits>.",
    )


def _target(text: str) -> Fault | None:
    if is_origin(text) or _uri(text) is None:
        return None
    return Fault(
        "is neither a URI, nor the address of a statement, nor the origin of a log",
        "Write https://…, <origin>/e/<32 hexadecimal digits>, or host/log/name/1.",
    )


def _listed(text: str) -> Fault | None:
    if is_host(text) or _target(text) is None:
        return None
    return Fault(
        "is neither a URI, nor the address of a statement, nor the origin of a log, nor a host",
        "Write https://…, <origin>/e/<32 hexadecimal digits>, host/log/name/1, or host.",
    )


def _date(text: str) -> Fault | None:
    return None if is_date(text) else Fault("is not a date", "Write it as 2026-12-31.")


def _period(text: str) -> Fault | None:
    if is_period(text):
        return None
    return Fault("is not a date, month, quarter or year", "Write 2027-03-01, 2027-03, 2027-Q1 or 2027.")


def _timestamp(text: str) -> Fault | None:
    found = _TIMESTAMP.fullmatch(text)
    if found and _is_day(found[1]):
        return None
    return Fault("is not a time in UTC", "Write it as 2026-11-02T09:00:00Z.")


def _language(text: str) -> Fault | None:
    if is_tag(text):
        return None
    known = canonical_tag(text)
    return Fault(
        "is not a language tag",
        f"Write {known}." if known else "Use a BCP 47 tag such as fr, pt-BR or und.",
    )


def _license(text: str) -> Fault | None:
    known = normalised(text)
    if known == text:
        return None
    if known:
        return Fault("is not the current spelling of this licence", f"Write {known}.")
    return Fault(
        "is not an SPDX licence expression", "Use identifiers of the SPDX list, such as EUPL-1.2 OR MIT."
    )


def _path(text: str) -> Fault | None:
    parts = text.split("/")
    if text.startswith("/") or "\\" in text or any(part in ("", ".", "..") for part in parts):
        return Fault("is not a relative path", "Write it relative to the imported folder, without '..'.")
    return _line(text)


def _pattern(pattern: re.Pattern[str], message: str, hint: str) -> Callable[[str], Fault | None]:
    def check(text: str) -> Fault | None:
        return None if pattern.fullmatch(text) else Fault(message, hint)

    return check


class _Answers(dict[str, Fault | None]):
    """What a check says, by text; a few short texts are remembered: they are other people's."""

    def __init__(self, check: Callable[[str], Fault | None]) -> None:
        super().__init__()
        self._check = check

    def __missing__(self, text: str) -> Fault | None:
        answer = self._check(text)
        if len(text) <= _REMEMBERED_LENGTH:
            if len(self) == _REMEMBERED_TEXTS:
                self.clear()
            self[text] = answer
        return answer


CHECKS: Final[Mapping[str, Callable[[str], Fault | None]]] = {
    "line": _line,
    "url": _pattern(_URL, "is not a web address", "Write it whole, such as https://example.org/page."),
    "uri": _uri,
    "target": _target,
    "listed": _listed,
    "date": _date,
    "period": _period,
    "timestamp": _timestamp,
    "language": _language,
    "place": _pattern(
        _PLACE, "is not a place code", "Use an ISO 3166 code such as FR or FR-ARA, or EU, or INT."
    ),
    "license": _license,
    "path": _path,
    "slug": _pattern(_SLUG, "is not a slug", "Use lower-case letters, digits and single hyphens."),
    "sha256": _pattern(_SHA256, "is not a SHA-256 digest", "Write 64 lower-case hexadecimal digits."),
    "email": _pattern(_EMAIL, "is not an e-mail address", "Write it as office@example.org."),
    "currency": _pattern(_CURRENCY, "is not a currency code", "Use an ISO 4217 code such as EUR."),
    "decimal": _pattern(
        _DECIMAL, "is not a number", "Write a whole number, or a decimal text such as 12.50."
    ),
}


def _whole(*patterns: str) -> str:
    return f"^(?:{'|'.join(patterns)})$"


_LIKE_A_HOST: Final = r"(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[1-9][0-9]{0,4})?"

PATTERNS: Final[Mapping[str, str]] = {
    "line": r"^[^\n\t]*\S[^\n\t]*$",
    "url": _whole(_URL.pattern),
    "uri": _whole(_URI.pattern, _ADDRESS.pattern),
    "target": _whole(_URI.pattern, _ADDRESS.pattern, _LIKE_AN_ORIGIN),
    "listed": _whole(_URI.pattern, _ADDRESS.pattern, _LIKE_AN_ORIGIN, _LIKE_A_HOST),
    "origin": _whole(_LIKE_AN_ORIGIN),
    "date": _whole(_DATE.pattern),
    "period": _whole(_PERIOD.pattern, _DATE.pattern),
    "timestamp": _whole(_TIMESTAMP.pattern),
    "language": r"^[a-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$",
    "place": _whole(_PLACE.pattern),
    "license": r"\S",
    "path": r"^(?!/)(?!(?:.*/)?\.{0,2}(?:/|$))[^\\\n\t]*\S[^\\\n\t]*$",
    "slug": _whole(_SLUG.pattern),
    "sha256": _whole(_SHA256.pattern),
    "email": _whole(_EMAIL.pattern),
    "currency": _whole(_CURRENCY.pattern),
    "decimal": _whole(_DECIMAL.pattern),
}
"""What every text of a form matches, as regular expressions of JSON Schema (ECMA-262); some match more."""

REPEATING: Final[Mapping[str, Callable[[str], Fault | None]]] = {
    form: _Answers(CHECKS[form]).__getitem__ for form in ("language", "place", "license")
}
"""The checks of forms whose texts come again and again, with the answers remembered."""
