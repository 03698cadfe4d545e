"""Split views between real nodes: both ends hold the evidence, and only what counts stops a log."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from federation.faults import FaultKind
from node.answers.heads import head_of
from node.answers.provenance import show
from node.errors import InvalidInputError, NotFoundError
from node.gossip import check_feeds
from node.own.cosigner import cosign
from node.peers import sync_round
from node.splits import MAX_EVIDENCE, evidence_of, judge, keep_evidence, resolve
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.errors import InconsistentError, ProtocolError, SignatureError
from protocol.evidence import build_fork, verify_fork
from protocol.feed import Feed
from protocol.keyset import KeyChain
from protocol.merkle import fork_proof, node_from_tiles
from protocol.note import Note
from tests.publisher import Publisher, entry
from tests.signers import key_note, key_set, log_key
from tests.split_world import Split, unavailable
from tests.wire_world import Node, World, followed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def served_evidence(world: World, node: Node, name: str) -> bytes:
    response = await world.fetch.get(f"{node.url}/evidence/{name}", limit=1 << 20)
    assert response.status == 200
    return response.body


@pytest.mark.parametrize(("first", "second"), [(3, 3), (2, 5), (5, 2), (300, 2), (2, 300), (600, 300)])
async def test_both_ends_hold_the_evidence_within_two_rounds(world: World, first: int, second: int) -> None:
    split = await Split.make(world, first, second)
    sizes = first + 2, second + 2
    assert (split.row(split.left).size, split.row(split.right).size) == sizes
    for _ in range(2):
        await split.round()
    for node, size in zip((split.left, split.right), sizes, strict=True):
        assert split.is_frozen(node)
        assert split.row(node).size == size
        for name in split.evidence(node):
            data = await served_evidence(world, node, name)
            assert hashlib.sha256(data).hexdigest() == name
            facts = verify_fork(data)
            assert (facts.origin, facts.fingerprint) == (split.origin, split.row(node).fingerprint)
            assert facts.sizes == tuple(sorted(sizes))
        # Whoever shows the other history is seen to contradict, also where it looked like more of this one.
        other = split.right if node is split.left else split.left
        seen = head_of(node.home, split.origin)["seen"]
        assert [each["state"] for each in seen if each["neighbour"] == other.url] == ["contradicts"]
    # One contradiction is one object, whoever found it.
    assert split.evidence(split.left) == split.evidence(split.right)


async def test_whoever_only_follows_hears_of_it_and_stands_still(world: World) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    other = await world.node("other")
    await followed(world, other, split.city.url)
    await sync_round(other.home, world.fetch)
    await followed(world, other, split.left.url)
    await split.round(other)
    assert split.is_frozen(other)
    assert set(split.evidence(other)) <= set(split.evidence(split.left))


async def test_a_frozen_log_stays_at_its_size_and_says_so(world: World) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    size = split.row(split.left).size
    split.first.put(entry("More"))
    split.first.publish()
    outcomes = await sync_round(split.left.home, world.fetch)
    assert split.row(split.left).size == size
    (frozen,) = [outcome for outcome in outcomes if not outcome.source]
    assert frozen.fault is not None
    assert (frozen.origin, frozen.fault.kind) == (split.origin, FaultKind.INCONSISTENT)
    assert frozen.fault.file == f"evidence/{split.evidence(split.left)[0]}"
    # Nobody vouches for it anew, and what is shown of it says why.
    split.left.clock[0] += 100_000
    assert not cosign(split.left.home, split.origin)
    assert not cosign(split.left.home, split.origin, renew=True)
    (_, index) = next(iter(split.left.home.logs.store(split.origin).live()))
    id_ = split.left.home.logs.store(split.origin).leaf(index).id
    assert show(split.left.home, f"{split.origin}/e/{id_.hex()}")["provenance"]["frozen"] is True
    # Its neighbours hear what it stands still for.
    feed = Feed.parse((await world.fetch.get(f"{split.left.url}/checkpoints", limit=1 << 20)).body)
    assert {item.evidence.hex() for item in feed.items if item.evidence} == set(split.evidence(split.left))


async def test_an_operator_decides_and_the_same_head_is_not_held_against_the_log_again(world: World) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    home = split.left.home
    with pytest.raises(InvalidInputError, match="reason"):
        resolve(home, split.origin, " ", "ada")
    assert resolve(home, split.origin, "a restored backup", "ada") == split.evidence(split.left)
    assert not split.is_frozen(split.left)
    split.first.put(entry("More"))
    split.first.publish()
    for _ in range(2):
        await split.round(split.left)
    assert split.row(split.left).size == 6
    assert not split.is_frozen(split.left)
    (kept, *_) = evidence_of(home.database.connection, split.row(split.left).id)
    assert (kept.resolution, kept.resolved_by) == ("a restored backup", "ada")
    audit = home.database.connection.execute("SELECT actor, action, origin FROM audit").fetchall()
    assert [deed for deed in audit if deed[1] != "follow"] == [("ada", "log resolve", split.origin)]
    with pytest.raises(NotFoundError):
        resolve(home, split.origin, "again", "ada")
    with pytest.raises(NotFoundError):
        resolve(home, "nobody.example/log/x/1", "who", "ada")
    # The second history goes on: that is news.
    split.second.put(entry("Worse"))
    split.second.publish()
    await split.round(split.right, split.left)
    assert judge(split.right.home, split.origin) is not None


async def test_another_head_of_the_other_history_freezes_again(world: World) -> None:
    split = await Split.make(world, 3, 4)
    await split.round()
    resolve(split.left.home, split.origin, "looked into", "ada")
    resolve(split.right.home, split.origin, "looked into", "ada")
    split.second.put(entry("Worse"))
    split.second.publish()
    world.broken["city"] = unavailable
    await split.round(split.right)
    del world.broken["city"]
    assert split.row(split.right).size == 7
    await split.round(split.left)
    assert split.is_frozen(split.left)


async def test_a_lying_relay_freezes_nobody(world: World) -> None:
    split = await Split.make(world, 3, 3)
    row = split.row(split.left)
    forged = Checkpoint(split.origin, row.size, b"f" * 32)
    lies = [
        Note(forged.text, (sign_checkpoint(forged, log_key(7, split.origin)),)).render(),
        Note(forged.text, Note.parse(row.signed).signatures).render(),
    ]
    evidence = hashlib.sha256(b"nothing").digest()
    for note in lies:
        items = [each for each in (await feed_of(world, split.left)).items if each.origin_hash == row.hash]
        feed = Feed.of("lie", [type(items[0])(note, 1, evidence)], full=True).render()

        async def lying(request: web.Request, feed: bytes = feed) -> web.StreamResponse:
            return web.Response(body=feed if request.path == "/checkpoints" else b"nothing")

        world.broken["right"] = lying
        with structlog.testing.capture_logs() as lines:
            await split.round(split.left)
        assert not split.is_frozen(split.left)
        assert split.evidence(split.left) == ()
        assert any(line["event"] == "no evidence" for line in lines)


async def feed_of(world: World, node: Node) -> Feed:
    return Feed.parse((await world.fetch.get(f"{node.url}/checkpoints", limit=1 << 20)).body)


async def test_evidence_that_is_not_what_it_is_called_is_its_neighbours_fault(world: World) -> None:
    split = await Split.make(world, 3, 3)
    row = split.row(split.left)
    (item,) = [each for each in (await feed_of(world, split.left)).items if each.origin_hash == row.hash]
    feed = Feed.of("lie", [type(item)(item.note, 1, b"e" * 32)], full=True).render()
    answers: dict[str, web.Response] = {}

    async def lying(request: web.Request) -> web.StreamResponse:
        return web.Response(body=feed) if request.path == "/checkpoints" else answers["evidence"]

    world.broken["right"] = lying
    for answer, fault in ((web.Response(status=404), "withheld"), (web.Response(body=b"x"), "inconsistent")):
        answers["evidence"] = answer
        split.left.clock[0] += 100_000
        await check_feeds(split.left.home, world.fetch)
        rows = split.left.home.database.connection.execute(
            "SELECT fault FROM neighbour WHERE url = ?", (split.right.url,)
        )
        assert rows.fetchone() == (fault,)
    assert not split.is_frozen(split.left)


def stolen_fork(publisher: Publisher, chain: KeyChain, size: int, generation: int = 1) -> bytes:
    """Return what somebody with a log key can prove: another root of a size."""
    store = publisher.store
    held = store.held()
    forged = Checkpoint(publisher.origin, size, b"f" * 32)
    note = Note(forged.text, (sign_checkpoint(forged, log_key(generation, publisher.origin)),)).render()
    proof = fork_proof(size, held.size, node_from_tiles(store.read_hashes))
    return build_fork(chain, (note, held.note), proof).render()


async def test_a_retired_keys_fork_is_recorded_and_shown_and_freezes_nobody(world: World) -> None:
    split = await Split.make(world, 3, 3)
    home, store = split.left.home, split.left.home.logs.store(split.origin)
    size = split.row(split.left).size
    chain = store.held().chain.extend(key_note(key_set(2, origin=split.origin, after=size)))
    store.keep_chain(chain)
    fork = stolen_fork(split.first, chain, size - 1)
    assert keep_evidence(home, split.origin, fork, "thief")
    assert judge(home, split.origin) is None
    assert not split.is_frozen(split.left)
    name = hashlib.sha256(fork).hexdigest()
    assert split.evidence(split.left) == (name,)
    assert await served_evidence(world, split.left, name) == fork
    await split.round(split.left)
    assert not split.is_frozen(split.left)


async def test_a_rotation_that_comes_along_with_the_evidence_counts_first(world: World) -> None:
    """The thief's fork is shown to somebody who has not heard of the new key yet: it names it itself."""
    split = await Split.make(world, 3, 3)
    home = split.left.home
    size = split.row(split.left).size
    chain = split.first.chain.extend(key_note(key_set(2, origin=split.origin, after=size)))
    assert keep_evidence(home, split.origin, stolen_fork(split.first, chain, size - 1), "thief")
    assert split.row(split.left).chain.newest.version == 2
    assert judge(home, split.origin) is None
    # The same by the key in force: the log stands still.
    other = await world.node("other")
    await followed(world, other, split.city.url)
    await sync_round(other.home, world.fetch)
    assert keep_evidence(other.home, split.origin, stolen_fork(split.first, split.first.chain, size - 1), "")
    assert judge(other.home, split.origin) is not None


async def test_evidence_about_others_is_refused(world: World) -> None:
    split = await Split.make(world, 3, 3)
    home = split.left.home
    fork = stolen_fork(split.first, split.first.chain, 3)
    assert not keep_evidence(home, "nobody.example/log/x/1", fork, "")
    with pytest.raises(ProtocolError):
        keep_evidence(home, split.origin, b"nothing", "")
    with pytest.raises(SignatureError, match="fingerprint"):
        keep_evidence(home, split.right.origin, fork, "")
    # Another key set 2 than ours is another matter, and not proven by this.
    store = home.logs.store(split.origin)
    held = store.held().chain
    store.keep_chain(held.extend(key_note(key_set(2, origin=split.origin, after=100))))
    other = held.extend(key_note(key_set(2, origin=split.origin, after=101)))
    with pytest.raises(InconsistentError, match="key sets"):
        keep_evidence(home, split.origin, stolen_fork(split.first, other, 3), "")


async def test_evidence_is_bounded_and_what_counts_finds_room(world: World) -> None:
    split = await Split.make(world, 30, 3)
    home, store = split.left.home, split.left.home.logs.store(split.origin)
    size = split.row(split.left).size
    retired = store.held().chain.extend(key_note(key_set(2, origin=split.origin, after=size)))
    store.keep_chain(retired)
    kept = [
        keep_evidence(home, split.origin, stolen_fork(split.first, retired, number), "thief")
        for number in range(2, MAX_EVIDENCE + 4)
    ]
    assert kept == [True] * MAX_EVIDENCE + [False] * 2
    assert judge(home, split.origin) is None
    keys = Checkpoint(split.origin, size + 1, b"g" * 32)
    one, two = (
        Note(each.text, (sign_checkpoint(each, log_key(2, split.origin)),)).render()
        for each in (keys, Checkpoint(split.origin, size + 1, b"h" * 32))
    )
    # Both heads lie beyond the held tree: nothing says yet which of them contradicts it.
    assert not keep_evidence(home, split.origin, build_fork(retired, (one, two), ()).render(), "")


async def test_a_fork_beyond_the_held_tree_waits_for_it(world: World) -> None:
    split = await Split.make(world, 3, 3)
    home, row = split.left.home, split.row(split.left)
    heads = [Checkpoint(split.origin, row.size + 2, root * 32) for root in (b"a", b"b")]
    notes = [Note(head.text, (sign_checkpoint(head, log_key(1, split.origin)),)).render() for head in heads]
    assert keep_evidence(home, split.origin, build_fork(row.chain, (notes[0], notes[1]), ()).render(), "")
    assert judge(home, split.origin) is None
    for number in range(2):
        split.first.put(entry(f"More {number}"))
    split.first.publish()
    await split.round(split.left)
    assert split.row(split.left).size == row.size + 2
    assert split.is_frozen(split.left)


async def test_an_own_log_is_never_frozen(world: World) -> None:
    split = await Split.make(world, 3, 4)
    await followed(world, split.city, split.right.url)
    await split.round()
    await split.round(split.city)
    assert split.evidence(split.city) != ()
    assert judge(split.city.home, split.origin) is None
    assert not split.is_frozen(split.city)


async def test_no_other_evidence_is_served(world: World) -> None:
    split = await Split.make(world, 3, 3)
    for name in ("0" * 64, "A" * 64, "x", "0" * 63):
        response = await world.fetch.get(f"{split.left.url}/evidence/{name}", limit=1 << 20)
        assert response.status == 404
