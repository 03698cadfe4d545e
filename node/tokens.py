"""Tokens: what lets a program publish to one own log over HTTP, and which kinds of statements.

::

    fedcat_4x0Pq…   43 characters of base64url after the word: 256 random bits

Only the SHA-256 of a token is stored. Slow password hashes are for secrets that can be guessed; 256 random
bits cannot, so one fast hash loses nothing, and a token is found by its hash: no comparison leaks by its time
how much of it was right. A token is shown once, when it is made.
"""

import re
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocol.forms import is_date

from .answers.texts import moment
from .errors import InvalidInputError, NotFoundError
from .home import Home
from .own.clearance import own_row
from .secret import kept_hash
from .store.trail import note_deed

WITHDRAW: Final = "withdraw"

SCOPES: Final = ("entry", "use", "vouch", "link", "list", WITHDRAW)
"""What a token may be for: types of statements, and withdrawing those of the types that it is for."""

PREFIX: Final = "fedcat_"
"""By which scanners for leaked secrets know a token."""

_BYTES: Final = 32
_TOKEN: Final = re.compile(r"fedcat_[A-Za-z0-9_-]{43}", re.ASCII)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept.

    Attributes:
        id: Its row.
        name: Its name here.
        origin: The own log that it publishes to.
        scopes: Some of ``SCOPES``, in their order.
        created_at: POSIX seconds.
        until: The last day in UTC on which it is taken, as ``2027-11-02``; None for no end.
        revoked_at: POSIX seconds; None while it is taken.
        used_at: POSIX seconds of the last statement that was published by it; None before the first.
    """

    id: int
    name: str
    origin: str
    scopes: tuple[str, ...]
    created_at: int
    until: str | None
    revoked_at: int | None
    used_at: int | None

    def is_valid(self, now: int) -> bool:
        """Report whether it is taken at a time in POSIX seconds."""
        day = (moment(now) or "")[:10]
        return self.revoked_at is None and (self.until is None or day <= self.until)


def create(
    home: Home, origin: str, name: str, scopes: Sequence[str], *, until: str | None, actor: str
) -> tuple[str, Token]:
    """Make a token.

    Args:
        home: The node.
        origin: The own log that it is for.
        name: What it is called here, unique also among those that were revoked.
        scopes: Some of ``SCOPES``.
        until: The last day on which it is taken; None for no end.
        actor: Who makes it, for the audit trail.

    Returns:
        The token itself, which is kept nowhere, and what is kept.

    Raises:
        NotFoundError: The log is not an own one.
        InvalidInputError: The name is taken or none, or there is no such scope or day.
    """
    row = own_row(home, origin)
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise InvalidInputError(f"there is no scope {unknown[0]!r}; there are {', '.join(SCOPES)}")
    if not set(chosen) - {WITHDRAW}:
        raise InvalidInputError(
            "a token needs a type of statements", hint=f"name some of {', '.join(SCOPES[:-1])}"
        )
    if _NAME.fullmatch(name) is None:
        raise InvalidInputError(
            f"{name!r} is no name of a token", hint="small letters, digits and ._- such as city-website"
        )
    today = (moment(home.now()) or "")[:10]
    if until is not None and (not is_date(until) or until < today):
        raise InvalidInputError(f"{until!r} is no day to come", hint="such as 2027-11-02")
    secret = PREFIX + secrets.token_urlsafe(_BYTES)
    with home.database.write() as connection:
        if connection.execute("SELECT 1 FROM token WHERE name = ?", (name,)).fetchone():
            hint = "`fedcat token list` shows all, those that were revoked too"
            raise InvalidInputError(f"there is a token {name!r} already", hint=hint)
        connection.execute(
            "INSERT INTO token (name, log, hash, scopes, created_at, until) VALUES (?, ?, ?, ?, ?, ?)",
            (name, row.id, kept_hash(secret), " ".join(chosen), home.now(), until),
        )
        note_deed(connection, home.now(), actor, "token create", origin, {"name": name, "scopes": chosen})
    return secret, _named(home, name)


def tokens(home: Home) -> tuple[Token, ...]:
    """Return all tokens that were ever made, by name."""
    rows = home.database.connection.execute(f"{_SELECT} ORDER BY name")
    return tuple(map(_token, rows))


def revoke(home: Home, name: str, actor: str) -> Token:
    """Take a token back; a request that is being answered ends as it began.

    Raises:
        NotFoundError: There is none of this name.
        InvalidInputError: It was revoked before.
    """
    token = _named(home, name)
    if token.revoked_at is not None:
        raise InvalidInputError(f"the token {name!r} is revoked already")
    with home.database.write() as connection:
        connection.execute("UPDATE token SET revoked_at = ? WHERE id = ?", (home.now(), token.id))
        note_deed(connection, home.now(), actor, "token revoke", token.origin, {"name": name})
    return _named(home, name)


def holder(home: Home, secret: str) -> Token | None:
    """Return what somebody may do who shows this token; None when it is none, or is taken no more."""
    if _TOKEN.fullmatch(secret) is None:
        return None
    found = home.database.connection.execute(
        f"{_SELECT} WHERE token.hash = ?", (kept_hash(secret),)
    ).fetchone()
    token = None if found is None else _token(found)
    return token if token is not None and token.is_valid(home.now()) else None


def note_use(connection: sqlite3.Connection, token: Token, action: str, address: str, now: int) -> None:
    """Write down that a token was used, within the transaction that stores what it is used for.

    Args:
        connection: In the transaction.
        token: The token.
        action: What was done, for the audit trail.
        address: What it was done to.
        now: POSIX seconds.
    """
    connection.execute("UPDATE token SET used_at = ? WHERE id = ?", (now, token.id))
    note_deed(connection, now, f"token {token.name}", action, token.origin, {"address": address})


_SELECT: Final = (
    "SELECT token.id, name, origin, scopes, created_at, until, revoked_at, used_at"
    " FROM token JOIN log ON log.id = token.log"
)


def _named(home: Home, name: str) -> Token:
    found = home.database.connection.execute(f"{_SELECT} WHERE token.name = ?", (name,)).fetchone()
    if found is None:
        raise NotFoundError(f"token {name}", hint="`fedcat token list` shows all")
    return _token(found)


def _token(row: Sequence[object]) -> Token:
    id_, name, origin, scopes, created_at, until, revoked_at, used_at = row
    return Token(id_, name, origin, tuple(str(scopes).split()), created_at, until, revoked_at, used_at)  # type: ignore[arg-type]
