"""Standing: whose values head a project, because the publisher controls what joins its entries.

A project is joined by an identifier. Its headline comes from a publisher that controls it::

    repo:git.oslo.example/budget     its verified domain is git.oslo.example: the URL's host
    repo:github.com/oslo/budget      the repository's root has a fedcat-publishers file that lists it
    doi:10.1234/budget               an operator's rule says so

A publisher without standing is attributed and searchable; it heads nothing. Pure: what was verified is passed
in (``Facts``), how it is verified is in ``claims``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from protocol.errors import MalformedError
from protocol.origin import Origin
from protocol.vocabulary import words_of

REPOSITORY: Final = "repo:"

SHARED_FORGES: Final = frozenset(
    {
        "bitbucket.org",
        "code.europa.eu",
        "codeberg.org",
        "forge.apps.education.fr",
        "framagit.org",
        "git.sr.ht",
        "gist.github.com",
        "gitea.com",
        "gitee.com",
        "github.com",
        "gitlab.com",
        "gitlab.opencode.de",
        "invent.kde.org",
        "launchpad.net",
        "notabug.org",
        "pagure.io",
        "raw.githubusercontent.com",
        "salsa.debian.org",
        "sourceforge.net",
    }
)
"""Hosts where many organisations have repositories of their own. Who runs the forge controls its domain, and
has no say over what its users publish: a domain proof for one of these would head everybody's projects."""

_SCHEMES: Final = words_of("identifier scheme")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


class Ground(StrEnum):
    """Why a publisher has standing."""

    RULE = "rule"  # the operator says so
    DOMAIN = "domain"  # its verified domain is the host of the repository
    REPOSITORY = "repository"  # the repository itself lists it


@dataclass(frozen=True, slots=True)
class Rule:
    """An operator's word about one publisher.

    Attributes:
        publisher: Its origin, or its fingerprint, which stays when the publisher moves.
        identifiers: What it controls: ``github.com/acme/*``, ``doi:10.1234/*``, ``dpg:*``. Without a
            scheme it is a repository; ``*`` stands at the end only; case does not matter.
    """

    publisher: str
    identifiers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator decided about publishers.

    Attributes:
        standing: Who controls what, besides what is verified.
        precedence: Origins or fingerprints; who comes first where nobody has standing.
        curators: Origins or fingerprints; whose links join and part entries of others.
    """

    standing: tuple[Rule, ...] = ()
    precedence: tuple[str, ...] = ()
    curators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proven:
    """What is known of one publisher.

    Attributes:
        fingerprint: Of its first key set.
        domains: Domains that list it and that its profile names.
        repositories: Repositories whose root lists it, as ``host/path``.
    """

    fingerprint: str
    domains: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()


Facts: TypeAlias = Mapping[str, Proven]
"""Origin → what is known of its publisher. Equal facts give equal answers."""


def owns(rules: Rules, facts: Facts, origin: str, identifier: str) -> bool:
    """Report whether a publisher has standing for an identifier; see ``ground``."""
    return ground(rules, facts, origin, identifier) is not None


def ground(rules: Rules, facts: Facts, origin: str, identifier: str) -> Ground | None:
    """Return why a publisher has standing for an identifier, or None when it has none.

    Args:
        rules: The operator's.
        facts: What is verified.
        origin: The publisher's log.
        identifier: Normalised, with its scheme: ``repo:<host>/<path>``, ``doi:…``, ``swhid:…``, ``dpg:…``.
    """
    known, names = facts.get(origin), _names(facts, origin)
    if any(rule.publisher in names and _covers(rule, identifier) for rule in rules.standing):
        return Ground.RULE
    if known is None or not identifier.startswith(REPOSITORY):
        return None
    repository = identifier.removeprefix(REPOSITORY)
    if _is_within(repository, known.repositories):
        return Ground.REPOSITORY
    # The host itself and no parent: who has oslo.example need not run everything below it, and a
    # dangling subdomain must not speak for the rest.
    host = _bare(repository.partition("/")[0])
    if host not in SHARED_FORGES and host in map(_bare, known.domains):
        return Ground.DOMAIN
    return None


def is_curator(rules: Rules, facts: Facts, origin: str) -> bool:
    """Report whether the operator takes a publisher's links for everybody's entries."""
    return not _names(facts, origin).isdisjoint(rules.curators)


def in_precedence(rules: Rules, facts: Facts, origins: Iterable[str]) -> tuple[str, ...]:
    """Return publishers, the one that comes first where nobody has standing first.

    Args:
        rules: The operator's; whom they name comes in their order.
        facts: For the fingerprints of the publishers.
        origins: In the order that holds for the rest: own logs, then as they were followed.
    """
    places = {name: place for place, name in reversed(tuple(enumerate(rules.precedence)))}
    last = len(rules.precedence)

    def place(origin: str) -> int:
        known = facts.get(origin)
        by_fingerprint = last if known is None else places.get(known.fingerprint, last)
        return min(places.get(origin, last), by_fingerprint)

    return tuple(sorted(origins, key=place))


def publisher_fault(text: str) -> str | None:
    """Return why a text names no publisher in a rule, or None when it is an origin or a fingerprint."""
    if _FINGERPRINT.fullmatch(text):
        return None
    try:
        Origin.parse(text)
    except MalformedError as error:
        return f"{text!r} is neither an origin nor a fingerprint: {error.reason}"
    return None


def pattern_fault(text: str) -> str | None:
    """Return why a text is no pattern of identifiers, or None when it is one."""
    if not text or text.split() != [text]:
        return f"{text!r} is empty or has spaces"
    if "*" in text[:-1]:
        return f"{text!r} has a * before its end"
    if "://" in text:
        return f"{text!r} is a URL; an identifier begins with the host"
    return None


def _names(facts: Facts, origin: str) -> frozenset[str]:
    """Return what a publisher is called in rules."""
    known = facts.get(origin)
    return frozenset({origin} if known is None else {origin, known.fingerprint})


def _is_within(repository: str, roots: frozenset[str]) -> bool:
    """Report whether a repository, or one that it is a part of, is among some."""
    parts = repository.split("/")
    return any("/".join(parts[:end]) in roots for end in range(2, len(parts) + 1))


def _covers(rule: Rule, identifier: str) -> bool:
    # Neither hosts, DOIs nor the paths on the large forges know case.
    folded = identifier.casefold()
    return any(_fits(_with_scheme(pattern.casefold()), folded) for pattern in rule.identifiers)


def _fits(pattern: str, identifier: str) -> bool:
    return identifier.startswith(pattern[:-1]) if pattern.endswith("*") else identifier == pattern


def _with_scheme(pattern: str) -> str:
    scheme, colon, _ = pattern.partition(":")
    return pattern if pattern == "*" or (colon and scheme in _SCHEMES) else f"{REPOSITORY}{pattern}"


def _bare(host: str) -> str:
    return host.removeprefix("www.")
