"""``fedcat candidates`` and ``fedcat peer``: who might be followed, who is blocked, and who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from federation.listing import Verdict
from node.blocking import own_words, refresh, say, subscriptions, take_back
from node.candidates import MAX_CANDIDATES
from node.candidates import candidates as candidates_of
from node.store.restraints import listed

from .exits import ExitCode
from .fingerprints import fingerprint_option
from .homes import opened, person
from .output import answer, hint, moment, table
from .settings import Settings, command

_SHOWN = 16  # digits of a fingerprint in a table; --json has all of them

_reason_option = click.option(
    "--reason", required=True, metavar="TEXT", help="Why; kept, and shown to people."
)


@command("candidates")
def candidates(settings: Settings) -> int:
    """List logs that others recommend or vouch for, or that cards show.

    Others are publishers that are followed here. Nobody is followed or asked by being in this list.
    """
    with opened(settings) as home:
        found = candidates_of(home)
    rows = [row for each in found for row in _rows(each)]
    headers = ("LOG", "FINGERPRINT", "VOUCHED BY", "UNTIL", "RECOMMENDED BY", "SHOWN BY", "BY RULE")
    answer(settings, found, table(headers, rows))
    if found:
        hint(
            settings,
            "Compare the fingerprint with the publisher, then `fedcat follow URL --fingerprint HEX`.",
        )
    else:
        hint(settings, "Nobody that is followed here recommends anybody who is not.")
    if len(found) == MAX_CANDIDATES:
        hint(settings, f"Only the first {MAX_CANDIDATES} are shown.")
    return ExitCode.OK


@command("block")
@click.argument("name", required=False, default="")
@fingerprint_option
@_reason_option
def block(settings: Settings, *, name: str, fingerprint: str | None, reason: str) -> int:
    """Neither follow, ask nor show a publisher or a host.

    NAME is the origin of a log, or a host. What is stored stays, and is shown again when this is taken back.
    """
    return _said(settings, Verdict.BLOCK, name, fingerprint, reason)


@command("allow")
@click.argument("name", required=False, default="")
@fingerprint_option
@_reason_option
def allow(settings: Settings, *, name: str, fingerprint: str | None, reason: str) -> int:
    """Keep somebody from being blocked by a list or with a host.

    NAME is the origin of a log, or a host. Nobody is followed because of this.
    """
    return _said(settings, Verdict.ALLOW, name, fingerprint, reason)


@command("clear")
@click.argument("name", required=False, default="")
@fingerprint_option
def clear(settings: Settings, *, name: str, fingerprint: str | None) -> int:
    """Take back what was said about a name."""
    with opened(settings) as home:
        changed = take_back(home, name, fingerprint or "", actor=person())
    return _changed(settings, {"cleared": name or fingerprint, "changed": list(changed)}, changed)


@command("rules")
def rules(settings: Settings) -> int:
    """Show who is blocked or allowed, and who says so.

    Also the lists that were subscribed to, and why one has no effect.
    """
    with opened(settings) as home:
        # The configuration may be newer than what is in force.
        refresh(home)
        connection = home.database.connection
        said, found, lists = own_words(connection), listed(connection), subscriptions(home)
    entries: list[dict[str, Any]] = []
    for each in found:
        actor, at = said.get((each.name, each.fingerprint), (None, None)) if not each.by else (None, None)
        entries.append(
            {
                "verdict": str(each.verdict),
                "name": each.name,
                "fingerprint": each.fingerprint,
                "by": each.by or None,
                "reason": each.reason,
                "actor": actor,
                "at": moment(at),
            }
        )
    subscribed = [
        {"address": each.address, "purpose": each.purpose, "items": len(each.items), "fault": each.fault}
        for each in lists
    ]
    rows = [
        (each["verdict"], each["name"] or None, each["fingerprint"][:_SHOWN] or None,
         each["by"] or each["actor"] or "config.toml", each["reason"] or None)
        for each in entries
    ]  # fmt: skip
    text = table(("RULE", "NAME", "FINGERPRINT", "BY", "REASON"), rows)
    if subscribed:
        lines = [
            (each["address"], each["purpose"] or None, each["items"], each["fault"]) for each in subscribed
        ]
        text += "\n\n" + table(("LIST", "PURPOSE", "ITEMS", "FAULT"), lines)
    answer(settings, {"rules": entries, "subscribed": subscribed}, text)
    return ExitCode.OK


def _said(settings: Settings, verdict: Verdict, name: str, fingerprint: str | None, reason: str) -> int:
    with opened(settings) as home:
        changed = say(home, verdict, name, fingerprint or "", reason=reason, actor=person())
    document = {str(verdict): name or fingerprint, "reason": reason, "changed": list(changed)}
    return _changed(settings, document, changed)


def _changed(settings: Settings, document: Mapping[str, Any], changed: Sequence[str]) -> int:
    answer(settings, document, "\n".join(changed))
    hint(
        settings,
        f"Followed logs for which this changes something: {len(changed)}; a running node acts at once."
        if changed
        else "No followed log is affected.",
    )
    return ExitCode.OK


def _rows(candidate: Mapping[str, Any]) -> list[tuple[object, ...]]:
    """Return the lines of a candidate, one for each fingerprint."""
    rows: list[tuple[object, ...]] = []
    for each in candidate["fingerprints"]:
        counting = [vouch for vouch in each["vouched_by"] if vouch["counts"]]
        by_rule = "yes" if candidate["allowed"] else candidate["reason"]
        rows.append(
            (
                candidate["origin"],
                (each["fingerprint"][:_SHOWN] or "not named")
                + (" CONFLICT" if candidate["conflict"] else ""),
                ", ".join(sorted({vouch["origin"] for vouch in counting})) or None,
                min((vouch["expires"] for vouch in counting), default=None),
                ", ".join(each["recommended_by"]) or None,
                ", ".join((*each["shown_by"], *each["listed_by"])) or None,
                by_rule,
            )
        )
    return rows
