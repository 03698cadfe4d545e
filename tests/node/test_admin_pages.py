"""Every page of the desk: sound, small, translated, and the same for whoever cannot use a mouse."""

from __future__ import annotations

import functools
import gzip
from typing import Any

import pytest

from federation.listing import Verdict
from node.blocking import say
from node.desk.accounts import EDITOR, add, disable
from node.desk.manuscripts import begin, begin_erase
from node.desk.sending import send
from node.desk.submissions import Letterbox
from node.limiting import limit
from node.tokens import create, revoke
from node.web.site import Site
from protocol.origin import address
from tests.command import LIBRARY
from tests.desk_world import Answer, Browser, Desk
from tests.publisher import Publisher
from tests.web_checks import Pseudo, is_sound, texts_translated

THEIRS = "lyon.example/log/lyon/1"


async def filled(desk: Desk) -> list[str]:
    """Let something be on every page, and return the paths below the language's."""
    home, ada, origin = desk.home, desk.account(), desk.origin
    call: Any = {"type": "advice", "text": {"en": "Help us"}, "until": "2027-01-20"}
    first = begin(home, ada, origin, {**LIBRARY, "seeking": [call]})
    receipt = await send(home, ada, first.number, first.revision)
    ref, id_ = address(origin, receipt.ids[0]), receipt.ids[0]
    mine = begin(home, ada, origin, {**LIBRARY, "lifecycle": "pilot"}, id_=id_)
    theirs = begin(home, desk.account("bob"), origin, {**LIBRARY, "lifecycle": "retired"}, id_=id_)
    await send(home, desk.account("bob"), theirs.number, theirs.revision)
    said: Any = {"en": "Ask Jane Doe at jane.doe@city.example"}
    begin(home, ada, origin, {**LIBRARY, "name": {"en": "Another library"}})
    create(home, origin, "website", ("entry", "use"), until="2027-03-01", actor="ada")
    create(home, origin, "importer", ("entry",), until=None, actor="ada")
    revoke(home, "importer", "ada")
    add(home, origin, "former", EDITOR, "ada")
    disable(home, "former", "ada")
    about = begin(home, ada, origin, {"name": {"fr": "Bac"}, "description": said, "x": {"a": 1}})
    erase = begin_erase(home, ada, origin, id_)
    desk.configure(submissions=True, operators=("ada",))
    Publisher(home, THEIRS, own=False).publish()
    limit(home, THEIRS, {"entries": 9}, reason="A small one", actor="ada")
    say(home, Verdict.BLOCK, THEIRS, "", reason="Spam", actor="ada")
    found = {"kind": "service", "name": {"en": "Bus"}, "description": said}
    _, sent = Letterbox(home).put(origin, found, "Friends of buses", "https://bus.example")
    drafts = [f"/admin/drafts/{each.number}" for each in (first, mine, about, erase)]
    return [
        "/admin",
        "/admin/new",
        *(f"/admin/new?what={what}&of={ref}" for what in ("use", "vouch", "list", "roadmap")),
        *drafts,
        f"/admin/drafts/{mine.number}/edit",
        f"/admin/drafts/{about.number}/edit",
        "/admin/peers",
        f"/admin/peers/{THEIRS}",
        "/admin/moderation",
        "/admin/problems",
        "/admin/checklist",
        "/admin/keys",
        "/admin/access",
        "/admin/trail",
        "/admin/table",
        "/admin/ready",
        f"/admin/ready?done={first.number}",
        "/admin/submissions",
        f"/admin/submissions/{sent.number}",
        "/report",
        "/report/status",
        "/admin/statements",
        f"/admin/statements/{ref}",
    ]


async def shown(browser: Browser, path: str, **headers: str) -> Answer:
    answer = await browser.get(path, **headers)
    assert answer.status == 200, (path, answer.html[-2_000:])
    return answer


async def test_every_page_is_sound_and_small(desk: Desk) -> None:
    browser = await desk.signed_in()
    stranger = await desk.browser()
    paths = [(browser, path) for path in await filled(desk)]
    for who, path in (*paths, (stranger, "/admin/sign-in"), (stranger, "/admin/password")):
        answer = await shown(who, f"/ar{path}")
        is_sound(answer.page, "ar", "City of City")
        assert len(gzip.compress(answer.html.encode(), 6)) < 50_000, path
        for form in answer.page.all("form"):
            # What changes something is sent with the token of this page, and never by an address.
            assert form["method"] == "post" or path == "/admin/trail"


async def test_every_text_is_translated_or_data(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.signed_in()
    paths = await filled(desk)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    monkeypatch.setattr("node.app.Site", functools.partial(Site, translate=lambda _: Pseudo()))
    other = await desk.browser(anew=True)
    counted = 0
    for path in paths:
        counted += texts_translated((await shown(other, f"/fr{path}", Cookie=cookie)).page, path)
    stranger = await desk.browser()
    for path in ("/admin/sign-in", "/admin/password"):
        counted += texts_translated((await shown(stranger, f"/fr{path}")).page, path)
    assert counted > 300
