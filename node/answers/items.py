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
from protocol.origin import address

from .asking import Hit
from .cards import NO_CARD, Card
from .gathering import projects_of
from .outlines import Outline, outlines_of
from .policy import Publisher, policy_of
from .profiles import profiles_of
from .projects import Key
from .shapes import Described, FoundPart, Item, Parts, Whence
from .texts import by_machine, moment, name_for, summary_for
from .uses import NO_REGARD, regards_of
from .views import Reason, why_in
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
    items: dict[Key, Item] = {}
    today = day_of(home.now())
    inside = [key for card in cards.values() for key in card.shown]
    with home.database.read() as connection:
        outlines = outlines_of(home, connection, [hit.members for hit in hits], inside)
        found = [
            (hit, outline)
            for hit in hits
            for outline in (next((outlines[key] for key in hit.members if key in outlines), None),)
            if outline is not None
        ]
        why = _why(home, connection, view, [outline.key for _, outline in found]) if view else {}
        publishers = policy_of(home, connection).publishers
        logs = Logs(home, connection, {outline.lead for _, outline in found})
        for hit, outline in found:
            if outline.key not in items:
                card = cards.get(hit.members[0], NO_CARD)
                parts = [outlines[key] for key in card.shown if key in outlines]
                here = {place for each in (outline, *parts) for place in each.places}
                items[outline.key] = {
                    **_described(outline, hit.label, languages, publishers, logs),
                    "jurisdictions": list(outline.places),
                    "wider": _is_wider(sorted(here), places),
                    "uses": outline.uses,
                    "seeking": outline.sought_until >= today,
                    "why": [each.text for each in why.get(outline.key, ())] if view else None,
                    "reasons": [
                        {"kind": each.kind, "values": dict(each.values)} for each in why.get(outline.key, ())
                    ],
                    "parts": _parts(card, parts, languages, publishers) if card.parts else None,
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

    def provenance(self, log: int, origin: str, index: int) -> Whence:
        """Return where a statement stands: origin, index, the verified size, and when that was."""
        size, verified_at, is_frozen, stale = self[log]
        return {
            "origin": origin,
            "index": index,
            "size": size,
            "verified_at": verified_at,
            "frozen": is_frozen,
            "stale": stale,
        }


def _why(
    home: Home, connection: sqlite3.Connection, view: str, keys: Sequence[Key]
) -> dict[Key, list[Reason]]:
    """Return why things are in a view, by the member that names each: few ask, so the entries are."""
    projects = [*projects_of(home, connection, keys), *profiles_of(connection, keys)]
    regards = regards_of(home, connection, projects)
    today = dt.date.fromisoformat(day_of(home.now()))
    return {
        each.members[0].key: why_in(view, each, regards.get(each.address, NO_REGARD), today)
        for each in projects
    }


def _described(
    outline: Outline, label: str, languages: Sequence[str], publishers: Mapping[int, Publisher], logs: Logs
) -> Described:
    origin, lead = publishers[outline.log].origin, publishers[outline.lead].origin
    name, language = name_for(outline.names, languages, outline.names_by_machine)
    summary, summary_language = summary_for(
        outline.summaries, languages, language, outline.summaries_by_machine
    )
    return {
        "address": address(origin, outline.id),
        "origin": origin,
        "id": outline.id.hex(),
        "index": outline.index,
        "type": outline.type,
        "kind": outline.kind,
        "name": name,
        "summary": summary,
        "language": language,
        "summary_language": summary_language,
        "machine": by_machine(
            name=language in outline.names_by_machine,
            summary=summary_language in outline.summaries_by_machine,
        ),
        "lifecycle": outline.lifecycle,
        "license": outline.license,
        "publishers": [publishers[log].origin for log in outline.publishers],
        "members": outline.members,
        "matched": label,
        "provenance": logs.provenance(outline.lead, lead, outline.lead_index),
    }


def _parts(
    card: Card, shown: Sequence[Outline], languages: Sequence[str], publishers: Mapping[int, Publisher]
) -> Parts:
    """Return how many parts a card has, and those that are named."""
    named: list[FoundPart] = []
    for part in shown:
        name, language = name_for(part.names, languages, part.names_by_machine)
        named.append(
            {
                "project": address(publishers[part.log].origin, part.id),
                "name": name,
                "language": language,
                "publishers": [publishers[log].origin for log in part.publishers],
            }
        )
    return {"total": card.parts, "matching": card.matching, "shown": named}


def _is_wider(stated: Sequence[str], asked: Collection[str]) -> bool:
    """Report whether what is for some places fits none of those that were asked for by itself."""
    fit = {each for place in stated for each in (place, place.partition("-")[0])}
    return bool(asked) and fit.isdisjoint(asked)
