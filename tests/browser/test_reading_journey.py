"""A policy officer looks, in French, for what towns use to let people decide on budgets, and for partners."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import feedparser  # type: ignore[import-untyped] # it has no types
import pytest

from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import DemoNodes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ASKED = "budget participatif"
WANTED = (("kind", "software"), ("usedBy", "local"), ("has", "seeking"), ("language", "fr"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with programs", "without programs"])
def test_searching_narrowing_down_and_back(nodes: DemoNodes, browser: Browser, *, scripts: bool) -> None:
    with visitor(browser, nodes.city.url, scripts=scripts) as visit:
        page = visit.page
        visit.go("/fr/")
        page.get_by_role("searchbox").fill(ASKED)
        page.keyboard.press("Enter")
        page.wait_for_url("**/fr/search?q=budget+participatif*")
        assert (everything := hits(visit)) > 1
        for facet, value in WANTED:
            tick(visit, facet, value, scripts=scripts)
        assert page.locator("#results .chips li").count() == len(WANTED)
        assert hits(visit) == 1
        found = page.locator("#results article").inner_text()
        assert "Decidim" in found
        # In the reader's language where that of the words is another: it says so.
        assert "italien" in found
        # The filters are in the address: it can be sent to somebody, and the way back is the browser's.
        address = page.url
        page.go_back()
        page.locator("#results .chips li").nth(len(WANTED) - 1).wait_for(state="detached")
        page.go_forward()
        page.locator("#results .chips li").nth(len(WANTED) - 1).wait_for()
        assert page.url == address
        for left in reversed(range(len(WANTED))):
            page.locator("#results .chips a").first.click()
            page.locator("#results .chips li").nth(left).wait_for(state="detached")
        assert hits(visit) == everything
        ordered = sorted(page.locator("#results article h3").all_inner_texts(), key=str.casefold)
        page.select_option("#sort", "name")
        if not scripts:
            page.locator(".side button").last.click()
        page.wait_for_url("**sort=name*")
        # The address is there before the results are: they are waited for.
        page.wait_for_function(
            "(all) => [...document.querySelectorAll('#results h3')]"
            ".map((each) => each.innerText).join() === all",
            arg=",".join(ordered),
        )
        visit.is_calm()


def test_words_of_other_languages_find_the_same(nodes: DemoNodes, browser: Browser) -> None:
    found = []
    with visitor(browser, nodes.group.url, scripts=False) as visit:
        for locale, words in (
            ("fr", ASKED),
            ("en", "participatory budgeting"),
            ("it", "bilancio partecipativo"),
        ):
            visit.go(f"/{locale}/search?q={words.replace(' ', '+')}&kind=software&has=seeking")
            links = visit.page.locator("#results article h3 a").all()
            found.append([str(each.get_attribute("href")).partition("/p/")[2] for each in links])
        # A whole sentence: what filters say is read as filters, and the page says which.
        visit.go("/en/search?q=participatory+budgeting+software+used+by+cities+in+French+seeking+partners")
        assert hits(visit) >= 1
        assert "Decidim" in visit.page.locator("#results article").first.inner_text()
        assert visit.page.locator("#results .note li").count() >= 3
        visit.is_calm()
    assert found[0] == found[1] == found[2] != []


def test_a_project_says_who_states_what_who_uses_it_and_who_plans_the_same(
    nodes: DemoNodes, browser: Browser
) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go(f"/fr/p/{nodes.refs['project']}")
        assert page.locator("h1").inner_text() == "Decidim"
        # Each value of each field names who states it, the first words of the page too.
        for value in page.locator("dl.facts > div > dd > div").all():
            assert value.locator("a[href*='/fr/e/']").count() >= 1
        assert page.locator(".lead + .by a[href*='/fr/e/']").count() >= 1
        said = page.inner_text("main")
        assert "Plateforme libre de démocratie participative" in said
        assert "Piattaforma libera di democrazia partecipativa" in said
        uses = page.get_by_role("region", name="Qui l’utilise")  # noqa: RUF001 - as it is printed
        assert "Ville d'Exemple" in uses.inner_text()
        assert "équipe de modération" in uses.inner_text()
        plans = page.get_by_role("region", name="Projets et appels")
        assert "Communes de moins de 20 000 habitants" in plans.inner_text()
        assert "Quartiers : un budget participatif pour chaque arrondissement" in plans.inner_text()
        visit.is_calm()


def test_two_are_compared_and_carried_away(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go("/fr/search?q=budget+participatif&kind=software&sort=reuse")
        boxes = page.locator("#results input[name=p]")
        names = page.locator("#results article h3").all_inner_texts()[:2]
        for number in range(2):
            boxes.nth(number).check()
        page.locator("button[form=compare]").click()
        page.wait_for_url("**/fr/compare?p=*")
        heads = page.locator("table.compare thead th")
        assert [each.locator("a").first.inner_text() for each in heads.all()] == names
        assert page.locator("table.compare .tag.warn").count() > 0
        with page.expect_download() as begun:
            page.locator("a[download='compare.csv']").click()
        text = begun.value.path().read_text(encoding="utf-8-sig")
        header, *lines = csv.reader(io.StringIO(text))
        assert header[1:] == names
        assert all(len(line) == len(header) for line in lines)
        # Printed, it is the table and not the way around.
        page.emulate_media(media="print")
        assert not page.locator("header nav").is_visible()
        assert page.locator("table.compare").is_visible()
        assert page.pdf()[:5] == b"%PDF-"
        visit.is_calm()


def test_a_question_is_followed_as_a_feed_that_leads_back_to_pages(
    nodes: DemoNodes, browser: Browser
) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go("/fr/search?q=budget+participatif&kind=software")
        shown = hits(visit)
        advertised = page.locator("link[type='application/atom+xml']").first.get_attribute("href")
        linked = page.get_by_role("link", name="Atom").first.get_attribute("href")
        assert advertised == linked
        feed = feedparser.parse(page.request.get(f"{visit.url}{linked}").body())
        assert not feed.bozo
        assert len(feed.entries) == shown
        # Whoever clicks in a feed reader comes to a page that people read.
        visit.page.goto(feed.entries[0].link)
        assert visit.page.locator("main h1").count() == 1
        visit.go(f"/fr/p/{nodes.refs['project']}")
        assert page.locator("link[type='application/feed+json']").count() >= 1
        visit.is_calm()


def test_who_plans_what_and_who_looks_for_partners(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.agency.url) as visit:
        page = visit.page
        visit.go("/fr/")
        page.get_by_role("navigation").first.get_by_role("link", name="Qui prévoit quoi").click()
        page.wait_for_url("**/fr/roadmap")
        assert page.get_by_role("group", name="Projets par trimestre").is_visible()
        rows = page.locator(".results table.stack tbody tr:has(td)")
        assert rows.count() == hits(visit)
        # The two that plan participatory budgets are told of each other.
        same = page.get_by_role("region", name="Qui prévoit la même chose")
        group = same.locator("details", has_text="Budget participatif").first
        group.locator("summary").click()
        plans = group.locator("li").all_inner_texts()
        assert any("Ville d'Exemple" in each for each in plans)
        assert any("Agenzia nazionale Esempio" in each for each in plans)
        page.get_by_role("navigation").first.get_by_role("link", name="Partenaires recherchés").click()
        page.wait_for_url("**/fr/seeking")
        assert "Communes de moins de 20 000 habitants" in page.inner_text(".results")
        calendar = page.get_by_role("link", name="iCalendar").first.get_attribute("href")
        assert page.request.get(f"{visit.url}{calendar}").text().startswith("BEGIN:VCALENDAR")
        visit.is_calm()


def hits(visit: Visit) -> int:
    """Return how many results the page says there are."""
    return int(visit.page.locator(".results [role=status] data").inner_text())


def tick(visit: Visit, facet: str, value: str, *, scripts: bool) -> None:
    """Choose a value of a facet, which may have to be opened, and wait for what it leaves."""
    page = visit.page
    chips = page.locator("#results .chips li")
    before = chips.count()
    box = page.locator(f"input[name={facet}][value='{value}']")
    for around in page.locator(".side details", has=box).all():
        handle = around.locator("> summary")
        if not box.is_visible() and handle.is_visible() and around.get_attribute("open") is None:
            handle.click()
    box.check()
    if not scripts:
        page.locator(".side button").last.click()
    chips.nth(before).wait_for()
    assert box.is_checked()
