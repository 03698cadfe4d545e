"""Search pages of suites and copies: what is in a card, and the way to see each by itself."""

import csv
import datetime as dt
import io

from aiohttp.test_utils import TestClient, TestServer

from node.answers.indexing import catch_up
from node.app import make_app
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from tests.markup import Page
from tests.publisher import MIRROR_KEY, Publisher, entry
from tests.reuse_world import thing

SUITE = "https://github.com/acme/suite"


async def test_a_card_says_what_is_in_it_and_leads_to_each_by_itself(home: Home) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    city = Publisher(home, "127.0.0.1:8401/log/city/1")
    city.put(thing("Street suite", SUITE))
    part = {"partOf": [{"ref": SUITE}]}
    city.put(thing("Lamps", summary={"en": "Lights"}, **part))
    city.put(thing("Bins", summary={"en": "Empties"}, **part))
    source = {"format": "publiccode.yml", "foundAt": {"repo": "acme/tool", "path": "publiccode.yml"}}
    elsewhere = {**source, "foundAt": {"repo": "beta/lamps", "path": "publiccode.yml"}}
    for found_at in (source, elsewhere):
        city.put(thing("Tool", "https://github.com/acme/tool", summary={"en": "Counts."}, source=found_at))
    city.publish()
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        page = Page(await (await client.get("/en/search?q=lamps")).text())
        assert page.text_of("h3")[0] == "Street suite"
        assert any(text == "A suite with 2 parts; 1 of them fits:" for text in page.text_of("p"))
        assert any(text.startswith("Lamps") for text in page.text_of("li"))
        (apart,) = (each["href"] for each in page.all("a") if "fold=false" in each["href"])
        page = Page(await (await client.get(apart)).text())
        assert page.text_of("h3") == ["Lamps"]
        boxes = [each for each in page.all("input") if each["name"] == "fold"]
        assert [each.get("checked") for each in boxes] == [""]
        page = Page(await (await client.get("/en/search?q=tool")).text())
        assert any(text == "1 copy of it is not shown" for text in page.text_of("p"))
        columns, *rows = csv.reader(io.StringIO(await (await client.get("/en/search?format=csv")).text()))
        named = {row[2]: dict(zip(columns, row, strict=True)) for row in rows}
        assert (named["Street suite"]["parts"], named["Street suite"]["copies"]) == ("2", "0")
        assert (named["Tool"]["parts"], named["Tool"]["copies"]) == ("", "1")


async def test_a_card_says_that_partners_are_sought_while_the_call_is_open(home: Home) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    city = Publisher(home, "127.0.0.1:8401/log/city/1")
    today = dt.datetime.fromtimestamp(home.now(), dt.UTC).date()
    for name, days in (("Lamps", 0), ("Bins", -1)):
        until = (today + dt.timedelta(days=days)).isoformat()
        call = {"type": "reuse-partners", "text": {"en": "Join us"}, "until": until}
        city.put(thing(name, seeking=[call], modified=f"{today}T00:00:00Z"))
    city.publish()
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        page = Page(await (await client.get("/en/search?sort=name")).text())
        # Of two in the order of their names, the second.
        assert page.text_of("h3") == ["Bins", "Lamps"]
        first, second = page.text_of("article")
        assert "Seeking partners" not in first
        assert "Seeking partners" in second
        # The names that are shown need not be those of the order.
        assert any(text.startswith("In the order of the English names") for text in page.text_of("p"))
        page = Page(await (await client.get("/en/search")).text())
        assert not any(text.startswith("In the order of the English names") for text in page.text_of("p"))


async def test_the_order_by_name_is_the_same_for_readers_of_all_languages(home: Home) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    city = Publisher(home, "127.0.0.1:8401/log/city/1")
    city.put(entry({"en": "Ants", "fr": "Zoo"}))
    city.put(entry({"en": "Bees", "fr": "Abeilles"}))
    city.put(entry({"it": "Cani", "fr": "Chiens"}))
    city.publish()
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as client:
        for lang, names in (("en", ["Ants", "Bees"]), ("fr", ["Zoo", "Abeilles", "Chiens"])):
            page = Page(await (await client.get(f"/{lang}/search?sort=name")).text())
            assert page.text_of("h3")[: len(names)] == names
