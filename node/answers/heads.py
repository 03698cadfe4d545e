"""All heads as all neighbours see them, next to what is held here.

::

    {"origin": "directory.oslo.example/log/oslo/1", "own": false, "size": 412, "root": "9f3c…", "keys": 2,
     "witnessing": {…},
     "evidence": [{"hash": "77d2…", "heads": [{"size", "root", "keys"}, …], "source", "found_at",
                   "resolved_at", "resolution", "resolved_by"}],
     "seen": [{"neighbour": "https://lyon.example", "state": "agrees", "size": 412, "root": "9f3c…",
               "keys": 2, "beat": "2026-05-03T11:00:00Z", "evidence": null, "detail": "",
               "since": "2026-05-03T12:00:00Z", "until": "2026-05-03T12:30:00Z"}]}

``state`` relates a head to the tree that is held: ``agrees`` (the same tree or a beginning of it),
``ahead``, ``contradicts`` (the log signed both), ``unverified`` (it did not sign it, or by a key that is
not known here). What a neighbour showed looks like more of the log until somebody proves that it is not:
a head that ``evidence`` sets against the one held here contradicts, too.
"""

import sqlite3
from collections.abc import Collection, Container, Sequence
from typing import Any, cast

from federation.gossip import HeadState
from node.errors import NotFoundError
from node.home import Home
from node.splits import Evidence, evidence_of
from node.store.logs import LogRow

from .logshapes import Fork, Head, SeenHead, Witnessing
from .texts import moment
from .witnessing import witnesses_of


def heads(home: Home, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return every log here with its head, as neighbours see it, by origin.

    Args:
        home: The node.
        only: Origins of those that are wanted; all of them without.

    Returns:
        For each the document that this module shows. ``witnessing`` is as in
        :mod:`node.answers.witnessing`. A neighbour showed a head ``since`` it was first seen there, and
        ``until`` it answered the last time; size, root and beat are None where it is not verified.
    """
    with home.database.read() as connection:
        rows = [row for row in home.logs.all() if only is None or row.origin in only]
        return [dict(_head(home, row, connection)) for row in rows]


def forks(home: Home) -> list[tuple[str, Fork]]:
    """Return the origins of all logs that showed two histories, each with the evidence of it."""
    with home.database.read() as connection:
        rows = connection.execute(
            "SELECT id, origin FROM log WHERE id IN (SELECT log FROM evidence) ORDER BY origin"
        ).fetchall()
        return [(origin, _evidence(each)) for log, origin in rows for each in evidence_of(connection, log)]


def head_of(home: Home, origin: str) -> Head:
    """Return one of these.

    Raises:
        NotFoundError: The log is not here.
    """
    with home.database.read() as connection:
        row = home.logs.get(origin)
        if row is None:
            raise NotFoundError(f"log {origin}", hint="`fedcat log list` shows the logs of this node")
        return _head(home, row, connection)


def _head(home: Home, row: LogRow, connection: sqlite3.Connection) -> Head:
    seen = connection.execute(
        "SELECT head.url, state, size, root, keys, beat, evidence, head.detail, seen_at, last_success"
        " FROM seen_head AS head LEFT JOIN neighbour ON neighbour.url = head.url WHERE log = ?"
        " ORDER BY head.url",
        (row.id,),
    )
    evidence = evidence_of(connection, row.id)
    held = row.size, row.root.hex()
    histories = [set(zip(each.sizes, each.roots, strict=True)) for each in evidence]
    others = {other for fork in histories if held in fork for other in fork - {held}}
    return {
        "origin": row.origin,
        "own": row.own,
        "size": row.size,
        "root": row.root.hex(),
        "keys": len(row.key_notes),
        "witnessing": cast("Witnessing", witnesses_of(connection, row.id, home.policy, home.now())),
        "evidence": [_evidence(each) for each in evidence],
        "seen": [_seen(each, others) for each in seen.fetchall()],
    }


def _seen(row: Sequence[Any], others: Container[tuple[int, str]]) -> SeenHead:
    """Return what a neighbour showed; ``others`` are heads that are proven to be of another history."""
    url, state, size, root, keys, beat, evidence, detail, since, until = row
    if root is not None and (size, root.hex()) in others:
        state = str(HeadState.CONTRADICTS)
    return {
        "neighbour": url,
        "state": state,
        "size": size,
        "root": None if root is None else root.hex(),
        "keys": keys,
        "beat": moment(beat),
        "evidence": None if evidence is None else evidence.hex(),
        "detail": detail,
        "since": moment(since) or "",
        "until": moment(until),
    }


def _evidence(evidence: Evidence) -> Fork:
    pairs = zip(evidence.sizes, evidence.roots, evidence.versions, strict=True)
    return {
        "hash": evidence.hash,
        "heads": [{"size": size, "root": root, "keys": keys} for size, root, keys in pairs],
        "source": evidence.source,
        "found_at": moment(evidence.found_at) or "",
        "resolved_at": moment(evidence.resolved_at),
        "resolution": evidence.resolution,
        "resolved_by": evidence.resolved_by,
    }
