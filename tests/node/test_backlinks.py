"""Backlinks: everything that points at a project or a statement, page by page, by API and command."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from federation.vouching import day_of
from node.answers.backlinks import BACKLINKS, entry_backlinks, project_backlinks
from node.answers.clusters import project_view
from node.app import make_app
from node.cli.backlinks import shown
from node.errors import InvalidInputError, NotFoundError
from node.home import Home
from tests.command import runner
from tests.publisher import Publisher, open_home
from tests.reuse_world import (
    DAY,
    LAST_YEAR,
    OWNER,
    TOOL,
    adopter,
    counts,
    everything,
    thing,
    use,
    vouched,
)


class World:
    """A project at which somebody points in every way."""

    def __init__(self, root: Path) -> None:
        self.home: Home = open_home(root)
        owner = Publisher(self.home, OWNER)
        self.tool = owner.put(
            {**thing("Tool", TOOL), "claimedUsers": [{"name": "Everybody"}, {"uri": "x:y"}]}
        )
        owner.publish()
        self.address = f"{OWNER}/e/{self.tool.hex()}"
        ref = [{"ref": TOOL}]
        builder = adopter(self.home, "builder")
        self.fork = builder.put(
            thing(
                "Fork",
                basedOn=[{"ref": "https://elsewhere.city"}, {"ref": TOOL, "relation": "fork"}],
                dependsOn=[{"ref": self.address, "type": "open"}],
                conformsTo=ref, partOf=ref, replaces=ref, relatedTo=ref,
            )
        )  # fmt: skip
        self.list = builder.put(
            {"type": "list", "v": 1, "name": {"en": "Good", "fr": "Bien"}, "purpose": "collection",
             "items": [{"ref": TOOL, "text": {"en": "Works."}}]}
        )  # fmt: skip
        link = {"type": "link", "v": 1, "relation": "sameAs", "subject": TOOL, "target": "https://tool.city"}
        builder.put(link)
        builder.put({"type": "profile", "v": 1, "name": {"en": "Builder"}})
        builder.put(vouched(f"{builder.origin}/e/{self.list.hex()}"))
        builder.put(use(f"{builder.origin}/e/{self.list.hex()}"))
        builder.publish()
        adopter(
            self.home, "bergen", use(TOOL, lessons={"nb": "Lærdom", "en": "A lesson"}), vouched(TOOL, "audit")
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("backlinks") / "home")
    yield made
    made.home.close()


@pytest.fixture
async def client(world: World) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(world.home))) as opened:
        yield opened


def test_every_relation_is_a_group(world: World) -> None:
    found = everything(world.home, world.tool)
    assert {group: len(items) for group, items in found.items()} == {
        group: 1 for group in BACKLINKS if group not in ("otherUse", "pastUse", "ownUse")
    }
    (based,) = found["basedOn"]
    assert (based["name"], based["said"]) == ("Fork", {"ref": TOOL, "relation": "fork"})
    assert found["dependsOn"][0]["said"] == {"ref": world.address, "type": "open"}
    assert (found["list"][0]["name"], found["list"][0]["said"]["text"]) == ("Good", {"en": "Works."})
    assert found["link"][0]["said"]["relation"] == "sameAs"
    assert found["vouch"][0]["said"] == {"vouchType": "audit", "issued": LAST_YEAR}
    assert found["basedOn"][0]["publisher"]["name"] == "Builder"


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_have_everything_once(world: World, limit: int) -> None:
    found = everything(world.home, world.tool, limit=limit)
    assert found == everything(world.home, world.tool)
    assert list(found) == [group for group in BACKLINKS if group in found]


def test_groups_can_be_asked_for_alone(world: World) -> None:
    page = project_backlinks(world.home, world.address, ("vouch", "list"), 1)
    assert ([each["group"] for each in page["groups"]], page["counts"]["use"]) == (["vouch"], 1)
    following = project_backlinks(world.home, world.address, ("list", "vouch"), 1, page["next"])
    assert ([each["group"] for each in following["groups"]], following["next"]) == (["list"], None)
    with pytest.raises(InvalidInputError, match="does not belong to this question"):
        project_backlinks(world.home, world.address, (), 1, page["next"])
    with pytest.raises(InvalidInputError, match="no group 'fans'; there are use, otherUse"):
        project_backlinks(world.home, world.address, ("fans",))
    with pytest.raises(NotFoundError):
        project_backlinks(world.home, f"{OWNER}/e/{bytes(16).hex()}")


def test_a_project_says_how_many_there_are_and_what_is_only_claimed(world: World) -> None:
    view = project_view(world.home, world.address)
    assert view["backlinks"] == project_backlinks(world.home, world.address)["counts"]
    assert view["backlinks"]["use"] == 1
    claimed = project_backlinks(world.home, world.address)["claimed"]
    assert [each["value"] for each in claimed] == [{"name": "Everybody"}, {"uri": "x:y"}]
    assert claimed[0]["stated_by"] == [world.address]


def test_a_statement_is_pointed_at_by_its_address_alone(world: World) -> None:
    entry = entry_backlinks(world.home, world.tool.hex())
    assert [each["group"] for each in entry["groups"]] == ["dependsOn"]
    curated = entry_backlinks(world.home, world.list.hex())
    assert {each["group"]: len(each["items"]) for each in curated["groups"]} == {"otherUse": 1, "vouch": 1}
    assert curated["groups"][0]["items"][0]["why"] == "what it names is no live entry"
    assert curated["claimed"] == []


def test_what_continues_a_statement_has_what_pointed_at_it(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    owner = Publisher(home, OWNER)
    id_ = owner.put(thing("Tool"))
    owner.publish()
    old = f"{OWNER}/e/{id_.hex()}"
    bergen = adopter(home, "bergen", use(old))
    next_ = Publisher(home, "127.0.0.1:8401/log/owner/2")
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 0)",
            (owner.store.id, next_.origin, next_.chain.fingerprint),
        )
    next_.put(thing("Tool"), id_)
    next_.publish()
    new = f"{next_.origin}/e/{id_.hex()}"
    for ref in (old, new):
        page = project_backlinks(home, ref)
        assert (page["address"], page["counts"]["use"]) == (new, 1)
    assert entry_backlinks(home, old)["counts"]["use"] == 1
    # The user goes on in another log, too: still one, and said there.
    later = Publisher(home, "harbour.example/log/bergen/2", own=False)
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 0)",
            (bergen.store.id, later.origin, later.chain.fingerprint),
        )
    assert counts(home, new) == {"use": 1}
    later.put(use(new))
    later.publish()
    found = everything(home, new)
    assert {group: len(items) for group, items in found.items()} == {"use": 1, "otherUse": 1}
    home.close()


async def test_the_api_pages_through_them(world: World, client: TestClient[Any, Any]) -> None:
    view = await (await client.get(f"/api/v1/projects/{world.address}")).json()
    url = f"{view['backlinks_url']}?limit=4&lang=fr"
    names, pages = [], 0
    while url:
        response = await client.get(url)
        assert response.status == 200
        page = await response.json()
        names += [item["name"] for each in page["groups"] for item in each["items"]]
        url, pages = page["next_url"], pages + 1
    assert (len(names), pages) == (10, 3)
    assert "Bien" in names
    entry = await (await client.get(f"/api/v1/entries/{world.address}/backlinks?group=dependsOn,use")).json()
    assert [each["group"] for each in entry["groups"]] == ["dependsOn"]


@pytest.mark.parametrize(
    ("query", "status"),
    [("?group=fans", 400), ("?limit=0", 400), ("?cursor=x", 400), ("?colour=red", 400), ("", 404)],
)
async def test_what_cannot_be_asked_is_refused(
    world: World, client: TestClient[Any, Any], query: str, status: int
) -> None:
    ref = world.address if query else f"{OWNER}/e/{bytes(16).hex()}"
    assert (await client.get(f"/api/v1/projects/{ref}/backlinks{query}")).status == status


def test_commands_show_uses_and_views(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = open_home(tmp_path / "home")
    owner = Publisher(home, OWNER)
    ends = day_of(int(time.time()) + 60 * DAY)
    kept = {"maintenance": {"mode": "contract", "supportUntil": ends}}
    ids = [owner.put(thing("Tool", TOOL, **kept)), owner.put(thing("Alone"))]
    owner.publish()
    adopter(home, "bergen", use(TOOL), vouched(TOOL))
    home.close()
    (tmp_path / "home" / "config.toml").write_text(
        'address = "http://127.0.0.1:8401"\nname = "City"\nallow_private = true\n'
    )
    fedcat = runner(monkeypatch, capsys, "--home", str(tmp_path / "home"))
    first = fedcat("project", "uses", ids[0].hex(), "--limit", "1")
    assert "More with --cursor" in first.err
    cursor = first.err.split()[-1]
    assert (
        "bergen.example/log/bergen/1"
        in fedcat("project", "uses", ids[0].hex(), "--cursor", cursor, "--limit", "1").out
    )
    assert "Nobody says anything about it." in fedcat("project", "uses", ids[1].hex()).err
    found = fedcat("search", "--view", "support-ends-soon")
    assert f"Tool: ends on {ends}" in found.out
    assert fedcat("search", "--vouched-by", "nobody.example/log/n/1", "--json").document["total"] == 0


def test_people_see_who_counts_and_why_others_do_not(world: World) -> None:
    text = shown(project_backlinks(world.home, world.address), ("nb",))
    assert text.startswith("Used by 1 organisation with a verified domain.\n")
    assert "Lærdom" in text
    assert text.endswith("Claimed by its publishers, and not counted: Everybody, x:y")
    nothing = shown(project_backlinks(world.home, world.fork.hex()), ())
    assert nothing == "Used by 0 organisations with a verified domain."
