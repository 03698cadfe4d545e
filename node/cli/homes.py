"""Opening the node's home for a command, and the steps that several commands share."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from federation.fetch import Fetcher
from node.answers.catalogue import CatalogueProjection
from node.errors import NotFoundError
from node.home import Home
from node.observe import set_up
from node.own.clearance import clear
from node.own.sequencer import Draft, Receipt, publish

from .exits import ExitCode
from .output import hint, warn
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


def fetcher(home: Home) -> Fetcher:
    """Return the bounded fetcher that this node's configuration allows."""
    return Fetcher(home.config.limits, allow_private=home.config.allow_private)


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
        if own:
            raise click.UsageError("This node has several logs; say which with --log: " + ", ".join(own))
        raise NotFoundError("an own log", hint="`fedcat log add` starts one.")
    for origin in own:
        if named in (origin, origin.split("/")[-2]):
            return origin
    raise NotFoundError(f"own log {named}", hint="`fedcat log list` shows the logs of this node.")


async def publish_now(home: Home, origin: str, drafts: Sequence[Draft]) -> Receipt:
    """Publish drafts to an own log, after asking the world what it knows of that log.

    The questions are skipped when a running node has asked them already.
    """
    async with fetcher(home) as fetch:
        await clear(home, origin, fetch)
    return await publish(home, origin, drafts)


def receipt_code(settings: Settings, receipt: Receipt) -> ExitCode:
    """Return how a publishing command ends, and say it when the drafts still wait."""
    if receipt.signed:
        return ExitCode.OK
    warn(f"Kept as a draft, not signed: {receipt.why_not}")
    hint(settings, "It is published as soon as the node may sign; `fedcat log unlock` overrides.")
    return ExitCode.LOCKED


def receipt_document(origin: str, receipt: Receipt) -> dict[str, object]:
    """Return a receipt as every publishing command reports it."""
    return {
        "origin": origin,
        "entries": [
            {"address": f"{origin}/e/{id_.hex()}", "id": id_.hex(), "index": index}
            for id_, index in zip(receipt.ids, receipt.indexes, strict=False)
        ],
        "size": receipt.size,
        "signed": receipt.signed,
        "why_not": receipt.why_not,
    }


def person() -> str:
    """Return who runs this command, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no password file knows.
        return "unknown"
