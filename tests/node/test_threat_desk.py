"""What is done to those who write, by what others send them, and to a node in the name of somebody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from federation.listing import Verdict
from node import app
from node.answers.indexing import catch_up
from node.answers.provenance import history, show
from node.answers.search import Question, search
from node.blocking import say
from node.candidates import candidates
from node.desk.manuscripts import begin
from node.desk.sending import refuse, send
from node.desk.submissions import Letterbox, accept
from node.home import Home
from node.http.routes import GET
from node.moderation import HIDE, moderate
from node.web.pages import PAGES
from protocol.origin import address
from tests.command import LIBRARY
from tests.desk_world import SITE, Answer, Browser, Desk
from tests.hostile import ALLOWED, PAYLOADS, entry_with, texts
from tests.hostile import WORST as SAYABLE
from tests.publisher import Publisher, entry
from tests.trust_world import profile, vouch
from tests.web_checks import is_harmless

ROOT = Path(__file__).resolve().parents[2]
WORST = " ".join(PAYLOADS)
EVIL = "evil.example"
FORGED = {
    "Host": EVIL,
    "Forwarded": f"for=192.0.2.1;host={EVIL};proto=https",
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Original-URL": f"https://{EVIL}/",
    "X-Rewrite-URL": f"https://{EVIL}/",
}


def reported(bad: str) -> dict[str, Any]:
    """Return the worst entry that the queue takes."""
    said = entry_with(bad)
    for field in ("partOf", "replaces", "relatedTo", "seeking", "offering"):
        del said[field]
    return said


async def harmless(browser: Browser, paths: list[str]) -> int:
    """Look at pages that say what somebody sent who means harm; return how often they do."""
    shown = 0
    for path in paths:
        answer = await browser.get(path)
        assert answer.status == 200, (path, answer.html[-500:])
        shown += sum("xss" in said for said, _ in is_harmless(answer.html).texts)
    return shown


async def test_what_strangers_send_in_runs_on_no_page_of_those_who_decide(desk: Desk) -> None:
    """Stored in the queue by nobody in particular, and looked at by somebody who is signed in."""
    desk.configure(submissions=True)
    box, bob = Letterbox(desk.home), desk.account("bob")
    sent = [
        box.put(desk.origin, reported(bad), bad[:200], "https://x.example/?xss")[1]
        for bad in (SAYABLE[:290], *ALLOWED[5:8])
    ]
    drafts = [accept(desk.home, bob, each.number) for each in sent[:2]]
    browser = await desk.signed_in("bob")
    paths = ["/en/admin", "/en/admin/submissions"]
    paths += [f"/en/admin/submissions/{each.number}" for each in sent]
    paths += [f"/en/admin/drafts/{each.number}{rest}" for each in drafts for rest in ("", "/edit")]
    assert await harmless(browser, paths) > 100
    # What is refused is shown once more to whoever typed it.
    typed = {"reporter": WORST[:300], "reporter-url": PAYLOADS[5], "/name/en": WORST, "/kind": WORST}
    answer = await browser.send("/en/report", {"log": desk.origin, **typed})
    assert answer.status == 422
    is_harmless(answer.html)


async def test_what_colleagues_and_peers_say_runs_on_no_page_of_the_desk(desk: Desk) -> None:
    home, origin, ada = desk.home, desk.origin, desk.account()
    said: Any = texts(WORST)
    first = begin(home, ada, origin, LIBRARY)
    id_ = (await send(home, ada, first.number, first.revision)).ids[0]
    drafts = [
        begin(home, ada, origin, entry_with(WORST[:1_000])),
        begin(home, ada, origin, entry_with(WORST[:1_000]), id_=id_),
        begin(home, ada, origin, {"type": "use", "v": 1, "target": PAYLOADS[5], "purpose": said}),
        begin(home, ada, origin, {"type": "list", "v": 1, "name": said, "items": [{"ref": WORST}]}),
    ]
    desk.configure(four_eyes=True, operators=("ada",))
    with home.database.write() as connection:
        connection.execute("UPDATE manuscript SET state = 'waiting' WHERE number = ?", (drafts[0].number,))
    refuse(home, desk.account("bob"), drafts[0].number, drafts[0].revision, WORST[:300])
    followed = Publisher(home, f"{EVIL}/log/evil/1", own=False)
    spam = followed.put(entry_with(SAYABLE[:290]))
    followed.put(vouch("sly.example/log/sly/1", "aa" * 32))
    followed.put(profile({"origin": "sly.example/log/sly/1", "url": 'https://x.example/"onmouseover="xss()'}))
    followed.publish()
    assert candidates(home)
    moderate(home, address(followed.origin, spam), HIDE, SAYABLE, WORST)
    say(home, Verdict.BLOCK, "sly.example", "", reason=WORST, actor=WORST)
    with home.database.write() as connection:
        row = (followed.store.id, WORST)
        connection.execute("INSERT INTO void_leaf (log, idx, reason) VALUES (?, 0, ?)", row)
        connection.execute("UPDATE source SET fault = 'malformed', detail = ?", (WORST,))
    browser = await desk.signed_in()
    paths = [f"/en/admin/{rest}" for rest in ("", "statements", "peers", "moderation", "problems", "trail")]
    paths = [path.rstrip("/") for path in paths] + [
        f"/en/admin/{rest}" for rest in ("keys", "checklist", f"peers/{followed.origin}")
    ]
    paths += [f"/en/admin/drafts/{each.number}{rest}" for each in drafts for rest in ("", "/edit")]
    assert await harmless(browser, paths) > 200
    # What somebody was made to type, or to follow a link to.
    for path, asked in (
        ("/en/admin/peers", {"do": "look", "url": f"https://{PAYLOADS[1]}"}),
        ("/en/admin/peers", {"do": "look", "url": PAYLOADS[5], "origin": WORST}),
        ("/en/admin/peers", {"do": "block", "name": WORST[:300], "reason": WORST[:300]}),
        (
            f"/en/admin/peers/{followed.origin}",
            {"do": "limit", "entries": PAYLOADS[1], "reason": WORST[:300]},
        ),
        (f"/en/admin/peers/{followed.origin}", {"do": "purge", "typed": WORST[:300]}),
        ("/en/admin/moderation", {"do": "hide", "ref": WORST[:400], "reason": WORST[:300]}),
        ("/en/admin/new", {"do": "url", "log": origin, "url": WORST}),
        ("/en/admin/password", {"code": WORST, "password": "a", "again": "b"}),
    ):
        answer = await browser.send(path, asked)
        assert answer.status == 422, path
        is_harmless(answer.html)


async def test_no_answer_repeats_the_name_that_it_was_asked_by(desk: Desk) -> None:
    """Links and redirects name the configured address, whatever a client or a strange proxy says."""
    home = desk.home
    made = begin(home, desk.account(), desk.origin, LIBRARY)
    where = address(desk.origin, (await send(home, desk.account(), made.number, made.revision)).ids[0])
    desk.configure(submissions=True)
    browser, answered = await desk.signed_in(), 0
    paths = [each.path for each in app.ROUTES if each.method == GET and "{" not in each.path]
    paths += [f"/en{each.path}" for each in PAGES if each.method == GET and "{" not in each.path]
    paths += [
        f"/en{rest}" for rest in ("/admin", "/admin/new", "/report", f"/p/{where}", f"/o/{desk.origin}")
    ]
    paths += [f"/api/v1/{rest}" for rest in (f"entries/{where}", f"projects/{where}", "search?q=a")]
    paths += [f"/feeds/search.{kind}?q=a" for kind in ("atom", "json")]
    paths += [f"/feeds/project.{kind}?project={where}" for kind in ("atom", "json")]
    paths += [f"/feeds/reminders.{kind}?publisher={desk.origin}" for kind in ("atom", "json", "ics")]
    paths += ["/feeds/roadmap.atom", "/feeds/roadmap.ics", "/nothing", "/en/nothing", "/log/city/1/"]
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies().items())
    for path in paths:
        asked = browser.client.get(path, headers=FORGED | {"Cookie": cookie}, allow_redirects=False)
        async with asked as response:
            said = await response.read()
        assert EVIL.encode() not in said + str(response.headers).encode(), path
        answered += response.status in (200, 302, 303)
    assert answered > 40
    # A form that was shown under another name is none of this node's, whatever else fits.
    token = (await browser.get("/en/admin")).token
    sent: Answer = await browser.post("/en/admin/sign-out", {"form": token}, f"https://{EVIL}", **FORGED)
    assert sent.status == 403
    assert EVIL not in sent.html
    assert (await browser.post("/en/admin/sign-out", {"form": token}, SITE, Cookie=cookie)).status == 303


async def test_an_import_reaches_nothing_that_this_node_may_not_reach(desk: Desk) -> None:
    """SSRF by the form for a repository's address: it goes through the fetcher, and nowhere else."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(text="name: Internal")

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    browser = await desk.signed_in()
    async with TestServer(application) as inside:
        object.__setattr__(desk.home.config, "allow_private", False)
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"):
            url = f"http://{host}:{inside.port}/publiccode.yml"
            sent = await browser.send("/en/admin/new", {"do": "url", "log": desk.origin, "url": url})
            assert sent.status == 422, host
    assert asked == []


def test_an_erase_acts_in_its_own_log_alone(home: Home) -> None:
    """Somebody erases the very id, at the very place, of another's statement; before and after it."""
    theirs, thief = (Publisher(home, f"{name}.example/log/{name}/1", own=False) for name in ("city", "evil"))
    ids = [bytes([number]) * 16 for number in range(3)]
    for id_ in ids[:2]:
        thief.put(entry("Mine now"), id_)
        thief.erase(id_)
    thief.publish()
    for number, id_ in enumerate(ids):
        theirs.put(entry(f"Ferry {number}"), id_)
        theirs.put(entry(f"Ferry {number} again"), id_)
    theirs.publish()
    thief.put(entry("Mine now"), ids[2])
    thief.erase(ids[2])
    # One that names a place where its own log has nothing of this id acts nowhere at all.
    thief.erase(ids[2], theirs.index(ids[2]))
    thief.publish()
    # The files of both are written once more.
    theirs.put(entry("Bus"))
    for publisher in (theirs, thief):
        publisher.publish()
        publisher.store.scrub()
    catch_up(home)
    for number, id_ in enumerate(ids):
        assert show(home, address(theirs.origin, id_))["name"] == f"Ferry {number} again"
        assert [each["erased"] for each in history(home, address(theirs.origin, id_))] == [None, None]
        assert all(theirs.store.kept_blob(index) for index, _ in theirs.store.versions(id_))
        assert [each["erased"] for each in history(home, address(thief.origin, id_))] == ["privacy"]
        assert thief.store.kept_blob(thief.index(id_)) is None
    assert [search(home, Question(word)).total for word in ("ferry", "mine")] == [3, 0]


def test_nothing_reads_what_can_run_or_unfold() -> None:
    """No archives, no pickles; YAML by the one bounded loader, XML by the one that takes no document type."""
    hostile = r"fromstring|iterparse|XMLParser|XMLPullParser|minidom|expat|sax\.(?:parse|make)"
    hostile += r"|zipfile|tarfile|unpack_archive|pickle\.load|marshal\.load|shelve\.open|\bYAML\("
    found = {
        str(path.relative_to(ROOT))
        for folder in ("protocol", "federation", "node")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(hostile, path.read_text("utf-8"))
    }
    # The last one only writes.
    assert found == {
        "node/interop/yaml_loader.py",
        "node/planet/xmlfeeds.py",
        "node/interop/publiccode_write.py",
    }
