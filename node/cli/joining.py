"""``fedcat project join``, ``split``, ``decisions`` and ``undo``: what belongs together on this node."""

from __future__ import annotations

from collections.abc import Callable

import click

from node.answers.relations import decision_view
from node.joining import Decided, decisions, join, split, undo

from .exits import ExitCode
from .homes import opened, person
from .output import answer, hint, moment, table
from .settings import Settings, command

_Command = Callable[..., int]


def _reason(function: _Command) -> _Command:
    shown = "Why: kept, and shown with the project."
    return click.option("--reason", metavar="TEXT", required=True, help=shown)(function)


@command("join")
@click.argument("one", metavar="ENTRY")
@click.argument("other", metavar="ENTRY")
@_reason
def join_(settings: Settings, *, one: str, other: str, reason: str) -> int:
    """Have two entries in one project on this node, with all that is together with either.

    ENTRY is an address, or a unique beginning of its id. Nothing of it is published.
    """
    with opened(settings) as home:
        decided = join(home, one, other, reason, person())
    return _decided(settings, decided, f"Joined: {decided.entry} and {decided.other}")


@command("split")
@click.argument("entry")
@_reason
def split_(settings: Settings, *, entry: str, reason: str) -> int:
    """Take an entry out of its project on this node, whatever it claims and others say.

    ENTRY is an address, or a unique beginning of its id. Nothing of it is published.
    """
    with opened(settings) as home:
        decided = split(home, entry, reason, person())
    return _decided(settings, decided, f"Stands alone: {decided.entry}")


@command("decisions")
def decisions_(settings: Settings) -> int:
    """List what was joined and split on this node, with reasons."""
    with opened(settings) as home:
        found = decisions(home)
    rows = [
        (str(each.number), each.action, " ".join(each.addresses), moment(each.at), each.actor, each.reason)
        for each in found
    ]
    shown = table(("", "", "ENTRIES", "SINCE", "BY", "REASON"), rows)
    answer(settings, [_document(each) for each in found], shown)
    return ExitCode.OK


@command("undo")
@click.argument("number", type=click.IntRange(1))
@_reason
def undo_(settings: Settings, *, number: int, reason: str) -> int:
    """Take back what was joined or split.

    NUMBER is what `fedcat project decisions` shows.
    """
    with opened(settings) as home:
        decided = undo(home, number, reason, person())
    answer(settings, _document(decided), f"Undone: {decided.action} of {' and '.join(decided.addresses)}")
    return ExitCode.OK


def _decided(settings: Settings, decided: Decided, done: str) -> ExitCode:
    answer(settings, _document(decided), f"{done} (decision {decided.number})")
    hint(settings, f"`fedcat project undo {decided.number}` takes it back.")
    return ExitCode.OK


def _document(decided: Decided) -> dict[str, object]:
    return {**decision_view(decided), "actor": decided.actor}
