"""Reaching others and publishing: the steps that several commands share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from node.home import Home
from node.own.clearance import Clearance, clear
from node.own.sequencer import Draft, Receipt, publish
from node.reaching import fetcher
from node.store.trail import Doing

from .exits import ExitCode
from .homes import person
from .output import hint, warn
from .settings import Settings


async def publish_now(home: Home, origin: str, drafts: Sequence[Draft], action: str) -> Receipt:
    """Publish drafts to an own log, after asking the world what it knows of that log.

    ``action`` is the command without its first word, for the audit trail.

    The questions are skipped when a running node has asked them already and may sign. When that node
    was refused, this command asks as well, so that its receipt names the reason.
    """
    doing = Doing(person(), action)
    return await after_clearance(home, origin, lambda: publish(home, origin, drafts, doing=doing))


async def after_clearance(home: Home, origin: str, act: Callable[[], Awaitable[Receipt]]) -> Receipt:
    """Ask the world what it knows of an own log, then do what publishes to it; see ``publish_now``."""
    async with fetcher(home) as fetch:
        clearance = await clear(home, origin, fetch)
    receipt = await act()
    return replace(receipt, why_not=true_reason(clearance, receipt.why_not))


def true_reason(clearance: Clearance, why_not: str | None) -> str | None:
    """Return why something was not signed: a refusal just made says more than that there is no clearance.

    Args:
        clearance: What this command was told before it published.
        why_not: Why the sequencer did not sign, or None when it did.
    """
    return why_not if why_not is None or clearance.may_sign else clearance.reason


def receipt_code(settings: Settings, receipt: Receipt) -> ExitCode:
    """Return how a publishing command ends, and say it when the drafts still wait."""
    if receipt.signed:
        return ExitCode.OK
    warn(f"Kept as a draft, not signed: {receipt.why_not}")
    hint(
        settings,
        "It is published as soon as the node may sign; `fedcat doctor` looks at what it needs for that.",
    )
    return ExitCode.LOCKED


def receipt_document(origin: str, receipt: Receipt) -> dict[str, object]:
    """Return a receipt as every publishing command reports it."""
    return {
        "origin": origin,
        "entries": [
            {"address": f"{origin}/e/{id_.hex()}", "id": id_.hex(), "index": index}
            for id_, index in zip(receipt.ids, receipt.indexes, strict=False)
        ],
        "size": receipt.size,
        "signed": receipt.signed,
        "why_not": receipt.why_not,
    }
