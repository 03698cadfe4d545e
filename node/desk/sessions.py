"""Sessions: who is signed in, by a token that the browser has and of which only the SHA-256 is kept.

A session ends when its owner signs out, when nobody used it for an hour, twelve hours after it began, and
together with all others of its account when the password changes or the account is disabled.

A form proves that it is a page's own by a token that follows from the session's::

    nonce · HMAC-SHA256(session token, nonce)      both in base64url, new for each form

so that nothing of it repeats in a compressed page, and none fits another session.
"""

import hmac
import secrets
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final, Literal

from node.secret import kept_hash

IDLE_SECONDS: Final = 3_600
"""How long a session lasts that nobody uses."""

MOST_SECONDS: Final = 12 * 3_600
"""How long any session lasts."""

MOST_SESSIONS: Final = 20
"""Sessions of one account; the oldest ends when there is one more."""

By = Literal["password", "proxy"]

_NONCE: Final = 16
_MAC: Final = 32
_SEEN_SECONDS: Final = 60  # a page a second needs no write a second


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it is kept.

    Attributes:
        hash: SHA-256 of its token.
        account: Row of the account.
        by: How its owner signed in.
        created_at: POSIX seconds.
        seen_at: POSIX seconds of its last use, a minute too early at most.
    """

    hash: bytes
    account: int
    by: By
    created_at: int
    seen_at: int


def begin(connection: sqlite3.Connection, account: int, by: By, now: int) -> str:
    """Begin a session within a transaction, and return its token, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    oldest = (now - MOST_SECONDS, now - IDLE_SECONDS)
    connection.execute("DELETE FROM session WHERE created_at <= ? OR seen_at <= ?", oldest)
    connection.execute(
        "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE account = ?"
        " ORDER BY seen_at DESC, hash LIMIT -1 OFFSET ?)",
        (account, MOST_SESSIONS - 1),
    )
    connection.execute(
        "INSERT INTO session VALUES (?, ?, ?, ?, ?)", (kept_hash(token), account, by, now, now)
    )
    return token


def session_of(connection: sqlite3.Connection, token: str, now: int) -> Session | None:
    """Return the session of a token; None when it is none, or has ended."""
    row = connection.execute(
        "SELECT hash, account, by, created_at, seen_at FROM session"
        " WHERE hash = ? AND created_at > ? AND seen_at > ?",
        (kept_hash(token), now - MOST_SECONDS, now - IDLE_SECONDS),
    ).fetchone()
    return None if row is None else Session(*row)


def is_to_be_noted(session: Session, now: int) -> bool:
    """Report whether a use is so long after the last one that it is to be written down."""
    return now - session.seen_at >= _SEEN_SECONDS


def note_seen(connection: sqlite3.Connection, session: Session, now: int) -> None:
    """Write down that a session was used, within a transaction."""
    connection.execute("UPDATE session SET seen_at = ? WHERE hash = ?", (now, session.hash))


def end(connection: sqlite3.Connection, session: Session) -> None:
    """End a session, within a transaction."""
    connection.execute("DELETE FROM session WHERE hash = ?", (session.hash,))


def end_all(connection: sqlite3.Connection, account: int) -> None:
    """End all sessions of an account, within a transaction."""
    connection.execute("DELETE FROM session WHERE account = ?", (account,))


def form_token(token: str) -> str:
    """Return what a form of a session sends along; another one each time."""
    nonce = secrets.token_bytes(_NONCE)
    return urlsafe_b64encode(nonce + _mac(token, nonce)).decode()


def is_form_token(token: str, sent: str) -> bool:
    """Report whether a form was made for a session.

    Args:
        token: The session's.
        sent: What came with the form.
    """
    try:
        data = urlsafe_b64decode(sent.encode())
    except ValueError:
        return False
    nonce, mac = data[:_NONCE], data[_NONCE:]
    return len(mac) == _MAC and hmac.compare_digest(mac, _mac(token, nonce))


def _mac(token: str, nonce: bytes) -> bytes:
    return hmac.digest(token.encode(errors="surrogatepass"), b"fedcat form\0" + nonce, "sha256")
