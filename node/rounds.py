"""Rounds: asking for news of followed logs, and what is done and remembered afterwards.

One log after ``federation.sync`` has had its turn::

    outcomes remembered → checkpoint cosigned → heads seen elsewhere compared → index follows

``sync_round`` is one round over everything (``fedcat sync``). ``Rounds`` is for a running node:
each log at its own time, so that somebody slow delays nobody else.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from federation.faults import Fault, FaultKind
from federation.gossip import Heard
from federation.memory import Memory
from federation.quotas import Excess
from federation.response import Fetch
from federation.sources import Source
from federation.sync import Outcome, sync_log

from .admission import check_admissions
from .answers.indexing import catch_up
from .answers.policy import shared_repositories, show_policy
from .cards import check_cards
from .carriers import check_carriers
from .disputes import check_disputes, disputed_logs, keep_dispute
from .errors import DamagedError, LockedError, NodeError
from .forgetting import forget
from .gossip import check_feeds
from .heads import heard, revisit
from .home import Home
from .observe import log
from .own.cosigner import cosign
from .quotas import budget_of, settle
from .sources import (
    NEVER,
    is_any_due,
    is_due,
    keep,
    keep_missed,
    known_states,
    log_sources,
    may_ask,
    postpone,
    remembered,
    rest,
)
from .splits import contradicted, judge, keep_evidence
from .standing import check_claims
from .store.frozen import frozen_logs
from .store.logs import LogRow
from .store.restraints import unasked_logs
from .successors import check_successors, disputed_successors
from .turns import Turns

INDEX_WAIT: Final = 5.0
"""Seconds a round waits for another process that writes the index; later ones catch up."""

STORE_SECONDS: Final = 30.0
"""Pause of a log that could not be stored; a full disk is not asked, and reported, twice a second."""


@dataclass(frozen=True, slots=True)
class _Task:
    """One log whose turn it is, whom to ask, and what neighbours' feeds say of it."""

    row: LogRow
    sources: tuple[Source, ...]
    heard: tuple[Heard, ...]


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
    with contextlib.suppress(NodeError, sqlite3.Error):
        # What a kill left of it; a log that cannot be scrubbed now must not stop the round.
        await asyncio.to_thread(home.logs.scrub)
    await check_feeds(home, fetch, only_due=only_due)
    tasks = await asyncio.to_thread(_tasks, home, only_due=only_due)
    turns = Turns()
    found = await asyncio.gather(*(_sync_one(home, task, fetch, memory, turns) for task in tasks))
    await check_carriers(home, fetch)
    await check_cards(home, fetch)
    await check_successors(home, fetch)
    await check_disputes(home, fetch)
    await settle_claims(home, fetch)
    await check_admissions(home, fetch)
    if any(outcome.new for outcomes in found for outcome in outcomes):
        await asyncio.to_thread(_index, home)
    await asyncio.to_thread(_forget, home)
    standing = await asyncio.to_thread(_standing_still, home)
    return (*standing, *(outcome for outcomes in found for outcome in outcomes))


async def settle_claims(home: Home, fetch: Fetch) -> None:
    """Check who controls what, as far as that is due, and have shown what follows from it."""
    await check_claims(home, fetch, lambda: shared_repositories(home))
    await asyncio.to_thread(show_policy, home)


class Rounds:
    """The rounds of a running node."""

    def __init__(self, home: Home, fetch: Fetch) -> None:
        """Begin with what earlier processes left in the database."""
        self._home = home
        self._fetch = fetch
        self._memory = remembered(home)
        self._turns = Turns()
        self._running: dict[str, asyncio.Task[tuple[Outcome, ...]]] = {}
        self._waits: dict[str, float] = {}

    async def step(self) -> None:
        """Start on every log whose time has come, also those that another process follows since."""
        clock = asyncio.get_running_loop().time
        for origin, done in [(origin, task) for origin, task in self._running.items() if task.done()]:
            del self._running[origin]
            if any(not outcome.source for outcome in done.result()):
                # Our own store's fault: the database may be what is broken, so the time is kept here.
                self._waits[origin] = clock() + STORE_SECONDS
        if not is_any_due(self._home):
            return
        for task in await asyncio.to_thread(_tasks, self._home, only_due=True):
            origin = task.row.origin
            if origin not in self._running and self._waits.get(origin, 0.0) <= clock():
                self._running[origin] = asyncio.create_task(
                    _sync_one(self._home, task, self._fetch, self._memory, self._turns)
                )

    async def close(self) -> None:
        """Break off what is running; what is verified and stored so far is used next time."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)


async def _sync_one(
    home: Home, task: _Task, fetch: Fetch, memory: Memory, turns: Turns
) -> tuple[Outcome, ...]:
    """Give one log its turn; a fault of its store is an outcome too, with an empty source."""
    row, limits = task.row, home.config.limits
    excesses: list[Excess] = []
    async with turns.turn(row.origin):
        try:
            with home.logs.store(row.origin) as store:
                outcomes = await sync_log(
                    store,
                    task.sources,
                    fetch,
                    limits,
                    home.now,
                    memory=memory,
                    heard=task.heard,
                    caught=lambda fork, source: _caught(home, row, fork, source),
                    disputed=lambda both, source: keep_dispute(home, row.origin, both, source.prefix),
                    budget=await asyncio.to_thread(budget_of, home, row, store),
                    exceeded=excesses.append,
                )
            await asyncio.to_thread(_settle, home, task, outcomes, memory)
            is_current = any(each.new for each in outcomes) or _is_answered(task, outcomes)
            await asyncio.to_thread(settle, home, row, excesses, is_current=is_current)
        except Exception as error:  # noqa: BLE001 - a bug or a broken disk under one log must not stop the others
            is_bug = not isinstance(error, NodeError | OSError | sqlite3.Error)
            log().error("round failed", origin=row.origin, reason=str(error), exc_info=is_bug)
            with contextlib.suppress(NodeError, OSError, sqlite3.Error):
                if isinstance(error, DamagedError) and error.bundle is not None:
                    # One that the round adds to, or has to delete something from.
                    await asyncio.to_thread(home.logs.store(row.origin).give_up_content, error.bundle)
                await asyncio.to_thread(_settle, home, task, (), memory)
            fault = Fault(FaultKind.UNREACHABLE, "store", f"this node could not keep it: {error}")
            return (Outcome(row.origin, "", row.size, 0, fault),)
    for outcome in outcomes:
        line = log().bind(origin=row.origin, source=outcome.source)
        if outcome.fault is not None:
            line.warning("source at fault", fault=str(outcome.fault))
        elif outcome.new:
            line.info("pulled", new=outcome.new, size=outcome.size)
    return outcomes


def _tasks(home: Home, *, only_due: bool) -> list[_Task]:
    now, tasks, resting = home.now(), [], []
    connection = home.database.connection
    standing = frozen_logs(connection).keys() | disputed_logs(connection) | disputed_successors(connection)
    standing |= unasked_logs(connection)
    for row in home.logs.all():
        if row.own or row.id in standing:
            continue
        sources = log_sources(home, row)
        if only_due:
            known = known_states(home, row)
            if not is_due(sources, known, now):
                # A place that the log has left, or a mirror that nobody needs now.
                if any(0 < due <= now for _, due in known.values()):
                    resting.append(row)
                continue
            sources = tuple(each for each in sources if may_ask(known.get(each.prefix, NEVER), now))
        tasks.append(_Task(row, sources, heard(home, row, sources)))
    if resting:
        with contextlib.suppress(sqlite3.Error):
            # A full disk must not keep anybody from being asked.
            rest(home, resting)
    return tasks


def _is_answered(task: _Task, outcomes: Sequence[Outcome]) -> bool:
    """Report whether the log's own place answered, and nothing was wrong with it."""
    own = {source.prefix for source in task.sources if source.is_origin}
    return any(each.source in own and each.fault is None for each in outcomes)


def _standing_still(home: Home) -> tuple[Outcome, ...]:
    """Return an outcome without a source for each log that is frozen, so that nobody overlooks it."""
    frozen, outcomes = frozen_logs(home.database.connection), []
    disputed = disputed_logs(home.database.connection) | disputed_successors(home.database.connection)
    for row in home.logs.all():
        if row.id in disputed:
            detail = "two valid key sets or successors exist: it stands still until `fedcat key choose`"
            outcomes.append(
                Outcome(row.origin, "", row.size, 0, Fault(FaultKind.INCONSISTENT, "keys", detail))
            )
        elif row.id in frozen:
            file = f"evidence/{frozen[row.id].evidence}"
            detail = "it showed two histories and stands still until `fedcat log resolve`"
            outcomes.append(Outcome(row.origin, "", row.size, 0, Fault(FaultKind.INCONSISTENT, file, detail)))
    return tuple(outcomes)


def _settle(home: Home, task: _Task, outcomes: Sequence[Outcome], memory: Memory) -> None:
    """Remember how it went, and cosign what is new."""
    row, interval = task.row, home.config.sync.interval_seconds
    asked = {outcome.source: outcome for outcome in outcomes}
    with home.database.write():
        for source in task.sources:
            outcome = asked.get(source.prefix)
            if outcome is None:
                postpone(home, row, source.prefix, interval)
            else:
                keep(home, row, outcome, interval, etag=memory.etags.get(source.prefix))
        keep_missed(home, row, memory)
    try:
        cosign(home, row.origin)
    except NodeError as error:
        log().error("not cosigned", origin=row.origin, reason=str(error))
    for looked in revisit(home, row.origin):
        contradicted(home, looked)
    # Only now: what the round brought, a rotation perhaps, decides what evidence means.
    judge(home, row.origin)


def _caught(home: Home, row: LogRow, fork: bytes, source: Source) -> None:
    keep_evidence(home, row.origin, fork, source.prefix)


def _forget(home: Home) -> None:
    try:
        forget(home, INDEX_WAIT)
    except (NodeError, OSError, sqlite3.Error) as error:
        # The next round, or a running node, goes on with it.
        log().warning("not all deleted content is gone yet", reason=str(error))


def _index(home: Home) -> None:
    try:
        catch_up(home, INDEX_WAIT)
    except LockedError as error:
        log().warning("not indexed yet", reason=str(error))
