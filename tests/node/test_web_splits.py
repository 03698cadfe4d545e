"""A log that showed two histories, as a visitor of this node sees it."""

from typing import Any

from aiohttp.test_utils import TestClient

from node.answers.indexing import catch_up
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.splits import judge, keep_evidence
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.evidence import build_fork, verify_fork
from protocol.note import Note
from tests.markup import Page
from tests.publisher import MIRROR_KEY, Publisher, entry
from tests.signers import log_key

ORIGIN = "b.example/log/state/1"


async def test_a_visitor_is_told_shown_the_evidence_and_how_to_check_it(
    home: Home, client: TestClient[Any, Any]
) -> None:
    if not home.keys_dir.exists():
        make_directory(home.keys_dir)
        save_mirror_key(home.keys_dir, MIRROR_KEY)
    state = Publisher(home, ORIGIN, own=False)
    state.put(entry("Tool"))
    size = state.publish()
    other = Checkpoint(ORIGIN, size, bytes(32))
    row = home.logs.get(ORIGIN)
    assert row is not None
    forged = Note(other.text, (sign_checkpoint(other, log_key(1, ORIGIN)),)).render()
    fork = build_fork(state.chain, (row.signed, forged), ()).render()
    assert keep_evidence(home, ORIGIN, fork, "https://elsewhere.example")
    assert judge(home, ORIGIN) is not None
    catch_up(home)
    page = Page(await (await client.get(f"/en/log/{ORIGIN}")).text())
    text = " ".join(page.text_of("main"))
    assert "This log showed two histories." in text
    (place,) = (each["href"] for each in page.all("a") if "/evidence/" in each["href"])
    answer = await client.get(place)
    assert "attachment" in answer.headers["Content-Disposition"]
    # What is downloaded convinces whoever knows the publisher, and the page names the command for it.
    assert verify_fork(await answer.read(), state.chain.fingerprint).origin == ORIGIN
    assert f"fedcat verify {place.rpartition('/')[2]}.fork --fingerprint" in page.text_of("pre")[0]
    for path, words in (
        ("/en/federation", "Logs that showed two histories"),
        ("/en/search?q=tool", "Two histories shown"),
        (f"/en/o/{ORIGIN}", "This log showed two histories."),
    ):
        page = Page(await (await client.get(path)).text())
        assert words in " ".join(page.text_of("main")), path
