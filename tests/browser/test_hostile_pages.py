"""What others state, in a browser that runs programs: nothing of it runs, and nothing has to be refused.

A lying node has logs that say something bad in every field. Another one follows them; a reader and the
operator look at its pages. The same pages with one defect must not pass.
"""

from __future__ import annotations

import http.server
import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest

from node.answers.catalogue import CatalogueProjection
from node.home import Home
from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import OPERATOR, SECRET, SETTINGS, DemoNodes
from tests.e2e.processes import COMMAND_SECONDS, Node, eventually
from tests.hostile import ALLOWED, REPO, WORST, entry_with, state
from tests.publisher import Publisher
from tests.seeded.defects import DEFECTS
from tests.seeded.running import copied

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ORIGINS: Final = ("evil.example/log/evil/1", "sly.example/log/sly/1")
MAPS: Final = ("partOf", "replaces", "relatedTo", "seeking", "offering")
ALARM: Final = "window.xss = () => { console.error('a program of somebody else ran'); };"


@pytest.fixture(scope="module")
def liar(nodes: DemoNodes) -> Iterator[str]:
    """The address of a node that says something bad wherever a node can."""
    node = nodes.world.node("liar")
    node.init(WORST[:110])
    home = Home.open(node.home, projection=CatalogueProjection())
    try:
        for origin in ORIGINS:
            state(Publisher(home, origin, own=False), alone=origin == ORIGINS[0])
    finally:
        home.close()
    node.serve()
    try:
        with lying(node.url) as address:
            yield address
    finally:
        node.kill()


@pytest.fixture(scope="module")
def victim(nodes: DemoNodes, liar: str) -> Iterator[Node]:
    """A node that follows all that the liar has; ada operates it."""
    node = nodes.world.node("victim")
    node.init("Victim example")
    with (node.home / "config.toml").open("a", encoding="utf-8") as config:
        config.write(SETTINGS)
    code = node.run("account", "add", OPERATOR, "--role", "approver")["code"]
    node.run("account", "password", "--code", code, text=f"{SECRET}\n")
    node.serve()
    try:
        believe(node, liar)
        yield node
    finally:
        node.kill()


@contextmanager
def lying(url: str) -> Iterator[str]:
    """Hand on what a node answers, with a card that says something bad."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {
                name: value for name, value in self.headers.items() if name in ("Range", "If-None-Match")
            }
            asked = urllib.request.Request(url + self.path, headers=headers)  # noqa: S310 - loopback
            try:
                with urllib.request.urlopen(asked) as answer:  # noqa: S310
                    code, body, said = answer.status, answer.read(), dict(answer.headers)
            except urllib.error.HTTPError as error:
                code, body, said = error.code, error.read(), dict(error.headers)
            if self.path == "/.well-known/fedcat":
                body = json.dumps({**json.loads(body), "software": WORST[:200]}).encode()
            self.send_response(code)
            for name in ("Content-Type", "Content-Range", "ETag"):
                if name in said:
                    self.send_header(name, said[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401
            """Nobody reads it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def believe(node: Node, liar: str) -> None:
    """Let a running node follow all that the lying one has."""
    for origin in ORIGINS:
        node.run("follow", liar, "--origin", origin, "--yes")

    def has_all() -> bool:
        heads = {each["origin"]: each["size"] for each in node.get("/api/v1/heads")["heads"]}
        return all(heads.get(origin, 0) > 0 for origin in ORIGINS)

    eventually(COMMAND_SECONDS, has_all, "the node does not have what the liar says")
    eventually(COMMAND_SECONDS, lambda: len(_found(node)) > 0, "nothing of it is found")


def _found(node: Node) -> list[str]:
    found = node.get(f"/api/v1/search?publisher={quote(ORIGINS[0])}&publisher={quote(ORIGINS[1])}&limit=100")
    return [each["address"] for each in found["items"] if each["type"] == "entry"]


def pages(node: Node) -> list[str]:
    """Return all pages on which something of the lying node is to be seen."""
    changes = node.get("/api/v1/changes?limit=1000")["changes"]
    said = sorted(
        {each["address"] for each in changes if each["op"] != "keys" and _is_theirs(each["address"])}
    )
    assert len(said) > 10
    projects = _found(node)
    paths = [
        "/",
        "/search?q=tool",
        "/roadmap",
        "/seeking",
        "/offering",
        "/publishers",
        "/federation",
        "/feeds",
    ]
    paths += [f"/search?q={quote(each)}" for each in ALLOWED[:3]]
    paths += [f"/{what}/{origin}" for what in ("o", "log") for origin in ORIGINS]
    paths += [f"/e/{each}" for each in said]
    paths += [f"/p/{each}" for each in projects[:4]] + [f"/verify?entry={each}" for each in projects[:1]]
    paths.append("/compare?" + "&".join(f"p={quote(each, safe='')}" for each in projects[:4]))
    return paths


def _is_theirs(address: str) -> bool:
    return address.partition("/e/")[0] in ORIGINS


@contextmanager
def watching(browser: Browser, node: Node) -> Iterator[Visit]:
    with visitor(browser, node.url) as visit:
        visit.page.add_init_script(ALARM)
        yield visit


def test_nothing_that_others_state_runs(victim: Node, browser: Browser) -> None:
    with watching(browser, victim) as visit:
        shown = 0
        for path in pages(victim):
            visit.go(f"/en{path}")
            shown += visit.page.inner_text("main").count("xss()")
            assert visit.troubles == [], path
        # It is there to be read, as the text that it is.
        assert shown > 100
        # What is put into a page later, without loading it anew.
        visit.go("/en/search?q=tool")
        visit.page.locator(".side input[name=kind]").first.check()
        visit.page.wait_for_url("**kind=**")
        visit.page.wait_for_function("() => document.querySelector('.chips a')")
        visit.is_calm()


def test_nothing_runs_at_the_desk(victim: Node, browser: Browser, tmp_path: Path) -> None:
    letter = tmp_path / "letter.json"
    # What does not even have the right form is not taken.
    said = {name: each for name, each in entry_with(WORST[:200]).items() if name not in MAPS}
    letter.write_text(json.dumps(said), encoding="utf-8")
    sent = victim.run("submission", "add", str(letter), "--by", WORST[:150], "--url", "https://x.example/%22")
    ref = _found(victim)[0]
    victim.run("moderate", "hide", ref, "--reason", WORST[:150])
    with watching(browser, victim) as visit:
        visit.sign_in()
        number = sent["number"]
        paths = ["", "/peers", "/problems", "/moderation", "/trail", "/submissions", f"/submissions/{number}"]
        paths += [f"/peers/{origin}" for origin in ORIGINS]
        paths += [f"/new?what={what}&of={quote(REPO)}" for what in ("use", "vouch")]
        for path in paths:
            visit.go(f"/en/admin{path}")
            assert visit.troubles == [], path
        visit.go(f"/en/admin/submissions/{number}")
        visit.page.locator("button[value=accept]").click()
        visit.page.wait_for_url("**/drafts/**")
        assert "xss()" in visit.page.inner_text("main")
        visit.page.goto(visit.page.url.removesuffix("/edit") + "/edit")
        assert "xss()" in visit.page.locator("main").inner_html()
        visit.is_calm()


def test_a_page_that_writes_what_it_is_given_is_noticed(
    nodes: DemoNodes, browser: Browser, liar: str
) -> None:
    (defect,) = (each for each in DEFECTS if each.what == "templates write what they are given")
    with copied() as root:
        for edit in defect.edits:
            file = root / edit.file
            file.write_text(file.read_text(encoding="utf-8").replace(edit.old, edit.new), encoding="utf-8")
        naive = nodes.world.node("naive")
        naive.checkout = root
        naive.init("Naive example")
        naive.serve()
        try:
            believe(naive, liar)
            with watching(browser, naive) as visit:
                for path in pages(naive):
                    visit.go(f"/en{path}")
                    if visit.troubles:
                        break
                assert any("refused by policy" in each for each in visit.troubles)
        finally:
            naive.kill()
