"""What asking a witness may cost it: bodies, their pace, and paths."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from node.app import make_app
from node.http import bodies, witness
from node.http.runner import Runner
from node.observe import set_up
from protocol.witness import MAX_REQUEST
from tests.foreign_log import ForeignLog
from tests.signers import signing_key
from tests.witness_world import Served, Witnesses


async def test_bodies_are_bounded(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ForeignLog()
    assert await served.status(bytes(MAX_REQUEST + 1)) == 413

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(65_536)

    assert await served.status(endless()) == 413  # type: ignore[arg-type] # chunks of no known length
    packed = gzip.compress(log.request(0, 3))
    assert await served.status(packed, **{"Content-Encoding": "gzip"}) == 415
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"old 0\n"
        await asyncio.sleep(1)

    assert await served.status(slow()) == 408  # type: ignore[arg-type] # as above


async def test_how_much_is_held_at_once_is_bounded(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = ForeignLog().request(0, 3)
    monkeypatch.setattr(witness, "ROOM", 2 * len(body))
    served = await witnesses.serve(witnesses.home())
    released = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield bytes(2 * len(body) - 1)
        await released.wait()

    waiting = asyncio.create_task(served.status(slow()))  # type: ignore[arg-type] # chunks of no known length
    async with asyncio.timeout(20):
        # It may come while another body is held, and is then refused itself.
        while not waiting.done() and (status := await served.status(body)) != 429:
            assert status in (200, 409)
    released.set()
    assert await waiting in (400, 429)
    # What was held is given back, also where it was refused.
    for _ in range(5):
        assert await served.status(bytes(2 * len(body) + 1)) == 429
    assert await served.status(ForeignLog().request(3, 3)) in (200, 409)


async def raw(port: int | None, *parts: bytes, hang_up: bool = False) -> bytes:
    """Send parts of a request, each after an answer to the one before, and return all answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /witness/add-checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + parts[0])
    came = b""
    for part in parts[1:]:
        came += await reader.readuntil(b"\r\n\r\n")
        writer.write(part)
    if hang_up:
        await asyncio.sleep(0.05)
        writer.transport.abort()
        return came
    came += await reader.read()
    writer.close()
    return came


async def test_a_body_that_breaks_off_is_no_request(
    witnesses: Witnesses, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up()
    app = make_app(witnesses.home())
    # As a node serves it: aiohttp's test server cancels handlers, a node's does not.
    runner = Runner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        for begun in (b"Content-Length: 9\r\n\r\nold 0\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\nold"):
            await raw(port, begun, hang_up=True)
        log = ForeignLog().request(0, 3)
        answer = await raw(port, f"Content-Length: {len(log)}\r\n\r\n".encode() + log)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    finally:
        await runner.cleanup()
    # Nor is it worth a line in the log: anybody can do that all day.
    assert "failed" not in capsys.readouterr().err


async def test_whoever_asks_before_sending_a_body_is_told_to(served: Served) -> None:
    body = ForeignLog().request(0, 3)
    length = f"Content-Length: {len(body)}\r\n".encode()
    came = await raw(served._server.port, length + b"Expect: 100-continue\r\n\r\n", body)
    assert came.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    came = await raw(served._server.port, length + b"Expect: something else\r\n\r\n" + body)
    assert came.startswith(b"HTTP/1.1 409")


async def test_a_log_that_asks_all_the_time_is_429(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness, "BURST", 3)
    monkeypatch.setattr(witness, "PER_SECOND", 0.0)
    served = await witnesses.serve(witnesses.home())
    log, other = ForeignLog(), ForeignLog(key=signing_key("stranger.example"))
    assert await served.status(log.request(0, 3)) == 200
    # Others cannot use up what a log is allowed.
    assert [await served.status(other.request(3, 5)) for _ in range(9)] == [403] * 9
    assert [await served.status(log.request(3, 3)) for _ in range(3)] == [200, 200, 429]


async def test_only_its_own_paths_take_a_post(served: Served) -> None:
    for path in ("/witness", "/witness/other", "/checkpoints", "/log/city/1/checkpoint"):
        async with served._client.post(served._server.make_url(path), data=b"x") as response:
            assert response.status == 405
    async with served._client.get(served._server.make_url("/witness/add-checkpoint")) as response:
        assert response.status == 404
    async with served._client.put(served._server.make_url("/witness/add-checkpoint")) as response:
        assert response.status == 405
    assert (await served.get("nothing"))[0] == 404
    async with served._client.get(served._server.make_url("/witness/xyz/checkpoint")) as response:
        assert response.status == 404
