"""The nodes that this one asks: what each says it is, and how asking it went.

::

    {"url": "https://directory.oslo.example", "followed": true,
     "as_its_card_says": {"software": "fedcat/0.1.0", "mirror": "directory.oslo.example/mirror+5e…",
                          "witness": "", "logs": [{"origin", "url", "fingerprint"}],
                          "read_at": "2026-05-03T12:00:00Z"},
     "policy": {"version": 2, "found_at": "…", "sha256": "9c41…"},
     "last_try": "…", "last_success": "…", "fault": null, "carried": 12, "behind": 0,
     "feed": {"last_try", "last_success", "fault", "detail", "failures"},
     "sources": [{"origin": "directory.oslo.example/log/oslo/1", "own": false, "url": "https://…",
                  "held": 412, "carries": 412, "carries_at": "…", "behind": 0, "last_try", "last_success",
                  "fault", "file", "detail", "failures"}]}

A node is where files are; it is trusted for nothing, and neither is its card. What counts are the logs,
wherever they come from: see ``publishers``.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from federation.faults import FaultKind
from federation.introduce import Card
from node.cards import kept_card
from node.home import Home
from node.outcomes import FeedState, SourceState, asked_nodes, feed_states, node_of, source_states
from node.sources import peer_urls

from .logshapes import Doing, FeedDoing, Node, NodeCard, NodeLog, NodeSource
from .policies import policy_state
from .texts import moment

_UNREACHABLE: Final = str(FaultKind.UNREACHABLE)


def node_urls(home: Home) -> list[str]:
    """Return the URLs of the nodes that are followed or were asked, in ascending order."""
    return sorted({url.rstrip("/") for url in peer_urls(home)} | asked_nodes(home))


def nodes(home: Home, only: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Return the nodes that are followed or were asked, by URL.

    Args:
        home: The node.
        only: Those of ``node_urls`` that are wanted; all of them without.

    Returns:
        For each the document that this module shows. ``as_its_card_says`` is None before a card was
        read, ``feed`` before its feed was asked for, ``policy`` of a node that never had a policy document.
        ``fault`` is what was wrong when it was asked last for its feed or for logs that live there; that it
        did not answer counts until it answers one of these. ``carried`` is of how many logs here its feed
        shows a tree that fits; ``behind`` how many leaves the shortest of them is short of what is held
        here, None where this is not known. A source's ``held`` is the size held here; ``carries`` is what
        the node showed of the log last, in its feed or as a carrier of an own log, ``carries_at`` when.
    """
    followed = frozenset(url.rstrip("/") for url in peer_urls(home))
    asked: dict[str, list[SourceState]] = {url: [] for url in (node_urls(home) if only is None else only)}
    for state in source_states(home, asked):
        asked[node_of(state.source)].append(state)
    cards = {
        url: (kept_card(card), seen_at)
        for url, card, seen_at in home.database.connection.execute("SELECT url, card, seen_at FROM peer")
        if url in asked
    }
    feeds = feed_states(home)
    found: list[Node] = [
        {
            "url": url,
            "followed": url in followed,
            "as_its_card_says": _card(*cards.get(url, (None, None))),
            "policy": policy_state(home, url),
            **_summed_up(url, states, feeds.get(url)),
            "feed": _feed(feeds.get(url)),
            "sources": [_source(state) for state in states],
        }
        for url, states in sorted(asked.items())
    ]
    return [dict(each) for each in found]


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


def _summed_up(url: str, states: Sequence[SourceState], feed: FeedState | None) -> Doing:
    """Return how a node is doing, by its feed and by the logs that live there, as far as these were asked."""
    asked: list[SourceState | FeedState] = [state for state in states if state.last_try is not None]
    asked += [feed] if feed else []
    return {
        "last_try": moment(max((each.last_try or 0 for each in asked), default=None)),
        "last_success": moment(max((each.last_success or 0 for each in asked), default=0) or None),
        "fault": _fault(_speaking(url, states, feed)),
        "carried": feed.carried if feed else None,
        "behind": _behind(states, feed),
    }


def _speaking(
    url: str, states: Sequence[SourceState], feed: FeedState | None
) -> Sequence[SourceState | FeedState]:
    """Return whose answers tell how a node is: it need not carry what lives elsewhere.

    Where there are neither a feed nor logs of its own, any log does that was asked for there.
    """
    place = urlsplit(url)
    tried = [state for state in states if state.last_try is not None]
    at_home = [state for state in tried if state.origin.startswith(f"{place.netloc}{place.path}/log/")]
    speaking: list[SourceState | FeedState] = [*at_home, *([feed] if feed else ())]
    return speaking or [state for state in tried if not state.own] or tried


def _fault(asked: Sequence[SourceState | FeedState]) -> str | None:
    answered = max((each.last_success or 0 for each in asked), default=0)
    faults = [
        (each.last_try or 0, each.fault)
        for each in asked
        # Whoever answered another question since can be reached.
        if each.fault is not None and (each.fault != _UNREACHABLE or (each.last_try or 0) > answered)
    ]
    return max(faults)[1] if faults else None


def _behind(states: Sequence[SourceState], feed: FeedState | None) -> int | None:
    """Return how many leaves a node is short of what is held here, where it is short of most."""
    known = [feed.behind] if feed and feed.carried else []
    known += [each for each in map(_short_of, states) if each is not None]
    return max(known, default=None)


def _short_of(state: SourceState) -> int | None:
    return None if state.shown is None else max(state.held - state.shown, 0)


def _feed(feed: FeedState | None) -> FeedDoing | None:
    if feed is None:
        return None
    return {
        "last_try": moment(feed.last_try),
        "last_success": moment(feed.last_success),
        "fault": feed.fault,
        "detail": feed.detail,
        "failures": feed.failures,
    }


def _source(state: SourceState) -> NodeSource:
    return {
        "origin": state.origin,
        "own": state.own,
        "url": state.source,
        "held": state.held,
        "carries": state.shown,
        "carries_at": moment(state.shown_at),
        "behind": _short_of(state),
        "last_try": moment(state.last_try),
        "last_success": moment(state.last_success),
        "fault": state.fault,
        "file": state.file,
        "detail": state.detail,
        "failures": state.failures,
    }
