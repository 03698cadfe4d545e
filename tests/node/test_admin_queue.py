"""Many drafts at once, and what outsiders send in."""

from __future__ import annotations

import io
from typing import Any

from aiohttp import FormData

from node.answers.provenance import show
from node.desk.bulk import MOST_BYTES
from node.desk.kept import manuscripts
from node.desk.submissions import MOST_OF_ADDRESS, letters
from tests.desk_world import Answer, Browser, Desk

TABLE = (
    "kind,name.en,summary.en,topics,lifecycle,license,languages,links.landing\n"
    'software,Ballot,"Counts votes, fairly",sector:democracy,live,MIT,en;fr,https://b.example\n'
    "service,Ferry,,,,,,\n"
)
REPORT = {
    "reporter": "Friends of ferries",
    "reporter-url": "https://friends.example",
    "/kind": "service",
    "/name/en": "Ferry",
}


async def sent(browser: Browser, desk: Desk, do: str, data: bytes | None) -> Answer:
    form = FormData()
    for name, value in (
        ("form", (await browser.get("/en/admin/table")).token),
        ("log", desk.origin),
        ("do", do),
    ):
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(data or b""), filename="t.csv" if data else "", content_type="text/csv")
    return await browser.post("/en/admin/table", form)


async def test_each_line_of_a_table_becomes_a_draft(desk: Desk) -> None:
    browser = await desk.signed_in()
    answer = await sent(browser, desk, "check", TABLE.encode())
    assert answer.status == 200
    assert "2 entries" in answer.text
    assert "Missing: Summary" in answer.text
    assert not manuscripts(desk.home, desk.account())
    answer = await sent(browser, desk, "keep", TABLE.encode())
    drafts = {each["href"] for each in answer.page.all("a") if "/drafts/" in each["href"]}
    assert len(drafts) == len(manuscripts(desk.home, desk.account())) == 2
    for data, words in (
        (None, "no file was chosen"),
        (b"kind,colour\nsoftware,red\n", "no column"),
        (b"a" * (MOST_BYTES + 1), "larger than"),
    ):
        answer = await sent(browser, desk, "keep", data)
        assert answer.status == 422, words
        assert words in answer.text


async def reported(browser: Browser, desk: Desk, **more: Any) -> Answer:  # noqa: ANN401
    return await browser.send("/en/report", {"log": desk.origin, **REPORT, **more})


async def test_an_outsider_reports_an_entry_that_is_published_as_reported(desk: Desk) -> None:
    outsider, ada = await desk.browser(), await desk.signed_in()
    for path in ("/en/report", "/en/report/status"):
        assert (await outsider.get(path)).status == 404
    assert "takes nothing" in (await ada.get("/en/admin/submissions")).text
    desk.configure(submissions=True)
    answer = await reported(outsider, desk)
    assert answer.status == 200, answer.text
    (code,) = answer.page.text_of("code")
    answer = await outsider.send("/en/report/status", {"code": code})
    assert "waits to be looked at" in answer.text
    assert "Friends of ferries" in (await ada.get("/en/admin")).text
    (found,) = letters(desk.home)
    path = f"/en/admin/submissions/{found.number}"
    assert "Ferry" in (await ada.get(path)).text
    answer = await ada.send(path, {"do": "accept"})
    draft = answer.place
    assert "is not published yet" in (await outsider.send("/en/report/status", {"code": code})).text
    token = (await ada.get(draft)).token
    assert (await ada.send(path, {"do": "accept"})).status == 422
    made = manuscripts(desk.home, desk.account())[0]
    answer = await ada.post(draft, {"form": token, "do": "send", "revision": str(made.revision)})
    assert answer.status == 303, answer.text
    answer = await outsider.send("/en/report/status", {"code": code})
    assert "It is published" in answer.text
    (ref,) = answer.page.text_of("code")
    said: Any = show(desk.home, ref)["statement"]
    assert said["x"]["reported"]["by"] == "Friends of ferries"
    assert (await outsider.send("/en/report/status", {"code": "none"})).status == 404


async def test_what_is_refused_says_why_to_its_sender(desk: Desk) -> None:
    desk.configure(submissions=True)
    outsider, ada = await desk.browser(), await desk.signed_in()
    (code,) = (await reported(outsider, desk)).page.text_of("code")
    path = f"/en/admin/submissions/{letters(desk.home)[0].number}"
    assert (await ada.send(path, {"do": "refuse", "reason": " "})).status == 422
    assert (await ada.send(path, {"do": "dance"})).status == 400
    answer = await ada.send(path, {"do": "refuse", "reason": "Not a public service"})
    assert answer.place == "/en/admin/submissions"
    answer = await outsider.send("/en/report/status", {"code": code})
    assert "Not a public service" in answer.text
    token = (await outsider.get("/en/report")).token
    assert (await outsider.post(path, {"form": token, "do": "accept"})).place == "/en/admin/sign-in"
    assert (await ada.get("/en/admin/submissions/99")).status == 404


async def test_a_report_that_cannot_be_taken_is_shown_again_with_what_was_typed(desk: Desk) -> None:
    desk.configure(submissions=True)
    outsider = await desk.browser()
    answer = await reported(outsider, desk, **{"/kind": "", "/lifecycle": "live"})
    assert answer.status == 422
    assert "#in-kind" in {each["href"] for each in answer.page.all("a")}
    assert "Friends of ferries" in {each.get("value") for each in answer.page.all("input")}
    answer = await reported(outsider, desk, reporter="")
    assert (answer.status, "who reports it" in answer.text) == (422, True)
    assert (await reported(outsider, desk, log="x.example/log/x/1")).status == 422


async def test_one_address_sends_so_much_in_a_day(desk: Desk) -> None:
    desk.configure(submissions=True, proxy="127.0.0.1")
    outsider = await desk.browser()
    answers = [
        await outsider.send("/en/report", {"log": desk.origin, **REPORT}, **{"X-Forwarded-For": "192.0.2.9"})
        for _ in range(MOST_OF_ADDRESS + 1)
    ]
    assert [each.status for each in answers] == [200] * MOST_OF_ADDRESS + [429]
    assert answers[-1].headers["Retry-After"] == "86400"
