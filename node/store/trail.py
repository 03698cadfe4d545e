"""The audit trail: what operators did, with when, who and why."""

import json
import sqlite3
from collections.abc import Mapping


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
