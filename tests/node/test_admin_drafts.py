"""From an address or an empty form to the receipt, in a browser without programs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from aiohttp import web

from node.answers.provenance import show
from node.desk.kept import current, manuscripts
from node.desk.manuscripts import begin, begin_erase, begin_withdrawal
from node.desk.own import PAGE
from node.desk.sending import send
from node.own.sequencer import Draft, publish
from node.store.profiles import newest_profile_of
from node.web.admin import beginning
from node.web.admin.commands import without_draft
from protocol.leaf import Op
from protocol.origin import address, parse_address
from tests.command import LIBRARY
from tests.desk_world import Answer, Browser, Desk
from tests.loopback import serving

TYPED = {
    "/kind": "service",
    "/name/en": "Ferry",
    "/summary/en": "A boat that everybody may take",
    "/topics": "sector:public-services",
    "/lifecycle": "live",
    "/languages": "en",
    "/links/rel=landing/url": "https://ferry.example",
}


async def begun(browser: Browser, desk: Desk, what: str = "entry", **more: str) -> str:
    """Begin something, and return the path of its draft."""
    answer = await browser.send(f"/en/admin/new?what={what}", {"do": what, "log": desk.origin, **more})
    assert answer.status == 303, answer.text
    return answer.place.removesuffix("/edit")


async def typed(browser: Browser, path: str, data: dict[str, Any]) -> Answer:
    """Fill the form of a draft, and return the draft's page."""
    shown = await browser.get(f"{path}/edit")
    hidden = {"form": shown.token, "revision": hidden_value(shown, "revision"), "do": "save"}
    answer = await browser.post(f"{path}/edit", {**hidden, **data})
    assert (answer.status, answer.place) == (303, path), answer.text
    return await browser.get(path)


def hidden_value(answer: Answer, name: str) -> str:
    return next(each["value"] for each in answer.page.all("input") if each.get("name") == name)


async def pressed(browser: Browser, path: str, do: str, **more: Any) -> Answer:  # noqa: ANN401
    shown = await browser.get(path)
    data = {"form": shown.token, "revision": hidden_value(shown, "revision"), "do": do, **more}
    return await browser.post(path, data)


def tabs(answer: Answer, group: str) -> list[tuple[str, bool]]:
    """Return what stands on tabs for languages, and which of them are open."""
    summaries = zip(answer.page.all("summary"), answer.page.text_of("summary"), strict=True)
    return [
        (text, each.around[0].get("open") is not None)
        for each, text in summaries
        if each.around[0].get("name") == group
    ]


async def twice(browser: Browser, path: str, do: str, **more: Any) -> str:  # noqa: ANN401
    """Press a button two times; return where both lead."""
    shown = await browser.get(path)
    data = {"form": shown.token, "revision": hidden_value(shown, "revision"), "do": do, **more}
    first, second = [await browser.post(path, data) for _ in range(2)]
    assert (first.status, first.place) == (second.status, second.place) == (303, first.place), second.text
    return first.place


def buttons(answer: Answer) -> set[str]:
    return {each["value"] for each in answer.page.all("button") if each.get("value")}


async def published(desk: Desk, payload: Any = LIBRARY) -> str:  # noqa: ANN401 - any statement
    """Publish something, and return its address."""
    found = begin(desk.home, desk.account(), desk.origin, payload)
    receipt = await send(desk.home, desk.account(), found.number, found.revision)
    return address(desk.origin, receipt.ids[0])


async def test_an_entry_is_written_from_an_empty_form_looked_at_and_signed(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    form = await browser.get(f"{path}/edit")
    links = {each["href"] for each in form.page.all("a")}
    identifiers = {each.get("id") for each in form.page.elements}
    missing = {each.removeprefix("#") for each in links if each.startswith("#in")}
    assert len(missing) >= 5
    assert missing <= identifiers
    answer = await typed(browser, path, {"/kind": "service"})
    assert "Missing: Summary" in answer.text
    assert "send" not in buttons(answer)
    answer = await typed(browser, path, {**TYPED, "/service/channels/0/type": "phone"})
    assert {"send", "discard"} == buttons(answer)
    assert "A boat that everybody may take" in answer.text
    assert f"fedcat draft send {path.rpartition('/')[2]} --as ada" in answer.text
    answer = await pressed(browser, path, "send")
    assert (answer.status, answer.place) == (303, path)
    receipt = await browser.get(path)
    assert "Receipt" in receipt.text
    places = [each["href"] for each in receipt.page.all("a")]
    proof = next(each for each in places if each.endswith("/proof"))
    assert (await browser.get(proof)).status == 200
    ref = proof.removeprefix("/api/v1/entries/").removesuffix("/proof")
    assert show(desk.home, ref)["name"] == "Ferry"
    assert "Nothing waits" in (await browser.get("/en/admin")).text
    assert "Ferry" in (await browser.get("/en/admin/statements")).text


async def test_texts_are_written_in_as_many_languages_as_one_wants(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    shown = await browser.get(f"{path}/edit")
    data = {"form": shown.token, "do": "language", "language": "ar", "/name/en": "Ferry"}
    answer = await browser.post(f"{path}/edit", data)
    assert answer.place == f"{path}/edit?language=ar#in-name-ar"
    shown = await browser.get(answer.place.partition("#")[0])
    (name,) = [each for each in shown.page.all("input") if each.get("name") == "/name/ar"]
    assert (name["lang"], name["dir"], name["id"]) == ("ar", "auto", "in-name-ar")
    # Each language is a tab that says how much of it is there; the new one is open, and the other one marked.
    assert tabs(shown, "texts") == [
        ("English 1 of 2 filled in 1 to be mended", False),
        ("Arabic 0 of 2 filled in", True),
    ]
    assert [is_open for _, is_open in tabs(await browser.get(f"{path}/edit"), "texts")] == [True, False]
    assert tabs(shown, "more-texts") == [
        ("English 0 of 1 filled in", False),
        ("Arabic 0 of 1 filled in", True),
    ]
    # It is sent to its own place: from that of the tab the next page would inherit where to go.
    form = next(each for each in shown.page.all("form") if each.get("class") == "sheet")
    assert form.get("action") == f"{path}/edit"
    # Without a language there is nothing to be added.
    again = {"form": shown.token, "do": "language", "/name/en": "Ferry"}
    assert (await browser.post(f"{path}/edit", again)).place == f"{path}/edit"
    answer = await typed(browser, path, {"/name/en": "Ferry", "/name/ar": "عبّارة"})
    (found,) = manuscripts(desk.home, desk.account())
    assert found.payload["name"] == {"en": "Ferry", "ar": "عبّارة"}
    assert "عبّارة" in answer.text


async def test_what_somebody_else_changed_in_another_window_is_not_overwritten(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    shown = await browser.get(f"{path}/edit")
    data = {"form": shown.token, "revision": hidden_value(shown, "revision"), "/name/en": "First"}
    assert (await browser.post(f"{path}/edit", data)).status == 303
    answer = await browser.post(f"{path}/edit", {**data, "/name/en": "Second"})
    assert answer.status == 422
    assert "another window" in answer.text
    # What was typed is still there, beside what is kept and what would be lost with it.
    assert hidden_value(answer, "/name/en") == "Second"
    assert answer.page.text_of("del") == ["First"]
    assert answer.page.text_of("ins") == ["Second"]
    again = {"form": answer.token, "revision": hidden_value(answer, "revision"), "/name/en": "Second"}
    assert (await browser.post(f"{path}/edit", again)).status == 303
    assert "Second" in (await browser.get(path)).text


async def test_what_was_typed_is_not_lost_with_its_draft(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    shown = await browser.get(f"{path}/edit")
    assert (await pressed(browser, path, "discard")).place == "/en/admin"
    answer = await browser.post(
        f"{path}/edit", {"form": shown.token, "do": "save", "/name/en": "A long night"}
    )
    assert answer.status == 404
    assert "in another window" in answer.text
    assert answer.page.text_of("textarea") == ["A long night"]


async def test_what_nobody_can_see_in_a_text_stops_nobody(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    await typed(browser, path, {"/kind": "service"})
    # As it comes from some keyboards, and out of documents that are written from right to left.
    data = {**TYPED, "/name/en": "Cafe\u0301 \u202ebus\u202c\u200f", "/service/channels/0/type": "phone"}
    answer = await typed(browser, path, data)
    assert "send" in buttons(answer), answer.text
    (found,) = manuscripts(desk.home, desk.account())
    assert found.payload["name"] == {"en": "Café bus"}


async def test_a_button_that_is_pressed_twice_means_it_once(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    await typed(browser, path, {"/kind": "service"})
    shown = await typed(browser, path, {**TYPED, "/service/channels/0/type": "phone"})
    data = {"form": shown.token, "revision": hidden_value(shown, "revision"), "do": "send"}
    for _ in range(2):
        answer = await browser.post(path, data)
        assert (answer.status, answer.place) == (303, path), answer.text
    receipt = (await browser.get(path)).text
    assert "New statement" in receipt
    assert "This was not done" not in receipt
    # What was on another screen is still not what was signed.
    assert (await browser.post(path, {**data, "revision": "1"})).status == 422
    assert (await browser.post(path.replace("/drafts/", "/drafts/9"), data)).status == 404


async def test_findings_about_people_have_to_be_looked_at(desk: Desk) -> None:
    browser = await desk.signed_in()
    found = begin(
        desk.home, desk.account(), desk.origin, {**LIBRARY, "description": {"en": "Call +33 4 72 10 30 30"}}
    )
    path = f"/en/admin/drafts/{found.number}"
    shown = await browser.get(path)
    assert "about a person" in shown.text
    assert "send" not in buttons(shown)
    answer = await pressed(browser, path, "send")
    assert answer.status == 422
    assert "about a person" in answer.text
    keys = [each["value"] for each in shown.page.all("input") if each.get("name") == "key"]
    assert (await pressed(browser, path, "acknowledge", key="ffff")).status == 422
    assert (await pressed(browser, path, "acknowledge", key=keys[0])).place == path
    assert "send" in buttons(await browser.get(path))


async def test_a_statement_is_edited_confirmed_withdrawn_and_erased(desk: Desk) -> None:
    browser = await desk.signed_in()
    ref = await published(desk)
    place = f"/en/admin/statements/{ref}"
    answer = await browser.send(place, {"do": "edit"})
    path = answer.place.removesuffix("/edit")
    answer = await typed(browser, path, {**TYPED, "/service/channels/0/type": "in-person"})
    assert "Mobile library" in answer.page.text_of("del")
    assert "Ferry" in answer.page.text_of("ins")
    await pressed(browser, path, "send")
    assert show(desk.home, ref)["name"] == "Ferry"
    answer = await browser.send(place, {"do": "confirm"})
    assert "Last looked at" in (await browser.get(answer.place)).text
    await pressed(browser, answer.place, "discard")
    assert (await browser.get(answer.place)).status == 404
    assert (await browser.send(place, {"do": "withdraw", "reason": "whim"})).status == 422
    # What no form could mend begins no draft, and is shown again.
    wrong = {"do": "withdraw", "reason": "moved", "successor": "over there"}
    answer = await browser.send(place, wrong)
    assert (answer.status, hidden_value(answer, "successor")) == (422, "over there")
    assert "is neither a URI nor the address" in answer.text
    answer = await browser.send(place, {**wrong, "successor": "https://n.example"})
    shown = await browser.get(answer.place)
    assert "found by no search" in shown.text
    await pressed(browser, answer.place, "send")
    assert "Download the proof" in (await browser.get(answer.place)).text
    assert (await browser.send(place, {"do": "erase", "reason": "whim"})).status == 422
    answer = await browser.send(place, {"do": "erase", "reason": "privacy"})
    assert "cannot be undone" in (await browser.get(answer.place)).text
    assert (await browser.get(f"{answer.place}/edit")).status == 404
    await pressed(browser, answer.place, "send")
    assert "The content is gone here" in (await browser.get(answer.place)).text
    assert (await browser.send(place, {"do": "dance"})).status == 400
    other = begin(desk.home, desk.account(), desk.origin, {"type": "link", "subject": ref})
    assert (await browser.get(f"/en/admin/drafts/{other.number}/edit")).status == 404


async def test_a_newer_version_is_shown_and_taken_over(desk: Desk) -> None:
    browser = await desk.signed_in()
    ref = await published(desk)
    origin, id_ = parse_address(ref)
    mine = begin(desk.home, desk.account(), origin, {**LIBRARY, "lifecycle": "pilot"}, id_=id_)
    theirs = begin(desk.home, desk.account("bob"), origin, {**LIBRARY, "lifecycle": "retired"}, id_=id_)
    await send(desk.home, desk.account("bob"), theirs.number, theirs.revision)
    path = f"/en/admin/drafts/{mine.number}"
    shown = await browser.get(path)
    assert "Somebody else changed it" in shown.text
    assert "Retired" in shown.page.text_of("ins")
    assert "send" not in buttons(shown)
    assert (await pressed(browser, path, "send")).status == 422
    assert (await pressed(browser, path, "take-over", expected=hidden_value(shown, "expected"))).place == path
    assert (await pressed(browser, path, "send")).place == path
    assert current(desk.home, origin, id_)[1]["lifecycle"] == "pilot"


async def test_with_four_eyes_somebody_else_says_yes_or_why_not(desk: Desk) -> None:
    desk.configure(four_eyes=True)
    ada, bob = await desk.signed_in(), await desk.signed_in("bob")
    found = begin(desk.home, desk.account(), desk.origin, LIBRARY)
    path = f"/en/admin/drafts/{found.number}"
    assert "send" not in buttons(await ada.get(path))
    assert (await bob.get(path)).status == 404
    assert (await pressed(ada, path, "send")).status == 422
    assert (await pressed(ada, path, "hand-in")).place == path
    assert "To be approved by you" in (await bob.get("/en/admin")).text
    assert (await pressed(bob, path, "refuse", reason=" ")).status == 422
    assert (await twice(bob, path, "refuse", reason="Too long")) == "/en/admin"
    assert (await bob.get(path)).status == 404
    assert "Refused by bob : Too long" in (await ada.get("/en/admin")).text
    assert "Too long" in (await ada.get(path)).text
    assert (await twice(ada, path, "hand-in")) == path
    assert (await pressed(ada, path, "approve")).status == 422
    assert "Approved by somebody else" not in (await ada.get("/en/admin")).text
    # Whoever approves gets the receipt that whoever signs gets.
    assert (await twice(bob, path, "approve")) == path
    size, places = desk.home.logs.all()[0].size, []
    for browser in (bob, ada):
        receipt = await browser.get(path)
        assert "Receipt" in receipt.text
        assert "Handed in by ada , approved by bob ." in receipt.text
        assert f"Lines of the log {size}" in receipt.text
        assert not buttons(receipt)
        places.append([each["href"] for each in receipt.page.all("a")])
        for end in ("/proof", "/checkpoint"):
            place = next(each for each in places[-1] if each.endswith(end))
            assert (await browser.get(place)).status == 200, place
    assert places[0] == places[1]
    # Its author was not there when it was signed, and finds it; to whoever approved it it is done.
    listed = await ada.get("/en/admin")
    assert "Nothing waits" in listed.text
    assert "Approved by somebody else lately" in listed.text
    assert path in {each["href"] for each in listed.page.all("a")}
    assert "Approved by somebody else" not in (await bob.get("/en/admin")).text


async def test_an_address_fills_the_form(desk: Desk) -> None:
    async def answered(request: web.Request) -> web.Response:
        is_it = request.path == "/tool/publiccode.yml"
        text = "publiccodeYmlVersion: '0.2'\nname: Ballot\nurl: https://b.example\n"
        return web.Response(text=text) if is_it else web.Response(status=404)

    browser = await desk.signed_in()
    async with serving(answered) as base:
        data = {"do": "url", "log": desk.origin, "url": f"{base}/tool"}
        answer = await browser.send("/en/admin/new", data)
        assert answer.status == 303, answer.text
        shown = await browser.get(answer.place)
        assert "Ballot" in {each.get("value") for each in shown.page.all("input")}
        answer = await browser.send("/en/admin/new", {**data, "url": f"{base}/none"})
        assert answer.status == 422
        assert "describes it" in answer.text
        assert (await browser.send("/en/admin/new", {**data, "log": "x.example/log/x/1"})).status == 422


async def test_nobody_looks_at_many_addresses(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beginning, "AT_ONCE", 0)
    browser = await desk.signed_in()
    data = {"do": "url", "log": desk.origin, "url": "http://127.0.0.1:1/"}
    answer = await browser.send("/en/admin/new", data)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")


async def test_short_forms_write_uses_plans_calls_vouches_and_lists(desk: Desk) -> None:
    browser = await desk.signed_in()
    assert "Publish the entry first" in (await browser.get("/en/admin/new?what=roadmap")).text
    ref = await published(desk)
    for what, data in (
        ("use", {"/status": "production", "/purpose/en": "To lend books"}),
        ("vouch", {"/vouchType": "recommend", "/issued": "2027-01-15"}),
    ):
        path = await begun(browser, desk, what, of=ref)
        shown = await typed(browser, path, data)
        assert "send" in buttons(shown), shown.text
        assert (await pressed(browser, path, "send")).place == path
    # One use of a thing: saying it anew changes it.
    path = await begun(browser, desk, "use", of=ref)
    assert "New version : Use" in (await browser.get(path)).text
    # It is called by what it is about, wherever it is listed.
    assert (await browser.get(path)).page.text_of("h1") == ["Mobile library"]
    listed = await browser.get("/en/admin/statements")
    assert listed.page.text_of("td").count("Mobile library") == 3
    use = next(each["href"] for each in listed.page.all("a") if "/admin/statements/" in each["href"])
    assert (await browser.get(use)).page.text_of("h1") == ["Mobile library"]
    # What no form could mend begins no draft.
    answer = await browser.send(
        "/en/admin/new?what=use", {"do": "use", "log": desk.origin, "of": desk.origin}
    )
    assert answer.status == 422
    assert "neither a URI" in answer.text
    path = await begun(browser, desk, "list")
    assert (
        await typed(browser, path, {"/name/en": "Good", "/purpose": "collection", "/items": ref})
    ).status == 200
    for what, data in (
        ("roadmap", {"title/en": "More stops", "stage": "planned", "from": "2027-Q2"}),
        ("seeking", {"type": "reuse-partners", "text/en": "Join us", "until": "2027-03-01"}),
        ("offering", {"type": "mentoring", "text/en": "Ask us", "until": "2027-03-01"}),
    ):
        path = await begun(browser, desk, what, of=ref)
        form = await browser.get(f"{path}/edit")
        (stem,) = {
            found[0]
            for each in form.page.all("select")
            if (found := re.match(rf"/{what}/id=[\w-]+/", each.get("name") or ""))
        }
        shown = await typed(browser, path, {f"{stem}{key}": value for key, value in data.items()})
        assert "send" in buttons(shown), shown.text
        assert (await pressed(browser, path, "send")).place == path
    said = current(desk.home, *parse_address(ref))[1]
    assert said["roadmap"][0]["title"] == {"en": "More stops"}  # type: ignore[index, call-overload]
    assert said["seeking"][0]["type"] == "reuse-partners"  # type: ignore[index, call-overload]
    assert said["offering"][0]["until"] == "2027-03-01"  # type: ignore[index, call-overload]
    assert said["name"] == LIBRARY["name"]


async def test_what_is_not_one_s_own_is_not_there(desk: Desk) -> None:
    ada, bob = await desk.signed_in(), await desk.signed_in("bob")
    found = begin(desk.home, desk.account(), desk.origin, LIBRARY)
    for path in (
        f"/en/admin/drafts/{found.number}",
        f"/en/admin/drafts/{found.number}/edit",
        "/en/admin/drafts/x",
        "/en/admin/statements/nothing",
        f"/en/admin/statements/other.example/log/x/1/e/{'0' * 32}",
        "/en/admin/statements?log=other.example/log/x/1",
    ):
        assert (await bob.get(path)).status == 404, path
    token = (await bob.get("/en/admin")).token
    for do in ("send", "discard", "approve", "acknowledge"):
        answer = await bob.post(
            f"/en/admin/drafts/{found.number}", {"form": token, "do": do, "revision": "1"}
        )
        assert answer.status == 404, do
    token = (await ada.get("/en/admin")).token
    for path in (f"/en/admin/drafts/{found.number}", "/en/admin/new"):
        assert (await ada.post(path, {"form": token, "do": "dance"})).status == 400


async def test_a_publisher_says_who_it_is(desk: Desk) -> None:
    browser = await desk.signed_in()
    said = newest_profile_of(desk.home.database.connection, desk.origin)
    assert said is not None
    ref = address(desk.origin, said.id)
    answer = await browser.send(f"/en/admin/statements/{ref}", {"do": "edit"})
    assert answer.status == 303
    form = await browser.get(answer.place)
    assert form.status == 200
    # What it has no input for is named, and stays.
    assert "Sign of life" in form.text
    path = answer.place.removesuffix("/edit")
    shown = await typed(browser, path, {"/name/en": "City", "/population": "many"})
    assert "send" not in buttons(shown)
    data = {
        "/name/en": "City of Lyon",
        "/name/und": "",
        "/publisherType": "local",
        "/jurisdiction": "FR-69",
        "/population": "520 000",
        "/contact/email": "digital@lyon.example",
        "/links/rel=landing/url": "https://lyon.example",
        "/links/rel=updates-feed/url": "https://lyon.example/news.atom",
        "/identifiers/scheme=domain/value": "lyon.example",
        "/parents": "https://state.example",
        "/parts": "https://parks.example\nhttps://ponds.example",
    }
    shown = await typed(browser, path, data)
    assert "send" in buttons(shown), shown.text
    assert (await pressed(browser, path, "send")).place == path
    made = current(desk.home, *parse_address(ref))[1]
    assert made == {
        **{key: said.said[key] for key in ("heartbeat", "node")},
        "type": "profile",
        "v": 1,
        "name": {"en": "City of Lyon"},
        "publisherType": "local",
        "jurisdiction": "FR-69",
        "population": 520_000,
        "contact": {"email": "digital@lyon.example"},
        "links": [
            {"rel": "landing", "url": "https://lyon.example"},
            {"rel": "updates-feed", "url": "https://lyon.example/news.atom"},
        ],
        "identifiers": [{"scheme": "domain", "value": "lyon.example"}],
        "parents": [{"ref": "https://state.example"}],
        "parts": [{"ref": "https://parks.example"}, {"ref": "https://ponds.example"}],
    }
    # It says so once: whoever begins anew changes it.
    path = await begun(browser, desk, "profile")
    assert "New version" in (await browser.get(path)).text


async def test_what_has_no_form_leaves_no_draft(desk: Desk) -> None:
    browser = await desk.signed_in()
    link: dict[str, Any] = {
        "type": "link",
        "v": 1,
        "subject": "https://a.example/one",
        "target": "https://b.example/two",
        "relation": "notSameAs",
    }
    ref = await published(desk, link)
    before = len(manuscripts(desk.home, desk.account()))
    place = f"/en/admin/statements/{ref}"
    assert "edit" not in buttons(await browser.get(place))
    answer = await browser.send(place, {"do": "edit"})
    assert answer.status == 422
    assert "no form for statements of type link" in answer.text
    assert len(manuscripts(desk.home, desk.account())) == before


async def test_languages_that_no_list_has_are_typed_by_their_tags(desk: Desk) -> None:
    browser = await desk.signed_in()
    path = await begun(browser, desk)
    await typed(browser, path, {"/languages": ["fr", "br, PT-br"]})
    (found,) = manuscripts(desk.home, desk.account())
    assert found.payload["languages"] == ["fr", "br", "pt-BR"]
    shown = await browser.get(f"{path}/edit")
    ticked = {each["value"] for each in shown.page.all("input") if "checked" in each.attributes}
    assert ticked == {"fr", "br", "pt-BR"}
    # Groups of topics are called as on the page of topics.
    for language, title in (("en", "Policy areas"), ("ar", "مجالات السياسات العامة")):
        assert title in (await browser.get(f"{path.replace('/en/', f'/{language}/')}/edit")).text
    data = {"form": shown.token, "do": "language", "/languages": ["fr"]}
    answer = await browser.post(f"{path}/edit", {**data, "tag": "Breton!"})
    assert (answer.status, "no tag of a language" in answer.text) == (422, True)
    assert (await browser.post(f"{path}/edit", {**data, "tag": "br"})).status == 303
    names = {each.get("name") for each in (await browser.get(f"{path}/edit")).page.all("input")}
    assert "/name/br" in names


async def test_a_plan_finds_its_entry_among_very_many(desk: Desk) -> None:
    browser = await desk.signed_in()
    old = await published(desk)
    thing: dict[str, Any] = {"type": "entry", "v": 1, "kind": "software", "source": {"format": "x"}}
    await publish(
        desk.home,
        desk.origin,
        [Draft(Op.PUT, None, {**thing, "name": {"en": f"Tool {number}"}}) for number in range(PAGE)],
    )
    plain = await browser.get("/en/admin/new?what=roadmap")
    assert "more entries than are listed" in plain.text
    offered = [each["value"] for each in plain.page.all("option") if old in each["value"]]
    assert not offered
    for path in (f"of={old}", "q=LIBRARY"):
        shown = await browser.get(f"/en/admin/new?what=roadmap&{path}")
        assert old in [each["value"] for each in shown.page.all("option")], path
    assert "No own entry" in (await browser.get("/en/admin/new?what=roadmap&q=zeppelin")).text
    for strange in ("x", f"other.example/log/x/1/e/{'0' * 32}", f"{desk.origin}/e/{'0' * 32}"):
        assert (await browser.get(f"/en/admin/new?what=roadmap&of={strange}")).status == 200


async def test_a_draft_names_the_command_that_needs_no_draft(desk: Desk) -> None:
    browser = await desk.signed_in()
    assert (
        f"fedcat search --unfold --publisher {desk.origin}"
        in (await browser.get("/en/admin/statements")).text
    )
    ref = await published(desk)
    id_ = ref.rpartition("/")[2]
    path = await begun(browser, desk, "use", of="https://forge.example/acme/tool")
    data = {"/status": "pilot", "/purpose/en": "To lend books", "/topics": "sector:health"}
    shown = await typed(browser, path, data)
    assert (
        "fedcat use https://forge.example/acme/tool --status pilot --purpose 'en=To lend books'"
        f" --topic sector:health --log {desk.origin}"
    ) in shown.text
    account = desk.account()
    drafts = {
        f"fedcat entry put FILE --entry {id_}": begin(
            desk.home, account, desk.origin, {}, id_=parse_address(ref)[1]
        ),
        f"fedcat list put FILE --log {desk.origin}": begin(desk.home, account, desk.origin, {"type": "list"}),
        f"fedcat vouch --file FILE --log {desk.origin}": begin(
            desk.home, account, desk.origin, {"type": "vouch"}
        ),
        f"fedcat entry withdraw {id_} --reason moved --successor https://n.example": begin_withdrawal(
            desk.home, account, desk.origin, parse_address(ref)[1], "moved", "https://n.example"
        ),
        f"fedcat entry erase {id_} --reason none": begin_erase(
            desk.home, account, desk.origin, parse_address(ref)[1]
        ),
    }
    for command, draft in drafts.items():
        assert without_draft(draft) == command
    use = begin(desk.home, account, desk.origin, {"type": "use", "target": "https://a.example", "x": {}})
    assert without_draft(use) == f"fedcat use --file FILE --log {desk.origin}"
