"""Who publishes here: every log of this node, with what its publisher says of itself.

::

    {"origin": "lyon.example/log/lyon/1", "own": false, "fingerprint": "3f2a…",
     "name": "Ville de Lyon", "language": "fr", "publisher_type": "local", "jurisdiction": "FR-69",
     "identifiers": [{"scheme": "domain", "value": "lyon.fr"}],
     "contact": {"role": "Direction du numérique", "email": null, "url": "https://lyon.fr/contact"},
     "profile": "lyon.example/log/lyon/1/e/…",
     "proofs": [{"kind": "domain", "name": "lyon.fr", "state": "verified", "verified_at": "2026-05-01T…",
                 "tried_at": "2026-05-01T…", "next_due": "2026-05-08T…", "fault": null}],
     "precedence": 2, "size": 412, "served": 412, "entries": 380,
     "problems": {"statements": 3, "void": 0, "withheld": 1}, "verified_at": "2026-05-03T12:00:00Z",
     "heartbeat": {"at": "2026-05-03T11:00:00Z", "interval": 21600, "alive": true},
     "witnesses": {…}, "scope": null, "followed": {…}, "blocked": null, "paused": null}

Name, kind, place and identifiers are the publisher's own words, from its newest profile; what it says
it is, it need not be. Fingerprint, proofs, sizes and heartbeat were verified here; the order of precedence
is the operator's, 0 comes first. ``witnesses`` is what :mod:`node.answers.witnessing` shows, ``scope``,
``followed``, ``blocked`` and ``paused`` what :mod:`node.answers.restrained` does; a log that is blocked has
no precedence.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from node.errors import NotFoundError
from node.home import Home
from node.standing import proofs_of
from node.store.logs import LogRow
from node.store.profiles import newest_profile, newest_profiles
from protocol.errors import SignatureError
from protocol.language import best_text
from protocol.note import Note
from protocol.origin import address
from protocol.packing import Value
from protocol.statement import Profile, decode

from .logshapes import Contact, Heartbeat, ProblemCounts, Proof, Publisher, Witnessing
from .policy import policy_of
from .restrained import restraints_of
from .texts import card_of, moment
from .witnessing import witnesses_of

STALE_SECONDS: Final = 48 * 3600
"""A log whose last heartbeat is older than this is not alive."""

_NUMBERS: Final = (
    "SELECT coalesce((SELECT number FROM live_entries WHERE log = ?1), 0),"
    " (SELECT count(DISTINCT idx) FROM problem WHERE log = ?1),"
    " (SELECT count(*) FROM void_leaf WHERE log = ?1), (SELECT count(*) FROM withheld WHERE log = ?1)"
)


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a log's rows say of its publisher.

    Attributes:
        entries: Live entries.
        problems: What is wrong with statements and leaves, counted by sort.
        proofs: What was found out about what it controls; see ``node.standing``.
        profile: Id of the newest profile, None when there is none.
        payload: What that profile states.
    """

    entries: int
    problems: ProblemCounts
    proofs: list[Proof]
    profile: bytes | None
    payload: Value


def publishers(
    home: Home, languages: Sequence[str] = (), only: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Return every log here, own and followed, by origin.

    Args:
        home: The node.
        languages: What the reader reads, by preference; picks names.
        only: Origins of those that are wanted; all of them without.

    Returns:
        For each log the document that this module shows; ``publisher_type`` and ``jurisdiction`` are
        empty, ``contact`` and ``profile`` None where nothing is stated. ``heartbeat.interval`` is in
        seconds, 0 for a log that promises none, None when nothing is promised; ``alive`` is None for
        a log without heartbeats.
    """
    with home.database.read():
        places = _places(home)
        rows = [row for row in home.logs.all() if only is None or row.origin in only]
        return [dict(_publisher(home, row, places.get(row.id), languages)) for row in rows]


def publisher(home: Home, origin: str, languages: Sequence[str] = ()) -> dict[str, Any]:
    """Return one log; see :func:`publishers`.

    Raises:
        NotFoundError: It is neither own nor followed.
    """
    with home.database.read():
        row = home.logs.get(origin)
        if row is None:
            raise NotFoundError(
                f"publisher {origin}", hint="`fedcat publishers` lists those that are known here"
            )
        return dict(_publisher(home, row, _places(home).get(row.id), languages))


def publisher_names(home: Home, languages: Sequence[str] = ()) -> dict[str, str]:
    """Return origin → name of those who give themselves one, for a reader of ``languages``."""
    with home.database.read() as connection:
        cards = {profile.origin: card_of(dict(profile.said)) for profile in newest_profiles(connection)}
    return {origin: name for origin, card in cards.items() if (name := card.shown(languages)[0])}


def _places(home: Home) -> Mapping[int, int]:
    """Return whose values come first where nobody has standing: the database's number of a log → place."""
    with home.database.read() as connection:
        known = policy_of(home, connection).publishers
    return {log: publisher.precedence for log, publisher in known.items()}


def _publisher(home: Home, row: LogRow, place: int | None, languages: Sequence[str]) -> Publisher:
    with home.database.read() as connection:
        stated = _stated(connection, row.id, home.now())
        witnesses = cast("Witnessing", witnesses_of(connection, row.id, home.policy, home.now()))
        restraints = restraints_of(connection, row.id, own=row.own)
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
        "proofs": stated.proofs,
        "precedence": place,
        "size": row.size,
        "served": row.visible_size,
        "entries": stated.entries,
        "problems": stated.problems,
        "verified_at": moment(row.verified_at),
        "heartbeat": _heartbeat(home, row, None if typed is None else typed.heartbeat),
        "witnesses": witnesses,
        **restraints,
    }


def _stated(connection: sqlite3.Connection, log: int, now: int) -> _Stated:
    entries, statements, void, withheld = connection.execute(_NUMBERS, (log,)).fetchone()
    problems: ProblemCounts = {"statements": statements, "void": void, "withheld": withheld}
    proofs = [_proof(each) for each in proofs_of(connection, log, now)]
    profile = newest_profile(connection, log)
    if profile is None:
        return _Stated(entries, problems, proofs, None, None)
    return _Stated(entries, problems, proofs, profile.id, dict(profile.said))


def _proof(found: Mapping[str, Any]) -> Proof:
    return {
        "kind": found["kind"],
        "name": found["name"],
        "state": found["state"],
        "verified_at": moment(found["verified_at"]),
        "tried_at": moment(found["tried_at"]) or "",
        "next_due": moment(found["next_due"]) or "",
        "fault": found["fault"],
    }


def _contact(profile: Profile | None, languages: Sequence[str]) -> Contact | None:
    if profile is None or profile.contact is None:
        return None
    contact = profile.contact
    role, _ = best_text(contact.role, languages) or (None, "")
    return {"role": role, "email": contact.email or None, "url": contact.url or None}


def _heartbeat(home: Home, row: LogRow, interval: int | None) -> Heartbeat:
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
