"""axe-core finds nothing on any page, in either direction of writing, light or dark; and it does look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import pytest

from node.http.routes import GET
from node.web.admin.pages import PAGES as DESK
from node.web.pages import PAGES
from tests.browser.chromium import Visit
from tests.browser.demo_nodes import DemoNodes
from tests.browser.places import LEADING, PLACES, Place, Who
from tests.browser.rules import look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

LOCALES: Final = ("en", "ar")
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
BROKEN: Final = """<!doctype html><html><head><style>
body { background: #fff; color: #ccc } p { color: #eee }
@media (prefers-color-scheme: dark) { body { background: #222 } p { color: #333 } }
</style></head><body><p>Hard to read</p><img src="/nothing.png"><input type="text"><a href="/"></a>
<h4>Low</h4><ul><div>No item</div></ul><button></button></body></html>"""
SEEN: Final = {
    "button-name",
    "color-contrast",
    "document-title",
    "html-has-lang",
    "image-alt",
    "label",
    "list",
}


def test_no_page_is_forgotten() -> None:
    routes = {route.path for route in (*PAGES, *DESK) if route.method == GET}
    assert {place.route for place in PLACES if place.route} == routes - LEADING


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_nothing_is_wrong_with_a_page(
    place: Place, nodes: DemoNodes, visits: dict[Who, Visit], axe: str
) -> None:
    visit, wrong = visits[place.who], []
    for locale in LOCALES:
        visit.go(f"/{locale}{place.path(nodes)}", place.status)
        for scheme in SCHEMES:
            visit.page.emulate_media(color_scheme=scheme)
            wrong += [f"{locale} {scheme} {each}" for each in look(visit.page, axe)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_broken_page_is_noticed(scheme: Literal["light", "dark"], browser: Browser, axe: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    try:
        page.set_content(BROKEN)
        broken = {each.partition(":")[0] for each in look(page, axe)}
        assert broken >= SEEN
    finally:
        page.close()
