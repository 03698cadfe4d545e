"""One file, and several sources that are asked for it: who is asked when, and whose answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from federation.faults import Fault, FaultError, FaultKind, OriginError
from federation.limits import Limits
from federation.memory import Memory
from federation.racing import Race
from federation.sources import Roster, Source
from tests.simulation.loop import VirtualLoop

A, B, C = Source("https://a.example"), Source("https://b.example"), Source("https://c.example")
WRONG = Fault(FaultKind.INCONSISTENT, "tile/0/000", "it does not hash to what is signed")
STALL = Limits().stall_seconds

Answer = bool | FaultError


class Track:
    """Sources that answer after a while, and who was asked when."""

    def __init__(self, **answers: tuple[float, Answer]) -> None:
        self.answers = {"https://" + name + ".example": answer for name, answer in answers.items()}
        self.memory = Memory()
        self.asked: dict[Source, float] = {}
        self.broken_off: list[Source] = []
        self.roster: Roster

    async def ask(self, source: Source) -> bool:
        self.asked[source] = asyncio.get_running_loop().time()
        seconds, answer = self.answers[source.prefix]
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.broken_off.append(source)
            raise
        if isinstance(answer, FaultError):
            raise answer
        return answer

    def run(self, before: Callable[[Roster], None] = lambda _: None) -> tuple[bool, float]:
        """Return whether somebody ended the search, and after how many seconds."""

        async def race() -> bool:
            sources = [Source(prefix) for prefix in self.answers]
            clock = asyncio.get_running_loop().time
            self.roster = Roster(sources, Limits(), self.memory, clock)
            before(self.roster)
            return await Race(self.roster, self.ask, 1_000, 256).run()

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            try:
                return runner.run(race()), runner.get_loop().time()
            finally:
                assert not any(pace.load for pace in self.memory.paces.values())


def test_the_first_who_has_it_is_the_only_one_asked() -> None:
    track = Track(a=(1.0, True), b=(1.0, True))
    assert track.run()[0]
    assert list(track.asked) == [A]


def test_who_does_not_have_it_or_is_at_fault_is_followed_by_the_next() -> None:
    track = Track(a=(1.0, False), b=(1.0, FaultError(WRONG)), c=(1.0, True))
    assert track.run()[0]
    assert track.asked == pytest.approx({A: 0.0, B: 1.0, C: 2.0})
    assert track.roster.faults == {B: WRONG}


@pytest.mark.parametrize("names", ["a", "ab"])
def test_nobody_has_it(names: str) -> None:
    track = Track(**dict.fromkeys(names, (1.0, False)))
    assert not track.run()[0]
    assert len(track.asked) == len(names)


def test_nobody_is_there() -> None:
    assert not Track().run()[0]


def test_another_one_is_asked_beside_a_source_that_is_stuck() -> None:
    track = Track(a=(100.0, True), b=(100.0, True), c=(1.0, True))
    is_found, seconds = track.run()
    assert is_found
    assert seconds == pytest.approx(2 * STALL + 1)
    assert track.broken_off == [A, B]
    assert track.roster.pick() == C


def test_who_is_late_may_still_win_and_the_other_is_not_blamed() -> None:
    track = Track(a=(STALL + 1, True), b=(50.0, True))
    is_found, seconds = track.run()
    assert is_found
    assert seconds == pytest.approx(STALL + 1)
    assert track.broken_off == [B]
    assert track.memory.pace(B.prefix).seconds(seconds) is None


def test_liars_are_asked_when_nobody_else_is_left_and_not_before() -> None:
    track = Track(a=(30.0, False), b=(1.0, True))
    is_found, _ = track.run(lambda roster: roster.blame(B, WRONG))
    assert is_found
    assert track.asked == pytest.approx({A: 0.0, B: 30.0})


def test_what_the_origin_signed_ends_the_search_for_all() -> None:
    track = Track(a=(STALL + 2, OriginError(WRONG)), b=(2.0, OriginError(WRONG)), c=(1.0, True))
    with pytest.raises(OriginError):
        track.run()
    assert track.roster.faults == {}


def test_a_search_that_is_broken_off_leaves_nobody_asked() -> None:
    track = Track(a=(100.0, True), b=(100.0, True))

    async def race() -> None:
        clock = asyncio.get_running_loop().time
        roster = Roster([A, B], Limits(), track.memory, clock)
        with suppress(TimeoutError):
            async with asyncio.timeout(STALL + 1):
                await Race(roster, track.ask, 1_000, 256).run()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(race())
    assert track.broken_off == [A, B]
    assert not any(pace.load for pace in track.memory.paces.values())
