"""What outsiders send in: entries in a queue, until somebody with an account decides.

::

    waiting ── accept ──▶ accepted   a draft of whoever accepted, marked as reported (ADR 25)
       └────── refuse ──▶ refused    with a reason

Of a sender nothing is kept but the SHA-256 of a code, by which the sender asks what became of it. How much
one address sends is counted in memory, for a day. Everything goes when its time is over.
"""

import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from node.answers.texts import REPORTED, moment
from node.errors import InvalidInputError, LockedError, NotFoundError
from node.home import Home
from node.own.clearance import own_row
from node.privacy.texts import contacts
from node.secret import fresh_code, kept_hash
from node.store.trail import note_deed
from node.visitors import client_place
from protocol.fields import LINE
from protocol.forms import is_url
from protocol.origin import address
from protocol.packing import Value, text_fault
from protocol.problem import ERROR
from protocol.validate import validate

from .accounts import Account
from .kept import Manuscript, manuscript
from .manuscripts import begin, require_editor

MOST_WAITING: Final = 200
"""Letters that wait, of all senders together."""

MOST_OF_ADDRESS: Final = 5
"""Letters of one address in a day."""

MOST_BYTES: Final = 65_536
"""Of one letter."""

_DAY: Final = 86_400
_PLACES: Final = 10_000  # addresses that are counted apart

State = Literal["waiting", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody sent in.

    Attributes:
        number: What it is called here.
        origin: The own log that it is for.
        reporter: Name of the organisation or group that reports it.
        url: Its web page.
        payload: The entry; empty once it is decided.
        state: See this module.
        note: Why it was refused.
        manuscript: Number of the draft that was made of it.
        sent_at: POSIX seconds.
    """

    number: int
    origin: str
    reporter: str
    url: str
    payload: Mapping[str, Value]
    state: State
    note: str
    manuscript: int | None
    sent_at: int

    @property
    def mark(self) -> dict[str, Value]:
        """The fields by which an entry says that somebody else reported it."""
        source: dict[str, Value] = {"format": REPORTED, "url": self.url, "fetched": _day(self.sent_at)}
        return {"source": source, "x": {REPORTED: {"by": self.reporter}}}


class Letterbox:
    """Takes what outsiders send in; one for a running node.

    Args:
        home: The node.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._guard = threading.Lock()
        self._day = 0
        self._count: dict[str, int] = {}

    def put(
        self, origin: str, payload: Mapping[str, Value], reporter: str, url: str, address: str = ""
    ) -> tuple[str, Letter]:
        """Take an entry.

        Args:
            origin: The own log that it is for.
            payload: The entry, as far as its sender knows it.
            reporter: Name of the organisation or group that reports it.
            url: Its web page.
            address: Where the request comes from, see ``Door.client``; empty where that is not known.

        Returns:
            The code by which its sender asks what became of it, and the letter.

        Raises:
            NotFoundError: The log is not an own one, or nothing is taken here.
            InvalidInputError: It is no entry, too large, or does not say who reports it.
            LockedError: The queue is full, or this address sent enough for today.
        """
        home = self._home
        row = own_row(home, origin)
        if not home.config.desk.submissions:
            raise NotFoundError(
                "a queue for entries of others", hint="the operator can open one: desk.submissions"
            )
        name = " ".join(reporter.split())
        content = _checked(payload, name, url)
        self._count_one(client_place(address))
        code = fresh_code()
        now = home.now()
        with home.database.write() as connection:
            _tidy(connection, now - home.config.desk.submission_days * _DAY)
            (waiting,) = connection.execute("SELECT count(*) FROM letter WHERE state = 'waiting'").fetchone()
            if waiting >= MOST_WAITING:
                raise LockedError(
                    "the queue", "it is full until somebody has looked at it; try in a few days"
                )
            cursor = connection.execute(
                "INSERT INTO letter (log, hash, reporter, url, content, sent_at) VALUES (?, ?, ?, ?, ?, ?)",
                (row.id, kept_hash(code), name, url, content, now),
            )
        return code, letter(home, int(cursor.lastrowid or 0))

    def _count_one(self, place: str) -> None:
        """Count a letter of an address, and refuse it when that is too many for a day."""
        today = self._home.now() // _DAY
        with self._guard:
            if today != self._day:
                self._day, self._count = today, {}
            # So many places are more than the queue holds letters of: then it is everybody's.
            key = place if place in self._count or len(self._count) < _PLACES else ""
            if place and self._count.get(key, 0) >= MOST_OF_ADDRESS:
                raise LockedError("the queue", "enough was sent from this address today; try again tomorrow")
            if place:
                self._count[key] = self._count.get(key, 0) + 1


def letters(home: Home, origin: str | None = None) -> tuple[Letter, ...]:
    """Return what was sent in, for one own log or all, what waits first and the oldest of it."""
    tidy(home)
    rows = home.database.connection.execute(
        f"{_SELECT} WHERE ?1 IS NULL OR origin = ?1 ORDER BY state <> 'waiting', number", (origin,)
    )
    return tuple(map(_letter, rows))


def letter(home: Home, number: int) -> Letter:
    """Return what was sent in under a number.

    Raises:
        NotFoundError: There is nothing, or its time is over.
    """
    tidy(home)
    row = home.database.connection.execute(f"{_SELECT} WHERE number = ?", (number,)).fetchone()
    if row is None:
        raise NotFoundError(f"submission {number}", hint="`fedcat submission list` shows all")
    return _letter(row)


def status(home: Home, code: str) -> tuple[Letter, str | None]:
    """Return what became of a letter, and the address of what was published of it, by its sender's code.

    Raises:
        NotFoundError: The code is none, or its time is over.
    """
    tidy(home)
    row = home.database.connection.execute(f"{_SELECT} WHERE letter.hash = ?", (kept_hash(code),)).fetchone()
    if row is None:
        raise NotFoundError("what this code is for", hint="it is deleted when its time is over")
    found = _letter(row)
    try:
        made = None if found.manuscript is None else manuscript(home, found.manuscript)
    except NotFoundError:
        # The draft was thrown away, or was published long ago.
        made = None
    is_published = made is not None and made.state == "published" and made.id is not None
    return found, address(made.origin, made.id or b"") if made is not None and is_published else None


def accept(home: Home, account: Account, number: int) -> Manuscript:
    """Make a draft of a letter, marked as reported.

    Raises:
        NotFoundError: There is no such letter.
        NotPermittedError: The account is not for its log.
        InvalidInputError: It was decided before, or the account has too many drafts.
    """
    found = _undecided(home, account, number)
    made = begin(home, account, found.origin, found.payload, fixed=found.mark)
    with home.database.write() as connection:
        is_first = _decide(connection, number, "accepted", "", made.number)
        if is_first:
            detail = {"submission": number, "draft": made.number}
            note_deed(connection, home.now(), account.actor, "submission accept", found.origin, detail)
        else:
            connection.execute("DELETE FROM manuscript WHERE number = ?", (made.number,))
    if not is_first:
        raise _decided(number)
    return made


def refuse(home: Home, account: Account, number: int, reason: str) -> Letter:
    """Say no to a letter; its sender can read the reason.

    Raises:
        NotFoundError: There is no such letter.
        NotPermittedError: The account is not for its log.
        InvalidInputError: It was decided before, or there is no reason.
    """
    found = _undecided(home, account, number)
    if not (reason := reason.strip()):
        raise InvalidInputError("a refusal needs a reason", hint="its sender can read it")
    with home.database.write() as connection:
        if not _decide(connection, number, "refused", reason, None):
            raise _decided(number)
        detail = {"submission": number, "reason": reason}
        note_deed(connection, home.now(), account.actor, "submission refuse", found.origin, detail)
    return letter(home, number)


def tidy(home: Home) -> None:
    """Delete what was sent in longer ago than it is to be kept, decided or not."""
    before = home.now() - home.config.desk.submission_days * _DAY
    over = home.database.connection.execute("SELECT 1 FROM letter WHERE sent_at <= ? LIMIT 1", (before,))
    if over.fetchone() is not None:
        with home.database.write() as connection:
            _tidy(connection, before)


def _tidy(connection: sqlite3.Connection, before: int) -> None:
    connection.execute("DELETE FROM letter WHERE sent_at <= ?", (before,))


def _checked(payload: Mapping[str, Value], reporter: str, url: str) -> bytes:
    """Return an entry as it is kept."""
    if not reporter or len(reporter) > LINE or text_fault(reporter, prose=False):
        raise InvalidInputError("it does not say who reports it", hint="name an organisation or a group")
    if contacts(reporter) or not is_url(url):
        hint = "give the web page of the organisation or group, and nothing that is about a person"
        raise InvalidInputError("who reports it cannot be looked up", hint=hint)
    statement = {"type": "entry", "v": 1, **payload}
    if statement["type"] != "entry":
        hint = "what one uses or thinks of a thing only its own publisher can state"
        raise InvalidInputError("only an entry can be reported", hint=hint)
    problems = validate(statement, written_here=False)
    if errors := tuple(each for each in problems if each.severity == ERROR):
        raise InvalidInputError("it cannot be taken as it is", errors)
    data = msgspec.msgpack.encode({key: value for key, value in statement.items() if key != "source"})
    if len(data) > MOST_BYTES:
        raise InvalidInputError(f"it is larger than {MOST_BYTES:,} bytes", hint="shorten it")
    return data


def _undecided(home: Home, account: Account, number: int) -> Letter:
    found = letter(home, number)
    require_editor(account, found.origin)
    if found.state != "waiting":
        raise _decided(number)
    return found


def _decide(connection: sqlite3.Connection, number: int, state: State, note: str, made: int | None) -> bool:
    """Write down a decision, and report whether it is the first; what was sent in goes."""
    changed = connection.execute(
        "UPDATE letter SET state = ?, note = ?, manuscript = ?, content = NULL"
        " WHERE number = ? AND state = 'waiting'",
        (state, note, made, number),
    ).rowcount
    return bool(changed)


def _decided(number: int) -> InvalidInputError:
    return InvalidInputError(f"submission {number} is decided already")


def _day(seconds: int) -> str:
    return (moment(seconds) or "")[:10]


_SELECT: Final = (
    "SELECT number, origin, reporter, url, content, state, letter.note, manuscript, sent_at"
    " FROM letter JOIN log ON log.id = letter.log"
)


def _letter(row: tuple[Any, ...]) -> Letter:
    number, origin, reporter, url, content, *rest = row
    return Letter(
        number, origin, reporter, url, {} if content is None else msgspec.msgpack.decode(content), *rest
    )
