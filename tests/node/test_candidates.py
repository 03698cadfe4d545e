"""Who is named by whom; nobody is followed by that."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from federation.introduce import Card, CardLog
from node.blocking import refresh
from node.candidates import MAX_PEERS, candidates, gather
from node.home import Home
from tests.publisher import Publisher, open_home
from tests.signers import key_note, key_set, signing_key
from tests.trust_world import (
    NEXT_YEAR,
    TODAY,
    TOMORROW,
    TWO,
    YESTERDAY,
    block_list,
    profile,
    speaking,
    trusting,
    vouch,
)

LYON = "lyon.example/log/lyon/1"
PARKS = "parks.example/log/parks/1"
A, B = "aa" * 32, "bb" * 32


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = open_home(tmp_path / "reader")
    yield opened
    opened.close()


def named(home: Home, origin: str) -> dict[str, Any]:
    (found,) = [each for each in candidates(home) if each["origin"] == origin]
    return found


def freeze(home: Home, publisher: Publisher) -> None:
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO evidence VALUES (x'00', ?, x'', 1, x'', 1, x'', 1, 1, '', 1, NULL, NULL, NULL)",
            (publisher.store.id,),
        )
        connection.execute("INSERT INTO frozen VALUES (?, x'00', 1, 1)", (publisher.store.id,))


def test_a_candidate_shows_who_named_it_and_nobody_is_followed(home: Home) -> None:
    oslo = speaking(
        home,
        "oslo",
        vouch(LYON, A),
        profile({"origin": LYON, "url": "https://lyon.example", "fingerprint": A}),
    )
    speaking(home, "bergen", vouch(LYON, vouchType="recommend", expires=""))
    with home.database.write() as connection:
        card = msgspec.json.encode(Card((CardLog(LYON, "https://lyon.example/log/lyon/1", B),)))
        connection.execute(
            "INSERT INTO peer (url, added_at, card) VALUES ('https://node.example', 1, ?)", (card,)
        )
    found = named(home, LYON)
    assert (found["conflict"], found["allowed"], found["tried"]) == (True, False, None)
    assert found["reason"] == "no rule lets anybody in"
    without, vouched, shown = found["fingerprints"]
    assert without["recommended_by"] == ["bergen.example/log/bergen/1"]
    (word,) = vouched["vouched_by"]
    assert word["statement"].startswith(f"{oslo.origin}/e/")
    assert (word["origin"], word["expires"], word["counts"]) == (oslo.origin, NEXT_YEAR, True)
    assert (vouched["support"], vouched["recommended_by"]) == ([oslo.origin], [oslo.origin])
    assert (shown["fingerprint"], shown["shown_by"]) == (B, ["https://node.example"])
    assert found["urls"] == [
        "https://lyon.example",
        "https://lyon.example/log/lyon/1",
        "https://node.example",
    ]
    assert home.logs.get(LYON) is None


def test_what_is_here_or_blocked_or_no_origin_is_no_candidate(home: Home) -> None:
    speaking(home, "lyon")
    speaking(
        home,
        "oslo",
        vouch(LYON, A),
        vouch("https://oslo.example/thing", A),
        vouch("oslo.example/log/oslo/1", A),
        vouch(PARKS, A),
        profile({"origin": "no origin"}, {"url": "https://x.example"}, {"origin": "oslo.example/log/oslo/1"}),
    )
    own = Publisher(home, "127.0.0.1:8401/log/city/1")
    own.put(vouch("seine.example/log/seine/1", A))
    own.publish()
    assert [each["origin"] for each in candidates(home)] == [PARKS]
    trusting(home, blocked=("parks.example",))
    refresh(home)
    assert PARKS not in {each["origin"] for each in candidates(home)}
    trusting(home, blocked=(A,))
    refresh(home)
    assert PARKS not in {each["origin"] for each in candidates(home)}


@pytest.mark.parametrize(
    ("said", "why_not"),
    [
        ({"expires": YESTERDAY}, "it has expired"),
        ({"issued": TOMORROW}, "it does not hold yet"),
        ({"expires": TODAY, "issued": TODAY}, None),
    ],
)
def test_a_vouch_counts_on_its_days(home: Home, said: dict[str, Any], why_not: str | None) -> None:
    speaking(home, "oslo", {**vouch(LYON, A), **said})
    (one,) = named(home, LYON)["fingerprints"]
    assert one["vouched_by"][0]["why_not"] == why_not
    assert bool(one["support"]) == (why_not is None)


@pytest.mark.parametrize(
    "said",
    [{"expires": ""}, {"expires": "soon"}, {"issued": "2026"}, {"fingerprint": "x"}, {"vouchType": "badge"}],
)
def test_what_is_no_whole_vouch_names_nobody(home: Home, said: dict[str, Any]) -> None:
    speaking(home, "oslo", {**vouch(LYON, A), **said})
    assert candidates(home) == []


def test_a_recommendation_ends_too(home: Home) -> None:
    speaking(home, "oslo", vouch(LYON, vouchType="recommend", expires=YESTERDAY))
    found = named(home, LYON)
    assert [each["recommended_by"] for each in found["fingerprints"]] == [[]]


def test_two_who_share_a_root_key_are_one(home: Home) -> None:
    speaking(home, "oslo", vouch(LYON, A))
    bergen = speaking(home, "bergen", vouch(LYON, A))
    trusting(home, allow=TWO)
    assert named(home, LYON)["allowed"]
    # The same with a key set of bergen's under oslo's root: they may be one.
    shared = signing_key(f"{bergen.origin}/root/1", seed="oslo.example/log/oslo/1 root 1")
    keys = key_set(origin=bergen.origin, urls=(), roots=(shared,))
    with home.database.write() as connection:
        connection.execute(
            "UPDATE key_set SET note = ? WHERE log = ?", (key_note(keys, shared), bergen.store.id)
        )
    found = named(home, LYON)
    assert (found["allowed"], found["reason"]) == (
        False,
        "1 of 2 independent publishers vouch for one fingerprint",
    )


def test_frozen_publishers_do_not_count_and_conflicts_stop_the_rule(home: Home) -> None:
    oslo = speaking(home, "oslo", vouch(LYON, A))
    speaking(home, "bergen", vouch(LYON, A))
    trusting(home, allow=TWO)
    assert named(home, LYON)["allowed"]
    freeze(home, oslo)
    (one,) = named(home, LYON)["fingerprints"]
    why = {vouch["origin"]: vouch["why_not"] for vouch in one["vouched_by"]}
    assert why[oslo.origin] == "it stands still: people have to decide about it first"
    assert not named(home, LYON)["allowed"]
    speaking(home, "tromso", vouch(LYON, B))
    assert named(home, LYON)["reason"] == "vouchers name different fingerprints"


def test_an_allow_list_of_a_frozen_publisher_lets_nobody_in(home: Home) -> None:
    oslo = speaking(home, "oslo")
    id_ = oslo.put(block_list({"ref": LYON, "fingerprint": A}, purpose="allow"))
    oslo.publish()
    trusting(home, subscribed=(f"{oslo.origin}/e/{id_.hex()}",))
    assert named(home, LYON)["allowed"]
    freeze(home, oslo)
    assert candidates(home) == []


def test_whoever_goes_on_in_another_log_withdraws_vouches_there(home: Home) -> None:
    oslo, new = speaking(home, "oslo"), speaking(home, "new")
    id_ = oslo.put(vouch(LYON, A))
    oslo.publish()
    with home.database.write() as connection:
        connection.execute(
            "INSERT INTO succession (log, origin, fingerprint, source, found_at) VALUES (?, ?, ?, '', 1)",
            (oslo.store.id, new.origin, new.chain.fingerprint),
        )
    assert named(home, LYON)["fingerprints"][0]["support"] == [oslo.origin]
    new.put(vouch(LYON, A), id_)
    new.publish()
    assert named(home, LYON)["fingerprints"][0]["support"] == [new.origin]
    new.withdraw(id_)
    new.publish()
    assert candidates(home) == []


def test_those_with_most_support_come_first(home: Home) -> None:
    speaking(home, "oslo", vouch(LYON, A), vouch(PARKS, A), profile({"origin": "a.example/log/a/1"}))
    speaking(home, "bergen", vouch(PARKS, A))
    assert [each["origin"] for each in candidates(home)] == [PARKS, LYON, "a.example/log/a/1"]
    trusting(home, allow=TWO)
    assert [each["allowed"] for each in candidates(home)] == [True, False, False]


def test_allow_lists_that_were_subscribed_to_name_candidates(home: Home) -> None:
    oslo = speaking(home, "oslo")
    id_ = oslo.put(block_list({"ref": LYON, "fingerprint": A}, {"ref": PARKS}, purpose="allow"))
    oslo.publish()
    address = f"{oslo.origin}/e/{id_.hex()}"
    assert candidates(home) == []
    trusting(home, subscribed=(address,))
    found = named(home, LYON)
    assert (found["allowed"], found["fingerprints"][0]["listed_by"]) == (True, [address])
    assert len(candidates(home)) == 1
    speaking(home, "bergen", vouch(LYON, B))
    assert named(home, LYON)["reason"] == "lists and vouchers name different fingerprints"


def test_strangers_lists_are_only_looked_at_so_far(home: Home) -> None:
    peers = [{"origin": f"p{number}.example/log/p/1"} for number in range(MAX_PEERS + 50)]
    speaking(home, "oslo", profile(*peers))
    assert len(gather(home).candidates) == MAX_PEERS


def test_blocked_publishers_are_not_listened_to(home: Home) -> None:
    speaking(home, "oslo", vouch(LYON, A), profile({"origin": PARKS}))
    assert len(candidates(home)) == 2
    trusting(home, blocked=("oslo.example",))
    refresh(home)
    assert candidates(home) == []


def test_what_cannot_be_read_names_nobody(home: Home) -> None:
    oslo = speaking(home, "oslo", vouch(LYON, A))
    with home.database.write() as connection:
        connection.execute("UPDATE entry SET payload = x'c1' WHERE log = ?", (oslo.store.id,))
    assert candidates(home) == []
