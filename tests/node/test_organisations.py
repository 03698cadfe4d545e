"""Organisations with their parts: who belongs to whom by the word of both, and what they state together."""

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from node.answers.government import organisation
from node.answers.indexing import catch_up
from node.app import make_app
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from protocol.keyset import grouped
from tests.markup import Page
from tests.publisher import MIRROR_KEY, Publisher
from tests.reuse_world import TOOL, adopter, thing, use, verify, vouched
from tests.trust_world import YESTERDAY, block_list, vouch
from tests.web_checks import is_sound

CITY = "127.0.0.1:8401/log/city/1"
PARKS, TREES, POOLS = (f"{name}.example/log/{name}/1" for name in ("parks", "trees", "pools"))
STRANGER, OSLO = "stranger.example/log/stranger/1", "oslo.example/log/oslo/1"
ALL = ("use", "vouch", "vouched", "identity", "list")


def profile(name: str, *parents: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    named = [{"ref": f"https://{each}"} if "/log/" in each else {"uri": each} for each in parents]
    return {"type": "profile", "v": 1, "name": {"en": name}, "parents": named, **fields}


@pytest.fixture
def city(home: Home) -> Publisher:
    """A city with a part that its profile names, one that it gave a mandate, and a stranger."""
    city = Publisher(home, CITY)
    told = city.put(profile("City", parts=[{"ref": f"https://{PARKS}"}, {"name": "Museum"}]))
    tool = city.put(thing("Budget tool", TOOL))
    city.publish()
    verify(home, CITY, "city.example")
    adopter(
        home, "parks", profile("Parks", f"{CITY}/e/{told.hex()}"), use(TOOL, lessons={"en": "Start small"})
    )
    adopter(home, "pools", profile("Pools", "https://city.example/"), vouched(f"{CITY}/e/{tool.hex()}"))
    adopter(home, "trees", profile("Trees", PARKS, PARKS, TREES), use("https://x.example/"))
    adopter(home, "stranger", profile("Stranger", CITY), use(TOOL), thing("Stranger's tool"), domain="")
    city.put(vouch(POOLS, home.logs.get(POOLS).fingerprint, vouchType="mandate"))  # type: ignore[union-attr]
    # None of these says that anybody is a part of the city.
    city.put(vouch(STRANGER, home.logs.get(STRANGER).fingerprint))  # type: ignore[union-attr]
    city.put(vouch(STRANGER, vouchType="mandate", expires=YESTERDAY))
    city.put(vouch(STRANGER, "aa" * 32, vouchType="mandate"))
    city.put(block_list(STRANGER, purpose="collection"))
    city.publish()
    oslo = adopter(
        home, "oslo", vouch(CITY, city.chain.fingerprint), vouched(CITY, "recommend", scope={"en": "All"})
    )
    oslo.put(vouched(f"https://{TREES}"))
    oslo.put(vouched(TOOL))
    oslo.publish()
    return city


def bonds(found: list[Any]) -> dict[str, bool]:
    return {each["origin"] or each["ref"] or each["name"]: bool(each["confirmed_by"]) for each in found}


@pytest.mark.usefixtures("city")
def test_a_part_is_one_by_the_word_of_both(home: Home) -> None:
    found = organisation(home, CITY)
    assert bonds(found["parts"]) == {PARKS: True, POOLS: True, STRANGER: False}
    assert found["together"] == [CITY, PARKS, POOLS]
    assert [each["name"] for each in found["parts"]] == ["Parks", "Pools", "Stranger"]
    assert bonds(organisation(home, STRANGER)["part_of"]) == {CITY: False}
    # What a part's part says is the part's to confirm, and nobody is part of itself.
    assert bonds(organisation(home, PARKS)["parts"]) == {TREES: False}
    assert bonds(organisation(home, TREES)["part_of"]) == {PARKS: False}
    assert organisation(home, CITY, parts=False)["together"] == [CITY]


@pytest.mark.usefixtures("city")
def test_parts_of_parts_belong_to_it_and_rings_end(home: Home) -> None:
    parks = Publisher(home, "ring.example/log/ring/1", own=False)
    parks.put(profile("Ring", "trees.example", "https://trees.example", TREES, "https://trees.example/x"))
    parks.put({"type": "profile", "v": 1, "name": {"en": "Ring"}, "parents": 7, "parts": [7, {}, {"ref": 7}]})
    parks.put(profile("Ring", "https://trees.example", "https://nowhere.example", "https://trees.example/x"))
    parks.publish()
    found = organisation(home, parks.origin)["part_of"]
    assert [(each["origin"], each["ref"]) for each in found] == [
        (TREES, "https://trees.example"),
        (None, "https://nowhere.example"),
        (None, "https://trees.example/x"),
    ]
    two = [Publisher(home, f"{name}.example/log/{name}/1", own=False) for name in ("left", "right")]
    for one, other in (two, two[::-1]):
        both = [{"ref": f"https://{other.origin}"}]
        one.put(profile(one.origin, other.origin, parts=both))
        one.publish()
    assert organisation(home, two[0].origin)["together"] == [each.origin for each in two]


@pytest.mark.usefixtures("city")
def test_what_they_state_is_put_together(home: Home) -> None:
    found = organisation(home, CITY, limit=100)
    assert found["counts"] == {"use": 1, "vouch": 5, "vouched": 1, "identity": 1, "list": 1}
    groups = {each["group"]: each["items"] for each in found["groups"]}
    (used,) = groups["use"]
    assert (used["origin"], used["said"]["lessons"]) == (PARKS, {"en": "Start small"})
    assert used["target"] is not None
    assert (used["target"]["name"], used["target"]["ref"]) == ("Budget tool", TOOL)
    assert groups["identity"][0]["origin"] == OSLO
    assert groups["list"][0]["said"] == {"purpose": "collection", "items": 1}
    states = [each["state"] for each in groups["vouch"] if each["origin"] == CITY]
    assert sorted(states) == ["expired", "stands", "stands", "stands"]
    alone = organisation(home, CITY, parts=False)
    assert alone["counts"] == {"use": 0, "vouch": 4, "vouched": 2, "identity": 1, "list": 1}
    assert organisation(home, TREES)["groups"][0]["items"][0]["target"]["name"] == ""  # type: ignore[index]


@pytest.mark.usefixtures("city")
def test_pages_follow_one_another(home: Home) -> None:
    seen, cursor = list[tuple[str, str]](), None
    while True:
        page = organisation(home, CITY, limit=2, cursor=cursor)
        seen += [(group["group"], item["address"]) for group in page["groups"] for item in group["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert (len(seen), len(set(seen))) == (9, 9)
    assert list(dict.fromkeys(group for group, _ in seen)) == list(ALL)
    first = organisation(home, CITY, limit=2)["next"]
    with pytest.raises(InvalidInputError, match="cursor"):
        organisation(home, CITY, ("use",), cursor=first)
    with pytest.raises(InvalidInputError, match="no group"):
        organisation(home, CITY, ("nothing",))
    with pytest.raises(NotFoundError, match="publisher"):
        organisation(home, "none.example/log/none/1")
    assert {len(each["items"]) for each in organisation(home, CITY, limit=100, most=1)["groups"]} == {1}


async def test_a_government_has_one_page(home: Home, city: Publisher) -> None:
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    many = [use(f"https://tool{number}.example/") for number in range(30)]
    plans = [{"id": f"p{number}", "title": {"en": f"Plan {number}"}} for number in range(14)]
    adopter(home, "busy", profile("Busy"), thing("Stamp machine", roadmap=plans), *many)
    catch_up(home)
    async with TestClient(TestServer(make_app(home))) as asked:

        async def shown(path: str) -> Page:
            response = await asked.get(path, headers={"Accept": "text/html"})
            assert response.status == 200, await response.text()
            page = Page(await response.text())
            is_sound(page, "en")
            return page

        page = await shown(f"/en/o/{CITY}")
        text = " ".join(page.text_of("main"))
        for words in (
            "With 2 parts",
            "Start small",
            "Says it is part of it; not confirmed",
            "The same fingerprint",
        ):
            assert words in text
        assert grouped(city.chain.fingerprint) in text
        assert "Stranger's tool" not in text
        links = {each["href"] for each in page.all("a")}
        assert {f"/en/o/{CITY}?parts=false", f"/en/o/{PARKS}", f"/en/o/{STRANGER}"} <= links
        alone = " ".join((await shown(f"/en/o/{CITY}?parts=false")).text_of("main"))
        assert "Start small" not in alone
        assert "not confirmed" in " ".join((await shown(f"/en/o/{STRANGER}")).text_of("main"))
        page = await shown("/en/o/busy.example/log/busy/1")
        (more,) = (each["href"] for each in page.all("a") if "show=use" in each["href"])
        assert "10 more" in page.text_of("a")
        (planned,) = (each["href"] for each in page.all("a") if "/roadmap?publisher=" in each["href"])
        assert "2 more" in page.text_of("a")
        await shown(planned)
        page = await shown(more)
        assert "https://tool0.example/" in {each["href"] for each in page.all("a")}
        place = f"/api/v1/organisations/{CITY}"
        first = await (await asked.get(f"{place}?group=vouch&limit=2")).json()
        assert first["search_url"].startswith("/api/v1/search?publisher=")
        found = await (await asked.get(first["search_url"])).json()
        assert [each["name"] for each in found["items"] if each["type"] == "entry"] == ["Budget tool"]
        second = await (await asked.get(first["next_url"])).json()
        assert len(second["groups"][0]["items"]) == 2
        assert (await asked.get("/api/v1/organisations/none.example")).status == 404
