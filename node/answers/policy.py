"""This node's view of its publishers: who speaks for whom, who controls what, who comes first.

Derived from the logs that are here, what was verified about their publishers, and the
operator's configuration. Two nodes with the same of all three give the same answers.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import msgpack

from federation.identity import identifiers_of
from federation.standing import REPOSITORY, Facts, Rules, in_precedence, is_curator, owns
from node.home import Home
from node.standing import facts as verified_facts
from node.standing import lapse_after, publishers_in_order
from node.store.database import state_of
from node.store.joined import Decided, decided
from node.store.references import queue_all_targets
from node.store.restraints import blocked_logs
from node.store.waiting import QUEUE_SHARING


@dataclass(frozen=True, slots=True)
class Publisher:
    """One log, as answers see it.

    Attributes:
        origin: Its origin.
        voice: Who speaks. Publishers at one host count as one where independent ones are counted.
        precedence: Its place where nobody has standing; the first is 0.
    """

    origin: str
    voice: str
    precedence: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom this node believes first.

    Attributes:
        publishers: By the database's number of the log.
        rules: The operator's.
        facts: What is verified, by origin.
        decisions: What the operator joined and took out of projects, the oldest first.
    """

    publishers: Mapping[int, Publisher]
    rules: Rules
    facts: Facts
    decisions: tuple[Decided, ...] = ()

    def may_own(self, origin: str) -> bool:
        """Tell whether a publisher can control anything: few do, and identifiers are dear to read."""
        known = self.facts.get(origin)
        return bool(self.rules.standing) or (known is not None and bool(known.domains or known.repositories))

    def is_curator(self, origin: str) -> bool:
        """Tell whether a publisher's links count for everybody's entries."""
        return is_curator(self.rules, self.facts, origin)

    def owned(self, origin: str, identifiers: Iterable[str]) -> frozenset[str]:
        """Return those of some identifiers that a publisher controls."""
        return frozenset(each for each in identifiers if owns(self.rules, self.facts, origin, each))


@dataclass(slots=True)
class _Remembered:
    """A policy, for which state of the database and time it holds, and its digest once that was asked for."""

    policy: Policy
    state: tuple[int, int]
    since: int
    until: int
    digest: str = ""


# Each thread has a connection of its own. Most questions come between two changes of the database.
_REMEMBERED: Final[WeakKeyDictionary[sqlite3.Connection, _Remembered]] = WeakKeyDictionary()


def policy_of(home: Home, connection: sqlite3.Connection) -> Policy:
    """Return what holds at this moment; read again when the database has changed or a proof lapsed."""
    return _remembered(home, connection).policy


def is_shown(home: Home, connection: sqlite3.Connection) -> bool:
    """Report whether the index was last made to show the policy of this moment; see ``show_policy``."""
    remembered = _remembered(home, connection)
    if not remembered.digest:
        remembered.digest = _digest(remembered.policy)
    return _is_shown(connection, remembered.digest)


def _remembered(home: Home, connection: sqlite3.Connection) -> _Remembered:
    state, now, found = state_of(connection), home.now(), _REMEMBERED.get(connection)
    if (
        found is None
        or found.state != state
        or not found.since <= now < found.until
        or found.policy.rules != home.config.rules
    ):
        policy = _read(home, connection)
        # Most changes of the database are none of whom this node believes; a digest costs more than a look.
        digest = found.digest if found is not None and found.policy == policy else ""
        found = _Remembered(policy, state, now, lapse_after(connection, now), digest)
        _REMEMBERED[connection] = found
    return found


def _read(home: Home, connection: sqlite3.Connection) -> Policy:
    rules, facts = home.config.rules, verified_facts(connection, home.now())
    order = in_precedence(rules, facts, publishers_in_order(connection))
    places = {origin: place for place, origin in enumerate(order)}
    blocked = blocked_logs(connection)
    publishers = {
        log: Publisher(origin, origin.partition("/")[0], places[origin])
        for log, origin in connection.execute("SELECT id, origin FROM log")
        if log not in blocked
    }
    return Policy(publishers, rules, facts, decided(connection))


def shared_repositories(home: Home) -> list[tuple[int, str]]:
    """Return (log, repository) wherever two logs or more have entries that name the same one.

    These are worth asking who they belong to; for ``node.standing.check_claims``.
    """
    with home.database.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT e.log, e.payload FROM identity AS i"
            " JOIN entry AS e ON e.log = i.log AND e.id = i.id WHERE i.identifier IN"
            " (SELECT identifier FROM identity GROUP BY identifier HAVING count(DISTINCT log) > 1)"
        )
        named: dict[str, set[int]] = {}
        for log, payload in rows:
            for identifier in identifiers_of(msgpack.unpackb(payload)):
                named.setdefault(identifier, set()).add(log)
    return [
        (log, identifier.removeprefix(REPOSITORY))
        for identifier, logs in sorted(named.items())
        if identifier.startswith(REPOSITORY) and len(logs) > 1
        for log in sorted(logs)
    ]


def show_policy(home: Home) -> bool:
    """Have indexed again what several entries share, where whom this node believes has changed.

    By a proof that came or lapsed, a rule, another order, or a log that is followed since.

    Returns:
        Whether anything changed.
    """
    with home.database.read() as connection:
        if _is_shown(connection, _digest(policy_of(home, connection))):
            # Asked every minute: writers need not wait for that.
            return False
    with home.database.write() as connection:
        digest = _digest(policy_of(home, connection))
        if _is_shown(connection, digest):
            return False
        connection.execute(QUEUE_SHARING)
        queue_all_targets(connection)
        connection.execute("DELETE FROM shown_policy")
        connection.execute("INSERT INTO shown_policy (digest) VALUES (?)", (digest,))
    return True


def _is_shown(connection: sqlite3.Connection, digest: str) -> bool:
    shown: tuple[str] | None = connection.execute("SELECT digest FROM shown_policy").fetchone()
    return shown == (digest,)


def _digest(policy: Policy) -> str:
    known = [
        (origin, proven.fingerprint, sorted(proven.domains), sorted(proven.repositories))
        for origin, proven in sorted(policy.facts.items())
    ]
    order = sorted((publisher.origin, publisher.precedence) for publisher in policy.publishers.values())
    return hashlib.sha256(repr((policy.rules, known, order)).encode()).hexdigest()
