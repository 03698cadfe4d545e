"""Publishers that might be followed: whom followed publishers recommend and vouch for, and whom cards show.

::

    {"origin": "lyon.example/log/lyon/1", "conflict": false, "allowed": true, "reason": "",
     "fingerprints": [{"fingerprint": "3f2a…", "support": ["bergen.example/log/…", "oslo.example/log/…"],
                       "vouched_by": [{"origin": "oslo.example/log/…", "expires": "2027-05-01",
                                       "counts": true, "why_not": null, "statement": "oslo.example/…/e/…"}],
                       "recommended_by": ["oslo.example/log/oslo/1"], "shown_by": ["https://lyon.example"],
                       "listed_by": []}],
     "urls": ["https://lyon.example"], "tried": null}

A view that is made when it is asked for, and stored nowhere. To be in it is to be named, no more: nobody
is followed, asked or believed because of it. A fingerprint is empty where somebody named an origin without
one. Logs that are here already and logs that are blocked are left out.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from federation.listing import Listed, Verdict, decide
from federation.vouching import AllowRule, Vouch, Voucher, Weighed, day_of, weigh
from protocol.errors import MalformedError
from protocol.forms import is_date, is_fingerprint, is_origin, is_url
from protocol.opinions import Vouch as VouchStatement
from protocol.origin import address, parse_address
from protocol.packing import Value, unpack
from protocol.statement import Profile, decode

from .answers.texts import moment
from .blocking import subscriptions
from .cards import kept_card
from .disputes import disputed_logs
from .home import Home
from .store.frozen import frozen_logs
from .store.logs import LogRow
from .store.profiles import newest_profile
from .store.restraints import admitted_logs, blocked_logs, listed
from .store.series import stands
from .successors import disputed_successors, series_of

MAX_CANDIDATES: Final = 1_000
"""Candidates that are shown; what cards and profiles list is other people's to make long."""

MAX_VOUCHES: Final = 1_000
"""Vouches of one publisher that are looked at, the newest first."""

MAX_PEERS: Final = 200
"""Peers of one profile that are looked at, as many as a list may have."""

MAX_URLS: Final = 8
"""Addresses kept of one candidate."""

_DOUBTED: Final = "it stands still: people have to decide about it first"

# Whoever goes on in another log renews and withdraws there.
_VOUCHES: Final = (
    "SELECT id, payload FROM entry WHERE type = 'vouch' AND op = 1 AND log = ?"  # noqa: S608 - our own text
    f" AND {stands('entry')} ORDER BY idx DESC LIMIT ?"
)


@dataclass(slots=True)
class Named:
    """One fingerprint under which an origin was named, and by whom.

    Attributes:
        vouches: The vouches for it.
        recommended_by: Origins of publishers whose profile or vouch recommends it.
        shown_by: Addresses of followed nodes whose cards show it.
        listed_by: Addresses of allow lists that were subscribed to.
    """

    vouches: list[Vouch] = field(default_factory=list)
    recommended_by: set[str] = field(default_factory=set)
    shown_by: set[str] = field(default_factory=set)
    listed_by: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Candidate:
    """A log that somebody named.

    Attributes:
        origin: Its origin.
        named: Fingerprint, or empty where none was named → by whom.
        urls: Where it may be found, as those who named it say.
    """

    origin: str
    named: dict[str, Named] = field(default_factory=dict)
    urls: dict[str, None] = field(default_factory=dict)

    @property
    def vouches(self) -> list[Vouch]:
        """All vouches for it, whatever fingerprint they name."""
        return [vouch for named in self.named.values() for vouch in named.vouches]


@dataclass(frozen=True, slots=True)
class Field:
    """Everybody who was named at one moment, and whose word counts.

    Attributes:
        candidates: By origin; those that are here already are among them.
        vouchers: Origin → publisher whose vouches count.
        silent: Origin → why a publisher's vouches do not count.
        today: The day in UTC, as ``2026-11-02``.
    """

    candidates: Mapping[str, Candidate]
    vouchers: Mapping[str, Voucher]
    silent: Mapping[str, str]
    today: str

    def weighed(self, origin: str, rule: AllowRule) -> Weighed:
        """Return what the vouches for an origin come to, and lists that name it; see ``vouching.weigh``."""
        candidate = self.candidates.get(origin, Candidate(origin))
        found = weigh(candidate.vouches, self.vouchers, rule, self.today)
        pinned = [fingerprint for fingerprint, named in candidate.named.items() if named.listed_by]
        if not pinned:
            return found
        # A list that the operator subscribed to is a rule too; it may not be at odds with those who vouch.
        if len({*pinned, *found.support}) > 1:
            return Weighed(found.support, None, "lists and vouchers name different fingerprints")
        return Weighed(found.support, pinned[0], "")


def candidates(home: Home) -> list[dict[str, Any]]:
    """Return everybody who was named and is not here: those whom a rule lets in first, then by support.

    Returns:
        For each the document that this module shows; ``MAX_CANDIDATES`` at most. ``support`` is who counts
        for a fingerprint, ``why_not`` says why a vouch does not count. ``reason`` says why no rule lets it
        in. ``tried`` is None, or what came of letting it in: ``at``, ``failures``, ``next_due``, ``fault``.
    """
    found, rule = gather(home), home.config.trust.allow
    here = {row.origin for row in home.logs.all()}
    tried = _tried(home.database.connection)
    documents = [
        _document(found, candidate, rule, tried)
        for candidate in found.candidates.values()
        if candidate.origin not in here
    ]
    documents.sort(key=_place)
    return documents[:MAX_CANDIDATES]


def gather(home: Home) -> Field:
    """Return everybody whom followed publishers, cards of followed nodes and subscribed lists name."""
    connection = home.database.connection
    today = day_of(home.now())
    with home.database.read():
        entries = listed(connection)
        speaking, silent = _speaking(home, connection)
        found: dict[str, Candidate] = {}
        for row in speaking:
            for origin, fingerprint, url in _peers(connection, row):
                _name(found, entries, origin, fingerprint, url).recommended_by.add(row.origin)
            for target, stated, where in _vouches(connection, row):
                named = _name(found, entries, target, stated.fingerprint)
                if stated.vouch_type == "identity":
                    vouch = Vouch(row.origin, stated.fingerprint, stated.issued, stated.expires, where)
                    named.vouches.append(vouch)
                elif not stated.expires or today <= stated.expires:
                    named.recommended_by.add(row.origin)
        for node, origin, fingerprint, url in _shown(connection):
            _name(found, entries, origin, fingerprint, url, node).shown_by.add(node)
        for item in _allowed(home):
            if silent.get(parse_address(item.by)[0]) != _DOUBTED:
                _name(found, entries, item.name, item.fingerprint).listed_by.add(item.by)
        vouchers = {row.origin: _voucher(home, row) for row in speaking if row.origin not in silent}
    found.pop("", None)
    return Field(found, vouchers, silent, today)


def _speaking(home: Home, connection: sqlite3.Connection) -> tuple[list[LogRow], dict[str, str]]:
    """Return the followed publishers that are listened to, and of some why their vouches do not count."""
    blocked, admitted = blocked_logs(connection), admitted_logs(connection)
    doubted = frozen_logs(connection).keys() | disputed_logs(connection) | disputed_successors(connection)
    rows = [row for row in home.logs.all() if not row.own and row.id not in blocked]
    silent = {}
    for row in rows:
        came = admitted.get(row.id)
        if row.id in doubted:
            silent[row.origin] = _DOUBTED
        elif came is not None and came.lapsed_at is not None:
            silent[row.origin] = "it came in by a rule that holds no more"
        elif came is not None and not home.config.trust.allow.chains:
            silent[row.origin] = "it came in by a rule itself"
    return rows, silent


def _voucher(home: Home, row: LogRow) -> Voucher:
    """Return a publisher with what others may share with it: hosts of its names and places, and root keys.

    Logs that continue each other are one publisher, whatever hosts and keys it went on with.
    """
    newest = row.chain.newest
    places = {row.origin.partition("/")[0], *(urlsplit(url).netloc for url in newest.urls)}
    hosts = {f"host {urlsplit(f'//{place}').hostname}" for place in places}
    roots = {f"root {key.public.hex()}" for key in newest.roots}
    return Voucher(row.origin, frozenset({*hosts, *roots, f"series {series_of(home, row.origin)[0]}"}))


def _peers(connection: sqlite3.Connection, row: LogRow) -> Iterator[tuple[str, str, str]]:
    """Yield (origin, fingerprint, URL) of the peers in a publisher's newest profile."""
    found = newest_profile(connection, row.id)
    profile = decode({} if found is None else dict(found.said))
    for peer in profile.peers[:MAX_PEERS] if isinstance(profile, Profile) else ():
        yield peer.origin, peer.fingerprint, peer.url


def _vouches(connection: sqlite3.Connection, row: LogRow) -> Iterator[tuple[str, VouchStatement, str]]:
    """Yield (origin of a log, the vouch, its address) of what a publisher says for other logs."""
    rows = connection.execute(_VOUCHES, (row.id, MAX_VOUCHES))
    for id_, payload in rows:
        said = decode(_read(payload))
        # Nobody vouches for themselves.
        if not isinstance(said, VouchStatement) or said.target == row.origin:
            continue
        is_whole = is_date(said.issued) and is_date(said.expires) and is_fingerprint(said.fingerprint)
        if said.vouch_type == "recommend" or (said.vouch_type == "identity" and is_whole):
            yield said.target, said, address(row.origin, id_)


def _shown(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, str]]:
    """Yield (node, origin, fingerprint, URL) of the logs in the cards of followed nodes."""
    for node, stored in connection.execute("SELECT url, card FROM peer ORDER BY url"):
        card = kept_card(stored)
        for each in () if card is None else card.logs:
            yield node, each.origin, each.fingerprint, each.url


def _allowed(home: Home) -> Iterator[Listed]:
    """Yield the logs on allow lists that were subscribed to: those named exactly."""
    for each in subscriptions(home):
        if each.purpose == Verdict.ALLOW:
            yield from (item for item in each.items if item.fingerprint and is_origin(item.name))


def _name(
    found: dict[str, Candidate], entries: Collection[Listed], origin: str, fingerprint: str, *urls: str
) -> Named:
    """Return where it is kept who names a log under a fingerprint; what nobody may name goes under ""."""
    if not is_fingerprint(fingerprint):
        fingerprint = ""
    if (origin not in found and not is_origin(origin)) or decide(entries, origin, fingerprint) is not None:
        return Named()
    candidate = found.setdefault(origin, Candidate(origin))
    for url in urls:
        # Printable ASCII alone: a terminal shows it.
        if is_url(url) and url.isascii() and url.isprintable() and len(candidate.urls) < MAX_URLS:
            candidate.urls.setdefault(url)
    return candidate.named.setdefault(fingerprint, Named())


def _read(payload: bytes) -> Value:
    """Return a payload, None for one that cannot be read."""
    try:
        return unpack(payload)
    except MalformedError:
        return None


def _tried(connection: sqlite3.Connection) -> dict[str, dict[str, Any]]:
    rows = connection.execute(
        "SELECT origin, fingerprint, tried_at, failures, next_due, fault FROM admission ORDER BY tried_at"
    )
    return {
        origin: {
            "fingerprint": fingerprint,
            "at": moment(at),
            "failures": failures,
            "next_due": moment(due),
            "fault": fault,
        }
        for origin, fingerprint, at, failures, due, fault in rows
    }


def _document(
    found: Field, candidate: Candidate, rule: AllowRule, tried: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    weighed = found.weighed(candidate.origin, rule)
    return {
        "origin": candidate.origin,
        "conflict": len([each for each in candidate.named if each]) > 1,
        "allowed": weighed.allowed is not None,
        "reason": weighed.reason,
        "fingerprints": [
            {
                "fingerprint": fingerprint,
                "support": list(weighed.support.get(fingerprint, ())),
                "vouched_by": [_vouch_document(found, vouch) for vouch in _sorted(named.vouches)],
                "recommended_by": sorted(named.recommended_by),
                "shown_by": sorted(named.shown_by),
                "listed_by": sorted(named.listed_by),
            }
            for fingerprint, named in sorted(candidate.named.items())
        ],
        "urls": sorted(candidate.urls),
        "tried": tried.get(candidate.origin),
    }


def _vouch_document(found: Field, vouch: Vouch) -> dict[str, Any]:
    why_not = found.silent.get(vouch.by)
    if why_not is None and not vouch.holds(found.today):
        why_not = "it has expired" if vouch.expires < found.today else "it does not hold yet"
    return {
        "origin": vouch.by,
        "expires": vouch.expires,
        "counts": why_not is None,
        "why_not": why_not,
        "statement": vouch.address,
    }


def _sorted(vouches: Iterable[Vouch]) -> list[Vouch]:
    return sorted(vouches, key=lambda each: (each.by, each.expires, each.address))


def _place(document: Mapping[str, Any]) -> tuple[bool, int, int, str]:
    each = document["fingerprints"]
    support = max(len(one["support"]) for one in each)
    recommended = max(len(one["recommended_by"]) for one in each)
    return not document["allowed"], -support, -recommended, document["origin"]
