"""Who states what a project is called, in which language, and whether a machine wrote it: on every page."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.web.projects import MOST_VALUES, headings, rows
from tests.markup import Page
from tests.publisher import MIRROR_KEY, Publisher, entry, open_home

in_loop = pytest.mark.asyncio(loop_scope="module")

REPO = [{"scheme": "repo", "value": "https://github.com/acme/lamps"}]
FIRST, OTHER, THIRD = (f"{name}.example/log/{name}/1" for name in ("agency", "commons", "zone"))
CALL = {"fr": "Qui a compté ?", "it": "Chi ha contato?"}
MARK, MARKE = "Machine translation", "Traduction automatique"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Three publishers describe one thing: in Italian, by a machine in French, and in English."""
    opened = open_home(tmp_path_factory.mktemp("attribution") / "home")
    make_directory(opened.keys_dir)
    save_mirror_key(opened.keys_dir, MIRROR_KEY)
    first, other, third = (Publisher(opened, origin, own=False) for origin in (FIRST, OTHER, THIRD))
    first.put(
        entry(
            "Lamps",
            identifiers=REPO,
            summary={"it": "Conta i lampioni", "fr": "Compte les lampes"},
            description={"it": "Testo\n\n* uno\n* [due](https://x.example/)", "fr": "Texte"},
            translations={"fr": {"by": "machine", "from": "it"}},
            seeking=[{"id": "a", "type": "advice", "text": CALL, "until": "2027-05-01"}],
        )
    )
    other.put(entry({"en": "Lamps", "de": "Lampen"}, identifiers=REPO, summary={"en": "Counts lamps"}))
    third.put(
        entry(
            {"en": "Lamps", "fr": "Lampes"},
            identifiers=REPO,
            summary={"it": "Conta i lampioni", "fr": "Compte les lampes"},
            translations={"it": {"by": "machine"}},
        )
    )
    for each in (first, other, third):
        each.publish()
    catch_up(opened)
    yield opened
    opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(home: Home) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(home))) as client:
        yield client


async def item(asked: TestClient[Any, Any], tag: str) -> dict[str, Any]:
    (found,) = (await (await asked.get(f"/api/v1/search?q=lamps&lang={tag}")).json())["items"]
    return dict(found)


async def page(asked: TestClient[Any, Any], path: str) -> Page:
    response = await asked.get(path)
    assert response.status == 200, await response.text()
    return Page(await response.text())


def names(found: Page, text: str) -> list[str]:
    """Return who is named around the paragraphs that begin with a text."""
    return [each.removeprefix(text).strip() for each in found.text_of("p") if each.startswith(text)]


@in_loop
async def test_a_card_keeps_the_words_of_who_comes_first_and_says_their_language(
    asked: TestClient[Any, Any],
) -> None:
    found = await item(asked, "fr")
    assert (found["summary"], found["summary_language"], found["machine"]) == (
        "Compte les lampes",
        "fr",
        ["summary"],
    )
    # To whom either language is foreign, what people wrote is shown.
    found = await item(asked, "en")
    assert (found["summary"], found["summary_language"], found["machine"]) == ("Conta i lampioni", "it", [])
    cards = (await page(asked, "/fr/search?q=lamps")).text_of("article")
    assert "Compte les lampes" in cards[0]
    assert MARKE in cards[0]
    cards = (await page(asked, "/en/search?q=lamps")).text_of("article")
    assert "Conta i lampioni ( Italian )" in cards[0]
    assert MARK not in cards[0]
    cards = (await page(asked, "/it/search?q=lamps")).text_of("article")
    assert "Conta i lampioni" in cards[0]
    assert "Traduzione automatica" not in cards[0]


@in_loop
async def test_a_project_says_who_calls_it_what(asked: TestClient[Any, Any]) -> None:
    address = (await item(asked, "en"))["address"]
    found = await page(asked, f"/en/p/{address}")
    assert "Conta i lampioni ( Italian )" in found.text_of("p")
    (by,) = names(found, "Name: stated by")
    assert all(each in by for each in (FIRST, OTHER, THIRD))
    (by,) = names(found, "Summary: stated by")
    assert FIRST in by
    assert THIRD in by
    assert OTHER not in by
    (by,) = names(found, "Counts lamps stated by")
    assert by == OTHER
    # A name that is another one for this reader.
    found = await page(asked, f"/fr/p/{address}")
    assert any(each.startswith("Lampes") and THIRD in each for each in found.text_of("p"))


@in_loop
async def test_the_text_of_who_comes_first_is_marked_as_they_say(asked: TestClient[Any, Any]) -> None:
    address = (await item(asked, "fr"))["address"]
    found = await page(asked, f"/fr/p/{address}")
    assert f"Résumé ({MARKE}):" in " ".join(found.text_of("p"))
    assert MARKE in found.text_of("dd")[0]
    # Who says the same later cannot mark it.
    found = await page(asked, f"/it/p/{address}")
    assert "Traduzione automatica" not in " ".join(found.text_of("main"))
    view = await (await asked.get(f"/api/v1/projects/{address}?lang=fr")).json()
    assert view["machine"] == ["summary"]
    assert view["fields"]["description"]["machine"] == ["fr"]
    assert "machine" not in view["fields"]["kind"]


@in_loop
async def test_a_statement_and_a_comparison_mark_it_too(asked: TestClient[Any, Any]) -> None:
    found = await item(asked, "fr")
    shown = await page(asked, f"/fr/e/{found['origin']}/e/{found['id']}")
    assert f"Compte les lampes {MARKE}" in " ".join(shown.text_of("p")[:8])
    assert "Traduit de" in shown.text_of("dt")
    assert f"Compte les lampes {MARKE}" in " ".join(
        (await page(asked, f"/fr/compare?p={found['address']}")).text_of("td")
    )


@in_loop
async def test_a_call_says_it_too(asked: TestClient[Any, Any]) -> None:
    (card,) = (await page(asked, "/fr/seeking")).text_of("article")
    assert "Qui a compté ?" in card
    assert MARKE in card
    (card,) = (await page(asked, "/it/seeking")).text_of("article")
    assert "Traduzione automatica" not in card
    (card,) = (await page(asked, "/ar/seeking")).text_of("article")
    assert "الإيطالية" in card
    assert "Chi ha contato?" in card


@in_loop
async def test_a_description_is_paragraphs_and_lists(asked: TestClient[Any, Any]) -> None:
    address = (await item(asked, "it"))["address"]
    shown = await page(asked, f"/it/p/{address}")
    assert [each for each in shown.text_of("li") if each in ("uno", "due")] == ["uno", "due"]
    assert "https://x.example/" in {each["href"] for each in shown.all("a")}


def test_of_very_many_values_the_first_are_shown() -> None:
    others = [{"value": {"en": f"Text {number}"}, "stated_by": [f"{number}"]} for number in range(30)]
    field: Any = {"value": {"en": "First"}, "stated_by": ["x"], "also": others}
    (row,) = rows({"summary": field}, ("summary",), ("en",))
    assert (len(row.sayings), row.more, row.sayings[0].value.text) == (MOST_VALUES, 11, "First")
    view: Any = {"fields": {"summary": field}, "language": "en"}
    (heading,) = headings(view, ("en",))
    assert (heading.by, len(heading.others), heading.more) == (("x",), MOST_VALUES - 1, 11)
