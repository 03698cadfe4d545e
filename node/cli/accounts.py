"""``fedcat account …``: people who may sign in here, and what they may do."""

from __future__ import annotations

import sys

import click

from node.desk.accounts import (
    CODE_SECONDS,
    ROLES,
    Account,
    accounts,
    add,
    allow,
    choose_password,
    disable,
    enable,
    invite,
    invited,
)
from node.desk.passwords import MOST, Passwords
from node.errors import InvalidInputError

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import origin_option
from .output import answer, hint, moment, table
from .settings import Settings, command

_DAYS = CODE_SECONDS // 86_400
_HANDED_OVER = (
    f"The code is good once, for {_DAYS} days, and is not shown again. Hand it over yourself;"
    " its owner chooses a password by it: `fedcat account password`."
)
_role_option = click.option(
    "--role", type=click.Choice(ROLES), default=ROLES[0], show_default=True, help="What it may do there."
)


@command("add")
@click.argument("name")
@_role_option
@origin_option
def add_(settings: Settings, *, name: str, role: str, log: str | None) -> int:
    """Make an account, and a code for choosing its password.

    NAME is what its owner signs in with. An editor writes; an approver may also say yes to what others wrote.
    """
    with opened(settings) as home:
        code, account = add(home, own_origin(home, log), name, role, person())
    answer(settings, {"code": code, **_document(account)}, code)
    hint(settings, _HANDED_OVER)
    return ExitCode.OK


@command("list")
def list_(settings: Settings) -> int:
    """List all accounts, those that are disabled too."""
    with opened(settings) as home:
        found = accounts(home)
    rows = [(each.name, _roles(each), _state(each), moment(each.signed_in_at) or "never") for each in found]
    text = table(("name", "may", "state", "signed in"), rows) if rows else "No accounts."
    answer(settings, {"accounts": [_document(each) for each in found]}, text)
    return ExitCode.OK


@command("allow")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice((*ROLES, "none")), help="What it may do there.")
@origin_option
def allow_(settings: Settings, *, name: str, role: str, log: str | None) -> int:
    """Give an account another role at an own log, or none.

    It holds from the next request on, also of whoever is signed in.
    """
    with opened(settings) as home:
        origin = own_origin(home, log)
        account = allow(home, origin, name, None if role == "none" else role, person())
    answer(settings, _document(account), f"{name}: {_roles(account)}")
    return ExitCode.OK


@command("invite")
@click.argument("name")
def invite_(settings: Settings, *, name: str) -> int:
    """Make a new code for choosing an account's password.

    The present password stays good until another one is chosen.
    """
    with opened(settings) as home:
        code = invite(home, name, person())
    answer(settings, {"name": name, "code": code}, code)
    hint(settings, _HANDED_OVER)
    return ExitCode.OK


@command("password")
@click.option("--code", required=True, help="The account's code.")
def password(settings: Settings, *, code: str) -> int:
    """Choose the password of an account by its code.

    It is asked for without showing it; without a terminal it is the first line of stdin. Whoever is signed in
    with the account is signed out.
    """
    with opened(settings) as home:
        name = invited(home, code).name
        if settings.interactive:
            typed = click.prompt(
                f"New password of {name}", hide_input=True, confirmation_prompt=True, err=True
            )
        else:
            typed = _first_line()
        account = choose_password(home, Passwords(), code, typed)
    answer(settings, _document(account), f"Password chosen: {name}")
    return ExitCode.OK


@command("disable")
@click.argument("name")
def disable_(settings: Settings, *, name: str) -> int:
    """Let nobody sign in with an account any more.

    Whoever is signed in with it is signed out. Its name stays taken, as the audit trail has it.
    """
    with opened(settings) as home:
        account = disable(home, name, person())
    answer(settings, _document(account), f"Disabled: {name}")
    return ExitCode.OK


@command("enable")
@click.argument("name")
def enable_(settings: Settings, *, name: str) -> int:
    """Let an account in again that was disabled.

    It has the password that it had; `fedcat account invite` makes a code for another one.
    """
    with opened(settings) as home:
        account = enable(home, name, person())
    answer(settings, _document(account), f"Enabled: {name}")
    return ExitCode.OK


def _first_line() -> str:
    """Return the first line of stdin, or more of it than a password may have.

    Raises:
        InvalidInputError: It is not text.
    """
    # A character has four bytes at most.
    data = sys.stdin.buffer.readline(4 * MOST + 5)
    try:
        return data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise InvalidInputError("the password is not UTF-8") from None


def _roles(account: Account) -> str:
    return ", ".join(f"{role} of {origin}" for origin, role in account.roles.items()) or "nothing"


def _state(account: Account) -> str:
    if account.disabled_at is not None:
        return "disabled"
    return "good" if account.has_password else "without a password"


def _document(account: Account) -> dict[str, object]:
    return {
        "name": account.name,
        "roles": dict(account.roles),
        "has_password": account.has_password,
        "created_at": moment(account.created_at),
        "disabled_at": moment(account.disabled_at),
        "signed_in_at": moment(account.signed_in_at),
    }
