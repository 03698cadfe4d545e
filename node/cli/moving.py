"""``fedcat key move`` and ``release``: another node publishes a log from now on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from node.errors import InvalidInputError
from node.home import Home
from node.moving import followed_row, plan_move, release, take_over
from node.own.clearance import clear
from node.own.rootkeys import Prepared
from node.own.rotation import Change, Plan
from node.own.sequencer import Receipt, publish_waiting
from node.reaching import fetcher

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import yes_option
from .output import answer, confirmed, hint
from .rotating import (
    KEY_SET_FILE,
    apply_option,
    cleared_or_refused,
    prepare_option,
    prepared_answer,
    read_prepared,
    read_roots,
    roots_option,
    rotated_answer,
    write_prepared,
)
from .settings import Settings, command


@command("move")
@click.argument("origin")
@roots_option("A recovery sheet or root key that signs, `-` for stdin; once for each.")
@click.option(
    "--url", "urls", multiple=True, metavar="URL", help="Where the files will be; this node without."
)
@prepare_option("Write the key set for its roots to sign.")
@apply_option("Begin with a signed one.")
@yes_option
def move(
    settings: Settings,
    *,
    origin: str,
    roots: tuple[Path, ...],
    urls: tuple[str, ...],
    prepared: Path | None,
    applied: tuple[Path, ...],
    yes: bool,
) -> int:
    """Publish a followed log from this node, under keys made here.

    Run on the new host. --prepare a file, have the roots sign it, `fedcat key release` it on the
    old host, then --apply it here. In one step, with the roots at hand, only where the old host is
    lost.
    """
    if applied and (prepared is not None or urls):
        raise click.UsageError("--apply takes the key set as it is: give no change with it.")
    keys = read_roots(roots)
    with opened(settings) as home:
        planned = None
        if applied:
            wanted = read_prepared(applied).signed(keys)
        else:
            planned = asyncio.run(_planned(home, origin, Change(urls=urls or None)))
            wanted = planned.prepared.signed(keys)
        if wanted.keys.origin != origin:
            raise InvalidInputError(f"the file is of {wanted.keys.origin}, not of {origin}")
        if planned is not None and prepared is not None:
            planned.keep_secrets(home)
            write_prepared(prepared, wanted)
            return prepared_answer(settings, wanted, prepared, followed_row(home, origin).chain)
        question = f"Publish {origin} from here? The old host must have released it, or be lost."
        if not confirmed(settings, question, yes=yes):
            raise click.Abort
        if planned is not None:
            planned.keep_secrets(home)
        receipt = asyncio.run(_taken_over(home, origin, wanted))
    return rotated_answer(settings, wanted.keys, receipt, receipt.size)


@command("release")
@click.argument("files", type=KEY_SET_FILE, nargs=-1, required=True, metavar="FILE...")
@yes_option
def release_(settings: Settings, *, files: tuple[Path, ...], yes: bool) -> int:
    """Hand a log over to the node that made a key set.

    Run on the old host. The key set is published here; this node signs no more for the log, and
    goes on as a mirror. Several files are copies that were signed side by side.
    """
    wanted = read_prepared(files)
    with opened(settings) as home:
        origin = own_origin(home, wanted.keys.origin)
        asyncio.run(cleared_or_refused(home, origin))
        if not confirmed(settings, f"Stop publishing {origin} here, for good?", yes=yes):
            raise click.Abort
        keys = release(home, origin, wanted, person())
    document = {"origin": origin, "version": keys.version, "after": keys.after, "urls": list(keys.urls)}
    answer(settings, document, f"{origin} is published by {', '.join(keys.urls)} from now on.")
    hint(
        settings,
        "Next: `fedcat key move --apply` there. Keep this node running, so that followers hear of it.",
    )
    return ExitCode.OK


async def _planned(home: Home, origin: str, change: Change) -> Plan:
    async with fetcher(home) as fetch:
        return await plan_move(home, fetch, origin, change)


async def _taken_over(home: Home, origin: str, prepared: Prepared) -> Receipt:
    async with fetcher(home) as fetch:
        await take_over(home, fetch, origin, prepared, person())
        await clear(home, origin, fetch)
    return await publish_waiting(home, origin)
