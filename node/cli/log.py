"""``fedcat log …``: the logs this node publishes and carries."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from node.errors import DamagedError, NotClearedError
from node.home import Home
from node.http.card import log_url
from node.own.clearance import clear, own_row
from node.own.clearance import unlock as unlock_log
from node.own.founding import found_log
from node.own.headlock import HeadLock
from node.own.heartbeat import beat as renew_beat
from protocol.keyset import grouped

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import log_name_option, origin_option, yes_option
from .output import answer, confirmed, fields, hint, table
from .publishing import fetcher, true_reason
from .recovery import founded_document, founded_fields, recovery_option, recovery_sheet
from .settings import Settings, command


@command("list")
def list_(settings: Settings) -> int:
    """List all logs with size, root and fingerprint."""
    with opened(settings) as home:
        logs = [
            {
                "origin": log.origin,
                "url": log_url(home, log),
                "vkey": str(log.chain.newest.log),
                "size": log.size,
                "root": log.root.hex(),
                "fingerprint": log.fingerprint,
                "own": log.own,
            }
            for log in home.logs.all()
        ]
    rows = [
        (log["origin"], "own" if log["own"] else "followed", log["size"], log["fingerprint"]) for log in logs
    ]
    shown = [(origin, whose, size, grouped(str(fingerprint))) for origin, whose, size, fingerprint in rows]
    answer(settings, logs, table(("LOG", "", "SIZE", "FINGERPRINT"), shown))
    return ExitCode.OK


@command("add")
@click.option("--name", metavar="TEXT", required=True, help="The publisher's name, as people know it.")
@log_name_option
@recovery_option
@yes_option
def add(settings: Settings, *, name: str, log_name: str | None, recovery: Path | None, yes: bool) -> int:
    """Start another own log, for another publisher."""
    with opened(settings) as home:
        if not confirmed(settings, f"Start a log for {name}?", yes=yes):
            raise click.Abort
        with recovery_sheet(recovery) as keep:
            founded = found_log(home, name=name, log_name=log_name, keep=keep)
    answer(settings, founded_document(founded, recovery), fields(founded_fields(founded)))
    hint(settings, f"Next: `fedcat entry put --log {founded.origin} FILE`.")
    return ExitCode.OK


@command("beat")
@origin_option
def beat(settings: Settings, *, log: str | None) -> int:
    """Renew the heartbeat of an own log now.

    A running node does so by itself; this is for logs that are published as files.
    """
    with opened(settings) as home:
        origin = own_origin(home, log)
        asyncio.run(_beaten(home, origin))
    answer(settings, {"origin": origin}, f"{origin} is alive.")
    return ExitCode.OK


@command("unlock")
@click.option(
    "--size", type=click.IntRange(min=1), required=True, help="The size you vouch for as the newest."
)
@origin_option
@yes_option
def unlock(settings: Settings, *, size: int, log: str | None, yes: bool) -> int:
    """Allow signing again after a restore, at a size you vouch for.

    If a larger size was ever signed, this makes two histories, which everybody can prove.
    Without a terminal it wants --yes.
    """
    with opened(settings) as home:
        origin = own_origin(home, log)
        if not yes:
            risk = _risk(home, origin)
            if not settings.interactive:
                # Unlike elsewhere silence is no consent here: what this may break stays broken.
                raise click.UsageError(f"With --yes this would sign {origin} from size {size} on. {risk}")
            click.confirm(f"Sign {origin} from size {size} on? {risk}", err=True, abort=True)
        unlock_log(home, origin, size, person())
    answer(settings, {"origin": origin, "size": size}, f"{origin} may sign from size {size} on.")
    return ExitCode.OK


def _risk(home: Home, origin: str) -> str:
    """Return what an unlock may break, as a sentence; with both sizes when it does so for certain."""
    row = own_row(home, origin)
    try:
        locked = HeadLock.of(home, row).read()
    except DamagedError:
        locked = None
    if locked is None or locked.size <= row.size:
        return "A larger size signed before becomes a proven fork."
    return (
        f"The head lock stands at size {locked.size}, the database at {row.size}:"
        f" what was signed after {row.size} becomes a proven fork."
    )


async def _beaten(home: Home, origin: str) -> None:
    async with fetcher(home) as fetch:
        clearance = await clear(home, origin, fetch)
    try:
        await renew_beat(home, origin)
    except NotClearedError as error:
        raise NotClearedError(origin, true_reason(clearance, error.reason) or error.reason) from None
