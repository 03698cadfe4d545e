"""Whom the operator blocks, and whom nobody else's list may block here.

An entry of a list names a log by origin, a host (all logs there, and below it), a fingerprint, or two of
these, which must both fit::

    block  spam.example                                  every log of spam.example and of a.spam.example
    block  oslo.example/log/oslo/1  77c0…                whoever has this fingerprint under this name
    allow  a.spam.example/log/parks/1                    not this one

The operator's own word comes before any list that was subscribed to, and a narrower word before a wider one.
Pure: which lists there are, and what time it is, is passed in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final[Mapping[str, int]] = MappingProxyType({"http": 80, "https": 443})


class Verdict(StrEnum):
    """What an entry of a list decides."""

    BLOCK = "block"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list.

    Attributes:
        verdict: Whether it blocks, or keeps from being blocked.
        name: An origin, a host with or without a port, or empty for any.
        fingerprint: 64 hex digits, or empty for any.
        by: Address of the list that it is from; empty for the operator's own word.
        reason: Why, for people.
    """

    verdict: Verdict
    name: str
    fingerprint: str = ""
    by: str = ""
    reason: str = ""

    @property
    def is_of_one(self) -> bool:
        """Whether it names one publisher, not everybody at a host."""
        return bool(self.fingerprint) or "/" in self.name

    def fits(self, origin: str, fingerprint: str) -> bool:
        """Report whether it is about a log; an empty fingerprint is one that is not known yet."""
        if self.fingerprint and self.fingerprint != fingerprint:
            return False
        return not self.name or self.name == origin or self.covers(origin.partition("/")[0])

    def covers(self, place: str) -> bool:
        """Report whether it is about everything at a place, given as ``host[:port]``."""
        if not self.name or "/" in self.name:
            return False
        name, host = self.name, _host(place)
        if _host(name) != name:
            return name == place
        # What has no dot is one machine's name and nobody's domain; an address has nothing below it.
        is_domain = "." in name and not name.rpartition(".")[2].isdigit()
        return host == name or (is_domain and host.endswith(f".{name}"))


def decide(
    entries: Collection[Listed], origin: str, fingerprint: str, formerly: Collection[tuple[str, str]] = ()
) -> Listed | None:
    """Return the entry that blocks a log here, or None when none does.

    Args:
        entries: Of all lists, in any order.
        origin: The log.
        fingerprint: Its publisher's; empty while it is not known.
        formerly: (origin, fingerprint) of the logs that it continues. What names one of these means the
            publisher, under whatever name; what names a host does not go along when somebody leaves it.
    """
    now = ((entry, False) for entry in entries if entry.fits(origin, fingerprint))
    before = (
        (entry, True)
        for entry in entries
        if entry.is_of_one and any(entry.fits(*former) for former in formerly)
    )
    return _blocking((*now, *before))


def decide_place(entries: Iterable[Listed], url: str) -> Listed | None:
    """Return the entry for which nothing is asked of the node at an address, or None."""
    place = _place_of(url)
    return _blocking((entry, False) for entry in entries if not entry.fingerprint and entry.covers(place))


def _blocking(fitting: Iterable[tuple[Listed, bool]]) -> Listed | None:
    """Return the entry that decides, of those that fit now or (true) fitted once, if it blocks."""
    first, _ = min(fitting, key=_place, default=(None, False))
    return first if first is not None and first.verdict is Verdict.BLOCK else None


def _place(fitting: tuple[Listed, bool]) -> tuple[bool, int, bool, int, bool, str, str]:
    """Return where an entry stands: own word first, then what is narrow, then what blocks."""
    entry, is_former = fitting
    # An origin with its fingerprint, an origin, a fingerprint, a host; of equal ones the longer.
    narrow = 2 * ("/" in entry.name) + bool(entry.fingerprint)
    is_allowance = entry.verdict is Verdict.ALLOW
    return bool(entry.by), -narrow, is_former, -len(entry.name), is_allowance, entry.by, entry.name


def _place_of(url: str) -> str:
    """Return ``host[:port]`` of a URL in the one spelling that names have; empty for what is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").removesuffix(".")
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def _host(place: str) -> str:
    """Return the host of ``host[:port]``."""
    if place.startswith("["):
        return place.partition("]")[0] + "]"
    return place.partition(":")[0]
