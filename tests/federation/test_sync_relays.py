"""Large pulls from many sources at once: shared out by speed, ended by nobody slow, dead or lying.

Time is that of a loop whose clock jumps (``tests.simulation.loop``), so that what takes long costs nothing
and every run is the same.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.faults import Fault, FaultError, FaultKind
from federation.memory import LACKING_SECONDS, Memory
from federation.pace import FORGET_SECONDS
from federation.response import Response
from federation.sources import Source
from federation.sync import Outcome, sync_log
from protocol.tiles import WIDTH, encode_content
from tests.federation_world import LIMITS, NOW, PLACE, Network, Server, SimulatedLog
from tests.memory_mirror import MemoryMirror, assert_holds
from tests.simulation.loop import VirtualLoop

T = TypeVar("T")

BUNDLES = 24
LOG = SimulatedLog().grow(BUNDLES * WIDTH - 50)
FILES = 2 * BUNDLES + 2  # bundles, contents, and the tiles of the right edge

FAST = 0.05
STUCK = 1e9


@dataclass
class Line:
    """A server behind a line: one answer after the other, each as long as its bytes take."""

    server: Server
    seconds: float  # for a full bundle of leaves
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    sent: Counter[str] = field(default_factory=Counter)
    stuck: set[str] = field(default_factory=set)  # no file that is asked for from one of these on ever comes
    broken_off: int = 0

    def answer_seconds(self, path: str, response: Response) -> float:
        if path in self.stuck:
            self.seconds = STUCK
        return self.seconds * (0.1 + len(response.body) / 16_896)


class Lines(Network):
    """A network on which answers take time."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, Line] = {}

    def lay(self, prefix: str, seconds: float = FAST, size: int = LOG.size) -> Line:
        line = self.lines[prefix] = Line(self.serve(prefix, LOG, size), seconds)
        return line

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        line = next(line for prefix, line in self.lines.items() if url.startswith(prefix + "/"))
        response = await super().get(url, limit=limit, gzip=gzip, headers=headers)
        path = url.removeprefix(line.server.prefix + "/")
        try:
            async with asyncio.timeout(LIMITS.answer_seconds), line.lock:
                await asyncio.sleep(line.answer_seconds(path, response))
        except TimeoutError:
            raise FaultError(Fault(FaultKind.UNREACHABLE, url, "it does not answer")) from None
        except asyncio.CancelledError:
            line.broken_off += 1
            raise
        line.sent[path.partition("/")[0]] += 1
        return response


class Relays:
    """An origin, mirrors of it, and a follower."""

    def __init__(self, **mirrors: float) -> None:
        self.network = Lines()
        self.origin = self.network.lay(PLACE)
        self.mirrors = {name: self.network.lay(prefix_of(name), speed) for name, speed in mirrors.items()}
        self.limits = LIMITS
        self.memory = Memory()
        self.clean()

    def clean(self) -> None:
        """Begin with nothing held."""
        start = replace(LOG.chain, sets=LOG.chain.sets[:1], notes=LOG.chain.notes[:1])
        self.store = MemoryMirror(start)
        for line in self.network.lines.values():
            line.sent.clear()

    async def sync(self, *, is_origin_there: bool = True) -> dict[str, Outcome]:
        self.origin.server.is_down = not is_origin_there
        sources = Source(PLACE, is_origin=True), *(Source(prefix_of(name)) for name in self.mirrors)
        outcomes = await sync_log(
            self.store, sources, self.network, self.limits, lambda: NOW, memory=self.memory
        )
        names = {prefix_of(name): name for name in self.mirrors} | {PLACE: "origin"}
        return {names[outcome.source]: outcome for outcome in outcomes}

    def shares(self) -> dict[str, int]:
        """Return how many bundles and contents each has sent."""
        lines = {"origin": self.origin, **self.mirrors}
        return {name: line.sent["tile"] + line.sent["content"] for name, line in lines.items()}


def prefix_of(name: str) -> str:
    return f"https://{name}.example/mirror/1"


def run(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Return what came of it, and how many seconds it took."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work), runner.get_loop().time()


def bundle(index: int) -> str:
    return f"tile/entries/{index:03}"


def test_the_slow_the_lying_and_the_dead_delay_nothing() -> None:
    world = Relays(good=FAST, slow=50 * FAST, liar=FAST, dead=FAST)
    world.mirrors["dead"].server.is_down = True
    lying = world.mirrors["liar"].server
    for index in range(0, BUNDLES, 2):
        lying.flip(bundle(index), 40 + index)
        lying.flip(f"content/{index:03}", 900 + index)
    outcomes, seconds = run(world.sync())
    assert_holds(world.store, LOG, LOG.size)
    assert {name: outcome.fault and outcome.fault.kind for name, outcome in outcomes.items()} == {
        "origin": None,
        "good": None,
        "liar": FaultKind.INCONSISTENT,
        "dead": FaultKind.UNREACHABLE,
    }
    shares = world.shares()
    # Who lied is asked no more, and who is slow was asked once and not waited for.
    assert shares["slow"] == shares["dead"] == 0
    assert world.mirrors["slow"].broken_off == 1
    assert shares["liar"] <= 2
    assert shares["good"] > shares["origin"]
    alone = Relays()
    _, for_one = run(alone.sync())
    assert seconds < for_one


def test_a_mirror_as_fast_as_the_others_has_its_share_and_the_origin_is_spared() -> None:
    world = Relays(a=FAST, b=FAST, c=FAST)
    outcomes, seconds = run(world.sync())
    assert {outcome.fault for outcome in outcomes.values()} == {None}
    shares = world.shares()
    assert sum(shares.values()) == FILES
    assert min(shares[name] for name in "abc") >= FILES // 5
    assert shares["origin"] <= FILES // 5
    _, for_one = run(Relays().sync())
    assert seconds < for_one / 2


def test_all_come_from_mirrors_when_the_origin_is_dead() -> None:
    world = Relays(a=FAST, b=4 * FAST)
    outcomes, _ = run(world.sync(is_origin_there=False))
    assert outcomes["a"].fault is outcomes["b"].fault is None
    assert_holds(world.store, LOG, LOG.size)
    shares = world.shares()
    assert shares["a"] > 2 * shares["b"] > 0


def test_lines_that_are_all_slow_are_not_asked_twice() -> None:
    world = Relays(a=200 * FAST, b=200 * FAST)
    world.origin.seconds = 200 * FAST
    world.limits = replace(LIMITS, parallel=2, stall_seconds=60)
    run(world.sync())
    assert_holds(world.store, LOG, LOG.size)
    assert sum(world.shares().values()) == FILES
    assert not any(line.broken_off for line in world.network.lines.values())


def test_who_got_stuck_in_the_middle_does_not_decide_the_end() -> None:
    world = Relays(a=FAST, b=FAST)
    stuck = world.mirrors["a"]
    stuck.stuck = {bundle(index) for index in range(8, 16)}
    outcomes, seconds = run(world.sync())
    assert stuck.seconds == STUCK
    assert stuck.broken_off
    assert outcomes["b"].fault is None
    assert seconds < LIMITS.answer_seconds
    assert_holds(world.store, LOG, LOG.size)


def test_a_stuck_source_of_a_small_step_is_not_waited_for() -> None:
    world = Relays(a=FAST)
    lines = world.network.lines.values()

    async def step() -> float:
        for line in lines:
            line.server.size = 1_000
        await world.sync()
        for line in lines:
            line.server.size = 1_003
        world.origin.stuck.add("tile/entries/003.p/235")
        begun = asyncio.get_running_loop().time()
        await world.sync()
        return asyncio.get_running_loop().time() - begun

    seconds, _ = run(step())
    assert_holds(world.store, LOG, 1_003)
    assert seconds < LIMITS.stall_seconds + 1


def test_who_is_behind_is_at_no_fault_and_gives_what_it_has() -> None:
    world = Relays(behind=FAST, stranger=FAST)
    world.mirrors["behind"].server.size = 8 * WIDTH
    world.mirrors["stranger"].server.size = 0
    outcomes, _ = run(world.sync())
    assert {name: outcome.fault for name, outcome in outcomes.items()} == {"origin": None, "behind": None}
    assert_holds(world.store, LOG, LOG.size)
    assert world.shares()["behind"] > 8
    asked = world.mirrors["stranger"].server.requests
    assert len([path for path in asked if not path.startswith("keys/")]) == 1


def test_who_has_the_tree_and_not_the_contents_is_asked_less_and_less() -> None:
    world = Relays(bare=FAST)
    bare = world.mirrors["bare"].server
    nothing = encode_content([None] * WIDTH)
    for index in range(BUNDLES):
        bare.say(f"content/{index:03}", nothing)
    outcomes, _ = run(world.sync())
    assert {outcome.fault for outcome in outcomes.values()} == {None}
    assert_holds(world.store, LOG, LOG.size)
    asked = Counter(path.partition("/")[0] for path in bare.requests)
    assert 0 < asked["content"] < asked["tile"]


def test_who_had_nothing_is_not_asked_again_so_soon() -> None:
    world = Relays(stranger=FAST)
    stranger = world.mirrors["stranger"].server
    stranger.size = 0

    async def thrice() -> list[int]:
        found = []
        for pause in (0.0, 30.0, LACKING_SECONDS):
            await asyncio.sleep(pause)
            world.clean()
            stranger.requests.clear()
            await world.sync()
            found.append(len(stranger.requests))
        return found

    assert run(thrice())[0] == [1, 0, 1]


def test_the_fast_are_known_the_next_time_and_the_slow_get_another_try() -> None:
    world = Relays(fast=FAST, slow=50 * FAST)
    slow = world.mirrors["slow"]

    async def thrice() -> list[int]:
        found = []
        for pause in (0.0, 30.0, FORGET_SECONDS):
            await asyncio.sleep(pause)
            world.clean()
            slow.server.requests.clear()
            await world.sync()
            found.append(len(slow.server.requests))
        return found

    first, second, third = run(thrice())[0]
    assert first > second == 0 < third


def test_an_absent_file_is_withheld_by_the_one_who_shows_the_checkpoint() -> None:
    world = Relays(a=FAST)
    for line in world.network.lines.values():
        line.server.absent.add(bundle(7))
    outcomes, _ = run(world.sync())
    fault = outcomes["origin"].fault
    assert fault is not None
    assert (fault.kind, fault.file) == (FaultKind.WITHHELD, bundle(7))
    assert outcomes["a"].fault is None


SMALL = SimulatedLog("small").grow(5 * WIDTH + 90)
NAMES = ("origin", "a", "b", "c")
EDGE = ("tile/0/005.p/90", "tile/1/000.p/5")
PATHS = [bundle(index) for index in range(5)] + [f"{bundle(5)}.p/90"]
PATHS += [f"content/{index:03}" for index in range(6)]
LIES = ("flip", "cut", "gone", "other")


@st.composite
def lies(draw: st.DrawFn) -> dict[str, dict[str, str]]:
    """Return file → source → its lie about it; of each file one source at least says the truth."""
    found = {}
    for path in ("edge", *PATHS):
        liars = draw(st.sets(st.sampled_from(NAMES), max_size=len(NAMES) - 1))
        found[path] = {name: draw(st.sampled_from(LIES)) for name in sorted(liars)}
    return found


@settings(max_examples=40, deadline=None)
@given(lies(), st.booleans())
def test_one_honest_source_of_each_file_is_enough(told: dict[str, dict[str, str]], is_shared: bool) -> None:
    network = Lines()
    places = {name: PLACE if name == "origin" else prefix_of(name) for name in NAMES}
    for number, prefix in enumerate(places.values()):
        network.lines[prefix] = Line(network.serve(prefix, SMALL), FAST * (1 + number))
    for path, liars in told.items():
        for name, lie in liars.items():
            for file in EDGE if path == "edge" else (path,):
                _lie(network.servers[places[name]], file, lie)
    store = MemoryMirror(SMALL.chain)
    sources = [Source(prefix, is_origin=prefix == PLACE) for prefix in places.values()]
    limits = replace(LIMITS, few_bundles=1 if is_shared else 100)
    outcomes, _ = run(sync_log(store, sources, network, limits, lambda: NOW))
    assert_holds(store, SMALL, SMALL.size)
    assert not store.withheld
    for outcome in outcomes:
        name = next(name for name, prefix in places.items() if prefix == outcome.source)
        if outcome.fault is not None:
            assert any(name in liars for liars in told.values())


def _lie(server: Server, path: str, lie: str) -> None:
    whole = SMALL.file(path, SMALL.size) or b""
    if lie == "flip":
        server.flip(path, len(whole) // 2)
    elif lie == "cut":
        server.say(path, whole[:-1])
    elif lie == "other":
        server.say(path, LOG.file(path, LOG.size) or b"")
    else:
        server.absent.add(path)


@pytest.mark.parametrize("parallel", [1, 8])
def test_a_pull_that_is_broken_off_leaves_no_question_open(parallel: int) -> None:
    world = Relays(a=FAST, b=FAST)
    world.limits = replace(LIMITS, parallel=parallel, round_seconds=FAST * 5)
    run(world.sync())
    assert world.store.size == 0
    assert [pace.load for pace in world.memory.paces.values()] == [0, 0, 0]
