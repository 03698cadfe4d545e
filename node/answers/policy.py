"""This node's view of its publishers: who speaks for whom, who controls what, who comes first.

Derived from the logs that are here, what was verified about their publishers, and the
operator's configuration. Two nodes with the same of all three give the same answers.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from federation.standing import Facts, Proven, Rules, in_precedence, owns
from node.home import Home


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
    """

    publishers: Mapping[int, Publisher]
    rules: Rules
    facts: Facts

    def owned(self, origin: str, identifiers: Iterable[str]) -> frozenset[str]:
        """Return those of some identifiers that a publisher controls."""
        return frozenset(each for each in identifiers if owns(self.rules, self.facts, origin, each))


def policy_of(home: Home, connection: sqlite3.Connection) -> Policy:
    """Return what holds at this moment."""
    rows = connection.execute("SELECT id, origin, fingerprint FROM log ORDER BY own DESC, id").fetchall()
    rules = home.config.rules
    facts = {origin: Proven(fingerprint) for _, origin, fingerprint in rows}
    order = in_precedence(rules, facts, [origin for _, origin, _ in rows])
    places = {origin: place for place, origin in enumerate(order)}
    publishers = {log: Publisher(origin, origin.partition("/")[0], places[origin]) for log, origin, _ in rows}
    return Policy(publishers, rules, facts)
