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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from node.answers.provenance import history
from node.errors import InvalidInputError, NotFoundError, counted
from node.home import Home
from node.own.sequencer import Draft
from node.posting import type_of
from node.privacy.lint import lint
from node.readiness.scoring import readiness
from node.similar.likeness import likest
from protocol.leaf import EraseReason, Op
from protocol.packing import Value
from protocol.problem import ERROR, Problem

from .documents import (
    answered,
    checked,
    history_hint,
    own_statement,
    problem_documents,
    read_document,
    warn_of,
)
from .exits import ExitCode
from .forgetting import forget_now
from .homes import opened, own_origin
from .likeness import missing, shares
from .options import erase_reason_option, origin_option, yes_option
from .output import answer, confirmed, hint, moment
from .publishing import publish_now
from .roadmap import near, say_near
from .settings import Settings, command

_NEAREST = 3  # similar entries, and what is missing, that people are told; --json has all

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
    address, a telephone number, a name) is a warning: it would be copied everywhere, for ever. Where others
    plan the same as its roadmap, that is said too.
    """
    document = read_document(file)
    with opened(settings) as home:
        payload = {"type": "entry", "v": 1, "modified": moment(home.now()), **document}
        named = None if ref is None else own_statement(home, ref)
        if named is not None:
            _check_type(home, *named, payload)
        flags = checked(payload)
        warnings = lint(payload)
        warn_of(warnings)
        overlaps = near(home, payload)
        # What is there already, before it is written once more; of another version nobody asks.
        beside: dict[str, Any] = {
            "overlaps": overlaps,
            "similar": likest(home, payload) if ref is None else [],
            "readiness": readiness(payload),
        }
        if dry_run:
            found = {"problems": problem_documents(flags), "warnings": problem_documents(warnings)}
            answer(settings, {"valid": True, **found, **beside}, "Valid.")
            _say(settings, beside)
            return ExitCode.OK
        origin, id_ = (own_origin(home, log), None) if named is None else named
        draft = Draft(Op.PUT, id_, payload, expected)
        receipt = asyncio.run(publish_now(home, origin, [draft], "entry put"))
    code = answered(settings, origin, receipt, "Published", warnings, beside)
    _say(settings, beside)
    return code


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
    checked(payload)
    with opened(settings) as home:
        origin, id_ = own_statement(home, entry)
        if history(home, f"{origin}/e/{id_.hex()}")[0]["op"] == "withdraw":
            # The sequencer refuses it as well; this one comes before the question, and leaves no draft.
            raise InvalidInputError(f"{origin}/e/{id_.hex()} is withdrawn already", hint=history_hint(id_))
        if not confirmed(settings, f"Withdraw {origin}/e/{id_.hex()}?", yes=yes):
            raise click.Abort
        draft = Draft(Op.WITHDRAW, id_, payload, None)
        receipt = asyncio.run(publish_now(home, origin, [draft], "entry withdraw"))
    return answered(settings, origin, receipt, "Withdrawn")


@command("erase")
@click.argument("entry")
@erase_reason_option
@click.option(
    "--index", type=click.IntRange(min=0), help="Only the version at this index; all versions without."
)
@yes_option
def erase(settings: Settings, *, entry: str, reason: str, index: int | None, yes: bool) -> int:
    """Have every holder delete an entry's content.

    That the entry existed stays visible, its content does not. This cannot be undone.
    """
    with opened(settings) as home:
        origin, id_ = own_statement(home, entry)
        versions = _erasable(home, origin, id_, index)
        question = (
            f"Erase {counted(len(versions), 'version')} of {origin}/e/{id_.hex()} everywhere, for ever?"
        )
        if not confirmed(settings, question, yes=yes):
            raise click.Abort
        drafts = [
            Draft(Op.ERASE, id_, None, version, reason=EraseReason[reason.upper()]) for version in versions
        ]
        receipt = asyncio.run(publish_now(home, origin, drafts, "entry erase"))
        forget_now(home)
    return answered(settings, origin, receipt, "Erased")


def _erasable(home: Home, origin: str, id_: bytes, index: int | None) -> list[int]:
    """Return the indexes to erase: the one that was named, or all versions not erased yet.

    Raises:
        InvalidInputError: There is nothing left to erase of what was named.
        NotFoundError: The index is no version of the entry.
    """
    address = f"{origin}/e/{id_.hex()}"
    named = [version for version in history(home, address) if index in (None, version["index"])]
    if not named:
        raise NotFoundError(f"a version of {address} at {index}", history_hint(id_))
    versions = [int(version["index"]) for version in named if version["erased"] is None]
    if not versions:
        what = address if index is None else f"the version of {address} at {index}"
        raise InvalidInputError(f"{what} is erased already", hint=history_hint(id_))
    return versions


def _check_type(home: Home, origin: str, id_: bytes, payload: Mapping[str, Value]) -> None:
    """Refuse what would take the place of a statement of another type, such as a profile.

    Raises:
        InvalidInputError: It would.
    """
    type_ = type_of(home.logs.store(origin), id_)
    if type_ and payload["type"] != type_:
        fault = Problem(
            "/type", f"This statement is of type {type_}.", f"Name another one, or use {type_}.", ERROR
        )
        raise InvalidInputError("1 problem; nothing was published", (fault,))


def _say(settings: Settings, beside: Mapping[str, Any]) -> None:
    """Say who plans the same, what is most like a new entry, and what would make it readier for reuse."""
    say_near(settings, beside["overlaps"])
    for item in beside["similar"][:_NEAREST]:
        hint(settings, f"Similar: {item['name']} ({item['address']}) shares {', '.join(shares(item))}.")
    hint(settings, f"Readiness for reuse: {beside['readiness']['score']} of 100.")
    for line in missing(beside["readiness"])[:_NEAREST]:
        hint(settings, line)
