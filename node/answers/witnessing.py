"""Who else saw the same history of a log, and how fresh that is.

::

    {"witnessed": true, "witnessed_size": 412, "fresh_at": "2026-05-03T12:00:00Z", "stale": false,
     "frozen": null,
     "cosigners": [{"name": "directory.oslo.example/mirror", "size": 412, "at": "2026-05-03T12:00:00Z",
                    "counts": true, "whose": "other"}]}

Only the witnesses count that the operator's policy names (``protocol.policy``), and of those none that
lives at the log's own host. Whose word it is tells apart who else saw it: ``own`` is this node, ``host``
whoever speaks for the log's own place, and only the rest are others. A cosignature of a tree says the same
of every smaller one, as a cosigner only ever goes on. Fresh is the newest time among the heartbeat and the
witnesses of the held head.
"""

import functools
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from node.gossip import STALE_SECONDS
from node.store.frozen import Frozen, frozen_logs
from node.store.logreader import chain_of
from node.store.marks import portions
from protocol.errors import SignatureError
from protocol.keyset import KeyChain
from protocol.note import Note, NoteSignature
from protocol.policy import NONE, TrustPolicy

from .logshapes import Cosigner, Standstill, Witnessing
from .texts import moment

AHEAD_SECONDS: Final = 300
"""Times further ahead are not believed."""


_HEADS: Final = (
    "SELECT id, size, note, note_size, mirror_line, mirror_size, mirror_time FROM log WHERE id IN ({})"
)
_KEY_NOTES: Final = "SELECT log, note FROM key_set WHERE log IN ({}) ORDER BY log, version"
_COSIGNED: Final = "SELECT log, vkey, name, size, time FROM cosignature WHERE log IN ({})"


@dataclass(frozen=True, slots=True)
class _Head:
    """What is held of a log, and this node's own word on it, where there is one."""

    size: int
    note: bytes
    note_size: int
    mirror_line: str
    mirror_size: int
    mirror_time: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A kept cosignature; ``witness`` is its name in the policy, None when it does not count."""

    name: str
    size: int
    time: int
    witness: str | None
    whose: Literal["own", "host", "other"]


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
    ((_, head, chain, lines),) = _read(connection, [log_id], policy, everybody=True)
    size = head.size
    counting = [line for line in lines if line.witness is not None and line.time <= now + AHEAD_SECONDS]
    seen = _largest(counting, policy)
    fresh = _fresh_at(head, chain, lines, now)
    asks = policy.quorum != NONE
    found: Witnessing = {
        "witnessed": bool(size and seen and seen >= size) if asks else None,
        "witnessed_size": seen if asks else None,
        "fresh_at": moment(fresh),
        "stale": _is_stale(fresh, now),
        "frozen": _standstill(frozen_logs(connection).get(log_id)),
        "cosigners": [
            _cosigner(line, counts=line in counting)
            for line in sorted(lines, key=lambda line: (-line.size, -line.time, line.name))
        ],
    }
    return dict(found)


def is_stale(connection: sqlite3.Connection, log_id: int, policy: TrustPolicy, now: int) -> bool:
    """Report whether nobody who counts has vouched lately for what is held of a log; as ``witnesses_of``."""
    return log_id in stale_logs(connection, [log_id], policy, now)


def stale_logs(
    connection: sqlite3.Connection, log_ids: Sequence[int], policy: TrustPolicy, now: int
) -> frozenset[int]:
    """Return those of some logs that are stale; the same for a page of answers at once."""
    found = _read(connection, log_ids, policy, everybody=False)
    return frozenset(
        log_id for log_id, head, chain, lines in found if _is_stale(_fresh_at(head, chain, lines, now), now)
    )


def _is_stale(fresh_at: int | None, now: int) -> bool:
    return fresh_at is None or now - fresh_at >= STALE_SECONDS


def _fresh_at(head: _Head, chain: KeyChain, lines: Iterable[_Line], now: int) -> int | None:
    """Return the newest time that anybody who counts has said of what is held."""
    times = [line.time for line in lines if line.witness is not None and line.size == head.size]
    beat = _beat(chain.notes, head.note) if head.note_size == head.size else None
    if beat is not None:
        times.append(beat)
    return max((time for time in times if time <= now + AHEAD_SECONDS), default=None)


def _standstill(frozen: Frozen | None) -> Standstill | None:
    if frozen is None:
        return None
    return {"evidence": frozen.evidence, "size": frozen.size, "at": moment(frozen.at) or ""}


def _cosigner(line: _Line, *, counts: bool) -> Cosigner:
    return {
        "name": line.name,
        "size": line.size,
        "at": moment(line.time) or "",
        "counts": counts,
        "whose": line.whose,
    }


def _read(
    connection: sqlite3.Connection, log_ids: Sequence[int], policy: TrustPolicy, *, everybody: bool
) -> Iterator[tuple[int, _Head, KeyChain, list[_Line]]]:
    """Yield of each log its number, head and keys, and who cosigned it, everybody or who counts."""
    for some, marks in portions(log_ids):
        notes: dict[int, list[bytes]] = {}
        for log_id, note in connection.execute(_KEY_NOTES.format(marks), some):
            notes.setdefault(log_id, []).append(note)
        cosigned: dict[int, list[tuple[str, str, int, int]]] = {}
        are_read = everybody or bool(policy.witnesses)
        if are_read:
            for log_id, *line in connection.execute(_COSIGNED.format(marks), some):
                cosigned.setdefault(log_id, []).append(tuple(line))
        for log_id, *row in connection.execute(_HEADS.format(marks), some):
            head, chain = _Head(*row), chain_of(tuple(notes[log_id]))
            lines = _lines(cosigned.get(log_id, ()), head, policy, chain) if are_read else []
            yield log_id, head, chain, lines


def _lines(
    cosigned: Iterable[tuple[str, str, int, int]], head: _Head, policy: TrustPolicy, chain: KeyChain
) -> list[_Line]:
    """Return what others cosigned, and this node itself."""
    witnesses, hosts = _counting(policy, chain), _hosts(chain)
    own = NoteSignature.parse(head.mirror_line) if head.mirror_line else None
    here = _host(own.name) if own else ""

    def whose(name: str) -> Literal["own", "host", "other"]:
        return "own" if _host(name) == here else "host" if _host(name) in hosts else "other"

    lines = [_Line(name, size, time, witnesses.get(vkey), whose(name)) for vkey, name, size, time in cosigned]
    if own:
        named = (witnesses.get(str(key)) for key in policy.witnesses.values() if own.is_by(key))
        lines.append(_Line(own.name, head.mirror_size, head.mirror_time, next(named, None), "own"))
    return lines


def _counting(policy: TrustPolicy, chain: KeyChain) -> Mapping[str, str]:
    """Return verifier key → name of the witnesses that count for a log: none that its own host speaks for."""
    hosts, own = _hosts(chain), {chain.newest.beat.public, chain.newest.log.public}
    return {
        str(key): name
        for name, key in policy.witnesses.items()
        if _host(key.name) not in hosts and key.public not in own
    }


def _hosts(chain: KeyChain) -> frozenset[str]:
    """Return where a log lives: the host in its name, and those of its files."""
    return frozenset((_host(chain.origin), *(urlsplit(url).netloc for url in chain.newest.urls)))


def _host(name: str) -> str:
    return name.partition("/")[0]


def _largest(lines: list[_Line], policy: TrustPolicy) -> int | None:
    """Return the largest size that a quorum has seen."""
    for size in sorted({line.size for line in lines}, reverse=True):
        if policy.is_met({line.witness for line in lines if line.witness and line.size >= size}):
            return size
    return None


@functools.lru_cache(maxsize=4096)
def _beat(key_notes: tuple[bytes, ...], note: bytes) -> int | None:
    """Return when the heartbeat of a held note is from; every answer about a log asks for it."""
    try:
        return chain_of(key_notes).beat_time(Note.parse(note)) if note else None
    except SignatureError:
        # A key that was retired below this size signed it, which nobody had told us then.
        return None
