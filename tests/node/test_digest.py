"""Three hashes over everything."""

import hashlib
from pathlib import Path

import msgpack
import pytest

from node.answers.digest import digest
from node.errors import NotFoundError
from node.home import Home
from tests.publisher import Publisher, entry, open_home

CITY = "127.0.0.1:8401/log/city/1"
PARKS = "a.example/log/parks/1"
NOTHING = hashlib.sha256(b"\x90").hexdigest()


def test_an_empty_node_has_a_digest(home: Home) -> None:
    empty = hashlib.sha256(b"\x90").hexdigest()
    assert digest(home) == {"heads": empty, "statements": empty, "clusters": empty}


def test_it_is_the_hash_that_the_contract_says(home: Home) -> None:
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    ids = [city.put(entry(f"Entry {n}")) for n in range(5)]
    gone, erased = city.put(entry("Gone")), city.put(entry("Erased"))
    hidden = city.put(entry("Hidden"), withheld=True)
    city.publish()
    city.withdraw(gone)
    city.erase(erased)
    city.put(entry("Again"), ids[0])
    city.publish()
    ids.append(hidden)
    park = parks.put(entry("Park"))
    parks.publish()

    def root(publisher: Publisher) -> bytes:
        return publisher.store.held().root

    heads = [[CITY, 12, root(city)], [PARKS, 2, root(parks)]]
    statements = sorted(
        [[CITY, id_, city.index(id_), city.store.commitment(city.index(id_))] for id_ in ids]
        + [[PARKS, park, 1, parks.store.commitment(1)]]
    )
    assert digest(home) == {
        "heads": hashlib.sha256(msgpack.packb(heads)).hexdigest(),
        "statements": hashlib.sha256(msgpack.packb(statements)).hexdigest(),
        "clusters": NOTHING,
    }
    assert digest(home, [PARKS, PARKS]) == {
        "heads": hashlib.sha256(msgpack.packb(heads[1:])).hexdigest(),
        "statements": hashlib.sha256(msgpack.packb(statements[-1:])).hexdigest(),
        "clusters": NOTHING,
    }


def test_an_unknown_origin_is_said(home: Home) -> None:
    with pytest.raises(NotFoundError):
        digest(home, [CITY])


def test_two_homes_with_the_same_logs_agree(tmp_path: Path) -> None:
    found = []
    for name, own in (("a", True), ("b", False)):
        home = open_home(tmp_path / name, now=1 if own else 2)
        publisher = Publisher(home, CITY, own=own)
        for n in range(300):
            publisher.put(entry(f"Entry {n}"))
            if not own and n % 100 == 0:
                publisher.publish()
        publisher.publish()
        found.append(digest(home))
        home.close()
    assert found[0] == found[1]


def test_clusters_are_the_sorted_address_lists_of_joined_entries(home: Home) -> None:
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    repo = {"identifiers": [{"scheme": "repo", "value": "https://github.com/acme/tool"}]}
    one, other = city.put(entry("Tool", **repo)), parks.put(entry("tool", **repo))
    city.put(entry("Alone", identifiers=[{"scheme": "repo", "value": "https://github.com/acme/alone"}]))
    city.publish()
    parks.publish()
    joined = [sorted([f"{CITY}/e/{one.hex()}", f"{PARKS}/e/{other.hex()}"])]
    assert digest(home)["clusters"] == hashlib.sha256(msgpack.packb(joined)).hexdigest()
    assert digest(home, [CITY])["clusters"] == NOTHING
