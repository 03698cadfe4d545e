"""``fedcat token create``, ``list`` and ``revoke``: who may publish here over HTTP."""

from __future__ import annotations

import click

from node.tokens import SCOPES, Token, create, revoke, tokens

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import origin_option
from .output import answer, hint, moment, table
from .settings import Settings, command


@command("create")
@click.option("--name", required=True, help="What it is called here, such as city-website.")
@click.option(
    "--scope",
    required=True,
    metavar="SCOPES",
    help=f"What it is for: some of {','.join(SCOPES)}, with commas.",
)
@click.option("--until", metavar="DAY", help="The last day on which it is taken, such as 2027-11-02.")
@origin_option
def create_(settings: Settings, *, name: str, scope: str, until: str | None, log: str | None) -> int:
    """Make a token by which a program may publish to an own log.

    It is shown once, and kept nowhere: only its hash is. Whoever has it may publish what it is for.
    """
    with opened(settings) as home:
        origin = own_origin(home, log)
        scopes = tuple(each for each in scope.split(",") if each)
        secret, token = create(home, origin, name, scopes, until=until, actor=person())
        now = home.now()
    answer(settings, {"token": secret, **_document(token, now)}, secret)
    hint(settings, "It is not shown again. Send it as `Authorization: Bearer …`, over https alone.")
    return ExitCode.OK


@command("list")
def list_(settings: Settings) -> int:
    """List all tokens, those that were revoked too."""
    with opened(settings) as home:
        found, now = tokens(home), home.now()
    rows = [
        (each.name, each.origin, " ".join(each.scopes), _state(each, now), moment(each.used_at) or "never")
        for each in found
    ]
    text = table(("name", "log", "for", "state", "used"), rows) if rows else "No tokens."
    answer(settings, {"tokens": [_document(each, now) for each in found]}, text)
    return ExitCode.OK


@command("revoke")
@click.argument("name")
def revoke_(settings: Settings, *, name: str) -> int:
    """Take a token back: it is refused from now on."""
    with opened(settings) as home:
        token, now = revoke(home, name, person()), home.now()
    answer(settings, _document(token, now), f"Revoked: {name}")
    return ExitCode.OK


def _state(token: Token, now: int) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if not token.is_valid(now):
        return "over"
    return f"until {token.until}" if token.until else "valid"


def _document(token: Token, now: int) -> dict[str, object]:
    return {
        "name": token.name,
        "origin": token.origin,
        "scopes": list(token.scopes),
        "valid": token.is_valid(now),
        "created_at": moment(token.created_at),
        "until": token.until,
        "revoked_at": moment(token.revoked_at),
        "used_at": moment(token.used_at),
    }
