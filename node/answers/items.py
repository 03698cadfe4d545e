"""What is shown of hits: one item for each project or profile, as the catalogue has it now."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from node.home import Home
from protocol.packing import Value

from .asking import Hit
from .profiles import profiles_of
from .projects import Project, projects_of
from .texts import card_of, moment


def items_of(home: Home, hits: Sequence[Hit], languages: Sequence[str]) -> tuple[dict[str, Any], ...]:
    """Return the items of hits, in their order; see ``search``.

    The catalogue is the truth and the index follows: what was withdrawn since is left out, and what was
    joined since is one item.
    """
    items: dict[str, dict[str, Any]] = {}
    keys = [key for hit in hits for key in hit.members]
    with home.database.read() as connection:
        subjects = {
            member.key: subject
            for subject in (*projects_of(home, connection, keys), *profiles_of(connection, keys))
            for member in subject.members
        }
        for hit in hits:
            subject = next((subjects[key] for key in hit.members if key in subjects), None)
            if subject is not None and subject.address not in items:
                items[subject.address] = _item(connection, subject, hit.label, languages)
    return tuple(items.values())


def _item(
    connection: sqlite3.Connection, subject: Project, label: str, languages: Sequence[str]
) -> dict[str, Any]:
    first, ranked = subject.members[0], subject.by_precedence()
    lead = ranked[0]
    headline: dict[str, Value] = {field: subject.value(field) for field in ("type", "kind", "publisherType")}
    for field in ("name", "summary"):
        headline[field] = dict(subject.texts(field))
    card = card_of(headline)
    name, summary, language = card.shown(languages)
    size, verified_at = connection.execute(
        "SELECT size, verified_at FROM log WHERE id = ?", (lead.log,)
    ).fetchone()
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
        "lifecycle": _text(subject.value("lifecycle")),
        "license": _text(subject.value("license")),
        "publishers": list(dict.fromkeys(member.origin for member in ranked)),
        "members": len(subject.members),
        "matched": label,
        "provenance": {
            "origin": lead.origin,
            "index": lead.index,
            "size": size,
            "verified_at": moment(verified_at),
        },
    }


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
