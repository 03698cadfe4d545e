import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.origin import MAX_ORIGIN, Origin, address, host_fault, origin_hash, parse_address
from tests.flips import assert_one_spelling, text_of
from tests.shared import needs_shared, vector

FULL = "civic.example:8443/data/open/eu/log/transport/2"
ID = bytes(range(16))

PARTS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
ORIGINS = st.builds(
    Origin,
    host=st.sampled_from(["a.example", "xn--bcher-kva.example", "127.0.0.1", "[::1]", "localhost"]),
    port=st.none() | st.integers(1, 65_535).filter(lambda port: port not in (80, 443)),
    segments=st.lists(PARTS, max_size=2).map(tuple),
    name=PARTS,
    epoch=st.integers(1, 2**63 - 1),
)


@given(ORIGINS)
def test_what_is_spelled_parses_to_itself(origin: Origin) -> None:
    assert Origin.parse(str(origin)) == origin


@given(
    st.text(max_size=40)
    | st.from_regex(r"[a-z.\[\]:0-9]{1,9}(:[0-9]+)?(/[a-z0-9-]*)*/log/[a-z]/[0-9]+", fullmatch=True)
)
def test_any_text_is_refused_or_the_one_spelling(text: str) -> None:
    with suppress(MalformedError):
        assert str(Origin.parse(text)) == text


def test_parts() -> None:
    origin = Origin.parse(FULL)
    assert origin == Origin("civic.example", 8443, ("data", "open", "eu"), "transport", 2)
    assert not origin.is_ip
    assert origin.hash == hashlib.sha256(FULL.encode()).hexdigest()


def test_a_segment_may_be_called_log() -> None:
    origin = Origin.parse("a.example/log/log/log/log/7")
    assert (origin.segments, origin.name, origin.epoch) == (("log", "log"), "log", 7)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3:8401", "[::1]:8401", "[2001:db8::2]"])
def test_ip_literals_are_recognised(host: str) -> None:
    assert Origin.parse(f"{host}/log/works/1").is_ip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.example/log/works",
        "a.example/works/1",
        "https://a.example/log/works/1",
        "A.example/log/works/1",
        "bücher.example/log/works/1",
        "a.example./log/works/1",
        "a..example/log/works/1",
        "-a.example/log/works/1",
        "a_b.example/log/works/1",
        "a.example:443/log/works/1",
        "a.example:80/log/works/1",
        "a.example:08/log/works/1",
        "a.example:0/log/works/1",
        "a.example:65536/log/works/1",
        "a.example:/log/works/1",
        "user@a.example/log/works/1",
        "a.example/log/works/0",
        "a.example/log/works/01",
        "a.example/log/works/9223372036854775808",
        "a.example/log/works/1/",
        "a.example/log/works/1\n",
        "a.example//log/works/1",
        "a.example/a/b/c/d/log/works/1",
        "a.example/-a/log/works/1",
        "a.example/log/-works/1",
        f"a.example/log/{'w' * 41}/1",
        "a.example/log/Works/1",
        "a.example/log/works/\u0661",
        f"{'a' * 64}.example/log/works/1",
        f"{'a.' * 100}example/log/works/1",
        "127.1/log/works/1",
        "127.0.0.01/log/works/1",
        "256.0.0.1/log/works/1",
        "a.0x7f/log/works/1",
        "1/log/works/1",
        "[::1/log/works/1",
        "::1/log/works/1",
        "[0:0::1]/log/works/1",
        "[::ffff:1.2.3.4]/log/works/1",
        "[fe80::1%eth0]/log/works/1",
        "[]/log/works/1",
        "[zz]/log/works/1",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Origin.parse(text)


def test_the_longest_origin() -> None:
    fixed = "/".join((f"{'b' * 40}.{'a' * 20}.example", "s" * 40, "t" * 40, "u", "log", "n" * 20, "1"))
    longest = fixed.replace("/u/", f"/{'u' * (MAX_ORIGIN - len(fixed) + 1)}/")
    assert len(longest) == MAX_ORIGIN
    assert str(Origin.parse(longest)) == longest
    with pytest.raises(MalformedError, match="200"):
        Origin.parse(longest + "0")
    parts = Origin.parse(longest)
    with pytest.raises(ValueError, match="200"):
        Origin(parts.host, parts.port, parts.segments, parts.name, 10)


@pytest.mark.parametrize("host", ["[::1]x", "[:1]", "x" * 300, "a." * 130 + "b"])
def test_hosts_that_are_none(host: str) -> None:
    assert host_fault(host) is not None


def test_building_an_origin_from_wrong_parts_is_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="host name"):
        Origin("A.example", None, (), "works", 1)
    with pytest.raises(ValueError, match="epoch"):
        Origin("a.example", None, (), "works", 0)


def test_every_flipped_byte_is_refused_or_another_origin() -> None:
    assert assert_one_spelling(
        FULL.encode(), lambda data: Origin.parse(text_of(data)), lambda origin: str(origin).encode()
    )


def test_addresses() -> None:
    text = address(FULL, ID)
    assert text == f"{FULL}/e/000102030405060708090a0b0c0d0e0f"
    assert parse_address(text) == (FULL, ID)
    with pytest.raises(ValueError, match="16 bytes"):
        address(FULL, ID[1:])
    assert assert_one_spelling(
        text.encode(), lambda data: parse_address(text_of(data)), lambda pair: address(*pair).encode()
    )


@pytest.mark.parametrize(
    "tail", ["", "/e/", "/e/00", f"/e/{'AB' * 16}", f"/e/{'ab' * 17}", f"/e/{'ab' * 16}\n", f"/f/{'ab' * 16}"]
)
def test_what_is_no_address(tail: str) -> None:
    with pytest.raises(MalformedError):
        parse_address(FULL + tail)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for candidate in (text, f"{text}/e/{ID.hex()}"):
        with suppress(MalformedError):
            assert address(*parse_address(candidate)) == candidate


@needs_shared
def test_vectors() -> None:
    data = vector("origin_ids")
    for origin, expected in data["c2sp"]:
        assert origin_hash(origin) == expected
    for origin, other in data["distributor"]:
        # Another project's identifier of the same log: never ours.
        assert origin_hash(origin) != other
        assert origin_hash(f"o:{origin}") == other
