"""The heads of logs as neighbours show them: kept, compared with what is held, and made use of.

One row for each log that a neighbour's feed lists. Its state says how it relates to the tree held here
when somebody looked last (``federation.gossip.HeadState``)::

    seen_head:  log  url  state  size  root  beat  detail  keys  note  evidence  seen_at

After each sync of a log the rows that were ahead of it are looked at again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from federation.gossip import HeadState, Heard, Seen, is_news, weigh
from federation.offers import is_fresher
from federation.sources import Source, mirror_prefix
from protocol.errors import InconsistentError
from protocol.feed import FeedItem
from protocol.origin import Origin

from .cosigners import Cosigners, collect, known_cosigners
from .home import Home
from .store.logs import LogRow


@dataclass(frozen=True, slots=True)
class Looked:
    """One item of a neighbour's feed, looked at.

    Attributes:
        row: The log as it was then.
        url: The neighbour.
        item: What its feed says.
        seen: What that is worth.
        is_news: Whether the log should be synced because of it.
    """

    row: LogRow
    url: str
    item: FeedItem
    seen: Seen
    is_news: bool


def look(home: Home, row: LogRow, url: str, item: FeedItem, cosigners: Cosigners) -> Looked:
    """Compare an item of a neighbour's feed with what is held.

    A newer heartbeat is taken at once, and so are cosignatures of a tree that is held.

    Raises:
        InconsistentError: The stored tree is damaged.
    """
    store, limits = home.logs.store(row.origin), home.config.limits
    seen = weigh(item.note, store, Source(mirror_prefix(url, Origin.parse(row.origin))), limits)
    held, offer = store.held(), seen.offer
    is_held = offer is not None and seen.state is HeadState.AGREES and offer.size == held.size
    latest = home.now() + limits.ahead_seconds
    if offer and is_held and not row.own and is_fresher(offer, held.chain, held.note, latest):
        store.keep_note(offer.note)
    if seen.state is HeadState.AGREES:
        collect(home, row, item.note, cosigners)
    return Looked(row, url, item, seen, is_news(seen, item.keys, held))


def keep(connection: sqlite3.Connection, looked: Iterable[Looked], now: int) -> None:
    """Remember what neighbours showed, in the caller's transaction."""
    rows = []
    for each in looked:
        offer = each.seen.offer
        head = (None, None, None) if offer is None else (offer.size, offer.root, offer.beat)
        told = (each.item.keys, each.item.note, each.item.evidence, now)
        rows.append((each.row.id, each.url, str(each.seen.state), *head, each.seen.detail, *told))
    connection.executemany(
        "INSERT OR REPLACE INTO seen_head (log, url, state, size, root, beat, detail, keys, note, evidence,"
        " seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def heard(home: Home, row: LogRow, sources: Sequence[Source]) -> tuple[Heard, ...]:
    """Return what neighbours know of a log that is news here.

    The largest trees come first, of equal ones that at the origin's own host: it is asked before others.
    Nothing for a log of which nothing is held yet: it is asked for where it lives.

    Args:
        home: The node.
        row: The log.
        sources: Who may be asked for it now; what others said is left out.
    """
    newest = row.chain.newest.version
    by_prefix = {source.prefix: source for source in sources}
    own = [source.prefix for source in sources if source.is_origin]
    rows = home.database.connection.execute(
        "SELECT url, note, keys, size FROM seen_head WHERE log = ?"
        " AND ((state = ? AND size > ?) OR keys > ?)",
        (row.id if row.size else None, str(HeadState.AHEAD), row.size, newest),
    )
    found = []
    for url, note, keys, size in rows:
        source = by_prefix.get(mirror_prefix(url, Origin.parse(row.origin)))
        if source is not None:
            is_own = any(prefix.startswith(f"{url}/") for prefix in own)
            found.append((-(size or 0), not is_own, url, Heard(source, note, keys)))
    return tuple(news for *_, news in sorted(found, key=lambda each: each[:3]))


def revisit(home: Home, origin: str) -> tuple[Looked, ...]:
    """Look once more at the heads of a log that were ahead or unknown; its sync has ended.

    A neighbour that spoke of a key set which no source has is not asked again because of it.

    Returns:
        What was looked at, in its new state.
    """
    row = home.logs.get(origin)
    if row is None:
        return ()
    newest = row.chain.newest.version
    rows = home.database.connection.execute(
        "SELECT url, note, keys, evidence, seen_at FROM seen_head WHERE log = ?"
        " AND (state IN (?, ?) OR keys > ?)",
        (row.id, str(HeadState.AHEAD), str(HeadState.UNVERIFIED), newest),
    ).fetchall()
    looked, cosigners = [], known_cosigners(home) if rows else {}
    for url, note, keys, evidence, seen_at in rows:
        try:
            again = look(home, row, url, FeedItem(note, min(keys, newest), evidence), cosigners)
        except InconsistentError:
            # A damaged tree is reported by whoever syncs it.
            break
        looked.append(again)
        with home.database.write() as connection:
            keep(connection, (again,), seen_at)
    return tuple(looked)
