"""``fedcat follow``, ``sync`` and ``peers``: the logs of others."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import asdict

import click

from federation.introduce import Introduction
from federation.sync import Outcome
from node.answers.restrained import restrained
from node.home import Home
from node.outcomes import SourceState, source_states
from node.peers import follow as follow_log
from node.peers import introduce_all, sync_round
from node.reaching import fetcher
from node.scoping import checked, set_scope
from protocol.errors import InconsistentError
from protocol.keyset import grouped

from .exits import ExitCode
from .fingerprints import fingerprint_option
from .homes import opened, person
from .output import answer, hint, moment, table, warn
from .scoping import scope_options
from .settings import Settings, command

_MIRROR = re.compile(r"(/mirror/[0-9a-f]{8})[0-9a-f]{56}$")


@command("follow")
@click.argument("url")
@click.option(
    "--origin", metavar="ORIGIN", help="Follow this log, own or carried there; else all of that node's own."
)
@fingerprint_option
@scope_options
@click.option("--yes", "-y", is_flag=True, help="Trust the fingerprint that this address shows.")
def follow(
    settings: Settings,
    *,
    url: str,
    origin: str | None,
    fingerprint: str | None,
    yes: bool,
    **scope: tuple[str, ...],
) -> int:
    """Follow the logs of another node.

    URL is any node that carries them. Each log is pinned by the fingerprint of its first key
    set. Nothing is written to your own logs. With --kind, --topic or --place only what fits is found by
    search here; the log is mirrored and verified whole all the same, see `fedcat scope`.
    """
    checked(scope)
    if not url.startswith(("http://", "https://")):
        raise click.BadParameter("an address begins with https:// (or http:// in a private network).")
    with opened(settings) as home:
        found = asyncio.run(_introduced(home, url, origin))
        if fingerprint is not None:
            found = _matching(found, fingerprint)
        elif not yes:
            _show(found)
            if not settings.interactive:
                answer(settings, {"offered": [_document(item, url) for item in found]}, "")
                warn("Compare with the publisher, then repeat with --fingerprint; --yes trusts this address.")
                return ExitCode.USAGE
            click.confirm("Were you told the same by the publisher?", err=True, abort=True)
        for item in found:
            follow_log(home, item, url, person())
            if any(scope.values()):
                set_scope(home, item.origin, scope, person())
    document = {"followed": [_document(item, url) for item in found]}
    answer(settings, document, "\n".join(f"Following {item.origin}" for item in found))
    hint(settings, "Next: `fedcat sync` pulls now; a running node does so by itself.")
    return ExitCode.OK


@command("sync")
def sync(settings: Settings) -> int:
    """Pull from all followed logs once, now."""
    with opened(settings) as home:
        outcomes = asyncio.run(_synced(home))
    rows = [(o.origin, _short(o.source), o.size, o.new, o.fault) for o in outcomes]
    text = table(("LOG", "SOURCE", "SIZE", "NEW", "FAULT"), rows)
    answer(settings, {"outcomes": [outcome_document(outcome) for outcome in outcomes]}, text)
    if not outcomes:
        hint(settings, "No log is followed yet: `fedcat follow URL`.")
    return sync_code(outcomes)


@command("peers")
def peers(settings: Settings) -> int:
    """Show how each followed log and source is doing."""
    with opened(settings) as home:
        states, remarks = source_states(home), restrained(home)
    document = [
        asdict(state)
        | {
            "remark": remarks.get(state.origin),
            "last_try": moment(state.last_try),
            "last_success": moment(state.last_success),
            "shown_at": moment(state.shown_at),
            "next_due": moment(state.next_due or None),
        }
        for state in states
    ]
    rows = [
        (state.origin, _short(state.source), *_newest(state), _trouble(state))
        for state in states
        # A node that does not carry our own log is no trouble, only one carrier fewer.
        if not (state.own and state.fault) or state.shown is not None
    ]
    answer(settings, document, table(("LOG", "SOURCE", "SIZE", "LAST SUCCESS", "FAULT"), rows))
    for origin, text in remarks.items():
        hint(settings, f"{origin}: {text}.")
    if not states:
        hint(settings, "No log is followed yet: `fedcat follow URL`.")
    return ExitCode.OK


def sync_code(outcomes: Sequence[Outcome]) -> ExitCode:
    """Return how a round ended: an origin is well when any source answered for it."""
    origins = {outcome.origin for outcome in outcomes}
    answered = {outcome.origin for outcome in outcomes if outcome.fault is None}
    if answered == origins:
        return ExitCode.OK
    return ExitCode.PARTIAL if answered else ExitCode.NETWORK


def outcome_document(outcome: Outcome) -> dict[str, object]:
    """Return one outcome as ``sync --json`` shows it."""
    fault = outcome.fault
    return {
        "origin": outcome.origin,
        "source": outcome.source,
        "size": outcome.size,
        "new": outcome.new,
        "fault": fault and str(fault.kind),
        "file": fault and fault.file,
        "detail": fault and fault.detail,
    }


async def _introduced(home: Home, url: str, origin: str | None) -> tuple[Introduction, ...]:
    async with fetcher(home) as fetch:
        return await introduce_all(home, fetch, url, origin)


async def _synced(home: Home) -> tuple[Outcome, ...]:
    async with fetcher(home) as fetch:
        return await sync_round(home, fetch)


def _matching(found: Sequence[Introduction], wanted: str) -> tuple[Introduction, ...]:
    """Return the introductions with the fingerprint that the person was told.

    Raises:
        InconsistentError: There is none.
    """
    matching = tuple(item for item in found if item.chain.fingerprint == wanted)
    if not matching:
        shown = ", ".join(f"{item.origin} has {grouped(item.chain.fingerprint)}" for item in found)
        raise InconsistentError("fingerprint", f"not the one you gave: {shown}")
    return matching


def _document(item: Introduction, url: str) -> dict[str, object]:
    """Return a log that was introduced as ``follow --json`` shows it."""
    return {"origin": item.origin, "fingerprint": item.chain.fingerprint, "size": item.size, "url": url}


def _show(found: Sequence[Introduction]) -> None:
    """Show whom the address introduced, with fingerprints that people can read to each other."""
    for item in found:
        warn(f"{item.origin}, {item.size} leaves, fingerprint\n  {grouped(item.chain.fingerprint)}")


def _short(source: str) -> str:
    """Return a source with the hash of its log cut short, so that a line stays a line."""
    return _MIRROR.sub(r"\1…", source)


def _newest(state: SourceState) -> tuple[int | None, str | None]:
    """Return the size that a source showed last, and when it last answered, for its files or its feed."""
    at = max(state.last_success or 0, state.shown_at or 0)
    return state.size if state.shown is None else state.shown, moment(at or None)


def _trouble(state: SourceState) -> str | None:
    """Return what is wrong with a source, in which file, and for how long."""
    if state.fault is None or (state.own and state.shown is not None):
        return None
    return f"{state.fault}: {state.file}: {state.detail} ({state.failures} times)"
