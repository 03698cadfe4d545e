"""What other people's servers may cost us, and where they may send us."""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import socket
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from federation.faults import FaultError, FaultKind
from federation.fetch import Fetcher, unpacked
from federation.limits import Limits

MEBIBYTE = 1 << 20
PATIENCE = 20.0
QUICK = Limits(rate_seconds=0.5, answer_seconds=1.0, total_seconds=2.0, connect_seconds=0.5)


# -- endless bodies ---------------------------------------------------------------------------------

HEADS = {
    "as long as it says": b"HTTP/1.1 200 OK\r\nContent-Length: 20971520\r\n\r\n",
    "with Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 20971521\r\n\r\n",
    "with a false Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
    "with a huge Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 9000000000000000000\r\n\r\n",
    "without Content-Length": b"HTTP/1.1 200 OK\r\n\r\n",
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "in one chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    "gzipped": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
    "of an error": b"HTTP/1.1 404 Not Found\r\n\r\n",
    "of headers": b"HTTP/1.1 200 OK\r\nA: ",
    "of lines of headers": b"HTTP/1.1 200 OK\r\n",
    "of a status": b"HTTP/1.1 200 ",
}


@asynccontextmanager
async def endless(head: bytes, portion: bytes) -> AsyncIterator[tuple[str, list[int]]]:
    """Answer with a head, and portions for as long as somebody reads; yield the URL and what was sent."""
    sent = [0]

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(portion)
                await writer.drain()
                sent[0] += len(portion)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", sent


def portion_of(kind: str) -> bytes:
    if kind == "in chunks":
        return b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    if kind == "of lines of headers":
        return b"X: y\r\n" * 10_000
    return b"x" * 65_536


def peak(name: str) -> int:
    """Return a figure of this process in bytes."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith(name))
    return int(line.split()[1]) * 1024


def read_endless(kind: str, limit: int) -> tuple[str, int, int]:
    """Read an endless body; return what came of it, what was sent, and how much memory grew meanwhile."""

    async def read() -> tuple[str, int, int]:
        async with (
            endless(HEADS[kind], portion_of(kind)) as (url, sent),
            Fetcher(QUICK, allow_private=True) as fetch,
        ):
            before = peak("VmRSS")
            try:
                answer = await fetch.get(url, limit=limit)
            except FaultError as error:
                return str(error.fault.kind), sent[0], peak("VmHWM") - before
            return str(answer.status), sent[0], peak("VmHWM") - before

    return asyncio.run(read())


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[ProcessPoolExecutor]:
    """A fresh process for each task: its memory is its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        yield pool


@pytest.mark.parametrize("kind", HEADS)
def test_no_endless_answer_is_read_past_its_limit_or_into_memory(
    elsewhere: ProcessPoolExecutor, kind: str
) -> None:
    """At the largest limit there is; what the kernel buffers between two sockets is sent and not read."""
    limit = max(Limits().feed_bytes, Limits().evidence_bytes)
    outcome, sent, growth = elsewhere.submit(read_endless, kind, limit).result(timeout=60)
    # Behind what it says something else follows, which is none of that answer.
    expected = (
        {"200", "malformed"} if kind == "as long as it says" else {"over limit", "malformed", "unreachable"}
    )
    assert outcome in expected
    assert sent < limit + 16 * MEBIBYTE
    assert growth < 64 * MEBIBYTE


async def test_a_byte_at_a_time_ends_at_the_minimum_rate() -> None:
    """And not only at the deadline, which is an hour off here."""
    limits = Limits(rate_seconds=0.3, total_seconds=3_600.0)
    left = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        left.set()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server, Fetcher(limits, allow_private=True) as fetch, asyncio.timeout(PATIENCE):
        with pytest.raises(FaultError) as caught:
            await fetch.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", limit=10**6)
        await left.wait()
    assert caught.value.fault.kind is FaultKind.UNREACHABLE


# -- bombs -------------------------------------------------------------------------------------------


def test_a_bomb_is_unpacked_to_its_limit_and_not_a_byte_further() -> None:
    bomb = gzip.compress(bytes(10_000_000), 9)
    assert len(bomb) < 10_500
    tracemalloc.start()
    try:
        with pytest.raises(FaultError) as caught:
            unpacked(bomb, 100_000, "u")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert caught.value.fault.kind is FaultKind.OVER_LIMIT


# -- where names lead ----------------------------------------------------------------------------------


class Names:
    """The resolver of this machine, as somebody else's name server would have it.

    Attributes:
        answers: Addresses of ``trap.example``; each question gets the next answer, the last one for ever.
        asked: How often it was asked for.
        connected: Addresses that anybody tried to connect to.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: list[list[str]] = []
        self.asked = 0
        self.connected: list[str] = []
        self._getaddrinfo = socket.getaddrinfo
        self._connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect
        monkeypatch.setattr(socket, "getaddrinfo", self._resolve)
        names = self

        async def connect(loop: Any, sock: socket.socket, address: tuple[Any, ...]) -> None:  # noqa: ANN401
            names.connected.append(str(address[0]))
            if not str(address[0]).startswith("127."):
                # Nothing of this test leaves the machine.
                raise ConnectionRefusedError(f"nobody at {address[0]}")
            await names._connect(loop, sock, address)

        monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", connect)

    def _resolve(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        if host != "trap.example":
            return self._getaddrinfo(host, port, *args, **kwargs)
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


FORBIDDEN = {
    "loopback": ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"],
    "private": ["10.1.2.3", "172.20.0.1", "192.168.1.1", "::ffff:10.0.0.1"],
    "link-local": ["169.254.1.1", "fe80::1"],
    "CGNAT": ["100.64.0.1"],
    "ULA": ["fd00::1"],
    "multicast": ["224.0.0.1", "ff02::1"],
    "NAT64": ["64:ff9b::7f00:1"],
    "6to4": ["2002:7f00:1::"],
    "site-local": ["fec0::1"],
    "metadata": ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "::ffff:169.254.169.254"],
}


@pytest.mark.parametrize("kind", FORBIDDEN)
async def test_no_name_and_no_literal_leads_to_a_forbidden_address(names: Names, kind: str) -> None:
    async with Fetcher(QUICK, allow_private=False) as fetch:
        for address in FORBIDDEN[kind]:
            names.answers, names.asked = [[address]], 0
            literal = f"[{address}]" if ":" in address else address
            for host in ("trap.example", literal):
                with pytest.raises(FaultError) as caught:
                    await fetch.get(f"https://{host}:8443/", limit=100)
                assert caught.value.fault.kind is FaultKind.UNREACHABLE
    assert names.connected == []


async def test_the_address_that_was_checked_is_the_one_that_is_connected(names: Names) -> None:
    """A name that leads whoever checks it to a public address, and whoever connects to this machine."""
    visits: list[bytes] = []

    async def visited(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(visited, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    names.answers = [["93.184.215.14"], ["127.0.0.1"]]
    async with server, Fetcher(QUICK, allow_private=False) as fetch:
        for _ in range(3):
            with pytest.raises(FaultError):
                await fetch.get(f"https://trap.example:{port}/", limit=100)
            assert "127.0.0.1" not in names.connected
        # Of several addresses only those that pass are tried.
        names.answers = [["127.0.0.1", "10.0.0.1", "93.184.215.14"]]
        names.connected.clear()
        with pytest.raises(FaultError):
            await fetch.get(f"https://trap.example:{port}/again", limit=100)
    assert set(names.connected) <= {"93.184.215.14"}
    assert visits == []
