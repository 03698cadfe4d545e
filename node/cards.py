"""What followed nodes say about themselves, read again once a day.

A card (``/.well-known/fedcat``) names the node's logs, software and mirror key. It is a hint that nobody
signed; it is kept to be shown as such, and nothing is decided by it. Of a card that was read only what is
of the right form is kept::

    peer:  url  card  seen_at

With it goes the node's policy document, when the card names another one than was seen last.
"""

import asyncio
import re
from collections.abc import Callable, MutableMapping
from itertools import islice
from typing import Final

import msgspec

from federation.faults import FaultError
from federation.introduce import Card, CardLog, read_card, read_card_bytes, read_policy
from federation.response import Fetch
from protocol.errors import MalformedError
from protocol.keys import VerifierKey
from protocol.origin import Origin

from .home import Home
from .observe import log
from .policies import keep_policy, newest_digest
from .sources import peer_urls

CARD_SECONDS: Final = 24 * 3600
"""How long a card is good enough."""

RETRY_SECONDS: Final = 3600
"""Pause after a node did not show one."""

MAX_LOGS: Final = 500
"""Logs kept of one card; a stranger's list must not become ours to carry around."""

MAX_TEXT: Final = 300
"""Characters of a text in a card: the longest URL of a log's files that is of use."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def check_cards(home: Home, fetch: Fetch, waits: MutableMapping[str, int] | None = None) -> None:
    """Read the cards of followed nodes that are older than a day, or were never read.

    Args:
        home: The node.
        fetch: An open fetcher.
        waits: URL → when to try again a node that showed none; kept by a caller that comes by often.
    """
    waits = {} if waits is None else waits
    slots = asyncio.Semaphore(home.config.limits.parallel)

    async def check(url: str) -> None:
        async with slots:
            try:
                card = await read_card(fetch, url, limits=home.config.limits)
            except FaultError:
                # How a node is doing is told by its sources; the card that was read before stays.
                waits[url] = home.now() + RETRY_SECONDS
                return
        card = _readable(card)
        await asyncio.to_thread(_keep, home, url, card)
        await _check_policy(home, fetch, url, card)

    due = await asyncio.to_thread(_due, home)
    await asyncio.gather(*(check(url) for url in due if waits.get(url, 0) <= home.now()))


async def _check_policy(home: Home, fetch: Fetch, url: str, card: Card) -> None:
    """Keep a followed node's policy document if its card says that it has changed."""
    if card.policy == await asyncio.to_thread(newest_digest, home, url):
        return
    try:
        text = await read_policy(fetch, url, limits=home.config.limits) if card.policy else ""
    except FaultError as error:
        # The version that was seen last stays; the next card says again that there is another one.
        log().warning("no policy document", node=url, fault=str(error.fault))
        return
    if await asyncio.to_thread(keep_policy, home, url, text):
        log().info("policy document changed", node=url)


def kept_card(stored: bytes | None) -> Card | None:
    """Return a card as the database holds it, None for one that was never read."""
    return None if stored is None else read_card_bytes(stored)


def _due(home: Home) -> list[str]:
    latest = home.now() - CARD_SECONDS
    seen = dict(home.database.connection.execute("SELECT url, seen_at FROM peer"))
    return [url for url in peer_urls(home) if seen[url] is None or not latest < seen[url] <= home.now()]


def _keep(home: Home, url: str, card: Card) -> None:
    with home.database.write() as connection:
        connection.execute(
            "UPDATE peer SET card = ?, seen_at = ? WHERE url = ?",
            (msgspec.json.encode(card), home.now(), url),
        )


def _readable(card: Card) -> Card:
    """Return what of a card may be shown to people: none but possible origins, no odd letters."""
    logs = (
        CardLog(log.origin, _web(log.url), _line(log.fingerprint))
        for log in card.logs
        if _parses(Origin.parse, log.origin)
    )
    keys = (
        _line(key, len(key)) if _parses(VerifierKey.parse, key) else ""
        for key in (card.mirror, card.mirror_mldsa44, card.witness, card.witness_mldsa44)
    )
    successors = (
        each
        for each in card.successors
        if _parses(Origin.parse, each.origin) and _parses(Origin.parse, each.predecessor)
    )
    return Card(
        tuple(islice(logs, MAX_LOGS)),
        next(keys),
        _line(card.software),
        tuple(islice(successors, MAX_LOGS)),
        next(keys),
        next(keys),
        next(keys),
        card.policy if _DIGEST.fullmatch(card.policy) else "",
    )


def _line(text: str, most: int = MAX_TEXT) -> str:
    # Printable ASCII alone: what a terminal or a page would obey is not in it.
    return text if len(text) <= most and text.isascii() and text.isprintable() else ""


def _web(url: str) -> str:
    return _line(url) if url.startswith(("http://", "https://")) else ""


def _parses(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except MalformedError:
        return False
    return True
