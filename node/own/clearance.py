"""May this node sign for its log? Three places must agree on the head first.

The database knows the own head, the lock file knows it (``headlock``), and the world knows it: every
node that carries the log. After each start, before the first signature:

1. the stored right edge gives the stored root, and the last audit found nothing wrong;
2. the lock file and the database are compared, the file rolled forward after a kill;
3. the log's public prefix and all nodes that ever carried it are asked;
4. what is missing here is fetched from them, verified like anybody's log, and they are asked again.

The node signs iff lock and database name one head and a carrier other than this host answered
nothing larger, or no carrier ever existed. Otherwise it serves and takes drafts. Only an operator
overrides a missing answer or a lock file (``unlock``), never a larger signed head that somebody
shows: to sign beside that one would be a fork.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from federation.faults import FaultError
from federation.gossip import Heard
from federation.ports import Advance
from federation.response import OK, Fetch
from federation.sources import Source, sources_of
from federation.sync import sync_log
from node.errors import InvalidInputError, NotFoundError
from node.store.damage import damage_of
from node.store.files import Flock
from node.store.logstore import LogStore
from node.store.trail import note_deed
from protocol.checkpoint import Checkpoint
from protocol.errors import ProtocolError
from protocol.keyset import KeyChain
from protocol.keytext import MAX_VERSIONS
from protocol.note import Note
from protocol.tiles import keys_path

from .cosigner import cosign
from .drafts import settle_refilled
from .headlock import HeadLock

if TYPE_CHECKING:
    from node.home import Home
    from node.store.logs import LogRow


@dataclass(frozen=True, slots=True)
class Clearance:
    """Whether this process may sign for a log.

    Attributes:
        may_sign: Whether it may.
        reason: Why, or why not, as a clause.
    """

    may_sign: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one source said about the head.

    Attributes:
        source: Who.
        head: The checkpoint, verified; None without a usable answer.
        answered: Whether there was an answer with a checkpoint, verified or not.
        heard: What it has, when a key set that this node forgot is among it; else None.
    """

    source: Source
    head: Checkpoint | None
    answered: bool
    heard: Heard | None = None


async def clear(home: "Home", origin: str, fetch: Fetch, *, is_start: bool = False) -> Clearance:
    """Compare the three places and let this process sign if they agree.

    Asks nobody when this process, or another running one, was cleared already.

    Args:
        home: The home.
        origin: An own log.
        fetch: How to ask.
        is_start: Ask all the same when only another process was cleared: for a node that begins to
            run, and will for long.

    Raises:
        NotFoundError: The log is not an own one.
        LockedError: Another process appends to it, for a long time.
        KeyFileError: The mirror key cannot be used.
        DamagedError: The head lock is no head.
    """
    row = own_row(home, origin)
    known = await asyncio.to_thread(_check_here, home, origin, is_start=is_start)
    if known is not None:
        return known
    answers = await _ask(home, row, fetch)
    sources = _ahead(row, answers)
    if sources:
        with _refilling(home, origin) as store:
            heard = tuple(answer.heard for answer in answers if answer.heard is not None)
            limits = home.config.limits
            await sync_log(store, sources, fetch, limits, home.now, memory=home.memory, heard=heard)
        answers = await _ask(home, own_row(home, origin), fetch)
    return await asyncio.to_thread(_decide, home, origin, answers)


def why_not_sign(home: "Home", row: "LogRow", head_lock: HeadLock) -> str | None:
    """Return why this process may not sign now, as a clause, or None when it may.

    The caller holds the head lock, so that the answer stays true while it signs.
    """
    damage = damage_of(home.database.connection, row.id)
    if damage is not None:
        return damage
    if not _is_cleared(home, row, head_lock):
        return "it has not been compared with what other nodes hold since this start"
    store = home.logs.store(row.origin)
    return head_lock.disagreement(store, Checkpoint(row.origin, row.size, row.root))


def grant(home: "Home", origin: str) -> None:
    """Let this process sign for a log, as it may for one that it has just founded.

    Other processes see it as long as this one runs.
    """
    row = own_row(home, origin)
    lock = Flock(HeadLock.of(home, row).cleared_path)
    lock.acquire(f"clearance of {origin}", shared=True)
    home.clearances[origin] = lock


def unlock(home: "Home", origin: str, size: int, actor: str) -> None:
    """Declare the database's head to be the newest one, whatever the lock file says, for the record.

    Args:
        home: The home.
        origin: An own log.
        size: The size that the operator means; it must be the database's.
        actor: Who decided.

    Raises:
        InvalidInputError: The database stands at another size.
        NotFoundError: The log is not an own one.
    """
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = own_row(home, origin)
        if row.size != size:
            raise InvalidInputError(
                f"the database stands at size {row.size}, not {size}",
                hint=f"--size {row.size} would accept it",
            )
        before = head_lock.text()
        with home.database.write() as connection:
            note_deed(connection, home.now(), actor, "log unlock", origin, {"size": size, "lock": before})
            connection.execute("UPDATE log SET unlocked_size = ? WHERE id = ?", (size, row.id))
        head_lock.write(Checkpoint(origin, row.size, row.root))


def note_carrier(home: "Home", origin: str, url: str, size: int = 0) -> None:
    """Remember that a node serves an own log: from now on it is asked before this node signs.

    Args:
        home: The home.
        origin: An own log.
        url: The prefix under which the files are, such as ``https://peer.example/mirror/<hash>``.
        size: The size it showed.
    """
    row, now = own_row(home, origin), home.now()
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO carrier (log, url, first_seen, last_seen, size)"
            " VALUES (:log, :url, :now, :now, :size)"
            " ON CONFLICT (log, url) DO UPDATE SET last_seen = :now, size = max(size, :size)",
            {"log": row.id, "url": url.rstrip("/"), "now": now, "size": size},
        )


def carriers_of(home: "Home", origin: str) -> tuple[str, ...]:
    """Return the prefixes at which other nodes were seen to serve an own log."""
    rows = home.database.connection.execute(
        "SELECT url FROM carrier WHERE log = ? ORDER BY url", (own_row(home, origin).id,)
    )
    return tuple(url for (url,) in rows)


def fault_here(home: "Home", row: "LogRow") -> str | None:
    """Return why the stored files are not the log, as far as is known without reading all, or None."""
    return home.logs.store(row.origin).tree_fault() or damage_of(home.database.connection, row.id)


def own_row(home: "Home", origin: str) -> "LogRow":
    """Return the row of an own log.

    Raises:
        NotFoundError: It is not an own one.
    """
    row = home.logs.get(origin)
    if row is None or not row.own:
        raise NotFoundError(f"own log {origin}", hint="`fedcat log list` shows the logs of this node")
    return row


def _is_cleared(home: "Home", row: "LogRow", head_lock: HeadLock) -> bool:
    if row.origin in home.clearances:
        return True
    # Tests come one after the other, under the head lock: nobody takes another's test for a clearance.
    test = Flock(head_lock.cleared_path)
    is_free = test.try_acquire()
    test.release()
    return not is_free


def _check_here(home: "Home", origin: str, *, is_start: bool) -> Clearance | None:
    """Return a clearance that needs no questions, or a refusal that no answer could change."""
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = own_row(home, origin)
        fault = fault_here(home, row)
        if fault is not None:
            return Clearance(may_sign=False, reason=fault)
        if is_start and origin not in home.clearances:
            return None
        if _is_cleared(home, row, head_lock) and why_not_sign(home, row, head_lock) is None:
            if origin not in home.clearances:
                # The other process may end before this one has signed.
                grant(home, origin)
            return Clearance(may_sign=True, reason="it was compared with other nodes before")
    return None


async def _ask(home: "Home", row: "LogRow", fetch: Fetch) -> tuple[_Answer, ...]:
    """Ask the log's own places, all known carriers, and all peers, who may be carriers."""
    peers = [url for (url,) in home.database.connection.execute("SELECT url FROM peer ORDER BY url")]
    sources = sources_of(
        row.chain.newest,
        carriers_of(home, row.origin),
        [url for url in peers if url.rstrip("/") != home.config.address],
        allow_private=home.config.allow_private,
    )
    slots = asyncio.Semaphore(home.config.limits.parallel)
    answers = await asyncio.gather(*(_ask_one(home, row.chain, source, fetch, slots) for source in sources))
    for answer in answers:
        if answer.head is not None and not answer.source.is_origin:
            note_carrier(home, row.origin, answer.source.prefix, answer.head.size)
    return tuple(answers)


async def _ask_one(
    home: "Home", chain: KeyChain, source: Source, fetch: Fetch, slots: asyncio.Semaphore
) -> _Answer:
    async with slots:
        try:
            limit = home.config.limits.checkpoint_bytes
            response = await fetch.get(source.url("checkpoint"), limit=limit)
        except FaultError:
            return _Answer(source, None, answered=False)
        if response.status != OK:
            return _Answer(source, None, answered=False)
        heard = await _forgotten_keys(home, chain, source, response.body, fetch)
    try:
        head = chain.open_checkpoint(Note.parse(response.body))
    except ProtocolError:
        # Nonsense, or signed by a key set that this node forgot: only a sync can tell.
        head = None
    return _Answer(source, head, answered=True, heard=heard)


async def _forgotten_keys(
    home: "Home", chain: KeyChain, source: Source, note: bytes, fetch: Fetch
) -> Heard | None:
    """Return what a source has, when it knows a key set that is valid and not known here."""
    version = chain.newest.version + 1
    if version > MAX_VERSIONS:
        return None
    try:
        response = await fetch.get(source.url(keys_path(version)), limit=home.config.limits.keys_bytes)
        if response.status != OK:
            return None
        chain.extend(response.body)
    except (FaultError, ProtocolError):
        return None
    return Heard(replace(source, is_origin=False), note, version)


def _ahead(row: "LogRow", answers: Sequence[_Answer]) -> tuple[Source, ...]:
    """Return who may hold more than the database does, of leaves or of key sets, the largest head first.

    Nobody is asked as the origin itself: its own place may be this very node.
    """
    ahead = [
        answer
        for answer in answers
        if answer.answered and (answer.head is None or answer.head.size > row.size or answer.heard)
    ]
    ahead.sort(key=lambda answer: -answer.head.size if answer.head is not None else 0)
    return tuple(replace(answer.source, is_origin=False) for answer in ahead)


def _refilling(home: "Home", origin: str) -> LogStore:
    """Return the store of an own log whose database was put back, drafts included."""
    store = home.logs.store(origin)

    def settle(connection: sqlite3.Connection, advance: Advance) -> None:
        leaves = ((index, store.leaf(index)) for index in range(advance.old_size, advance.size))
        settle_refilled(connection, store.id, leaves, store.kept_blob, home.now())

    store.with_each_commit = settle
    return store


def _decide(home: "Home", origin: str, answers: Sequence[_Answer]) -> Clearance:
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = own_row(home, origin)
        reason = fault_here(home, row) or _contradiction(home, row, answers)
        if reason is None:
            store = home.logs.store(origin)
            reason = head_lock.disagreement(store, Checkpoint(origin, row.size, row.root))
        if reason is None and not _is_confirmed(home, row, answers):
            reason = "none of the nodes that carry the log answered"
        if reason is not None:
            return Clearance(may_sign=False, reason=reason)
        grant(home, origin)
        # What was refilled is a signed checkpoint already; readers must not wait for the next heartbeat.
        cosign(home, origin)
    return Clearance(may_sign=True, reason="database, head lock and other nodes agree")


def _contradiction(home: "Home", row: "LogRow", answers: Sequence[_Answer]) -> str | None:
    """Return who shows a head that ours does not continue, as a clause."""
    tree = home.logs.store(row.origin).tree
    for answer in answers:
        head = answer.head
        if head is None:
            continue
        if head.size > row.size:
            return f"{answer.source.prefix} shows {head.size} entries, here are {row.size}"
        if tree.edge(head.size).root != head.root:
            return f"{answer.source.prefix} shows another history of {head.size} entries"
    return None


def _is_confirmed(home: "Home", row: "LogRow", answers: Sequence[_Answer]) -> bool:
    if any(answer.head is not None and not answer.source.is_origin for answer in answers):
        return True
    return not carriers_of(home, row.origin) or row.unlocked_size == row.size
