"""Accounts: people who may sign in at this node, and for which own logs.

::

    ada    editor of city.example/log/city/1, approver of city.example/log/library/1

An editor writes; an approver may all that an editor may, and say yes to what others wrote. A password is
chosen by whoever has the account's code, which an operator makes and hands over, and which is good for one
time and three days. That is also how a forgotten password is replaced: nobody but its owner ever knows one.
"""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.own.clearance import own_row
from node.secret import fresh_code, kept_hash
from node.store.trail import note_deed

from .passwords import Passwords, password_problems
from .sessions import end_all

EDITOR: Final = "editor"
APPROVER: Final = "approver"
ROLES: Final = (EDITOR, APPROVER)

CODE_SECONDS: Final = 3 * 86_400
"""How long a code for choosing a password is good."""

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,62}", re.ASCII)
_SHOWN: Final = "`fedcat account list` shows all"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is kept.

    Attributes:
        id: Its row.
        name: What its owner signs in with, and is called in the audit trail.
        roles: Origin of each own log that it is for → ``editor`` or ``approver``.
        has_password: Whether one was chosen.
        created_at: POSIX seconds.
        disabled_at: POSIX seconds; None while it is good.
        signed_in_at: POSIX seconds of the last time; None before the first.
        through: Who acts for it at the command line; empty for its owner.
    """

    id: int
    name: str
    roles: Mapping[str, str]
    has_password: bool
    created_at: int
    disabled_at: int | None
    signed_in_at: int | None
    through: str = ""

    @property
    def actor(self) -> str:
        """What it is called in the audit trail."""
        return f"account {self.name}{f' through {self.through}' if self.through else ''}"

    def may_edit(self, origin: str) -> bool:
        """Report whether it may write for an own log."""
        return self.disabled_at is None and origin in self.roles

    def may_approve(self, origin: str) -> bool:
        """Report whether it may say yes to what others wrote for an own log."""
        return self.disabled_at is None and self.roles.get(origin) == APPROVER


def add(home: Home, origin: str, name: str, role: str, actor: str) -> tuple[str, Account]:
    """Make an account.

    Args:
        home: The node.
        origin: The own log that it is for.
        name: What its owner signs in with, unique also among those that are disabled.
        role: ``editor`` or ``approver``.
        actor: Who makes it, for the audit trail.

    Returns:
        The code for choosing its password, which is kept nowhere, and the account.

    Raises:
        NotFoundError: The log is not an own one.
        InvalidInputError: The name is taken or none, or there is no such role.
    """
    row = own_row(home, origin)
    _check_role(role)
    if _NAME.fullmatch(name) is None:
        hint = "small letters, digits and ._@- such as ada or ada@city.example"
        raise InvalidInputError(f"{name!r} is no name of an account", hint=hint)
    with home.database.write() as connection:
        if connection.execute("SELECT 1 FROM account WHERE name = ?", (name,)).fetchone():
            raise InvalidInputError(f"there is an account {name!r} already", hint=_SHOWN)
        cursor = connection.execute(
            "INSERT INTO account (name, created_at) VALUES (?, ?)", (name, home.now())
        )
        id_ = int(cursor.lastrowid or 0)
        connection.execute("INSERT INTO account_role VALUES (?, ?, ?)", (id_, row.id, role))
        code = _invite(connection, id_, home.now())
        note_deed(connection, home.now(), actor, "account add", origin, {"name": name, "role": role})
    return code, account(home, name)


def allow(home: Home, origin: str, name: str, role: str | None, actor: str) -> Account:
    """Give an account a role at an own log, or none any more; sessions go on with what it may now.

    Raises:
        NotFoundError: There is no such account, or the log is not an own one.
        InvalidInputError: There is no such role, or it has that one already.
    """
    row, found = own_row(home, origin), account(home, name)
    if role is not None:
        _check_role(role)
    if found.roles.get(origin) == role:
        raise InvalidInputError(f"{name} is {role or 'nothing'} of {origin} already", hint=_SHOWN)
    with home.database.write() as connection:
        connection.execute("DELETE FROM account_role WHERE account = ? AND log = ?", (found.id, row.id))
        if role is not None:
            connection.execute("INSERT INTO account_role VALUES (?, ?, ?)", (found.id, row.id, role))
        note_deed(connection, home.now(), actor, "account allow", origin, {"name": name, "role": role})
    return account(home, name)


def accounts(home: Home) -> tuple[Account, ...]:
    """Return all accounts, disabled ones too, by name."""
    with home.database.read() as connection:
        rows = connection.execute(f"{_SELECT} ORDER BY name").fetchall()
        return tuple(_account(connection, row) for row in rows)


def account(home: Home, name: str) -> Account:
    """Return an account.

    Raises:
        NotFoundError: There is none of this name.
    """
    with home.database.read() as connection:
        found = named(connection, name)
    if found is None:
        raise NotFoundError(f"account {name}", hint=_SHOWN)
    return found


def named(connection: sqlite3.Connection, name: str) -> Account | None:
    """Return the account of a name, or None."""
    if _NAME.fullmatch(name) is None:
        return None
    row = connection.execute(f"{_SELECT} WHERE name = ?", (name,)).fetchone()
    return None if row is None else _account(connection, row)


def numbered(connection: sqlite3.Connection, id_: int) -> Account:
    """Return the account of a row; accounts are never deleted, so that the audit trail keeps its names."""
    row = connection.execute(f"{_SELECT} WHERE id = ?", (id_,)).fetchone()
    return _account(connection, row)


def invite(home: Home, name: str, actor: str) -> str:
    """Return a new code for choosing an account's password; an older one is good no more.

    Raises:
        NotFoundError: There is none of this name.
        InvalidInputError: It is disabled.
    """
    found = account(home, name)
    if found.disabled_at is not None:
        hint = f"`fedcat account enable {name}` lets it in again"
        raise InvalidInputError(f"the account {name!r} is disabled", hint=hint)
    with home.database.write() as connection:
        code = _invite(connection, found.id, home.now())
        note_deed(connection, home.now(), actor, "account invite", name, {})
    return code


def choose_password(home: Home, passwords: Passwords, code: str, password: str) -> Account:
    """Give an account a password by its code; whoever was signed in with it is so no more.

    Args:
        home: The node.
        passwords: How they are kept.
        code: What ``add`` or ``invite`` returned.
        password: As it was typed.

    Raises:
        NotFoundError: The code is none, was used, or is too old.
        InvalidInputError: The password is not taken; the code stays good.
    """
    found = invited(home, code)
    if problems := password_problems(password, (found.name, home.config.name)):
        raise InvalidInputError("the password is not taken", problems)
    kept = passwords.hash(password)
    with home.database.write() as connection:
        used = connection.execute("DELETE FROM invitation WHERE hash = ?", (kept_hash(code),)).rowcount
        if not used:
            raise _no_code()
        connection.execute("UPDATE account SET password = ? WHERE id = ?", (kept, found.id))
        end_all(connection, found.id)
        note_deed(connection, home.now(), found.actor, "account password", found.name, {})
    return account(home, found.name)


def invited(home: Home, code: str) -> Account:
    """Return the account that a code is for.

    Raises:
        NotFoundError: The code is none, was used, or is too old.
    """
    with home.database.read() as connection:
        row = connection.execute(
            "SELECT account FROM invitation JOIN account ON id = account"
            " WHERE hash = ? AND until > ? AND disabled_at IS NULL",
            (kept_hash(code), home.now()),
        ).fetchone()
        if row is None:
            raise _no_code()
        return numbered(connection, row[0])


def disable(home: Home, name: str, actor: str) -> Account:
    """Let nobody sign in with an account any more; whoever is signed in is so no more, its code is gone.

    Raises:
        NotFoundError: There is none of this name.
        InvalidInputError: It was disabled before.
    """
    found = account(home, name)
    if found.disabled_at is not None:
        raise InvalidInputError(f"the account {name!r} is disabled already")
    with home.database.write() as connection:
        connection.execute("UPDATE account SET disabled_at = ? WHERE id = ?", (home.now(), found.id))
        connection.execute("DELETE FROM invitation WHERE account = ?", (found.id,))
        end_all(connection, found.id)
        note_deed(connection, home.now(), actor, "account disable", name, {})
    return account(home, name)


def enable(home: Home, name: str, actor: str) -> Account:
    """Let an account in again that was disabled, with the password it had.

    Raises:
        NotFoundError: There is none of this name.
        InvalidInputError: It is not disabled.
    """
    found = account(home, name)
    if found.disabled_at is None:
        raise InvalidInputError(f"the account {name!r} is not disabled")
    with home.database.write() as connection:
        connection.execute("UPDATE account SET disabled_at = NULL WHERE id = ?", (found.id,))
        note_deed(connection, home.now(), actor, "account enable", name, {})
    return account(home, name)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InvalidInputError(f"there is no role {role!r}; there are {' and '.join(ROLES)}")


def _invite(connection: sqlite3.Connection, id_: int, now: int) -> str:
    code = fresh_code()
    connection.execute("DELETE FROM invitation WHERE account = ? OR until <= ?", (id_, now))
    connection.execute("INSERT INTO invitation VALUES (?, ?, ?)", (id_, kept_hash(code), now + CODE_SECONDS))
    return code


def _no_code() -> NotFoundError:
    hint = "a code is good once, for three days; `fedcat account invite NAME` makes a new one"
    return NotFoundError("an account for this code", hint=hint)


_SELECT: Final = "SELECT id, name, password IS NOT NULL, created_at, disabled_at, signed_in_at FROM account"


def _account(
    connection: sqlite3.Connection, row: tuple[int, str, int, int, int | None, int | None]
) -> Account:
    id_, name, has_password, created_at, disabled_at, signed_in_at = row
    roles = connection.execute(
        "SELECT origin, role FROM account_role JOIN log ON log.id = log"
        " WHERE account = ? AND own = 1 ORDER BY origin",
        (id_,),
    )
    return Account(id_, name, dict(roles), bool(has_password), created_at, disabled_at, signed_in_at)
