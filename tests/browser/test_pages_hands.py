"""Pages for whoever has a keyboard and no mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.chromium import Visit, visitor
from tests.browser.demo_nodes import DemoNodes
from tests.browser.hands import walked
from tests.browser.places import PLACES, Place, Who

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

BROKEN: Final = """<!doctype html><body><a href="#a" style="outline: none">unseen</a>
<a href="#b" style="float: right">right</a><a href="#c">left</a><p><a href="#d" tabindex="-1">missed</a></p>
<div style="display: flex; flex-direction: column-reverse"><a href="#e">low</a><a href="#f">high</a></div>"""
TURNED: Final = ("/", "/search?q=budget", "/admin/new")
"""Pages that are walked through from right to left as well."""


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_the_tabulator_leads_to_everything_in_order(
    place: Place, nodes: DemoNodes, visits: dict[Who, Visit]
) -> None:
    visit = visits[place.who]
    for locale in ("en", "ar") if str(place) in TURNED else ("en",):
        visit.go(f"/{locale}{place.path(nodes)}", place.status)
        walk = walked(visit.page)
        assert 'class="skip"' in walk.first
        assert (walk.missed, walk.unseen, walk.backwards) == ((), (), ())


def test_a_page_that_leads_astray_is_noticed(browser: Browser) -> None:
    page = browser.new_page()
    try:
        page.set_content(BROKEN)
        walk = walked(page)
        assert [len(each) for each in (walk.missed, walk.unseen)] == [1, 1]
        assert len(walk.backwards) >= 2
    finally:
        page.close()


def test_the_first_link_skips_to_the_content(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url) as visit:
        visit.go("/en/search?q=budget")
        page = visit.page
        page.keyboard.press("Tab")
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert box["y"] >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement.closest('main') !== null")
        visit.is_calm()


def test_a_filter_is_set_and_taken_back_by_keys_alone(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url) as visit:
        visit.go("/en/search")
        page, total = visit.page, visit.page.locator("[role=status]").inner_text()
        box = page.locator(".side input[name=kind]").first
        box.focus()
        page.keyboard.press("Space")
        page.wait_for_url("**kind=**")
        page.wait_for_function(
            "(all) => document.querySelector('[role=status]').innerText !== all", arg=total
        )
        # Where one was is where one is: the results are new, and the place on the page is not lost.
        assert page.evaluate("() => document.activeElement.name") == "kind"
        assert page.locator(".chips a").count() == 1
        page.go_back()
        page.wait_for_function(
            "(all) => document.querySelector('[role=status]').innerText === all", arg=total
        )
        page.locator(".narrow > details:not([open]) > summary").first.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.parentElement.open") is True
        visit.is_calm()


def test_words_are_sent_by_enter_and_taken_away_by_escape(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url, scripts=False) as visit:
        visit.go("/en/")
        page = visit.page
        page.locator("#q").focus()
        page.keyboard.type("budget")
        page.keyboard.press("Escape")
        assert page.input_value("#q") == ""
        page.keyboard.type("decidim")
        page.keyboard.press("Enter")
        page.wait_for_url("**/en/search?q=decidim")
        assert page.locator("h3 a", has_text="Decidim").count() >= 1
