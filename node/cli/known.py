"""``fedcat publishers`` and ``nodes``: who publishes, and where it comes from, as far as this node knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from node.answers.nodes import nodes as nodes_of
from node.answers.publishers import publishers as publishers_of
from node.answers.restrained import restrained

from .exits import ExitCode
from .homes import opened
from .options import language_option
from .output import answer, hint, table
from .settings import Settings, command


@command("publishers")
@language_option
def publishers(settings: Settings, *, languages: tuple[str, ...]) -> int:
    """List who publishes: every log here, and what its profile says."""
    with opened(settings) as home:
        found, remarks = publishers_of(home, languages), restrained(home)
    rows = [
        (
            each["name"] or None,
            each["publisher_type"] or None,
            each["jurisdiction"] or None,
            _proven(each["proofs"]),
            each["entries"],
            sum(each["problems"].values()),
            _alive(each["heartbeat"]),
            each["origin"],
        )
        for each in found
    ]
    headers = ("NAME", "WHAT", "WHERE", "PROVEN", "ENTRIES", "PROBLEMS", "ALIVE", "LOG")
    answer(settings, found, table(headers, rows))
    for origin, text in remarks.items():
        hint(settings, f"{origin}: {text}.")
    hint(
        settings,
        "Names are the publishers' own words, what is PROVEN was checked here.",
    )
    return ExitCode.OK


@command("nodes")
def nodes(settings: Settings) -> int:
    """List the nodes that this one asks, and what their cards say."""
    with opened(settings) as home:
        found = nodes_of(home)
    rows = [
        (each["url"], *_said(each["as_its_card_says"]), _policy(each["policy"]), *_doing(each))
        for each in found
    ]
    headers = ("NODE", "SOFTWARE", "OWN LOGS", "POLICY", "SOURCES", "BEHIND", "LAST SUCCESS", "FAULT")
    answer(settings, found, table(headers, rows))
    if found:
        hint(settings, "Software and logs are as each card says; nothing is trusted because of it.")
        if any(each["policy"] for each in found):
            hint(settings, "`fedcat policy NODE` shows a policy document, --diff what changed in it.")
    else:
        hint(settings, "No node is known yet: `fedcat follow URL`.")
    return ExitCode.OK


def _proven(proofs: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the domains and repositories that were seen to list a publisher."""
    return ", ".join(proof["name"] for proof in proofs if proof["state"] == "verified") or None


def _alive(heartbeat: Mapping[str, Any]) -> str:
    """Return whether a log's heartbeat is recent; a log without heartbeats is neither."""
    if heartbeat["alive"] is None:
        return "-"
    if heartbeat["alive"]:
        return "yes"
    return f"not since {heartbeat['at']}" if heartbeat["at"] else "no"


def _said(card: Mapping[str, Any] | None) -> tuple[str | None, int | None]:
    """Return the cells of a card."""
    return (None, None) if card is None else (card["software"] or None, len(card["logs"]))


def _policy(policy: Mapping[str, Any] | None) -> str | None:
    """Return which version of a node's policy document was seen last, and since when."""
    if policy is None:
        return None
    return f"version {policy['version']}, {policy['found_at'][:10]}" if policy["sha256"] else "withdrawn"


def _doing(node: Mapping[str, Any]) -> tuple[str, int | None, str | None, str | None]:
    """Return how a node is doing: sources that answered, leaves behind, last success, fault."""
    sources = node["sources"]
    answered = sum(source["last_try"] is not None and source["fault"] is None for source in sources)
    return f"{answered} of {len(sources)}", node["behind"], node["last_success"], node["fault"]
