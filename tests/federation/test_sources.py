"""Where a log's files may be, and whom to ask next."""

from math import inf

import pytest

from federation.faults import Fault, FaultKind
from federation.limits import Limits
from federation.memory import Memory
from federation.pace import FORGET_SECONDS, Pace
from federation.sources import Roster, Source, mirror_prefix, sources_of
from protocol.origin import Origin
from tests.signers import ORIGIN, key_set

A, B, C = Source("https://a.example"), Source("https://b.example"), Source("https://c.example")
WRONG = Fault(FaultKind.MALFORMED, "checkpoint", "it does not parse")
INCONSISTENT = Fault(FaultKind.INCONSISTENT, "checkpoint", "the origin signed two trees of size 9")
GONE = Fault(FaultKind.UNREACHABLE, "checkpoint", "nobody is there")


def test_the_origins_places_come_first_then_followed_ones_then_peers() -> None:
    keys = key_set(urls=("https://files.example/works", "https://city.example/log/works/1"))
    peers = ["https://peer.example/", "https://files.example"]
    found = sources_of(keys, ["https://relay.example/m/1/", "https://files.example/works"], peers)
    digest = Origin.parse(ORIGIN).hash
    assert [(source.prefix, source.is_origin) for source in found] == [
        ("https://files.example/works", True),
        ("https://city.example/log/works/1", True),
        ("https://relay.example/m/1", False),
        (f"https://peer.example/mirror/{digest}", False),
        (f"https://files.example/mirror/{digest}", False),
    ]
    assert found[0].url("tile/0/000") == "https://files.example/works/tile/0/000"
    assert mirror_prefix("https://x.example/", Origin.parse(ORIGIN)) == f"https://x.example/mirror/{digest}"


def test_an_origin_without_urls_is_asked_by_name() -> None:
    assert [source.prefix for source in sources_of(key_set(urls=()))] == [f"https://{ORIGIN}"]
    keys = key_set(origin="127.0.0.1:8401/log/works/1", urls=())
    assert [source.prefix for source in sources_of(keys, allow_private=True)] == [
        "https://127.0.0.1:8401/log/works/1",
        "http://127.0.0.1:8401/log/works/1",
    ]
    assert len(sources_of(keys)) == 1


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def roster_of(*sources: Source, memory: Memory | None = None, clock: Clock | None = None) -> Roster:
    return Roster(sources, Limits(strikes=2), memory or Memory(), clock or Clock())


def test_a_roster_asks_the_faultless_first() -> None:
    roster = roster_of(A, B, C, A)
    assert roster.sources == (A, B, C)
    assert roster.pick() == A
    assert roster.pick({A, B}) == C
    assert roster.pick({A, B, C}) is None
    roster.blame(A, WRONG)
    assert roster.pick() == B
    roster.prefer(C)
    assert roster.pick() == C
    roster.blame(A, GONE)
    assert roster.faults == {A: WRONG}  # the first fault is the one to show
    roster.convict(A, INCONSISTENT)
    assert roster.faults == {A: INCONSISTENT}
    roster.blame(A, GONE)
    assert roster.is_given_up(A)
    assert roster.pick({B, C}) is None


def test_who_was_slow_and_lied_is_shown_as_a_liar() -> None:
    roster = roster_of(A, B)
    roster.blame(A, GONE)
    roster.prefer(B)
    roster.absent(B, "blob/1")
    for source in (A, B):
        roster.blame(source, WRONG)
        roster.blame(source, INCONSISTENT)
    assert roster.faults == {A: WRONG, B: WRONG}


def test_a_missing_file_is_a_fault_of_whoever_promised_it() -> None:
    roster = roster_of(A, B)
    roster.prefer(B)
    roster.absent(A, "blob/1")
    roster.absent(B, "blob/1")
    assert roster.faults == {B: Fault(FaultKind.WITHHELD, "blob/1", "it does not have this file")}
    assert roster.pick() == A


def test_who_answers_again_is_not_given_up() -> None:
    roster = roster_of(A, B)
    roster.blame(A, GONE)
    roster.delivered(A, 0.1, 20_000)
    roster.blame(A, GONE)
    assert not roster.is_given_up(A)
    roster.blame(A, GONE)
    assert roster.is_given_up(A)


def test_who_is_behind_is_asked_for_what_it_has() -> None:
    roster = roster_of(A, B)
    roster.prefer(A)
    roster.absent(A, "tile/entries/002", 768)
    roster.delivered(B, 0.1, 20_000)
    assert [roster.pick(needs=needs) for needs in (512, 768, 769)] == [B, B, B]
    roster = roster_of(A, B)
    roster.delivered(A, 0.1, 20_000)
    roster.absent(A, "tile/entries/002", 768)
    assert [roster.pick(needs=needs) for needs in (512, 768, 769)] == [A, B, B]
    assert roster.pick({B}, needs=769) == A  # when nobody else is left


def shared(memory: Memory, clock: Clock, *sources: Source) -> Roster:
    roster = roster_of(*sources, memory=memory, clock=clock)
    roster.is_shared = True
    return roster


def test_files_are_shared_out_by_when_they_would_be_there() -> None:
    memory, clock = Memory(), Clock()
    roster = shared(memory, clock, A, B, C)
    roster.delivered(A, 1.0, 40_000)
    roster.delivered(B, 2.0, 40_000)
    roster.delivered(C, 30.0, 40_000)
    asked = []
    for _ in range(9):
        source = roster.pick(size=16_000)
        assert source is not None
        roster.begin(source, 16_000)
        asked.append(source)
    assert (asked.count(A), asked.count(B), asked.count(C)) == (6, 3, 0)
    # Another log's round knows what they have in hand already.
    assert shared(memory, clock, Source(f"{A.prefix}/x"), C).pick(size=16_000) == Source(f"{A.prefix}/x")
    for source in asked:
        roster.end(source, 16_000)
    assert roster.pick(size=16_000) == A


def test_liars_and_failures_are_asked_last_and_the_origin_is_spared() -> None:
    origin = Source("https://city.example/log/x/1", is_origin=True)
    roster = shared(Memory(), Clock(), origin, A, B, C)
    for source in (origin, A, B, C):
        roster.delivered(source, 1.0, 40_000)
    roster.delivered(C, 0.5, 40_000)
    assert roster.pick() == C
    roster.blame(C, WRONG)
    roster.blame(B, GONE)
    order: list[Source] = []
    while (found := roster.pick(order)) is not None:
        order.append(found)
    assert order == [A, origin, B, C]
    assert roster.patience(C, 1_000, 0) == roster.patience(B, 1_000, 0) == inf
    assert 0 < roster.patience(A, 1_000, 0) < Limits().stall_seconds


def test_two_places_at_one_server_are_one() -> None:
    origin = Source("https://city.example/log/x/1", is_origin=True)
    beside = Source("https://city.example/mirror/1")
    for is_shared in (False, True):
        roster = roster_of(origin, beside, A)
        roster.is_shared = is_shared
        roster.delivered(origin, 1.0, 40_000)
        roster.delivered(A, 1.0, 40_000)
        assert roster.pick({origin}) == A
        assert roster.pick({origin, A}) == beside
        assert roster.patience(beside, 1_000, 0, {origin}) == inf
        # Shared out, a mirror at the origin's server is spared like the origin itself.
        assert roster.pick() == (A if is_shared else origin)


def test_what_is_incomplete_or_late_counts_against_a_source() -> None:
    roster = shared(Memory(), Clock(), A, B)
    for source in (A, B):
        roster.delivered(source, 1.0, 40_000)
    roster.incomplete(A)
    assert roster.pick() == B
    roster.overtaken(B, 100.0, 40_000)
    assert roster.pick() == A


def test_one_question_at_a_time_for_who_has_not_answered_yet() -> None:
    roster = shared(Memory(), Clock(), A, B)
    roster.delivered(A, 1.0, 40_000)
    assert roster.pick(size=16_000) == A
    roster.begin(A, 16_000)
    assert roster.pick(size=16_000) == B
    roster.begin(B, 16_000)
    for _ in range(8):
        assert roster.pick(size=16_000) == A
        roster.begin(A, 16_000)
    assert roster.patience(B, 16_000, 0) == Limits().stall_seconds


def test_measurements_are_forgotten() -> None:
    pace = Pace()
    assert pace.seconds(5.0) is None
    pace.took(2.0, 20_000, 5.0)
    assert pace.seconds(6.0) == 1e-4
    pace.took(4.0, 20_000, 7.0)
    assert pace.seconds(8.0) == pytest.approx(1.3e-4)
    pace.lasts(1.0, 20_000, 9.0)  # it may yet be as fast as ever
    assert pace.seconds(9.0) == pytest.approx(1.3e-4)
    pace.lasts(6.0, 20_000, 9.0)
    assert pace.seconds(9.0) == 3e-4
    assert pace.finish(3_616, 9.0, 7.0) == pytest.approx(6.0)
    assert pace.finish(3_616, 9.0 + FORGET_SECONDS, 7.0) == pytest.approx(7.0 * 20_000)
