"""G6 and G7: what one new entry and one poll without news cost on the wire.

    python -m benchmarks.wire --entries 1000 --polls 1000

Every byte passes a counting proxy, both directions, headers included. G6: a follower that holds a log
of 1,000 entries takes one more (median of several); goal ≤ 3,000 bytes. G7: a poll without news;
goal 1 request and ≤ 500 bytes, whatever the size of the log; a thousand of them one after the other
≤ 0.15 s over a kept connection and ≤ 1.5 s with a new TLS connection each. The raw limit of
the same run is a bare conditional GET with the same client.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import ipaddress
import multiprocessing
import ssl
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from federation.fetch import Fetcher
from federation.limits import Limits
from node.home import Home
from node.store.projection import NoProjection

from .counting_proxy import CountingProxy
from .followers import Follower, open_fetcher
from .generate import entries
from .measure import run_benchmark
from .worlds import Log, await_port, free_port, new_home, own_origin, put_all, served, workspace

_G6_BYTES, _G7_BYTES = 3_000, 500
_G7_KEPT, _G7_TLS = 0.15, 1.5


async def _publish(home_path: Path, count: int, seed: int) -> None:
    home = Home.open(home_path, projection=NoProjection())
    try:
        await put_all(home, entries(count, seed))
    finally:
        home.close()


async def _new_entry(
    follower: Follower, log: Log, publisher: Path, proxy: CountingProxy, rounds: int
) -> None:
    costs: list[tuple[int, int]] = []
    for number in range(rounds):
        await _publish(publisher, 1, seed=1_000 + number)
        proxy.reset()
        if (new := await follower.sync(log)) != 1:
            raise SystemExit(f"one new entry was expected, not {new}")
        costs.append((proxy.up + proxy.down, proxy.requests))
    total = median(cost for cost, _ in costs)
    spread = f"{min(costs)[0]}-{max(costs)[0]}"
    verdict = "met" if total <= _G6_BYTES else "MISSED"
    print(f"G6 {verdict}: one new entry {total:.0f} B in {costs[0][1]} requests (goal {_G6_BYTES} B)")
    print(f"runs: {spread} B, entries of the generator's sizes")


async def _poll(follower: Follower, log: Log, proxy: CountingProxy, size: int) -> None:
    await follower.sync(log)
    proxy.reset()
    await follower.sync(log)
    total = proxy.up + proxy.down
    verdict = "met" if proxy.requests == 1 and total <= _G7_BYTES else "MISSED"
    print(
        f"G7 {verdict}: a poll without news of {size} entries: {proxy.requests} request, "
        f"{proxy.up} B up + {proxy.down} B down = {total} B (goal 1 request, {_G7_BYTES} B)"
    )


async def _thousand(follower: Follower, log: Log, polls: int) -> None:
    """Time many polls: as nodes do, and as bare conditional requests."""
    fetcher, path = follower.fetch, f"{log.prefix}/checkpoint"
    etag = (await fetcher.get(path, limit=65_536)).headers["etag"]

    async def bare() -> None:
        waiting = list(range(polls))

        async def work() -> None:
            while waiting:
                waiting.pop()
                await fetcher.get(path, limit=65_536, headers={"If-None-Match": etag})

        await asyncio.gather(*(work() for _ in range(Limits().parallel)))

    near = Follower(follower.home, fetcher)
    await near.sync(log)

    async def node() -> None:
        for _ in range(polls):
            await near.sync(log)

    raw, real = await _medians((bare, node))
    verdict = "met" if raw <= _G7_KEPT * polls / 1_000 else "MISSED"
    print(f"G7 {verdict}: {polls} polls over kept connections {raw:.3f} s (goal {_G7_KEPT} s a thousand)")
    print("eight at a time, as a node asks many publishers at once")
    print(f"the same one by one, with the follower's own work: {real:.3f} s")


async def _tls(port: int, path: str, polls: int, root: Path) -> None:
    """Time polls that each greet anew over TLS 1.3; the other end of TLS is a process of its own."""
    pem, tls_port = _certificate(root), free_port()
    terminator = multiprocessing.get_context("spawn").Process(
        target=_terminate_tls, args=(str(pem), tls_port, port), daemon=True
    )
    terminator.start()
    url = f"https://127.0.0.1:{tls_port}/{path}/checkpoint"
    trust = ssl.create_default_context(cafile=str(pem))
    try:
        await await_port(tls_port, terminator.is_alive)
        async with Fetcher(Limits(), allow_private=True, tls=trust) as fetcher:
            etag = (await fetcher.get(url, limit=65_536)).headers["etag"]

            async def greet() -> None:
                for _ in range(polls):
                    await fetcher.get(
                        url, limit=65_536, headers={"If-None-Match": etag, "Connection": "close"}
                    )

            (took,) = await _medians((greet,), rounds=3)
    finally:
        terminator.terminate()
        terminator.join()
    verdict = "met" if took <= _G7_TLS * polls / 1_000 else "MISSED"
    print(
        f"G7 {verdict}: {polls} polls, each a new TLS connection, {took:.2f} s (goal {_G7_TLS} s a thousand)"
    )


def _terminate_tls(pem: str, listen: int, target: int) -> None:
    """Serve TLS at one port and pass what is inside on to another, until the process ends."""

    async def run() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server = await asyncio.start_server(_pipes(target), "127.0.0.1", listen, ssl=context)
        await server.serve_forever()

    asyncio.run(run())


async def _medians(runs: tuple[Callable[[], Awaitable[None]], ...], rounds: int = 5) -> list[float]:
    """Return the median wall seconds of each run, interleaved."""
    took: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for run, found in zip(runs, took, strict=True):
            start = time.perf_counter()
            await run()
            found.append(time.perf_counter() - start)
    return [median(found) for found in took]


def _pipes(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65_536):
            writer.write(chunk)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)

    return serve


def _certificate(root: Path) -> Path:
    """Return a file with a fresh self-signed certificate for 127.0.0.1 and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fedcat benchmark")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = root / "tls.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return pem


async def _main(count: int, polls: int) -> None:
    with workspace() as root:
        port = free_port()
        new_home(root / "publisher", port).close()
        await _publish(root / "publisher", count, seed=1)
        with served(root / "publisher", port):
            async with CountingProxy(port) as proxy, open_fetcher() as fetcher:
                home = Home.open(root / "publisher", projection=NoProjection())
                origin = own_origin(home)
                home.close()
                path = origin.split("/", 1)[1]
                direct = Log(origin, f"http://127.0.0.1:{port}/{path}")
                counted = Log(origin, f"http://127.0.0.1:{proxy.port}/{path}")
                follower = Follower.start(root / "follower", fetcher)
                await follower.take(counted)
                await _poll(follower, counted, proxy, count)
                await _new_entry(follower, counted, root / "publisher", proxy, rounds=9)
                await _thousand(follower, direct, polls)
                await _tls(port, path, polls, root)
                follower.home.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000)
    parser.add_argument("--polls", type=int, default=1_000)
    arguments = parser.parse_args()
    run_benchmark(_main(arguments.entries, arguments.polls))
