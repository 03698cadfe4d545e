"""``fedcat planet``: what publishers write elsewhere, and how their feeds are doing."""

from __future__ import annotations

import asyncio

import click

from federation.faults import Fault
from node.home import Home
from node.planet.gathering import gather
from node.planet.shown import feed_states, planet
from node.reaching import fetcher

from .exits import ExitCode
from .homes import opened
from .options import cursor_option, language_option, limit_option
from .output import answer, hint, table
from .planlists import shortened
from .settings import Settings, command


@command("list")
@click.option("--publisher", default="", metavar="ORIGIN", help="Only what this log's publisher names.")
@language_option
@limit_option
@cursor_option
def list_(
    settings: Settings, *, publisher: str, languages: tuple[str, ...], limit: int, cursor: str | None
) -> int:
    """List what publishers write elsewhere, the newest first.

    It is gathered from the feeds that entries and profiles name with a link `updates-feed`. Nobody signed it.
    """
    with opened(settings) as home:
        found = planet(home, publisher, languages, limit, cursor)
        gathers = home.config.planet.gather
    rows = [
        (
            each["at"][:10],
            ", ".join(who["name"] or who["origin"] for who in each["publishers"]),
            shortened(each["title"]),
            each["url"],
        )
        for each in found["items"]
    ]
    answer(settings, found, table(("DAY", "NAMED BY", "TITLE", "PAGE"), rows))
    if found["next"]:
        hint(settings, f"More: --cursor {found['next']}")
    if not gathers:
        hint(settings, "This node gathers no news: planet.gather is false.")
    return ExitCode.OK


@command("feeds")
def feeds(settings: Settings) -> int:
    """Show how each feed is doing that is asked for news."""
    with opened(settings) as home:
        found = feed_states(home)
    rows = [
        (each["feed"], ", ".join(each["publishers"]), each["items"], each["seen_at"], each["fault"])
        for each in found
    ]
    answer(settings, found, table(("FEED", "NAMED BY", "ITEMS", "LAST READ", "FAULT"), rows))
    return ExitCode.OK


@command("fetch")
def fetch(settings: Settings) -> int:
    """Ask the feeds whose time has come, now; a running node does that by itself."""
    with opened(settings) as home:
        asked = asyncio.run(_fetched(home))
    document = [{"feed": url, "fault": fault and str(fault)} for url, fault in asked.items()]
    rows = [(url, fault and str(fault)) for url, fault in asked.items()]
    answer(settings, document, table(("FEED", "FAULT"), rows))
    if not asked:
        hint(settings, "No feed's time has come: `fedcat planet feeds` shows all that are asked.")
    failed = sum(fault is not None for fault in asked.values())
    if not failed:
        return ExitCode.OK
    return ExitCode.PARTIAL if failed < len(asked) else ExitCode.NETWORK


async def _fetched(home: Home) -> dict[str, Fault | None]:
    asked: dict[str, Fault | None] = {}
    async with fetcher(home) as fetch_:
        while more := await gather(home, fetch_):
            asked.update(more)
    return asked
