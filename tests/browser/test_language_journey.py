"""Other languages: the switch keeps the place, Arabic runs from right to left, nobody else is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import DemoNodes

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.browser

TITLES = {"it": "Italiano", "ar": "العربية", "en": "English"}


def test_another_language_shows_the_same_place(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go("/fr/search?q=budget+participatif")
        page.locator("input[name=kind][value=software]").check()
        # The program that shows results in place has to bring the switch along.
        page.wait_for_url("**kind=software**")
        page.locator("#results .chips li").wait_for()
        found = addresses(visit)
        for tag, name in TITLES.items():
            page.locator("footer").get_by_role("link", name=name).click()
            page.wait_for_url(f"**/{tag}/search?**")
            assert page.locator("html").get_attribute("lang") == tag
            assert page.locator("#q").input_value() == "budget participatif"
            assert page.locator("#results .chips li").count() == 1
            assert addresses(visit) == found
        visit.go(f"/en/p/{nodes.refs['project']}")
        page.locator("footer").get_by_role("link", name="Italiano").click()
        page.wait_for_url(f"**/it/p/{nodes.refs['project']}")
        assert page.locator(f"link[hreflang=fr][href$='/fr/p/{nodes.refs['project']}']").count() == 1
        visit.is_calm()


def test_arabic_runs_from_right_to_left_and_what_others_say_as_it_is(
    nodes: DemoNodes, browser: Browser
) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        visit.go(f"/ar/p/{nodes.refs['project']}")
        assert page.locator("html").get_attribute("dir") == "rtl"
        middle = page.locator("body").evaluate("each => each.clientWidth / 2")
        assert left(page.locator("h1 bdi")) > middle
        assert left(page.locator("header .brand")) > left(page.locator("header nav li").last)
        # The box beside the text is at the other end.
        assert left(page.locator("main aside")) < middle
        lead = page.locator(".lead bdi").first
        assert lead.get_attribute("lang") in ("en", "it")
        assert lead.evaluate("each => getComputedStyle(each).unicodeBidi") == "isolate"
        # Every text of an item is by itself; names that are typed as they are run from left to right.
        assert page.locator("main h1 > :not(bdi), main .card h4 > a > :not(bdi)").count() == 0
        assert page.locator("main code:not([dir=ltr])").count() == 0
        visit.go("/ar/roadmap")
        # Where there is a drawing, the same is in the table below it.
        assert page.locator("svg.line a").count() <= page.locator(".results tbody tr:has(td)").count()
        visit.is_calm()


def test_pages_print_without_the_way_around(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url) as visit:
        page = visit.page
        page.emulate_media(media="print")
        for path in ("/ar/roadmap", f"/fr/p/{nodes.refs['project']}", "/en/search?q=decidim"):
            visit.go(path)
            for way in ("header nav", "footer nav", ".side", ".skip"):
                assert not any(each.is_visible() for each in page.locator(way).all()), (path, way)
            assert page.locator("main h1").is_visible()
            assert page.pdf().startswith(b"%PDF-")
        visit.is_calm()


def test_no_page_asks_anybody_but_its_node(nodes: DemoNodes, browser: Browser) -> None:
    asked: list[str] = []
    with visitor(browser, nodes.agency.url) as visit:
        page = visit.page
        page.context.on("request", lambda request: asked.append(request.url))
        visit.go("/es/")
        links = page.locator("header nav a, footer nav:last-of-type a").all()
        paths = {str(each.get_attribute("href")) for each in links}
        assert len(paths) >= 12
        for path in sorted(paths):
            visit.go(path)
        visit.is_calm()
    assert {each for each in asked if not each.startswith(f"{nodes.agency.url}/")} == set()


def addresses(visit: Visit) -> list[str]:
    """Return what a search found, in its order."""
    links = visit.page.locator("#results article h3 a").all()
    return [str(each.get_attribute("href")).partition("/p/")[2] for each in links]


def left(found: Locator) -> float:
    """Return where something begins, from the left side of the window."""
    box = found.bounding_box()
    assert box is not None
    return box["x"]
