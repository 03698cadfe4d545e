"""Cosignatures of others: kept where they verify, served, passed on, and counted by the operator's policy."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from node.answers.catalogue import CatalogueProjection
from node.answers.witnessing import witnesses_of
from node.cards import check_cards
from node.config import Config, TrustConfig
from node.cosigners import Cosigner, Cosigners, collect, known_cosigners
from node.errors import ConfigError
from node.gossip import check_feeds
from node.home import Home
from node.own.keyfiles import make_directory, save_mirror_key
from node.peers import sync_round
from node.store.cosigned import MAX_OTHERS
from node.store.logs import LogRow
from node.trust import trust_policy
from node.web.cosigning import Others, others
from protocol.cosignature import cosign
from protocol.feed import MAX_NOTE
from protocol.keys import KeyType, SigningKey
from protocol.keyset import KeyChain
from protocol.note import Note, NoteSignature
from protocol.policy import NOBODY, TrustPolicy
from tests.publisher import MIRROR_KEY, NOW, Publisher, entry, open_home
from tests.signers import beat_key, key_note, key_set, signing_key
from tests.split_world import unavailable
from tests.wire_world import Node, World, followed

ORIGIN = "127.0.0.1:8401/log/city/1"


def cosigner(name: str) -> SigningKey:
    return signing_key(f"{name}.example/mirror", KeyType.COSIGNATURE_ED25519, name)


def policy_of(*names: str, quorum: str = "all", keys: tuple[SigningKey, ...] = ()) -> TrustPolicy:
    """Return a policy that asks for all of some cosigners."""
    made = [*map(cosigner, names), *keys]
    lines = [f"witness w{at} {key.vkey}" for at, key in enumerate(made)]
    members = " ".join(f"w{at}" for at in range(len(made)))
    return TrustPolicy.parse("\n".join([*lines, f"group g {quorum} {members}", "quorum g"]).encode())


def all_of(keys: list[SigningKey], rank: int = 1) -> Cosigners:
    return {(key.name, key.vkey.key_id): Cosigner(key.vkey, rank) for key in keys}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = open_home(tmp_path / "home")
    make_directory(home.keys_dir)
    save_mirror_key(home.keys_dir, MIRROR_KEY)
    yield home
    home.close()


@pytest.fixture
def publisher(home: Home) -> Publisher:
    made = Publisher(home, ORIGIN, own=False)
    made.put(entry("Trees"))
    made.publish()
    return made


def row_of(home: Home) -> LogRow:
    row = home.logs.get(ORIGIN)
    assert row is not None
    return row


def cosigned(home: Home, *keys: SigningKey, time: int = NOW, note: bytes = b"") -> bytes:
    """Return the held checkpoint with lines of others."""
    shown = Note.parse(note or row_of(home).signed)
    return shown.with_signatures(*(cosign(shown.text, key, time) for key in keys)).render()


def names_in(note: bytes) -> list[str]:
    return [line.name.partition(".")[0] for line in Note.parse(note).signatures if ".example/" in line.name]


def state(home: Home, policy: TrustPolicy, now: int = NOW) -> dict[str, Any]:
    return witnesses_of(home.database.connection, row_of(home).id, policy, now)


# Collecting and serving.


def test_lines_that_verify_are_kept_and_served(home: Home, publisher: Publisher) -> None:
    keys = [cosigner("oslo"), cosigner("lyon")]
    assert collect(home, row_of(home), cosigned(home, *keys), all_of(keys)) == 2
    assert sorted(names_in(row_of(home).note)) == ["lyon", "oslo"]
    # What is served opens as before, and the lines on it hold.
    row = row_of(home)
    assert row.chain.open_checkpoint(Note.parse(row.note)).size == publisher.store.size
    assert names_in(row.signed) == []
    # The same again is nothing new.
    assert collect(home, row_of(home), cosigned(home, *keys), all_of(keys)) == 0


def test_strangers_and_made_up_lines_are_left_alone(home: Home, publisher: Publisher) -> None:
    oslo = cosigner("oslo")
    assert publisher.store.size == 2
    note = Note.parse(row_of(home).signed)
    forged = NoteSignature(oslo.name, oslo.vkey.key_id, b"x" * 72)
    short = NoteSignature(oslo.name, oslo.vkey.key_id, b"x")
    for line in (forged, short):
        assert collect(home, row_of(home), note.with_signatures(line).render(), all_of([oslo])) == 0
    assert collect(home, row_of(home), cosigned(home, cosigner("stranger")), all_of([oslo])) == 0
    assert names_in(row_of(home).note) == []


def test_times_far_ahead_are_not_believed(home: Home, publisher: Publisher) -> None:
    oslo = cosigner("oslo")
    assert publisher.store.size == 2
    assert collect(home, row_of(home), cosigned(home, oslo, time=NOW + 301), all_of([oslo])) == 0
    assert collect(home, row_of(home), cosigned(home, oslo, time=NOW + 300), all_of([oslo])) == 1


def test_a_renewal_is_taken_after_an_hour(home: Home, publisher: Publisher) -> None:
    oslo = cosigner("oslo")
    assert publisher.store.size == 2
    taken = [
        collect(home, row_of(home), cosigned(home, oslo, time=NOW + at), all_of([oslo]))
        for at in (-7200, -7100, -3600, 0, -7200)
    ]
    assert taken == [1, 0, 1, 1, 0]


def test_the_served_checkpoint_has_fourteen_more_by_policy_then_the_newest(
    home: Home, publisher: Publisher
) -> None:
    assert publisher.store.size == 2
    keys = [cosigner(f"c{number:02}") for number in range(20)]
    for age, key in enumerate(keys):
        collect(home, row_of(home), cosigned(home, key, time=NOW - age), all_of([key]))
    last = cosigner("named")
    collect(home, row_of(home), cosigned(home, last, time=NOW - 99), all_of([last], rank=0))
    found = names_in(row_of(home).note)
    assert len(found) == MAX_OTHERS
    assert found[:2] == ["named", "c00"]
    assert "c19" not in found


def test_what_fits_no_feed_is_left_out(home: Home, publisher: Publisher) -> None:
    assert publisher.store.size == 2
    keys = [cosigner("x" * 240 + f"{number:02}") for number in range(14)]
    collect(home, row_of(home), cosigned(home, *keys), all_of(keys))
    assert MAX_NOTE - 500 < len(row_of(home).note) <= MAX_NOTE


def test_lines_of_a_smaller_tree_do_not_replace_those_of_a_larger_one(
    home: Home, publisher: Publisher
) -> None:
    oslo, old = cosigner("oslo"), row_of(home).signed
    collect(home, row_of(home), cosigned(home, oslo), all_of([oslo]))
    publisher.put(entry("More"))
    publisher.publish()
    assert names_in(row_of(home).note) == []
    assert collect(home, row_of(home), cosigned(home, oslo), all_of([oslo])) == 1
    assert names_in(row_of(home).note) == ["oslo"]
    assert collect(home, row_of(home), cosigned(home, oslo, note=old, time=NOW + 9), all_of([oslo])) == 0
    assert names_in(row_of(home).note) == ["oslo"]


def test_cosigners_are_those_of_the_policy_and_of_cards(home: Home) -> None:
    oslo, lyon = cosigner("oslo"), cosigner("lyon")
    cards = [f'{{"logs": [], "mirror": "{key}"}}' for key in (oslo.vkey, MIRROR_KEY.vkey, "nonsense", "")]
    with home.database.write() as connection:
        for number, card in enumerate(cards):
            connection.execute(
                "INSERT INTO peer (url, card, added_at) VALUES (?, ?, 0)",
                (f"https://{number}", card.encode()),
            )
    home.policy = policy_of("lyon", keys=(MIRROR_KEY,))
    found = known_cosigners(home)
    assert {name for name, _ in found} == {oslo.name, lyon.name}
    assert [found[key.name, key.vkey.key_id].rank for key in (lyon, oslo)] == [0, 1]
    home.policy = policy_of("oslo")
    assert [each.rank for each in known_cosigners(home).values()] == [0]


# Counting.


def test_a_quorum_of_the_policy_makes_a_log_witnessed(home: Home, publisher: Publisher) -> None:
    assert publisher.store.size == 2
    policy = policy_of("oslo", "lyon")
    assert state(home, policy)["witnessed"] is False
    assert state(home, policy)["witnessed_size"] is None
    keys = [cosigner("oslo"), cosigner("lyon"), cosigner("other")]
    for at, witnessed in ((0, False), (2, False), (1, True)):
        collect(home, row_of(home), cosigned(home, keys[at]), all_of(keys))
        assert state(home, policy)["witnessed"] is witnessed
    shown = state(home, policy)
    assert shown["witnessed_size"] == 2
    assert {each["name"]: each["counts"] for each in shown["cosigners"]} == {
        "oslo.example/mirror": True,
        "lyon.example/mirror": True,
        "other.example/mirror": False,
        MIRROR_KEY.name: False,
    }
    # Another operator asks for others, or for nobody.
    assert state(home, policy_of("oslo", "paris"))["witnessed"] is False
    nobody = state(home, NOBODY)
    assert (nobody["witnessed"], nobody["witnessed_size"]) == (None, None)
    assert not any(each["counts"] for each in nobody["cosigners"])


def test_whoever_saw_more_saw_the_beginning_too(home: Home, publisher: Publisher) -> None:
    oslo, lyon = cosigner("oslo"), cosigner("lyon")
    policy = policy_of("oslo", "lyon")
    collect(home, row_of(home), cosigned(home, oslo), all_of([oslo]))
    publisher.put(entry("More"))
    publisher.publish()
    collect(home, row_of(home), cosigned(home, lyon), all_of([lyon]))
    shown = state(home, policy)
    assert (shown["witnessed"], shown["witnessed_size"]) == (False, 2)
    collect(home, row_of(home), cosigned(home, oslo), all_of([oslo]))
    assert (state(home, policy)["witnessed"], state(home, policy)["witnessed_size"]) == (True, 3)


def test_this_nodes_own_mirror_counts_only_when_the_policy_names_it(home: Home, publisher: Publisher) -> None:
    assert publisher.store.size == 2
    # It lives at the log's own host here, which never counts.
    assert state(home, policy_of(keys=(MIRROR_KEY,)))["witnessed"] is False
    elsewhere = Publisher(home, "other.example/log/x/1", own=False)
    elsewhere.publish()
    row = home.logs.get(elsewhere.origin)
    assert row is not None
    shown = witnesses_of(home.database.connection, row.id, policy_of(keys=(MIRROR_KEY,)), NOW)
    assert (shown["witnessed"], shown["witnessed_size"]) == (True, 1)


def test_others_are_neither_this_node_nor_the_logs_own_host(home: Home) -> None:
    elsewhere = Publisher(home, "other.example/log/x/1", own=False)
    elsewhere.publish()
    row = home.logs.get(elsewhere.origin)
    assert row is not None
    here = signing_key("127.0.0.1:8401/witness", KeyType.COSIGNATURE_ED25519, "here")
    host = signing_key("other.example/mirror", KeyType.COSIGNATURE_ED25519, "host")
    keys = [cosigner("oslo"), cosigner("lyon"), here, host]
    note = Note.parse(row.signed)
    shown = note.with_signatures(*(cosign(note.text, key, NOW) for key in keys)).render()
    assert collect(home, row, shown, all_of(keys)) == 4
    found = witnesses_of(home.database.connection, row.id, policy_of("oslo"), NOW)["cosigners"]
    assert {each["name"].partition(":")[0]: (each["whose"], each["counts"]) for each in found} == {
        "127.0.0.1": ("own", False),
        "other.example/mirror": ("host", False),
        "oslo.example/mirror": ("other", True),
        "lyon.example/mirror": ("other", False),
    }
    assert others(found) == Others(("oslo.example",), ("lyon.example",))
    # Whoever saw the log before a leaf was there has not seen that leaf.
    assert others(found, 1) == Others((), ())


def test_neither_beat_nor_host_counts(home: Home, publisher: Publisher) -> None:
    beat = signing_key("stranger.example/x", KeyType.COSIGNATURE_ED25519, f"{ORIGIN} beat 1")
    assert beat.vkey.public == beat_key(1, ORIGIN).vkey.public
    host = signing_key("127.0.0.1:8401/witness", KeyType.COSIGNATURE_ED25519, "host")
    for key in (beat, host):
        collect(home, row_of(home), cosigned(home, key), all_of([key]))
        assert state(home, policy_of(keys=(key,)))["witnessed"] is False
    # Where the key set says that the files are is the host, too.
    moved = signing_key("new.example/mirror", KeyType.COSIGNATURE_ED25519, "moved")
    collect(home, row_of(home), cosigned(home, moved), all_of([moved]))
    assert state(home, policy_of(keys=(moved,)))["witnessed"] is True
    chain = KeyChain.start(publisher.chain.notes[0], fingerprint=None, origin=ORIGIN)
    following = key_set(2, origin=ORIGIN, after=100, urls=("https://new.example/files",))
    publisher.store.keep_chain(chain.extend(key_note(following)))
    assert state(home, policy_of(keys=(moved,)))["witnessed"] is False


def test_fresh_is_the_newest_word_of_those_who_count(home: Home, publisher: Publisher) -> None:
    assert publisher.store.size == 2
    oslo, policy, later = cosigner("oslo"), policy_of("oslo"), NOW + 47 * 3600
    home._clock = lambda: later
    assert (state(home, policy, NOW)["stale"], state(home, policy, NOW + 48 * 3600)["stale"]) == (False, True)
    collect(home, row_of(home), cosigned(home, oslo, time=later), all_of([oslo]))
    assert state(home, policy, NOW + 48 * 3600)["stale"] is False
    assert state(home, NOBODY, NOW + 48 * 3600)["stale"] is True
    # A time ahead of the reader is no news.
    assert state(home, policy, NOW)["fresh_at"] == "2027-01-15T08:00:00Z"
    # An old checkpoint that is cosigned anew says nothing about the newest.
    publisher.put(entry("More"))
    publisher.publish()
    assert state(home, policy, NOW + 48 * 3600)["stale"] is True


def test_a_log_without_a_checkpoint_is_stale_and_unwitnessed(home: Home) -> None:
    Publisher(home, ORIGIN, own=False)
    shown = state(home, policy_of("oslo"))
    assert (shown["witnessed"], shown["fresh_at"], shown["stale"]) == (False, None, True)


# The operator's words.


def configured(**trust: Any) -> Config:  # noqa: ANN401
    return Config(address="https://x.example", name="X", trust=TrustConfig(**trust))


def test_a_policy_is_in_the_configuration_or_in_a_file(tmp_path: Path) -> None:
    text = f"witness oslo {cosigner('oslo').vkey}\nquorum oslo\n"
    assert trust_policy(configured(), tmp_path) is NOBODY
    inline = trust_policy(configured(policy=text), tmp_path)
    assert inline.is_met(["oslo"])
    (tmp_path / "policy").write_text(text)
    assert trust_policy(configured(policy_file="policy"), tmp_path) == inline
    assert trust_policy(configured(policy_file=str(tmp_path / "policy")), Path("/nowhere")) == inline


@pytest.mark.parametrize(
    ("trust", "reason"),
    [
        ({"policy": "quorum none", "policy_file": "policy"}, "set too"),
        ({"policy": "nonsense"}, "line 1"),
        ({"policy_file": "missing"}, "No such file"),
    ],
)
def test_a_policy_that_cannot_be_used_is_said_at_once(
    tmp_path: Path, trust: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        trust_policy(configured(**trust), tmp_path)
    with pytest.raises(ConfigError, match=reason):
        Home(tmp_path / "home", configured(**trust), projection=CatalogueProjection())


# Between real nodes.


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def test_cosignatures_travel_from_mirror_to_mirror(world: World) -> None:
    """d hears from c alone what b cosigned."""
    a, b, c, d = [await world.node(name) for name in "abcd"]
    Publisher(a.home, a.origin).publish()
    for node in (b, c, d):
        Publisher(node.home, node.origin).publish()
        await followed(world, node, a.url)
    for first, second in itertools.pairwise((a, b, c, d)):
        await followed(world, second, first.url)
    await followed(world, a, b.url)
    await followed(world, d, b.url)  # only to know its mirror key
    for node in (a, b, c, d):
        await check_cards(node.home, world.fetch)
        await sync_round(node.home, world.fetch)
    for _ in range(2):
        for node in (b, c):
            node.clock[0] += 31
            await check_feeds(node.home, world.fetch)
    world.broken["b"] = world.broken["a"] = unavailable
    d.clock[0] += 31
    await check_feeds(d.home, world.fetch)
    row = d.home.logs.get(a.origin)
    assert row is not None
    signers = {line.name for line in Note.parse(row.note).signatures}
    assert {node.home.config.mirror_name for node in (b, c, d)} <= signers
    d.home.policy = _policy(b, c)
    shown = witnesses_of(d.home.database.connection, row.id, d.home.policy, d.clock[0])
    assert shown["witnessed"] is True


def _policy(*nodes: Node) -> TrustPolicy:
    keys = [
        signing_key(node.home.config.mirror_name, KeyType.COSIGNATURE_ED25519, name)
        for node, name in zip(nodes, "bc", strict=True)
    ]
    return policy_of(keys=tuple(keys))
