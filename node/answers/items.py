"""What is shown of hits: one item for each project or profile, as the catalogue has it now."""

import datetime as dt
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from federation.vouching import day_of
from node.home import Home
from node.store.frozen import frozen_logs
from node.store.marks import portions
from protocol.language import UNDETERMINED, best_text
from protocol.packing import Value

from .asking import Hit
from .cards import NO_CARD, Card
from .facets import places_of
from .gathering import projects_of
from .profiles import profiles_of
from .projects import Key, Member, Project
from .shapes import Described, FoundPart, Item, Parts, Whence
from .texts import moment, name_for, summary_for
from .uses import NO_REGARD, regards_of
from .views import why_in
from .witnessing import stale_logs


def items_of(
    home: Home,
    hits: Sequence[Hit],
    languages: Sequence[str],
    places: Collection[str] = (),
    view: str = "",
    cards: Mapping[Key, Card] = MappingProxyType({}),
) -> tuple[dict[str, Any], ...]:
    """Return the items of hits, in their order; see ``search``.

    ``places`` are those that were asked for: what is for none of them is marked as found for a wider one. Of
    a ``view`` each item says why it is in. ``cards`` has what is found within some of them, by the entry that
    names the project.
    The catalogue is the truth and the index follows: what was withdrawn since is left out, and what was
    joined since is one item.
    """
    items: dict[str, Item] = {}
    keys = [key for hit in hits for key in hit.members]
    inside = [key for card in cards.values() for key in card.shown]
    with home.database.read() as connection:
        projects = projects_of(home, connection, [*keys, *inside])
        subjects = {member.key: project for project in projects for member in project.members}
        others = profiles_of(connection, [key for key in keys if key not in subjects])
        subjects |= {profile.members[0].key: profile for profile in others}
        asked = set(keys)
        found = [each for each in projects if not asked.isdisjoint(member.key for member in each.members)]
        regards = regards_of(home, connection, found)
        today = dt.date.fromisoformat(day_of(home.now()))
        logs = Logs(home, connection, {member.log for each in subjects.values() for member in each.members})
        for hit in hits:
            subject = next((subjects[key] for key in hit.members if key in subjects), None)
            address = "" if subject is None else subject.address
            if subject is not None and address not in items:
                regard = regards.get(address, NO_REGARD)
                card = cards.get(hit.members[0], NO_CARD)
                parts = [subjects[key] for key in card.shown if key in subjects]
                stated = places_of(subject)
                here = {place for each in (subject, *parts) for place in places_of(each)}
                items[address] = {
                    **_described(subject, address, hit.label, languages, logs),
                    "jurisdictions": list(stated),
                    "wider": _is_wider(sorted(here), places),
                    "uses": regard.uses,
                    "why": why_in(view, subject, regard, today) if view else None,
                    "parts": _parts(card, parts, languages) if card.parts else None,
                    "copies": card.copies,
                }
    # Whoever shows them adds what is only said there.
    return tuple(dict(item) for item in items.values())


class Logs(dict[int, tuple[int, str | None, bool, bool]]):
    """Log → its size, when it was verified, whether it stands still, and is stale; each read once.

    Args:
        home: The node.
        connection: For reading.
        logs: Those that will be asked for, which are read together; others are read when they are.
    """

    def __init__(self, home: Home, connection: sqlite3.Connection, logs: Iterable[int] = ()) -> None:
        super().__init__()
        self._home, self._connection = home, connection
        self._frozen = frozen_logs(connection)
        self._read(sorted(logs))

    def __missing__(self, log: int) -> tuple[int, str | None, bool, bool]:
        self._read([log])
        return self[log]

    def _read(self, logs: Sequence[int]) -> None:
        stale = stale_logs(self._connection, logs, self._home.policy, self._home.now())
        for some, marks in portions(logs):
            rows = self._connection.execute(
                f"SELECT id, size, verified_at FROM log WHERE id IN ({marks})",  # noqa: S608 - marks only
                some,
            )
            for log, size, verified_at in rows:
                self[log] = (size, moment(verified_at), log in self._frozen, log in stale)

    def provenance(self, member: Member) -> Whence:
        """Return where a statement stands: origin, index, the verified size, and when that was."""
        size, verified_at, is_frozen, stale = self[member.log]
        return {
            "origin": member.origin,
            "index": member.index,
            "size": size,
            "verified_at": verified_at,
            "frozen": is_frozen,
            "stale": stale,
        }


def _described(subject: Project, address: str, label: str, languages: Sequence[str], logs: Logs) -> Described:
    first, ranked = subject.members[0], subject.by_precedence()
    lead, type_ = ranked[0], _text(subject.value("type"))
    kind = _text(subject.value("publisherType" if type_ == "profile" else "kind"))
    name, language = name_for(subject.texts("name"), languages)
    summary, summary_language = summary_for(subject.texts("summary"), languages, language)
    return {
        "address": address,
        "origin": first.origin,
        "id": first.id.hex(),
        "index": first.index,
        "type": type_,
        "kind": kind,
        "name": name,
        "summary": summary,
        "language": language,
        "summary_language": summary_language,
        "lifecycle": _text(subject.value("lifecycle")),
        "license": _text(subject.value("license")),
        "publishers": list(dict.fromkeys(member.origin for member in ranked)),
        "members": len(subject.members),
        "matched": label,
        "provenance": logs.provenance(lead),
    }


def _parts(card: Card, shown: Sequence[Project], languages: Sequence[str]) -> Parts:
    """Return how many parts a card has, and those that are named."""
    named: list[FoundPart] = []
    for part in shown:
        name, language = best_text(part.texts("name"), languages) or ("", UNDETERMINED)
        publishers = dict.fromkeys(member.origin for member in part.by_precedence())
        named.append(
            {"project": part.address, "name": name, "language": language, "publishers": list(publishers)}
        )
    return {"total": card.parts, "matching": card.matching, "shown": named}


def _is_wider(stated: Sequence[str], asked: Collection[str]) -> bool:
    """Report whether what is for some places fits none of those that were asked for by itself."""
    fit = {each for place in stated for each in (place, place.partition("-")[0])}
    return bool(asked) and fit.isdisjoint(asked)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
