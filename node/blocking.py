"""Whom this node blocks: the operator's own words, and the signed lists that were subscribed to.

::

    own_word   name  fingerprint  verdict  reason  actor  at    said by ``fedcat peer block`` and ``allow``
    listed     verdict  name  fingerprint  by  reason           all that is in force; derived
    blocked    log  name  by  reason  at                        followed logs that it hits; derived

A list is a statement of a publisher that is followed here. It acts while it stands: withdrawn, erased, or
its publisher blocked by the operator's own word, it has no effect. It cannot block whoever publishes it, nor
an own log. What is blocked keeps all that is stored of it, and comes back as it was.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from federation.listing import Listed, Verdict, decide
from federation.vouching import day_of
from protocol.errors import MalformedError
from protocol.fields import ITEMS
from protocol.forms import is_fingerprint, is_host, is_origin
from protocol.keyset import KeyChain
from protocol.language import best_text
from protocol.leaf import Op
from protocol.opinions import CuratedList
from protocol.origin import address as address_of
from protocol.origin import parse_address
from protocol.packing import unpack
from protocol.statement import decode

from .errors import InvalidInputError, NotFoundError
from .home import Home
from .observe import log
from .store.logs import LogRow
from .store.references import queue_targets_of_log
from .store.restraints import Blocked, blocked_logs, listed
from .store.series import current_origin, links
from .store.trail import note_deed
from .store.waiting import QUEUE_LOG, queue_neighbours_of_log


@dataclass(frozen=True, slots=True)
class Subscription:
    """A list that the operator subscribed to.

    Attributes:
        address: As it is in the configuration.
        purpose: What it is for; empty where it cannot be read.
        items: What it says of publishers, those that are in force today.
        fault: Why it has no effect, as a clause, or None.
    """

    address: str
    purpose: str
    items: tuple[Listed, ...]
    fault: str | None


def say(
    home: Home, verdict: Verdict, name: str, fingerprint: str, *, reason: str, actor: str
) -> tuple[str, ...]:
    """Block somebody, or keep them from being blocked, and have it take effect.

    Args:
        home: The node.
        verdict: Which of the two.
        name: An origin or a host; may be empty beside a fingerprint.
        fingerprint: 64 hex digits, or empty.
        reason: Why, for those who come later.
        actor: Who says so.

    Returns:
        Origins of the followed logs that are blocked now and were not, or were and are not.

    Raises:
        InvalidInputError: Nobody can be meant by it, or there is no reason.
    """
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="say what was found out, and from whom")
    if fault := word_fault(name, fingerprint):
        raise InvalidInputError(fault, hint="such as spam.example, or spam.example/log/spam/1")
    with home.database.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO own_word (name, fingerprint, verdict, reason, actor, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (name, fingerprint, str(verdict), reason, actor, home.now()),
        )
        _audit(connection, home, f"peer {verdict}", name, actor, fingerprint=fingerprint, reason=reason)
    return refresh(home)


def take_back(home: Home, name: str, fingerprint: str, *, actor: str) -> tuple[str, ...]:
    """Take back what was said about a name; see ``say``.

    Raises:
        NotFoundError: Nothing was.
    """
    with home.database.write() as connection:
        gone = connection.execute(
            "DELETE FROM own_word WHERE name = ? AND fingerprint = ?", (name, fingerprint)
        ).rowcount
        if not gone:
            raise NotFoundError(f"a word about {name or fingerprint}", hint="`fedcat peer rules` lists them")
        _audit(connection, home, "peer clear", name, actor, fingerprint=fingerprint)
    return refresh(home)


def word_fault(name: str, fingerprint: str = "") -> str | None:
    """Return why nobody can be meant by a name and a fingerprint, or None."""
    if fingerprint and not is_fingerprint(fingerprint):
        return f"{fingerprint!r} is not a fingerprint"
    if name and not (is_origin(name) or is_host(name)):
        return f"{name!r} is neither the origin of a log nor a host"
    return None if name or fingerprint else "nobody is named"


def refresh(home: Home) -> tuple[str, ...]:
    """Have the lists as they are now take effect.

    Returns:
        Origins of the followed logs that are blocked now and were not, or were and are not.
    """
    _, is_same, changes = _changes(home)
    if is_same and not changes:
        return ()
    with home.database.write() as connection:
        # Looked at again: another process may have done it meanwhile.
        entries, is_same, changes = _changes(home)
        if not is_same:
            connection.execute("DELETE FROM listed")
            connection.executemany(
                "INSERT OR IGNORE INTO listed (verdict, name, fingerprint, by, reason)"
                " VALUES (?, ?, ?, ?, ?)",
                [(str(each.verdict), each.name, each.fingerprint, each.by, each.reason) for each in entries],
            )
        before = blocked_logs(connection)
        for row, hit in changes:
            _settle(connection, home, row, hit)
    return tuple(row.origin for row, hit in changes if (row.id in before) != (hit is not None))


def _changes(home: Home) -> tuple[frozenset[Listed], bool, list[tuple[LogRow, Listed | None]]]:
    """Return all that is in force, whether that is what is kept, and what is to change for which logs."""
    connection = home.database.connection
    first: dict[tuple[str, str, str], Listed] = {}
    for entry in _in_force(home):
        first.setdefault((entry.by, entry.name, entry.fingerprint), entry)
    entries = frozenset(first.values())
    before, changes = blocked_logs(connection), []
    rows = home.logs.all() if entries or before else ()
    former = _former(connection)
    for row in rows:
        hit = None if row.own else _hit(entries, row, former)
        if not _is_same(before.get(row.id), hit):
            changes.append((row, hit))
    return entries, entries == frozenset(listed(connection)), changes


def own_words(connection: sqlite3.Connection) -> dict[tuple[str, str], tuple[str, int]]:
    """Return (name, fingerprint) of what commands said → who said it, and when in POSIX seconds."""
    rows = connection.execute("SELECT name, fingerprint, actor, at FROM own_word")
    return {(name, fingerprint): (actor, at) for name, fingerprint, actor, at in rows}


def blocks(connection: sqlite3.Connection, chain: KeyChain) -> Blocked | None:
    """Return why somebody who is not followed is blocked, be it under a former name, or None.

    Args:
        connection: Of the database.
        chain: Their key sets. Whom these say they continue need not be proven: who claims it means it.
    """
    entries, before = listed(connection), chain.sets[0].predecessor
    entry = decide(entries, chain.origin, chain.fingerprint)
    if entry is None and before is not None:
        known = connection.execute(
            "SELECT fingerprint FROM log WHERE origin = :origin"
            " UNION SELECT fingerprint FROM purged WHERE origin = :origin",
            {"origin": before.origin},
        ).fetchone()
        former = {**_former(connection), chain.origin: (before.origin, known[0] if known else "")}
        entry = decide(entries, chain.origin, chain.fingerprint, _formerly(former, chain.origin))
    return None if entry is None else _blocked(entry, 0)


def subscriptions(home: Home) -> tuple[Subscription, ...]:
    """Return the lists that the operator subscribed to, as they stand now."""
    own = tuple(_own(home))
    return tuple(_subscription(home, own, address) for address in home.config.trust.subscribed)


def _in_force(home: Home) -> Iterator[Listed]:
    yield from _own(home)
    for each in subscriptions(home):
        if each.purpose == Verdict.BLOCK:
            yield from each.items


def _own(home: Home) -> Iterator[Listed]:
    """Yield what the operator says: by commands, and in the configuration where commands say nothing."""
    rows = home.database.connection.execute(
        "SELECT verdict, name, fingerprint, reason FROM own_word ORDER BY name, fingerprint"
    ).fetchall()
    for verdict, name, fingerprint, reason in rows:
        yield Listed(Verdict(verdict), name, fingerprint, "", reason)
    said = {(name, fingerprint) for _, name, fingerprint, _ in rows}
    trust = home.config.trust
    for verdict, names in ((Verdict.BLOCK, trust.blocked), (Verdict.ALLOW, trust.allowed)):
        for name in names:
            key = ("", name) if is_fingerprint(name) else (name, "")
            if key not in said:
                said.add(key)
                yield Listed(verdict, *key, "", "config.toml says so")


def _subscription(home: Home, own: Sequence[Listed], address: str) -> Subscription:
    try:
        named, id_ = parse_address(address)
    except MalformedError:
        return Subscription(address, "", (), "it is not the address of a statement")
    origin = current_origin(home.database.connection, named, id_)
    current = address_of(origin, id_)
    row = home.logs.get(origin)
    if row is None:
        return Subscription(address, "", (), "its publisher is not followed")
    if not row.own and _hit(own, row, _former(home.database.connection)) is not None:
        return Subscription(address, "", (), "its publisher is blocked")
    found = home.database.connection.execute(
        "SELECT payload FROM entry WHERE log = ? AND id = ? AND op = ?", (row.id, id_, int(Op.PUT))
    ).fetchone()
    if found is None:
        return Subscription(address, "", (), "it is not there: not published yet, withdrawn, or erased")
    try:
        curated = decode(unpack(found[0]))
    except MalformedError:
        curated = None
    if not isinstance(curated, CuratedList):
        return Subscription(address, "", (), "it is no list")
    return Subscription(address, curated.purpose, tuple(_items(curated, current, day_of(home.now()))), None)


def _items(curated: CuratedList, address: str, today: str) -> Iterator[Listed]:
    """Yield what a list says of publishers today; other items are for people."""
    if curated.purpose not in (Verdict.BLOCK, Verdict.ALLOW):
        return
    verdict = Verdict(curated.purpose)
    for item in curated.items[:ITEMS]:
        if word_fault(item.ref, item.fingerprint) or (item.until and item.until < today):
            continue
        reason, _ = best_text(item.text) or ("", "")
        yield Listed(verdict, item.ref, item.fingerprint, address, " ".join(reason.split())[:300])


def _hit(entries: Iterable[Listed], row: LogRow, former: Mapping[str, tuple[str, str]]) -> Listed | None:
    # Nobody's list is about its own publisher: that would be a riddle.
    others = [entry for entry in entries if not entry.by.startswith(f"{row.origin}/e/")]
    return decide(others, row.origin, row.fingerprint, _formerly(former, row.origin))


def _formerly(former: Mapping[str, tuple[str, str]], origin: str) -> tuple[tuple[str, str], ...]:
    """Return origin and fingerprint of all that a log continues, the nearest first."""
    found: dict[str, str] = {}
    while origin in former and former[origin][0] not in found:
        origin, fingerprint = former[origin]
        found[origin] = fingerprint
    return tuple(found.items())


def _former(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Return origin → origin and fingerprint of the log that it continues."""
    return {origin: (before, fingerprint) for before, fingerprint, origin in links(connection)}


def _is_same(before: Blocked | None, hit: Listed | None) -> bool:
    if before is None or hit is None:
        return before is None and hit is None
    return before == _blocked(hit, before.at)


def _blocked(entry: Listed, at: int) -> Blocked:
    return Blocked(entry.name or entry.fingerprint, entry.by, entry.reason, at)


def _settle(connection: sqlite3.Connection, home: Home, row: LogRow, hit: Listed | None) -> None:
    """Block a followed log, or let it be asked and shown again, within the transaction."""
    connection.execute("DELETE FROM blocked WHERE log = ?", (row.id,))
    if hit is None:
        connection.execute("UPDATE source SET next_due = 0 WHERE log = ?", (row.id,))
        log().info("no longer blocked", origin=row.origin)
    else:
        found = _blocked(hit, home.now())
        connection.execute(
            "INSERT INTO blocked (log, name, by, reason, at) VALUES (?, ?, ?, ?, ?)",
            (row.id, found.name, found.by, found.reason, found.at),
        )
        log().warning("blocked", origin=row.origin, reason=str(found))
    # Its projects are others without it.
    connection.execute(QUEUE_LOG, (row.id,))
    queue_neighbours_of_log(connection, row.id)
    queue_targets_of_log(connection, row.id)


def _audit(
    connection: sqlite3.Connection, home: Home, action: str, name: str, actor: str, **detail: str
) -> None:
    note_deed(connection, home.now(), actor, action, name, detail)
