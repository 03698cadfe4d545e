"""``fedcat key succeed``: a log goes on under another name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from node.errors import InvalidInputError
from node.home import Home
from node.own.clearance import clear
from node.own.rootkeys import Prepared
from node.own.sequencer import Receipt, publish_waiting
from node.own.succeeding import Succession, begin_successor, plan_successor
from node.reaching import fetcher
from protocol.keys import VerifierKey

from .exits import ExitCode
from .homes import opened, person
from .options import log_name_option, yes_option
from .output import answer, confirmed, fields, hint, warn
from .recovery import founded_document, founded_fields, recovery_option, recovery_sheet
from .rotating import (
    add_root_option,
    apply_option,
    prepare_option,
    read_prepared,
    read_roots,
    roots_option,
    threshold_option,
    write_prepared,
)
from .settings import Settings, command


@command("succeed")
@click.argument("origin")
@log_name_option
@roots_option("A root of the log that ends, or of the new one: it signs. `-` for stdin; once for each.")
@add_root_option("Public half of a root made for the new log; without any, one is made here.")
@threshold_option
@recovery_option
@prepare_option("Write the key set for its roots to sign.")
@apply_option("Begin with a signed one.")
@yes_option
def succeed(
    settings: Settings,
    *,
    origin: str,
    log_name: str | None,
    roots: tuple[Path, ...],
    added: tuple[VerifierKey, ...],
    threshold: int,
    recovery: Path | None,
    prepared: Path | None,
    applied: tuple[Path, ...],
    yes: bool,
) -> int:
    """Continue a log under a new name, with the consent of its roots.

    A new log begins at this node's address; it states everything again under the same ids. Whoever follows
    the old log moves by themselves. For logs that cannot go on: a lost head, a fork, a lost name.
    """
    if applied and (prepared is not None or added or log_name):
        raise click.UsageError("--apply takes the key set as it is: give no change with it.")
    keys = read_roots(roots)
    with opened(settings) as home:
        if applied:
            wanted = read_prepared(applied).signed(keys)
            before = wanted.keys.predecessor
            if before is None or before.origin != origin:
                raise InvalidInputError(f"the file continues {before and before.origin}, not {origin}")
            return _begun(settings, home, wanted, yes=yes)
        planned = plan_successor(home, origin, log_name=log_name, roots=added, threshold=threshold)
        wanted = planned.prepared.signed(keys)
        if prepared is None:
            old = home.logs.get(origin)
            missing = None if old is None else wanted.lacking(old.chain.newest, wanted.keys)
            if missing is not None:
                raise InvalidInputError(missing, hint="give them with --root, or --prepare a file for them")
        with recovery_sheet(None if planned.founded is None else recovery) as keep:
            if planned.founded is not None:
                keep(planned.founded)
            planned.keep_secrets(home)
            if prepared is None:
                return _begun(settings, home, wanted, yes=yes)
        write_prepared(prepared, wanted)
    return _written(settings, planned, prepared, recovery)


def _written(settings: Settings, planned: Succession, file: Path, recovery: Path | None) -> int:
    keys = planned.prepared.keys
    if str(file) != "-":
        document: dict[str, object] = {
            "origin": keys.origin,
            "fingerprint": keys.fingerprint,
            "file": str(file),
        }
        shown: dict[str, object] = {"log": keys.origin, "key set": file}
        if planned.founded is not None:
            document |= founded_document(planned.founded, recovery)
            shown |= founded_fields(planned.founded)
        answer(settings, document, fields(shown))
    hint(settings, "Next: `fedcat key sign` where the old log's roots are, then --apply it here.")
    return ExitCode.OK


def _begun(settings: Settings, home: Home, wanted: Prepared, *, yes: bool) -> int:
    keys = wanted.keys
    before = "" if keys.predecessor is None else keys.predecessor.origin
    if not confirmed(settings, f"Continue {before} as {keys.origin}? This is final.", yes=yes):
        raise click.Abort
    why_not = begin_successor(home, wanted, person())
    receipt = asyncio.run(_published(home, keys.origin))
    document = {
        "origin": keys.origin,
        "predecessor": before,
        "fingerprint": keys.fingerprint,
        "size": receipt.size,
        "signed": receipt.signed,
    }
    answer(settings, document, fields({"log": keys.origin, "continues": before, "leaves": receipt.size}))
    if not receipt.signed:
        warn(f"Not signed yet: {receipt.why_not or why_not}")
        return ExitCode.LOCKED
    hint(settings, "Followers learn of it from the cards of nodes that they ask; tell them as well.")
    return ExitCode.OK


async def _published(home: Home, origin: str) -> Receipt:
    async with fetcher(home) as fetch:
        await clear(home, origin, fetch)
    return await publish_waiting(home, origin)
