"""From a manuscript to the log: handed in, approved by somebody else where that is asked for, signed.

With four eyes (``desk.four_eyes``) a manuscript waits for the yes of an approver who did not write it; any
change takes it back. Without, its author sends it. Nothing is sent with errors, with findings about people
that its author has not looked at, or over somebody else's newer version.
"""

import sqlite3
from collections.abc import Collection, Sequence
from itertools import accumulate, chain
from typing import Final

import msgspec

from node.errors import (
    EditConflictError,
    InvalidInputError,
    NodeError,
    NotFoundError,
    NotPermittedError,
    counted,
)
from node.home import Home
from node.own.sequencer import Draft, Receipt, publish
from node.store.trail import note_deed
from protocol.leaf import Op
from protocol.origin import address
from protocol.packing import Value
from protocol.problem import ERROR

from .accounts import Account
from .kept import Manuscript, manuscript, manuscripts, own_manuscript, visible
from .looking import conflict, findings, problems_of, stated
from .manuscripts import changed_meanwhile, require_editor

AT_ONCE: Final = 50
"""Manuscripts that are sent or handed in together."""


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
    return hand_in_together(home, account, [(number, revision)])[0]


def hand_in_together(
    home: Home, account: Account, chosen: Sequence[tuple[int, int]]
) -> tuple[Manuscript, ...]:
    """Give manuscripts, each with its revision, to whoever may approve them: all or none; see ``hand_in``."""
    found = _ready_ones(home, account, chosen)
    with home.database.write() as connection:
        for each in found:
            _move(connection, each, "waiting", None, home.now())
            _note(connection, home, account, "draft hand-in", each, {})
    return tuple(manuscript(home, each.number) for each in found)


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
    return await _publish(home, account, (found,), "draft approve")


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
    return await send_together(home, account, [(number, revision)])


async def send_together(home: Home, account: Account, chosen: Sequence[tuple[int, int]]) -> Receipt:
    """Publish manuscripts of one's own, each with its revision, in one step: all or none; see ``send``.

    Raises:
        InvalidInputError: They are for several logs, or too many, too.
    """
    if home.config.desk.four_eyes:
        numbers = " ".join(str(number) for number, _ in chosen)
        hint = f"`fedcat draft hand-in {numbers}` gives it to whoever may"
        raise NotPermittedError("somebody else has to approve what is published here", "", hint)
    found = _ready_ones(home, account, chosen)
    if len({each.origin for each in found}) > 1:
        raise InvalidInputError("these drafts are for several logs", hint="send those of one log at a time")
    return await _publish(home, account, found, "draft send")


def is_done(home: Home, account: Account, do: str, number: int, revision: int) -> bool:
    """Report whether somebody did already what is asked for again.

    Args:
        home: The node.
        account: Who asks.
        do: ``send``, ``hand-in``, ``approve`` or ``refuse``.
        number: The manuscript.
        revision: The one that was on the screen.
    """
    try:
        found = manuscript(home, number)
    except NotFoundError:
        return False
    states = {
        ("send", found.author): ("sent", "published"),
        ("hand-in", found.author): ("waiting",),
        ("approve", found.decided_by): ("sent", "published"),
        ("refuse", found.decided_by): ("refused",),
    }
    return found.revision == revision and found.state in states.get((do, account.name), ())


def ready(home: Home, account: Account) -> tuple[Manuscript, ...]:
    """Return an account's new statements and versions that could be sent as they are, the oldest first."""
    mine = (each for each in manuscripts(home, account) if each.author == account.name)
    found = [each for each in mine if each.op is Op.PUT and each.state == "open"]
    return tuple(
        each for each in sorted(found, key=lambda each: each.number) if _is_ready(home, account, each)
    )


def _ready_ones(home: Home, account: Account, chosen: Sequence[tuple[int, int]]) -> tuple[Manuscript, ...]:
    if not 0 < len(chosen) <= AT_ONCE or len({number for number, _ in chosen}) < len(chosen):
        hint = f"choose one to {AT_ONCE}, each once"
        raise InvalidInputError("so many drafts are not taken together", hint=hint)
    found = tuple(own_manuscript(home, account, number) for number, _ in chosen)
    for each, (_, revision) in zip(found, chosen, strict=True):
        try:
            _check_ready(home, account, each, revision)
        except InvalidInputError as error:
            if len(found) == 1:
                raise
            raise InvalidInputError(
                f"draft {each.number}: {error.message}", error.problems, error.hint
            ) from error
    return found


def _is_ready(home: Home, account: Account, found: Manuscript) -> bool:
    try:
        _check_ready(home, account, found, found.revision)
    except (InvalidInputError, NotPermittedError, EditConflictError):
        return False
    return True


def _check_ready(home: Home, account: Account, found: Manuscript, revision: int) -> None:
    require_editor(account, found.origin)
    _check_unsent(found)
    if found.revision != revision:
        raise changed_meanwhile(found.number)
    problems = problems_of(found, home.now())
    if errors := tuple(each for each in problems if each.severity == ERROR):
        raise InvalidInputError(f"{counted(len(errors), 'problem')}; nothing was published", errors)
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


async def _publish(home: Home, account: Account, found: Sequence[Manuscript], action: str) -> Receipt:
    """Give manuscripts of one log to the sequencer, marked as sent in the transaction that stores drafts."""
    payloads = [stated(each, home.now()) for each in found]
    drafts = [_drafts(home, each, payload) for each, payload in zip(found, payloads, strict=True)]
    starts = list(accumulate(map(len, drafts[:-1]), initial=0))

    def also(connection: sqlite3.Connection, ids: tuple[bytes, ...]) -> None:
        for each, payload, start in zip(found, payloads, starts, strict=True):
            # Of two who press the button at once one is first.
            _move(connection, each, "sent", account.id, home.now())
            connection.execute(
                "UPDATE manuscript SET id = ?, content = ? WHERE number = ?",
                (ids[start], msgspec.msgpack.encode(payload), each.number),
            )
            where = address(each.origin, ids[start])
            _note(connection, home, account, action, each, {"address": where, "author": each.author})

    try:
        return await publish(home, found[0].origin, list(chain(*drafts)), also=also)
    except NodeError:
        # What the sequencer refused in the end is its author's again.
        for each in found:
            manuscript(home, each.number)
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
