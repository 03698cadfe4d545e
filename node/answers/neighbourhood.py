"""Who carries whose logs, as this node sees it: places, and what is between them.

A place is where logs live or where a node is, by its address without the scheme: ``lyon.example``. This node
asks some of them; each of those shows in its feed which logs it carries, and whether their trees are the ones
that are held here.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from node.home import Home
from node.store.frozen import frozen_logs
from node.store.marks import portions


@dataclass(slots=True)
class Spot:
    """A place.

    Attributes:
        name: Its address without the scheme.
        url: Of the node there that is asked; empty where none is.
        logs: How many logs live there.
        fault: What was wrong with the node when it was asked last, None where nothing was.
        is_answering: Whether it ever answered.
        is_apart: Whether a log that lives there showed two histories.
        carries: Names of the places of which it shows logs in its feed.
        contradicts: Names of those of which it shows another history.
    """

    name: str
    url: str = ""
    logs: int = 0
    fault: str | None = None
    is_answering: bool = False
    is_apart: bool = False
    carries: set[str] = field(default_factory=set)
    contradicts: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Some places, this node's own first, and how many others there are."""

    places: tuple[Spot, ...]
    total: int


def neighbourhood(home: Home, asked: Iterable[Mapping[str, Any]], most: int) -> Neighbourhood:
    """Return who carries whose logs.

    Args:
        home: The node.
        asked: Whom it asks, as :mod:`node.answers.nodes` shows them.
        most: Other places at most: first those with two histories, then those at fault, then those with most
            logs.
    """
    here = _place_of(home.config.address)
    spots = {here: Spot(here)}
    for node in asked:
        name = _place_of(node["url"])
        spots[name] = Spot(
            name,
            node["url"],
            fault=node["fault"],
            is_answering=node["last_success"] is not None,
        )
    with home.database.read() as connection:
        living = _living(connection, here)
        frozen = frozen_logs(connection)
        for log, name in living.items():
            spot = spots.setdefault(name, Spot(name))
            spot.logs += 1
            spot.is_apart |= log in frozen
        others = sorted((spot for name, spot in spots.items() if name != here), key=_importance)
        places = (spots[here], *others[:most])
        _connect(connection, places, living)
    return Neighbourhood(places, len(others))


def _place_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}".rstrip("/")


def _living(connection: sqlite3.Connection, here: str) -> dict[int, str]:
    """Return where each log lives, as its name says; an own one lives here."""
    rows = connection.execute("SELECT id, origin, own FROM log ORDER BY origin")
    return {log: here if own else origin.rpartition("/log/")[0] for log, origin, own in rows}


def _importance(spot: Spot) -> tuple[bool, bool, int, str]:
    return not spot.is_apart, spot.fault is None, -spot.logs, spot.name


def _connect(connection: sqlite3.Connection, places: Sequence[Spot], living: Mapping[int, str]) -> None:
    """Note who shows logs of whom."""
    by_url = {spot.url: spot for spot in places if spot.url}
    names = {spot.name for spot in places}
    for log, url, state in _shown(connection, list(by_url), [log for log in living if living[log] in names]):
        spot = by_url[url]
        if living[log] != spot.name and state != "unverified":
            (spot.contradicts if state == "contradicts" else spot.carries).add(living[log])


def _shown(
    connection: sqlite3.Connection, urls: Sequence[str], logs: Sequence[int]
) -> Iterator[tuple[int, str, str]]:
    shown = "SELECT log, url, state FROM seen_head WHERE log = ? AND url IN ({})"
    for some, marks in portions(urls):
        for log in logs:
            yield from connection.execute(shown.format(marks), (log, *some))
