"""The nodes that this one asks: what each says it is, and how asking it went.

::

    {"url": "https://directory.oslo.example", "followed": true,
     "as_its_card_says": {"software": "fedcat/0.1.0", "mirror": "directory.oslo.example/mirror+5e…",
                          "witness": "", "logs": [{"origin", "url", "fingerprint"}],
                          "read_at": "2026-05-03T12:00:00Z"},
     "policy": {"version": 2, "found_at": "…", "sha256": "9c41…"},
     "last_try": "…", "last_success": "…", "fault": null,
     "sources": [{"origin": "directory.oslo.example/log/oslo/1", "own": false, "url": "https://…",
                  "held": 412, "carries": null, "behind": null, "last_try", "last_success",
                  "fault", "file", "detail", "failures"}]}

A node is where files are; it is trusted for nothing, and neither is its card. What counts are the logs,
wherever they come from: see ``publishers``.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

from federation.introduce import Card
from node.cards import kept_card
from node.home import Home
from node.outcomes import SourceState, source_states
from node.sources import peer_urls

from .logshapes import Doing, Node, NodeCard, NodeLog, NodeSource
from .policies import policy_state
from .texts import moment

_FILES: Final = re.compile(r"(.+?)/(?:mirror/[0-9a-f]{64}|log/[a-z0-9-]+/[0-9]+)")


def nodes(home: Home) -> list[dict[str, Any]]:
    """Return the nodes that are followed or were asked, by URL.

    Returns:
        For each the document that this module shows. ``as_its_card_says`` is None before a card was
        read, ``policy`` of a node that never had a policy document. ``fault`` is None as long as one of
        its sources answered the last time. A source's ``held`` is the size held here; ``carries`` and
        ``behind`` are what a carrier of an own log showed and how many leaves that is short of it, None
        where this is not known.
    """
    cards = {
        url: (kept_card(card), seen_at)
        for url, card, seen_at in home.database.connection.execute("SELECT url, card, seen_at FROM peer")
    }
    held = {row.origin: row.size for row in home.logs.all()}
    asked: dict[str, list[SourceState]] = {url.rstrip("/"): [] for url in peer_urls(home)}
    followed = frozenset(asked)
    for state in source_states(home):
        asked.setdefault(_node_of(state.source), []).append(state)
    found: list[Node] = [
        {
            "url": url,
            "followed": url in followed,
            "as_its_card_says": _card(*cards.get(url, (None, None))),
            "policy": policy_state(home, url),
            **_summed_up(states),
            "sources": [_source(state, held[state.origin]) for state in states],
        }
        for url, states in sorted(asked.items())
    ]
    return [dict(each) for each in found]


def _node_of(source: str) -> str:
    """Return the address that a log's files lie below: what a node's own would be, if there is one."""
    match = _FILES.fullmatch(source)
    return source if match is None else match[1]


def _card(card: Card | None, seen_at: int | None) -> NodeCard | None:
    if card is None:
        return None
    logs: list[NodeLog] = [
        {"origin": log.origin, "url": log.url, "fingerprint": log.fingerprint} for log in card.logs
    ]
    return {
        "software": card.software,
        "mirror": card.mirror,
        "witness": card.witness,
        "logs": logs,
        "read_at": moment(seen_at),
    }


def _summed_up(states: Sequence[SourceState]) -> Doing:
    """Return how a node is doing: well when one of its sources answered the last time it was asked."""
    tried = [state for state in states if state.last_try is not None]
    latest = max(tried, key=lambda state: (state.fault is None, state.last_try or 0), default=None)
    return {
        "last_try": moment(max((state.last_try or 0 for state in tried), default=None)),
        "last_success": moment(max((state.last_success or 0 for state in tried), default=0) or None),
        "fault": None if latest is None else latest.fault,
    }


def _source(state: SourceState, held: int) -> NodeSource:
    # Of somebody else's log a source's own size is not remembered, only what we held after asking it.
    carries = state.size if state.own and state.fault is None else None
    return {
        "origin": state.origin,
        "own": state.own,
        "url": state.source,
        "held": held,
        "carries": carries,
        "behind": None if carries is None else max(held - carries, 0),
        "last_try": moment(state.last_try),
        "last_success": moment(state.last_success),
        "fault": state.fault,
        "file": state.file,
        "detail": state.detail,
        "failures": state.failures,
    }
