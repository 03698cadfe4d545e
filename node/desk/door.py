"""The door: signing in with a password or behind a proxy that has checked who it is, and out again.

Whoever cannot be let in gets one answer, at one cost, whether the account exists or not. After five failures
of an account, or twenty of an address, the next try has to wait, a second at first and a quarter of an hour
at most; who waits is not compared with anything, so guessing learns nothing meanwhile. Sessions go on, and
a code from the operator lets the owner in at once.

A proxy in front of the node may say who it is in a header (single sign-on). It is believed when the
connection comes from the configured address and the header stands there once; from anybody else it is as if
it were not there.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.errors import LockedError
from node.home import Home
from node.store.trail import note_deed
from node.visitors import client_of, client_place, is_proxy

from .accounts import Account, choose_password, named, numbered
from .backoff import Backoff
from .passwords import Passwords
from .sessions import By, Session, begin, end, is_to_be_noted, note_seen, session_of

AT_ONCE: Final = 2
"""Passwords that are hashed at once; each takes 64 MiB."""

_PATIENCE_SECONDS: Final = 5.0
_LONGEST_WAIT: Final = 900
_FREE_OF_ACCOUNT: Final = 5
_FREE_OF_ADDRESS: Final = 20


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who was let in.

    Attributes:
        token: The session's, for the browser alone.
        account: Whose it is.
    """

    token: str
    account: Account


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody who was not let in.

    Attributes:
        wait: Seconds until the next try is looked at; 0 for a wrong name or password.
    """

    wait: int = 0


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is signed in.

    Attributes:
        session: The session.
        account: Whose it is, with what it may do now.
    """

    session: Session
    account: Account


class Door:
    """Lets people in and out; one for a running node.

    Args:
        home: The node.
        passwords: How passwords are compared; tests bring cheap ones.
    """

    def __init__(self, home: Home, passwords: Passwords | None = None) -> None:
        self._home = home
        self._passwords = Passwords() if passwords is None else passwords
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._guard = threading.Lock()
        self._by_account = Backoff(_FREE_OF_ACCOUNT, _LONGEST_WAIT)
        self._by_address = Backoff(_FREE_OF_ADDRESS, _LONGEST_WAIT)

    def sign_in(self, name: str, password: str, address: str) -> Entered | Refused:
        """Let somebody in by a password; blocks for the time that a hash takes.

        Args:
            name: Of the account, as it was typed.
            password: As it was typed.
            address: Where the request comes from; see ``client``.

        Raises:
            LockedError: Too many sign in at once.
        """
        name, place = name.strip().lower(), client_place(address)
        now = self._home.now()
        account, kept = self._account(name)
        if wait := self._counted(name, place, now, known=account is not None):
            return Refused(wait)
        with self._hashing():
            fits = self._passwords.fits(kept, password)
        if account is None or not fits or kept is None:
            return self._failed(name, place, now, account)
        with self._guard:
            self._by_account.succeeded(name)
        # Made anew before the transaction: nobody waits for a hash to write.
        anew = None
        if self._passwords.is_outdated(kept):
            with self._hashing():
                anew = self._passwords.hash(password)
        return self._entered(account, "password", kept=kept, anew=anew) or Refused()

    def sign_in_by_proxy(self, peer: str, values: Sequence[str]) -> Entered | None:
        """Let somebody in by the word of the configured proxy; None where it does not say who it is.

        Args:
            peer: The address that the connection comes from.
            values: The configured header's, as often as it stands in the request.
        """
        name = self.named_by_proxy(peer, values)
        if name is None:
            return None
        account, _ = self._account(name)
        return None if account is None else self._entered(account, "proxy")

    def named_by_proxy(self, peer: str, values: Sequence[str]) -> str | None:
        """Return whom the configured proxy names; None where nobody who may does so."""
        if not self._home.config.desk.header or not self._is_proxy(peer) or len(values) != 1:
            return None
        return values[0].strip().lower() or None

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return where a request comes from, as far as this node can tell; empty for unknown.

        Args:
            peer: The address that the connection comes from.
            forwarded: The values of ``X-Forwarded-For``, believed from the configured proxy alone.
        """
        return client_of(self._home.config.desk.proxy, peer, forwarded)

    def present(self, token: str, by_proxy: str | None = None) -> Present | None:
        """Return who is signed in by a token; None for nobody.

        Args:
            token: The session's, as the browser sent it.
            by_proxy: Whom the proxy names with this request. A session that began by its word lasts as long
                as it names the same account.
        """
        now = self._home.now()
        with self._home.database.read() as connection:
            session = session_of(connection, token, now)
            if session is None:
                return None
            account = numbered(connection, session.account)
        if session.by == "proxy" and account.name != by_proxy:
            return None
        if is_to_be_noted(session, now):
            with self._home.database.write() as connection:
                note_seen(connection, session, now)
        return Present(session, account)

    def sign_out(self, present: Present) -> None:
        """End a session."""
        with self._home.database.write() as connection:
            end(connection, present.session)
            self._note(connection, present.account, "sign out", {})

    def choose_password(self, code: str, password: str) -> Account:
        """Give an account a password by its code; see :func:`node.desk.accounts.choose_password`.

        Raises:
            NotFoundError: The code is none, was used, or is too old.
            InvalidInputError: The password is not taken; the code stays good.
            LockedError: Too many sign in at once.
        """
        with self._hashing():
            account = choose_password(self._home, self._passwords, code, password)
        with self._guard:
            self._by_account.succeeded(account.name)
        return account

    def _is_proxy(self, peer: str) -> bool:
        return is_proxy(self._home.config.desk.proxy, peer)

    def _account(self, name: str) -> tuple[Account | None, str | None]:
        """Return the account of a name and what is kept of its password; None for one that may not in."""
        with self._home.database.read() as connection:
            account = named(connection, name)
            if account is None or account.disabled_at is not None:
                return None, None
            row = connection.execute("SELECT password FROM account WHERE id = ?", (account.id,)).fetchone()
        return account, row[0]

    def _counted(self, name: str, place: str, now: int, *, known: bool) -> int:
        with self._guard:
            by_address = self._by_address.wait(place, now) if place else 0
            return max(by_address, self._by_account.wait(name, now, known=known))

    def _failed(self, name: str, place: str, now: int, account: Account | None) -> Refused:
        with self._guard:
            if place:
                self._by_address.failed(place, now)
            is_slowed = self._by_account.failed(name, now, known=account is not None)
        if is_slowed and account is not None:
            # Once in a row of failures: whoever guesses must not fill the disk. No address: it is a person's.
            with self._home.database.write() as connection:
                self._note(connection, account, "sign in refused", {"failures": _FREE_OF_ACCOUNT})
        return Refused()

    def _entered(
        self, account: Account, by: By, *, kept: str | None = None, anew: str | None = None
    ) -> Entered | None:
        """Begin a session; None when the account or its password is another one by now."""
        now = self._home.now()
        with self._home.database.write() as connection:
            changed = connection.execute(
                "UPDATE account SET signed_in_at = ?, password = coalesce(?, password)"
                " WHERE id = ? AND disabled_at IS NULL AND (? IS NULL OR password = ?)",
                (now, anew, account.id, kept, kept),
            ).rowcount
            if not changed:
                return None
            token = begin(connection, account.id, by, now)
            self._note(connection, account, "sign in", {"by": by})
            return Entered(token, numbered(connection, account.id))

    def _note(
        self, connection: sqlite3.Connection, account: Account, action: str, detail: Mapping[str, object]
    ) -> None:
        note_deed(connection, self._home.now(), account.actor, action, account.name, detail)

    @contextlib.contextmanager
    def _hashing(self) -> Iterator[None]:
        if not self._room.acquire(timeout=_PATIENCE_SECONDS):
            raise LockedError("the door", "too many sign in at once; try again in a few seconds")
        try:
            yield
        finally:
            self._room.release()
