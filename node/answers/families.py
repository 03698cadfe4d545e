"""Which organisations are parts of others: what each side says, and whether both say so.

::

    parks   its profile's ``parents`` names the city      "says that it is part of the city"
    city    its profile's ``parts`` names parks           confirmed: parks is part of the city
            or a vouch of type mandate, for the log of parks, that stands today

Nobody becomes part of another by his own word: what the other side does not confirm is shown as claimed, and
none of it is put together with what that one states. Nor does being vouched for or listed for another reason
make anybody a part. Who is named as a part and does not say so is none.

A profile names an organisation by the address of its profile, by its log (``https://`` and the origin), or by
a web address whose host is the verified domain of one publisher alone.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from federation.targets import target_of
from node.home import Home
from node.store.profiles import NewestProfile, newest_profiles
from node.store.series import current_origin, links
from protocol.origin import address
from protocol.packing import Value

from .naming import address_named, origin_named
from .organisations import Organisations
from .policy import policy_of
from .uses import Statement, statements_of, vouch_state, vouch_type

MOST_NAMED: Final = 50
"""Organisations that one profile may name as those that it is a part of, or as its parts."""

MOST_PARTS: Final = 49
"""Confirmed parts, and parts of parts, that are put together with an organisation."""

_MANDATE: Final = "mandate"


@dataclass(frozen=True, slots=True)
class Bond:
    """That an organisation says that it is part of another.

    Attributes:
        part: The log of the one that says so.
        whole: The log of the other; empty where it is not here.
        ref: How it names the other; empty where it gives a name alone.
        name: What it calls the other.
        stated_by: The address of its profile.
        confirmed_by: The address of the statement with which the other one confirms it; empty for none.
    """

    part: str
    whole: str
    ref: str
    name: str
    stated_by: str
    confirmed_by: str = ""


class Families:
    """Who says that they belong together, as the profiles here have it at one moment.

    Args:
        home: The node.
        connection: For reading.
        known: What is known of publishers.
    """

    def __init__(self, home: Home, connection: sqlite3.Connection, known: Organisations) -> None:
        self._connection, self._known = connection, known
        self._logs = {each.origin: log for log, each in policy_of(home, connection).publishers.items()}
        following = {former: successor for former, _, successor in links(connection)}
        # What was continued elsewhere speaks there.
        self._following = {each: to for each, to in following.items() if to in self._logs}
        self._by_domain = self._domains()
        profiles = (each for each in newest_profiles(connection) if each.origin in self._logs)
        self._profiles = {each.origin: each for each in profiles if each.origin not in self._following}
        self._below: dict[str, list[Bond]] = {}
        self._above: dict[str, list[Bond]] = {}
        for profile in self._profiles.values():
            for bond in self._claims(profile):
                self._above.setdefault(bond.part, []).append(bond)
                if bond.whole:
                    self._below.setdefault(bond.whole, []).append(bond)

    def above(self, origin: str) -> tuple[Bond, ...]:
        """Return what an organisation says that it is part of, in its own order."""
        return tuple(map(self._weighed, self._above.get(origin, ())))

    def below(self, origin: str) -> tuple[Bond, ...]:
        """Return who says that they are part of an organisation, those that it confirms first, by origin."""
        found = map(self._weighed, self._below.get(origin, ()))
        return tuple(sorted(found, key=lambda each: (not each.confirmed_by, each.part)))

    def whole(self, origin: str) -> tuple[str, ...]:
        """Return an organisation with its confirmed parts and theirs, the nearest first, not too many."""
        found = [origin]
        # It grows while it is walked: parts of parts.
        for each in found:
            found += [one.part for one in self.below(each) if one.confirmed_by and one.part not in found]
        return tuple(found[: MOST_PARTS + 1])

    def _claims(self, profile: NewestProfile) -> Iterator[Bond]:
        seen = set[str]()
        for ref, name in _named(profile.said.get("parents")):
            whole = self._organisation(ref)
            if whole != profile.origin and (whole or ref or name) not in seen:
                seen.add(whole or ref or name)
                yield Bond(profile.origin, whole, ref, name, address(profile.origin, profile.id))

    def _weighed(self, bond: Bond) -> Bond:
        """Return a bond with the statement that confirms it, if there is one."""
        profile = self._profiles.get(bond.whole)
        named = () if profile is None else _named(profile.said.get("parts"))
        if profile is not None and any(self._organisation(ref) == bond.part for ref, _ in named):
            confirmed = address(profile.origin, profile.id)
        elif bond.whole:
            confirmed = next(self._mandates(bond.whole, bond.part), "")
        else:
            confirmed = ""
        return Bond(bond.part, bond.whole, bond.ref, bond.name, bond.stated_by, confirmed)

    def _mandates(self, by: str, part: str) -> Iterator[str]:
        """Yield the vouches of an organisation that give another one a mandate today."""
        (fingerprint,) = self._connection.execute(
            "SELECT fingerprint FROM log WHERE origin = ?", (part,)
        ).fetchone()
        for vouch in self._vouches(by, part):
            target, named = vouch.payload.get("target"), vouch.payload.get("fingerprint")
            if (
                vouch_type(vouch) == _MANDATE
                and isinstance(target, str)
                and self._organisation(target) == part
                and named in (None, "", fingerprint)
                and vouch_state(vouch.payload, self._known.today) == "stands"
            ):
                yield address(vouch.origin, vouch.key[1])

    def _vouches(self, by: str, part: str) -> list[Statement]:
        log = self._logs[by]
        rows = self._connection.execute(
            "SELECT id FROM entry WHERE log = ? AND type = 'vouch' AND op = 1 AND instr(payload, ?)",
            (log, part.encode()),
        ).fetchall()
        found = statements_of(self._connection, [(log, bytes(id_)) for (id_,) in rows])
        return [found[key] for key in sorted(found, key=lambda key: found[key].index)]

    def _organisation(self, ref: str) -> str:
        """Return the log here that a reference names as an organisation; empty where it names none."""
        where = address_named(ref)
        if where is not None:
            origin = current_origin(self._connection, *where)
            profile = self._profiles.get(origin)
            # Another statement of the same log is a thing, and not who publishes it.
            return origin if profile is not None and profile.id == where[1] else ""
        origin = origin_named(ref)
        if not origin:
            return self._by_domain.get(_host(ref), "")
        seen = {origin}
        while self._following.get(origin, origin) not in seen:
            origin = self._following[origin]
            seen.add(origin)
        return origin if origin in self._logs else ""

    def _domains(self) -> Mapping[str, str]:
        """Return verified domain → the log of the only publisher that has it."""
        found: dict[str, str] = {}
        for origin in sorted(self._logs):
            for domain in () if origin in self._following else self._known.domains(origin):
                found[domain] = "" if domain in found else origin
        return found


def _named(listed: Value) -> Sequence[tuple[str, str]]:
    """Return how a profile names other organisations: address or URL, and name; either may be empty."""
    found = []
    for item in listed[:MOST_NAMED] if isinstance(listed, list) else ():
        if isinstance(item, dict):
            texts = [text if isinstance(text := item.get(key), str) else "" for key in ("ref", "uri", "name")]
            found.append((texts[0] or texts[1], texts[2]))
    return [each for each in found if any(each)]


def _host(ref: str) -> str:
    """Return the host of a web address that is nothing but a host; empty of anything else."""
    if not any(name.startswith("url:") for name in target_of(ref).names):
        return ""
    parts = urlsplit(ref)
    return parts.netloc.lower() if parts.path in ("", "/") and not parts.query else ""
