"""What a node's address, its certificate and others' clocks say about it, over real sockets."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from node import checking
from node.checking import Check
from node.home import Home
from tests import loopback
from tests.desk_world import Desk
from tests.loopback import serving
from tests.ports import free_port


async def answers(_: web.Request) -> web.Response:
    return web.Response(text="ok")


async def fails(_: web.Request) -> web.Response:
    return web.Response(status=502)


def at(home: Home, address: str, listen: str = "") -> None:
    home.config = replace(home.config, address=address, listen=listen or address.partition("//")[2])


async def check(home: Home, name: str) -> Check:
    (found,) = (each for each in await checking.checks(home) if each.name == name)
    return found


@asynccontextmanager
async def peer(home: Home, url: str) -> AsyncIterator[None]:
    with home.database.write() as connection:
        connection.execute("INSERT INTO peer (url, added_at, seen_at) VALUES (?, 0, 1)", (url,))
    yield
    with home.database.write() as connection:
        connection.execute("DELETE FROM peer")


async def test_of_a_node_that_does_not_run_no_address_is_judged(desk: Desk) -> None:
    at(desk.home, f"http://127.0.0.1:{free_port()}")
    for name, words in (("address", "the node does not run"), ("certificate", "before the address answers")):
        found = await check(desk.home, name)
        assert (found.ok, found.warning, bool(found.hint)) == (True, True, True)
        assert words in found.detail


async def test_a_node_that_runs_must_answer_at_its_address(desk: Desk) -> None:
    async with serving(answers) as url, serving(fails) as wrong:
        at(desk.home, url)
        assert (await check(desk.home, "address")) == Check(
            "address", ok=True, detail=f"{url}/livez answers 200"
        )
        assert not (await check(desk.home, "certificate")).warning
        # The node runs; what stands in front of it does not lead there.
        at(desk.home, wrong, listen=url.partition("//")[2])
        found = await check(desk.home, "address")
        assert (found.ok, "answers 502" in found.detail, bool(found.hint)) == (False, True, True)
        at(desk.home, f"http://127.0.0.1:{free_port()}", listen=url.partition("//")[2])
        found = await check(desk.home, "address")
        assert (found.ok, bool(found.hint)) == (False, True)


async def test_the_end_of_a_certificate_is_known_before_it_comes(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.world.clock.now = time.time() + 3_600
    server, client = loopback.certificate(tmp_path, "127.0.0.1")
    async with serving(answers, server) as url:
        at(desk.home, url)
        found = await checking.certificate(desk.home, client)
        assert (found.ok, found.warning, found.detail) == (True, True, "good for 0 days")
        monkeypatch.setattr(checking, "LEAST_DAYS", 0)
        assert not (await checking.certificate(desk.home, client)).warning
        # By an authority that nobody knows.
        found = await checking.certificate(desk.home)
        assert (found.ok, "CERTIFICATE_VERIFY_FAILED" in found.detail) == (False, True)
    found = await checking.certificate(desk.home, client)
    assert (found.ok, found.warning, "cannot be told" in found.detail) == (True, True, True)


@pytest.mark.parametrize(
    ("host", "is_public"), [("93.184.215.14", True), ("10.0.0.1", False), ("a" * 64, False)]
)
async def test_plain_http_is_for_addresses_that_are_not_public(
    desk: Desk, host: str, is_public: bool
) -> None:
    at(desk.home, f"http://{host}")
    found = await checking.certificate(desk.home)
    assert (found.ok, found.warning, bool(found.hint)) == (True, is_public, is_public)


async def test_a_clock_is_compared_with_those_of_known_nodes(desk: Desk) -> None:
    assert "nobody has been heard" in (await check(desk.home, "clock")).detail
    async with peer(desk.home, f"http://127.0.0.1:{free_port()}"):
        assert "nobody has been heard" in (await check(desk.home, "clock")).detail
    async with serving(answers) as url, peer(desk.home, url):
        for ahead, ok in ((0, True), (-1000, False), (1000, False)):
            desk.world.clock.now = time.time() + ahead
            found = await check(desk.home, "clock")
            assert (found.ok, bool(found.hint)) == (ok, not ok)
            assert "the nearest clock of 1 asked" in found.detail


async def test_a_clock_that_is_behind_others_is_named(desk: Desk) -> None:
    (row,) = desk.home.logs.all()
    for ahead, ok in ((-50, True), (300, True), (301, False)):
        with desk.home.database.write() as connection:
            connection.execute("DELETE FROM seen_head")
            connection.execute(
                "INSERT INTO seen_head (log, url, state, beat, detail, keys, note, evidence, seen_at)"
                " VALUES (?, 'https://x.example', 'agrees', ?, '', 1, x'', NULL, 1)",
                (row.id, desk.home.now() + ahead),
            )
        found = await check(desk.home, "clock")
        assert (found.ok, bool(found.hint)) == (ok, not ok)
