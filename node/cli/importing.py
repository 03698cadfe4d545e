"""``fedcat entry import``: take entries from other people's files, one command for each format.

``--found-at`` is a CSV with the columns ``file``, ``source_repo`` and ``path``: at which
repository each file was found. It is the evidence that tells a project's own file from a
copy in a fork::

    file,source_repo,path
    publiccode/city__budget.yml,city/budget,publiccode.yml

There is a report whatever the files hold, and then the command ends well: a bad file among
a thousand is one line of the report. What ``--keep-contacts`` kept has a line there as well.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from federation.response import Fetch
from node.errors import InvalidInputError
from node.home import Home
from node.importing import ImportDetail, ImportReport, import_records
from node.interop.codejson import read_codejson
from node.interop.dpg import read_dpg
from node.interop.found_at import FoundAt
from node.interop.making import Occasion
from node.interop.places import JSON_SUFFIXES, SUFFIXES
from node.interop.publiccode import read_publiccode
from node.interop.record import Record, counted
from node.own.clearance import clear
from node.reaching import fetcher
from node.store.trail import Doing

from .exits import ExitCode
from .homes import opened, own_origin, person
from .options import origin_option
from .output import answer, counting, fields, hint, table, warn
from .publishing import true_reason
from .settings import Settings, command

#: Ten times the list of the largest collection known.
MAX_FOUND_AT_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class _Reader:
    """A format: its command, what reads it, and the names of its files in a folder."""

    name: str
    read: Callable[[Sequence[str], Occasion, Fetch | None], AsyncIterator[Record]]
    suffixes: tuple[str, ...]


_PUBLICCODE: Final = _Reader("publiccode", read_publiccode, SUFFIXES)
_CODEJSON: Final = _Reader("codejson", read_codejson, JSON_SUFFIXES)
_DPG: Final = _Reader("dpg", read_dpg, JSON_SUFFIXES)


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command what all imports take."""
    for option in (
        click.option("--dry-run", is_flag=True, help="Read and report; publish nothing."),
        click.option(
            "--keep-contacts",
            is_flag=True,
            help="Publish e-mail addresses, telephone numbers and names of contacts; ask them first.",
        ),
        click.option(
            "--found-at",
            type=click.Path(path_type=Path, exists=True, dir_okay=False),
            help="CSV of where each file was found: file, source_repo, path.",
        ),
        origin_option,
        click.argument("places", metavar="PATH-OR-URL...", nargs=-1, required=True),
    ):
        function = option(function)
    return function


@command("publiccode")
@_options
def publiccode(settings: Settings, **options: Any) -> int:  # noqa: ANN401 - those of _options
    """Import publiccode.yml files, folders or URLs.

    What did not change since the last import is not published again. Contact data of people are
    left out; versions, which change by themselves, are noted at this node.
    """
    return _import(settings, _PUBLICCODE, **options)


@command("codejson")
@_options
def codejson(settings: Settings, **options: Any) -> int:  # noqa: ANN401 - those of _options
    """Import code.json inventories and projects: files, folders or URLs.

    Every project of an inventory becomes an entry. What did not change since the last import is
    not published again. Contact data of people are left out; versions and counts, which change
    by themselves, are noted at this node.
    """
    return _import(settings, _CODEJSON, **options)


@command("dpg")
@_options
def dpg(settings: Settings, **options: Any) -> int:  # noqa: ANN401 - those of _options
    """Import digital public goods: files of the registry, folders or URLs.

    All files about one good become one entry, so name them together. What did not change since
    the last import is not published again. Contact data of people are left out.
    """
    return _import(settings, _DPG, **options)


def _import(
    settings: Settings,
    reader: _Reader,
    *,
    places: tuple[str, ...],
    log: str | None,
    found_at: Path | None,
    keep_contacts: bool,
    dry_run: bool,
) -> int:
    """Import documents of one format, and tell what came of each record."""
    where = None if found_at is None else _found_at(found_at)
    with opened(settings) as home:
        origin = own_origin(home, log)
        with counting(settings, _expected(places, reader.suffixes), "Reading") as step:
            today = datetime.fromtimestamp(home.now(), UTC).date().isoformat()
            read = partial(reader.read, places, Occasion(today, where, keep_contacts=keep_contacts))
            doing = Doing(person(), f"entry import {reader.name}")
            report = asyncio.run(_imported(home, origin, read, step, doing, dry_run=dry_run))
    answer(settings, report_document(report), _told(report))
    if not report.signed:
        warn(f"Kept as drafts, not signed: {report.why_not}")
    elif not dry_run and report.accepted + report.changed:
        hint(settings, "Next: `fedcat search TEXT` finds what was imported.")
    return ExitCode.OK


def _found_at(path: Path) -> FoundAt:
    """Return the list of where files were found.

    Raises:
        InvalidInputError: It is too long, or not such a list.
    """
    with path.open("rb") as stream:
        data = stream.read(MAX_FOUND_AT_BYTES + 1)
    if len(data) > MAX_FOUND_AT_BYTES:
        raise InvalidInputError(f"{path} is longer than {MAX_FOUND_AT_BYTES:,} bytes")
    return FoundAt.parse(data, path.name)


def _expected(places: Sequence[str], suffixes: tuple[str, ...]) -> int:
    """Return about how many documents there are, for the bar; folders are looked through."""
    folders = [Path(place) for place in places if os.path.isdir(place)]  # noqa: PTH112 - never raises
    files = sum(1 for folder in folders for file in folder.rglob("*") if file.suffix.lower() in suffixes)
    return files + len(places) - len(folders)


async def _imported(
    home: Home,
    origin: str,
    read: Callable[[Fetch | None], AsyncIterator[Record]],
    step: Callable[[], None],
    doing: Doing,
    *,
    dry_run: bool,
) -> ImportReport:
    """Put what ``read`` yields, given a fetcher, into the log; ``step`` follows each document."""
    async with fetcher(home) as fetch:
        clearance = None if dry_run else await clear(home, origin, fetch)
        records = _counted(read(fetch), step)
        report = await import_records(home, origin, records, doing=doing, dry_run=dry_run)
    if clearance is None:
        return report
    return replace(report, why_not=true_reason(clearance, report.why_not))


async def _counted(records: AsyncIterator[Record], step: Callable[[], None]) -> AsyncIterator[Record]:
    """Yield the records, calling ``step`` at each document: a list is one step, not thousands."""
    last = None
    async for record in records:
        if record.place != last:
            step()
        last = record.place
        yield record


def report_document(report: ImportReport) -> dict[str, object]:
    """Return the report as ``--json`` shows it: the counts of the contract, then the details."""
    return {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "changed": report.changed,
        "rejected": report.rejected,
        "problems": report.problems,
        "signed": report.signed,
        "why_not": report.why_not,
        "details": [
            {
                "place": detail.place,
                "outcome": detail.outcome,
                "reason": detail.reason,
                "id": detail.id and detail.id.hex(),
                "name": detail.name,
                "remarks": [asdict(remark) for remark in detail.remarks],
            }
            for detail in report.details
        ],
    }


def _told(report: ImportReport) -> str:
    """Return the report for a person: what was refused and left out, then the counts."""
    rows = [
        (detail.outcome, detail.place, detail.reason or detail.name, _summed(detail))
        for detail in report.details
    ]
    counts = {
        "accepted": report.accepted,
        "unchanged": report.unchanged,
        "changed": report.changed,
        "rejected": report.rejected,
        "problems": report.problems,
    }
    return table(("", "FILE", "NAME OR REASON", "REMARKS"), rows) + "\n\n" + fields(counts)


def _summed(detail: ImportDetail) -> str | None:
    """Return how many remarks of each kind there are, such as ``2 dropped, 1 missing``."""
    return ", ".join(f"{count} {kind}" for kind, count in counted(detail.remarks).items()) or None
