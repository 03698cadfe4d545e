"""What this node's operator does not want here: hidden, or taken down. Local, kept with its reason.

::

    hide       not found by search, in no project; still kept, and served as the file of its log
    takedown   no content here: deleted from every file, 451 wherever it is asked for, never fetched again,
               newer versions neither
    restore    as if nothing had been decided; what was taken down is fetched again

Nothing of it is in any log: heads, leaves, proofs made elsewhere and cosignatures stay as they are, and other
nodes decide for themselves. ``db rebuild`` keeps to it. A successor of the log inherits it.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from .answers.resolving import Address, resolve
from .errors import InvalidInputError, NotFoundError
from .home import Home
from .store.deciding import Also, carry_out, undo
from .store.logs import LogRow
from .store.moderated import HIDE, TAKEDOWN, Moderated, moderated, moderation_of
from .store.trail import note_deed
from .successors import series_of

__all__ = ["HIDE", "TAKEDOWN", "Decision", "decisions", "moderate", "restore"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about one statement.

    Attributes:
        address: The statement's address.
        what: What was decided, when, by whom and why.
    """

    address: str
    what: Moderated


def moderate(home: Home, ref: str, action: str, reason: str, actor: str) -> tuple[Decision, ...]:
    """Hide a statement, or take it down, also in the logs that continue its log.

    Args:
        home: The node.
        ref: Its address, or a unique beginning of its id.
        action: ``HIDE`` or ``TAKEDOWN``.
        reason: Why, for those who come later; of a takedown the public is told.
        actor: Who decided.

    Returns:
        What is decided now.

    Raises:
        NotFoundError: No carried log has such a statement.
        AmbiguousError: More than one has.
        InvalidInputError: There is no reason, it is decided already, or the statement is this node's own,
            which its publisher can withdraw or erase.
        LockedError: Another process kept writing the log.
    """
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="it is kept, and shown by `fedcat moderate list`")
    where = resolve(home, ref)
    before = moderation_of(home.database.connection, home.logs.store(where.origin).id, where.id)
    if before is not None and action in (before.action, HIDE):
        done = "hidden" if before.action == HIDE else "taken down"
        raise InvalidInputError(f"{where} is {done} already", hint="`fedcat moderate restore` undoes it")
    rows = list(_series(home, where))
    if action == TAKEDOWN and any(row.own for row in rows):
        hint = "`fedcat entry withdraw` or `fedcat entry erase` takes it back, for everybody"
        raise InvalidInputError(f"{where} is a statement of this node itself", hint=hint)
    decided = Moderated(action, reason.strip(), actor, home.now())
    for row in rows:
        also = _audit(home, row, where.id, f"moderate {action}", decided.reason, actor)
        carry_out(home.logs.store(row.origin), {where.id: decided}, also)
    return tuple(Decision(str(Address(row.origin, where.id)), decided) for row in rows)


def restore(home: Home, ref: str, reason: str, actor: str) -> tuple[str, ...]:
    """Undo what was decided about a statement; content that was taken down is fetched with the next round.

    Returns:
        The addresses that are as before.

    Raises:
        NotFoundError: No carried log has such a statement, or nothing was decided about it.
        AmbiguousError: More than one statement fits.
        InvalidInputError: There is no reason.
        LockedError: Another process kept writing the log.
    """
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="say what changed since it was decided")
    where = resolve(home, ref)
    undone = []
    for row in _series(home, where):
        if moderation_of(home.database.connection, row.id, where.id) is not None:
            also = _audit(home, row, where.id, "moderate restore", reason.strip(), actor)
            undo(home.logs.store(row.origin), where.id, also)
            undone.append(str(Address(row.origin, where.id)))
    if not undone:
        raise NotFoundError(f"a decision about {where}", hint="`fedcat moderate list` shows what there is")
    return tuple(undone)


def decisions(home: Home) -> tuple[Decision, ...]:
    """Return everything that is decided, by address."""
    connection = home.database.connection
    return tuple(
        Decision(str(Address(row.origin, id_)), what)
        for row in home.logs.all()
        for id_, what in moderated(connection, row.id).items()
    )


def _series(home: Home, where: Address) -> Iterator[LogRow]:
    """Yield the log of a statement and those that it continues, or that continue it."""
    for origin in series_of(home, where.origin):
        row = home.logs.get(origin)
        if row is not None:
            yield row


def _audit(home: Home, row: LogRow, id_: bytes, action: str, reason: str, actor: str) -> Also:
    """Return what writes down who decided what, and why."""

    def write(connection: sqlite3.Connection) -> None:
        note_deed(connection, home.now(), actor, action, row.origin, {"id": id_.hex(), "reason": reason})

    return write
