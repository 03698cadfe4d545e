"""Who can be hired: what entries say of their providers, and what those offer themselves.

::

    {…an item of type provider…, "provider": {"name": "Acme", "uri": "https://acme.example", "ref": null,
                                              "role": "hosting", "until": null},
     "publishers": [{"origin": "acme.example/log/acme/1", "name": "Acme", "by": "domain", "verified": true,
                     "offers": [{…an item of type offering…}]}]}

That somebody is a provider is the word of who publishes the entry. Who the provider is among the publishers
here is told by the origin or the address that the entry names, by a domain that the publisher was seen to
speak for, or by an identifier that its profile states as well; the last is its own word alone, and said so.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

from federation.standing import Facts
from node.answers.policy import policy_of
from node.answers.search import snapshot_of
from node.answers.texts import card_of
from node.home import Home
from node.store.profiles import newest_profiles
from protocol.forms import is_url
from protocol.packing import Value

from .questions import PlanPage, PlanQuestion, plans
from .shapes import Plan, ProviderPlan

MOST_OFFERS: Final = 10
"""Offers that are shown of one publisher, the newest."""

MOST_PUBLISHERS: Final = 5
"""Publishers that are shown as one provider: any number can say that they are."""

# What a publisher says its number or page is at others; the domain it must prove.
_IDENTIFYING: Final = ("wikidata", "url", "doi")


@dataclass(frozen=True, slots=True)
class Match:
    """A publisher that a provider may be.

    Attributes:
        origin: Of its log.
        by: How it is told: ``origin``, ``domain`` or ``identifier``.
        is_verified: Whether more than its own word tells it.
    """

    origin: str
    by: str
    is_verified: bool


def providers(
    home: Home,
    question: PlanQuestion,
    limit: int = 20,
    cursor: str | None = None,
    *,
    facets: Sequence[str] = (),
    fresh: bool = True,
) -> PlanPage:
    """Return a page of providers with what they offer themselves; the rest is as in ``plans``."""
    page = plans(home, question, limit, cursor, facets=facets, fresh=fresh)
    with home.database.read() as connection:
        known = _Known(home, connection)
    return replace(page, items=tuple(_joined(home, item, known, question.languages) for item in page.items))


class _Known:
    """The publishers here, by what they can be told by."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        policy = policy_of(home, connection)
        self.profiles: Mapping[str, Mapping[str, Value]] = snapshot_of(home).recalled(
            ("profiles",), lambda: {each.origin: each.said for each in newest_profiles(connection)}
        )
        self.origins = {publisher.origin for publisher in policy.publishers.values()}
        self.by_domain = _domains(policy.facts)
        self.by_identifier: dict[str, list[str]] = {}
        for origin, profile in self.profiles.items():
            for identifier in _identifiers(profile):
                self.by_identifier.setdefault(identifier, []).append(origin)

    def name(self, origin: str, languages: Sequence[str]) -> str:
        """Return what a publisher calls itself; empty when it does not."""
        return card_of(dict(self.profiles.get(origin, {}))).shown(languages)[0]

    def matches(self, provider: Mapping[str, Value]) -> list[Match]:
        """Return the publishers that a provider may be, those first that more than their own word tells."""
        named = [text for name in ("ref", "uri") if isinstance(text := provider.get(name), str)]
        found = [
            Match(origin, "origin", is_verified=True)
            for text in named
            if (origin := text.partition("/e/")[0]) in self.origins
        ]
        for text in filter(is_url, named):
            found += [Match(each, "domain", is_verified=True) for each in self.by_domain.get(_host(text), ())]
        for text in named:
            those = self.by_identifier.get(_plain(text), ())
            found += [Match(each, "identifier", is_verified=False) for each in those]
        each_once = {match.origin: match for match in reversed(found) if match.origin in self.origins}
        return sorted(each_once.values(), key=lambda match: (not match.is_verified, match.origin))


def _joined(home: Home, item: Plan, known: _Known, languages: Sequence[str]) -> ProviderPlan:
    stated = item["item"]
    matches = known.matches(stated)[:MOST_PUBLISHERS]
    return {
        **item,
        "provider": {
            "name": stated.get("name") or None,
            "uri": stated.get("uri") or None,
            "ref": stated.get("ref") or None,
            "role": stated.get("role") or None,
            "until": stated.get("until") or None,
        },
        "publishers": [
            {
                "origin": match.origin,
                "name": known.name(match.origin, languages),
                "by": match.by,
                "verified": match.is_verified,
                "offers": list(_offers(home, match.origin, languages)),
            }
            for match in matches
        ],
    }


def _offers(home: Home, origin: str, languages: Sequence[str]) -> tuple[Plan, ...]:
    question = PlanQuestion("offering", filters={"publisher": (origin,)}, languages=tuple(languages))
    return plans(home, question, MOST_OFFERS, fresh=False).items


def _domains(facts: Facts) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for origin, proven in sorted(facts.items()):
        for domain in proven.domains:
            found.setdefault(domain.removeprefix("www."), []).append(origin)
    return found


def _identifiers(profile: Mapping[str, Value]) -> Iterator[str]:
    """Yield what a profile says its publisher is known by elsewhere, as providers are compared."""
    stated = profile.get("identifiers")
    for each in stated if isinstance(stated, list) else ():
        value = each.get("value") if isinstance(each, dict) and each.get("scheme") in _IDENTIFYING else None
        if isinstance(value, str) and value.strip():
            yield _plain(value)


def _plain(text: str) -> str:
    """Return a page or number as it is compared: of what Wikidata or the DOI registry gives out its end."""
    parts = urlsplit(text) if is_url(text) else None
    if parts is None:
        return text.strip().lower()
    host, path = _host(text), parts.path.rstrip("/")
    if host == "wikidata.org":
        return path.rpartition("/")[2].lower()
    return f"{host}{path}".lower() if host != "doi.org" else path.strip("/").lower()


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")
