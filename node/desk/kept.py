"""Manuscripts as they are kept: who may see which, and what became of those that were sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from node.errors import NotFoundError
from node.home import Home
from node.own.clearance import own_row
from node.own.drafts import is_waiting
from node.posting import version_after
from node.store.logstore import LogStore
from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import NEW, EraseReason, Op
from protocol.packing import Value, unpack

from .accounts import Account

State = Literal["open", "waiting", "refused", "sent", "published"]


@dataclass(frozen=True, slots=True)
class Manuscript:
    """What somebody works on.

    Attributes:
        number: What it is called here; never given twice.
        origin: The own log that it is for.
        author: Name of the account.
        op: Put, withdraw or erase.
        id: The statement that it changes; None for a new one that was not sent yet.
        expected: Index of the version that its author saw; None for a new statement.
        erase_reason: Of an erase.
        payload: The statement, or the tombstone of a withdrawal, as typed; empty of an erase, and once
            published.
        form: Input → text, for whatever shows a form: what is no part of the statement, such as a language
            that was opened and holds nothing yet.
        fixed: Fields of the statement that its author cannot change: who reported it.
        acknowledged: Keys of the findings about people that its author has looked at.
        revision: Rises with each change of what it says.
        state: See this module.
        note: Why it was refused.
        decided_by: Name of the account that approved or refused it.
        index: Where it stands in the log, once published; None of an erase.
        created_at: POSIX seconds.
        changed_at: POSIX seconds.
    """

    number: int
    origin: str
    author: str
    op: Op
    id: bytes | None
    expected: int | None
    erase_reason: EraseReason
    payload: Mapping[str, Value]
    form: Mapping[str, str]
    fixed: Mapping[str, Value]
    acknowledged: frozenset[str]
    revision: int
    state: State
    note: str
    decided_by: str | None
    index: int | None
    created_at: int
    changed_at: int

    @property
    def is_approved(self) -> bool:
        """Whether somebody else said yes to it, and it is signed, or is as soon as the node may sign."""
        return self.state in ("sent", "published") and self.decided_by not in (None, self.author)


def own_manuscript(home: Home, account: Account, number: int) -> Manuscript:
    """Return a manuscript of an account's own.

    Raises:
        NotFoundError: It has none of this number.
    """
    found = manuscript(home, number)
    if found.author != account.name:
        raise _none(number)
    return found


def visible(home: Home, account: Account, number: int) -> Manuscript:
    """Return a manuscript that an account may see.

    These are its own, and where it may approve what waits and what it approved.

    Raises:
        NotFoundError: There is none of this number that it may see.
    """
    found = manuscript(home, number)
    if found.author != account.name:
        is_for_it = found.state == "waiting" or (found.is_approved and found.decided_by == account.name)
        if not (is_for_it and account.may_approve(found.origin)):
            raise _none(number)
    return found


def manuscripts(home: Home, account: Account) -> tuple[Manuscript, ...]:
    """Return all that an account may see, what changed last first."""
    rows = home.database.connection.execute(
        f"{_SELECT} WHERE m.author = ? OR m.state = 'waiting' ORDER BY m.changed_at DESC, m.number DESC",
        (account.id,),
    ).fetchall()
    found = [_settled(home, row) for row in rows]
    return tuple(each for each in found if each.author == account.name or account.may_approve(each.origin))


def manuscript(home: Home, number: int) -> Manuscript:
    """Return a manuscript, whosever it is.

    Raises:
        NotFoundError: There is none of this number.
    """
    row = home.database.connection.execute(f"{_SELECT} WHERE m.number = ?", (number,)).fetchone()
    if row is None:
        raise _none(number)
    return _settled(home, row)


def current(home: Home, origin: str, id_: bytes) -> tuple[int, Mapping[str, Value]]:
    """Return the index of the newest version of an own statement, and what was said last in it.

    Raises:
        NotFoundError: There is none, or its content is gone.
    """
    own_row(home, origin)
    store = home.logs.store(origin)
    versions = list(store.versions(id_))
    for index, leaf in versions:
        if leaf.op == Op.PUT and (blob := store.kept_blob(index)) is not None:
            return versions[0][0], content_of(blob)
    raise NotFoundError(f"own statement {id_.hex()}", hint="`fedcat entry history` shows what became of it")


def content_of(blob: bytes) -> Mapping[str, Value]:
    """Return what a blob says; nothing of one that is no statement."""
    try:
        payload = unpack(blob[SALT:])
    except MalformedError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _none(number: int) -> NotFoundError:
    return NotFoundError(f"draft {number}", hint="`fedcat draft list` shows all of an account")


_SELECT: Final = (
    "SELECT m.number, log.origin, a.name, m.op, m.id, m.expected, m.erase_reason, m.content, m.form, m.fixed,"
    " m.acknowledged, m.revision, m.state, m.note, d.name, m.idx, m.created_at, m.changed_at, m.log"
    " FROM manuscript AS m JOIN log ON log.id = m.log JOIN account AS a ON a.id = m.author"
    " LEFT JOIN account AS d ON d.id = m.decided_by"
)


def _settled(home: Home, row: tuple[Any, ...]) -> Manuscript:
    """Return the manuscript of a row, of a sent one with what has become of it."""
    number, origin, author, op, id_, expected, erase_reason, content, form, fixed, *rest = row
    acknowledged, revision, state, note, decided_by, index, created_at, changed_at, log = rest
    if state == "sent":
        connection = home.database.connection
        if is_waiting(connection, log, id_):
            pass
        elif (
            op == Op.ERASE
            or (index := _published_at(home.logs.store(origin), id_, expected, content)) is not None
        ):
            state, content, form = "published", None, None
            _write_down(home, number, "state = 'published', content = NULL, form = NULL, idx = ?", index)
        else:
            # Somebody else's version came first, so it is its author's again.
            state, decided_by = "open", None
            id_ = id_ if expected is not None else None
            _write_down(home, number, "state = 'open', decided_by = NULL, id = ?", id_)
    return Manuscript(
        number,
        origin,
        author,
        Op(op),
        id_,
        expected,
        EraseReason(erase_reason),
        {} if content is None else msgspec.msgpack.decode(content),
        {} if form is None else msgspec.msgpack.decode(form),
        {} if fixed is None else msgspec.msgpack.decode(fixed),
        frozenset(acknowledged.split()),
        revision,
        state,
        note,
        decided_by,
        index,
        created_at,
        changed_at,
    )


def _write_down(home: Home, number: int, what: str, value: object) -> None:
    with home.database.write() as connection:
        connection.execute(
            f"UPDATE manuscript SET {what} WHERE number = ? AND state = 'sent'",  # noqa: S608 - our own text
            (value, number),
        )


def _published_at(store: LogStore, id_: bytes, expected: int | None, content: bytes) -> int | None:
    """Return the index of the version that a sent manuscript became; None when that is another one."""
    index = version_after(store, id_, NEW if expected is None else expected)
    blob = None if index is None else store.kept_blob(index)
    is_it = blob is None or content_of(blob) == msgspec.msgpack.decode(content)
    return index if is_it else None
