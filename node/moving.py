"""Moving an own log to another node: with its name and its history, and never with its keys.

A move is a rotation whose log key and heartbeat key are made on the new host, and whose ``url`` lines
lead there::

    new host   plan_move    it follows the log and holds all of it; its fresh keys go into a key set
    roots                   sign the key set, wherever they are
    old host   release      publishes the key set and signs no more; goes on as a mirror, also under the
                            log's old address, where followers learn of the move
    new host   take_over    makes sure that nobody holds more, and begins with the keys leaf

Where the old host is lost the third step falls out: the new host goes on from the largest head that anybody
shows. What the old one signed and showed to nobody counts for nobody from then on.
"""

import asyncio
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

from federation.ports import ConflictError
from federation.response import Fetch
from federation.sync import Outcome, sync_log
from protocol.checkpoint import Checkpoint
from protocol.keyset import KeySet

from .errors import InvalidInputError, NotClearedError, NotFoundError
from .own.clearance import note_carrier, own_row, why_not_sign
from .own.headlock import HeadLock
from .own.keyfiles import load_key
from .own.rootkeys import Prepared
from .own.rotation import Change, Plan, plan_after
from .sources import log_sources
from .store.logs import LogRow
from .store.trail import note_deed

if TYPE_CHECKING:
    from .home import Home


async def plan_move(home: "Home", fetch: Fetch, origin: str, change: Change) -> Plan:
    """Return the key set that lets this node publish a log which it follows; nothing is stored of it.

    Args:
        home: The new host's home.
        fetch: An open fetcher.
        origin: A followed log.
        change: ``urls`` None stands for this node's own place of the log.

    Raises:
        NotFoundError: The log is not followed here.
        NotClearedError: Nobody who carries it answered.
        InvalidInputError: The parts make no key set.
    """
    await _catch_up(home, fetch, origin)
    row = followed_row(home, origin)
    urls = (f"{home.config.address}/mirror/{row.hash}",) if change.urls is None else change.urls
    return plan_after(row.chain.newest, row.size, replace(change, urls=urls))


def release(home: "Home", origin: str, prepared: Prepared, actor: str) -> KeySet:
    """Publish the key set of another node for an own log, and carry the log as a mirror from now on.

    Args:
        home: The old host's home; this process must be cleared to sign.
        origin: An own log.
        prepared: The signed key set that the new host made.
        actor: Who decided, for the record.

    Returns:
        The key set.

    Raises:
        InvalidInputError: Signatures are missing, or the log does not stand where the key set begins.
        ProtocolError: It does not follow the newest key set, or a signature does not hold.
        NotClearedError: This node cannot know how far the log got, or has a head that is not signed yet.
    """
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row, keys = own_row(home, origin), prepared.keys
        chain = prepared.extend(row.chain)
        why_not = why_not_sign(home, row, head_lock)
        if why_not is None and row.signed_size != row.size:
            why_not = "its head is not signed yet"
        if why_not is not None:
            raise NotClearedError(origin, why_not)
        _refuse_elsewhere(row, keys)

        def demote(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE log SET own = 0 WHERE id = ?", (row.id,))
            _record(connection, home, actor, "key release", keys)

        home.logs.store(origin).keep_chain(chain, also=demote)
    clearance = home.clearances.pop(origin, None)
    if clearance is not None:
        clearance.release()
    return keys


async def take_over(home: "Home", fetch: Fetch, origin: str, prepared: Prepared, actor: str) -> KeySet:
    """Let this node publish a log which it follows, under the key set that it planned.

    Doing it again changes nothing. The sequencer appends the keys leaf afterwards.

    Args:
        home: The new host's home.
        fetch: An open fetcher.
        origin: A followed log.
        prepared: The key set with its signatures.
        actor: Who decided, for the record.

    Returns:
        The key set.

    Raises:
        NotFoundError: The log is not followed here.
        NotClearedError: Nobody who carries it answered, or the head lock of this machine knows more.
        InvalidInputError: Signatures are missing, or the log does not stand where the key set begins.
        ProtocolError: It does not follow the newest key set, or a signature does not hold.
        KeyFileError: Its private keys are not here.
        ConflictError: The log advanced meanwhile.
    """
    row, keys = home.logs.get(origin), prepared.keys
    if row is not None and row.own and row.chain.newest.text == keys.text:
        return keys
    outcomes = await _catch_up(home, fetch, origin)
    await asyncio.to_thread(_adopt, home, origin, prepared, actor)
    for outcome in outcomes:
        if outcome.fault is None:
            note_carrier(home, origin, outcome.source, outcome.size)
    return keys


def followed_row(home: "Home", origin: str) -> LogRow:
    """Return the row of a log that is followed here, and not published.

    Raises:
        NotFoundError: There is none.
    """
    row = home.logs.get(origin)
    if row is None or row.own:
        raise NotFoundError(f"followed log {origin}", hint="`fedcat follow` it first, and pull all of it")
    return row


async def _catch_up(home: "Home", fetch: Fetch, origin: str) -> tuple[Outcome, ...]:
    """Fetch what anybody holds of a followed log; return what asking each place came to.

    Raises:
        NotClearedError: None of them answered for it.
    """
    row = followed_row(home, origin)
    # All of them are asked, not the origin alone: somebody may have seen more of it.
    sources = tuple(replace(source, is_origin=False) for source in log_sources(home, row))
    with home.logs.store(origin) as store:
        outcomes = await sync_log(store, sources, fetch, home.config.limits, home.now, memory=home.memory)
    if not any(outcome.fault is None for outcome in outcomes):
        raise NotClearedError(
            origin,
            "none of the nodes that carry the log answered",
            "make one of them reachable and try again",
        )
    return outcomes


def _adopt(home: "Home", origin: str, prepared: Prepared, actor: str) -> None:
    head_lock, keys = HeadLock.of(home, followed_row(home, origin)), prepared.keys
    with head_lock.writer.held(f"log {origin}"):
        row = followed_row(home, origin)
        # The old host may have shown the key set already.
        is_known = row.chain.newest.text == keys.text
        chain = row.chain if is_known else prepared.extend(row.chain)
        _refuse_elsewhere(row, keys)
        for key in (keys.log, keys.beat):
            load_key(home.keys_dir, key)
        store, head = home.logs.store(origin), Checkpoint(origin, row.size, row.root)
        locked = head_lock.read()
        reason = None if locked is None else head_lock.contradiction(locked, store, head)
        if reason is not None:
            raise NotClearedError(origin, reason, "this machine signed for the log before: find out how far")
        head_lock.write(head)

        def promote(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "UPDATE log SET own = 1 WHERE id = ? AND size = ?", (row.id, row.size)
            ).rowcount
            if changed != 1:
                raise ConflictError(store.size)
            _record(connection, home, actor, "key move", keys)

        store.keep_chain(chain, also=promote)


def _refuse_elsewhere(row: LogRow, keys: KeySet) -> None:
    if keys.after != row.size:
        raise InvalidInputError(
            f"the key set begins after {keys.after} leaves, and the log has {row.size}",
            hint="publish nothing during a move; pull all of it, and prepare another one",
        )


def _record(connection: sqlite3.Connection, home: "Home", actor: str, action: str, keys: KeySet) -> None:
    detail = {"version": keys.version, "after": keys.after}
    note_deed(connection, home.now(), actor, action, keys.origin, detail)
