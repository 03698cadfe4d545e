"""``fedcat witness`` and ``policy``: who cosigns for whom, and what other nodes say about themselves."""

from __future__ import annotations

from typing import Any

import click

from node.answers.policies import node_policy
from node.answers.witnesses import witnesses

from .exits import ExitCode
from .homes import opened
from .output import answer, hint, table
from .settings import Settings, command


@command("witness")
def witness(settings: Settings) -> int:
    """Show this node as a witness of others, and the witnesses of its own logs."""
    with opened(settings) as home:
        found = witnesses(home)
    own = found["witness"]
    parts = []
    if own is not None:
        rows = [
            (log["origin"], log["size"] or None, log["at"], None if log["known"] else "not followed here")
            for log in own["logs"]
        ]
        parts += ["\n".join((own["url"], *own["vkeys"])), table(("WITNESSED LOG", "SIZE", "AT", ""), rows)]
    if found["asked"]:
        asked = [
            (each["origin"], each["witness"], each["size"] or None, each["last_success"], _trouble(each))
            for each in found["asked"]
        ]
        parts.append(table(("LOG", "WITNESS", "SIZE", "LAST SUCCESS", "FAULT"), asked))
    answer(settings, found, "\n\n".join(parts))
    if own is not None:
        hint(settings, "Give key and address to those whose logs it witnesses, and the key to their readers.")
    elif not found["asked"]:
        hint(settings, "No witness is configured: [witness] to be one, [[witnesses]] to ask one.")
    return ExitCode.OK


@command("policy")
@click.argument("node")
@click.option("--diff", "as_diff", is_flag=True, help="Show what this version changed instead of its text.")
@click.option("--version", "number", type=click.IntRange(min=1), help="Which version; the newest without.")
def policy(settings: Settings, *, node: str, as_diff: bool, number: int | None) -> int:
    """Show what a followed node says of admission, licence and contact.

    NODE is its address. Every version that was seen is kept.
    """
    with opened(settings) as home:
        found = node_policy(home, node, number)
    text = found["diff"] if as_diff else found["text"]
    answer(settings, found, text.removesuffix("\n"))
    count = len(found["versions"])
    said = "" if found["sha256"] else "; the node had none any more"
    hint(
        settings, f"Version {found['version']} of {count}, seen {found['found_at']}{said}. Nobody signed it."
    )
    return ExitCode.OK


def _trouble(asked: dict[str, Any]) -> str | None:
    """Return what is wrong with a witness, and for how long."""
    return f"{asked['fault']}: {asked['detail']} ({asked['failures']} times)" if asked["fault"] else None
