"""The running node: the application, and the loops beside it.

::

    listen ─ ready ─┬─ syncing     due logs, follows of other processes within a second
                    ├─ feeds       what neighbours show of all logs
                    ├─ carriers    who carries the own logs
                    ├─ cards       what followed nodes say about themselves
                    ├─ disputes    about key sets, as feeds show them
                    ├─ successors  of followed logs that ended
                    ├─ planet      feeds of news that publishers name
                    ├─ claims      which domains and repositories list which publishers
                    ├─ admissions  lists, limits, and whom a rule lets in
                    ├─ hinting     peers that are told when own logs grow
                    ├─ witnessing  witnesses that own logs are shown to
                    ├─ signing     clearance first; then drafts that wait, and heartbeats
                    ├─ auditing    each log once a day, byte by byte
                    ├─ indexing    what other processes committed
                    ├─ forgetting  deleted content, wherever it still lies on the disk
                    ├─ trimming    superseded content that is older than it is kept
                    ├─ tidying     what outsiders sent in, when its time is over
                    ├─ dumping     files of everything, for readers
                    └─ stopping    SIGTERM or SIGINT: drain; a second SIGINT: now

It serves at once and signs when it is cleared. No loop ends because of an error: what
fails is logged, and tried again.
"""

import asyncio
import contextlib
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from aiohttp import web

from federation.fetch import Fetcher

from .admission import check_admissions
from .answers.garbage import give_back
from .answers.indexing import LITTLE, LOCK_WAIT, catch_up
from .app import HEALTH, make_app
from .audit import audit_due
from .cards import check_cards
from .carriers import check_carriers
from .desk.submissions import tidy
from .disputes import check_disputes
from .dumping.serving import renew_dumps
from .errors import ConfigError, LockedError, NodeError
from .forgetting import forget
from .gossip import Feeds
from .hints import Hinting
from .home import Home
from .http.runner import Runner
from .leisure import Leisure
from .observe import log
from .own.clearance import clear
from .own.cosigner import cosign_all
from .own.heartbeat import beat, beat_due
from .own.keyfiles import check_keys
from .own.sequencer import has_work, publish_waiting
from .planet.gathering import gather
from .reaching import fetcher
from .retention import trim
from .rounds import Rounds, settle_claims
from .store.logs import LogRow
from .submitting import Submissions
from .successors import check_successors
from .threads import threads
from .witness import own_keys as witness_keys

TICK_SECONDS: Final = 0.5
"""How often the loops look for work that other processes left."""

CLEARANCE_SECONDS: Final = 10.0
"""Pause between two attempts to be cleared."""

REMIND_SECONDS: Final = 3600.0
"""After which the reason why a log is not signed is said again, although it is still the same."""

CLAIMS_SECONDS: Final = 60.0
"""Pause between two looks at the claims that are due; each asks a few strangers at most."""

ADMISSION_SECONDS: Final = 60.0
"""Pause between two looks at lists, limits, and whom a rule lets in."""

PLANET_SECONDS: Final = 60.0
"""Pause between two looks at the feeds of news that are due; each asks a few strangers at most."""

HINT_SECONDS: Final = 60.0
"""Pause between two looks at what cards say of successors; the cards are read once a day."""

AUDIT_PAUSE_SECONDS: Final = 60.0
"""Pause between the audits of two logs, so that reading them all does not keep the disk from others."""

TRIM_SECONDS: Final = 60.0
"""Pause between two looks for superseded content that is too old."""

DUMP_SECONDS: Final = 60.0
"""Pause between two looks whether dumps are due, or hold what is to be had no more."""

DRAIN_SECONDS: Final = 10.0
"""Time for requests in flight once draining begins."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Wait:
    """Why a log waits to be signed; all times are of the event loop's clock.

    Attributes:
        until: When its turn comes again.
        reason: Why it is not signed.
        said_at: When that was said.
    """

    until: float
    reason: str
    said_at: float


async def serve(
    home: Home,
    *,
    ready: Callable[[], object] | None = None,
    stop: asyncio.Event | None = None,
    first: str | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or ``stop``; a second SIGINT ends it without draining.

    Args:
        home: The node.
        ready: Called once, when requests are answered.
        stop: Set to end it; for those who run several nodes in one process.
        first: The code of the link to the first run's checklist; None for no such link.

    Raises:
        ConfigError: Its address cannot be listened at.
        KeyFileError: A key cannot be used; found before anything is served.
    """
    stopping = asyncio.Event() if stop is None else stop
    workers = threads()
    check_keys(home.keys_dir)
    if home.config.witness.logs:
        witness_keys(home)
    try:
        # Also finishes what a kill left between a commit and its cosignature.
        await asyncio.to_thread(cosign_all, home)
        with _signals(stopping):
            async with (
                _listening(home, first),
                fetcher(home) as fetch,
            ):
                log().info("serving", address=home.config.address)
                if ready is not None:
                    ready()
                await _run_loops(home, fetch, stopping)
    finally:
        # What was handed to threads (a commit, a signature) ends by itself; then the home may be closed.
        await workers.idle()
    log().info("stopped", address=home.config.address)


async def _run_loops(home: Home, fetch: Fetcher, stopping: asyncio.Event) -> None:
    rounds, hinting, submissions = Rounds(home, fetch), Hinting(home, fetch), Submissions(home, fetch)
    feeds = Feeds(home, fetch)
    waits: dict[str, _Wait] = {}
    cardless: dict[str, int] = {}
    hinted: dict[tuple[str, str], int] = {}
    doubted: dict[tuple[str, str], int] = {}
    loops = [
        asyncio.create_task(_loop("syncing", rounds.step)),
        asyncio.create_task(_loop("feeds", feeds.step)),
        asyncio.create_task(_loop("carriers", lambda: check_carriers(home, fetch))),
        asyncio.create_task(_loop("cards", lambda: check_cards(home, fetch, cardless))),
        asyncio.create_task(_loop("disputes", lambda: check_disputes(home, fetch, doubted), HINT_SECONDS)),
        asyncio.create_task(_loop("successors", lambda: check_successors(home, fetch, hinted), HINT_SECONDS)),
        asyncio.create_task(_loop("admissions", lambda: check_admissions(home, fetch), ADMISSION_SECONDS)),
        asyncio.create_task(_loop("claims", lambda: settle_claims(home, fetch), CLAIMS_SECONDS)),
        asyncio.create_task(_loop("planet", lambda: gather(home, fetch), PLANET_SECONDS)),
        asyncio.create_task(_loop("hinting", hinting.step)),
        asyncio.create_task(_loop("witnessing", submissions.step)),
        asyncio.create_task(_loop("signing", lambda: _sign(home, fetch, waits))),
        asyncio.create_task(_loop("auditing", lambda: _audit(home), AUDIT_PAUSE_SECONDS)),
        asyncio.create_task(_loop("indexing", lambda: _index(home))),
        asyncio.create_task(_loop("forgetting", lambda: _forget(home))),
        asyncio.create_task(_loop("trimming", lambda: asyncio.to_thread(trim, home), TRIM_SECONDS)),
        asyncio.create_task(_loop("tidying", lambda: asyncio.to_thread(tidy, home), TRIM_SECONDS)),
        asyncio.create_task(_loop("dumping", lambda: _dump(home), DUMP_SECONDS)),
    ]
    try:
        await stopping.wait()
    finally:
        for loop in loops:
            loop.cancel()
        await rounds.close()
        await feeds.close()
        await hinting.close()
        await submissions.close()
        await asyncio.gather(*loops, return_exceptions=True)


async def _loop(name: str, step: Callable[[], Awaitable[object]], seconds: float | None = None) -> None:
    while True:
        pause = TICK_SECONDS if seconds is None else seconds
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - a loop outlives every error
            _report("loop step failed", error, loop=name)
            # A full disk stays full for a while, and says nothing new twice a second.
            pause = CLEARANCE_SECONDS
        await asyncio.sleep(pause)


def _report(event: str, error: Exception, **where: str) -> None:
    """Say what failed: in one line when it was foreseen, with its trace when it is a bug."""
    if isinstance(error, NodeError):
        log().warning(event, reason=str(error), **where)
    else:
        is_bug = not isinstance(error, OSError | sqlite3.Error)
        log().error(event, reason=str(error), exc_info=is_bug, **where)


async def _sign(home: Home, fetch: Fetcher, waits: dict[str, _Wait]) -> None:
    """Give each own log its turn; one that may not sign, or cannot, has to wait a while.

    Why it may not is said when it becomes known, when it changes, and every ``REMIND_SECONDS``.

    Args:
        home: The node.
        fetch: An open fetcher.
        waits: Origin → why it waits; of those that were not signed when they had their turn.
    """
    clock = asyncio.get_running_loop().time
    for row in await asyncio.to_thread(home.logs.all):
        waits_for = waits.get(row.origin)
        if not row.own or (waits_for is not None and clock() < waits_for.until):
            continue
        try:
            why_not = await _sign_one(home, row, fetch)
        except (NodeError, OSError, sqlite3.Error) as error:
            # A full disk, or one log's files, must not keep the other logs from their turn.
            why_not = str(error)
        if why_not is None:
            waits.pop(row.origin, None)
            continue
        now = clock()
        said_at = now
        if waits_for is not None and waits_for.reason == why_not and now < waits_for.said_at + REMIND_SECONDS:
            said_at = waits_for.said_at
        else:
            log().warning("not signing", origin=row.origin, reason=why_not)
        waits[row.origin] = _Wait(now + CLEARANCE_SECONDS, why_not, said_at)


async def _sign_one(home: Home, row: LogRow, fetch: Fetcher) -> str | None:
    """Get cleared, sequence what waits, renew the heartbeat; return why this node may not, or None."""
    origin = row.origin
    if origin not in home.clearances:
        cleared = await clear(home, origin, fetch, is_start=True)
        if not cleared.may_sign:
            return cleared.reason
        log().info("signing", origin=origin, reason=cleared.reason)
    if has_work(home, row):
        receipt = await publish_waiting(home, origin)
        log().info("published", origin=origin, size=receipt.size)
        return receipt.why_not
    if beat_due(home, origin):
        await beat(home, origin)
    return None


async def _audit(home: Home) -> None:
    """Audit the log whose turn it is, and say what is wrong with it."""
    found = await _ending(lambda leisure: audit_due(home, leisure.rest, leisure.go_on))
    if found is not None:
        await asyncio.to_thread(give_back)
        for finding in found.findings:
            log().error("a stored file is damaged", origin=found.origin, reason=str(finding))
        for reason in found.refetched:
            log().warning("a stored file was damaged, its content is fetched again", reason=reason)


async def _index(home: Home) -> None:
    with contextlib.suppress(LockedError):
        if await _ending(lambda leisure: catch_up(home, LOCK_WAIT, leisure.go_on)) > LITTLE:
            # Whoever waited for it finds it by now.
            await asyncio.to_thread(home.database.settle_wal)


async def _forget(home: Home) -> None:
    await _ending(lambda leisure: forget(home, go_on=leisure.go_on))


async def _dump(home: Home) -> None:
    await _ending(lambda leisure: renew_dumps(home, leisure.go_on))


async def _ending(work: Callable[[Leisure], Result]) -> Result:
    """Return what long work comes to, in a thread; it ends soon when whoever waits for it is cancelled."""
    leisure = Leisure()
    try:
        return await asyncio.to_thread(work, leisure)
    except asyncio.CancelledError:
        leisure.end()
        raise


@contextlib.asynccontextmanager
async def _listening(home: Home, first: str | None) -> AsyncIterator[None]:
    """Answer requests while the block runs; on leaving, finish those in flight."""
    app = make_app(home, first=first)
    # Bodies are small and taken as they are: nobody's request is unpacked.
    runner = Runner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS, auto_decompress=False)
    await runner.setup()
    host, port = home.config.listen_at
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            message = f"cannot listen at {host}:{port}: {error.strerror or error}"
            raise ConfigError(
                "config.toml", "listen", message, "another process may be using the port"
            ) from error
        app[HEALTH].is_listening = True
        yield
    finally:
        app[HEALTH].is_listening = False
        await runner.cleanup()


@contextlib.contextmanager
def _signals(stopping: asyncio.Event) -> Iterator[None]:
    """Set ``stopping`` on SIGTERM and SIGINT; the second SIGINT interrupts like in any program."""
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        stopping.set()
        loop.remove_signal_handler(signal.SIGINT)

    try:
        loop.add_signal_handler(signal.SIGTERM, stopping.set)
        loop.add_signal_handler(signal.SIGINT, interrupt)
    except (RuntimeError, ValueError):
        # Not the main thread: whoever runs us there stops us through the event.
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)
