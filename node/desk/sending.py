"""From a manuscript to the log: handed in, approved by somebody else where that is asked for, signed.

With four eyes (``desk.four_eyes``) a manuscript waits for the yes of an approver who did not write it; any
change takes it back. Without, its author sends it. Nothing is sent with errors, with findings about people
that its author has not looked at, or over somebody else's newer version.
"""

import sqlite3
from collections.abc import Collection

import msgspec

from node.errors import EditConflictError, InvalidInputError, NodeError, NotPermittedError
from node.home import Home
from node.own.sequencer import Draft, Receipt, publish
from node.store.trail import note_deed
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value
from protocol.problem import ERROR

from .accounts import Account
from .kept import Manuscript, manuscript, own_manuscript, visible
from .looking import conflict, findings, problems_of, stated
from .manuscripts import changed_meanwhile, require_editor


def acknowledge(home: Home, account: Account, number: int, keys: Collection[str]) -> Manuscript:
    """Write down that the author has looked at findings about people, and means what is there.

    Raises:
        NotFoundError: The account has no such manuscript.
        InvalidInputError: A key is of no finding, or the manuscript is sent or published.
    """
    found = own_manuscript(home, account, number)
    _check_unsent(found)
    known = {each.key for each in findings(found)}
    if strange := sorted(set(keys) - known):
        hint = "look at the draft again: what was found has changed"
        raise InvalidInputError(f"nothing was found under {strange[0]!r}", hint=hint)
    with home.database.write() as connection:
        # Those of texts that are not there any more are forgotten.
        kept = sorted((found.acknowledged | set(keys)) & known)
        connection.execute(
            "UPDATE manuscript SET acknowledged = ? WHERE number = ?", (" ".join(kept), number)
        )
    return manuscript(home, number)


def hand_in(home: Home, account: Account, number: int, revision: int) -> Manuscript:
    """Give a manuscript to whoever may approve it.

    Raises:
        NotFoundError: The account has no such manuscript.
        NotPermittedError: The account is not for its log any more.
        InvalidInputError: It has errors or findings nobody looked at, or was changed or sent meanwhile.
        EditConflictError: Somebody else's version came first.
    """
    found = own_manuscript(home, account, number)
    _check_ready(home, account, found, revision)
    with home.database.write() as connection:
        _move(connection, found, "waiting", None, home.now())
        _note(connection, home, account, "draft hand-in", found, {})
    return manuscript(home, number)


def refuse(home: Home, account: Account, number: int, revision: int, reason: str) -> Manuscript:
    """Say no to a manuscript that waits; its author sees the reason and may change it.

    Raises:
        NotFoundError: Nothing of this number waits where the account may approve.
        NotPermittedError: The account wrote it.
        InvalidInputError: There is no reason, or it was changed meanwhile.
    """
    found = visible(home, account, number)
    _check_approver(account, found, revision)
    if not (reason := reason.strip()):
        raise InvalidInputError("a refusal needs a reason", hint="its author has to know what to change")
    with home.database.write() as connection:
        _move(connection, found, "refused", account.id, home.now(), reason)
        _note(connection, home, account, "draft refuse", found, {"reason": reason})
    return manuscript(home, number)


async def approve(home: Home, account: Account, number: int, revision: int) -> Receipt:
    """Say yes to a manuscript that waits, and publish it; see ``send``.

    Raises:
        NotFoundError: Nothing of this number waits where the account may approve.
        NotPermittedError: The account wrote it.
        InvalidInputError: It was changed meanwhile.
        EditConflictError: Somebody else's version came first; it is its author's again.
    """
    found = visible(home, account, number)
    _check_approver(account, found, revision)
    return await _publish(home, account, found, "draft approve")


async def send(home: Home, account: Account, number: int, revision: int) -> Receipt:
    """Publish a manuscript of one's own, where nobody else has to approve it.

    Returns:
        What the sequencer says: where it stands, and whether it is signed.

    Raises:
        NotFoundError: The account has no such manuscript.
        NotPermittedError: The account is not for its log any more, or somebody else has to approve it.
        InvalidInputError: It has errors or findings nobody looked at, or was changed or sent meanwhile.
        EditConflictError: Somebody else's version came first.
        KeyFileError: The log's keys cannot be used; it waits for the sequencer.
    """
    if home.config.desk.four_eyes:
        hint = f"`fedcat draft hand-in {number}` gives it to whoever may"
        raise NotPermittedError("somebody else has to approve what is published here", "", hint)
    found = own_manuscript(home, account, number)
    _check_ready(home, account, found, revision)
    return await _publish(home, account, found, "draft send")


def _check_ready(home: Home, account: Account, found: Manuscript, revision: int) -> None:
    require_editor(account, found.origin)
    _check_unsent(found)
    if found.revision != revision:
        raise changed_meanwhile(found.number)
    problems = problems_of(found, home.now())
    if errors := tuple(each for each in problems if each.severity == ERROR):
        counted = "one problem" if len(errors) == 1 else f"{len(errors)} problems"
        raise InvalidInputError(f"{counted}; nothing was published", errors)
    if unseen := tuple(each.problem for each in findings(found) if not each.is_acknowledged):
        hint = "take it out, or say that it may be published: copies cannot be called back"
        raise InvalidInputError("something seems to be about a person", unseen, hint)
    other = conflict(home, found)
    if other is not None:
        raise EditConflictError(found.id or b"", other.expected, other.found)


def _check_unsent(found: Manuscript) -> None:
    if found.state in ("sent", "published"):
        raise changed_meanwhile(found.number)


def _check_approver(account: Account, found: Manuscript, revision: int) -> None:
    if found.author == account.name or not account.may_approve(found.origin):
        hint = "somebody else with the role approver has to look at it"
        raise NotPermittedError(f"{account.name} may not decide on draft {found.number}", "approver", hint)
    if found.state != "waiting" or found.revision != revision:
        raise changed_meanwhile(found.number)


async def _publish(home: Home, account: Account, found: Manuscript, action: str) -> Receipt:
    """Give a manuscript to the sequencer, marked as sent in the transaction that stores its draft."""
    payload = stated(found, home.now())

    def also(connection: sqlite3.Connection, ids: tuple[bytes, ...]) -> None:
        # Of two who press the button at once one is first.
        _move(connection, found, "sent", account.id, home.now())
        connection.execute(
            "UPDATE manuscript SET id = ?, content = ? WHERE number = ?",
            (ids[0], msgspec.msgpack.encode(payload), found.number),
        )
        where = address(found.origin, ids[0])
        _note(connection, home, account, action, found, {"address": where, "author": found.author})

    try:
        return await publish(home, found.origin, _drafts(home, found, payload), also=also)
    except NodeError:
        # What the sequencer refused in the end is its author's again.
        manuscript(home, found.number)
        raise


def _drafts(home: Home, found: Manuscript, payload: dict[str, Value]) -> list[Draft]:
    if found.op is not Op.ERASE:
        return [Draft(found.op, found.id, payload, found.expected)]
    store = home.logs.store(found.origin)
    left = [index for index, _ in store.versions(found.id or b"") if not store.is_erased(index)]
    if not left:
        raise InvalidInputError("all of it is erased already")
    return [Draft(Op.ERASE, found.id, None, index, reason=found.erase_reason) for index in left]


def _move(
    connection: sqlite3.Connection,
    found: Manuscript,
    state: str,
    decided_by: int | None,
    now: int,
    note: str = "",
) -> None:
    """Give a manuscript another state, if it is still as it was looked at."""
    moved = connection.execute(
        "UPDATE manuscript SET state = ?, decided_by = ?, note = ?, changed_at = ?"
        " WHERE number = ? AND revision = ? AND state = ?",
        (state, decided_by, note, now, found.number, found.revision, found.state),
    ).rowcount
    if not moved:
        raise changed_meanwhile(found.number)


def _note(
    connection: sqlite3.Connection,
    home: Home,
    account: Account,
    action: str,
    found: Manuscript,
    detail: dict[str, object],
) -> None:
    number = {"draft": found.number}
    note_deed(connection, home.now(), account.actor, action, found.origin, number | detail)
