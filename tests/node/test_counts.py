"""How many entries a log has is kept, not counted: it is right whatever happens to them."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite_utils import Database as Schema

from federation.listing import Verdict
from node.answers.publishers import publisher, publishers
from node.answers.rebuild import rebuild
from node.blocking import say, take_back
from node.errors import NotFoundError
from node.home import Home
from node.moderation import HIDE, TAKEDOWN, moderate, restore
from node.own.sequencer import Draft, publish
from node.peers import follow, introduce_all
from node.purging import purge
from node.rounds import sync_round
from node.store.schema import migrations
from protocol.leaf import Op
from tests.node_world import NodeWorld, erase, payload, put, withdraw
from tests.publisher import Publisher, entry, open_home
from tests.trio import asking, served, trio_in

CITY, PARKS = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1"
SAID: Final[dict[str, Any]] = {
    "entry": entry("Trees"),
    "use": {"type": "use", "v": 1, "target": "https://x.example", "status": "pilot"},
    "profile": {"type": "profile", "v": 1, "name": {"en": "Parks"}},
    "broken": b"\xc1 unreadable",
}
DECIDED: Final = (HIDE, TAKEDOWN, "restore")
ACTS = st.tuples(
    st.sampled_from((*SAID, "entry", "withheld", "withdraw", "erase", *DECIDED)), st.integers(0, 3)
)


def counted(home: Home, origin: str) -> int:
    """Return how many entries a log is said to have, which is how many rows it has of them."""
    said = publisher(home, origin)["entries"]
    assert isinstance(said, int)
    rows = home.database.connection.execute(
        "SELECT count(*) FROM entry JOIN log ON log.id = log WHERE origin = ? AND type = 'entry' AND op = 1",
        (origin,),
    )
    assert rows.fetchone() == (said,)
    return said


class Parks:
    """A followed log of four statements at most, and which of them are entries that are shown."""

    def __init__(self, home: Home) -> None:
        self._home, self._log = home, Publisher(home, PARKS, own=False)
        self._is_entry: dict[bytes, bool] = {}
        self._hidden: set[bytes] = set()
        self._taken_down: set[bytes] = set()

    def step(self, acts: Sequence[tuple[str, int]]) -> int:
        """Decide about statements, then have some changed at once; return how many entries there are then."""
        named = [(act, bytes([1 + number]) * 16) for act, number in acts]
        for act, id_ in named:
            if act in DECIDED and id_ in self._is_entry:
                self._decide(act, id_)
        for act, id_ in named:
            if act not in DECIDED:
                self._state(act, id_)
        self._log.publish()
        gone = self._hidden | self._taken_down
        return sum(is_entry and id_ not in gone for id_, is_entry in self._is_entry.items())

    def _decide(self, act: str, id_: bytes) -> None:
        ref = f"{PARKS}/e/{id_.hex()}"
        if act == "restore" and id_ in self._hidden:
            restore(self._home, ref, "a reason", "ada")
            self._hidden.remove(id_)
        elif act != "restore" and id_ not in self._hidden | self._taken_down:
            moderate(self._home, ref, act, "a reason", "ada")
            (self._hidden if act == HIDE else self._taken_down).add(id_)

    def _state(self, act: str, id_: bytes) -> None:
        if act in SAID:
            self._log.put(SAID[act], id_)
        elif act == "withheld":
            self._log.put(entry("Nobody has it"), id_, withheld=True)
        elif id_ not in self._is_entry:
            return
        elif act == "withdraw":
            self._log.withdraw(id_)
        else:
            self._log.erase(id_)
        self._is_entry[id_] = act == "entry"


@settings(max_examples=10)
@given(st.lists(st.lists(ACTS, min_size=1, max_size=6), min_size=3, max_size=4))
def test_it_is_right_whatever_is_stated_taken_back_and_decided(steps: list[list[tuple[str, int]]]) -> None:
    with TemporaryDirectory() as folder:
        home = open_home(Path(folder) / "home")
        parks, city = Parks(home), Publisher(home, CITY)
        city.put(entry("Benches"))
        city.publish()
        for acts in steps:
            expected = parks.step(acts)
            assert (counted(home, PARKS), counted(home, CITY)) == (expected, 1)
        home.close()


async def test_it_is_right_when_logs_come_change_are_blocked_and_go(world: NodeWorld) -> None:
    trio = await trio_in(world)
    city, relay, origin = trio.city, trio.relay, trio.origin
    ids = (await publish(city, origin, [put("Trees"), put("Benches"), put("Ponds"), put("Lawns")])).ids
    assert counted(city, origin) == 5
    await trio.sync()
    await publish(city, origin, [withdraw(ids[0]), erase(ids[1]), Draft(Op.PUT, ids[2], payload("Lakes"))])
    assert [counted(home, origin) for home in trio.homes] == [3, 5, 5]
    await trio.sync()
    assert [counted(home, origin) for home in trio.homes] == [3, 3, 3]
    moderate(relay, ids[2].hex(), TAKEDOWN, "a reason", "ada")
    assert [counted(home, origin) for home in trio.homes] == [3, 2, 3]
    say(relay, Verdict.BLOCK, origin, "", reason="a reason", actor="ada")
    take_back(relay, origin, "", actor="ada")
    restore(relay, ids[2].hex(), "a mistake", "ada")
    await trio.sync()
    assert counted(relay, origin) == 3
    purge(relay, origin, "ada")
    with pytest.raises(NotFoundError):
        publisher(relay, origin)
    async with asking() as fetch, served(city):
        (introduction,) = await introduce_all(relay, fetch, city.config.address, origin)
        follow(relay, introduction, city.config.address, "ada")
        assert counted(relay, origin) == 0
        await sync_round(relay, fetch)
    assert counted(relay, origin) == 3


def test_a_number_that_is_wrong_is_made_again_with_the_rows(home: Home) -> None:
    for origin in (CITY, PARKS):
        log = Publisher(home, origin)
        log.put(entry("Trees"))
        log.publish()
    with home.database.write() as connection:
        connection.execute("UPDATE live_entries SET number = 90 WHERE log = 1")
        connection.execute("DELETE FROM live_entries WHERE log = 2")
    assert [each["entries"] for each in publishers(home)] == [90, 0]
    rebuild(home)
    assert [counted(home, origin) for origin in (CITY, PARKS)] == [1, 1]


def test_a_home_of_before_is_counted_once(home: Home) -> None:
    for origin, number in ((CITY, 3), (PARKS, 0)):
        log = Publisher(home, origin)
        for each in range(number):
            log.put(entry(f"Tree {each}"))
        log.put(SAID["use"])
        log.publish()
    connection = home.database.connection
    connection.execute("DROP TABLE live_entries")
    for trigger in ("entry_came", "entry_went", "entry_became"):
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'm003_counts'")
    migrations.apply(Schema(connection, execute_plugins=False, strict=True))
    assert [counted(home, origin) for origin in (CITY, PARKS)] == [3, 0]
