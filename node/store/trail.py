"""The audit trail: what operators did and who published, with when, who and why."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from protocol.origin import address

MOST_NAMED: Final = 10
"""Statements of one step that are named in the trail; of more it says how many."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does what.

    Attributes:
        actor: Who.
        action: The command, as people type it.
    """

    actor: str
    action: str


def note_deed(
    connection: sqlite3.Connection,
    at: int,
    actor: str,
    action: str,
    origin: str,
    detail: Mapping[str, object],
) -> None:
    """Write down what somebody does, within the transaction that does it.

    Args:
        connection: In a transaction.
        at: POSIX seconds.
        actor: Who.
        action: The command, as people type it.
        origin: The log, or the name, that it is about.
        detail: What else there is to know; any JSON.
    """
    connection.execute(
        "INSERT INTO audit (at, actor, action, origin, detail) VALUES (?, ?, ?, ?, ?)",
        (at, actor, action, origin, json.dumps(detail)),
    )


def note_published(
    connection: sqlite3.Connection, at: int, doing: Doing, origin: str, ids: Sequence[bytes]
) -> None:
    """Write down that statements are published, in one line, within the transaction that stores them.

    Args:
        connection: In a transaction.
        at: POSIX seconds.
        doing: Who publishes, and how.
        origin: The own log.
        ids: Of the statements; of an erase once for each version.
    """
    known = tuple(dict.fromkeys(ids))
    named = [address(origin, id_) for id_ in known[:MOST_NAMED]]
    note_deed(
        connection, at, doing.actor, doing.action, origin, {"statements": len(known), "addresses": named}
    )
