"""Small POSTs to people we do not trust: the same bounds as for GETs."""

from __future__ import annotations

import pytest
from aiohttp import web

from federation.faults import FaultError, FaultKind
from federation.fetch import Fetcher
from federation.limits import Limits
from federation.response import Response
from tests.loopback import Handler, serving

LIMITS = Limits(rate_seconds=0.3, rate_bytes=100, answer_seconds=0.5, total_seconds=2.0, connect_seconds=0.5)


async def post(url: str, body: bytes = b"asked", *, limit: int = 100, private: bool = True) -> Response:
    async with Fetcher(LIMITS, allow_private=private) as fetcher:
        return await fetcher.post(url, body, limit=limit, media_type="text/plain")


async def fault(url: str, *, private: bool = True) -> FaultKind:
    with pytest.raises(FaultError) as caught:
        await post(url, private=private)
    return caught.value.fault.kind


def answering(status: int, body: bytes = b"answered", **headers: str) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        assert await request.read() == b"asked"
        assert request.content_type == "text/plain"
        return web.Response(status=status, body=body, headers=headers)

    return handle


@pytest.mark.parametrize(
    ("status", "body"), [(200, b"answered"), (409, b"answered"), (400, b""), (404, b""), (503, b"")]
)
async def test_the_body_of_an_answer_is_told_for_200_and_409(status: int, body: bytes) -> None:
    async with serving(answering(status)) as url:
        found = await post(f"{url}/x")
    assert (found.status, found.body) == (status, body)


async def test_nothing_to_say_is_an_answer() -> None:
    async with serving(answering(204, b"")) as url:
        assert (await post(url)).status == 204


async def test_no_redirect_is_followed() -> None:
    async with serving(answering(307, b"", Location="/elsewhere")) as url:
        assert (await post(url)).status == 307


async def test_bounds_and_addresses_are_those_of_a_get() -> None:
    async with serving(answering(200, bytes(101))) as url:
        assert await fault(url) is FaultKind.OVER_LIMIT
        assert await fault(url, private=False) is FaultKind.UNREACHABLE
    assert await fault("http://127.0.0.1:1/") is FaultKind.UNREACHABLE
    assert await fault("https://169.254.169.254/") is FaultKind.UNREACHABLE
    assert await fault("ftp://127.0.0.1/") is FaultKind.UNREACHABLE


async def test_a_kept_connection_that_was_closed_is_not_a_fault() -> None:
    asked = []

    async def handle(request: web.Request) -> web.StreamResponse:
        asked.append(await request.read())
        if len(asked) == 2:
            # As if it had hung up while the request was on its way.
            assert request.transport is not None
            request.transport.abort()
        return web.Response(body=b"answered")

    async with serving(handle) as url, Fetcher(LIMITS, allow_private=True) as fetcher:
        for _ in range(2):
            found = await fetcher.post(url, b"asked", limit=100, media_type="text/plain")
            assert found.body == b"answered"
    assert len(asked) == 3
