"""``fedcat draft …``: from a file to the log, as an account, with every step shown."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from aiohttp import web

from tests.command import LIBRARY, Fedcat
from tests.loopback import serving

DRAFT = {**LIBRARY, "description": {"en": "Ask jane.doe@city.example."}}


def accounts(fedcat: Fedcat) -> None:
    assert fedcat("account", "add", "ada").code == 0
    assert fedcat("account", "add", "bob", "--role", "approver").code == 0


def test_a_draft_is_written_looked_at_and_sent(published: tuple[Fedcat, str]) -> None:
    fedcat, address = published
    accounts(fedcat)
    as_ada = ("--as", "ada")
    assert fedcat("draft", "list", *as_ada).out == "No drafts.\n"
    saved = fedcat(
        "draft", "save", "-", *as_ada, "--json", text=json.dumps({"name": {"en": "Mobile library"}})
    )
    assert (saved.document["number"], saved.document["state"]) == (1, "open")
    shown = fedcat("draft", "show", "1", *as_ada)
    assert "/kind: 'kind' is missing" in shown.out
    assert "Similar: Mobile library" in shown.out
    assert fedcat("draft", "send", "1", *as_ada).code == 9
    assert fedcat("draft", "save", "-", *as_ada, "--number", "1", text=json.dumps(DRAFT)).code == 0
    (finding,) = fedcat("draft", "show", "1", *as_ada, "--json").document["findings"]
    assert finding["key"] in fedcat("draft", "show", "1", *as_ada).out
    assert fedcat("draft", "acknowledge", "1", finding["key"], *as_ada).code == 0
    sent = fedcat("draft", "send", "1", *as_ada, "--revision", "2", "--json").document
    assert (sent["signed"], sent["state"], sent["number"]) == (True, "published", 1)
    assert "put" in fedcat("draft", "list", *as_ada).out
    # Two new versions of one entry: the second comes too late.
    for _ in range(2):
        assert fedcat("draft", "save", "-", *as_ada, "--entry", address, text=json.dumps(DRAFT)).code == 0
    for number in ("2", "3"):
        assert fedcat("draft", "acknowledge", number, finding["key"], *as_ada).code == 0
    assert fedcat("draft", "send", "2", *as_ada).out.startswith("Published")
    late = fedcat("draft", "show", "3", *as_ada)
    assert "came first; it changed:\n  /description" in late.out
    assert fedcat("draft", "send", "3", *as_ada).code == 6
    conflict = fedcat("draft", "show", "3", *as_ada, "--json").document["conflict"]
    assert conflict["theirs"][0]["pointer"] == "/description"
    again = ("--number", "3", "--expected", str(conflict["found"]))
    assert fedcat("draft", "save", "-", *as_ada, *again, text=json.dumps(LIBRARY)).code == 0
    assert "  - /description" in fedcat("draft", "show", "3", *as_ada).out
    assert fedcat("draft", "discard", "3", *as_ada).out == "Discarded: draft 3\n"
    for name in ("Bus", "Tram"):
        said = json.dumps({**LIBRARY, "name": {"en": name}})
        assert fedcat("draft", "save", "-", *as_ada, text=said).code == 0
    assert fedcat("draft", "send", "4", "5", *as_ada, "--revision", "1").code == 2
    both = fedcat("draft", "send", "4", "5", *as_ada, "--json").document
    assert both["drafts"] == [{"number": 4, "state": "published"}, {"number": 5, "state": "published"}]
    assert len(both["entries"]) == 2
    assert fedcat("draft", "show", "3", *as_ada).code == 7


def test_somebody_else_refuses_and_approves_and_what_is_withdrawn_and_erased_says_so(
    published: tuple[Fedcat, str],
) -> None:
    fedcat, address = published
    accounts(fedcat)
    assert fedcat("draft", "withdraw", address, "--as", "ada", "--reason", "error").code == 0
    assert "No successor is named" in fedcat("draft", "show", "1", "--as", "ada").out
    assert fedcat("draft", "hand-in", "1", "--as", "ada").code == 0
    for number in ("2", "3"):
        assert fedcat("draft", "save", "-", "--as", "ada", text=json.dumps(LIBRARY)).code == 0
        assert fedcat("draft", "show", number, "--as", "ada").code == 0
    assert "Handed in: draft 3" in fedcat("draft", "hand-in", "2", "3", "--as", "ada").out
    assert fedcat("draft", "discard", "2", "--as", "ada").code == 0
    assert fedcat("draft", "refuse", "1", "--as", "bob", "--reason", "It holds.").code == 0
    assert "Refused by bob: It holds." in fedcat("draft", "show", "1", "--as", "ada").out
    assert fedcat("draft", "hand-in", "1", "--as", "ada").code == 0
    assert fedcat("draft", "approve", "1", "--as", "ada").code == 1
    assert fedcat("draft", "approve", "1", "--as", "bob").out.startswith("Withdrawn")
    assert fedcat("draft", "erase", address, "--as", "bob", "--reason", "privacy").code == 0
    assert "This cannot be undone." in fedcat("draft", "show", "4", "--as", "bob").out
    assert fedcat("draft", "send", "4", "--as", "bob").out.startswith("Erased")


async def test_drafts_begin_with_a_file_of_a_repository_and_with_a_table(
    founded: Fedcat, tmp_path: Path
) -> None:
    accounts(founded)

    async def answer(request: web.Request) -> web.Response:
        if request.path != "/acme/tidal/publiccode.yml":
            raise web.HTTPNotFound
        return web.Response(text="publiccodeYmlVersion: '0.4'\nname: Tidal\ncolour: blue\n")

    async with serving(answer) as base:
        url = f"{base}/acme/tidal"
        made = await asyncio.to_thread(founded, "draft", "fetch", url, "--as", "ada")
        assert f"from {url}/publiccode.yml" in made.out
        assert "/colour" in made.out
    table = tmp_path / "table.csv"
    table.write_text("kind,name.en\nsoftware,Ballot\n", encoding="utf-8")
    tried = founded("draft", "import", str(table), "--as", "ada", "--dry-run")
    assert tried.out.startswith("Line 2: /summary")
    assert tried.out.endswith("one entry read\n")
    assert founded("draft", "import", str(table), "--as", "ada", "--json").document["rows"][0]["number"] == 2
