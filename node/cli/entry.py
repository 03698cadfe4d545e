"""``fedcat entry put``, ``withdraw`` and ``erase``: what this node's publishers state.

An entry is written as YAML or JSON in the entry model; ``type``, ``v`` and ``modified``
fill themselves in::

    kind: software
    name: {en: Participation platform}
    summary: {en: Lets residents propose and vote on local projects}
    topics: [sector:civic-participation]
    lifecycle: live
    license: AGPL-3.0-only
    languages: [en]
    links: [{rel: landing, url: https://participation.example}]
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import click

from node.answers.provenance import Address, history, resolve
from node.errors import InvalidInputError, LockedError, NotFoundError
from node.forgetting import forget
from node.home import Home
from node.interop.yaml_loader import DEFAULT, YamlError, load_yaml
from node.own.sequencer import Draft, Receipt
from node.privacy.lint import lint
from protocol.leaf import EraseReason, Op
from protocol.packing import Value
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .exits import ExitCode, problem_document, problem_line
from .homes import opened, own_origin
from .options import origin_option, yes_option
from .output import answer, confirmed, hint, moment, warn
from .publishing import publish_now, receipt_code, receipt_document
from .settings import Settings, command

WITHDRAW_REASONS = ("withdrawn", "error", "merged", "moved", "legal")


@command("put")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@origin_option
@click.option(
    "--entry", "ref", metavar="ENTRY", help="The entry that this is a new version of; a new entry without."
)
@click.option(
    "--expected", type=int, metavar="INDEX", help="The version you edited; refused when there is a newer one."
)
@click.option("--dry-run", is_flag=True, help="Only check the document.")
def put(
    settings: Settings, *, file: Path, log: str | None, ref: str | None, expected: int | None, dry_run: bool
) -> int:
    """Publish an entry, or a new version of one.

    FILE is YAML or JSON in the entry model; - reads stdin. What seems to be about a person (an e-mail
    address, a telephone number, a name) is a warning: it would be copied everywhere, for ever.
    """
    document = _read(file)
    with opened(settings) as home:
        payload = {"type": "entry", "v": 1, "modified": moment(home.now()), **document}
        flags = _checked(payload)
        warnings = lint(payload)
        _warn(warnings)
        if dry_run:
            found = {"problems": _documents(flags), "warnings": _documents(warnings)}
            answer(settings, {"valid": True, **found}, "Valid.")
            return ExitCode.OK
        if ref is None:
            origin, id_ = own_origin(home, log), None
        else:
            origin, id_ = _own_entry(home, ref)
        receipt = asyncio.run(publish_now(home, origin, [Draft(Op.PUT, id_, payload, expected)]))
    return _answered(settings, origin, receipt, "Published", warnings)


@command("withdraw")
@click.argument("entry")
@click.option("--reason", type=click.Choice(WITHDRAW_REASONS), default="withdrawn", show_default=True)
@click.option("--successor", metavar="ADDRESS", help="What takes its place: an entry's address or a URL.")
@yes_option
def withdraw(settings: Settings, *, entry: str, reason: str, successor: str | None, yes: bool) -> int:
    """Withdraw an entry; its history stays.

    ENTRY is an address, or a unique beginning of its id.
    """
    payload: dict[str, Value] = {"type": "withdrawal", "v": 1, "reason": reason}
    if successor is not None:
        payload["successor"] = successor
    _checked(payload)
    with opened(settings) as home:
        origin, id_ = _own_entry(home, entry)
        if history(home, f"{origin}/e/{id_.hex()}")[0]["op"] == "withdraw":
            # The sequencer refuses it as well; this one comes before the question, and leaves no draft.
            raise InvalidInputError(f"{origin}/e/{id_.hex()} is withdrawn already", hint=_history_hint(id_))
        if not confirmed(settings, f"Withdraw {origin}/e/{id_.hex()}?", yes=yes):
            raise click.Abort
        receipt = asyncio.run(publish_now(home, origin, [Draft(Op.WITHDRAW, id_, payload, None)]))
    return _answered(settings, origin, receipt, "Withdrawn")


@command("erase")
@click.argument("entry")
@click.option(
    "--reason",
    type=click.Choice([reason.name.lower() for reason in EraseReason]),
    default="none",
    show_default=True,
    help="Why; it is public and stays in the log.",
)
@click.option(
    "--index", type=click.IntRange(min=0), help="Only the version at this index; all versions without."
)
@yes_option
def erase(settings: Settings, *, entry: str, reason: str, index: int | None, yes: bool) -> int:
    """Have every holder delete an entry's content.

    That the entry existed stays visible, its content does not. This cannot be undone.
    """
    with opened(settings) as home:
        origin, id_ = _own_entry(home, entry)
        versions = _erasable(home, origin, id_, index)
        question = f"Erase {len(versions)} versions of {origin}/e/{id_.hex()} everywhere, for ever?"
        if not confirmed(settings, question, yes=yes):
            raise click.Abort
        drafts = [
            Draft(Op.ERASE, id_, None, version, reason=EraseReason[reason.upper()]) for version in versions
        ]
        receipt = asyncio.run(publish_now(home, origin, drafts))
        # The erase is signed by now, or waits as a draft: that somebody else writes the index must not make
        # it look failed. A running node, or the next command, goes on with it.
        with contextlib.suppress(LockedError):
            forget(home, patient=False)
    return _answered(settings, origin, receipt, "Erased")


def _read(file: Path) -> dict[str, Value]:
    """Return the document in a file or on stdin.

    Raises:
        InvalidInputError: It is empty, too long, not YAML or JSON, or not a map.
    """
    name = str(file)
    if name == "-":
        name = "stdin"
        data = sys.stdin.buffer.read(DEFAULT.max_bytes + 1)
    else:
        with file.open("rb") as stream:
            data = stream.read(DEFAULT.max_bytes + 1)
    if not data.strip():
        raise InvalidInputError(f"{name} was empty", hint="give an entry there, as YAML or JSON")
    try:
        # What YAML can say is a part of what a payload can hold; only list's invariance hides it.
        document = cast("Value", load_yaml(data))
    except YamlError as error:
        raise InvalidInputError(f"{name}: {error}", ()) from None
    if not isinstance(document, dict):
        raise InvalidInputError(f"{name} is not a map of fields", ())
    return document


def _checked(payload: dict[str, Value]) -> tuple[Problem, ...]:
    """Return what is worth a second look in a document, and say it.

    Raises:
        InvalidInputError: Something in it is wrong; all problems at once.
    """
    problems = validate(payload, written_here=True)
    errors = tuple(problem for problem in problems if problem.severity == ERROR)
    if errors:
        raise InvalidInputError(f"{len(errors)} problems; nothing was published", errors)
    _warn(problems)
    return problems


def _documents(problems: Iterable[Problem]) -> list[dict[str, object]]:
    return [problem_document(problem) for problem in problems]


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        warn(problem_line(problem).strip())


def _own_entry(home: Home, ref: str) -> tuple[str, bytes]:
    """Return the origin and id of an entry that this node publishes.

    Raises:
        NotFoundError: It is somebody else's.
    """
    found: Address = resolve(home, ref)
    row = home.logs.get(found.origin)
    if row is None or not row.own:
        raise NotFoundError(
            f"own entry {ref}", f"it belongs to {found.origin}; only its publisher can change it"
        )
    return found.origin, found.id


def _erasable(home: Home, origin: str, id_: bytes, index: int | None) -> list[int]:
    """Return the indexes to erase: the one that was named, or all versions not erased yet.

    Raises:
        InvalidInputError: There is nothing left to erase of what was named.
        NotFoundError: The index is no version of the entry.
    """
    address = f"{origin}/e/{id_.hex()}"
    named = [version for version in history(home, address) if index in (None, version["index"])]
    if not named:
        raise NotFoundError(f"a version of {address} at {index}", _history_hint(id_))
    versions = [int(version["index"]) for version in named if version["erased"] is None]
    if not versions:
        what = address if index is None else f"the version of {address} at {index}"
        raise InvalidInputError(f"{what} is erased already", hint=_history_hint(id_))
    return versions


def _history_hint(id_: bytes) -> str:
    return f"`fedcat entry history {id_.hex()[:8]}` shows what became of it."


def _answered(
    settings: Settings, origin: str, receipt: Receipt, done: str, warnings: Sequence[Problem] | None = None
) -> ExitCode:
    """Report what was published, or that it waits; with the warnings of what can have some."""
    document = receipt_document(origin, receipt)
    if warnings is not None:
        document["warnings"] = _documents(warnings)
    lines = [
        f"{done} at position {index}: {origin}/e/{id_.hex()}"
        for id_, index in zip(receipt.ids, receipt.indexes, strict=False)
    ]
    answer(settings, document, "\n".join(lines) if receipt.signed else "")
    code = receipt_code(settings, receipt)
    if code == ExitCode.OK and receipt.ids:
        if done == "Published":
            hint(settings, f"Next: `fedcat proof {receipt.ids[0].hex()[:8]} -o FILE` writes its proof.")
        else:
            hint(settings, _history_hint(receipt.ids[0]))
    return code
