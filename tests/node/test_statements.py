"""Publishing over HTTP by a token: what it may do, what it may not, and never twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from node.answers.provenance import history, show
from node.app import make_app
from node.home import Home
from node.own.clearance import grant
from node.own.sequencer import publish
from node.posting import KEPT_SECONDS
from node.tokens import SCOPES, create, revoke
from tests.node_world import NodeWorld, node_world
from tests.node_world import put as draft


class Author:
    """Somebody with a token of a served node."""

    def __init__(self, world: NodeWorld, home: Home, server: BaseTestServer) -> None:
        self.world, self.home, self.server = world, home, server
        self.origin = world.origin()
        self.before = home.logs.all()[0].size
        grant(home, self.origin)
        self.token = self.make("all", SCOPES)

    @property
    def grown(self) -> int:
        """How many leaves the log has gained."""
        return self.home.logs.all()[0].size - self.before

    def make(self, name: str, scopes: tuple[str, ...] = ("use",), until: str | None = None) -> str:
        return create(self.home, self.origin, name, scopes, until=until, actor="ada")[0]

    async def ask(
        self, body: object, *, token: str | None = None, status: int = 201, **headers: str
    ) -> dict[str, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in sent.items() if value}
        url = f"http://{self.server.host}:{self.server.port}/api/v1/statements"
        async with (
            aiohttp.ClientSession(skip_auto_headers=["Content-Type"]) as session,
            session.post(url, data=data, headers=sent) as response,
        ):
            self.headers = response.headers
            document: dict[str, Any] = json.loads(await response.read())
            assert response.status == status, document
            kind = "application/json" if status < 400 else "application/problem+json"
            assert response.headers["Content-Type"] == kind
            return document


@pytest.fixture
async def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Author]:
    monkeypatch.setenv("FEDCAT_LOCK_DIR", str(tmp_path / "locks"))
    with node_world(tmp_path) as world:
        home = world.found()
        async with TestServer(make_app(home)) as server:
            yield Author(world, home, server)


def entry(name: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {
        "kind": "software",
        "name": {"en": name},
        "summary": {"en": "Lets residents propose and vote on local projects"},
        "topics": ["sector:civic-participation"],
        "lifecycle": "live",
        "license": "AGPL-3.0-only",
        "languages": ["en"],
        "links": [{"rel": "landing", "url": "https://participation.example"}],
        **fields,
    }


async def test_a_statement_is_published_edited_and_withdrawn(author: Author) -> None:
    told = await author.ask({"statement": entry("Ideas")})
    assert (told["signed"], told["size"], told["dry_run"], told["warnings"]) == (
        True,
        told["index"] + 1,
        False,
        [],
    )
    assert author.headers["Location"] == f"/api/v1/entries/{told['address']}"
    shown = show(author.home, told["address"])
    assert (shown["name"], shown["index"], shown["problems"]) == ("Ideas", told["index"], [])
    id_ = told["address"][-32:]
    second = await author.ask({"statement": entry("Idea"), "id": id_, "expected": told["index"]})
    assert (second["address"], show(author.home, id_)["name"]) == (told["address"], "Idea")
    gone = await author.ask(
        {"op": "withdraw", "id": told["address"], "expected": second["index"], "reason": "error"}
    )
    withdrawal = show(author.home, id_)["withdrawal"]
    assert withdrawal is not None
    assert withdrawal["reason"] == "error"
    assert [each["index"] for each in history(author.home, id_)] == [
        gone["index"],
        second["index"],
        told["index"],
    ]


async def test_only_checking_publishes_nothing_and_warns(author: Author) -> None:
    asked = {"statement": entry("Ideas", summary={"en": "Write to jane.doe@city.example"}), "dry_run": True}
    told = await author.ask(asked, status=200, Idempotency_Key="k")
    assert (told["dry_run"], told["signed"], told["index"], told["address"]) == (True, False, None, None)
    assert [each["pointer"] for each in told["warnings"]] == ["/summary/en"]
    assert author.grown == 0


async def test_all_that_is_wrong_is_said_at_once_with_its_place(author: Author) -> None:
    there = await author.ask({"statement": entry("Ideas")})
    wrong = entry("x", kind="spaceship", license=3, modified="yesterday")
    told = await author.ask({"statement": wrong}, status=422)
    places = {each["pointer"] for each in told["problems"]}
    assert {"/statement/kind", "/statement/license", "/statement/modified"} <= places
    assert all(each["hint"] for each in told["problems"])
    for asked, place in (
        ({}, "/statement"),
        ({"statement": entry("x"), "id": "0" * 32}, "/expected"),
        ({"statement": entry("x"), "expected": 3}, "/expected"),
        ({"statement": entry("x"), "reason": "error"}, "/reason"),
        ({"op": "withdraw"}, "/id"),
        ({"statement": entry("x"), "id": "no", "expected": 1}, "/id"),
        ({"op": "erase"}, "/op"),
        ({"statement": []}, "/statement"),
        (
            {"op": "withdraw", "id": there["address"], "expected": there["index"], "reason": "bored"},
            "/reason",
        ),
    ):
        found = await author.ask(asked, status=422)
        assert place in [each["pointer"] for each in found["problems"]], asked
    assert author.grown == 1


async def test_what_is_no_request_is_refused(author: Author) -> None:
    for body in (b"", b"{", b'{"statement": {"a": 1, "a": 2}}', b"NaN", b'"\\ud800"', b"[" * 40):
        await author.ask(body, status=400)
    await author.ask(b"[]", status=422)
    await author.ask(b" " * 262_145, status=413)
    await author.ask({}, status=415, Content_Type="text/plain")
    await author.ask({}, status=400, Idempotency_Key="a b")


async def test_without_a_valid_token_nothing_happens(author: Author) -> None:
    told = await author.ask({}, status=401, Authorization="")
    assert (told["status"], author.headers["WWW-Authenticate"]) == (401, 'Bearer realm="fedcat"')
    over = author.make("over", until="2027-01-15")
    gone = author.make("gone")
    revoke(author.home, "gone", "ada")
    author.world.clock.pass_by(86_400)
    for token in ("fedcat_" + "x" * 43, "x", over, gone):
        await author.ask({}, status=401, token=token)
        assert 'error="invalid_token"' in author.headers["WWW-Authenticate"]
    await author.ask({}, status=401, Authorization="Basic YTpi")


async def test_a_token_is_for_what_it_is_for_alone(author: Author) -> None:
    of_uses = author.make("uses", ("use", "withdraw"))
    mine = await author.ask({"statement": entry("Ideas")})
    edit = {"id": mine["address"], "expected": mine["index"]}
    told = await author.ask({"statement": entry("x")}, token=of_uses, status=403)
    assert "this needs entry" in told["detail"]
    assert 'error="insufficient_scope", scope="entry"' in author.headers["WWW-Authenticate"]
    # Neither over an entry, nor by taking one away.
    use = {"type": "use", "subject": {"id": mine["address"]}, "status": "production"}
    await author.ask({"statement": use, **edit}, token=of_uses, status=403)
    await author.ask({"op": "withdraw", **edit}, token=of_uses, status=403)
    only_entries = author.make("entries", ("entry",))
    await author.ask({"op": "withdraw", **edit}, token=only_entries, status=403)
    other = mine["address"].replace("/log/city/", "/log/town/")
    await author.ask({"statement": entry("x"), "id": other, "expected": 1}, status=403)
    # A statement keeps its type, whoever asks.
    problems = (await author.ask({"statement": use, **edit}, status=422))["problems"]
    assert [each["pointer"] for each in problems] == ["/statement/type"]
    assert author.grown == 1


async def test_nobody_writes_over_what_he_has_not_seen(author: Author) -> None:
    first = await author.ask({"statement": entry("Ideas")})
    edit = {"id": first["address"], "expected": first["index"]}
    await author.ask({"statement": entry("Mine"), **edit})
    await author.ask({"statement": entry("Yours"), **edit}, status=409)
    await author.ask({"statement": entry("x"), "id": "0" * 32, "expected": 1}, status=404)
    assert show(author.home, first["address"])["name"] == "Mine"


async def test_a_request_is_done_once_under_its_key(author: Author) -> None:
    asked = {"statement": entry("Ideas")}
    first = await author.ask(asked, Idempotency_Key="one")
    assert "Idempotency-Replayed" not in author.headers
    again = await author.ask(asked, Idempotency_Key="one")
    assert author.headers["Idempotency-Replayed"] == "true"
    assert (again["address"], again["index"]) == (first["address"], first["index"])
    edit = {"statement": entry("Idea"), "id": first["address"], "expected": first["index"]}
    second = await author.ask(edit, Idempotency_Key="two")
    assert (await author.ask(edit, Idempotency_Key="two"))["index"] == second["index"]
    assert (await author.ask(asked, Idempotency_Key="one"))["index"] == first["index"]
    told = await author.ask({"statement": entry("Other")}, status=422, Idempotency_Key="one")
    assert "used for another request" in told["detail"]
    assert author.grown == 2
    author.world.clock.pass_by(KEPT_SECONDS + 1)
    await author.ask({"statement": entry("Third")}, Idempotency_Key="three")
    assert (await author.ask(asked, Idempotency_Key="one"))["index"] == author.before + 3


async def test_many_of_one_request_at_once_are_one(author: Author) -> None:
    asked = {"statement": entry("Ideas")}
    await asyncio.gather(*(author.ask(asked, Idempotency_Key="k") for _ in range(8)), return_exceptions=True)
    told = await author.ask(asked, Idempotency_Key="k")
    assert (told["index"], author.grown) == (author.before, 1)


async def test_a_node_that_may_not_sign_keeps_it_and_says_why(author: Author) -> None:
    author.home.clearances.pop(author.origin).release()
    asked = {"statement": entry("Ideas")}
    waits = await author.ask(asked, status=202, Idempotency_Key="k")
    assert (waits["signed"], waits["index"]) == (False, None)
    assert "compared" in waits["why_not"]
    again = await author.ask(asked, status=202, Idempotency_Key="k")
    assert (again["address"], again["why_not"]) == (waits["address"], waits["why_not"])
    grant(author.home, author.origin)
    done = await author.ask(asked, Idempotency_Key="k")
    assert (done["address"], done["index"], done["signed"]) == (waits["address"], author.before, True)


async def test_a_key_of_what_could_not_be_appended_is_free_again(author: Author) -> None:
    first = await author.ask({"statement": entry("Ideas")})
    id_, edit = bytes.fromhex(first["address"][-32:]), {"id": first["address"], "expected": first["index"]}
    author.home.clearances.pop(author.origin).release()
    asked = {"statement": entry("Mine"), **edit}
    await author.ask(asked, status=202, Idempotency_Key="k")
    # Somebody else's edit is appended in its place, and the draft that waited is refused.
    author.home.database.connection.execute("UPDATE draft SET expected = 0")
    grant(author.home, author.origin)
    await publish(author.home, author.origin, [draft("Theirs", id_)])
    await author.ask(asked, status=409, Idempotency_Key="k")
    assert show(author.home, first["address"])["name"] == "Theirs"


async def test_every_write_is_audited_by_the_token_s_name(author: Author) -> None:
    told = await author.ask({"statement": entry("Ideas")})
    found = author.home.database.connection.execute(
        "SELECT actor, action, origin, detail FROM audit ORDER BY number"
    ).fetchall()
    assert found[-2][:3] == ("ada", "token create", author.origin)
    assert found[-1][:3] == ("token all", "api put", author.origin)
    assert json.loads(found[-1][3]) == {"address": told["address"]}
    assert author.token not in str(found)
    stored = author.home.database.connection.execute("SELECT * FROM token").fetchall()
    assert author.token not in str(stored)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.http.statements.BURST", 2)
    monkeypatch.setattr("node.http.statements.PER_SECOND", 0.0)


async def test_a_token_publishes_so_much_and_no_more(hasty: None, author: Author) -> None:  # noqa: ARG001
    asked = {"statement": entry("x"), "dry_run": True}
    for _ in range(2):
        await author.ask(asked, status=200)
    await author.ask(asked, status=429)
    assert author.headers["Retry-After"] == "1"
    await author.ask(asked, status=200, token=author.make("other", ("entry",)))


async def test_tokens_are_not_taken_in_the_clear(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    for remote, status in (("192.0.2.7", 403), ("::1", 422), (None, 422), ("elsewhere", 403)):
        monkeypatch.setattr("aiohttp.web.BaseRequest.remote", remote)
        await author.ask({}, status=status)


async def test_over_https_a_token_comes_from_anywhere(
    author: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aiohttp.web.BaseRequest.remote", "192.0.2.7")
    object.__setattr__(author.home.config, "address", "https://city.example")
    await author.ask({}, status=422)


async def test_pages_of_other_sites_cannot_send_a_token(author: Author) -> None:
    url = f"http://{author.server.host}:{author.server.port}/api/v1/statements"
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    async with aiohttp.ClientSession() as session, session.options(url, headers=asked) as response:
        assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
        assert "uthorization" not in response.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in response.headers
