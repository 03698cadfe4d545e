"""What is shown of hits: one item for each project or profile, as the catalogue has it now."""

import datetime as dt
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from federation.vouching import day_of
from node.home import Home
from node.store.frozen import frozen_logs
from protocol.packing import Value

from .asking import Hit
from .facets import places_of
from .gathering import projects_of
from .profiles import profiles_of
from .projects import Member, Project
from .shapes import Described, Item, Whence
from .texts import card_of, moment
from .uses import NO_REGARD, regards_of
from .views import why_in
from .witnessing import is_stale


def items_of(
    home: Home,
    hits: Sequence[Hit],
    languages: Sequence[str],
    places: Collection[str] = (),
    view: str = "",
) -> tuple[dict[str, Any], ...]:
    """Return the items of hits, in their order; see ``search``.

    ``places`` are those that were asked for: what is for none of them is marked as found for a wider one. Of
    a ``view`` each item says why it is in.
    The catalogue is the truth and the index follows: what was withdrawn since is left out, and what was
    joined since is one item.
    """
    items: dict[str, Item] = {}
    keys = [key for hit in hits for key in hit.members]
    with home.database.read() as connection:
        projects = projects_of(home, connection, keys)
        subjects = {member.key: project for project in projects for member in project.members}
        others = profiles_of(connection, [key for key in keys if key not in subjects])
        subjects |= {profile.members[0].key: profile for profile in others}
        regards = regards_of(home, connection, projects)
        today = dt.date.fromisoformat(day_of(home.now()))
        logs = Logs(home, connection)
        for hit in hits:
            subject = next((subjects[key] for key in hit.members if key in subjects), None)
            if subject is not None and subject.address not in items:
                regard = regards.get(subject.address, NO_REGARD)
                stated = places_of(subject)
                items[subject.address] = {
                    **_described(subject, hit.label, languages, logs),
                    "jurisdictions": list(stated),
                    "wider": _is_wider(stated, places),
                    "uses": regard.uses,
                    "why": why_in(view, subject, regard, today) if view else None,
                }
    # Whoever shows them adds what is only said there.
    return tuple(dict(item) for item in items.values())


class Logs(dict[int, tuple[int, int | None, bool, bool]]):
    """Log → its size, when it was verified, whether it stands still, and is stale; each read once."""

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        super().__init__()
        self._home, self._connection = home, connection
        self._frozen = frozen_logs(connection)

    def __missing__(self, log: int) -> tuple[int, int | None, bool, bool]:
        size, verified_at = self._connection.execute(
            "SELECT size, verified_at FROM log WHERE id = ?", (log,)
        ).fetchone()
        stale = is_stale(self._connection, log, self._home.policy, self._home.now())
        self[log] = (size, verified_at, log in self._frozen, stale)
        return self[log]

    def provenance(self, member: Member) -> Whence:
        """Return where a statement stands: origin, index, the verified size, and when that was."""
        size, verified_at, is_frozen, stale = self[member.log]
        return {
            "origin": member.origin,
            "index": member.index,
            "size": size,
            "verified_at": moment(verified_at),
            "frozen": is_frozen,
            "stale": stale,
        }


def _described(subject: Project, label: str, languages: Sequence[str], logs: Logs) -> Described:
    first, ranked = subject.members[0], subject.by_precedence()
    lead = ranked[0]
    headline: dict[str, Value] = {field: subject.value(field) for field in ("type", "kind", "publisherType")}
    for field in ("name", "summary"):
        headline[field] = dict(subject.texts(field))
    card = card_of(headline)
    name, _, language = card.shown(languages)
    summary, summary_language = card.summary_for(languages, language)
    return {
        "address": subject.address,
        "origin": first.origin,
        "id": first.id.hex(),
        "index": first.index,
        "type": card.type,
        "kind": card.kind,
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


def _is_wider(stated: Sequence[str], asked: Collection[str]) -> bool:
    """Report whether what is for some places fits none of those that were asked for by itself."""
    fit = {each for place in stated for each in (place, place.partition("-")[0])}
    return bool(asked) and fit.isdisjoint(asked)


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
