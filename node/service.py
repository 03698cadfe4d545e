"""The running node: the application, and the loops beside it.

::

    listen ─ ready ─┬─ syncing     due sources, follows of other processes within a second
                    ├─ signing     clearance first; then drafts that wait, and heartbeats
                    ├─ indexing    what other processes committed
                    └─ stopping    SIGTERM or SIGINT: drain; a second SIGINT: now

It serves at once and signs when it is cleared. No loop ends because of an error: what
fails is logged, and tried again.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

from aiohttp import web

from federation.fetch import Fetcher

from .answers.search import LOCK_WAIT, catch_up
from .errors import ConfigError, LockedError, NodeError
from .home import Home
from .http.app import HEALTH, make_app
from .observe import log
from .own import drafts
from .own.clearance import clear
from .own.cosigner import cosign_all
from .own.heartbeat import beat, beat_due
from .own.sequencer import publish_waiting
from .rounds import is_any_due, remembered, sync_round

TICK_SECONDS: Final = 0.5
"""How often the loops look for work that other processes left."""

CLEARANCE_SECONDS: Final = 10.0
"""Pause between two attempts to be cleared."""

DRAIN_SECONDS: Final = 10.0
"""Time for requests in flight once draining begins."""


async def serve(
    home: Home, *, ready: Callable[[], object] | None = None, stop: asyncio.Event | None = None
) -> None:
    """Serve until SIGTERM, SIGINT or ``stop``; a second SIGINT ends it without draining.

    Args:
        home: The node.
        ready: Called once, when requests are answered.
        stop: Set to end it; for those who run several nodes in one process.

    Raises:
        ConfigError: Its address cannot be listened at.
        KeyFileError: A key cannot be used; found before anything is served.
    """
    stopping = asyncio.Event() if stop is None else stop
    # Also finishes what a kill left between a commit and its cosignature.
    await asyncio.to_thread(cosign_all, home)
    with _signals(stopping):
        async with (
            _listening(home),
            Fetcher(home.config.limits, allow_private=home.config.allow_private) as fetch,
        ):
            log().info("serving", address=home.config.address)
            if ready is not None:
                ready()
            await _run_loops(home, fetch, stopping)
    log().info("stopped", address=home.config.address)


async def _run_loops(home: Home, fetch: Fetcher, stopping: asyncio.Event) -> None:
    memory = remembered(home)

    async def syncing() -> None:
        if is_any_due(home):
            await sync_round(home, fetch, only_due=True, memory=memory)

    waits: dict[str, float] = {}
    loops = [
        asyncio.create_task(_loop("syncing", syncing)),
        asyncio.create_task(_loop("signing", lambda: _sign(home, fetch, waits))),
        asyncio.create_task(_loop("indexing", lambda: _index(home))),
    ]
    try:
        await stopping.wait()
    finally:
        for loop in loops:
            loop.cancel()
        # Work handed to threads (a commit, a signature) ends by itself; a kill there loses nothing.
        await asyncio.gather(*loops, return_exceptions=True)


async def _loop(name: str, step: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await step()
        except NodeError as error:
            log().warning("loop step failed", loop=name, reason=str(error))
        except Exception:  # noqa: BLE001 - a loop outlives every error
            log().error("loop step failed", loop=name, exc_info=True)
        await asyncio.sleep(TICK_SECONDS)


async def _sign(home: Home, fetch: Fetcher, waits: dict[str, float]) -> None:
    """For each own log: get cleared, sequence what waits, renew the heartbeat.

    Args:
        home: The node.
        fetch: An open fetcher.
        waits: Origin → when to ask for clearance again, by the event loop's clock.
    """
    clock = asyncio.get_running_loop().time
    for row in await asyncio.to_thread(home.logs.all):
        if not row.own:
            continue
        if row.origin not in home.clearances:
            if clock() < waits.get(row.origin, 0.0):
                continue
            cleared = await clear(home, row.origin, fetch)
            if not cleared.may_sign:
                waits[row.origin] = clock() + CLEARANCE_SECONDS
                log().warning("not signing", origin=row.origin, reason=cleared.reason)
                continue
            log().info("signing", origin=row.origin, reason=cleared.reason)
        if row.signed_size < row.size or drafts.count_waiting(home.database.connection, row.id):
            receipt = await publish_waiting(home, row.origin)
            log().info("published", origin=row.origin, size=receipt.size, waits=receipt.why_not)
        elif beat_due(home, row.origin):
            await beat(home, row.origin)


async def _index(home: Home) -> None:
    with contextlib.suppress(LockedError):
        await asyncio.to_thread(catch_up, home, LOCK_WAIT)


@contextlib.asynccontextmanager
async def _listening(home: Home) -> AsyncIterator[None]:
    """Answer requests while the block runs; on leaving, finish those in flight."""
    app = make_app(home)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_SECONDS)
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
