"""Who publishes here: every log of this node, with what its publisher says of itself.

::

    {"origin": "lyon.example/log/lyon/1", "own": false, "fingerprint": "3f2a…",
     "name": "Ville de Lyon", "language": "fr", "publisher_type": "local", "jurisdiction": "FR-69",
     "identifiers": [{"scheme": "domain", "value": "lyon.fr"}],
     "contact": {"role": "Direction du numérique", "email": null, "url": "https://lyon.fr/contact"},
     "profile": "lyon.example/log/lyon/1/e/…",
     "size": 412, "served": 412, "entries": 380, "problems": {"statements": 3, "void": 0, "withheld": 1},
     "verified_at": "2026-05-03T12:00:00Z",
     "heartbeat": {"at": "2026-05-03T11:00:00Z", "interval": 21600, "alive": true}}

Name, kind, place and identifiers are the publisher's own words, from its newest profile; what it says
it is, it need not be. Fingerprint, sizes and heartbeat were verified here.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgpack

from node.errors import NotFoundError
from node.home import Home
from node.store.logs import LogRow
from protocol.errors import SignatureError
from protocol.language import best_text
from protocol.note import Note
from protocol.origin import address
from protocol.packing import Value
from protocol.statement import Profile, decode

from .texts import card_of, moment

STALE_SECONDS: Final = 48 * 3600
"""A log whose last heartbeat is older than this is not alive."""

# SQLite takes ``id`` from the row in which max() found its value.
_COUNTS: Final = (
    "SELECT sum(type = 'entry'), max(CASE WHEN type = 'profile' THEN idx END), id"
    " FROM entry WHERE log = ? AND op = 1"
)
_PROBLEMS: Final = (
    ("statements", "SELECT count(DISTINCT idx) FROM problem WHERE log = ?"),
    ("void", "SELECT count(*) FROM void_leaf WHERE log = ?"),
    ("withheld", "SELECT count(*) FROM withheld WHERE log = ?"),
)


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a log's rows say of its publisher.

    Attributes:
        entries: Live entries.
        problems: What is wrong with statements and leaves, counted by sort.
        profile: Id of the newest profile, None when there is none.
        payload: What that profile states.
    """

    entries: int
    problems: dict[str, int]
    profile: bytes | None
    payload: Value


def publishers(home: Home, languages: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return every log here, own and followed, by origin.

    Args:
        home: The node.
        languages: What the reader reads, by preference; picks names.

    Returns:
        For each log the document that this module shows; ``publisher_type`` and ``jurisdiction`` are
        empty, ``contact`` and ``profile`` None where nothing is stated. ``heartbeat.interval`` is in
        seconds, 0 for a log that promises none, None when nothing is promised; ``alive`` is None for
        a log without heartbeats.
    """
    return [_publisher(home, row, languages) for row in home.logs.all()]


def publisher(home: Home, origin: str, languages: Sequence[str] = ()) -> dict[str, Any]:
    """Return one log; see :func:`publishers`.

    Raises:
        NotFoundError: It is neither own nor followed.
    """
    row = home.logs.get(origin)
    if row is None:
        raise NotFoundError(f"publisher {origin}", hint="`fedcat publishers` lists those that are known here")
    return _publisher(home, row, languages)


def _publisher(home: Home, row: LogRow, languages: Sequence[str]) -> dict[str, Any]:
    with home.database.read() as connection:
        stated = _stated(connection, row.id)
    profile = decode(stated.payload)
    typed = profile if isinstance(profile, Profile) else None
    name, _, language = card_of(stated.payload).shown(languages)
    return {
        "origin": row.origin,
        "own": row.own,
        "fingerprint": row.fingerprint,
        "name": name,
        "language": language,
        "publisher_type": typed.publisher_type if typed else "",
        "jurisdiction": typed.jurisdiction if typed else "",
        "identifiers": [
            {"scheme": each.scheme, "value": each.value} for each in (typed.identifiers if typed else ())
        ],
        "contact": _contact(typed, languages),
        "profile": None if stated.profile is None else address(row.origin, stated.profile),
        "size": row.size,
        "served": row.visible_size,
        "entries": stated.entries,
        "problems": stated.problems,
        "verified_at": moment(row.verified_at),
        "heartbeat": _heartbeat(home, row, None if typed is None else typed.heartbeat),
    }


def _stated(connection: sqlite3.Connection, log: int) -> _Stated:
    entries, index, id_ = connection.execute(_COUNTS, (log,)).fetchone()
    problems = {name: connection.execute(query, (log,)).fetchone()[0] for name, query in _PROBLEMS}
    if index is None:
        return _Stated(entries or 0, problems, None, None)
    (payload,) = connection.execute(
        "SELECT payload FROM entry WHERE log = ? AND id = ?", (log, id_)
    ).fetchone()
    # A row has a type only when its payload was read by the strict rules before.
    return _Stated(entries, problems, bytes(id_), msgpack.unpackb(payload))


def _contact(profile: Profile | None, languages: Sequence[str]) -> dict[str, str | None] | None:
    if profile is None or profile.contact is None:
        return None
    contact = profile.contact
    role, _ = best_text(contact.role, languages) or (None, "")
    return {"role": role, "email": contact.email or None, "url": contact.url or None}


def _heartbeat(home: Home, row: LogRow, interval: int | None) -> dict[str, Any]:
    """Return when the log last showed that it is alive, and whether that is recent enough."""
    now = home.now()
    try:
        at = row.chain.beat_time(Note.parse(row.signed)) if row.signed else None
    except SignatureError:
        # A key that was retired below this size signed it, which nobody had told us then.
        at = None
    if at is not None and at > now + home.config.limits.ahead_seconds:
        # A clock that is wrong, or somebody who wants to seem alive for long.
        at = None
    alive = at is not None and now - at < STALE_SECONDS
    # A static log promises no heartbeat, so its silence says nothing.
    return {"at": moment(at), "interval": interval, "alive": None if interval == 0 else alive}
