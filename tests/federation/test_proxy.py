"""The fetcher through a real proxy on loopback: what it hands over, and what the proxy never hears of."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from federation import screening
from federation.faults import FaultError, FaultKind
from federation.fetch import Fetcher
from federation.guard import ForbiddenAddressError
from federation.limits import Limits
from federation.screening import Screen
from tests.loopback import certificate, proxying, serving

LIMITS = Limits(rate_seconds=0.3, rate_bytes=100, answer_seconds=0.5, total_seconds=2.0, connect_seconds=0.5)
PUBLIC = "93.184.215.14"

Resolve = Callable[..., Awaitable[Any]]


async def hello(request: web.Request) -> web.Response:
    return web.Response(body=f"hello {request.path}".encode(), headers={"X-Seen": ",".join(request.headers)})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their addresses, in place of the world's; each question is noted under ``asked``."""
    known: dict[str, list[str]] = {"asked": []}

    async def resolve(_: object, host: str, port: int, **__: object) -> list[tuple[Any, ...]]:
        known["asked"].append(host)
        addresses = known.get(host)
        if addresses is None:
            raise OSError(f"no address for {host}")
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    known["127.0.0.1"] = ["127.0.0.1"]
    return known


async def refused(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FaultError) as caught:
        await fetcher.get(url, limit=100)
    assert caught.value.fault.kind is FaultKind.UNREACHABLE
    return caught.value.fault.detail


async def test_https_goes_through_a_tunnel_to_a_name_that_was_checked(
    tmp_path: Path, names: dict[str, list[str]]
) -> None:
    server, trust = certificate(tmp_path, "public.example")
    names["public.example"] = [PUBLIC]
    async with (
        serving(hello, server) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=False, tls=trust, proxy=proxy.url) as fetcher,
    ):
        for path in ("a", "b"):
            found = await fetcher.get(f"https://public.example/{path}", limit=100)
            assert found.body == f"hello /{path}".encode()
            assert "Proxy" not in found.headers["x-seen"]
        posted = await fetcher.post("https://public.example/c", b"x", limit=100, media_type="text/plain")
        assert posted.body == b"hello /c"
    # One tunnel for all of them, and nothing of the requests in the clear.
    (head,) = proxy.heard
    assert head.startswith("CONNECT public.example:443 HTTP/1.1\r\n")
    assert "hello" not in head


async def test_the_certificate_must_be_for_the_name(tmp_path: Path, names: dict[str, list[str]]) -> None:
    server, trust = certificate(tmp_path, "other.example")
    names["public.example"] = [PUBLIC]
    async with (
        serving(hello, server) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=False, tls=trust, proxy=proxy.url) as fetcher,
    ):
        assert "certificate" in await refused(fetcher, "https://public.example/")


async def test_http_is_handed_over_with_its_whole_address() -> None:
    async with (
        serving(hello) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=True, proxy=proxy.url) as fetcher,
    ):
        assert (await fetcher.get(f"{target}/x", limit=100)).body == b"hello /x"
        assert proxy.heard[0].startswith(f"GET {target}/x HTTP/1.1\r\n")
        # Plain http to the world is as little wanted through a proxy as without one.
        assert "http without TLS" in await refused(fetcher, f"http://{PUBLIC}/")
        assert len(proxy.heard) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "[::]",
        "10.1.2.3",
        "169.254.169.254",
        "[fe80::1]",
        "100.64.0.1",
        "[64:ff9b::7f00:1]",
        "224.0.0.1",
    ],
)
async def test_the_proxy_never_hears_of_what_is_refused(host: str) -> None:
    async with (
        serving(hello) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=False, proxy=proxy.url) as fetcher,
    ):
        assert "not asked for" in await refused(fetcher, f"https://{host}/")
    assert proxy.heard == []


async def test_a_name_is_refused_for_any_of_its_addresses(names: dict[str, list[str]]) -> None:
    names["inside.example"] = ["10.0.0.7"]
    names["both.example"] = [PUBLIC, "192.168.0.1"]
    async with (
        serving(hello) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=False, proxy=proxy.url) as fetcher,
    ):
        for name in ("inside.example", "both.example"):
            assert "private" in await refused(fetcher, f"https://{name}/")
        assert "no address" in await refused(fetcher, "https://nowhere.example/")
    assert proxy.heard == []


async def test_an_answer_of_the_resolver_is_good_for_a_moment(
    names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["public.example"] = [PUBLIC]
    screen = Screen(allow_private=False)
    for _ in range(3):
        await screen.check("public.example", 443, only_private=False)
    assert names["asked"] == ["public.example"]
    # What is fine for https is not for http.
    with pytest.raises(ForbiddenAddressError):
        await screen.check("public.example", 80, only_private=True)
    monkeypatch.setattr(screening, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(screening, "_MOST_NAMES", 2)
    for at in range(4):
        names[f"{at}.example"] = [PUBLIC]
        await screen.check(f"{at}.example", 443, only_private=False)
    assert len(screen._fine) <= 2
    # A name that leads inside since is refused once the moment is over.
    names["3.example"] = ["10.0.0.1"]
    with pytest.raises(ForbiddenAddressError):
        await screen.check("3.example", 443, only_private=False)


async def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", never)
    async with Fetcher(LIMITS, allow_private=False, proxy="http://127.0.0.1:1") as fetcher:
        assert "too slowly" in await refused(fetcher, "https://public.example/")


async def test_what_the_proxy_refuses_is_not_reached(names: dict[str, list[str]]) -> None:
    names["public.example"] = [PUBLIC]
    async with (
        serving(hello) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=True, proxy=proxy.url) as fetcher,
    ):
        proxy.refuses = 403
        assert await refused(fetcher, "https://public.example/") == "the proxy answers with status 403"
        proxy.refuses = 502
        assert (await fetcher.get(f"{target}/", limit=100)).status == 502
    async with Fetcher(LIMITS, allow_private=True, proxy="http://127.0.0.1:1") as fetcher:
        assert "Connect call failed" in await refused(fetcher, "https://public.example/")


async def test_only_the_proxy_is_told_the_password(tmp_path: Path, names: dict[str, list[str]]) -> None:
    server, trust = certificate(tmp_path, "public.example")
    names["public.example"] = [PUBLIC]
    async with serving(hello, server) as target, proxying(target) as proxy:
        url = proxy.url.replace("http://", "http://user:secret@")
        async with Fetcher(LIMITS, allow_private=False, tls=trust, proxy=url) as fetcher:
            found = await fetcher.get("https://public.example/", limit=100)
    assert "Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=" in proxy.heard[0]
    assert "Authorization" not in found.headers["x-seen"]


async def test_limits_hold_through_a_proxy(tmp_path: Path, names: dict[str, list[str]]) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=bytes(1_000))

    server, trust = certificate(tmp_path, "public.example")
    names["public.example"] = [PUBLIC]
    for handler, kind in ((slow, FaultKind.UNREACHABLE), (large, FaultKind.OVER_LIMIT)):
        assert await _fault_of(handler, server, trust) is kind


async def _fault_of(
    handler: Callable[[web.Request], Awaitable[web.Response]], server: ssl.SSLContext, trust: ssl.SSLContext
) -> FaultKind:
    async with (
        serving(handler, server) as target,
        proxying(target) as proxy,
        Fetcher(LIMITS, allow_private=False, tls=trust, proxy=proxy.url) as fetcher,
    ):
        with pytest.raises(FaultError) as caught:
            await fetcher.get("https://public.example/", limit=100)
    return caught.value.fault.kind


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(hello) as target, proxying(target) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with Fetcher(LIMITS, allow_private=True) as fetcher:
            assert (await fetcher.get(f"{target}/x", limit=100)).body == b"hello /x"
    assert proxy.heard == []
