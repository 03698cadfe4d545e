"""``fedcat log …``: the logs this node publishes and carries."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from node.audit import audit as audit_log
from node.errors import DamagedError, NotClearedError
from node.home import Home
from node.http.card import log_url
from node.own.clearance import clear, own_row
from node.own.clearance import unlock as unlock_log
from node.own.founding import Founded, begin_log, found_log, plan_log
from node.own.headlock import HeadLock
from node.own.heartbeat import beat as renew_beat
from node.reaching import fetcher
from node.retention import to_trim
from node.retention import trim as trim_logs
from protocol.keys import VerifierKey
from protocol.keyset import grouped

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import log_name_option, origin_option, yes_option
from .output import answer, confirmed, counting, fields, hint, table, warn
from .publishing import true_reason
from .recovery import founded_document, founded_fields, recovery_option, recovery_sheet
from .rotating import (
    add_root_option,
    apply_option,
    prepare_option,
    read_prepared,
    threshold_option,
    write_prepared,
)
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
@add_root_option("Public half of a root made elsewhere for this log; without any, one is made here.")
@threshold_option
@prepare_option("With --add-root: what the roots sign.")
@apply_option("Start with a signed one.")
@yes_option
def add(
    settings: Settings,
    *,
    name: str,
    log_name: str | None,
    recovery: Path | None,
    added: tuple[VerifierKey, ...],
    threshold: int,
    prepared: Path | None,
    applied: tuple[Path, ...],
    yes: bool,
) -> int:
    """Start another own log, for another publisher.

    Its root is made here and shown once, on the recovery sheet; or roots made elsewhere sign a file
    that --prepare writes and --apply takes back.
    """
    if (prepared is None) != (not added) or (added and applied):
        raise click.UsageError("Roots made elsewhere: first --add-root with --prepare, then --apply alone.")
    with opened(settings) as home:
        if prepared is not None:
            planned = plan_log(home, name=name, log_name=log_name, roots=added, threshold=threshold)
            planned.keep_secrets(home)
            write_prepared(prepared, planned.prepared)
            keys = planned.prepared.keys
            answer(settings, {"origin": keys.origin, "file": str(prepared)}, fields({"log": keys.origin}))
            hint(settings, "Next: `fedcat key sign` where the roots are, then --apply it here.")
            return ExitCode.OK
        if not confirmed(settings, f"Start a log for {name}?", yes=yes):
            raise click.Abort
        if applied:
            wanted = read_prepared(applied)
            begin_log(home, name, wanted)
            founded = Founded(wanted.keys.origin, wanted.keys.fingerprint, "")
        else:
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


@command("audit")
@click.argument("origin", required=False)
def audit(settings: Settings, *, origin: str | None) -> int:
    """Read every byte of a log and say what is not as it was signed.

    Of all logs without ORIGIN. A log with a finding is not signed until an audit finds nothing.
    Ends with 3 when there is any.
    """
    with opened(settings) as home:
        origins = [log.origin for log in home.logs.all()] if origin is None else [origin]
        with counting(settings, len(origins), "Auditing") as step:
            found = []
            for each in origins:
                found.append(audit_log(home, each))
                step()
    rows = [
        (each.origin, finding.file, finding.place, finding.reason)
        for each in found
        for finding in each.findings
    ]
    done = "\n".join(
        f"{each.origin}, {each.size} leaves: all as signed" for each in found if not each.findings
    )
    text = table(("LOG", "FILE", "PLACE", "FOUND"), rows) if rows else ""
    answer(settings, [asdict(each) for each in found], "\n".join(part for part in (done, text) if part))
    for file in (file for each in found for file in each.repacked):
        hint(
            settings,
            f"{file} held the right blobs, packed in haste or by another program; it was packed anew.",
        )
    for reason in (reason for each in found for reason in each.refetched):
        warn(f"{reason}: fetched again with the next `fedcat sync`.")
    if rows:
        hint(settings, DamagedError.hint)
        return ExitCode.UNVERIFIED
    return ExitCode.OK


@command("trim")
@click.argument("origin", required=False)
@click.option(
    "--days", type=click.IntRange(min=0), help="Instead of the setting: content superseded for so long goes."
)
@click.option("--dry-run", is_flag=True, help="Only count.")
def trim(settings: Settings, *, origin: str | None, days: int | None, dry_run: bool) -> int:
    """Delete superseded content that is older than it is to be kept.

    Of all logs without ORIGIN. A running node does so by itself, as retention.superseded_days says. The
    newest version of everything stays, and so do leaves and proofs.
    """
    with opened(settings) as home:
        origins = None if origin is None else [origin]
        found = (to_trim if dry_run else trim_logs)(home, origins, days=days)
    document = [{"origin": name, "versions": count} for name, count in found.items()]
    answer(settings, document, table(("LOG", "VERSIONS"), list(found.items())))
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
