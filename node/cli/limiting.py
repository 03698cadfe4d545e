"""``fedcat peer limit``: what one publisher may cost this node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

import click

from node.limiting import MEASURES, Limited, lift, limit, limited
from node.quotas import quota_for

from .exits import ExitCode
from .homes import opened, person
from .output import answer, fields, hint, moment, table
from .settings import Settings, command

_MEANINGS: Final = {
    "entries": "Leaves of its log.",
    "new_entries": "Leaves that it may grow by in a day.",
    "kept_bytes": "Bytes of its contents on the disk.",
    "void_leaves": "Leaves without effect.",
}


def _limit_options(function: Callable[..., int]) -> Callable[..., int]:
    """Add one option for each limit."""
    for name in reversed(MEASURES):
        flag, number = f"--{name.replace('_', '-')}", click.IntRange(min=0)
        function = click.option(flag, name, type=number, metavar="N", help=_MEANINGS[name])(function)
    return function


@command("limit")
@click.argument("publisher", required=False, default="")
@_limit_options
@click.option("--usual", is_flag=True, help="What the configuration says again.")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept. Needed for a choice.")
def limit_(settings: Settings, *, publisher: str, usual: bool, reason: str, **limits: int | None) -> int:
    """Show or choose what one publisher may cost this node.

    PUBLISHER is the origin of a log, or a fingerprint; without it all choices are listed. A choice takes the
    place of the one before, and what it does not name is as for everybody.
    """
    is_choice = any(value is not None for value in limits.values())
    if (usual and is_choice) or (not publisher and (usual or is_choice)):
        raise click.UsageError("Name a publisher, and either limits or --usual.")
    with opened(settings) as home:
        if is_choice:
            limit(home, publisher, limits, reason=reason, actor=person())
        elif usual:
            lift(home, publisher, reason=reason, actor=person())
        said = [each for each in limited(home) if publisher in ("", each.rule.publisher)]
        row = home.logs.get(publisher) if publisher else None
        quota = None if row is None or row.own else asdict(quota_for(home, row))
    document = {"publisher": publisher or None, "limits": quota, "said": [_document(each) for each in said]}
    rows = [(each.rule.publisher, _chosen(each), each.actor, each.reason) for each in said]
    text = table(("PUBLISHER", "LIMITS", "BY", "REASON"), rows)
    answer(settings, document, f"{fields(quota)}\n\n{text}" if quota else text)
    if is_choice or usual:
        hint(settings, "It holds from now on; a log that stood still and has room is asked at once.")
    return ExitCode.OK


def _chosen(said: Limited) -> str:
    return ", ".join(
        f"{name} {value:,}" for name in MEASURES if (value := getattr(said.rule, name)) is not None
    )


def _document(said: Limited) -> dict[str, object]:
    return {**asdict(said.rule), "reason": said.reason, "actor": said.actor, "at": moment(said.at)}
