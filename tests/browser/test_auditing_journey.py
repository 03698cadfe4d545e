"""An auditor checks a statement without trusting the node that shows it, and sees who told two stories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from node.cli.exits import ExitCode
from protocol.merkle import Digest
from protocol.note import Note
from protocol.packing import pack, unpack
from protocol.proof import CARRIED, LogProof
from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import DemoNodes
from tests.browser.split_nodes import SplitNodes, split_nodes
from tests.command import Fedcat, runner
from tests.e2e.processes import flipped

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.browser


@pytest.fixture
def fedcat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Fedcat:
    """The program on the auditor's own machine, on which there is no node."""
    return runner(monkeypatch, capsys, "--home", str(tmp_path / "nowhere"))


@pytest.fixture(scope="module")
def split(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SplitNodes]:  # noqa: ARG001
    with split_nodes(tmp_path_factory.mktemp("split")) as made:
        yield made


def test_a_proof_is_checked_offline_and_by_the_program(
    nodes: DemoNodes, browser: Browser, tmp_path: Path, fedcat: Fedcat
) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go(f"/en/p/{nodes.refs['project']}")
        origin = nodes.refs["project"].partition("/e/")[0]
        pin = next(each for each in nodes.world.nodes if each.origin == origin).fingerprint
        box = page.get_by_role("complementary", name="Where this comes from")
        file = downloaded(visit, box.get_by_role("link", name="Download the proof"), tmp_path)
        assert file.suffix == ".tlog-proof"
        box.get_by_role("link", name="Check it in this browser").click()
        page.wait_for_url("**/en/verify?entry=**")

        # First as the node hands it out; whose keys they are nobody can tell without the fingerprint.
        assert pressed(page, "Check") == "unpinned"
        page.context.set_offline(True)
        page.set_input_files("#file", file)
        page.fill("#fingerprint", pin)
        assert pressed(page, "Check") == "passed"
        assert set(states(page).values()) == {"passed"}
        said = page.locator("[data-fact=statement]").inner_text()
        assert "Decidim" in said

        # A key of a cosigner that was mistyped says nothing against the proof.
        page.fill("#cosigners", "somebody")
        assert pressed(page, "Check") == "uncounted"
        assert list(states(page).values()).count("passed") == len(states(page)) - 1
        page.fill("#cosigners", "")

        # The keys of somebody else, told on the telephone.
        page.fill(
            "#fingerprint",
            nodes.group.fingerprint if pin != nodes.group.fingerprint else nodes.city.fingerprint,
        )
        assert pressed(page, "Check") == "refused"
        assert refused_at(page) == "The keys of the publisher"
        is_calm_offline(visit)
    result = fedcat("verify", str(file), "--fingerprint", pin, "--json")
    assert (result.code, result.document["pinned"]) == (ExitCode.OK, True)
    assert result.document["address"] == nodes.refs["project"]


def test_a_tampered_proof_is_refused_and_the_step_is_named(
    nodes: DemoNodes, browser: Browser, tmp_path: Path, fedcat: Fedcat
) -> None:
    address = nodes.refs["project"]
    origin = address.partition("/e/")[0]
    pin = next(each for each in nodes.world.nodes if each.origin == origin).fingerprint
    with visitor(browser, nodes.group.url) as visit:
        page = visit.page
        answer = page.request.get(f"{nodes.group.url}/api/v1/entries/{address}/proof")
        visit.go("/en/verify")
        page.context.set_offline(True)
        page.fill("#fingerprint", pin)
        for step, reason, data in tampered(answer.body()):
            page.set_input_files("#file", {"name": "x.tlog-proof", "mimeType": "text/plain", "buffer": data})
            assert pressed(page, "Check") == "refused", step
            assert refused_at(page) == step
            assert reason in page.locator("[data-verdict=refused]").inner_text()
            # What comes after the step is not claimed, and nothing of the file is shown as checked.
            marks = list(states(page).values())
            assert marks == sorted(marks, key=["passed", "refused", "open"].index)
            assert marks.count("refused") == 1
            file = tmp_path / "x.tlog-proof"
            file.write_bytes(data)
            assert fedcat("verify", str(file), "--fingerprint", pin).code == ExitCode.UNVERIFIED
        is_calm_offline(visit)


def test_former_versions_are_shown_with_what_each_changed(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url, scripts=False) as visit:
        page = visit.page
        visit.go(f"/en/o/{nodes.city.origin}")
        page.get_by_role("link", name="The signed profile").click()
        page.wait_for_url("**/en/e/**")
        changes = page.get_by_role("region", name="What this version changed")
        assert changes.locator("ins").count() > 0
        versions = page.get_by_role("region", name="Versions").get_by_role("link")
        assert versions.count() == 2
        versions.last.click()
        page.wait_for_url("**?version=**")
        assert "This is a former version." in page.inner_text("main")
        page.get_by_role("link", name="Show the newest one").click()
        page.wait_for_url(lambda url: "version=" not in url)
        visit.is_calm()


def test_a_split_view_is_seen_downloaded_and_verified(
    split: SplitNodes, browser: Browser, tmp_path: Path, fedcat: Fedcat
) -> None:
    for node, other in ((split.left, split.right), (split.right, split.left)):
        with visitor(browser, node.url) as visit:
            page = visit.page
            visit.go("/en/")
            page.get_by_role("link", name="A log showed two histories").click()
            page.wait_for_url("**/en/federation")
            alarm = page.get_by_role("region", name="Logs that showed two histories")
            assert "Publisher" in alarm.inner_text()
            row = page.locator("#content tr", has=page.locator(f"a[href$='/o/{split.origin}']"))
            assert "Two histories shown" in row.inner_text()
            assert colour(row.locator(".tag.bad").first) != colour(page.locator("main .tag.good").first)
            page.get_by_role("link", name="Download the evidence")
            row.locator(f"a[href$='/log/{split.origin}']").click()
            page.wait_for_url(f"**/log/{split.origin}")
            assert "This log showed two histories." in page.inner_text("main")
            file = downloaded(visit, page.get_by_role("link", name="Download the evidence"), tmp_path)
            # The page says how to check it, and the command is good as it stands there.
            command = page.locator(".note.bad pre").inner_text()
            assert file.name in command
            assert f"{other.url.removeprefix('http://')}: Contradicts" in page.inner_text("aside")
            visit.is_calm()
        result = fedcat("verify", str(file), "--fingerprint", split.fingerprint, "--json")
        assert (result.code, result.document["kind"]) == (ExitCode.OK, "fork")
        assert len({each["root"] for each in result.document["heads"]}) == 2
        assert fedcat("verify", str(file), "--fingerprint", other.fingerprint).code == ExitCode.UNVERIFIED
        file.write_bytes(flipped(file.read_bytes(), -1))
        assert fedcat("verify", str(file), "--fingerprint", split.fingerprint).code == ExitCode.UNVERIFIED


def tampered(proof: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Yield the step that refuses, a word of the reason, and the proof with one bit of that step changed."""
    parts = LogProof.parse(proof)
    assert parts.extra is not None
    carried = unpack(parts.extra, CARRIED)
    assert isinstance(carried, dict)
    blob, leaf = carried["blob"], carried["leaf"]
    assert isinstance(blob, bytes)
    assert isinstance(leaf, bytes)
    note = Note.parse(parts.checkpoint)
    mark, *others = note.signatures
    forged = replace(mark, signature=flipped(mark.signature, 7))

    def with_(**changed: Any) -> bytes:  # noqa: ANN401 - any part
        return replace(parts, **changed).render()

    yield "The file", "damaged or changed", proof.replace(b"index ", b"index x", 1)
    yield (
        "The signed state of the log",
        "signature",
        with_(checkpoint=replace(note, signatures=(forged, *others)).render()),
    )
    yield (
        "The place in the log",
        "signed root",
        with_(hashes=(Digest(flipped(parts.hashes[0], 3)), *parts.hashes[1:])),
    )
    yield (
        "The place in the log",
        "signed root",
        with_(extra=pack({**carried, "leaf": flipped(leaf, -1)}, CARRIED)),
    )
    yield (
        "The content belongs to it",
        "not the one",
        with_(extra=pack({**carried, "blob": flipped(blob, -1)}, CARRIED)),
    )


def pressed(page: Page, name: str) -> str:
    """Press a button of the page that checks proofs; return the verdict."""
    page.get_by_role("button", name=name).click()
    shown = page.locator("[data-verdict]:visible")
    shown.wait_for()
    return str(shown.get_attribute("data-verdict"))


def is_calm_offline(visit: Visit) -> None:
    """Check that nothing happened that must not; a browser may ask for a page's icon late, in vain by now."""
    visit.troubles[:] = [each for each in visit.troubles if "/static/icon." not in each]
    visit.is_calm()


def states(page: Page) -> dict[str, str]:
    """Return the state of each step, by its heading, in their order."""
    found = {}
    for step in page.locator("[data-step]").all():
        name = step.locator("h3").evaluate("each => each.firstChild.textContent.trim()")
        found[name] = str(step.locator("[data-state]:visible").get_attribute("data-state"))
    return found


def refused_at(page: Page) -> str:
    """Return the heading of the step that refused."""
    return next(name for name, state in states(page).items() if state == "refused")


def downloaded(visit: Visit, link: Locator, folder: Path) -> Path:
    """Follow a link to a file; return where it is now, under the name that it was given."""
    with visit.page.expect_download() as begun:
        link.click()
    file = folder / begun.value.suggested_filename
    begun.value.save_as(file)
    return file


def colour(found: Locator) -> str:
    """Return the colour of something's text."""
    return str(found.evaluate("each => getComputedStyle(each).color"))
