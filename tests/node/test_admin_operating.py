"""What operators see and decide at the desk, and what nobody else does."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from node import checking
from node.app import make_app
from node.candidates import candidates
from node.desk import trail
from node.desk.trail import deeds
from node.moderation import decisions
from node.outcomes import source_states
from node.own.keyring import rings
from node.planet.gathering import gather
from node.quotas import quota_for
from node.reaching import fetcher
from node.rejected import rejected
from node.store.restraints import blocked_logs
from node.tokens import create, tokens
from protocol.keyset import grouped
from tests.desk_world import CHEAP, Browser, Desk
from tests.ports import free_port
from tests.publisher import Publisher, entry
from tests.trust_world import profile, speaking, vouch

PATHS = (
    "/en/admin/peers",
    "/en/admin/moderation",
    "/en/admin/problems",
    "/en/admin/access",
    "/en/admin/keys",
    "/en/admin/trail",
    "/en/admin/checklist",
)
THEIRS = "lyon.example/log/lyon/1"


async def operator(desk: Desk) -> Browser:
    desk.configure(operators=("bob",))
    return await desk.signed_in("bob")


async def test_what_concerns_the_whole_node_is_for_operators_alone(desk: Desk) -> None:
    bob, ada = await operator(desk), await desk.signed_in()
    token = (await ada.get("/en/admin")).token
    for path in PATHS:
        assert (await bob.get(path)).status == 200, path
        assert (await ada.get(path)).status == 403, path
        assert (await (await desk.browser()).get(path)).place == f"/en/admin/sign-in?to={path[9:]}"
        assert path not in {each["href"] for each in (await ada.get("/en/admin")).page.all("a")}
    for path in PATHS[:2]:
        assert (await ada.post(path, {"form": token, "do": "hide", "ref": "x", "reason": "x"})).status == 403


async def test_a_log_is_followed_by_the_fingerprint_that_a_person_typed(desk: Desk) -> None:
    bob, path = await operator(desk), "/en/admin/peers"
    lyon = desk.world.found("lyon", free_port())
    (row,) = lyon.logs.all()
    async with TestServer(make_app(lyon, CHEAP), port=lyon.config.url.port or 0):
        answer = await bob.send(path, {"do": "look", "url": lyon.config.address})
        assert grouped(row.fingerprint) in answer.text
        typed = {each["name"]: each.get("value") for each in answer.page.all("input")}
        assert typed["typed"] is None
        # What somebody copies who looks at one of its pages will do.
        copied = f"{lyon.config.address}/fr/search?q=a"
        assert grouped(row.fingerprint) in (await bob.send(path, {"do": "look", "url": copied})).text
        data = {"do": "follow", "url": copied, "origin": row.origin}
        answer = await bob.send(path, {**data, "typed": "0" * 64})
        assert answer.status == 422
        assert "not the fingerprint" in answer.text
        assert desk.home.logs.get(row.origin) is None
        answer = await bob.send(path, {**data, "typed": grouped(row.fingerprint).upper()})
        assert (answer.status, answer.place) == (303, path)
    assert desk.home.logs.get(row.origin) is not None
    (deed,) = deeds(desk.home, action="follow")
    assert (deed.actor, deed.origin, row.fingerprint in deed.detail) == ("account bob", row.origin, True)
    assert row.origin in (await bob.get(path)).text
    assert not any("/fr" in each.source for each in source_states(desk.home))
    for url in ("lyon.example", lyon.config.address):
        # The second one is reached by nobody any more.
        assert (await bob.send(path, {"do": "look", "url": url})).status == 422
    assert (await bob.send(path, {"do": "dance"})).status == 400


async def test_what_a_followed_log_may_cost_is_decided_with_a_reason(desk: Desk) -> None:
    bob, path = await operator(desk), f"/en/admin/peers/{THEIRS}"
    publisher = Publisher(desk.home, THEIRS, own=False)
    publisher.publish()
    (row,) = (each for each in desk.home.logs.all() if not each.own)
    assert path in {each["href"] for each in (await bob.get("/en/admin/peers")).page.all("a")}
    answer = await bob.get(path)
    assert grouped(row.fingerprint) in answer.text
    assert "fedcat peer limit" in answer.text
    assert {each.get("value") for each in answer.page.all("input") if each.get("type") == "number"} == {None}
    for asked, words in (
        ({"do": "limit", "entries": "9", "reason": " "}, "a reason is needed"),
        ({"do": "limit", "entries": "many", "reason": "x"}, "is no number"),
        ({"do": "limit", "reason": "x"}, "no limit is named"),
        ({"do": "usual", "reason": "x"}, "a limit of"),
    ):
        answer = await bob.send(path, asked)
        assert (answer.status, words in answer.text.lower()) == (422, True), (asked, answer.text)
    asked = {"do": "limit", "entries": "20", "void_leaves": "3", "kept_bytes": "", "reason": "A small one"}
    assert (await bob.send(path, asked)).place == path
    assert (quota_for(desk.home, row).entries, quota_for(desk.home, row).void_leaves) == (20, 3)
    answer = await bob.get(path)
    assert "Decided by account bob: A small one" in answer.text.replace(" :", ":")
    assert (await bob.send(path, {"do": "usual", "reason": "It grew up"})).place == path
    assert quota_for(desk.home, row).entries == desk.home.config.limits.entries
    assert [(each.actor, each.action) for each in deeds(desk.home, action="peer limit")] == [
        ("account bob", "peer limit")
    ] * 2
    assert (await bob.send(path, {"do": "dance", "reason": "x"})).status == 400
    for other in (f"/en/admin/peers/{desk.origin}", "/en/admin/peers/nobody.example/log/x/1"):
        assert (await bob.get(other)).status == 404


async def test_whoever_is_blocked_or_deleted_is_so_with_a_name_and_a_reason(desk: Desk) -> None:
    bob, path = await operator(desk), f"/en/admin/peers/{THEIRS}"
    publisher = Publisher(desk.home, THEIRS, own=False)
    publisher.put(entry("Bus"))
    publisher.publish()
    assert (await bob.send(path, {"do": "block", "reason": "Spam"})).place == path
    assert set(blocked_logs(desk.home.database.connection)) == {publisher.store.id}
    answer = await bob.get(path)
    assert "Blocked" in answer.text
    assert "account bob" in answer.text
    assert (await bob.send(path, {"do": "clear"})).place == path
    assert not blocked_logs(desk.home.database.connection)
    assert (await bob.send(path, {"do": "clear"})).status == 422
    # Also who is not followed: hosts, and keys under whatever name.
    for name in ("spam.example", grouped("ab" * 32).upper()):
        sent = {"do": "block", "name": name, "reason": "Told by three others"}
        assert (await bob.send("/en/admin/peers", sent)).place == "/en/admin/peers"
    assert (
        await bob.send("/en/admin/peers", {"do": "allow", "name": THEIRS, "reason": "Known"})
    ).status == 303
    shown = (await bob.get("/en/admin/peers")).text
    assert all(each in shown for each in ("spam.example", "ab" * 32, THEIRS, "Not to be blocked"))
    answer = await bob.send("/en/admin/peers", {"do": "block", "name": "!", "reason": "x"})
    assert (answer.status, "neither the origin of a log nor a host" in answer.text) == (422, True)
    assert "fedcat peer block" in answer.text
    taken = {"do": "clear", "name": "", "fingerprint": "ab" * 32}
    assert (await bob.send("/en/admin/peers", taken)).place == "/en/admin/peers"
    assert "ab" * 32 not in (await bob.get("/en/admin/peers")).text
    answer = await bob.send(path, {"do": "purge", "typed": "lyon"})
    assert (answer.status, "not the name of this log" in answer.text) == (422, True)
    assert (await bob.send(path, {"do": "purge", "typed": THEIRS})).place == "/en/admin/peers"
    assert desk.home.logs.get(THEIRS) is None
    (deed,) = deeds(desk.home, action="origin purge")
    assert (deed.actor, deed.origin) == ("account bob", THEIRS)


async def test_candidates_are_shown_with_who_vouches(desk: Desk) -> None:
    speaking(
        desk.home, "oslo", vouch(THEIRS, "aa" * 32), profile({"origin": THEIRS, "url": "https://l.example"})
    )
    assert candidates(desk.home)
    text = (await (await operator(desk)).get("/en/admin/peers")).text
    assert "Vouched for by oslo.example/log/oslo/1" in text
    assert "https://l.example" in text


async def test_what_is_not_shown_has_a_reason_and_a_name(desk: Desk) -> None:
    bob, path = await operator(desk), "/en/admin/moderation"
    publisher = Publisher(desk.home, THEIRS, own=False)
    id_ = publisher.put(entry("Spam"))
    publisher.publish()
    ref = f"{THEIRS}/e/{id_.hex()}"
    answer = await bob.send(path, {"do": "hide", "ref": ref, "reason": " "})
    assert (answer.status, "a reason is needed" in answer.text) == (422, True)
    assert (await bob.send(path, {"do": "hide", "ref": ref, "reason": "Spam"})).place == path
    (decided,) = decisions(desk.home)
    assert (decided.address, decided.what.actor) == (ref, "account bob")
    assert "Spam" in (await bob.get(path)).text
    assert (await bob.send(path, {"do": "takedown", "ref": ref, "reason": "Illegal"})).place == path
    assert "Taken down" in (await bob.get(path)).text
    assert (await bob.send(path, {"do": "restore", "ref": ref, "reason": "It was not"})).place == path
    assert "Nothing is hidden" in (await bob.get(path)).text
    assert (await bob.send(path, {"do": "dance", "ref": ref, "reason": "x"})).status == 422


async def test_leaves_without_effect_are_named(desk: Desk) -> None:
    publisher = Publisher(desk.home, THEIRS, own=False)
    id_ = publisher.put(entry("Once", links="a word"))
    publisher.put(entry("Twice"))
    publisher.publish()
    with desk.home.database.write() as connection:
        log = publisher.store.id
        connection.execute(
            "INSERT INTO void_leaf (log, idx, reason) VALUES (?, 0, 'it follows nothing')", (log,)
        )
        connection.execute("INSERT INTO withheld (log, idx) VALUES (?, 2)", (log,))
    assert id_
    void, *wrong, missing = rejected(desk.home)
    assert (void.origin, void.index, void.own, void.sort) == (THEIRS, 0, False, "void")
    assert {(each.index, each.sort, each.pointer) for each in wrong} == {(1, "statement", "/links")}
    assert (missing.index, missing.sort) == (2, "withheld")
    text = (await (await operator(desk)).get("/en/admin/problems")).text
    for words in ("it follows nothing", "/links", "is not a list", "Nobody hands out its content"):
        assert words in text


async def test_the_checklist_is_that_of_doctor(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bob, path = await operator(desk), "/en/admin/checklist"
    answer = await bob.get(path)
    # Nothing listens at the node's address, and no backup of the keys was made.
    assert "3 things should be looked after" in answer.text
    assert "not in order" not in answer.text
    for check in await checking.checks(desk.home):
        assert check.name in answer.text
        assert check.hint.replace("`", "") in answer.text.replace("`", "")
    monkeypatch.setattr(checking, "LEAST_FREE", 2**62)
    answer = await bob.get(path)
    assert "1 thing is not in order" in answer.text
    assert "make room" in answer.text


async def test_the_first_run_is_shown_once(desk: Desk) -> None:
    server = TestServer(make_app(desk.home, CHEAP, first="secret"), port=desk.home.config.url.port or 0)
    async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as first:
        mine, other = Browser(first), await desk.browser()
        assert (await mine.get("/en/setup")).status == 404
        assert (await mine.get("/en/setup?code=guess")).status == 404
        answer = await mine.get("/en/setup?code=secret")
        assert answer.status == 200
        assert "/livez answers 200" in answer.text
        assert "plain http, at an address that is not public" in answer.text
        assert "fedcat key backup FILE" in answer.text
        assert "fedcat account add" in answer.text
        assert (await mine.get("/en/setup")).status == 200
        visitor = mine.cookies()["fedcat-8401-visitor"]
        first.session.cookie_jar.clear()
        for path in ("/en/setup", "/en/setup?code=secret"):
            assert (await mine.get(path)).status == 404
        # Without a link there is no such page, whatever cookie one has.
        assert (await other.get("/en/setup", Cookie=f"fedcat-8401-visitor={visitor}")).status == 404


async def test_keys_are_named_and_none_is_shown(desk: Desk) -> None:
    bob, path = await operator(desk), "/en/admin/keys"
    (row,) = desk.home.logs.all()
    answer = await bob.get(path)
    assert grouped(row.fingerprint) in answer.text
    assert "nothing here forbids it" in answer.text
    secrets = [file.read_text(encoding="utf-8").strip() for file in desk.home.keys_dir.iterdir()]
    assert secrets
    assert not any(line in answer.html for secret in secrets for line in secret.split() if len(line) > 20)
    for file in desk.home.keys_dir.iterdir():
        file.unlink()
    (ring,) = rings(desk.home)
    assert (ring.here, bool(ring.hint)) == (False, True)
    assert ring.outlook in (await bob.get(path)).text


async def test_who_may_write_is_taken_that_away_at_once(desk: Desk) -> None:
    bob, path = await operator(desk), "/en/admin/access"
    ada = await desk.signed_in("ada")
    secret, token = create(desk.home, desk.origin, "website", ("entry",), until="2027-02-01", actor="root")
    answer = await bob.get(path)
    assert all(words in answer.text for words in ("ada", f"Editor : {desk.origin}", "website", "It is yours"))
    assert secret not in answer.html
    assert (await bob.send(path, {"do": "revoke", "name": "website"})).place == path
    assert not tokens(desk.home)[0].is_valid(desk.home.now())
    assert "Taken back" in (await bob.get(path)).text
    assert (await bob.send(path, {"do": "disable", "name": "ada"})).place == path
    assert (await ada.get("/en/admin")).place == "/en/admin/sign-in"
    assert (await ada.sign_in("ada")).status == 403
    assert (await bob.send(path, {"do": "enable", "name": "ada"})).place == path
    assert (await ada.sign_in("ada")).status == 303
    for asked, words in (
        ({"do": "disable", "name": "bob"}, "the account that you are signed in with"),
        ({"do": "revoke", "name": "website"}, "revoked already"),
        ({"do": "revoke", "name": "nobody's"}, "nobody's"),
        ({"do": "enable", "name": "ada"}, "is not disabled"),
    ):
        answer = await bob.send(path, asked)
        assert (answer.status, words in answer.text) == (422, True), asked
    assert (await bob.send(path, {"do": "dance", "name": "ada"})).status == 400
    create(desk.home, desk.origin, "old", ("entry",), until="2027-02-01", actor="root")
    desk.world.clock.pass_by(86_400 * 60)
    await bob.sign_in("bob")
    assert "Its time is over" in (await bob.get(path)).text
    done = [each.action for each in deeds(desk.home, actor="account bob")]
    taken = ("account enable", "account disable", "token revoke")
    assert [action for action in done if action in taken] == list(taken)
    assert token.name == "website"


async def test_the_trail_says_who_did_what(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bob, path = await operator(desk), "/en/admin/trail"
    answer = await bob.get(path)
    assert "account add" in answer.text
    assert "sign in" in answer.text
    answer = await bob.get(f"{path}?actor=bob&action=sign")
    assert "account add" not in answer.text
    assert "fedcat trail --actor bob --action sign" in answer.text
    assert "Nothing was done" in (await bob.get(f"{path}?actor=nobody")).text
    assert (await bob.get(f"{path}?who=bob")).status == 400
    # Of several publishers' deeds one sees those of one: by the list of logs, or by a link in any line.
    answer = await bob.get(f"{path}?about={desk.origin}")
    assert "account add" in answer.text
    assert "sign in" not in answer.text
    assert f"fedcat trail --about {desk.origin}" in answer.text
    chosen = [each["value"] for each in answer.page.all("option") if each.get("selected") is not None]
    assert chosen == [desk.origin]
    link = next(each["href"] for each in (await bob.get(path)).page.all("a") if "about=" in each["href"])
    (named,) = parse_qs(urlsplit(link).query)["about"]
    assert {each.origin for each in deeds(desk.home, about=named)} == {named}
    assert (await bob.get(link)).status == 200
    for module in (trail, "node.web.admin.operating"):
        target = module if isinstance(module, str) else module.__name__
        monkeypatch.setattr(f"{target}.PAGE", 2)
    answer = await bob.get(path)
    (next_,) = [each["href"] for each in answer.page.all("a") if each.get("rel") == "next"]
    numbers = [each.number for each in deeds(desk.home)]
    assert next_.endswith(f"before={numbers[-1]}")
    assert (await bob.get(next_)).status == 200


async def test_feeds_of_news_that_could_not_be_read_are_problems(desk: Desk) -> None:
    bob, feed = await operator(desk), "https://127.0.0.1:1/news.xml"
    assert "News that could not be had" not in (await bob.get("/en/admin/problems")).text
    state = Publisher(desk.home, "state.example/log/state/1", own=False)
    links = [{"rel": "updates-feed", "url": feed}]
    state.put({"type": "profile", "v": 1, "name": {"en": "State"}, "links": links})
    state.publish()
    async with fetcher(desk.home) as fetch:
        assert set(await gather(desk.home, fetch)) == {feed}
    answer = await bob.get("/en/admin/problems")
    assert "News that could not be had" in answer.text
    assert feed in answer.text
