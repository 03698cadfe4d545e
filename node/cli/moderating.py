"""``fedcat moderate …`` and ``origin purge``: what this node's operator does not want here."""

from __future__ import annotations

from collections.abc import Callable

import click

from node.moderation import HIDE, TAKEDOWN, Decision, decisions, moderate
from node.moderation import restore as restore_statement
from node.purging import purge as purge_log

from .exits import ExitCode
from .forgetting import forget_now
from .homes import opened, person
from .options import yes_option
from .output import answer, confirmed, fields, hint, moment, table
from .settings import Settings, command

_Command = Callable[..., int]


def _reason(said_to: str) -> Callable[[_Command], _Command]:
    return click.option("--reason", metavar="TEXT", required=True, help=f"Why: kept, and {said_to}.")


@command("hide")
@click.argument("entry")
@_reason("shown to nobody else")
def hide(settings: Settings, *, entry: str, reason: str) -> int:
    """Keep an entry out of search and projects on this node.

    ENTRY is an address, or a unique beginning of its id. It stays in its log, and is handed on to those who
    follow it here.
    """
    with opened(settings) as home:
        decided = moderate(home, entry, HIDE, reason, person())
    return _decided(settings, decided, "Hidden")


@command("takedown")
@click.argument("entry")
@_reason("told to whoever asks for it")
@yes_option
def takedown(settings: Settings, *, entry: str, reason: str, yes: bool) -> int:
    """Delete the content of somebody else's entry on this node.

    ENTRY is an address, or a unique beginning of its id. Who asks for it gets status 451 and the reason, and
    it is not fetched again. Nothing changes for others: the log, its proofs and this node's cosignatures stay
    as they are.
    """
    with opened(settings) as home:
        if not confirmed(settings, f"Delete the content of {entry} on this node?", yes=yes):
            raise click.Abort
        decided = moderate(home, entry, TAKEDOWN, reason, person())
        forget_now(home)
    return _decided(settings, decided, "Taken down")


@command("restore")
@click.argument("entry")
@_reason("shown to nobody else")
def restore(settings: Settings, *, entry: str, reason: str) -> int:
    """Undo `hide` or `takedown`.

    ENTRY is an address, or a unique beginning of its id.
    """
    with opened(settings) as home:
        addresses = restore_statement(home, entry, reason, person())
    lines = [f"Restored: {address}" for address in addresses]
    answer(settings, {"addresses": list(addresses)}, "\n".join(lines))
    hint(settings, "What was taken down is fetched again with the next `fedcat sync`.")
    return ExitCode.OK


@command("list")
def list_(settings: Settings) -> int:
    """List what is hidden or taken down, with reasons."""
    with opened(settings) as home:
        found = decisions(home)
    rows = [
        (each.address, each.what.action, moment(each.what.at), each.what.actor, each.what.reason)
        for each in found
    ]
    shown = table(("ENTRY", "", "SINCE", "BY", "REASON"), rows)
    answer(settings, [_document(each) for each in found], shown)
    return ExitCode.OK


@command("purge")
@click.argument("origin")
@yes_option
def purge(settings: Settings, *, origin: str, yes: bool) -> int:
    """Delete a followed log and all that is known from it.

    What is kept: origin, fingerprint, key version, size and root. Whoever follows it again gets no less, and
    nothing else, than was verified here before.
    """
    with opened(settings) as home:
        if not confirmed(settings, f"Delete {origin} and everything about it on this node?", yes=yes):
            raise click.Abort
        kept = purge_log(home, origin, person())
        forget_now(home)
    document = {
        "origin": kept.origin,
        "fingerprint": kept.fingerprint,
        "version": kept.version,
        "size": kept.size,
        "root": kept.root.hex(),
    }
    answer(settings, document, f"Purged. Kept:\n{fields(document)}")
    return ExitCode.OK


def _decided(settings: Settings, decided: tuple[Decision, ...], done: str) -> ExitCode:
    lines = [f"{done}: {each.address}" for each in decided]
    answer(settings, [_document(each) for each in decided], "\n".join(lines))
    hint(settings, "`fedcat moderate list` shows it, `fedcat moderate restore` undoes it.")
    return ExitCode.OK


def _document(decision: Decision) -> dict[str, object]:
    what = decision.what
    return {
        "address": decision.address,
        "action": what.action,
        "reason": what.reason,
        "actor": what.actor,
        "at": moment(what.at),
    }
