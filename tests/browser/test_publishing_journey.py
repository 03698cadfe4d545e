"""The officer of a small town begins a node, follows a city, publishes, and takes back what she said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from protocol.proof import verify_entry_proof
from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import SECRET, DemoNodes
from tests.browser.town import Town, described, town
from tests.e2e.processes import COMMAND_SECONDS, Node, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

RACKS = "Where the racks are"
OFFICER = "maria"


@pytest.fixture(scope="module")
def smallville(nodes: DemoNodes) -> Iterator[Town]:
    with town(nodes.world) as made:
        yield made


def test_a_town_joins_publishes_and_takes_back_without_programs(
    smallville: Town, nodes: DemoNodes, browser: Browser
) -> None:
    with visitor(browser, smallville.node.url, scripts=False) as visit:
        first_run(visit, smallville)
        follow(visit, nodes.city)
        eventually(COMMAND_SECONDS, lambda: found(smallville.node, "consul"), "the city's entries never came")
        address = publish_from_repository(visit, smallville.repository)
        publish_a_use(visit, nodes.refs["own"])
        publish_a_plan(visit, address)
        visit.is_calm()
    with visitor(browser, nodes.city.url) as ada:
        ada.sign_in()
        follow(ada, smallville.node)
        shown_elsewhere(ada, smallville, nodes, address)
        ada.is_calm()
    with visitor(browser, smallville.node.url, scripts=False) as visit:
        visit.sign_in(OFFICER)
        withdraw(visit, address)
        visit.is_calm()
    eventually(COMMAND_SECONDS, lambda: not found(nodes.city, "Village budget"), "it is still found")
    with visitor(browser, nodes.city.url) as visit:
        visit.go(f"/en/e/{address}")
        assert "Its publisher withdrew it." in visit.page.inner_text("main")
        visit.is_calm()


def test_an_entry_is_written_from_a_file_and_changed_with_programs(
    nodes: DemoNodes, browser: Browser, tmp_path: Path
) -> None:
    with described(tmp_path / "site", "racks", RACKS) as place, visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.sign_in(locale="fr")
        visit.go("/fr/admin/new")
        page.fill("#url", f"{place}/publiccode.yml")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/drafts/*/edit")
        assert page.locator("input[name='/name/fr']").input_value() == RACKS
        page.locator("input[name='/summary/fr']").fill("Où sont les arceaux")
        write_in_italian(visit)
        check(visit, "topic:participatory-budgeting")
        page.locator("button[value=save]").click()
        address = signed(visit, "Signer et publier")
        # Said anew, and what is signed is what changed.
        visit.go(f"/fr/admin/statements/{address}")
        page.locator("button[value=edit]").click()
        page.wait_for_url("**/admin/drafts/*/edit")
        page.locator("input[name='/summary/fr']").fill("Les arceaux à vélos")
        page.locator("button[value=save]").click()
        changes = page.locator("section:has(#changes) tbody tr")
        changes.first.wait_for()
        (summary,) = [each for each in changes.all() if "arceaux" in each.inner_text()]
        assert "Où sont les arceaux" in summary.locator("del").inner_text()
        assert "Les arceaux à vélos" in summary.locator("ins").inner_text()
        assert signed(visit, "Signer et publier") == address
        # Everybody can see what the new version changed.
        visit.go(f"/fr/e/{address}")
        assert "Où sont les arceaux" in page.locator("section:has(#changes)").inner_text()
        visit.is_calm()


def write_in_italian(visit: Visit) -> None:
    """Open a tab for one language more, write in it, and go back, by keys alone; what is hidden stays."""
    page = visit.page
    page.locator("#language").select_option("it")
    page.locator("button[value=language]").click()
    page.wait_for_url("**/edit?language=it*")
    assert page.evaluate("() => document.activeElement.name") == "/name/it"
    assert not page.locator("input[name='/name/fr']").is_visible()
    page.keyboard.type("Rastrelliere")
    page.locator("summary", has_text="français").first.focus()
    page.keyboard.press("Enter")
    page.locator("input[name='/name/fr']").wait_for()
    assert not page.locator("input[name='/name/it']").is_visible()
    page.locator("button[value=save]").click()
    page.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    assert "Rastrelliere" in page.locator("section:has(#preview)").inner_text()
    page.locator(".actions a").first.click()
    page.wait_for_url("**/edit")
    # Links to inputs open the tab that these are in.
    page.evaluate("() => { location.hash = 'in-summary-it' }")
    page.locator("input[name='/summary/it']").wait_for()


def first_run(visit: Visit, made: Town) -> None:
    """Open the link that the node printed, do what the page says, choose a password, and be signed in."""
    page = visit.page
    link = made.first_run
    visit.go(link)
    checks = page.get_by_role("group", name="What was looked at")
    assert "in order" in checks.inner_text()
    steps = page.get_by_role("region", name="What to do next").inner_text()
    assert "fedcat account add" in steps
    assert "operators" in steps
    code = made.account(OFFICER)
    page.get_by_role("link", name="Choose a password by the code, and publish").click()
    page.get_by_label("Code").fill(code)
    page.get_by_label("New password", exact=True).fill(SECRET)
    page.get_by_label("once more").fill(SECRET)
    page.get_by_role("button").last.click()
    # The link was good once.
    made.name_operator(OFFICER)
    visit.go(link, 404)
    assert all("404" in each for each in visit.troubles)
    visit.troubles.clear()
    visit.sign_in(OFFICER)
    page.get_by_role("link", name="Checklist").click()
    page.wait_for_url("**/admin/checklist")
    assert page.get_by_role("group", name="What was looked at").is_visible()


def follow(visit: Visit, other: Node) -> None:
    """Follow a node at the desk: look, compare the fingerprint, type it as it was told on the telephone."""
    page = visit.page
    page.get_by_role("link", name="Others").click()
    page.get_by_label("Address of a node").fill(other.url)
    page.get_by_role("button", name="Look whom it shows").first.click()
    card = page.locator("article", has_text=other.origin)
    shown = card.locator("code").first.inner_text()
    assert "".join(shown.split()) == other.fingerprint
    # Somebody else's is refused, and it says what to do.
    typed = card.get_by_label("The fingerprint that the publisher told you")
    typed.fill("0" * 64)
    card.get_by_role("button", name="Follow", exact=True).click()
    assert "not the fingerprint" in page.get_by_role("alert").inner_text()
    # Chromium writes down each answer of 400 and more.
    assert all("422" in each for each in visit.troubles)
    visit.troubles.clear()
    page.get_by_role("button", name="Look whom it shows").first.click()
    card = page.locator("article", has_text=other.origin)
    # As it is read out: in groups, in capitals.
    card.get_by_label("The fingerprint that the publisher told you").fill(shown.upper())
    card.get_by_role("button", name="Follow", exact=True).click()
    page.wait_for_url("**/admin/peers")
    page.get_by_role("region", name="Logs, and where they come from").get_by_text(
        other.origin
    ).first.wait_for()


def publish_from_repository(visit: Visit, repository: str) -> str:
    """Publish an entry from the address of its repository; return its address."""
    page = visit.page
    page.get_by_role("link", name="New", exact=True).click()
    page.get_by_label("Address").fill(repository)
    page.get_by_role("button", name="Look there").click()
    page.wait_for_url("**/admin/drafts/*/edit")
    # The form is filled with what the repository says, in both languages, and says what is missing.
    assert page.locator("input[name='/name/en']").input_value() == "Village budget"
    assert page.locator("input[name='/summary/fr']").input_value().startswith("Budget participatif")
    missing = page.locator(".note.bad li a")
    assert "Topics" in missing.first.inner_text()
    target = str(missing.first.get_attribute("href")).removeprefix("#")
    assert page.locator(f"[id='{target}']").count() == 1
    check(visit, "topic:participatory-budgeting")
    page.get_by_role("button", name="Keep, and look at it").click()
    page.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    # What others have that is alike, how readers will see it, and what is signed.
    assert (
        "CONSUL Democracy"
        in page.get_by_role("region", name="Already in the federation, and alike").inner_text()
    )
    preview = page.get_by_role("region", name="How readers see it").inner_text()
    assert "Participatory budgeting for villages" in preview
    assert "Budget participatif pour les villages" in preview
    assert "EUPL-1.2" in page.get_by_role("region", name="What is signed").inner_text()
    return signed(visit, "Sign and publish")


def publish_a_use(visit: Visit, target: str) -> None:
    """Say that the town uses something, beginning at the page of the project."""
    page = visit.page
    visit.go(f"/en/p/{target}")
    page.get_by_role("link", name="Say that you use it").click()
    page.wait_for_url("**/admin/new?what=use**")
    assert page.get_by_label("What it is about").input_value() == target
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/edit")
    page.get_by_label("Status").select_option("production")
    page.get_by_label("Since").fill("2026-02-01")
    page.locator("textarea[name='/lessons/en']").fill("Paper ballots brought the elderly.")
    page.get_by_role("button", name="Keep, and look at it").click()
    signed(visit, "Sign and publish")


def publish_a_plan(visit: Visit, entry: str) -> None:
    """Add a plan to an entry by the short form."""
    page = visit.page
    visit.go("/en/admin/new?what=roadmap")
    page.get_by_label("Part of which entry").select_option(entry)
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/edit")
    page.get_by_label("Title").fill("A participatory budget in every village")
    page.get_by_label("Stage").select_option("planned")
    page.get_by_label("From").fill("2027-Q1")
    page.get_by_label("To", exact=True).fill("2027-Q2")
    page.get_by_role("button", name="Keep, and look at it").click()
    changes = page.get_by_role("region", name="What this version changes")
    assert "A participatory budget in every village" in changes.locator("ins").first.inner_text()
    assert signed(visit, "Sign and publish") == entry


def withdraw(visit: Visit, entry: str) -> None:
    """Withdraw an entry, having read what comes of it."""
    page = visit.page
    page.get_by_role("link", name="Published here").click()
    page.get_by_role("link", name="Village budget").click()
    page.get_by_label("Reason", exact=True).select_option("moved")
    page.get_by_role("button", name="Begin the withdrawal").click()
    page.wait_for_url(re.compile(r"/admin/drafts/\d+$"))
    comes = page.get_by_role("region", name="What comes of it").inner_text()
    assert "found by no search" in comes
    assert "stay readable" in comes
    assert signed(visit, "Sign the withdrawal") == entry


def check(visit: Visit, topic: str) -> None:
    """Choose a topic, the group of which may have to be opened."""
    box = visit.page.locator(f"input[name='/topics'][value='{topic}']")
    if not box.is_visible():
        visit.page.locator("details", has=box).locator("summary").first.click()
    box.check()


def signed(visit: Visit, button: str) -> str:
    """Press the button that signs; check the receipt and its proof, and return the address."""
    page = visit.page
    page.get_by_role("button", name=button).click()
    receipt = page.locator("section:has(#receipt)")
    receipt.wait_for()

    def stands() -> bool:
        if receipt.locator("code").count():
            return True
        page.reload()
        return False

    # A node that was just started may not sign yet: it is kept, and the page says to look again in a moment.
    eventually(COMMAND_SECONDS, stands, "it was never signed")
    address = receipt.locator("code").first.inner_text()
    link = receipt.locator("a[href$='/proof']").get_attribute("href")
    proof = page.request.get(f"{visit.url}{link}")
    assert verify_entry_proof(proof.body(), None).id.hex() == address.rpartition("/")[2]
    return address


def found(node: Node, text: str) -> bool:
    """Report whether a node's catalogue finds words that stand beside each other."""
    return bool(node.get(f"/api/v1/search?q=%22{text.replace(' ', '+')}%22")["total"])


def shown_elsewhere(visit: Visit, made: Town, nodes: DemoNodes, address: str) -> None:
    """See at another node what the town published, once it was pulled and checked there."""
    page = visit.page
    eventually(COMMAND_SECONDS, lambda: found(nodes.city, "Village budget"), "the town's entry never came")
    visit.go("/en/search?q=%22village+budget%22")
    page.locator(f"#results h3 a[href$='/p/{address}']").click()
    page.wait_for_url(f"**/p/{address}")
    assert "Smallville" in page.get_by_role("complementary").inner_text()
    plans = page.get_by_role("region", name="Plans and calls").inner_text()
    assert "A participatory budget in every village" in plans
    visit.go(f"/en/p/{nodes.refs['own']}")
    users = page.get_by_role("region", name="Who uses it", exact=True).inner_text()
    assert "Paper ballots brought the elderly." in users
    # Nobody has verified the town's domain: it is shown, and counts nothing.
    assert "Does not count:" in users
    visit.go(f"/en/o/{made.node.origin}")
    assert page.locator("h1").inner_text() == "Smallville"
