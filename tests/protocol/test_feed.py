"""Feeds have one spelling and bounded parts, and carry anybody's notes without looking into them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.feed import MAX_LARGE_NOTE, MAX_NOTE, Feed, FeedItem, note_fault
from protocol.lines import write_base64
from protocol.origin import origin_hash
from protocol.packing import pack, unpack
from tests.flips import assert_one_spelling
from tests.signed_tree import SignedTree
from tests.signers import ORIGIN

NOTE = SignedTree().grow(8).note(8)
OTHER = b"park.example/log/works/1\n3\n\n"
FEED = Feed.of("a-1", [FeedItem(NOTE, 2), FeedItem(OTHER, 1, b"e" * 32)], full=True)


def large_line(name: bytes = b"w.example/mirror") -> bytes:
    return "— ".encode() + name + b" " + write_base64(bytes(4 + 8 + 2420)).encode() + b"\n"


def test_a_feed_reads_back_as_it_was() -> None:
    assert Feed.parse(FEED.render()) == FEED
    assert {item.origin_hash for item in FEED.items} == {
        origin_hash(ORIGIN),
        origin_hash("park.example/log/works/1"),
    }
    assert Feed.parse(Feed("x", full=False, items=()).render()).items == ()


def test_items_are_put_in_order_and_each_origin_stands_once() -> None:
    items = [FeedItem(f"{name}.example/log/x/1\n1\n".encode(), 1) for name in "abcdefgh"]
    ordered = Feed.of("a", items, full=True).items
    assert [item.origin_hash for item in ordered] == sorted(item.origin_hash for item in items)
    for wrong in (ordered[::-1], (*ordered, ordered[-1])):
        with pytest.raises(ValueError, match="ascending"):
            Feed("a", full=True, items=wrong)
        raw: Any = [{"c": item.note, "k": 1} for item in wrong]
        with pytest.raises(MalformedError, match="ascending"):
            Feed.parse(pack({"cursor": "a", "full": True, "items": raw, "v": 1}))


def test_only_ml_dsa_lines_make_a_note_longer() -> None:
    small = ORIGIN.encode() + b"\n7\nroot\n\n"
    filled = small + b"x" * (MAX_NOTE - len(small))
    assert note_fault(filled) is None
    assert "4096" in str(note_fault(filled + b"x"))
    assert note_fault(filled[:-1] + b"\n" + large_line() * 10) is None
    assert "4096" in str(note_fault(filled + b"\n" + large_line()))
    assert str(MAX_LARGE_NOTE) in str(note_fault(small + large_line() * 21))


@pytest.mark.parametrize("note", [b"", b"\n", b"no line", b"x" * 201 + b"\n"])
def test_a_note_begins_with_an_origin(note: bytes) -> None:
    with pytest.raises(ValueError, match="does not begin"):
        FeedItem(note, 1)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"v": 2}, "version"),
        ({"v": True}, "version"),
        ({"more": 1}, "4 keys"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "x" * 65}, "cursor"),
        ({"cursor": "a b"}, "cursor"),
        ({"cursor": 1}, "cursor"),
        ({"full": 1}, "bool"),
        ({"items": {}}, "array"),
        ({"items": [1]}, "not a map of c"),
        ({"items": [{"c": b"x"}]}, "not a map of c"),
        ({"items": [{"c": b"x\n", "k": 1, "z": 1}]}, "not a map of c"),
        ({"items": [{"c": "x\n", "k": 1}]}, "binary"),
        ({"items": [{"c": b"x\n", "k": True}]}, "binary"),
        ({"items": [{"c": b"x\n", "k": 1, "e": None}]}, "binary"),
        ({"items": [{"c": b"x\n", "e": b"short", "k": 1}]}, "32 bytes"),
        ({"items": [{"c": b"x\n", "k": 0}]}, "version 0"),
        ({"items": [{"c": b"x\n", "k": 257}]}, "version 257"),
    ],
)
def test_other_forms_are_malformed(changed: dict[str, Any], reason: str) -> None:
    value = unpack(FEED.render())
    assert isinstance(value, dict)
    with pytest.raises(MalformedError, match=reason):
        Feed.parse(pack({**value, **changed}))


def test_what_is_no_map_is_malformed() -> None:
    with pytest.raises(MalformedError, match="not a map"):
        Feed.parse(pack([1]))
    with pytest.raises(MalformedError, match="not a map"):
        Feed.parse(pack({"cursor": "a", "full": True, "items": []}))


def test_feeds_have_one_spelling() -> None:
    assert_one_spelling(FEED.render(), Feed.parse, Feed.render)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_only_our_error(data: bytes) -> None:
    with suppress(MalformedError):
        assert Feed.parse(data).render() == data


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,9}\.example/log/x/1", fullmatch=True),
        st.tuples(
            st.binary(max_size=60), st.integers(1, 256), st.none() | st.binary(min_size=32, max_size=32)
        ),
        max_size=12,
    ),
    st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.booleans(),
)
def test_any_feed_survives(logs: dict[str, tuple[bytes, int, bytes | None]], cursor: str, full: bool) -> None:
    items = [FeedItem(origin.encode() + b"\n" + rest, keys, e) for origin, (rest, keys, e) in logs.items()]
    feed = Feed.of(cursor, items, full=full)
    assert Feed.parse(feed.render()) == feed
