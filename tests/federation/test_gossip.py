"""Feeds of neighbours: whom to ask, what their heads are worth, and syncs that begin with them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.faults import Fault, FaultError, FaultKind
from federation.gossip import COVER, TURNS, HeadState, Heard, ask_feed, choose, is_alive, is_news, weigh
from federation.limits import Limits
from federation.response import Response
from federation.sources import Source
from federation.sync import sync_log
from protocol.feed import Feed, FeedItem
from tests.federation_world import LIMITS, MIRROR, NOW, OTHER, PLACE, SimulatedLog, World

NODE = "https://node.example"


# Whom to ask.


def test_a_few_neighbours_are_all_asked() -> None:
    assert choose({"b": [1], "a": []}, [1, 2], 0) == ("a", "b")
    assert choose({}, [1], 0) == ()


def test_all_neighbours_take_turns() -> None:
    listed: dict[str, set[int]] = {"new": set(), **{name: {1, 2, 3} for name in "abcd"}}
    asked = [choose(listed, {1, 2, 3}, turn) for turn in range(5)]
    assert all("new" in each and len(each) <= 4 for each in asked)
    assert {name for each in asked for name in each} == set(listed)


def test_of_very_many_several_take_their_turn() -> None:
    listed = {f"n{number}": {1} for number in range(3 * TURNS)}
    asked = [choose(listed, {1}, turn) for turn in range(TURNS)]
    assert all(len(each) <= COVER + 3 for each in asked)
    assert {name for each in asked for name in each} == set(listed)


def test_the_node_of_a_log_is_no_witness_of_what_it_shows_to_others() -> None:
    listed = {"a": {1}, "b": {1}, "c": {1}, "d": {2}, "z": {1, 2}}
    for turn in range(5):
        chosen = choose(listed, {1, 2}, turn, own={"z": {1, 2}})
        assert sum(name in chosen for name in "abc") >= COVER
        assert {"d", "z"} <= set(chosen)  # of the second log there is one other carrier only


def test_nobody_is_chosen_for_logs_that_are_not_followed() -> None:
    listed = {name: {7, 8} for name in "abcdef"}
    assert len(choose(listed, {1}, 0)) == 1


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.text("abcdefghij", min_size=1, max_size=3), st.sets(st.integers(0, 12)), max_size=14),
    st.dictionaries(st.text("abcdefghij", min_size=1, max_size=3), st.sets(st.integers(0, 12)), max_size=14),
    st.sets(st.integers(0, 12)),
    st.integers(0, 50),
)
def test_all_logs_are_covered_twice_where_that_can_be(
    listed: Mapping[str, set[int]], own: Mapping[str, set[int]], followed: set[int], turn: int
) -> None:
    chosen = choose(listed, followed, turn, own=own)
    assert len(set(chosen)) == len(chosen) <= len(listed)
    assert set(chosen) <= set(listed)
    for log in followed:
        those = [name for name in listed if log in listed[name]]
        others = [name for name in those if log not in own.get(name, ())]
        for some in (those, others):
            assert sum(name in chosen for name in some) >= min(COVER, len(some))
    assert all(name in chosen for name in listed if not listed[name])
    asked = {name for later in range(turn, turn + TURNS) for name in choose(listed, followed, later, own=own)}
    assert asked == set(listed)


def test_a_recent_heartbeat_is_life() -> None:
    assert is_alive(NOW, NOW, 100, 10)
    assert is_alive(NOW + 10, NOW, 100, 10)
    for beat in (None, NOW + 11, NOW - 100):
        assert not is_alive(beat, NOW, 100, 10)


# What a head is worth.


async def test_heads_are_weighed_against_the_held_tree() -> None:
    world = World(40)
    world.publish(60)
    source = Source(MIRROR)

    def state(note: bytes) -> HeadState:
        return weigh(note, world.mirror, source, LIMITS).state

    assert state(world.log.note(7)) is HeadState.AHEAD
    await world.sync()
    assert [state(world.log.note(size)) for size in (1, 59, 60)] == [HeadState.AGREES] * 3
    world.log.grow(70)
    assert state(world.log.note(70)) is HeadState.AHEAD
    other = SimulatedLog("another").grow(80)
    assert [state(other.note(size)) for size in (1, 2, 60, 61)] == [
        HeadState.AGREES,  # both begin with key set 1
        HeadState.CONTRADICTS,
        HeadState.CONTRADICTS,
        HeadState.AHEAD,  # only its tiles would tell
    ]
    unsigned = weigh(world.log.note(60, generation=2), world.mirror, source, LIMITS)
    assert (unsigned.state, unsigned.offer) == (HeadState.UNVERIFIED, None)
    assert "no known key" in unsigned.detail
    held = world.mirror.held()
    agreeing = weigh(world.log.note(60), world.mirror, source, LIMITS)
    assert not is_news(agreeing, 1, held)
    assert is_news(agreeing, 2, held)


# A sync that begins with what was heard.


async def follow(world: World, *heard: Heard) -> dict[str, Fault | None]:
    outcomes = await sync_log(
        world.mirror, world.sources, world.network, world.limits, lambda: NOW, heard=heard
    )
    return {outcome.source: outcome.fault for outcome in outcomes}


async def held_world(size: int = 40) -> World:
    world = World(size)
    await world.sync()
    world.network.requests.clear()
    return world


async def test_what_is_heard_is_followed_without_asking_the_origin() -> None:
    world = await held_world()
    world.publish(45)
    faults = await follow(world, Heard(Source(MIRROR), world.log.note(45), 1))
    assert set(faults.values()) == {None}
    world.assert_synced()
    # Everybody is asked whether there is a newer key set, and the one who spoke for the rest.
    assert not any(url.endswith("/checkpoint") for url in world.network.requests)
    assert [url for url in world.network.requests if not url.startswith(MIRROR)] == [
        f"{PLACE}/keys/2",
        f"{OTHER}/keys/2",
    ]


async def test_an_origin_that_shows_an_old_head_hides_nothing() -> None:
    world = await held_world()
    world.publish(45)
    world.origin.size = 40
    await follow(world, Heard(Source(OTHER), world.log.note(45), 1))
    world.assert_synced()


async def test_an_old_head_is_no_news_and_the_origin_is_asked() -> None:
    world = await held_world()
    world.publish(45)
    await follow(world, Heard(Source(MIRROR), world.log.note(40), 1))
    world.assert_synced()
    assert any(url.startswith(PLACE) for url in world.network.requests)


@pytest.mark.parametrize("size", [41, 2**50])
async def test_what_nobody_can_have_is_its_sources_fault(size: int) -> None:
    world = await held_world()
    world.publish(45)
    note = world.log.note(size, root=b"r" * 32)
    faults = await follow(world, Heard(Source(MIRROR), note, 1))
    assert faults[MIRROR] is not None
    world.assert_synced()


async def test_words_without_a_signature_change_nothing() -> None:
    world = await held_world()
    forged = world.log.note(50, root=b"r" * 32, generation=2)
    faults = await follow(world, Heard(Source(MIRROR), forged, 1))
    fault = faults[MIRROR]
    assert fault is not None
    assert fault.kind is FaultKind.BAD_SIGNATURE
    assert world.mirror.size == 40


async def test_a_stranger_who_is_no_source_is_not_heard() -> None:
    world = await held_world()
    world.publish(45)
    assert await follow(world, Heard(Source("https://stranger.example/x"), world.log.note(45), 9)) == {
        PLACE: None
    }


async def test_a_rotation_that_the_origin_keeps_back_is_learned_from_others() -> None:
    """A thief of the log key who holds the origin's host serves no key set 2; a mirror has it."""
    world = await held_world()
    world.log.rotate()
    world.publish(50)
    world.origin.size = 40
    for place in (world.origin, world.relay):
        place.absent.add("keys/2")
    await follow(world, Heard(Source(MIRROR), world.log.note(40), 2))
    assert world.mirror.chain.newest.version == 2


async def test_a_key_set_that_nobody_has_costs_one_question_each() -> None:
    world = await held_world()
    await follow(world, *[Heard(Source(prefix), world.log.note(40), 200) for prefix in (MIRROR, OTHER)])
    assert sum("/keys/" in url for url in world.network.requests) <= 4
    assert world.mirror.chain.newest.version == 1


# Asking for a feed.


class Neighbour:
    """A node that answers with what it is told to."""

    def __init__(self, response: Response) -> None:
        self.response = response
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        assert (limit, gzip) == (Limits().feed_bytes, True)
        self.asked.append((url, dict(headers or {})))
        return self.response


FEED = Feed.of("c-1", [FeedItem(b"x.example/log/x/1\n1\n", 1)], full=True)


async def test_a_feed_is_asked_for_with_what_the_last_answer_gave() -> None:
    node = Neighbour(Response(200, {"etag": '"e"'}, FEED.render()))
    answer = await ask_feed(node, f"{NODE}/", LIMITS)
    assert answer is not None
    assert (answer.feed, answer.etag) == (FEED, '"e"')
    node.response = Response(304, {})
    assert await ask_feed(node, NODE, LIMITS, cursor="c-1", etag='"e"') is None
    assert node.asked == [
        (f"{NODE}/checkpoints", {}),
        (f"{NODE}/checkpoints?since=c-1", {"If-None-Match": '"e"'}),
    ]


async def test_an_etag_that_is_none_is_forgotten() -> None:
    node = Neighbour(Response(200, {"etag": "x" * 200}, FEED.render()))
    answer = await ask_feed(node, NODE, LIMITS)
    assert answer is not None
    assert answer.etag == ""


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (Response(404), FaultKind.UNREACHABLE),
        (Response(500), FaultKind.UNREACHABLE),
        (Response(200, {}, b"<html>"), FaultKind.MALFORMED),
        (Response(200, {}, FEED.render() + b"x"), FaultKind.MALFORMED),
    ],
)
async def test_what_is_no_feed_is_a_fault(response: Response, kind: FaultKind) -> None:
    with pytest.raises(FaultError) as caught:
        await ask_feed(Neighbour(response), NODE, LIMITS)
    assert caught.value.fault.kind is kind
    assert caught.value.fault.file == "checkpoints"
