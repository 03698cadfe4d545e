"""What this node's operator joins and takes out of projects: local, kept with its reason, undone by number.

::

    join    two entries are one thing here, whatever they and others say
    split   an entry stands alone: neither what it claims nor what others say of it joins it
    undo    as if it had not been decided

Nothing of it is in any log; other nodes decide for themselves, and nodes that decided the same have the same
projects. ``db rebuild`` keeps to it, and a successor of a log inherits it: entries are named by address.
"""

import sqlite3
from collections.abc import Iterable

from protocol.origin import parse_address

from .answers.gathering import project_with, projects_of
from .answers.projects import Project
from .answers.resolving import Address, resolve
from .errors import InvalidInputError, NotFoundError
from .home import Home
from .store.joined import JOIN, SPLIT, Decided, decided
from .store.series import current_origin
from .store.trail import note_deed
from .store.waiting import QUEUE

__all__ = ["JOIN", "SPLIT", "Decided", "decisions", "join", "split", "undo"]


def join(home: Home, one: str, other: str, reason: str, actor: str) -> Decided:
    """Have two entries in one project, with all that is together with either.

    Args:
        home: The node.
        one: Address of an entry, or a unique beginning of its id.
        other: The same of another one.
        reason: Why: shown with the project.
        actor: Who decided.

    Raises:
        NotFoundError: One of them is no live entry here.
        AmbiguousError: A beginning fits several statements.
        InvalidInputError: There is no reason, they are one entry, of different kinds, or together already.
    """
    _checked(reason)
    with home.database.write() as connection:
        first, second = resolve(home, one), resolve(home, other)
        if first == second:
            raise InvalidInputError(f"{first} is one entry", hint="name two")
        project = project_with(home, connection, first.origin, first.id)
        kinds = _kind(project, first), _kind(project_with(home, connection, second.origin, second.id), second)
        if str(second) in (member.address for member in project.members):
            hint = "`fedcat project` shows what joins them"
            raise InvalidInputError(f"{first} and {second} are one project already", hint=hint)
        if kinds[0] != kinds[1]:
            hint = "what a service runs on is another thing than the service"
            raise InvalidInputError(f"kind {kinds[0]} and kind {kinds[1]} are never one project", hint=hint)
        return _decide(home, connection, JOIN, (first, second), reason.strip(), actor)


def split(home: Home, ref: str, reason: str, actor: str) -> Decided:
    """Take an entry out of its project: it stands alone, or with what the operator joins it with.

    Args:
        home: The node.
        ref: Its address, or a unique beginning of its id.
        reason: Why: shown with the entry.
        actor: Who decided.

    Raises:
        NotFoundError: It is no live entry here.
        AmbiguousError: A beginning fits several statements.
        InvalidInputError: There is no reason, it is split already, or the operator joined it with another.
    """
    _checked(reason)
    with home.database.write() as connection:
        where = resolve(home, ref)
        project_with(home, connection, where.origin, where.id)
        for each in decided(connection):
            if where in [_now(connection, text) for text in each.addresses]:
                done = "split" if each.action == SPLIT else "joined with another entry"
                hint = f"`fedcat project undo {each.number}` takes that back"
                raise InvalidInputError(f"{where} is {done} here, by decision {each.number}", hint=hint)
        return _decide(home, connection, SPLIT, (where,), reason.strip(), actor)


def undo(home: Home, number: int, reason: str, actor: str) -> Decided:
    """Take a decision back, and return what it was.

    Raises:
        NotFoundError: There is no decision of this number.
        InvalidInputError: There is no reason.
    """
    _checked(reason)
    with home.database.write() as connection:
        for each in decided(connection):
            if each.number == number:
                _queue(home, connection, (_now(connection, text) for text in each.addresses))
                connection.execute("DELETE FROM joining WHERE number = ?", (number,))
                _audit(home, connection, "project undo", each, reason.strip(), actor)
                return each
    raise NotFoundError(f"decision {number}", hint="`fedcat project decisions` lists them")


def decisions(home: Home) -> tuple[Decided, ...]:
    """Return everything that is decided, the oldest first."""
    return decided(home.database.connection)


def _decide(
    home: Home,
    connection: sqlite3.Connection,
    action: str,
    named: tuple[Address, ...],
    reason: str,
    actor: str,
) -> Decided:
    _queue(home, connection, named)
    entry, other = str(named[0]), str(named[1]) if action == JOIN else ""
    now = int(home.now())
    (number,) = connection.execute(
        "INSERT INTO joining (action, entry, entry_id, other, other_id, reason, actor, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
        (action, entry, named[0].id, other, named[1].id if other else None, reason, actor, now),
    ).fetchone()
    found = Decided(number, action, entry, other, reason, actor, now)
    _audit(home, connection, f"project {action}", found, reason, actor)
    return found


def _queue(home: Home, connection: sqlite3.Connection, named: Iterable[Address]) -> None:
    """Have indexed again all that is, or may be, one project with some entries."""
    ids = dict(connection.execute("SELECT origin, id FROM log"))
    keys = [(ids[each.origin], each.id) for each in named if each.origin in ids]
    projects = projects_of(home, connection, keys)
    connection.executemany(QUEUE, sorted({member.key for each in projects for member in each.members}))


def _kind(project: Project, where: Address) -> object:
    return next(member.payload.get("kind") for member in project.members if member.address == str(where))


def _now(connection: sqlite3.Connection, text: str) -> Address:
    """Return the entry that a decision names, in the log in which it stands now."""
    origin, id_ = parse_address(text)
    return Address(current_origin(connection, origin, id_), id_)


def _checked(reason: str) -> None:
    if not reason.strip():
        raise InvalidInputError("a reason is needed", hint="it is kept, and shown with the project")


def _audit(
    home: Home, connection: sqlite3.Connection, action: str, what: Decided, reason: str, actor: str
) -> None:
    detail = {"number": what.number, "entries": what.addresses, "reason": reason}
    note_deed(connection, home.now(), actor, action, what.entry.rpartition("/e/")[0], detail)
