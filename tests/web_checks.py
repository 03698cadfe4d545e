"""What holds of every page of a node, and a language that finds texts nobody can translate."""

from __future__ import annotations

import gettext
import re
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from aiohttp.test_utils import TestClient

from node.web.locales import LOCALES
from node.web.marks import REL
from tests.markup import Page

KNOWN = {
    "class", "href", "lang", "dir", "id", "rel", "hreflang", "type", "name", "value", "for", "charset",
    "content", "tabindex", "role", "action", "method", "maxlength", "autocomplete", "checked", "selected",
    "open", "scope", "datetime", "download", "size", "placeholder", "viewbox", "width", "height", "d", "x",
    "y", "rx", "x1", "y1", "x2", "y2", "fill", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray",
    "text-anchor", "src", "form", "hidden", "accept", "rows", "cols", "spellcheck", "data-module",
    "data-proof", "data-step", "data-state", "data-fact", "data-reason", "data-verdict", "colspan",
    "aria-label", "aria-labelledby", "aria-current", "aria-hidden", "aria-describedby", "aria-invalid",
    "required", "disabled", "enctype", "novalidate", "autocapitalize", "minlength", "min", "max", "readonly",
    "pattern", "title",
}  # fmt: skip


def is_sound(page: Page, tag: str, node: str = "City of Example") -> None:
    """Check what holds of every page of a node: structure, labels, and that nothing runs or is elsewhere."""
    (html,), (main,), (heading,) = page.all("html"), page.all("main"), page.all("h1")
    assert (html["lang"], html["dir"]) == (tag, LOCALES[tag].direction)
    assert main["id"] == "content"
    assert page.all("a")[0]["href"] == "#content"
    elsewhere = [
        each["href"] for each in page.all("link") if each["rel"] == "canonical" or each.get("hreflang")
    ]
    assert elsewhere
    assert all(re.match("https?://", each) for each in elsewhere), elsewhere
    assert heading in page.elements
    assert not {each.tag for each in page.elements} & {"style", "iframe", "img", "object", "base"}
    for each in page.all("script"):
        assert each["type"] == "module"
        assert each["src"].startswith("/static/")
    assert not any(around and around[0].tag == "script" for _, around in page.texts)
    for each in page.elements:
        assert not any(name == "style" or name.startswith("on") for name in each.attributes)
        assert all(each.get(name) is None or each[name].startswith("/static/") for name in ("src", "srcset"))
    identifiers = [each["id"] for each in page.elements if each.get("id")]
    assert len(identifiers) == len(set(identifiers))
    labelled = {each.get("for") for each in page.all("label")}
    for each in page.all("input") + page.all("select") + page.all("textarea"):
        inside = any(it.tag == "label" for it in each.around)
        assert inside or each.get("id") in labelled or each.get("type") == "hidden"
    for each in page.elements:
        if named := each.get("aria-labelledby"):
            assert set(named.split()) <= set(identifiers)
    levels = [int(each.tag[1]) for each in page.elements if re.fullmatch("h[1-6]", each.tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    assert page.text_of("title")[0].endswith(node)


async def sound_page(
    asked: TestClient[Any, Any], path: str, *, status: int = 200, tag: str = "en", leads_on: bool = True
) -> Page:
    """Return a page as a browser gets it, of which all holds that holds of every page.

    Args:
        asked: The node.
        path: The page's.
        status: What it has to answer.
        tag: The page's language.
        leads_on: Whether it may be found by way of another one.
    """
    response = await asked.get(path, headers={"Accept": "text/html"}, allow_redirects=leads_on)
    text = await response.text()
    assert response.status == status, text
    page = Page(text)
    is_sound(page, tag)
    return page


class Pseudo(gettext.NullTranslations):
    """A language in which every text is in brackets."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


def is_data(around: tuple[Any, ...]) -> bool:
    tags, classes = ("bdi", "code", "time", "data", "textarea"), ("said", "axis", "prose")
    # What can be chosen is a word of a vocabulary or a name; an empty choice is the page's own text.
    is_choice = around[0].tag == "option" and bool(around[0].get("value"))
    return is_choice or any(each.tag in tags or each.get("class") in classes for each in around)


def texts_translated(page: Page, path: str) -> int:
    """Check that every text of a page in the pseudo-language is translated or data; return how many were.

    A translated text with data in it is in several parts, all of them between its brackets.
    """
    depth = counted = 0
    for text, around in page.texts:
        is_inside = depth > 0 or "⟦" in text
        depth += text.count("⟦") - text.count("⟧")
        if re.search(r"[^\W\d_]", text) and not is_data(around):
            counted += 1
            assert is_inside, (path, text)
    assert depth == 0, path
    for each in page.elements:
        for name in ("aria-label", "alt", "title", "summary"):
            assert each.get(name) is None or "⟦" in each[name], (path, each)
    return counted


def is_harmless(text: str) -> Page:
    """Check that a page has no element, attribute or link but those of its templates."""
    page = Page(text)
    assert not any(around and around[0].tag == "script" for _, around in page.texts)
    for each in page.elements:
        if each.tag == "script":
            assert re.fullmatch(r"/static/[a-z]+\.[0-9a-f]{12}\.js", each["src"])
            continue
        assert each.tag not in ("img", "iframe", "object", "base", "style", "xss"), each
        assert each.tag != "svg" or each.get("class") == "line"
        assert set(each.attributes) <= KNOWN, each
        if each.tag == "meta":
            assert set(each.attributes) <= {"charset", "name", "content"}
        for name in ("href", "action"):
            link = each.get(name)
            if (
                link is None
                or link.startswith(("#", "mailto:"))
                or (link.startswith("/") and link[1:2] != "/")
            ):
                continue
            assert urlsplit(link).scheme in ("http", "https"), each
            assert each.tag == "link" or each.get("rel") == REL, each
        for name in ("id", "class", "for", "name", "rel", "type", "role"):
            assert "xss" not in (each.get(name) or ""), each
    return page
