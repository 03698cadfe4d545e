"""Who else saw the same history of a log, and how fresh that is.

::

    {"witnessed": true, "witnessed_size": 412, "fresh_at": "2026-05-03T12:00:00Z", "stale": false,
     "frozen": null,
     "cosigners": [{"name": "directory.oslo.example/mirror", "size": 412, "at": "2026-05-03T12:00:00Z",
                    "counts": true}]}

Only the witnesses count that the operator's policy names (``protocol.policy``), and of those none that
lives at the log's own host. A cosignature of a tree says the same of every smaller one, as a cosigner
only ever goes on. Fresh is the newest time among the heartbeat and the witnesses of the held head.
"""

import functools
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from node.gossip import STALE_SECONDS
from node.store.frozen import Frozen, frozen_logs
from node.store.logreader import chain_of, read_key_notes
from protocol.errors import SignatureError
from protocol.keyset import KeyChain
from protocol.note import Note, NoteSignature
from protocol.policy import NONE, TrustPolicy

from .logshapes import Cosigner, Standstill, Witnessing
from .texts import moment

AHEAD_SECONDS: Final = 300
"""Times further ahead are not believed."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A kept cosignature; ``witness`` is its name in the policy, None when it does not count."""

    name: str
    size: int
    time: int
    witness: str | None


def witnesses_of(
    connection: sqlite3.Connection, log_id: int, policy: TrustPolicy, now: int
) -> dict[str, Any]:
    """Return who cosigned what is held of a log, and what that amounts to.

    Args:
        connection: The home's database.
        log_id: The log's number in it.
        policy: Whose cosignatures count.
        now: POSIX seconds.

    Returns:
        The document that this module shows. ``witnessed`` says whether the policy's quorum saw the head
        held here, ``witnessed_size`` is the largest size that it saw; both are None when the policy asks
        for nobody, the size also when the quorum saw nothing. ``fresh_at`` is None when nobody has said
        anything. ``frozen`` is ``{"evidence", "size", "at"}`` of a log that stands still, else None.
    """
    size, note, note_size = connection.execute(
        "SELECT size, note, note_size FROM log WHERE id = ?", (log_id,)
    ).fetchone()
    chain = chain_of(read_key_notes(connection, log_id))
    lines = _lines(connection, log_id, policy, chain)
    counting = [line for line in lines if line.witness is not None and line.time <= now + AHEAD_SECONDS]
    seen = _largest(counting, policy)
    times = [line.time for line in counting if line.size == size]
    beat = _beat(chain, note) if note_size == size else None
    if beat is not None and beat <= now + AHEAD_SECONDS:
        times.append(beat)
    fresh = max(times, default=None)
    asks = policy.quorum != NONE
    found: Witnessing = {
        "witnessed": bool(size and seen and seen >= size) if asks else None,
        "witnessed_size": seen if asks else None,
        "fresh_at": moment(fresh),
        "stale": fresh is None or now - fresh >= STALE_SECONDS,
        "frozen": _standstill(frozen_logs(connection).get(log_id)),
        "cosigners": [
            _cosigner(line, counts=line in counting)
            for line in sorted(lines, key=lambda line: (-line.size, -line.time, line.name))
        ],
    }
    return dict(found)


def is_stale(connection: sqlite3.Connection, log_id: int, policy: TrustPolicy, now: int) -> bool:
    """Report whether nobody who counts has vouched lately for what is held of a log; as ``witnesses_of``."""
    return bool(witnesses_of(connection, log_id, policy, now)["stale"])


def _standstill(frozen: Frozen | None) -> Standstill | None:
    if frozen is None:
        return None
    return {"evidence": frozen.evidence, "size": frozen.size, "at": moment(frozen.at) or ""}


def _cosigner(line: _Line, *, counts: bool) -> Cosigner:
    return {"name": line.name, "size": line.size, "at": moment(line.time) or "", "counts": counts}


def _lines(connection: sqlite3.Connection, log_id: int, policy: TrustPolicy, chain: KeyChain) -> list[_Line]:
    """Return what others cosigned, and this node itself."""
    witnesses = _counting(policy, chain)
    rows = connection.execute("SELECT vkey, name, size, time FROM cosignature WHERE log = ?", (log_id,))
    lines = [_Line(name, size, time, witnesses.get(vkey)) for vkey, name, size, time in rows]
    mirror, size, time = connection.execute(
        "SELECT mirror_line, mirror_size, mirror_time FROM log WHERE id = ?", (log_id,)
    ).fetchone()
    if mirror:
        line = NoteSignature.parse(mirror)
        own = (witnesses.get(str(key)) for key in policy.witnesses.values() if line.is_by(key))
        lines.append(_Line(line.name, size, time, next(own, None)))
    return lines


def _counting(policy: TrustPolicy, chain: KeyChain) -> Mapping[str, str]:
    """Return verifier key → name of the witnesses that count for a log: none that its own host speaks for."""
    newest = chain.newest
    hosts = {chain.origin.partition("/")[0], *(urlsplit(url).netloc for url in newest.urls)}
    own = {newest.beat.public, newest.log.public}
    return {
        str(key): name
        for name, key in policy.witnesses.items()
        if key.name.partition("/")[0] not in hosts and key.public not in own
    }


def _largest(lines: list[_Line], policy: TrustPolicy) -> int | None:
    """Return the largest size that a quorum has seen."""
    for size in sorted({line.size for line in lines}, reverse=True):
        if policy.is_met({line.witness for line in lines if line.witness and line.size >= size}):
            return size
    return None


@functools.lru_cache(maxsize=4096)
def _beat(chain: KeyChain, note: bytes) -> int | None:
    """Return when the heartbeat of a held note is from; every answer about a log asks for it."""
    try:
        return chain.beat_time(Note.parse(note)) if note else None
    except SignatureError:
        # A key that was retired below this size signed it, which nobody had told us then.
        return None
