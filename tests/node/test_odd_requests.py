"""Requests that no browser sends, and strangers that are in the way."""

from __future__ import annotations

import asyncio

import pytest

from node.desk.accounts import allow
from node.tokens import create
from tests.desk_world import SITE, Desk

PART = b'--b\r\nContent-Disposition: form-data; name="name"'
BROKEN = {
    "a header without a colon": b"--b\r\nNo colon\r\n\r\nx\r\n--b--\r\n",
    "a NUL in a header": PART + b"\r\nX\0: y\r\n\r\nx\r\n--b--\r\n",
    "a long header": PART + b"\r\nX: " + b"a" * 20_000 + b"\r\n\r\nx\r\n--b--\r\n",
    "many headers": PART + b"\r\nX: a" * 500 + b"\r\n\r\nx\r\n--b--\r\n",
    "cut within a header": b"--b\r\nContent-Disp",
    "a long _charset_": b'--b\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\n'
    + b"n" * 100
    + b"\r\n--b--\r\n",
    "a name that is no UTF-8": b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_broken_form_is_a_400(desk: Desk, kind: str) -> None:
    browser = await desk.browser()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await browser.post("/en/admin/sign-in", BROKEN[kind], **headers)).status == 400


@pytest.mark.parametrize("type_", ["a\r\nX: y", "a\nb", 'x", error="none'])
async def test_a_type_with_a_line_break_is_answered(desk: Desk, type_: str) -> None:
    secret, _ = create(desk.home, desk.origin, "site", ["use"], until=None, actor="root")
    browser = await desk.browser()
    answer = await browser.client.post(
        "/api/v1/statements",
        json={"statement": {"type": type_}},
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status == 403
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="fedcat", error="insufficient_scope"'


async def test_a_line_break_behind_a_parameter_is_a_400(desk: Desk) -> None:
    browser = await desk.signed_in()
    assert (await browser.get("/en/admin/ready?done=%0A")).status == 400
    assert (await browser.get("/api/v1/search?lang=fr%0A")).status == 400


async def test_what_was_typed_is_not_lost_with_the_role(desk: Desk) -> None:
    browser = await desk.signed_in()
    shown = await browser.get("/en/admin/new?what=entry")
    begun = await browser.post("/en/admin/new", {"form": shown.token, "do": "entry", "log": desk.origin})
    form = await browser.get(begun.place)
    allow(desk.home, desk.origin, "ada", None, "root")
    typed = {"form": form.token, "do": "save", "revision": "1", "/name/en": "Typed for an hour"}
    answer = await browser.post(begun.place, typed)
    assert answer.status in (403, 422)
    assert "Typed for an hour" in answer.html


async def test_strangers_keep_nobody_from_the_desk(desk: Desk) -> None:
    """Eight megabytes that one stranger sends, but for their ends, are not in the way of those signed in."""
    browser = await desk.signed_in()
    shown = await browser.get("/en/admin/new?what=entry")
    assert desk._server is not None
    assert desk._server.port is not None
    held = []
    for size in (*(1_300_000,) * 6, 500_000, 80_000, 7_000, 500, 200, 100, 50, 30, 20):
        _, writer = await asyncio.open_connection("127.0.0.1", desk._server.port)
        head = (
            f"POST /en/admin/sign-in HTTP/1.1\r\nHost: x\r\nOrigin: {SITE}\r\n"
            f"Content-Length: {size + 100}\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        writer.write(head.encode() + b"a" * size)
        await writer.drain()
        held.append(writer)
    await asyncio.sleep(0.5)
    sent = {"form": shown.token, "do": "entry", "log": desk.origin}
    answers = [await browser.post("/en/admin/new", {**sent, "x": "y" * size}) for size in (0, 400_000)]
    newcomer = await (await desk.browser()).sign_in("bob")
    for writer in held:
        writer.close()
    assert [each.status for each in (*answers, newcomer)] == [303, 303, 303]
