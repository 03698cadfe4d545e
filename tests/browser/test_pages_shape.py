"""Pages on small screens, with large letters, and in colours that the reader's system sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.chromium import NARROW, WIDE, Visit, visitor
from tests.browser.demo_nodes import DemoNodes
from tests.browser.places import PLACES, Place, Who
from tests.browser.shapes import enlarge, wrong

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

BROKEN: Final = """<!doctype html><body><p style="width: 1500px">wide</p>
<div style="overflow: hidden; width: 50px">
<span style="white-space: nowrap">longer than its box by far</span></div><p>one</p>
<p style="margin-top: -2em; line-height: 1">two</p>
<svg width="90" height="90"><text x="0" y="50" text-anchor="end">longer than it</text></svg>
<div style="overflow: auto; width: 9em"><p style="width: 99em">a</p></div>"""
PLAIN: Final = ("/", "/search?q=budget", "/roadmap", "/federation", "/verify", "/report")


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_fits_small_screens_and_large_letters(
    place: Place, nodes: DemoNodes, visits: dict[Who, Visit]
) -> None:
    visit, found = visits[place.who], []
    try:
        for locale in ("en", "ar"):
            visit.page.set_viewport_size({"width": NARROW, "height": 640})
            visit.go(f"/{locale}{place.path(nodes)}", place.status)
            found += [f"{locale} {NARROW} px: {each}" for each in wrong(visit.page)]
            visit.page.set_viewport_size({"width": WIDE, "height": 900})
            enlarge(visit.page, 200)
            found += [f"{locale} 200 %: {each}" for each in wrong(visit.page)]
    finally:
        visit.page.set_viewport_size({"width": WIDE, "height": 900})
    assert not found, "\n".join(found)


def test_what_does_not_fit_is_noticed(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": NARROW, "height": 640})
    try:
        page.set_content(BROKEN)
        broken = {each.partition(":")[0] for each in wrong(page)}
        assert {"beside the page", "scrolls by itself", "cut off", "upon each other"} <= broken
    finally:
        page.close()


def test_what_can_be_used_is_seen_in_forced_colours(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url, forced=True) as visit:
        for path in PLAIN:
            visit.go(f"/en{path}")
            assert visit.page.evaluate(_BARE) == [], path
            visit.page.keyboard.press("Tab")
            assert visit.page.evaluate(_OUTLINE) not in ("none", "0px")
        visit.is_calm()


# Colours of backgrounds are gone there: what is known by them alone has no edge.
_BARE: Final = """() => [...document.querySelectorAll(
    "button, input:not([type=hidden], [type=file]), select, textarea, .tag, .chips a")]
  .filter((each) => each.checkVisibility() && getComputedStyle(each).appearance !== "auto")
  .filter((each) => !/solid|dashed|inset/.test(getComputedStyle(each).borderBlockStartStyle))
  .map((each) => each.outerHTML.slice(0, 120))"""
_OUTLINE: Final = "() => getComputedStyle(document.activeElement).outlineStyle"
