"""Rounds: asking the sources of followed logs, and what is done and remembered afterwards.

A round over one log (``federation.sync``) ends with outcomes, one for each source that was
asked. They are kept in the database, shown to people, and decide when to ask again::

    last_try  last_success  size  fault  file  detail  failures  next_due  etag

After a commit the checkpoint is cosigned, then the index follows. The same rows, of an own
log, remember who was asked whether it carries that log: a carrier is asked before this
node ever signs again.

An origin that answers is asked at its interval and nobody beside it. While it does not, all
other sources that are not backing off are asked. ``fedcat sync`` ignores back-off.
"""

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federation.faults import Fault, FaultError, FaultKind
from federation.memory import Memory
from federation.response import OK, Fetch
from federation.schedule import next_due
from federation.sources import Source, mirror_prefix, sources_of
from federation.sync import Outcome, sync_log
from protocol.errors import ProtocolError
from protocol.note import Note
from protocol.origin import Origin

from .answers.search import catch_up
from .errors import LockedError, NodeError
from .home import Home
from .observe import log
from .own.clearance import note_carrier
from .own.cosigner import cosign
from .store.logs import LogRow

LOGS_AT_ONCE: Final = 8
"""Logs synced side by side; each keeps some requests in flight of its own."""

CARRIER_SECONDS: Final = 3600
"""How often a known carrier is asked whether it still is one."""

LATEST_CARRIER_SECONDS: Final = 600
"""Longest pause before a peer is asked again whether it carries an own log by now."""

INDEX_WAIT: Final = 5.0
"""Seconds a round waits for another process that writes the index; later rounds catch up."""

_NEVER: Final = (0, 0)  # failures, next_due


@dataclass(frozen=True, slots=True)
class _Task:
    """One log of a round."""

    row: LogRow
    sources: tuple[Source, ...]


async def sync_round(
    home: Home, fetch: Fetch, *, only_due: bool = False, memory: Memory | None = None
) -> tuple[Outcome, ...]:
    """Ask for news of every followed log, once.

    Args:
        home: The node.
        fetch: An open fetcher.
        only_due: Leave out logs and sources whose time has not come.
        memory: What the process remembers of former rounds; read from the database without.

    Returns:
        One outcome for each source that was asked. Nothing that a source does, and no fault in
        one log's store, keeps the others from being asked.
    """
    memory = remembered(home) if memory is None else memory
    tasks = await asyncio.to_thread(_tasks, home, only_due=only_due)
    slots = asyncio.Semaphore(LOGS_AT_ONCE)
    found = await asyncio.gather(*(_sync_one(home, task, fetch, memory, slots) for task in tasks))
    await check_carriers(home, fetch)
    if any(outcome.new for outcomes in found for outcome in outcomes):
        await asyncio.to_thread(_index, home)
    return tuple(outcome for outcomes in found for outcome in outcomes)


def remembered(home: Home) -> Memory:
    """Return what earlier processes left to remember: the ETags of checkpoints without news."""
    rows = home.database.connection.execute("SELECT url, etag FROM source WHERE etag IS NOT NULL")
    return Memory(etags=dict(rows.fetchall()))


def is_any_due(home: Home) -> bool:
    """Report whether a round with ``only_due`` may have something to do; cheap enough for every tick."""
    row = home.database.connection.execute(
        "SELECT 1 FROM log WHERE own = 0 AND (NOT EXISTS (SELECT 1 FROM source WHERE source.log = log.id)"
        " OR EXISTS (SELECT 1 FROM source WHERE source.log = log.id AND next_due <= ?)) LIMIT 1",
        (home.now(),),
    ).fetchone()
    return row is not None


def log_sources(home: Home, row: LogRow) -> tuple[Source, ...]:
    """Return every place to ask for a log, the origin's own first, those that fail later."""
    connection = home.database.connection
    followed = [
        url
        for (url,) in connection.execute(
            "SELECT url FROM source WHERE log = ? AND followed = 1 ORDER BY rowid", (row.id,)
        )
    ]
    found = sources_of(row.chain.newest, followed, _peers(home), allow_private=home.config.allow_private)
    known = _known(home, row)
    # Mirrors are all asked at once anyway; of the origin's places, one that works comes first.
    return tuple(
        sorted(
            found,
            key=lambda source: (not source.is_origin, known.get(source.prefix, _NEVER)[0] * source.is_origin),
        )
    )


async def check_carriers(home: Home, fetch: Fetch) -> None:
    """Ask followed nodes, when it is time, whether they carry this node's own logs."""
    due = await asyncio.to_thread(_carriers_due, home)
    for row, prefix in due:
        size, fault = await _carried(home, row, prefix, fetch)
        outcome = Outcome(row.origin, prefix, size, 0, fault)
        await asyncio.to_thread(_record_carrier, home, row, outcome)


async def _sync_one(
    home: Home, task: _Task, fetch: Fetch, memory: Memory, slots: asyncio.Semaphore
) -> tuple[Outcome, ...]:
    row = task.row
    async with slots:
        try:
            with home.logs.store(row.origin) as store:
                outcomes = await sync_log(
                    store, task.sources, fetch, home.config.limits, home.now, memory=memory
                )
            await asyncio.to_thread(_settle, home, task, outcomes, memory)
        except Exception as error:  # noqa: BLE001 - see below
            # A bug or a broken disk under one log must not stop the others; the log line has it whole.
            log().error("round failed", origin=row.origin, exc_info=True)
            fault = Fault(FaultKind.UNREACHABLE, "store", f"this node could not keep it: {error}")
            return (Outcome(row.origin, "", row.size, 0, fault),)
    for outcome in outcomes:
        if outcome.fault is not None:
            log().warning(
                "source at fault", origin=row.origin, source=outcome.source, fault=str(outcome.fault)
            )
        elif outcome.new:
            log().info("pulled", origin=row.origin, source=outcome.source, new=outcome.new, size=outcome.size)
    return outcomes


def _tasks(home: Home, *, only_due: bool) -> list[_Task]:
    now, tasks = home.now(), []
    for row in home.logs.all():
        if row.own:
            continue
        sources = log_sources(home, row)
        if only_due:
            known = _known(home, row)
            if not _is_due(sources, known, now):
                continue
            sources = tuple(each for each in sources if _may_ask(known.get(each.prefix, _NEVER), now))
        tasks.append(_Task(row, sources))
    return tasks


def _is_due(sources: Iterable[Source], known: Mapping[str, tuple[int, int]], now: int) -> bool:
    """Report whether a log's time has come: that of its origin while it answers, else of any source."""
    times = [(source.is_origin, *known.get(source.prefix, _NEVER)) for source in sources]
    healthy = [due for is_origin, failures, due in times if is_origin and not failures and due]
    return any(due <= now for due in healthy or [due for _, _, due in times])


def _may_ask(state: tuple[int, int], now: int) -> bool:
    failures, due = state
    return not failures or due <= now


def _settle(home: Home, task: _Task, outcomes: Sequence[Outcome], memory: Memory) -> None:
    """Remember how it went, and cosign what is new."""
    row, now = task.row, home.now()
    asked = {outcome.source: outcome for outcome in outcomes if outcome.source}
    known = _known(home, row)
    interval = home.config.sync.interval_seconds
    with home.database.write() as connection:
        for source in task.sources:
            outcome = asked.get(source.prefix)
            if outcome is None:
                # Not needed this time; ask no sooner than those that were.
                connection.execute(
                    "UPDATE source SET next_due = ? WHERE log = ? AND url = ? AND next_due <= ?",
                    (now + interval, row.id, source.prefix, now),
                )
                continue
            failures = known.get(source.prefix, _NEVER)[0] + 1 if _is_failure(outcome.fault) else 0
            due = next_due(now, interval, failures, random.random())  # noqa: S311 - spreads load, guards nothing
            _keep(home, row, outcome, failures, due, memory.etags.get(source.prefix))
    try:
        cosign(home, row.origin)
    except NodeError as error:
        log().error("not cosigned", origin=row.origin, reason=str(error))


def _keep(home: Home, row: LogRow, outcome: Outcome, failures: int, due: int, etag: str | None) -> None:
    """Write one source's row, within the transaction of this thread's connection."""
    fault, now = outcome.fault, home.now()
    home.database.connection.execute(
        "INSERT INTO source (log, url, last_try, last_success, size, new, fault, file, detail, failures,"
        " next_due, etag) VALUES (:log, :url, :now, :success, :size, :new, :fault, :file, :detail, :failures,"
        " :due, :etag) ON CONFLICT (log, url) DO UPDATE SET last_try = :now,"
        " last_success = coalesce(:success, last_success), size = :size, new = :new, fault = :fault,"
        " file = :file, detail = :detail, failures = :failures, next_due = :due, etag = :etag",
        {
            "log": row.id,
            "url": outcome.source,
            "now": now,
            "success": None if failures else now,
            "size": outcome.size,
            "new": outcome.new,
            "fault": fault and str(fault.kind),
            "file": fault and fault.file,
            "detail": fault and fault.detail,
            "failures": failures,
            "due": due,
            "etag": etag,
        },
    )


def _is_failure(fault: Fault | None) -> bool:
    # Who withholds a blob has handed out everything else; it is asked at its interval.
    return fault is not None and fault.kind is not FaultKind.WITHHELD


def _index(home: Home) -> None:
    try:
        catch_up(home, INDEX_WAIT)
    except LockedError as error:
        log().warning("not indexed yet", reason=str(error))


def _known(home: Home, row: LogRow) -> dict[str, tuple[int, int]]:
    """Return failures and next_due of a log's sources, by prefix."""
    rows = home.database.connection.execute(
        "SELECT url, failures, next_due FROM source WHERE log = ?", (row.id,)
    )
    return {url: (failures, due) for url, failures, due in rows}


def _peers(home: Home) -> list[str]:
    """Return the addresses of followed nodes, other than this one's own."""
    rows = home.database.connection.execute("SELECT url FROM peer ORDER BY added_at, url")
    return [url for (url,) in rows if url != home.config.address]


def _carriers_due(home: Home) -> list[tuple[LogRow, str]]:
    now, peers = home.now(), _peers(home)
    due = []
    for row in home.logs.all() if peers else ():
        if row.own and row.visible_size:
            known = _known(home, row)
            prefixes = (mirror_prefix(peer, Origin.parse(row.origin)) for peer in peers)
            due += [(row, prefix) for prefix in prefixes if known.get(prefix, _NEVER)[1] <= now]
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
        if outcome.size > row.size:
            log().error(
                "a peer shows more of this log than we have",
                origin=row.origin,
                source=outcome.source,
                size=outcome.size,
            )
    failures = 0 if outcome.fault is None else _known(home, row).get(outcome.source, _NEVER)[0] + 1
    wait = CARRIER_SECONDS if not failures else home.config.sync.interval_seconds
    due = next_due(home.now(), wait, failures, random.random())  # noqa: S311 - spreads load, guards nothing
    if failures:
        due = min(due, home.now() + LATEST_CARRIER_SECONDS)
    with home.database.write():
        _keep(home, row, outcome, failures, due, None)
