"""Opening the node's home for a command, and choosing one of its own logs."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from node.answers.catalogue import CatalogueProjection
from node.errors import NotFoundError
from node.home import Home
from node.observe import set_up

from .settings import Settings


@contextmanager
def opened(settings: Settings, *, level: str = "error") -> Iterator[Home]:
    """Open the home that the settings name, and close it again.

    Args:
        settings: The common options.
        level: What is logged without ``--verbose``; a command's own answer says the rest.

    Raises:
        ConfigError: There is no node there, or its configuration is wrong.
    """
    set_up(level="debug" if settings.verbose else level)
    home = Home.open(settings.home_path(), projection=CatalogueProjection())
    try:
        yield home
    finally:
        home.close()


def own_origin(home: Home, named: str | None) -> str:
    """Return the own log that a command works on.

    Args:
        home: The open home.
        named: What ``--log`` said: an origin or the name in it. None is enough on a node with one own log.

    Raises:
        NotFoundError: No own log is called that.
        click.UsageError: There are several own logs and none was named.
    """
    own = [log.origin for log in home.logs.all() if log.own]
    if named is None:
        if len(own) == 1:
            return own[0]
        raise click.UsageError("This node has several logs; say which with --log: " + ", ".join(own))
    for origin in own:
        if named in (origin, origin.split("/")[-2]):
            return origin
    raise NotFoundError(f"own log {named}", hint="`fedcat log list` shows the logs of this node.")


def person() -> str:
    """Return who runs this command, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no password file knows.
        return "unknown"
