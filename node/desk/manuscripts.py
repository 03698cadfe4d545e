"""What people work on before it is signed: manuscripts, kept per account and log, which never touch the log.

::

    open ── hand in ──▶ waiting ── approve ──▶ sent ──▶ published
      ▲                  │  │                   │
      └──── any change ──┘  └─ refuse ▶ refused │
      └── somebody else's version came first ◀──┘

A manuscript holds the statement as it was typed, however incomplete, and the state of the form it was typed
into. A *sent* one has been given to the sequencer (``node.own.drafts``), and keeps its content until that has
said what became of it: a kill between the two loses nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from node.errors import InvalidInputError, NotFoundError, NotPermittedError
from node.home import Home
from node.own.clearance import own_row
from protocol.leaf import EraseReason, Op
from protocol.packing import Value

from .accounts import Account
from .kept import Manuscript, current, manuscript, own_manuscript

MOST: Final = 200
"""Manuscripts of one account that are not published yet."""

MOST_BYTES: Final = 262_144
"""Of the statement; more than that no log takes."""

MOST_FORM_BYTES: Final = 65_536

KEPT_SECONDS: Final = 30 * 86_400
"""How long what was published is listed."""


def begin(
    home: Home,
    account: Account,
    origin: str,
    payload: Mapping[str, Value],
    *,
    id_: bytes | None = None,
    form: Mapping[str, str] | None = None,
    fixed: Mapping[str, Value] | None = None,
) -> Manuscript:
    """Begin a statement, or a new version of one.

    Args:
        home: The node.
        account: Whose it is.
        origin: The own log that it is for.
        payload: The statement as far as it is written; nothing, to begin a new version with the newest one.
        id_: The statement that it is a new version of.
        form: See ``Manuscript``.
        fixed: See ``Manuscript``.

    Raises:
        NotPermittedError: The account is not for this log.
        NotFoundError: There is no such statement in this log, or nothing of it is left to begin with.
        InvalidInputError: It is too large, or the account has too many.
    """
    expected = None
    if id_ is not None:
        expected, newest = current(home, origin, id_)
        payload = payload or newest
    return _begun(home, account, origin, Op.PUT, id_, expected, payload, form=form, fixed=fixed)


def begin_withdrawal(
    home: Home, account: Account, origin: str, id_: bytes, reason: str = "withdrawn", successor: str = ""
) -> Manuscript:
    """Begin the withdrawal of a statement; see ``begin`` for what it raises."""
    payload: dict[str, Value] = {"type": "withdrawal", "v": 1, "reason": reason}
    if successor:
        payload["successor"] = successor
    expected, _ = current(home, origin, id_)
    return _begun(home, account, origin, Op.WITHDRAW, id_, expected, payload)


def begin_erase(
    home: Home, account: Account, origin: str, id_: bytes, reason: EraseReason = EraseReason.NONE
) -> Manuscript:
    """Begin the erase of all versions of a statement; see ``begin`` for what it raises."""
    own_row(home, origin)
    head = home.logs.store(origin).statement_head(id_)
    if head is None:
        raise NotFoundError(f"own statement {id_.hex()}")
    return _begun(home, account, origin, Op.ERASE, id_, head[0], {}, erase_reason=reason)


def save(
    home: Home,
    account: Account,
    number: int,
    revision: int,
    payload: Mapping[str, Value],
    *,
    form: Mapping[str, str] | None = None,
    expected: int | None = None,
) -> Manuscript:
    """Keep what was typed; one that waited or was refused is open again.

    Args:
        home: The node.
        account: Its author.
        number: The manuscript.
        revision: The one that was on the author's screen.
        payload: The statement as far as it is written.
        form: See ``Manuscript``; None leaves it as it is.
        expected: The version that it comes after, where the author has seen a newer one by now.

    Raises:
        NotFoundError: The account has no such manuscript.
        NotPermittedError: The account is not for its log any more.
        InvalidInputError: It is too large, was changed in another window, or is published.
    """
    found = own_manuscript(home, account, number)
    require_editor(account, found.origin)
    _check_open(found, revision)
    with home.database.write() as connection:
        changed = connection.execute(
            "UPDATE manuscript SET content = ?, form = coalesce(?, form), expected = coalesce(?, expected),"
            " revision = revision + 1, state = 'open', note = '', decided_by = NULL, changed_at = ?"
            " WHERE number = ? AND revision = ? AND state IN ('open', 'waiting', 'refused')",
            (
                _packed(payload, MOST_BYTES, "the statement"),
                None if form is None else _packed(form, MOST_FORM_BYTES, "the form"),
                expected,
                home.now(),
                number,
                revision,
            ),
        ).rowcount
    if not changed:
        raise changed_meanwhile(number)
    return manuscript(home, number)


def discard(home: Home, account: Account, number: int) -> None:
    """Throw a manuscript away.

    Raises:
        NotFoundError: The account has no such manuscript.
        InvalidInputError: It is with the sequencer.
    """
    found = own_manuscript(home, account, number)
    if found.state == "sent":
        raise InvalidInputError(f"draft {number} is being published", hint="look again in a moment")
    with home.database.write() as connection:
        connection.execute("DELETE FROM manuscript WHERE number = ? AND state <> 'sent'", (number,))


def require_editor(account: Account, origin: str) -> None:
    """Let nobody write for a log that the account is not for.

    Raises:
        NotPermittedError: It is not.
    """
    if not account.may_edit(origin):
        hint = f"`fedcat account allow {account.name}` gives it a role there"
        raise NotPermittedError(f"the account {account.name} is not for {origin}", "editor", hint)


def changed_meanwhile(number: int) -> InvalidInputError:
    """Return the refusal of a change to what is not there any more as it was seen."""
    hint = "look at it again, and repeat what is missing there"
    return InvalidInputError(f"draft {number} was changed or sent in another window", hint=hint)


def _begun(
    home: Home,
    account: Account,
    origin: str,
    op: Op,
    id_: bytes | None,
    expected: int | None,
    payload: Mapping[str, Value],
    *,
    form: Mapping[str, str] | None = None,
    fixed: Mapping[str, Value] | None = None,
    erase_reason: EraseReason = EraseReason.NONE,
) -> Manuscript:
    row, now = own_row(home, origin), home.now()
    require_editor(account, origin)
    content = _packed(payload, MOST_BYTES, "the statement")
    filled = _packed(form or {}, MOST_FORM_BYTES, "the form")
    held = _packed(fixed or {}, MOST_FORM_BYTES, "what is fixed")
    with home.database.write() as connection:
        connection.execute(
            "DELETE FROM manuscript WHERE state = 'published' AND changed_at <= ?", (now - KEPT_SECONDS,)
        )
        (count,) = connection.execute(
            "SELECT count(*) FROM manuscript WHERE author = ? AND state <> 'published'", (account.id,)
        ).fetchone()
        if count >= MOST:
            hint = "publish some, or throw them away"
            raise InvalidInputError(f"the account {account.name} has {MOST} drafts", hint=hint)
        cursor = connection.execute(
            "INSERT INTO manuscript (log, author, op, id, expected, erase_reason, content, form, fixed,"
            " created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (row.id, account.id, op, id_, expected, erase_reason, content, filled, held, now, now),
        )
    return manuscript(home, int(cursor.lastrowid or 0))


def _check_open(found: Manuscript, revision: int) -> None:
    if found.op is Op.ERASE:
        raise InvalidInputError("an erase says nothing that could be changed")
    if found.revision != revision or found.state in ("sent", "published"):
        raise changed_meanwhile(found.number)


def _packed(value: Mapping[str, Any], most: int, what: str) -> bytes:
    try:
        data = msgspec.msgpack.encode(value)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidInputError(f"{what} cannot be kept: {error}") from error
    if len(data) > most:
        raise InvalidInputError(f"{what} is larger than {most:,} bytes", hint="shorten it")
    return data
