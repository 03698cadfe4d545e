"""One statement: who said it where, its versions, its proof."""

import pytest

from node.answers.provenance import history, proof, show
from node.answers.resolving import resolve
from node.errors import AmbiguousError, NotFoundError
from node.home import Home
from protocol.leaf import Op
from protocol.packing import Value, pack
from protocol.proof import verify_entry_proof
from tests.publisher import Publisher, entry

ORIGIN = "127.0.0.1:8401/log/city/1"
PARKS = "a.example/log/parks/1"
ID = bytes.fromhex("00112233445566778899aabbccddeeff")
NEAR = bytes.fromhex("00112233445566778899aabbccddee00")


def test_an_address_or_a_unique_prefix_names_a_statement(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"), ID)
    publisher.put(entry("Two"), NEAR)
    publisher.publish()
    address = f"{ORIGIN}/e/{ID.hex()}"
    assert str(resolve(home, address)) == address
    assert str(resolve(home, f" {ID.hex()} ")) == address
    assert str(resolve(home, ID.hex()[:31])) == address
    with pytest.raises(AmbiguousError) as ambiguous:
        resolve(home, "0011")
    assert len(ambiguous.value.candidates) == 2


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "001",
        "0011zz",
        "ffff",
        "x/y",
        "f" * 33,
        "00112233445566778899AABBCCDDEEFF",
        f"{ORIGIN}/e/{'f' * 32}",
        f"{PARKS}/e/{ID.hex()}",
        f"{ORIGIN}/e/{ID.hex()[:8]}",
    ],
)
def test_what_names_nothing_is_not_found(home: Home, ref: str) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"), ID)
    publisher.publish()
    with pytest.raises(NotFoundError):
        resolve(home, ref)


def test_one_id_in_two_logs_needs_the_address(home: Home) -> None:
    for origin in (ORIGIN, PARKS):
        publisher = Publisher(home, origin)
        publisher.put(entry("One"), ID)
        publisher.publish()
    with pytest.raises(AmbiguousError):
        show(home, ID.hex())
    assert show(home, f"{PARKS}/e/{ID.hex()}")["origin"] == PARKS


def test_a_statement_is_shown_with_its_provenance(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    payload: dict[str, Value] = {
        "type": "entry",
        "v": 1,
        "name": {"en": "One"},
        "kind": "thing",
        "raw": [b"\xff", {"a": b""}],
    }
    publisher.put(pack(payload), ID)
    size = publisher.publish()
    shown = show(home, ID.hex())
    assert shown["state"] == "live"
    assert (shown["name"], shown["language"], shown["kind"]) == ("One", "en", "thing")
    assert shown["statement"] == payload | {"raw": ["/w==", {"a": ""}]}
    assert shown["problems"]
    assert set(shown["problems"][0]) == {"severity", "pointer", "message", "hint"}
    held = publisher.store.held()
    assert shown["provenance"] == {
        "origin": ORIGIN,
        "index": 1,
        "size": size,
        "root": held.root.hex(),
        "fingerprint": publisher.chain.fingerprint,
        "verified_at": "2027-01-15T08:00:00Z",
        "own": True,
        "frozen": False,
        "stale": False,
    }


def test_states_are_told_apart(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    live, gone, erased = (publisher.put(entry(name)) for name in ("Live", "Gone", "Erased"))
    hidden = publisher.put(entry("Hidden"), withheld=True)
    broken = publisher.put(b"\xc1")
    publisher.publish()
    publisher.withdraw(gone)
    publisher.erase(erased)
    publisher.publish()
    states = {id_: show(home, id_.hex())["state"] for id_ in (live, gone, erased, hidden, broken)}
    assert list(states.values()) == ["live", "withdrawn", "erased", "withheld", "live"]
    assert show(home, gone.hex())["statement"]["type"] == "withdrawal"
    assert show(home, erased.hex())["statement"] is None
    assert show(home, broken.hex())["statement"] is None


def test_history_goes_back_to_the_first_version(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    publisher.put(entry("One"), ID)
    publisher.put(entry("Two"), ID)
    publisher.withdraw(ID)
    publisher.put(entry("Three"), ID)
    publisher.erase(ID, 2, reason=3)
    publisher.erase(ID, 1, reason=9)
    publisher.publish()
    versions = history(home, ID.hex())
    assert [(each["index"], each["op"], each["previous"], each["current"]) for each in versions] == [
        (4, "put", 3, True),
        (3, "withdraw", 2, False),
        (2, "put", 1, False),
        (1, "put", None, False),
    ]
    assert [each["erased"] for each in versions] == [None, None, "court", "9"]
    assert versions[0]["statement"]["name"] == {"en": "Three"}
    assert versions[2]["statement"] is None
    assert versions[0]["commitment"] == publisher.store.commitment(4).hex()


def test_a_proof_verifies_without_the_node(home: Home) -> None:
    publisher = Publisher(home, ORIGIN, own=False)
    ids = [publisher.put(entry(f"Entry {n}")) for n in range(300)]
    publisher.publish()
    for id_ in (ids[0], ids[255], ids[299]):
        verified = verify_entry_proof(proof(home, id_.hex()), publisher.chain.fingerprint)
        assert (verified.id, verified.index, verified.size) == (id_, publisher.index(id_), 301)


def test_there_is_no_proof_without_content_or_signature(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    one = publisher.put(entry("One"))
    publisher.publish(signed=False)
    with pytest.raises(NotFoundError, match="entry"):
        proof(home, one.hex())
    publisher.publish()
    assert proof(home, one.hex())
    two = publisher.put(entry("Two"))
    publisher.erase(one)
    publisher.publish(signed=False)
    with pytest.raises(NotFoundError, match="entry"):
        proof(home, two.hex())
    with pytest.raises(NotFoundError, match="content"):
        proof(home, one.hex())


def test_a_tombstone_shows_whatever_of_it_is_readable(home: Home) -> None:
    publisher = Publisher(home, ORIGIN)
    ids = [publisher.put(entry(name)) for name in ("One", "Two", "Three")]
    publisher.publish()
    publisher.withdraw(ids[0], reason="moved", successor="https://new.example", text={"en": "See there."})
    publisher.withdraw(ids[1], reason=7)
    publisher._state(Op.WITHDRAW, ids[2], b"\xc1", withheld=False)
    publisher.publish()
    first, second, third = (show(home, id_.hex())["withdrawal"] for id_ in ids)
    assert first == {"reason": "moved", "successor": "https://new.example", "text": {"en": "See there."}}
    assert second == {"reason": "", "successor": None, "text": {}}
    assert third is None
