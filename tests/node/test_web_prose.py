"""Descriptions as HTML: a small part of Markdown, and nothing that anybody could do harm with."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from node.web.marks import REL
from node.web.prose import LONGEST, MOST_SIGNS, prose
from tests.hostile import PAYLOADS
from tests.markup import Element, Page

ELEMENTS = {"div", "p", "ul", "ol", "li", "blockquote", "em", "strong", "code", "br", "a"}
SIGNS = st.sampled_from(
    [*"*_`[]()<>!#-+&;:\\\n\t 1.a\"'/=", "http://x.example/", "javascript:", "<script>", "\n\n"]
)


def inside(text: str) -> str:
    found = re.fullmatch(r'<div class="prose" dir="auto" lang="">(.*)</div>', str(prose(text)), re.DOTALL)
    assert found is not None
    return found[1].strip()


def harmless(text: str) -> Page:
    page = Page(str(prose(text)))
    assert {each.tag for each in page.elements} <= ELEMENTS
    for each in page.elements:
        allowed = {"a": {"href", "rel"}, "ol": {"start"}, "div": {"class", "dir", "lang"}}
        assert set(each.attributes) <= allowed.get(each.tag, set()), each
        assert each.tag != "a" or is_allowed(each), each
    return page


def is_allowed(link: Element) -> bool:
    return link["rel"] == REL and link["href"].lower().startswith(("http://", "https://", "mailto:"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Line **one**, _two_\n\nthree", "<p>Line <strong>one</strong>, <em>two</em></p>\n<p>three</p>"),
        ("* a\n* b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        (
            "# Head\n\nText\n\nHead\n----",
            "<p><strong>Head</strong></p>\n<p>Text</p>\n<p><strong>Head</strong></p>",
        ),
        ("> `code`", "<blockquote>\n<p><code>code</code></p>\n</blockquote>"),
        ("a\n\n---\n\nb", "<p>a</p>\n<p>b</p>"),
        ("![A logo](https://x.example/l.png)", "<p>A logo</p>"),
        ("<b>x</b> &amp; &lt;", "<p>&lt;b&gt;x&lt;/b&gt; &amp; &lt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](//x.example) [y](/p)", "<p>[x](//x.example) [y](/p)</p>"),
        ("[x](https://user@x.example/)", "<p>[x](https://user@x.example/)</p>"),
        ("<javascript:alert(1)>", "<p>&lt;javascript:alert(1)&gt;</p>"),
        ("[m](mailto:a@b.example?subject=x)", "<p>[m](mailto:a@b.example?subject=x)</p>"),
        ("", ""),
    ],
)
def test_a_small_part_of_markdown_is_read(text: str, html: str) -> None:
    assert inside(text) == html


def test_links_are_those_of_the_web_and_of_mailboxes() -> None:
    page = harmless('[a](https://x.example/ "title") <http://y.example/> [m](mailto:office@x.example)')
    assert [each["href"] for each in page.all("a")] == [
        "https://x.example/",
        "http://y.example/",
        "mailto:office@x.example",
    ]
    (badge,) = harmless("[![Built](https://x.example/b.svg)](https://x.example/)").all("a")
    assert badge["href"] == "https://x.example/"


def test_a_description_says_its_language() -> None:
    assert str(prose("a", "ar")).startswith('<div class="prose" dir="auto" lang="ar">')
    assert str(prose("a", '"><b>')).startswith('<div class="prose" dir="auto" lang="">')


@pytest.mark.parametrize("bad", PAYLOADS)
def test_what_means_harm_stays_text(bad: str) -> None:
    for text in (bad, f"[x]({bad})", f"[{bad}](https://x.example/)", f"<{bad}>", f"![{bad}]({bad})"):
        harmless(text)


@settings(max_examples=80)
@example("[a](<https://x.example/\"onclick='x'>)")
@example("[a]: javascript:x\n\n[a]")
@given(st.lists(SIGNS, max_size=40).map("".join))
def test_nothing_else_comes_out(text: str) -> None:
    harmless(text)


@pytest.mark.parametrize(
    "text",
    ["> " * 6_000, "[" * 12_000, "*a **b " * 2_000, "![a](" * 3_000, "a\n-\n" * 4_000, "\n".join(
        "  " * depth + "* x" for depth in range(110)
    ), "<a@" * 40_000, "&#" * 50_000],
)  # fmt: skip
def test_a_bomb_is_a_text_like_any_other(text: str) -> None:
    page = harmless(text)
    assert max(len(each.around) for each in page.elements) < 30
    assert sum(len(said) for said, _ in page.texts) <= LONGEST


def test_a_text_of_nothing_but_signs_stays_as_it_is() -> None:
    text = "*a* " * MOST_SIGNS
    assert inside(text) == f"<p>{text}</p>"
