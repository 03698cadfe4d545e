"""``fedcat dump`` and ``verify-dump``: everything in one file, and whether it is true."""

from __future__ import annotations

from pathlib import Path

import click

from node.dumping.making import FORMS, files_of, form_of, make_dump
from node.dumping.packing import GZIP
from node.dumping.verifying import VerifiedDump, verify_dump
from node.errors import InvalidInputError, counted
from protocol.keyset import grouped

from .exits import ExitCode
from .homes import opened
from .output import answer, fields, hint, moment
from .settings import Settings, command


@command("dump")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMS)),
    help="The form; without, what the file's name ends with.",
)
def dump(settings: Settings, *, file: Path, form: str | None) -> int:
    """Write every live statement to one file, with what proves it.

    FILE is replaced; of a folder, dump.jsonl or another form in it. A name that ends with .gz means a packed
    file. A CSV file has its proof beside it: dump.csv.proof, or dump.csv.proof.gz. What is hidden, taken down
    or blocked here is left out.
    """
    form = form or form_of(file.name) or ("jsonl.gz" if file.suffix == GZIP else "jsonl")
    path = file / f"dump.{form}" if file.is_dir() else file
    with opened(settings) as home:
        make_dump(home, path, form)
    files = files_of(path, form)
    written = {"files": [str(each) for each in files], "format": form, "bytes": path.stat().st_size}
    answer(settings, written, "\n".join(f"Written: {each}" for each in files))
    hint(settings, f"`fedcat verify-dump {path}` checks it, here or anywhere.")
    return ExitCode.OK


@command("verify-dump")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--fingerprint",
    "pins",
    multiple=True,
    metavar="ORIGIN=FINGERPRINT",
    help="Whom you know to publish a log; as often as you like.",
)
def verify(settings: Settings, *, file: Path, pins: tuple[str, ...]) -> int:
    """Check a dump, packed or not; needs no node and no network.

    Without --fingerprint it shows that somebody signed what is in it, not that it was the publisher you mean.
    It does not show that the dump is new.
    """
    found = verify_dump(file, _pins(pins))
    logs = [
        {
            "origin": log.origin,
            "fingerprint": log.fingerprint,
            "pinned": log.pinned,
            "size": log.size,
            "root": log.root,
            "seen_alive": moment(log.beat_time),
            "statements": log.statements,
            "left_out": log.left_out,
        }
        for log in found.logs
    ]
    document = {"verified": True, "kind": "dump", "node": found.node, "made_at": found.made_at, "logs": logs}
    answer(settings, document, _text(found))
    if not all(log.pinned for log in found.logs):
        hint(
            settings, "Publishers are whoever holds these fingerprints: compare them, or give --fingerprint."
        )
    return ExitCode.OK


def _pins(given: tuple[str, ...]) -> dict[str, str]:
    pins = {}
    for pin in given:
        origin, equals, fingerprint = pin.partition("=")
        if not equals or not fingerprint:
            hint = "such as lyon.example/log/lyon/1=3f2a…"
            raise InvalidInputError(f"{pin!r} is not an origin and its fingerprint", hint=hint)
        pins[origin] = "".join(fingerprint.split()).lower()
    return pins


def _text(found: VerifiedDump) -> str:
    count = sum(log.statements for log in found.logs)
    what = f"{counted(count, 'statement')} of {counted(len(found.logs), 'log')}"
    lines = [f"Verified: {what}, as {found.node} had them."]
    for log in found.logs:
        shown = {
            "log": log.origin,
            "publisher": grouped(log.fingerprint),
            "statements": f"{log.statements}, {log.left_out} left out",
            "signed": f"{log.size} leaves, {log.root}",
            "seen alive": moment(log.beat_time),
        }
        lines += ["", fields(shown)]
    return "\n".join(lines)
