"""Who publishes here: own words, verified numbers."""

from typing import Any

import pytest

from node.answers.publishers import STALE_SECONDS, publisher, publisher_names, publishers
from node.errors import NotFoundError
from node.home import Home
from protocol.cosignature import cosign
from protocol.note import Note
from tests.publisher import NOW, Publisher, entry
from tests.signers import beat_key

CITY = "127.0.0.1:8401/log/city/1"
PARKS = "a.example/log/parks/1"

PROFILE: dict[str, Any] = {
    "type": "profile",
    "v": 1,
    "name": {"fr": "Ville des Parcs", "en": "City of Parks"},
    "publisherType": "local",
    "jurisdiction": "FR-69",
    "identifiers": [{"scheme": "wikidata", "value": "Q456"}],
    "contact": {
        "role": {"fr": "Service des jardins", "en": "Gardens office"},
        "url": "https://parks.example/c",
    },
    "heartbeat": 3600,
}


def at(home: Home, now: int) -> None:
    home._clock = lambda: now


def test_a_publisher_is_shown_with_its_own_words_and_with_what_was_verified(home: Home) -> None:
    parks = Publisher(home, PARKS, own=False)
    id_ = parks.put(PROFILE)
    parks.put(entry("Trees"))
    gone = parks.put(entry("Ponds"))
    parks.withdraw(gone)
    parks.put({"type": "use", "v": 1, "target": "https://x.example", "status": "pilot"})
    parks.publish()
    found = publisher(home, PARKS, ("fr",))
    assert found.pop("problems")["void"] == 0
    assert found.pop("witnesses")["witnessed"] is None
    assert found == {
        "origin": PARKS,
        "own": False,
        "fingerprint": parks.chain.fingerprint,
        "name": "Ville des Parcs",
        "language": "fr",
        "publisher_type": "local",
        "jurisdiction": "FR-69",
        "identifiers": [{"scheme": "wikidata", "value": "Q456"}],
        "contact": {"role": "Service des jardins", "email": None, "url": "https://parks.example/c"},
        "profile": f"{PARKS}/e/{id_.hex()}",
        "proofs": [],
        "precedence": 0,
        "size": 6,
        "served": 6,
        "entries": 1,
        "verified_at": "2027-01-15T08:00:00Z",
        "heartbeat": {"at": "2027-01-15T08:00:00Z", "interval": 3600, "alive": True},
        "scope": None,
        "followed": {"by": "person", "because": [], "at": None, "lapsed_at": None},
        "blocked": None,
        "paused": None,
    }
    assert publisher(home, PARKS, ("en",))["contact"]["role"] == "Gardens office"


def test_the_newest_profile_counts(home: Home) -> None:
    city = Publisher(home, CITY)
    first = city.put(PROFILE, bytes(16))
    city.put({**PROFILE, "name": {"en": "Later"}, "contact": {"email": "office@parks.example"}}, b"\xff" * 16)
    city.publish()
    found = publisher(home, CITY)
    assert found["name"] == "Later"
    assert found["contact"] == {"role": None, "email": "office@parks.example", "url": None}
    city.put({**PROFILE, "name": {"en": "Last"}}, first)
    city.publish()
    assert publisher(home, CITY)["name"] == "Last"


def test_whoever_says_nothing_of_itself_is_listed_all_the_same(home: Home) -> None:
    Publisher(home, PARKS, own=False)
    Publisher(home, CITY).publish()
    # Not a profile by its fields, but its name can be read.
    odd = Publisher(home, "b.example/log/odd/1", own=False)
    odd.put({"type": "profile", "v": 1, "name": {"en": "Odd"}, "identifiers": "none", "publisherType": 7})
    odd.publish()
    city, parks, named = publishers(home)
    # Own logs first, then as they were followed.
    assert [each["precedence"] for each in (city, parks, named)] == [0, 1, 2]
    assert [each["origin"] for each in (city, parks, named)] == [CITY, PARKS, odd.origin]
    for each in (city, parks):
        assert (each["name"], each["publisher_type"], each["jurisdiction"]) == ("", "", "")
        assert each["contact"] is each["profile"] is each["heartbeat"]["interval"] is None
        assert each["identifiers"] == []
    assert (city["own"], parks["own"]) == (True, False)
    assert parks["heartbeat"] == {"at": None, "interval": None, "alive": False}
    assert (named["name"], named["publisher_type"], named["problems"]["statements"]) == ("Odd", "", 1)


def test_what_was_found_out_about_a_publisher_is_told_apart_from_what_it_says(home: Home) -> None:
    city = Publisher(home, CITY)
    city.publish()
    home.database.connection.execute(
        "INSERT INTO proof (log, kind, name, verified_at, tried_at, fault, failures, next_due)"
        " SELECT id, 'domain', 'city.example', ?, ?, NULL, 0, ? FROM log",
        (NOW - 60, NOW, NOW + 3600),
    )
    assert publisher(home, CITY)["proofs"] == [
        {
            "kind": "domain",
            "name": "city.example",
            "state": "verified",
            "verified_at": "2027-01-15T07:59:00Z",
            "tried_at": "2027-01-15T08:00:00Z",
            "next_due": "2027-01-15T09:00:00Z",
            "fault": None,
        }
    ]


def test_names_are_those_that_publishers_give_themselves(home: Home) -> None:
    city = Publisher(home, CITY)
    city.put({**PROFILE, "name": {"en": "Former"}}, bytes(16))
    city.put(PROFILE, b"\x01" * 16)
    city.publish()
    Publisher(home, PARKS).publish()
    assert publisher_names(home, ("fr",)) == {CITY: "Ville des Parcs"}


def test_problems_are_counted_by_sort(home: Home) -> None:
    city = Publisher(home, CITY)
    city.put(b"\xc1")
    city.put(entry("Withheld"), withheld=True)
    kept = city.put(entry("Kept"))
    # A version of what is no version of it is void.
    city._heads[kept] = 0
    city.put(entry("Void"), kept)
    city.publish()
    assert publisher(home, CITY)["problems"]["withheld"] == 1
    assert publisher(home, CITY)["problems"]["void"] == 1
    assert publisher(home, CITY)["problems"]["statements"] >= 1
    assert publisher(home, CITY)["entries"] == 1


def test_a_log_is_alive_while_its_heartbeat_is_recent(home: Home) -> None:
    city = Publisher(home, CITY)
    city.publish()
    at(home, NOW + STALE_SECONDS - 1)
    assert publisher(home, CITY)["heartbeat"]["alive"] is True
    at(home, NOW + STALE_SECONDS)
    assert publisher(home, CITY)["heartbeat"] == {
        "at": "2027-01-15T08:00:00Z",
        "interval": None,
        "alive": False,
    }
    # A time that is not there yet is nobody's sign of life.
    at(home, NOW - home.config.limits.ahead_seconds - 1)
    assert publisher(home, CITY)["heartbeat"] == {"at": None, "interval": None, "alive": False}


def test_a_static_log_is_neither_alive_nor_dead(home: Home) -> None:
    city = Publisher(home, CITY)
    city.put({**PROFILE, "heartbeat": 0})
    city.publish()
    assert publisher(home, CITY)["heartbeat"]["alive"] is None


def test_a_heartbeat_that_no_key_in_force_signed_is_none(home: Home) -> None:
    city = Publisher(home, CITY)
    city.publish()
    row = home.logs.get(CITY)
    assert row is not None
    note = Note.parse(row.signed)
    wrong = cosign(note.text + "x\n", beat_key(1, CITY), NOW)
    forged = Note(note.text, (note.signatures[0], wrong)).render()
    home.database.connection.execute("UPDATE log SET note = ?", (forged,))
    assert publisher(home, CITY)["heartbeat"]["at"] is None


def test_a_publisher_that_is_not_here(home: Home) -> None:
    with pytest.raises(NotFoundError, match=r"x\.example"):
        publisher(home, "x.example/log/x/1")
