"""Following: from an address that somebody gave to logs that are asked from now on.

A URL is any node that carries the log: its own logs are named by its card, any other by
origin. Files are read under ``<url>/mirror/<hash>/``; a publisher without a node is
followed by the URL of its files, which ends with the path of its origin::

    follow https://directory.oslo.example                       all logs of that node
    follow https://directory.oslo.example --origin o.example/log/x/1
    follow https://static.example/files/log/parks/1             plain files, no node
"""

from typing import Final

from federation.faults import Fault, FaultError, FaultKind
from federation.introduce import CARD, Introduction, files_at, introduce, read_card
from federation.response import Fetch
from federation.sources import mirror_prefix
from protocol.errors import MalformedError
from protocol.origin import Origin

from .admission import confirm
from .blocking import blocks
from .errors import InvalidInputError
from .home import Home
from .rounds import sync_round
from .store.trail import note_deed
from .successors import adopt

__all__ = ["follow", "introduce_all", "sync_round"]

_UNBLOCK: Final = "`fedcat peer rules` shows who says so, `fedcat peer allow {}` overrules lists"


async def introduce_all(home: Home, fetch: Fetch, url: str, origin: str | None) -> tuple[Introduction, ...]:
    """Return the logs that an address introduces: the one asked for, else all of that node's own.

    Nothing is stored: whoever asks confirms the fingerprints first.

    Args:
        home: The node.
        fetch: An open fetcher.
        url: A node's address, or the prefix of one log's files.
        origin: The log wanted.

    Raises:
        InvalidInputError: The origin is none.
        FaultError: The address does not answer, has no such log, or what it has does not verify.
    """
    base, limits = url.rstrip("/"), home.config.limits
    if origin is not None:
        return (await introduce(fetch, files_at(base, _parsed(origin)), origin, limits=limits),)
    if _looks_like_files(base):
        return (await introduce(fetch, base, None, limits=limits),)
    card = await read_card(fetch, base, limits=limits)
    found = []
    for hosted in card.logs:
        try:
            prefix = mirror_prefix(base, Origin.parse(hosted.origin))
        except MalformedError as error:
            raise FaultError(Fault(FaultKind.MALFORMED, CARD, str(error))) from error
        found.append(await introduce(fetch, prefix, hosted.origin, limits=limits))
    if not found:
        raise FaultError(
            Fault(FaultKind.UNREACHABLE, CARD, "this node has no log of its own; name one by origin")
        )
    return tuple(found)


def follow(home: Home, introduction: Introduction, url: str, actor: str) -> None:
    """Follow a log from now on, its identity pinned; a log that is followed already gets one source more.

    One that came in by a rule is confirmed by this.

    Args:
        home: The node.
        introduction: What a person confirmed.
        url: Where it was introduced.
        actor: Who confirmed it, for the audit trail.

    Raises:
        InvalidInputError: It is an own log, it is blocked, or was followed under another fingerprint.
    """
    base, origin = url.rstrip("/"), introduction.origin
    known = home.logs.get(origin)
    if known is not None and known.own:
        raise InvalidInputError(f"{origin} is a log of this node itself", hint="there is nothing to follow")
    refusal = blocks(home.database.connection, introduction.chain)
    if refusal is not None:
        raise InvalidInputError(f"{origin} is not followed: {refusal}", hint=_UNBLOCK.format(origin))
    store = home.logs.add(introduction.chain, own=False)
    prefix, now = files_at(base, Origin.parse(origin)), home.now()
    with home.database.write() as connection:
        if prefix != base:
            connection.execute("INSERT OR IGNORE INTO peer (url, added_at) VALUES (?, ?)", (base, now))
        # Due at once: whoever follows wants to see something.
        connection.execute(
            "INSERT INTO source (log, url, followed, next_due) VALUES (?, ?, 1, 0)"
            " ON CONFLICT (log, url) DO UPDATE SET followed = 1, failures = 0, next_due = 0",
            (store.id, prefix),
        )
        confirm(connection, store.id, now)
        detail = {"fingerprint": introduction.chain.fingerprint, "url": base}
        note_deed(connection, now, actor, "follow", origin, detail)
    # Whoever follows a successor by hand has its predecessor lead on to it as well.
    adopt(home, introduction, prefix)


def _looks_like_files(base: str) -> bool:
    *_, word, _, epoch = ("", "", "", *base.split("/"))
    return word == "log" and epoch.isascii() and epoch.isdigit()


def _parsed(origin: str) -> Origin:
    try:
        return Origin.parse(origin)
    except MalformedError as error:
        raise InvalidInputError(
            str(error), hint="an origin is host[:port][/segment...]/log/name/epoch"
        ) from error
