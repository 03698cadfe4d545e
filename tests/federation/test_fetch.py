"""The fetcher against real servers on loopback, most of them ill-behaved."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from federation.faults import FaultError, FaultKind
from federation.fetch import Fetcher, unpacked
from federation.limits import Limits
from federation.response import Response
from tests.loopback import Handler, certificate, serving

LIMITS = Limits(rate_seconds=0.3, rate_bytes=100, answer_seconds=0.5, total_seconds=2.0, connect_seconds=0.5)

Raw = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def speaking(answer: bytes) -> AsyncIterator[str]:
    """Serve the same raw bytes to everybody, then hang up."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def get(url: str, *, limit: int = 10_000, limits: Limits = LIMITS, private: bool = True) -> Response:
    async with Fetcher(limits, allow_private=private) as fetcher:
        return await fetcher.get(url, limit=limit)


async def fault(
    url: str, *, limit: int = 10_000, limits: Limits = LIMITS, private: bool = True
) -> tuple[FaultKind, str]:
    with pytest.raises(FaultError) as caught:
        await get(url, limit=limit, limits=limits, private=private)
    assert caught.value.fault.file == url
    assert str(caught.value) == str(caught.value.fault)
    return caught.value.fault.kind, caught.value.fault.detail


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def handle(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=named)

    return handle


# -- the ordinary ---------------------------------------------------------------------------------


async def test_a_poll_has_few_headers() -> None:
    seen: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(body=b"hello", headers={"ETag": '"1"'})

    async with serving(handle) as url, Fetcher(LIMITS, allow_private=True) as fetcher:
        found = await fetcher.get(f"{url}/checkpoint", limit=5, headers={"If-None-Match": '"1"'})
        await fetcher.get(f"{url}/checkpoint", limit=5, gzip=True)
    assert (found.status, found.body, found.headers["etag"], found.packed) == (200, b"hello", '"1"', None)
    assert set(seen[0].headers) == {"Host", "User-Agent", "Accept-Encoding", "If-None-Match"}
    assert [request.headers["Accept-Encoding"] for request in seen] == ["identity", "gzip"]
    # The second request came over the same connection.
    assert seen[0].transport is seen[1].transport


@pytest.mark.parametrize("status", [204, 304, 404, 410, 451, 500, 503])
async def test_other_statuses_have_no_body(status: int) -> None:
    async with serving(answer(b"" if status in (204, 304) else b"sorry", status)) as url:
        found = await get(url)
    assert (found.status, found.body) == (status, b"")


async def test_large_error_pages_are_not_read() -> None:
    async with serving(answer(b"x" * 1_000_000, 404)) as url:
        assert (await get(url)).status == 404


async def test_an_error_page_of_unknown_length_is_no_fault() -> None:
    async with speaking(b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n" + b"x" * 9_000) as url:
        assert (await get(url)).status == 404


async def test_an_endless_error_page_is_a_fault() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=404)
        await response.prepare(request)
        while True:
            await response.write(b"sorry " * 1_000)

    async with serving(handle) as url:
        assert (await fault(url))[0] is FaultKind.OVER_LIMIT


async def test_a_part_comes_as_it_is() -> None:
    async with serving(answer(b"tail", 206, Content_Range="bytes 4-7/8")) as url:
        found = await get(url)
    assert (found.status, found.body, found.headers["content-range"]) == (206, b"tail", "bytes 4-7/8")


async def test_a_fetcher_must_be_open() -> None:
    with pytest.raises(RuntimeError):
        await Fetcher(LIMITS, allow_private=True).get("http://127.0.0.1:9/", limit=1)


# -- size and encoding ------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZip"])
async def test_gzip_is_decoded_also_unasked(coding: str) -> None:
    packed = gzip.compress(b"leaves" * 50)
    async with serving(answer(packed, Content_Encoding=coding)) as url:
        found = await get(url)
    assert (found.body, found.packed) == (b"leaves" * 50, packed)


async def test_large_bodies_are_unpacked_too() -> None:
    body = bytes(range(256)) * 5_000
    packed = gzip.compress(body, 0)
    assert len(packed) > 1_000_000
    async with serving(answer(packed, Content_Encoding="gzip")) as url:
        found = await get(url, limit=len(body), limits=Limits())
    assert found.body == body


@pytest.mark.parametrize("coding", ["br", "zstd", "deflate", "gzip, gzip", "compress"])
async def test_other_encodings_are_refused(coding: str) -> None:
    async with serving(answer(b"?", Content_Encoding=coding)) as url:
        assert (await fault(url))[0] is FaultKind.MALFORMED


async def test_a_part_of_a_compressed_body_is_refused() -> None:
    async with serving(answer(b"?", 206, Content_Encoding="gzip")) as url:
        assert (await fault(url))[0] is FaultKind.MALFORMED


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        gzip.compress(b"half of it" * 99)[:-5],
        gzip.compress(b"a") + b"b",
        gzip.compress(b"a") * 2,
    ],
    ids=["page", "empty", "half", "more", "two"],
)
async def test_what_is_not_one_gzip_member_is_malformed(body: bytes) -> None:
    async with serving(answer(body, Content_Encoding="gzip")) as url:
        assert (await fault(url))[0] is FaultKind.MALFORMED


def test_every_broken_gzip_body_is_a_fault() -> None:
    packed = gzip.compress(b"statement " * 40)
    for at in range(len(packed)):
        broken = packed[:at] + bytes((packed[at] ^ 0x55,)) + packed[at + 1 :]
        # Header fields such as the time carry nothing that could be wrong.
        with suppress(FaultError):
            assert unpacked(broken, 1_000, "u") == b"statement " * 40


async def test_a_bomb_is_aborted_at_the_limit() -> None:
    bomb = gzip.compress(bytes(10_000_000), 9)
    assert len(bomb) < 10_500
    async with serving(answer(bomb, Content_Encoding="gzip")) as url:
        kind, detail = await fault(url, limit=20_000)
    assert kind is FaultKind.OVER_LIMIT
    assert "unpacks to more than 20000 bytes" in detail


async def test_a_stated_length_beyond_the_limit_is_not_read() -> None:
    async with serving(answer(b"x" * 10_001)) as url:
        assert (await fault(url))[0] is FaultKind.OVER_LIMIT
        assert len((await get(url, limit=10_001)).body) == 10_001


async def test_an_endless_body_is_cut_off() -> None:
    sent = 0

    async def handle(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100_000)
            sent += 100_000

    async with serving(handle) as url:
        assert (await fault(url, limit=200_000))[0] is FaultKind.OVER_LIMIT
    assert sent < 50_000_000


# -- time -------------------------------------------------------------------------------------------


async def test_a_body_of_a_byte_now_and_then_is_too_slow() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with serving(handle) as url:
        assert await fault(url) == (FaultKind.UNREACHABLE, "it answers too slowly, or not at all")


async def test_a_steady_body_may_take_longer_than_the_rate_is_judged() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(12):
            await response.write(b"x" * 100)
            await asyncio.sleep(0.05)
        return response

    async with serving(handle) as url:
        assert len((await get(url)).body) == 1_200


async def test_a_steady_body_ends_at_the_deadline_all_the_same() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 100)
            await asyncio.sleep(0.02)

    async with serving(handle) as url:
        limits = replace(LIMITS, total_seconds=0.7)
        assert (await fault(url, limit=10**9, limits=limits))[0] is FaultKind.UNREACHABLE


async def test_no_headers_in_time() -> None:
    async def handle(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async with serving(handle) as url:
        assert (await fault(url, limits=replace(LIMITS, answer_seconds=0.1)))[0] is FaultKind.UNREACHABLE


# -- broken speech ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoken",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_a_fault(spoken: bytes) -> None:
    async with speaking(spoken) as url:
        assert (await fault(url))[0] in (FaultKind.MALFORMED, FaultKind.UNREACHABLE)


@pytest.mark.parametrize("spoken", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
async def test_a_connection_that_breaks_off(spoken: bytes) -> None:
    async with speaking(spoken) as url:
        assert (await fault(url))[0] is FaultKind.UNREACHABLE


async def test_repeated_headers_are_joined() -> None:
    ranges = b"Content-Range: bytes 0-1/2\r\nContent-Range: bytes 1-2/3\r\n"
    spoken = b"HTTP/1.1 206 X\r\n" + ranges + b"Content-Length: 2\r\n\r\nab"
    async with speaking(spoken) as url:
        assert (await get(url)).headers["content-range"] == "bytes 0-1/2, bytes 1-2/3"


async def test_nobody_listens() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        kind, detail = await fault(f"http://127.0.0.1:{bound.getsockname()[1]}")
    assert kind is FaultKind.UNREACHABLE
    assert detail


# -- redirects ----------------------------------------------------------------------------------------


async def test_who_asks_much_of_a_host_does_not_make_it_seem_dead_to_others() -> None:
    async def handle(_: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        return web.Response(body=b"slow")

    limits = replace(LIMITS, parallel=1)
    async with serving(handle) as url, Fetcher(limits, allow_private=True) as fetcher:
        found = await asyncio.gather(*(fetcher.get(url, limit=10) for _ in range(8)))
    assert {each.body for each in found} == {b"slow"}


async def test_redirects_on_one_origin_are_followed() -> None:
    async def handle(request: web.Request) -> web.Response:
        steps = int(request.path.removeprefix("/"))
        return (
            web.Response(status=302, headers={"Location": f"/{steps - 1}"})
            if steps
            else web.Response(body=b"here")
        )

    async with serving(handle) as url:
        assert (await get(f"{url}/3")).body == b"here"
        assert await fault(f"{url}/4") == (FaultKind.UNREACHABLE, "it redirects more than 3 times")


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/elsewhere",
        "http://localhost:8000/",
        "http://169.254.169.254/latest/meta-data",
        "//other.example/path",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://127.0.0.1:1/",
    ],
)
async def test_redirects_elsewhere_are_not(location: str) -> None:
    async with serving(answer(status=307, Location=location)) as url:
        kind, detail = await fault(url)
    assert kind is FaultKind.UNREACHABLE
    assert "another origin" in detail


async def test_redirects_to_nowhere() -> None:
    async with serving(answer(status=301)) as url:
        assert (await fault(url))[0] is FaultKind.MALFORMED
    async with serving(answer(status=301, Location="http://[")) as url:
        assert (await fault(url))[0] is FaultKind.MALFORMED


async def test_a_redirect_to_a_host_that_cannot_be_decoded() -> None:
    async with serving(answer(b"", 302, Location="https://xn--/")) as url:
        assert await fault(url) == (FaultKind.MALFORMED, "it redirects to nowhere")


async def test_a_redirect_with_a_password_is_not_followed() -> None:
    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"http://user:pass@{request.host}/x"})

    async with serving(handle) as url:
        assert (await fault(url))[0] is FaultKind.UNREACHABLE


# -- where we go --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:PORT/",
        "https://[::1]:PORT/",
        "https://[::ffff:127.0.0.1]:PORT/",
        "https://localhost:PORT/",
        "https://2130706433:PORT/",
        "https://0x7f.1:PORT/",
        "https://127.1:PORT/",
        "https://0.0.0.0:PORT/",
        "http://127.0.0.1:PORT/",
        "http://localhost:PORT/",
    ],
)
async def test_loopback_is_not_asked_unless_configured(url: str) -> None:
    asked = False

    async def handle(_: web.Request) -> web.Response:
        nonlocal asked
        asked = True
        return web.Response()

    async with serving(handle) as base:
        kind, _ = await fault(url.replace("PORT", base.rpartition(":")[2]), private=False)
    assert kind is FaultKind.UNREACHABLE
    assert not asked


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "100.64.0.1", "[64:ff9b::7f00:1]", "224.0.0.1"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_some_addresses_are_never_asked(scheme: str, host: str) -> None:
    kind, detail = await fault(f"{scheme}://{host}/")
    assert kind is FaultKind.UNREACHABLE
    assert "not connected" in detail


async def test_http_is_for_private_addresses_only() -> None:
    assert "http without TLS" in (await fault("http://93.184.215.14/"))[1]
    assert "http without TLS" in (await fault("http://example.org/", private=False))[1]


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "127.0.0.1",
        "",
        "https://",
        "http://[",
        "http://u:p@127.0.0.1/",
        "gopher://x",
    ],
)
async def test_what_is_no_plain_url_is_refused(url: str) -> None:
    assert (await fault(url))[0] is FaultKind.UNREACHABLE


@pytest.mark.parametrize("host", ["a..example", ".example", f"{'a' * 64}.example"])
@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
async def test_a_host_that_no_name_can_be_is_a_fault(host: str, proxy: str) -> None:
    async with Fetcher(LIMITS, allow_private=False, proxy=proxy) as fetcher:
        with pytest.raises(FaultError) as caught:
            await fetcher.get(f"https://{host}/checkpoint", limit=100)
    assert caught.value.fault.kind is FaultKind.UNREACHABLE


# -- TLS ----------------------------------------------------------------------------------------------


async def test_https_needs_a_certificate_that_somebody_vouches_for(tmp_path: Path) -> None:
    tls, trust = certificate(tmp_path, "localhost")
    async with serving(answer(b"safe"), tls) as base:
        url = base.replace("127.0.0.1", "localhost")
        assert (await fault(url))[0] is FaultKind.UNREACHABLE
        async with Fetcher(LIMITS, allow_private=True, tls=trust) as fetcher:
            assert (await fetcher.get(url, limit=10)).body == b"safe"
            with pytest.raises(FaultError):
                await fetcher.get(base, limit=10)  # the certificate is for the name


async def test_https_is_never_left_for_http(tmp_path: Path) -> None:
    tls, trust = certificate(tmp_path, "localhost")

    async def handle(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"http://{request.host}/plain"})

    async with serving(handle, tls) as base, Fetcher(LIMITS, allow_private=True, tls=trust) as fetcher:
        with pytest.raises(FaultError) as caught:
            await fetcher.get(base.replace("127.0.0.1", "localhost"), limit=10)
    assert "redirects to another origin, 'http://localhost" in caught.value.fault.detail
