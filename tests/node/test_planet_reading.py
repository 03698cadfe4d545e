"""Feeds of news: what is taken over from each form, and what hostile ones come to."""

import contextlib
import datetime as dt
import json
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from federation.faults import FaultError, FaultKind
from node.planet.plain import LONGEST, without_markup, words
from node.planet.raw import MOST_ITEMS
from node.planet.reading import EXCERPT, TITLE, News, NewsItem, read_news
from node.planet.xmlfeeds import MOST_DEPTH
from protocol.forms import is_url
from protocol.packing import text_fault
from tests.news_feeds import atom, atom_entry, json_feed, rss

URL = "https://city.example/news/feed.xml"
NOON = int(dt.datetime(2026, 11, 1, 11, tzinfo=dt.UTC).timestamp())


def only(data: bytes) -> NewsItem:
    (item,) = read_news(data, URL).items
    return item


def refused(data: bytes) -> str:
    with pytest.raises(FaultError) as caught:
        read_news(data, URL)
    assert caught.value.fault.kind is FaultKind.MALFORMED
    assert caught.value.fault.file == URL
    return caught.value.fault.detail


def test_atom() -> None:
    news = read_news(
        atom(
            atom_entry("lamps", inside="<summary>Counted &amp; mended</summary>"),
            atom_entry("pipes", inside='<content type="html">&lt;p>Old &lt;b>pi&lt;/b>pes&lt;/p></content>'),
            atom_entry(
                "roads",
                inside='<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>One</p><p>Two</p></div>'
                "</content>",
            ),
        ),
        URL,
    )
    assert news.title == "News of the city"
    assert [(each.title, each.excerpt, each.url) for each in news.items] == [
        ("lamps", "Counted & mended", "https://city.example/lamps"),
        ("pipes", "Old pipes", "https://city.example/pipes"),
        ("roads", "One Two", "https://city.example/roads"),
    ]
    assert {(each.at, each.language) for each in news.items} == {(NOON, "fr")}


def test_rss_2_and_1() -> None:
    item = only(
        rss(
            "<item><guid>7</guid><title>Luci &amp;amp; &lt;i>strade&lt;/i></title>"
            "<link> https://a.example/7 </link><pubDate>Sun, 01 Nov 2026 12:00:00 +0100</pubDate>"
            "<description>&lt;p>Tutte.&lt;/p></description></item>"
        )
    )
    assert (item.title, item.excerpt, item.url) == ("Luci & strade", "Tutte.", "https://a.example/7")
    assert (item.at, item.language) == (NOON, "it")
    old = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old</title></channel>'
        '<item rdf:about="https://a.example/8"><title>Acht</title><link>https://a.example/8</link>'
        "<dc:date>2026-11-01T11:00:00Z</dc:date><dc:language>de</dc:language></item></rdf:RDF>"
    )
    assert read_news(old.encode(), URL) == News("Old", (only(old.encode()),))
    item = only(old.encode())
    assert (item.title, item.url, item.at, item.language) == ("Acht", "https://a.example/8", NOON, "de")


def test_json_feed() -> None:
    first = {"id": 9, "title": "Nine", "url": "/9", "content_html": "<p>All <b>nine</b></p>"}
    second = {
        "id": "x",
        "content_text": "a < b",
        "date_modified": "2026-11-01T11:00:00Z",
        "language": "pt-br",
    }
    news = read_news(b"\xef\xbb\xbf\n" + json_feed(first, second, "none", 7), URL)
    assert [(each.title, each.excerpt, each.url, each.at, each.language) for each in news.items] == [
        ("Nine", "All nine", "https://city.example/9", None, ""),
        ("a < b", "", "", NOON, "pt-BR"),
    ]


def test_what_has_no_name_of_its_own_has_that_of_its_page_and_of_two_the_first_is_taken() -> None:
    twice = [{"id": "1", "title": "First"}, {"id": "1", "title": "Second"}, {"title": "Third", "url": "/3"}]
    again = [{"title": "Third, mended", "url": "/3"}, {"title": "Fourth"}, {"title": ""}, {"url": "/5"}]
    news, later = read_news(json_feed(*twice), URL), read_news(json_feed(*again), URL)
    assert [each.title for each in news.items] == ["First", "Third"]
    assert [each.title for each in later.items] == ["Third, mended", "Fourth"]
    assert news.items[1].id == later.items[0].id


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://a.example",
        "data:text/html,<b>",
        "vbscript:x",
        "file:///etc/passwd",
        "mailto:office@a.example",
        "https://user:secret@a.example/",
        "https://[",
        "https://a.example/\u202egnp.exe",
        "https://a.example/" + "x" * 3_000,
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_no_link(link: str) -> None:
    item = only(json_feed({"id": "1", "title": "Lamps", "url": link}))
    assert (item.title, item.url) == ("Lamps", "")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no XML"),
        (b"<html><body>Moved</body></html>", "neither Atom, RSS nor a JSON Feed"),
        (b"<!DOCTYPE html><html>", "document type"),
        (b"<!doctype html><html>", "no XML"),
        (BOMB.encode() + rss("<item><title>&i;</title></item>"), "document type"),
        (b'<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd">' + rss(), "document type"),
        (rss("<item><title>&a;</title></item>"), "undefined entity"),
        (rss("<item>"), "mismatched tag"),
        (b'<?xml version="1.0" encoding="utf-7"?>' + rss(), "encoding that is not read: 'utf-7'"),
        (b'<?xml version="1.0" encoding="shift_jis"?>' + rss(), "encoding that is not read"),
        (b"\xff\xfe<\x00r\x00s", "no XML"),
        (rss("<item><title>\xe9</title></item>").replace("\xe9".encode(), b"\xe9"), "no XML"),
        (rss("<item><title>" + "<b>" * MOST_DEPTH), f"{MOST_DEPTH} deep"),
        (b"{}", "no JSON Feed"),
        (b'{"version": 1}', "no JSON Feed"),
        (b"{", "no JSON"),
        (b'{"a":' + b"[" * 100_000, "no JSON"),
        (b'{"a": "\xff"}', "no JSON"),
    ],
)
def test_what_is_no_feed_is_refused_with_the_reason(data: bytes, why: str) -> None:
    assert why in refused(data)


def test_bytes_are_read_in_the_encoding_that_the_feed_names() -> None:
    text = '<?xml version="1.0" encoding="{}"?>' + rss("<item><title>Été</title></item>").decode()
    for encoding in ("iso-8859-1", "windows-1252", "utf-8", "utf-16"):
        assert only(text.format(encoding).encode(encoding)).title == "Été"
    # What is said to be Latin and is not shows as what it says, and harms nobody.
    assert only(text.format("iso-8859-1").encode()).title == "Ã\x89tÃ©".replace("\x89", "")


def test_an_endless_feed_is_read_to_the_last_item_that_is_looked_at() -> None:
    items = [f"<item><guid>{each}</guid><title>{each}</title></item>" for each in range(MOST_ITEMS + 5)]
    # Broken behind the last one, which nobody notices.
    news = read_news(rss(*items).removesuffix(b"</channel></rss>") + b"<item><", URL)
    assert [each.title for each in news.items] == [str(each) for each in range(MOST_ITEMS)]
    many = read_news(json_feed(*({"id": each, "title": "x"} for each in range(1, 300))), URL)
    assert len(many.items) == MOST_ITEMS


def test_long_texts_are_cut_and_cost_little() -> None:
    long = "word " * 150_000
    tracemalloc.start()
    item = only(rss(f"<item><title>{long}</title><description>{long}</description></item>"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(item.title) <= TITLE
    assert len(item.excerpt) <= EXCERPT
    assert item.excerpt.endswith("word…")
    assert peak < 16_000_000
    assert words("\u6c34" * 50, 10) == "\u6c34" * 9 + "…"


def test_nothing_of_markup_is_left() -> None:
    assert without_markup("<p>Lamps <b>cou</b>nt</p><script>x('<p>')</script>!<br>?").split() == [
        "Lamps",
        "count",
        "!",
        "?",
    ]
    assert without_markup(
        "<style>a{}</style><!-- no -->1 &lt; 2 &amp;lt; <svg><title>t</title></svg>"
    ).split() == [
        "1",
        "<",
        "2",
        "&lt;",
    ]
    assert without_markup("a < b <script>endless").split() == ["a", "<", "b"]
    assert "<" not in without_markup("x" * (LONGEST - 2) + "<b onclick=x>")
    # What browsers take for text within an element is shown by none of them here.
    assert without_markup("<textarea><b>1</b></textarea><iframe><i>2</i></iframe>3").split() == ["3"]


@given(
    st.lists(st.sampled_from(["<", ">", "</", "p", "script", "b x=", "'", "<!--", "-->", "&lt;", "]]>", " "]))
)
def test_what_is_left_is_text_whatever_was_marked_up(parts: list[str]) -> None:
    text = "".join(parts)
    found = without_markup(text)
    # Signs come from nothing but signs: no tag is made of what stood around others.
    assert found.count("<") <= text.count("<") + text.count("&lt;")
    assert "script" not in without_markup(f"<script>{text.replace('</', '')}</script>")


@given(st.text(max_size=80), st.integers(2, 40))
@example("a\u202eb\u2028c\x00 \ufdd0", 40)
@example("e\u0301\u202e\u0301", 9)
def test_words_are_such_as_statements_may_have(text: str, most: int) -> None:
    found = words(without_markup(text), most)
    assert len(found) <= most
    assert text_fault(found, prose=False) is None


@given(
    st.dictionaries(
        st.sampled_from(["id", "title", "url", "content_html", "summary", "date_published", "language"]),
        st.text(max_size=40)
        | st.integers(-(10**25), 10**25)
        | st.none()
        | st.lists(st.booleans(), max_size=2),
    )
)
@example({"title": "x", "date_published": "0001-01-01T00:00:00+14:00"})
@example({"title": "x", "date_published": "Thu, 99 Foo 99999 99:99:99 +9999"})
@example({"title": "x", "url": "//[::1"})
@example({"title": "x", "id": 10**25})
def test_whatever_an_item_has_is_read(item: dict[str, object]) -> None:
    for each in read_news(json_feed(item), URL).items:
        assert each.title
        assert each.at is None or each.at >= 0
        assert not each.url or is_url(each.url)
    feed = {"version": "https://jsonfeed.org/version/1", "items": item}
    assert read_news(json.dumps(feed).encode(), URL).items == ()


@given(st.binary(max_size=60))
@example(b"<a:rss/>")
@example(b'<rss xmlns="\x00"/>')
def test_any_bytes_are_a_feed_or_refused(data: bytes) -> None:
    for each in (data, atom(atom_entry("x")).replace(b"urn:x", data), rss() + data):
        with contextlib.suppress(FaultError):
            assert len(read_news(each, URL).items) <= 1
