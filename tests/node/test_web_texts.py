"""Languages of the pages, what becomes HTML, what statements are cut into, and the drawing of plans."""

import csv
import datetime as dt
import gzip
import io
import re
from functools import cache
from gettext import c2py
from importlib import resources
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

import node.feeds
import node.web
from node.http.plans import PLACES
from node.http.tables import table
from node.web import statics
from node.web.following import FOLLOWED
from node.web.locales import LOCALES, SOURCE, translations, wished
from node.web.marks import Marks, is_web
from node.web.names import FIELDS, field_name
from node.web.pieces import MOST, Piece, piece
from node.web.refusals import prefers_html
from node.web.timeline import MOST_QUARTERS, WIDTH, Planned, drawn
from node.web.wording import fields, vocabulary_of
from tests.markup import Page

FOLDER = resources.files(node.web)
TODAY = dt.date(2027, 2, 10)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=6,
)


@cache
def extracted() -> set[Any]:
    return {
        message
        for package in (node.web, node.feeds)
        for _, _, message, _, _ in extract_from_dir(
            str(resources.files(package)),
            [("**/templates/**.html", "jinja2"), ("**.py", "python")],
            {"**/templates/**.html": {"trimmed": "true", "newstyle_gettext": "true"}},
            keywords={"_": None, "gettext": None, "ngettext": (1, 2), "N_": None},
        )
    }


@pytest.mark.parametrize("tag", [tag for tag in LOCALES if tag != SOURCE])
def test_every_text_is_translated_with_the_same_names_in_it(tag: str) -> None:
    catalog = read_po(io.BytesIO(FOLDER.joinpath("locale", f"{tag}.po").read_bytes()), locale=tag)
    known = {message.id: message for message in catalog if message.id}
    assert extracted() == set(known), "run the commands of docs/pages.md"
    for message in known.values():
        assert not message.fuzzy
        for place, text in enumerate(forms(message.string)):
            assert text.strip(), message.id
            left_out = names(forms(message.id)[-1]) ^ names(text)
            # Where a form is for one number alone, words may say it: Arabic has a dual.
            is_said = message.pluralizable and len(numbers_of(catalog, place)) == 1
            assert left_out <= ({"count"} if is_said else set()), message.id
        if message.pluralizable:
            assert len(forms(message.string)) == catalog.num_plurals


def numbers_of(catalog: Any, place: int) -> list[int]:  # noqa: ANN401 - babel has no types here
    """Return the numbers that take one of the plural forms of a language, of the first few."""
    return [number for number in range(200) if c2py(catalog.plural_expr)(number) == place]


def forms(text: Any) -> tuple[str, ...]:  # noqa: ANN401 - babel has it so
    return text if isinstance(text, tuple) else (text,)


def names(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_the_catalogues_are_read_as_they_are() -> None:
    assert translations("fr").gettext("Catalogue") == "Catalogue"
    assert translations("ar").ngettext("%(count)s result", "%(count)s results", 2) == "نتيجتان"
    assert translations("it").ngettext("%(count)s result", "%(count)s results", 1) == "%(count)s risultato"
    for tag in (SOURCE, "qps"):
        assert translations(tag).gettext("Catalogue") == "Catalogue"


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("de, it;q=0.8, fr;q=0.9", "fr"),
        ("de;q=1, *;q=0.5", "en"),
        ("FR;q=0, es", "es"),
        ("it;q=0.5,es;q=0.5", "it"),
        ("ar;q=0.1", "ar"),
        ("fr;q=2", "en"),
        ("fr;;", "en"),
        ("x" * 2_000 + ",fr", "en"),
        (",".join(["de"] * 30) + ",fr", "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(header: str | None, tag: str) -> None:
    assert wished(header).tag == tag


@given(st.text(max_size=200))
def test_any_header_leads_to_a_language(header: str) -> None:
    assert wished(header).tag in LOCALES
    assert prefers_html(header) in (True, False)


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (None, False),
        ("*/*", False),
        ("application/json", False),
        ("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", True),
        ("text/html;q=0.5, application/json", False),
        ("application/xhtml+xml", True),
        ("text/html;q=0", False),
        ("application/problem+json, text/html;q=0.9", False),
    ],
)
def test_html_goes_to_those_who_would_rather_have_it(accept: str | None, html: bool) -> None:
    assert prefers_html(accept) is html


@given(st.text(max_size=60), st.sampled_from(["fr", "und", 'x"><b>', "zz-Zzzz-!"]))
def test_what_somebody_says_is_one_text_in_one_element(text: str, language: str) -> None:
    marks = Marks("en", str)
    for html in (
        marks.said(text, language),
        marks.out(text, text, language),
        marks.mail(text),
        marks.code(text),
        marks.day(text),
        marks.label("kind", text),
    ):
        page = Page(str(html))
        assert {each.tag for each in page.elements} <= {"bdi", "code", "time", "a"}
        assert all(each.tag != "a" or each["href"].startswith(("http", "mailto:")) for each in page.elements)


@pytest.mark.parametrize(
    ("url", "ok"),
    [
        ("https://tool.example/a?b=c#d", True),
        ("http://tool.example", True),
        ("HTTPS://TOOL.EXAMPLE", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt://x.example/%0aalert(1)", False),
        ("data:text/html,x", False),
        ("//tool.example", False),
        ("/etc", False),
        ("https://user@tool.example/", False),
        ("https://", False),
        ("https://tool.example/\u202eexe", False),
        ("https://tool.example/a b", False),
        ("https://[::1", False),
        ("https://x.example/" + "a" * 3_000, False),
        (7, False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_become_links(url: object, ok: bool) -> None:
    assert is_web(url) is ok
    links = Page(str(Marks("en", str).out(url))).all("a")
    assert [each["rel"] for each in links] == ["nofollow ugc noopener"] * ok


def test_marks_say_language_day_number_and_word() -> None:
    marks = Marks("fr", translations("fr").gettext)
    assert marks.said("Bilan", "fr") == "<bdi>Bilan</bdi>"
    assert marks.said("Bilancio", "it") == '<bdi lang="it">Bilancio</bdi>'
    assert marks.said("Bilancio") == '<bdi lang="">Bilancio</bdi>'
    assert marks.day("2027-03-01T08:00:00Z") == '<time datetime="2027-03-01">1 mars 2027</time>'
    assert marks.day("2027-13-01") == '<bdi lang="">2027-13-01</bdi>'
    assert marks.moment("2027-03-01T08:05:00Z").endswith('<time dir="ltr">08:05 UTC</time>')
    assert marks.moment("2027-03-01") == marks.day("2027-03-01")
    assert marks.number(20117) == "<data>20\u202f117</data>"
    assert marks.label("kind", "software") == "<bdi>Logiciel</bdi>"
    assert marks.label("has", "roadmap") == "<bdi>Projets à venir</bdi>"
    assert marks.label("license", "EUPL-1.2") == '<bdi lang="">EUPL-1.2</bdi>'
    assert marks.label("kind", ["x"]) == '<bdi lang="">[&#39;x&#39;]</bdi>'
    assert "mailto:office@town.example" in marks.mail("office@town.example")
    assert marks.mail("a@b.example?subject=x") == '<bdi lang="">a@b.example?subject=x</bdi>'
    assert marks.mail(None) == '<bdi lang="">None</bdi>'
    # Where nobody translated a word of a vocabulary, it is English and says so; places have names everywhere.
    arabic = Marks("ar", translations("ar").gettext)
    assert arabic.label("kind", "software") == "<bdi>برمجيات</bdi>"
    assert arabic.label("topic", "pccat:blog") == '<bdi lang="en">Blogging</bdi>'
    assert arabic.label("jurisdiction", "FR") == "<bdi>فرنسا</bdi>"
    assert len(Page(str(marks.out("https://x.example/" + "a" * 80))).texts[0][0]) == 61


def test_pieces_of_what_is_said() -> None:
    it = ("it", "en")
    budget = Piece("text", "Bilancio", "it", others=("fr",))
    assert piece("name", {"fr": "Budget", "it": "Bilancio"}, it) == budget
    features = (Piece("text", "a", "it"), Piece("text", "b", "it"))
    assert piece("features", {"it": ["a", "b"]}, it).parts == features
    assert piece("license", "MIT", it) == Piece("word", "MIT", facet="license")
    assert piece("url", "https://x.example/", it) == Piece("link", "https://x.example/")
    assert piece("url", "javascript:x", it) == Piece("text", "javascript:x")
    assert piece("email", "a@b.example", it).form == "mail"
    assert piece("since", "2027-01-01", it).form == "day"
    assert piece("since", "2027-01-01T00:00:00Z", it).form == "day"
    assert piece("since", "2027-01-01 or so", it).form == "text"
    assert piece("x", True, it) == Piece("truth", "yes")
    assert piece("x", 7, it) == Piece("number", "7")
    assert piece("x", None, it) == Piece("nothing")
    assert piece("topics", ["a"] * 99, it).more
    assert len(piece("topics", ["a"] * 99, it).parts) == MOST
    said = {"type": "funding", "text": {"en": "Help"}, "name": "N", "x": None}
    (call,) = piece("seeking", [said], it).parts
    assert call.names == ("name", "type", "text")
    assert call.parts[1] == Piece("word", "funding", facet="seeking")
    deep: Any = "x"
    for _ in range(9):
        deep = [deep]
    found = piece("x", deep, it)
    while found.parts:
        found = found.parts[0]
    assert found == Piece("nothing", more=True)


@settings(max_examples=50)
@given(st.sampled_from(["name", "topics", "roadmap", "x"]), JSON)
def test_anything_can_be_cut_into_pieces(field: str, value: Any) -> None:  # noqa: ANN401
    found = piece(field, value, ("fr", "en"))
    if value is None:
        assert found == Piece("nothing")


def test_every_feed_of_plans_is_on_the_page_of_feeds() -> None:
    assert set(FOLLOWED) == set(PLACES)


@pytest.mark.parametrize("name", ["verify.js", "verifying.js", "swapping.js"])
def test_programs_of_pages_are_small_and_have_no_texts(name: str) -> None:
    body = statics.files()[statics.hashed(name)].decode()
    assert len(gzip.compress(body.encode(), 9)) <= 3 * 1024
    # What people read is in the pages, in their language; and white space around signs is taken out.
    assert not re.search("//|innerHTML|eval|https?:", body)


def test_fields_have_names() -> None:
    assert field_name("license") == "Licence"
    assert field_name("unheard") == ""
    assert all(FIELDS.values())


def test_a_drawing_has_a_bar_for_each_plan_in_its_quarters() -> None:
    found = drawn(
        [
            Planned("First", dt.date(2027, 1, 1), dt.date(2027, 6, 30)),
            Planned("No end", dt.date(2027, 4, 1), None, is_stale=True),
            Planned("x" * 99, dt.date(2027, 3, 1), dt.date(2027, 2, 1)),
        ],
        TODAY,
    )
    assert found is not None
    assert [each.name for each in found.quarters][:2] == ["2027 Q1", "2027 Q2"]
    assert found.bars[0].x == 0
    assert [each.is_stale for each in found.bars] == [False, True, False]
    assert found.bars[2].title.endswith("…")
    assert found.today is not None
    assert drawn([], TODAY) is None


days = st.dates(dt.date(1, 1, 1), dt.date.max)


spans = st.tuples(days, st.none() | days)


@example([(dt.date.max, None)], TODAY)
@given(st.lists(spans, min_size=1, max_size=5), st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1)))
def test_whatever_is_planned_stays_on_the_sheet(
    plans: list[tuple[dt.date, dt.date | None]], today: dt.date
) -> None:
    found = drawn([Planned("x", *each) for each in plans], today)
    assert found is not None
    assert 1 <= len(found.quarters) <= MOST_QUARTERS
    for bar in found.bars:
        assert bar.x >= 0
        assert bar.width > 0
        assert bar.x + bar.width <= WIDTH + 0.1


def test_every_field_of_a_statement_has_a_name() -> None:
    assert fields() <= set(FIELDS)


@pytest.mark.parametrize(
    ("within", "field", "vocabulary"),
    [
        ("", "status", "use-status"),
        ("links", "rel", "link-rel"),
        ("identifiers", "scheme", "identifier-scheme"),
        ("texts", "by", "translator"),
        ("links", "url", ""),
        ("", "unheard", ""),
    ],
)
def test_words_mean_what_their_place_says(within: str, field: str, vocabulary: str) -> None:
    assert vocabulary_of(within, field) == vocabulary


def test_words_of_vocabularies_are_shown_by_their_names() -> None:
    english, said = Marks("en", str), []
    statement = {
        "links": [{"rel": "landing", "url": "https://x.example/"}],
        "identifiers": [{"scheme": "repo", "value": "https://x.example/r"}],
        "changes": "configured",
        "maintenance": {"mode": "contract"},
        "publisherType": "local",
    }
    waiting = [piece(field, value, ("en",)) for field, value in statement.items()]
    while waiting:
        found = waiting.pop(0)
        waiting += found.parts
        if found.form == "word":
            said.append(english.label_text(found.facet, found.text)[0])
    raw = {"landing", "repo", "configured", "contract", "local"}
    assert len(said) == len(raw)
    assert not raw & set(said)


@example([" =1+1", "\u00a0@x", "-1", "|calc"])
@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_no_cell_of_a_table_is_a_formula(texts: list[str]) -> None:
    (row,) = list(csv.reader(io.StringIO(table((), [texts]).decode(), newline="")))[1:]
    for text, cell in zip(texts, row, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert table(("n",), [(7,), ("",), ("=1+1",)]) == b'n\r\n7\r\n""\r\n\'=1+1\r\n'
