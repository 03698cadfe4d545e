"""``fedcat show``, ``proof`` and ``entry history``: asking the node's own copy."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from node.answers import provenance
from protocol.keyset import grouped

from .exits import ExitCode
from .homes import opened
from .output import answer, fields, hint, table
from .settings import Settings, command


@command("show")
@click.argument("entry")
def show(settings: Settings, *, entry: str) -> int:
    """Show one entry and where it comes from.

    ENTRY is an address, or a unique beginning of its id. Where a successor continues its log, what the
    successor states is shown.
    """
    with opened(settings) as home:
        document = provenance.show(home, entry)
    where = document["provenance"]
    shown = {
        "entry": document["address"],
        "name": document["name"],
        "what": document["kind"] or document["type"],
        "summary": document["summary"],
        "state": _state(document),
        **_tombstone(document["withdrawal"]),
        "position": f"{document['index']} of {where['size']}, verified {where['verified_at']}",
        "publisher": grouped(where["fingerprint"]),
    }
    statement = json.dumps(document["statement"], ensure_ascii=False, indent=2)
    noted = [_noted(item) for item in document["annotations"]]
    problems = [f"{item['pointer']}: {item['message']}" for item in document["problems"]]
    answer(settings, document, "\n".join((fields(shown), *noted, *problems, "", statement)))
    return ExitCode.OK


@command("history")
@click.argument("entry")
def history(settings: Settings, *, entry: str) -> int:
    """List all versions of an entry."""
    with opened(settings) as home:
        versions = provenance.history(home, entry)
    rows = [(version["index"], version["op"], version["length"], _standing(version)) for version in versions]
    answer(settings, versions, table(("POSITION", "WHAT", "BYTES", ""), rows))
    return ExitCode.OK


@command("proof")
@click.argument("entry")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default="-",
    help="Where to write it; stdout without.",
)
def proof(settings: Settings, *, entry: str, output: Path) -> int:
    """Write an entry's proof, which anybody can check offline."""
    with opened(settings) as home:
        data = provenance.proof(home, entry)
    if str(output) == "-":
        if settings.as_json:
            answer(settings, {"file": None, "bytes": len(data), "proof": data.decode()}, "")
        else:
            sys.stdout.buffer.write(data)
        return ExitCode.OK
    output.write_bytes(data)
    answer(settings, {"file": str(output), "bytes": len(data)}, f"Wrote {output}, {len(data)} bytes.")
    hint(settings, f"Anybody can check it: `fedcat verify {output} --fingerprint …`.")
    return ExitCode.OK


def _state(document: Mapping[str, Any]) -> str:
    """Return the state of an entry, with the reason of an erase."""
    state: str = document["state"]
    return state if document["erased"] is None else f"{state} ({document['erased']})"


def _tombstone(withdrawal: Mapping[str, Any] | None) -> dict[str, str]:
    """Return why an entry was withdrawn, and what takes its place."""
    shown = {} if withdrawal is None else {name: withdrawal[name] for name in ("reason", "successor")}
    return {name: value for name, value in shown.items() if value}


def _noted(fact: Mapping[str, object]) -> str:
    """Return a fact that this node noted beside the entry."""
    return f"{fact['name']} {fact['value']}: not stated, seen in {fact['source']} at {fact['observed_at']}"


def _standing(version: Mapping[str, object]) -> str:
    """Return what became of a version: erased, current, or superseded."""
    if version["erased"] is not None:
        return f"erased ({version['erased']})"
    return "current" if version["current"] else "superseded"
