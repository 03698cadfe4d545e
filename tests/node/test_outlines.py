"""What lists show is kept beside the index, and is what the entries say all the same."""

from typing import Any

import pytest

from federation.standing import Rule
from node.answers.indexing import catch_up, reindex
from node.answers.policy import show_policy
from node.answers.rebuild import rebuild
from node.answers.search import Question, search
from node.home import Home
from node.moderation import HIDE, moderate
from node.purging import purge
from node.store.outlined import Outlined, contents_of, note_outlines
from node.store.waiting import QUEUE
from tests.outlined import check_outlines, kept_outlines
from tests.publisher import NOW, Publisher, entry, open_home
from tests.reuse_world import TOOL, adopter, use

CITY, PARKS = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1"
ONE = {
    "identifiers": [{"scheme": "repo", "value": TOOL}],
    "jurisdictions": ["FR"],
}


class World:
    """Two publishers; both describe a tool, and one of them a park."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.city, self.parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
        words = {"fr": "Compte les lampes", "en": "Counts lamps"}
        self.tool = self.city.put(entry("Lamp tool", summary=words, lifecycle="live", **ONE))
        self.same = self.parks.put(entry("Lamp tool", license="MIT", modified="2026-01-01T00:00:00Z", **ONE))
        self.park = self.parks.put(entry({"nl": "Park", "de": "Parkanlage"}))
        self.parks.put({"type": "profile", "v": 1, "publisherType": "local", "name": {"en": "Parks"}})
        self.publish()

    def publish(self) -> None:
        self.city.publish()
        self.parks.publish()

    def is_kept(self, text: str) -> bool:
        """Tell whether anything that is kept has a text."""
        rows = self.home.database.connection.execute("SELECT content FROM outline WHERE content IS NOT NULL")
        return any(text.encode() in content for (content,) in rows)

    def queue(self) -> None:
        """Let something wait, so that nothing that is kept is used."""
        with self.home.database.write() as connection:
            connection.execute(QUEUE, (self.parks.store.id, self.park))


@pytest.fixture
def world(home: Home) -> World:
    return World(home)


def asked(home: Home) -> list[Any]:
    questions = (
        Question(),
        Question("lamp tool", languages=("fr",)),
        Question("park", languages=("de", "fr")),
        Question(filters={"jurisdiction": ("FR-75",)}, wider=True, sort="name"),
        Question(view="trusted-participation"),
    )
    return [search(home, each, fresh=False) for each in questions]


def test_what_is_kept_is_shown_as_what_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    adopter(world.home, "bergen", use(TOOL))
    check_outlines(world.home)
    monkeypatch.setattr("node.answers.outlines.projects_of", None)
    kept = asked(world.home)
    monkeypatch.undo()
    assert [(item["members"], item["uses"]) for item in kept[1].items] == [(2, 1)]
    world.queue()
    assert asked(world.home) == kept
    catch_up(world.home)
    assert asked(world.home) == kept


def test_upkeep_and_a_rebuild_keep_the_same(world: World) -> None:
    check_outlines(world.home)
    world.city.withdraw(world.tool)
    world.publish()
    check_outlines(world.home)
    world.city.put(entry("Lamp tool", **ONE), world.tool)
    world.parks.put(entry("Another tool"), world.same)
    world.publish()
    check_outlines(world.home)
    moderate(world.home, f"{PARKS}/e/{world.park.hex()}", HIDE, "not now", "root")
    check_outlines(world.home)
    kept = kept_outlines(world.home)
    reindex(world.home)
    assert kept_outlines(world.home) == kept
    rebuild(world.home)
    assert kept_outlines(world.home) == kept
    purge(world.home, PARKS, "root")
    check_outlines(world.home)
    assert len(kept_outlines(world.home)) == 1


@pytest.mark.parametrize("first", [True, False])
def test_what_is_erased_is_kept_nowhere_from_that_moment_on(world: World, *, first: bool) -> None:
    catch_up(world.home)
    (item,) = search(world.home, Question("lamp tool")).items
    is_city = (item["origin"] == CITY) is first
    publisher, id_ = (world.city, world.tool) if is_city else (world.parks, world.same)
    texts = "Counts lamps", "Lamp tool"
    assert any(map(world.is_kept, texts))
    publisher.erase(id_)
    world.publish()
    assert not any(map(world.is_kept, texts))
    check_outlines(world.home)


def test_what_waits_again_since_it_was_read_is_not_kept(world: World) -> None:
    catch_up(world.home)
    log, connection = world.parks.store.id, world.home.database.connection
    world.queue()
    calm, waits = (world.city.store.id, world.tool), (log, world.park)
    with world.home.database.write():
        note_outlines(connection, [Outlined((calm,), b"calm"), Outlined((waits,), b"waits")])
    assert contents_of(connection, [calm, waits]) == {calm: b"calm"}


def test_what_is_too_large_is_made_when_it_is_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    catch_up(world.home)
    before = asked(world.home)
    sizes = "SELECT max(length(content)) - 1 FROM outline"
    (most,) = world.home.database.connection.execute(sizes).fetchone()
    monkeypatch.setattr("node.answers.outlines.MOST_KEPT", most)
    reindex(world.home)
    assert 0 < len(kept_outlines(world.home)) < len(before[0].items)
    assert asked(world.home) == before


def test_a_batch_ends_when_much_is_to_be_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.answers.indexing._MOST_HELD", 0)
    monkeypatch.setattr("node.answers.indexing.SIZE", 1)
    catch_up(world.home)
    check_outlines(world.home)


def test_whom_the_node_believes_is_shown_at_once(world: World) -> None:
    show_policy(world.home)
    catch_up(world.home)
    (before,) = search(world.home, Question("lamp tool"), fresh=False).items
    second = next(each for each in (CITY, PARKS) if each != before["publishers"][0])
    ruled = open_home(world.home.path, standing=(Rule(second, ("github.com/acme/*",)),))
    (item,) = search(ruled, Question("lamp tool"), fresh=False).items
    assert item["publishers"][0] == second
    # Of a day that turned, too.
    later = open_home(world.home.path, now=NOW + 86_400)
    assert search(later, Question("lamp tool"), fresh=False).items[0]["name"] == before["name"]
    ruled.close()
    later.close()
