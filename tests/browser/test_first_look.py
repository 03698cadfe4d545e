"""The nodes stand, and a browser can read and sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import visitor
from tests.browser.demo_nodes import DemoNodes

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_each_node_answers_for_all_three(nodes: DemoNodes, browser: Browser) -> None:
    for node in (nodes.city, nodes.agency, nodes.group):
        with visitor(browser, node.url) as visit:
            visit.go("/en/federation")
            for each in (nodes.city, nodes.agency, nodes.group):
                assert visit.page.locator(f"main a[href='/en/o/{each.origin}']").count() > 0
            visit.is_calm()


def test_the_operator_signs_in_and_finds_her_drafts(nodes: DemoNodes, browser: Browser) -> None:
    with visitor(browser, nodes.city.url, scripts=False) as visit:
        visit.sign_in()
        for draft in ("whole", "person", "change", "use"):
            assert visit.page.locator(f"main a[href$='/admin/drafts/{nodes.drafts[draft]}']").count() == 1
        visit.go(f"/en/admin/drafts/{nodes.drafts['receipt']}")
        assert visit.page.locator("main a[href$='.tlog-proof'], main a[href*='/proof']").count() >= 1
        visit.is_calm()
