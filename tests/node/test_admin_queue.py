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


READY = (
    "kind,name.en,summary.en,topics,lifecycle,license,languages,links.landing\n"
    "software,Ballot,Counts the votes of citizens,sector:democracy,live,MIT,en,https://b.example\n"
    "software,Ferry,Sells tickets for the ferry,sector:health,live,MIT,en,https://f.example\n"
    "software,Bus,Sells tickets for the bus,sector:health,live,MIT,en,https://u.example\n"
    "service,Tram,,,,,,\n"
)


async def test_what_is_ready_is_signed_together_with_a_summary_before(desk: Desk) -> None:
    browser, path = await desk.signed_in(), "/en/admin/ready"
    assert "No draft of yours" in (await browser.get(path)).text
    answer = await sent(browser, desk, "keep", READY.encode())
    assert path in {each["href"] for each in answer.page.all("a")}
    assert path in {each["href"] for each in (await browser.get("/en/admin")).page.all("a")}
    answer = await browser.get(path)
    ticked = [each["value"] for each in answer.page.all("input") if each.get("name") == "draft"]
    assert len(ticked) == 3
    assert "Tram" not in answer.text
    assert "fedcat draft send NUMBER... --as ada" in answer.text
    size = desk.home.logs.all()[0].size
    answer = await browser.send(path, {"draft": ticked[:2]})
    numbers = [each.partition(":")[0] for each in ticked]
    assert answer.place == f"{path}?done={numbers[0]},{numbers[1]}"
    assert desk.home.logs.all()[0].size == size + 2
    answer = await browser.get(answer.place)
    assert answer.text.count("Download the proof") == 2
    # What is published by now is what the next one is most like.
    assert "Ferry" in answer.page.text_of("table")[0]
    # Pressed twice, it means the same; with something else it does not.
    again = await browser.send(path, {"draft": ticked[:2]})
    assert again.place == f"{path}?done={numbers[0]},{numbers[1]}"
    unknown = (["x"], ["7:é"], ["\u0663:\u0661"], [f"{numbers[2]}:9"], ["99999:1"], ["9" * 20 + ":1"])
    for wrong in (ticked[1:], [ticked[2], ticked[2]], [], *unknown):
        answer = await browser.send(path, {"draft": wrong})
        assert answer.status == 422, wrong
    assert desk.home.logs.all()[0].size == size + 2
    # Receipts are of one's own drafts alone.
    other = await desk.signed_in("bob")
    assert "Ballot" not in (await other.get(f"{path}?done={numbers[0]},4711")).text
    assert (await other.get(f"{path}?done=x")).status == 400


async def test_with_four_eyes_what_is_ready_is_handed_in_together(desk: Desk) -> None:
    desk.configure(four_eyes=True)
    browser, path = await desk.signed_in(), "/en/admin/ready"
    await sent(browser, desk, "keep", READY.encode())
    answer = await browser.get(path)
    assert "fedcat draft hand-in NUMBER..." in answer.text
    ticked = [each["value"] for each in answer.page.all("input") if each.get("name") == "draft"]
    size = desk.home.logs.all()[0].size
    answer = await browser.send(path, {"draft": ticked})
    assert (await browser.get(answer.place)).text.count("Waits for approval") == 3
    assert [each.state for each in manuscripts(desk.home, desk.account())].count("waiting") == 3
    assert desk.home.logs.all()[0].size == size


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
    assert "Friends of ferries" in (await ada.get(f"/en/admin/submissions?log={desk.origin}")).text
    assert (await ada.get("/en/admin/submissions?log=other.example/log/x/1")).status == 404
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
    # Readers are told so, wherever they look at it.
    for path in (f"/en/p/{ref}", f"/en/e/{ref}"):
        (told,) = [each for each in (await outsider.get(path)).page.text_of("p") if "did not sign" in each]
        assert "says that Friends of ferries reported it" in told
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
