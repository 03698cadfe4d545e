"""``fedcat init`` and ``fedcat serve``: a node comes into being, a node runs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time

import click

from node.answers.catalogue import CatalogueProjection
from node.own.founding import Founded, found_node
from node.service import serve as run_service
from protocol.keyset import grouped

from .exits import ExitCode
from .homes import opened
from .output import answer, confirmed, fields, hint, warn
from .settings import Settings, command

recovery_option = click.option(
    "--recovery",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the recovery sheet to this new file instead of showing it.",
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Agree to every question.")
log_name_option = click.option(
    "--log", "log_name", metavar="NAME", help="The log's short name in its origin: a-z, 0-9, hyphens."
)


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
        )
        keep(founded)
    document = founded_document(founded, recovery) | {"home": str(path), "address": address}
    answer(settings, document, fields({"node": address, "home": path, **founded_fields(founded)}))
    where = "" if settings.home is None else f"--home {path} "
    hint(settings, f"Next: `fedcat {where}serve`, then `fedcat {where}entry import publiccode PATH`.")
    return ExitCode.OK


@command("serve")
def serve(settings: Settings) -> int:
    """Run the node: answer, pull from others, keep the heartbeat.

    SIGTERM finishes what is being answered and stops.
    """

    def ready() -> None:
        own = [log.origin for log in home.logs.all() if log.own]
        document = {"address": home.config.address, "pid": os.getpid(), "logs": own}
        answer(settings, document, "")
        hint(settings, f"Serving {home.config.name} at {home.config.address}")

    with opened(settings, level="warning" if settings.quiet else "info") as home:
        asyncio.run(run_service(home, ready=ready))
    return ExitCode.OK


@contextmanager
def recovery_sheet(path: Path | None) -> Iterator[Callable[[Founded], None]]:
    """Make sure of the place for a recovery sheet before keys exist; nothing is left of it on failure.

    Args:
        path: A new file, or None to show the sheet on stderr.

    Raises:
        click.UsageError: The file exists or cannot be written.
    """
    if path is None:
        yield _show_sheet
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.UsageError(f"{path} exists; a recovery sheet never overwrites anything.") from None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be written: {error.strerror}") from None

    def keep(founded: Founded) -> None:
        with os.fdopen(descriptor, "w", encoding="utf-8", closefd=False) as file:
            file.write(founded.recovery_sheet)
        os.fsync(descriptor)

    try:
        yield keep
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(descriptor)


def founded_document(founded: Founded, recovery: Path | None) -> dict[str, object]:
    """Return what a program learns about a new log; never the recovery sheet itself."""
    return {
        "origin": founded.origin,
        "fingerprint": founded.fingerprint,
        "recovery": None if recovery is None else str(recovery),
    }


def founded_fields(founded: Founded) -> dict[str, object]:
    """Return what a person learns about a new log."""
    return {"log": founded.origin, "fingerprint": grouped(founded.fingerprint)}


def _show_sheet(founded: Founded) -> None:
    """Show the recovery sheet once; --quiet does not hide it, for it exists nowhere else."""
    warn("Print or write down this recovery sheet now; it is not kept:")
    click.echo(f"\n{founded.recovery_sheet}", err=True)


def _needed(settings: Settings, option: str, value: str | None, question: str) -> str:
    """Return a value that init cannot do without: given, or asked from a person."""
    if value:
        return value
    if not settings.interactive:
        raise click.UsageError(f"Missing option {option!r}.")
    asked: str = click.prompt(question, err=True)
    return asked
