"""A saved search as a feed: what a question finds, by when this node took it.

A statement comes first when its leaf came last, whatever its publisher says of when it was changed. Whoever
reads the feed after each sync misses nothing, also of logs that are followed since. Looked at are the
``LOOKED_AT`` hits that were changed last.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from node.answers.finding.answering import answered
from node.answers.finding.explaining import explained
from node.answers.publishers import publisher_names
from node.answers.search import Question
from node.home import Home

from .entries import MOST_ENTRIES

LOOKED_AT: Final = 500
"""Hits among which the newest are looked for."""


def newest(home: Home, question: Question) -> list[dict[str, Any]]:
    """Return what a question finds that is newest to this node, as ``entries.feed_entries`` takes it.

    Args:
        home: The node.
        question: Words, filters, languages; its order does not matter.
    """
    asked = replace(question, sort="freshness")
    found = answered(home, asked, LOOKED_AT, fresh=False)
    page = found.page
    with home.database.read() as connection:
        came = _arrivals(connection, page.items)
    # Sorting is stable: of what came at once the last changed comes first.
    items = sorted(page.items, key=lambda item: -came[item["address"]])[:MOST_ENTRIES]
    names = publisher_names(home, question.languages)
    shown = explained(home, found.question, replace(page, items=tuple(items))).items
    return [_item(item, names) for item in shown]


def _arrivals(connection: sqlite3.Connection, items: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return for each item, by address, in which step of its log the leaf came that heads it."""
    steps: dict[str, list[tuple[int, int, int]]] = {}
    found: dict[str, int] = {}
    for item in items:
        origin, index = item["provenance"]["origin"], item["provenance"]["index"]
        if origin not in steps:
            rows = connection.execute(
                "SELECT s.seq, s.low, s.high FROM step AS s JOIN log AS l ON l.id = s.log"
                " WHERE l.origin = ? ORDER BY s.seq",
                (origin,),
            )
            steps[origin] = rows.fetchall()
        # The first one: a log that was blocked for a while is told once more.
        found[item["address"]] = next((seq for seq, low, high in steps[origin] if low <= index < high), 0)
    return found


def _item(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a project or profile as feeds show items of any kind."""
    return {
        "address": item["address"],
        "type": item["type"],
        "project": item["address"],
        "name": item["name"],
        "title": "",
        "text": item["summary"],
        "language": item["language"],
        "machine": item["machine"],
        "period": None,
        "topics": [each for each in (item["kind"], item["lifecycle"]) if each],
        "url": None,
        "item": {},
        "stating": [(origin, names.get(origin, "")) for origin in item["publishers"]],
        "modified": item["explain"]["freshness"]["modified"] or "",
        "stale": False,
        "provenance": item["provenance"],
    }
