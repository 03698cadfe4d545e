"""Getting an own log back from those who carry it, after the loss of everything but its keys.

The federation is the backup::

    find       who of the given addresses has the log, and under which key sets; a person confirms
               the fingerprint, or it comes from the recovery sheet or the key backup
    take_back  the whole log is fetched and verified like anybody's, from all of them at once; the largest
               head wins; the head lock is written, and all who answered count as carriers

After that the node may sign under the rules that hold after every start (``own.clearance``): somebody
else who carries the log must answer, and nobody may show more. What was signed and reached none of those
asked is lost, and would be a second history if it turned up again. Whoever fears that changes the log key
at once: what the old key signed beyond the new key's beginning counts for nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from federation.faults import FaultError
from federation.introduce import Introduction, introduce
from federation.response import Fetch
from federation.sources import mirror_prefix, sources_of
from federation.sync import Outcome, sync_log
from protocol.checkpoint import Checkpoint
from protocol.errors import SignatureError
from protocol.origin import Origin

from .errors import InvalidInputError, NotClearedError, NotFoundError
from .own.clearance import note_carrier
from .own.headlock import HeadLock
from .sources import keep_missed, remembered
from .store.logs import LogRow
from .store.trail import note_deed

if TYPE_CHECKING:
    from .home import Home


@dataclass(frozen=True, slots=True)
class Found:
    """Who has a log that is to be taken back.

    Attributes:
        introduction: The log as the one with the newest keys shows it, and of these the longest.
        prefixes: Where its files are.
    """

    introduction: Introduction
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A log that is back.

    Attributes:
        origin: Its name.
        size: Its size.
        root: 32-byte root.
        outcomes: What asking each source came to.
    """

    origin: str
    size: int
    root: bytes
    outcomes: tuple[Outcome, ...]


async def find(
    home: "Home", fetch: Fetch, origin: str, urls: Sequence[str], fingerprint: str | None
) -> Found:
    """Return what addresses show of a log.

    Args:
        home: The home.
        fetch: An open fetcher.
        origin: The log.
        urls: Addresses of nodes that may carry it, or prefixes of its files.
        fingerprint: Its identity as the publisher knows it; None to be confirmed by a person.

    Raises:
        FaultError: None of them has it; the fault of the first.
        SignatureError: They show other publishers under this name.
    """
    prefixes = [_prefix(url.rstrip("/"), origin) for url in urls]
    found: dict[str, Introduction] = {}
    faults: list[FaultError] = []
    for prefix in prefixes:
        try:
            found[prefix] = await introduce(fetch, prefix, origin, limits=home.config.limits)
        except FaultError as error:
            faults.append(error)
    if not found:
        raise faults[0]
    shown = {each.chain.fingerprint for each in found.values()}
    if fingerprint is None and len(shown) > 1:
        raise SignatureError("key set", f"of {origin} has {len(shown)} fingerprints: say which is yours")
    wanted = fingerprint or next(iter(shown))
    mine = {prefix: each for prefix, each in found.items() if each.chain.fingerprint == wanted}
    if not mine:
        raise SignatureError("key set", f"of {origin} has the fingerprint {next(iter(shown))}, not {wanted}")
    best = max(mine.values(), key=lambda each: (len(each.chain.sets), each.size))
    return Found(best, tuple(mine))


async def take_back(home: "Home", fetch: Fetch, found: Found, actor: str) -> TakenBack:
    """Fetch a log as an own one, and let its largest head be the one that this node stands at.

    Breaking it off loses nothing; the next call goes on. What is in the head lock already is kept to.

    Args:
        home: The home.
        fetch: An open fetcher.
        found: Who has it; the fingerprint was confirmed.
        actor: Who decided, for the record.

    Raises:
        InvalidInputError: The log is followed here, or known with another fingerprint.
        FaultError: It could not be had.
        NotClearedError: The head lock of this machine knows more, or another history.
    """
    origin = found.introduction.origin
    row = home.logs.get(origin)
    if row is not None and not row.own:
        raise InvalidInputError(
            f"{origin} is followed here", hint="`fedcat key move` lets this node publish it under a new key"
        )
    store = await asyncio.to_thread(home.logs.add, found.introduction.chain, own=True)
    memory = remembered(home)
    # Nobody is asked as the origin itself: its own place may be this very node.
    places = sources_of(
        found.introduction.chain.newest, found.prefixes, allow_private=home.config.allow_private
    )
    sources = tuple(replace(source, is_origin=False) for source in places)
    with store:
        outcomes = await sync_log(store, sources, fetch, home.config.limits, home.now, memory=memory)
    row = _row(home, origin)
    with home.database.write():
        keep_missed(home, row, memory)
    if row.size == 0:
        raise FaultError(next(outcome.fault for outcome in outcomes if outcome.fault is not None))
    await asyncio.to_thread(_stand_there, home, origin, actor)
    for outcome in outcomes:
        if outcome.fault is None:
            note_carrier(home, origin, outcome.source, outcome.size)
    return TakenBack(origin, row.size, row.root, outcomes)


def _stand_there(home: "Home", origin: str, actor: str) -> None:
    """Write the head lock, if there is none; keep to it if there is one."""
    head_lock = HeadLock.of(home, _row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = _row(home, origin)
        head = Checkpoint(origin, row.size, row.root)
        locked = head_lock.read()
        if locked is not None:
            reason = head_lock.disagreement(home.logs.store(origin), head)
            if reason is not None:
                raise NotClearedError(
                    origin, reason, "name more nodes that may carry the log with --from, and try again"
                )
            return
        with home.database.write() as connection:
            note_deed(connection, home.now(), actor, "recover", origin, {"size": row.size})
        head_lock.write(head)


def _row(home: "Home", origin: str) -> LogRow:
    row = home.logs.get(origin)
    if row is None:
        raise NotFoundError(f"log {origin}")
    return row


def _prefix(base: str, origin: str) -> str:
    """Return where a log's files are at an address: the address itself when it names them."""
    named = Origin.parse(origin)
    return base if base.endswith(f"/log/{named.name}/{named.epoch}") else mirror_prefix(base, named)
