"""Split views: evidence that a log showed two histories, and the logs that stand still because of it.

Evidence is verified, stored, served at ``/evidence/<hash>`` and named in the feed, whoever found it. A
followed log is frozen when the evidence contradicts the tree held here and the note that does so is by
the key in force (``federation.forks.culprits``); that is judged after a round of that log, so that a
rotation it does not know of cannot be used against it. A frozen log keeps its last agreed size until an
operator decides otherwise::

    evidence:  hash  log  data  size  root  larger_size  …  source  found_at  resolved_at  resolution
    frozen:    log  evidence  size  at

An own log is never frozen: evidence against it says that somebody else has its key, or a copy of it.
"""

import contextlib
import hashlib
import sqlite3
from dataclasses import dataclass, replace
from typing import Final

from federation.forks import culprits, fork_below
from federation.gossip import HeadState
from federation.ports import ConflictError
from protocol.errors import InconsistentError
from protocol.evidence import Fork, ForkFacts, verify_fork
from protocol.keyset import KeyChain
from protocol.proof import open_chain

from .errors import InvalidInputError, NotFoundError
from .heads import Looked
from .home import Home
from .observe import log
from .store.frozen import Frozen, frozen_logs
from .store.logs import LogRow
from .store.references import queue_targets_of_log
from .store.trail import note_deed

MAX_EVIDENCE: Final = 16
"""Forks kept of one log. One proves it; whoever holds the key could sign as many as they like."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fork as it is kept, without its bytes.

    Attributes:
        hash: Hex SHA-256, its name everywhere.
        sizes: Of the two signed heads, the smaller first.
        roots: Their hex roots.
        versions: The key set that signed each.
        source: Who showed it.
        found_at: POSIX seconds.
        resolved_at: POSIX seconds of an operator's decision, or None.
        resolution: The reason given, or None.
        resolved_by: Who decided, or None.
    """

    hash: str
    sizes: tuple[int, int]
    roots: tuple[str, str]
    versions: tuple[int, int]
    source: str
    found_at: int
    resolved_at: int | None
    resolution: str | None
    resolved_by: str | None


def keep_evidence(home: Home, origin: str, data: bytes, source: str) -> bool:
    """Verify evidence against a log and keep it.

    Args:
        home: The node.
        origin: The log it must be about.
        data: The fork.
        source: Who showed it.

    Returns:
        Whether it is new: another proof against a head that was proven wrong before is not kept.

    Raises:
        ProtocolError: It is no evidence against the log that is known here under this name.
    """
    row = home.logs.get(origin)
    if row is None:
        return False
    facts = verify_fork(data, row.fingerprint)
    fork = Fork.parse(data)
    chain = open_chain(fork.keys, "fork")
    if not _is_of(row, chain):
        raise InconsistentError("fork", f"its key sets are not those of {origin}")
    if len(chain.sets) < len(row.chain.sets):
        # Whoever leaves out the set that retired a key must not make it count beyond its end.
        verify_fork(replace(fork, keys=row.chain.notes).render(), row.fingerprint)
    name, store = hashlib.sha256(data).digest(), home.logs.store(origin)
    # A thief of a retired key must not use up the room for what counts.
    found = culprits(facts, store.held(), store)
    if found and all(_is_known(home, row, *head) for head in found):
        return False
    with home.database.write() as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM evidence WHERE log = ? AND resolved_at IS NULL", (row.id,)
        ).fetchone()
        if count >= MAX_EVIDENCE * (1 + bool(found)):
            return False
        is_new = connection.execute(
            "INSERT OR IGNORE INTO evidence (hash, log, data, size, root, larger_size, larger_root, version,"
            " larger_version, source, found_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (name, row.id, data, *_heads(facts), *facts.versions, source, home.now()),
        ).rowcount
        if is_new:
            # A round of the log decides what it means, also when its sources are backing off.
            connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (row.id,))
    if is_new:
        if len(chain.sets) > len(row.chain.sets):
            # Other ones came in between: they are what counts here.
            with contextlib.suppress(ConflictError):
                store.keep_chain(chain)
        log().error(
            "two histories", origin=origin, sizes=list(facts.sizes), evidence=name.hex(), source=source
        )
    return bool(is_new)


def contradicted(home: Home, looked: Looked) -> None:
    """Make and keep evidence of a head in a neighbour's feed that contradicts the held tree."""
    offer, row = looked.seen.offer, looked.row
    if looked.seen.state is not HeadState.CONTRADICTS or offer is None:
        return
    if not _is_known(home, row, offer.size, offer.root):
        store = home.logs.store(row.origin)
        fork = fork_below(store, store.held().chain, offer.note)
        if fork is not None:
            keep_evidence(home, row.origin, fork, looked.url)


def judge(home: Home, origin: str) -> Frozen | None:
    """Freeze a followed log if evidence that nobody has resolved demands it.

    Returns:
        Since when and why it is frozen, or None when it is not.

    Raises:
        InconsistentError: The stored tree is damaged.
    """
    row = home.logs.get(origin)
    if row is None or row.own:
        return None
    frozen = frozen_logs(home.database.connection).get(row.id)
    if frozen is not None:
        return frozen
    rows = home.database.connection.execute(
        "SELECT hash, data FROM evidence WHERE log = ? AND resolved_at IS NULL ORDER BY found_at, hash",
        (row.id,),
    ).fetchall()
    if not rows:
        return None
    store = home.logs.store(origin)
    settled = {
        head
        for each in evidence_of(home.database.connection, row.id)
        if each.resolved_at is not None
        for head in zip(each.sizes, each.roots, strict=True)
    }
    for name, data in rows:
        found = culprits(verify_fork(data), store.held(), store)
        # The same head beside another one of ours is nothing new to an operator who has looked at it.
        if any((size, root.hex()) not in settled for size, root in found):
            return _freeze(home, row, name)
    return None


def evidence_of(connection: sqlite3.Connection, log_id: int) -> tuple[Evidence, ...]:
    """Return what is kept against a log, the oldest first."""
    rows = connection.execute(
        "SELECT hash, size, larger_size, root, larger_root, version, larger_version, source, found_at,"
        " resolved_at, resolution, resolved_by FROM evidence WHERE log = ? ORDER BY found_at, hash",
        (log_id,),
    )
    return tuple(
        Evidence(name.hex(), (m, n), (old.hex(), new.hex()), (v, w), *rest)
        for name, m, n, old, new, v, w, *rest in rows
    )


def resolve(home: Home, origin: str, reason: str, actor: str) -> tuple[str, ...]:
    """Let a log go on from its last agreed size, for the record: the operator has looked into it.

    The evidence stays, is served and is named in the feed as before. Another contradiction freezes
    the log again.

    Args:
        home: The node.
        origin: The log.
        reason: Why, for those who come later.
        actor: Who decided.

    Returns:
        Hashes of the evidence that was resolved.

    Raises:
        NotFoundError: Nothing is held against the log that is not resolved.
        InvalidInputError: There is no reason.
    """
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="say what was found out, and from whom")
    row = home.logs.get(origin)
    with home.database.write() as connection:
        found = connection.execute(
            "SELECT hash FROM evidence WHERE log = ? AND resolved_at IS NULL ORDER BY found_at, hash",
            (None if row is None else row.id,),
        ).fetchall()
        if row is None or not found:
            raise NotFoundError(
                f"unresolved evidence against {origin}", hint="`fedcat heads` shows which logs have some"
            )
        names = tuple(name.hex() for (name,) in found)
        connection.execute(
            "UPDATE evidence SET resolved_at = ?, resolution = ?, resolved_by = ?"
            " WHERE log = ? AND resolved_at IS NULL",
            (home.now(), reason, actor, row.id),
        )
        connection.execute("DELETE FROM frozen WHERE log = ?", (row.id,))
        queue_targets_of_log(connection, row.id)
        detail = {"reason": reason, "evidence": names, "size": row.size}
        note_deed(connection, home.now(), actor, "log resolve", origin, detail)
        # What was frozen has much to catch up with.
        connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (row.id,))
    return names


def _freeze(home: Home, row: LogRow, name: bytes) -> Frozen:
    frozen = Frozen(name.hex(), row.size, home.now())
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO frozen (log, evidence, size, at) VALUES (?, ?, ?, ?)",
            (row.id, name, row.size, frozen.at),
        )
        queue_targets_of_log(connection, row.id)
    log().error("frozen", origin=row.origin, size=row.size, evidence=frozen.evidence)
    return frozen


def _is_known(home: Home, row: LogRow, size: int, root: bytes) -> bool:
    """Report whether some evidence against a log is about this head."""
    known = home.database.connection.execute(
        "SELECT 1 FROM evidence WHERE log = :log AND ((size = :size AND root = :root)"
        " OR (larger_size = :size AND larger_root = :root))",
        {"log": row.id, "size": size, "root": root},
    )
    return known.fetchone() is not None


def _heads(facts: ForkFacts) -> tuple[int, bytes, int, bytes]:
    return facts.sizes[0], facts.roots[0], facts.sizes[1], facts.roots[1]


def _is_of(row: LogRow, chain: KeyChain) -> bool:
    """Report whether the key sets of evidence are ours, as far as both know them."""
    pairs = zip(chain.sets, row.chain.sets, strict=False)
    return all(shown.text == held.text for shown, held in pairs)
