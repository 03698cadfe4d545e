"""Who carries this node's own logs.

Before it signs after a start, a node asks everybody who ever carried the log (``own.clearance``).
So followed nodes are asked now and then whether they serve ``/mirror/<hash>/checkpoint`` of an
own log. How that went is kept as a source of that log; who does is never forgotten.
"""

import asyncio
from typing import Final

from federation.faults import Fault, FaultError, FaultKind
from federation.response import OK, Fetch
from federation.sources import mirror_prefix
from federation.sync import Outcome
from protocol.errors import ProtocolError
from protocol.note import Note
from protocol.origin import Origin

from .home import Home
from .observe import log
from .own.clearance import note_carrier
from .sources import NEVER, keep, known_states, peer_urls
from .store.logs import LogRow

CARRIER_SECONDS: Final = 3600
"""How often a known carrier is asked whether it still is one."""

LATEST_SECONDS: Final = 600
"""Longest pause before a peer is asked again whether it carries an own log by now."""


async def check_carriers(home: Home, fetch: Fetch) -> None:
    """Ask followed nodes, when it is time, whether they carry this node's own logs."""
    due = await asyncio.to_thread(_carriers_due, home)
    for row, prefix in due:
        size, fault = await _carried(home, row, prefix, fetch)
        outcome = Outcome(row.origin, prefix, size, 0, fault)
        await asyncio.to_thread(_record_carrier, home, row, outcome)


def _carriers_due(home: Home) -> list[tuple[LogRow, str]]:
    now, peers = home.now(), peer_urls(home)
    due = []
    for row in home.logs.all() if peers else ():
        if row.own and row.visible_size:
            known = known_states(home, row)
            prefixes = (mirror_prefix(peer, Origin.parse(row.origin)) for peer in peers)
            due += [(row, prefix) for prefix in prefixes if known.get(prefix, NEVER)[1] <= now]
    return due


async def _carried(home: Home, row: LogRow, prefix: str, fetch: Fetch) -> tuple[int, Fault | None]:
    """Return the size at which a node serves an own log, or why it is no carrier."""
    file = "checkpoint"
    try:
        response = await fetch.get(f"{prefix}/{file}", limit=home.config.limits.checkpoint_bytes)
        if response.status != OK:
            return 0, Fault(FaultKind.UNREACHABLE, file, "it does not carry this log")
        return row.chain.open_checkpoint(Note.parse(response.body)).size, None
    except FaultError as error:
        return 0, error.fault
    except ProtocolError as error:
        return 0, Fault(FaultKind.MALFORMED, file, str(error))


def _record_carrier(home: Home, row: LogRow, outcome: Outcome) -> None:
    if outcome.fault is None:
        note_carrier(home, row.origin, outcome.source, outcome.size)
        # As it is now: the log may have grown while the peer was asked.
        if outcome.size > home.logs.store(row.origin).size:
            log().error(
                "a peer shows more of this log than we have",
                origin=row.origin,
                source=outcome.source,
                size=outcome.size,
            )
    interval = CARRIER_SECONDS if outcome.fault is None else home.config.sync.interval_seconds
    with home.database.write() as connection:
        keep(home, row, outcome, interval)
        # It may begin to carry the log at any time, and is one more place to ask before signing.
        connection.execute(
            "UPDATE source SET next_due = min(next_due, ?) WHERE log = ? AND url = ? AND failures > 0",
            (home.now() + LATEST_SECONDS, row.id, outcome.source),
        )
