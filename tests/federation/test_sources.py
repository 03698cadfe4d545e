"""Where a log's files may be, and whom to ask next."""

from federation.faults import Fault, FaultKind
from federation.sources import Roster, Source, mirror_prefix, sources_of
from protocol.origin import Origin
from tests.signers import ORIGIN, key_set

A, B, C = Source("https://a.example"), Source("https://b.example"), Source("https://c.example")
WRONG = Fault(FaultKind.MALFORMED, "checkpoint", "it does not parse")
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


def test_a_roster_asks_the_faultless_first() -> None:
    roster = Roster([A, B, C, A], strikes=2)
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
    roster.convict(A, GONE)
    assert roster.faults == {A: GONE}
    assert roster.is_given_up(A)
    assert roster.pick({B, C}) is None


def test_a_missing_file_is_a_fault_of_whoever_promised_it() -> None:
    roster = Roster([A, B], strikes=2)
    roster.prefer(B)
    roster.absent(A, "blob/1")
    roster.absent(B, "blob/1")
    assert roster.faults == {B: Fault(FaultKind.WITHHELD, "blob/1", "it does not have this file")}
    assert roster.pick() == B
