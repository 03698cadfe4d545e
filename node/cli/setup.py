"""``fedcat init``: a node comes into being."""

from __future__ import annotations

from pathlib import Path
from time import time

import click

from node.answers.catalogue import CatalogueProjection
from node.config import Config, check
from node.errors import ConfigError
from node.own.founding import found_node

from .exits import ExitCode
from .options import log_name_option, yes_option
from .output import answer, confirmed, fields, hint
from .recovery import founded_document, founded_fields, recovery_option, recovery_sheet
from .settings import Settings, command


@command("init")
@click.option("--address", metavar="URL", help="The node's public address, such as https://catalogue.example")
@click.option("--name", metavar="TEXT", help="The publisher's name, as people know it.")
@log_name_option
@click.option(
    "--allow-private", is_flag=True, help="Talk to loopback and private addresses, over plain http too."
)
@recovery_option
@yes_option
def init(
    settings: Settings,
    *,
    address: str | None,
    name: str | None,
    log_name: str | None,
    allow_private: bool,
    recovery: Path | None,
    yes: bool,
) -> int:
    """Create a node: keys, settings and its first log.

    The root key is shown once, on the recovery sheet, and kept nowhere else: print it.
    """
    address = _needed(settings, "--address", address, "Public address of this node (https://…)")
    name = _needed(settings, "--name", name, "Name of the publisher")
    _refuse_unusable(address, name, allow_private=allow_private)
    path = settings.home_path()
    if not confirmed(settings, f"Create a node for {name} at {path}?", yes=yes):
        raise click.Abort
    with recovery_sheet(recovery) as keep:
        founded = found_node(
            path,
            address=address,
            name=name,
            log_name=log_name,
            allow_private=allow_private,
            projection=CatalogueProjection(),
            clock=time,
            keep=keep,
        )
    document = founded_document(founded, recovery) | {"home": str(path), "address": address}
    answer(settings, document, fields({"node": address, "home": path, **founded_fields(founded)}))
    where = "" if settings.home is None else f"--home {path} "
    hint(settings, f"Next: `fedcat {where}serve`, then `fedcat {where}entry import publiccode PATH`.")
    return ExitCode.OK


def _refuse_unusable(address: str, name: str, *, allow_private: bool) -> None:
    """Refuse what cannot become a configuration, in the words of the options: there is no file yet.

    Raises:
        ConfigError: With the option.
    """
    if address.lower().startswith("http://") and not allow_private:
        message = f"{address} is plain http, which is for loopback and private addresses"
        hint = "add --allow-private for a node that stays there, or give an https:// address"
        raise ConfigError("--address", "", message, hint)
    try:
        check(Config(address.rstrip("/"), name, allow_private), "")
    except ConfigError as error:
        raise ConfigError(f"--{error.key}", "", error.message, error.hint) from None


def _needed(settings: Settings, option: str, value: str | None, question: str) -> str:
    """Return a value that init cannot do without: given, or asked from a person."""
    if value:
        return value
    if not settings.interactive:
        raise click.UsageError(f"Missing option {option!r}.")
    asked: str = click.prompt(question, err=True)
    return asked
