"""Publishing for whoever holds a token: what a request asks for, checked, done once, and written down.

::

    {"statement": {"type": "use", …}}                              a new statement
    {"statement": {…}, "id": "3f2a…", "expected": 41}              a new version of one
    {"op": "withdraw", "id": "3f2a…", "expected": 41, "reason": "merged", "successor": "…"}

A request with an idempotency key is remembered in the transaction that stores its draft. The same request
once more is answered with what became of the first one, whatever came between: a lost answer, a kill, or a
node that may not sign for a while. Which version that was, follows from what was expected: of all versions of
a statement one alone comes after it.
"""

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import msgspec

from protocol.blob import SALT
from protocol.errors import MalformedError
from protocol.leaf import NEW, Op
from protocol.origin import address, parse_address
from protocol.packing import Value, pack, unpack
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .answers.texts import moment
from .errors import (
    EditConflictError,
    InvalidInputError,
    LockedError,
    NotFoundError,
    NotPermittedError,
    counted,
)
from .home import Home
from .own.clearance import own_row
from .own.drafts import is_waiting
from .own.sequencer import Draft, Receipt, publish, sequence
from .privacy.lint import lint
from .store.logstore import LogStore
from .tokens import WITHDRAW, Token, note_use

KEPT_SECONDS: Final = 7 * 86_400
"""How long an idempotency key is remembered."""

_NEEDED: Final = {
    "statement": "Add the statement as a map.",
    "id": "Say what is to be withdrawn, by its id or address.",
    "expected": "Give the index of the version that you saw.",
}
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Posted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be published: one statement, or its withdrawal.

    Attributes:
        op: ``put`` or ``withdraw``.
        statement: Of a put: the statement; ``type``, ``v`` and ``modified`` fill themselves in.
        id: The statement that this is a new version of, by id or address; a new one without.
        expected: Index of the version that this one comes after; with ``id`` only, and needed there.
        reason: Of a withdrawal: why.
        successor: Of a withdrawal: what takes the statement's place, an address or URL.
        dry_run: Only check it.
    """

    op: Literal["put", "withdraw"] = "put"
    statement: dict[str, Any] | None = None
    id: str | None = None
    expected: int | None = None
    reason: str | None = None
    successor: str | None = None
    dry_run: bool = False


# msgspec looks at a struct when it is first used, and crashes when two threads do so at once.
msgspec.json.Decoder(Posted)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request.

    Attributes:
        receipt: What the sequencer said; None of what was only checked.
        problems: What is worth a second look in the statement.
        warnings: What in it seems to be about a person.
        is_repeated: Whether this is the outcome of an earlier request with the same key.
    """

    receipt: Receipt | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Once:
    """A key under which a request is done once, and what tells that request from another one."""

    key: str
    request: bytes

    def hash(self, data: bytes) -> bytes:
        """Return what is kept of something in place of itself: nothing that can be read, or be guessed."""
        return hashlib.sha256(self.key.encode() + b"\0" + data).digest()


async def post(home: Home, token: Token, posted: Posted, body: bytes, key: str | None) -> Outcome:
    """Publish what a token's holder asks for.

    Args:
        home: The node.
        token: A valid token.
        posted: What is asked for.
        body: The same as it was sent.
        key: Under which it is done only once; None to do it each time.

    Raises:
        NotPermittedError: The token is not for this.
        InvalidInputError: Something in it is wrong, all of it at once; or the key belongs to another request.
        NotFoundError: There is no such statement in the token's log.
        EditConflictError: It was written against another version than the newest.
        LockedError: The same request is being answered right now.
        KeyFileError: The log's keys cannot be used; the draft waits.
    """
    once = None
    if key is not None and not posted.dry_run:
        once = _Once(key, body)
        repeated = await _repeated(home, token, once)
        if repeated is not None:
            return repeated
    draft, problems = _checked(home, token, posted)
    warnings = lint(draft.payload or {})
    if posted.dry_run:
        return Outcome(None, problems, warnings)

    def also(connection: sqlite3.Connection, ids: tuple[bytes, ...]) -> None:
        note_use(connection, token, f"api {posted.op}", address(token.origin, ids[0]), home.now())
        if once is not None:
            _remember(connection, token, once, draft, ids[0], home.now())

    try:
        receipt = await publish(home, token.origin, [draft], also=also)
    except sqlite3.IntegrityError as error:
        raise LockedError("the idempotency key") from error
    return Outcome(receipt, problems, warnings)


def version_after(store: LogStore, id_: bytes, former: int) -> int | None:
    """Return the index of the version of a statement that came after another one, None without any."""
    return next((index for index, leaf in store.versions(id_) if leaf.prev == former), None)


def type_of(store: LogStore, id_: bytes) -> str:
    """Return the type of what a statement said last; empty when all of it is gone."""
    for index, leaf in store.versions(id_):
        blob = store.kept_blob(index) if leaf.op == Op.PUT else None
        if blob is not None:
            payload = unpack(blob[SALT:])
            return str(payload.get("type")) if isinstance(payload, dict) else ""
    return ""


def _checked(home: Home, token: Token, posted: Posted) -> tuple[Draft, tuple[Problem, ...]]:
    """Return the draft of a request, and what is worth a second look in it."""
    _refuse(_shape_faults(posted))
    payload, place = _payload(home, posted)
    _permit(token, WITHDRAW if posted.op == WITHDRAW else str(payload["type"]))
    id_ = None if posted.id is None else _id_of(token, posted.id)
    if id_ is not None:
        _check_former(home, token, posted, id_, payload)
    found = [replace(each, pointer=place + each.pointer) for each in validate(payload, written_here=True)]
    _refuse([each for each in found if each.severity == ERROR])
    op = Op.WITHDRAW if posted.op == WITHDRAW else Op.PUT
    return Draft(op, id_, payload, posted.expected), tuple(found)


def _refuse(faults: Sequence[Problem]) -> None:
    if faults:
        raise InvalidInputError(f"{counted(len(faults), 'problem')}; nothing was published", tuple(faults))


def _shape_faults(posted: Posted) -> list[Problem]:
    """Return what is missing in a request, or does not belong together."""
    is_put, is_edit = posted.op == "put", posted.id is not None
    needed = {"statement": is_put, "id": not is_put, "expected": is_edit}
    allowed = {"statement": is_put, "reason": not is_put, "successor": not is_put, "expected": is_edit}
    missing = [name for name, is_needed in needed.items() if is_needed and getattr(posted, name) is None]
    strange = [name for name, is_ok in allowed.items() if not is_ok and getattr(posted, name) is not None]
    return [
        *(Problem(f"/{name}", f"{name} is missing.", _NEEDED[name], ERROR) for name in missing),
        *(Problem(f"/{name}", f"{name} does not belong here.", "Leave it out.", ERROR) for name in strange),
    ]


def _payload(home: Home, posted: Posted) -> tuple[dict[str, Value], str]:
    """Return what is to be published, and the pointer to it within the request."""
    if posted.op == "put":
        defaults: dict[str, Value] = {"type": "entry", "v": 1, "modified": moment(home.now())}
        return {**defaults, **(posted.statement or {})}, "/statement"
    payload: dict[str, Value] = {"type": "withdrawal", "v": 1, "reason": posted.reason or "withdrawn"}
    return payload | ({"successor": posted.successor} if posted.successor else {}), ""


def _permit(token: Token, scope: str) -> None:
    if scope not in token.scopes:
        raise NotPermittedError(f"the token {token.name} is for {', '.join(token.scopes)}", scope)


def _id_of(token: Token, ref: str) -> bytes:
    if _ID.fullmatch(ref):
        return bytes.fromhex(ref)
    try:
        origin, id_ = parse_address(ref)
    except MalformedError:
        hint = "32 hexadecimal digits, or the statement's address"
        _refuse([Problem("/id", "This is no statement.", hint, ERROR)])
        raise
    if origin != token.origin:
        raise NotPermittedError(f"the token {token.name} is for {token.origin} alone", "")
    return id_


def _check_former(home: Home, token: Token, posted: Posted, id_: bytes, payload: dict[str, Value]) -> None:
    """Refuse what would come after another version, or over a statement of a type the token is not for."""
    store = home.logs.store(token.origin)
    head = store.statement_head(id_)
    if head is None:
        raise NotFoundError(f"statement {address(token.origin, id_)}")
    type_ = type_of(store, id_)
    _permit(token, type_)
    if posted.op == "put" and payload["type"] != type_:
        _refuse([Problem("/statement/type", f"This statement is of type {type_}.", f"Use {type_}.", ERROR)])
    if head[0] != posted.expected:
        raise EditConflictError(id_, posted.expected, head[0])


def _remember(
    connection: sqlite3.Connection, token: Token, once: _Once, draft: Draft, id_: bytes, now: int
) -> None:
    connection.execute("DELETE FROM idempotency WHERE at < ?", (now - KEPT_SECONDS,))
    content = once.hash(pack(draft.payload))
    connection.execute(
        "INSERT INTO idempotency (token, key, request, content, id, expected, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (token.id, once.key, once.hash(once.request), content, id_, draft.expected, now),
    )


async def _repeated(home: Home, token: Token, once: _Once) -> Outcome | None:
    """Return what became of the first request with this key; None when there was none, or it was refused."""
    connection = home.database.connection
    row = connection.execute(
        "SELECT request, content, id, expected FROM idempotency WHERE token = ? AND key = ?",
        (token.id, once.key),
    ).fetchone()
    if row is None:
        return None
    request, content, id_, expected = row
    if request != once.hash(once.request):
        hint = "use a new key for each request, and the same one to send it again"
        raise InvalidInputError("this idempotency key was used for another request", hint=hint)
    why_not = None
    if is_waiting(connection, own_row(home, token.origin).id, id_):
        why_not = await asyncio.to_thread(sequence, home, token.origin)
    index = version_after(home.logs.store(token.origin), id_, NEW if expected is None else expected)
    log = own_row(home, token.origin)
    if index is not None and _is(home.logs.store(token.origin), index, content, once):
        is_signed = index < log.signed_size
        why = None if is_signed else why_not
        return Outcome(Receipt((index,), (id_,), log.size, is_signed, why), is_repeated=True)
    if is_waiting(connection, log.id, id_):
        return Outcome(Receipt((), (id_,), log.size, signed=False, why_not=why_not), is_repeated=True)
    # It was refused in the end: somebody else's version came first. That is said once more, and truly.
    with home.database.write():
        connection.execute("DELETE FROM idempotency WHERE token = ? AND key = ?", (token.id, once.key))
    return None


def _is(store: LogStore, index: int, content: bytes, once: _Once) -> bool:
    """Tell whether a version is what was asked for, and not somebody else's in its place."""
    blob = store.kept_blob(index)
    return blob is None or once.hash(blob[SALT:]) == content
