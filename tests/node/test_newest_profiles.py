"""The newest profile of a log, and what a publisher is shown as whose row the disk damaged."""

import pytest

from node.answers.organisations import Organisations
from node.answers.publishers import publisher, publisher_names
from node.candidates import candidates
from node.home import Home
from node.plans.freshness import STALE_DAYS, stale_days
from node.store.profiles import newest_profile, newest_profile_of, newest_profiles
from tests.publisher import Publisher, entry

PARKS = "a.example/log/parks/1"


def profile(name: str) -> dict[str, object]:
    return {
        "type": "profile",
        "v": 1,
        "name": {"en": name},
        "publisherType": "local",
        "jurisdiction": "FR-69",
        "policy": {"staleAfterDays": STALE_DAYS + 1},
    }


def test_of_several_profiles_the_newest_speaks(home: Home) -> None:
    parks = Publisher(home, PARKS, own=False)
    parks.put(entry("Trees"))
    first = parks.put(profile("Parks"))
    second = parks.put(profile("Gardens"))
    parks.publish()
    with home.database.read() as connection:
        (newest,) = newest_profiles(connection)
        assert (newest.origin, newest.id, newest.said["name"]) == (PARKS, second, {"en": "Gardens"})
        assert newest == newest_profile(connection, newest.log) == newest_profile_of(connection, PARKS)
    parks.put(profile("City of Parks"), first)
    parks.publish()
    with home.database.read() as connection:
        again = newest_profile_of(connection, PARKS)
    assert again is not None
    assert (again.id, again.index) == (first, newest.index + 1)
    parks.withdraw(first)
    parks.publish()
    with home.database.read() as connection:
        assert list(newest_profiles(connection)) == [newest]


def test_who_says_nothing_has_none(home: Home) -> None:
    Publisher(home, PARKS, own=False).publish()
    with home.database.read() as connection:
        assert newest_profile(connection, 1) is None
        assert newest_profile_of(connection, PARKS) is None
        assert newest_profile_of(connection, "b.example/log/parks/1") is None
        assert list(newest_profiles(connection)) == []


@pytest.mark.parametrize("rotten", [b"", b"\xc1", b"\x81\xa1\xff\x01", b"\x93\x01\x02\x03"])
def test_a_damaged_row_says_nothing_and_stops_nobody(home: Home, rotten: bytes) -> None:
    parks = Publisher(home, PARKS, own=False)
    parks.put(profile("Parks"))
    parks.publish()
    with home.database.write() as connection:
        connection.execute("UPDATE entry SET payload = ?", (rotten,))
    with home.database.read() as connection:
        (newest,) = newest_profiles(connection)
        assert newest.said == {}
        assert Organisations(home, connection).stated(PARKS) == ("", "", None)
        assert stale_days(connection) == {}
    shown = publisher(home, PARKS)
    assert (shown["name"], shown["publisher_type"]) == ("", "")
    assert shown["profile"] == f"{PARKS}/e/{newest.id.hex()}"
    assert publisher_names(home) == {}
    assert candidates(home) == []
