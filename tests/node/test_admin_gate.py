"""Who gets to the pages of the desk: passwords, sessions, cookies, and forms of other sites."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import FormData

from node.desk.accounts import disable, invite
from node.desk.kept import manuscripts
from node.desk.sessions import IDLE_SECONDS
from node.web.admin.gate import OWN_HEADERS
from node.web.admin.sent import MOST_BYTES
from tests.desk_world import SECRET, SITE, Desk
from tests.web_checks import is_harmless, is_sound

SIGN_IN = "/en/admin/sign-in"
COOKIE = "fedcat-8401"


async def test_whoever_asked_for_a_page_is_led_to_it_by_signing_in(desk: Desk) -> None:
    browser = await desk.browser()
    wanted = "/new?what=use&of=127.0.0.1:8401/log/city/1/e/0a"
    answer = await browser.get(f"/fr/admin{wanted}")
    shown = await browser.get(answer.place)
    (to,) = {each["value"] for each in shown.page.all("input") if each.get("name") == "to"}
    assert to == wanted
    wrong = await browser.post("/fr/admin/sign-in", {"form": shown.token, "name": "ada", "to": to})
    assert (wrong.status, wanted.replace("&", "&amp;") in wrong.html) == (403, True)
    sent = {"form": shown.token, "name": "ada", "password": SECRET, "to": to}
    answer = await browser.post("/fr/admin/sign-in", sent)
    assert (answer.status, answer.place) == (303, f"/fr/admin{wanted}")
    # Whoever is signed in already is led on at once; nobody is led out of the desk.
    assert (await browser.get("/fr/admin/sign-in?to=/keys")).place == "/fr/admin/keys"
    for elsewhere in (
        "//evil.example",
        "https://evil.example",
        "/../search",
        "@evil.example",
        "/a b",
        "/\r\nX: y",
    ):
        browser = await desk.browser()
        shown = await browser.get("/fr/admin/sign-in")
        sent = {"form": shown.token, "name": "ada", "password": SECRET, "to": elsewhere}
        place = (await browser.post("/fr/admin/sign-in", sent)).place
        assert place in ("/fr/admin", "/fr/admin//evil.example"), elsewhere


async def test_whoever_signs_in_sees_the_desk_and_out_sees_it_no_more(desk: Desk) -> None:
    browser = await desk.browser()
    answer = await browser.get("/fr/admin")
    assert (answer.status, answer.place) == (303, "/fr/admin/sign-in")
    answer = await browser.sign_in()
    assert (answer.status, answer.place) == (303, "/en/admin")
    answer = await browser.get("/en/admin")
    assert answer.status == 200
    assert "Signed in as ada" in answer.text
    assert (await browser.get(SIGN_IN)).place == "/en/admin"
    assert (await browser.get("/en/admin/sign-out")).place == "/en/admin"
    token = browser.cookies()[COOKIE]
    answer = await browser.post("/en/admin/sign-out", {"form": answer.token})
    assert answer.place == SIGN_IN
    assert COOKIE not in browser.cookies()
    # The session is over, and not only forgotten by the browser.
    assert (await (await desk.browser()).get("/en/admin", Cookie=f"{COOKIE}={token}")).status == 303


async def test_every_answer_of_the_desk_is_kept_by_nobody_and_for_this_site_alone(desk: Desk) -> None:
    browser = await desk.signed_in()
    wrong = await (await desk.browser()).sign_in(password="not this one")
    for answer in (await browser.get("/en/admin"), await browser.get("/en/admin/password"), wrong):
        for name, value in OWN_HEADERS.items():
            assert answer.headers[name] == value
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in answer.headers
    # An answer for whoever is signed out has no tag by which a browser could keep it.
    assert "ETag" not in wrong.headers


@pytest.mark.parametrize("address", ["http://127.0.0.1:8401", "https://city.example"])
async def test_the_cookie_goes_to_no_program_and_to_no_other_site(desk: Desk, address: str) -> None:
    desk.home.config = replace(desk.home.config, address=address)
    browser = await desk.browser()
    shown = await browser.get(SIGN_IN)
    visitor = shown.headers["Set-Cookie"].partition(";")[0]
    form = {"form": shown.token, "name": "ada", "password": SECRET}
    answer = await browser.post(SIGN_IN, form, origin=address, Cookie=visitor)
    assert answer.status == 303
    cookie = answer.headers["Set-Cookie"]
    parts = [each.strip() for each in cookie.split(";")[1:]]
    secure = address.startswith("https")
    assert cookie.startswith("__Host-fedcat=" if secure else f"{COOKIE}=")
    assert sorted(parts) == sorted(["HttpOnly", "Path=/", "SameSite=Strict", *(["Secure"] if secure else [])])


async def test_passwords_cross_no_network_in_the_clear(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.browser()
    monkeypatch.setattr("aiohttp.web.BaseRequest.remote", "192.0.2.7")
    assert (await browser.get(SIGN_IN)).status == 403
    desk.home.config = replace(desk.home.config, address="https://city.example")
    assert (await browser.get(SIGN_IN)).status == 200


async def test_a_form_of_another_site_changes_nothing(desk: Desk) -> None:
    """CSRF: neither a token nor the word of the browser alone is enough."""
    browser = await desk.signed_in()
    out = "/en/admin/sign-out"
    token = (await browser.get("/en/admin")).token
    other = (await (await desk.signed_in("bob")).get("/en/admin")).token
    for origin, headers, form in (
        ("https://evil.example", {}, token),
        ("null", {}, token),
        (SITE, {"Sec-Fetch-Site": "cross-site"}, token),
        (SITE, {"Sec-Fetch-Site": "same-site"}, token),
        (None, {"Sec-Fetch-Site": "none"}, token),
        (None, {}, token),
        (SITE, {}, ""),
        (SITE, {}, other),
        (SITE, {}, "AAAA"),
        (SITE, {}, "é"),
    ):
        answer = await browser.post(out, {"form": form}, origin, **headers)
        assert answer.status == 403, (origin, headers, form)
    assert (await browser.post(out, {}, SITE)).status == 403
    assert (await browser.get("/en/admin")).status == 200
    answer = await browser.post(out, {"form": token}, None, **{"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 303


async def test_nobody_is_signed_in_by_another_site(desk: Desk) -> None:
    browser = await desk.browser()
    form = {"name": "ada", "password": SECRET}
    assert (await browser.post(SIGN_IN, form)).status == 403
    theirs = (await (await desk.browser()).get(SIGN_IN)).token
    await browser.get(SIGN_IN)
    assert (await browser.post(SIGN_IN, {**form, "form": theirs})).status == 403
    assert (await browser.get("/en/admin")).status == 303


async def test_signing_in_begins_a_session_that_nobody_could_know(desk: Desk) -> None:
    """Session fixation: neither a cookie that was planted nor that of a session before is gone on with."""
    browser = await desk.browser()
    planted = f"{COOKIE}={'A' * 43}; {COOKIE}-visitor={'A' * 43}"
    shown = await browser.get(SIGN_IN, Cookie=planted)
    form = {"form": shown.token, "name": "ada", "password": SECRET}
    answer = await browser.post(SIGN_IN, form, Cookie=planted)
    assert answer.status == 303
    first = browser.cookies()[COOKIE]
    assert first != "A" * 43
    assert (await (await desk.browser()).get("/en/admin", Cookie=planted)).status == 303
    token = (await browser.get("/en/admin")).token
    answer = await browser.post(SIGN_IN, {**form, "form": token, "name": "bob"})
    second = browser.cookies()[COOKIE]
    assert second != first
    assert "Signed in as bob" in (await browser.get("/en/admin")).text
    assert (await (await desk.browser()).get("/en/admin", Cookie=f"{COOKIE}={first}")).status == 303


async def test_who_guesses_waits_and_learns_nothing(desk: Desk) -> None:
    """Brute force: the same answers for an account and for none, and after five failures a wait."""
    browser = await desk.browser()
    seen = []
    for name in ("ada", "eve"):
        answers = [await browser.sign_in(name, "wrong password here") for _ in range(7)]
        seen.append(
            [(each.status, each.headers.get("Retry-After"), each.text.replace(name, "")) for each in answers]
        )
    assert seen[0] == seen[1]
    assert [status for status, _, _ in seen[0]] == [403] * 5 + [429] * 2
    assert int(seen[0][5][1] or 0) >= 1
    # The right password is not looked at meanwhile; later it is.
    assert (await browser.sign_in()).status == 429
    desk.world.clock.pass_by(1_000)
    assert (await browser.sign_in()).status == 303


async def test_what_was_typed_is_not_lost_with_the_session(desk: Desk) -> None:
    browser = await desk.signed_in()
    token = (await browser.get("/en/admin/new")).token
    desk.world.clock.pass_by(IDLE_SECONDS)
    typed = {
        "do": "url",
        "log": desk.origin,
        "url": "https://forge.example/acme/tool",
        "of": "https://forge.example/acme/other",
        "/summary/fr": "Un <bac>",
    }
    answer = await browser.post("/en/admin/new", {"form": token, **typed, "password": SECRET})
    assert answer.status == 403
    is_sound(answer.page, "en", "City of City")
    is_harmless(answer.html)
    assert [each.strip() for each in answer.page.text_of("textarea")] == [
        typed["url"],
        typed["of"],
        typed["/summary/fr"],
    ]
    assert SECRET not in answer.html
    assert "This was not done" in answer.text
    # Whoever was signed in anew meanwhile is asked to look, too: it may be somebody else.
    await browser.sign_in("bob")
    answer = await browser.post("/en/admin/new", {"form": token, **typed})
    assert (answer.status, "forge.example" in answer.text) == (403, True)
    assert not manuscripts(desk.home, desk.account("bob"))
    # Another site is told nothing, and not even what it sent.
    answer = await browser.post("/en/admin/new", {"form": token, **typed}, "https://evil.example")
    assert (answer.status, "forge.example" in answer.html) == (403, False)


async def test_a_password_is_chosen_by_a_code(desk: Desk) -> None:
    old = await desk.signed_in()
    browser = await desk.browser()
    path, code = "/en/admin/password", invite(desk.home, "ada", "root")
    new = "four words nobody guesses"
    for data, words in (
        ({"code": "none", "password": new, "again": new}, "code is none"),
        ({"code": code, "password": new, "again": "other"}, "not typed alike"),
        ({"code": code, "password": "short", "again": "short"}, "fewer than 12"),
    ):
        answer = await browser.send(path, data)
        assert answer.status == 422
        assert words in answer.text
        assert "short" not in [each.get("value") for each in answer.page.all("input")]
    answer = await browser.send(path, {"code": code, "password": new, "again": new})
    assert (answer.status, answer.place) == (303, f"{SIGN_IN}?done=password")
    assert "Sign in with it" in (await browser.get(answer.place)).text
    assert (await old.get("/en/admin")).status == 303
    assert (await browser.sign_in(password=new)).status == 303


async def test_sessions_end(desk: Desk) -> None:
    browser, other = await desk.signed_in(), await desk.signed_in("bob")
    disable(desk.home, "bob", "root")
    assert (await other.get("/en/admin")).status == 303
    assert (await other.sign_in("bob")).status == 403
    desk.world.clock.pass_by(IDLE_SECONDS)
    assert (await browser.get("/en/admin")).status == 303


async def test_a_proxy_signs_in_who_it_names(desk: Desk) -> None:
    desk.configure(proxy="127.0.0.1", header="Remote-User")
    browser = await desk.browser()
    named = {"Remote-User": "Ada"}
    shown = await browser.get(SIGN_IN, **named)
    assert "Sign in as ada" in shown.text
    form = {"form": shown.token, "by": "proxy"}
    assert (await browser.post(SIGN_IN, form)).status == 403
    assert (await browser.post(SIGN_IN, form, **{"Remote-User": "nobody"})).status == 403
    assert (await browser.post(SIGN_IN, form, **named)).status == 303
    assert (await browser.get("/en/admin", **named)).status == 200
    # The session lasts as long as the proxy names the same person.
    assert (await browser.get("/en/admin", **{"Remote-User": "bob"})).status == 303
    assert "Sign in as" not in (await browser.get(SIGN_IN)).page.text_of("button")[0]


async def test_a_form_is_bounded(desk: Desk) -> None:
    browser = await desk.signed_in()
    token = (await browser.get("/en/admin")).token
    path = "/en/admin/sign-out"
    for data, status in (
        ({"form": token, "x": "a" * MOST_BYTES}, 413),
        (b'{"form": 1}', 415),
    ):
        assert (await browser.post(path, data)).status == status
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"a=1&" * 3_000, b"a=%FF", b"a", "form=é".encode()):
        assert (await browser.post(path, body, **urlencoded)).status == 400, body[:20]
    for broken in (
        b"nothing",
        b"--x\r\n\r\n\r\n--x--",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    ):
        parts = {"Content-Type": "multipart/form-data; boundary=x"}
        assert (await browser.post(path, broken, **parts)).status in (400, 403), broken
    form = FormData()
    form.add_field("form", token)
    form.add_field("file", b"a,b\n", filename="a.csv", content_type="text/csv")
    assert (await browser.post(path, form)).status == 303


async def test_other_methods_and_parameters_are_refused(desk: Desk) -> None:
    browser = await desk.signed_in()
    assert (await browser.get("/en/admin?x=1")).status == 400
    assert (await browser.post("/en/admin", {})).status == 405
    assert (await browser.get("/de/admin")).status == 404
