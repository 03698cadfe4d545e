"""Cursors: opaque, and of no use with another question."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.answers.cursors import Place, from_cursor, question_digest, slice_of, to_cursor
from node.answers.documents import document_key, document_order, document_rank
from node.errors import InvalidInputError

DIGEST = question_digest("relevance", "budget", [["kind", ["software"]]])

ranks = st.builds(document_rank, st.integers(0, (1 << 63) - 1), st.integers(-9, 10**9))
orders = st.builds(document_order, st.text(max_size=130), st.integers(0, (1 << 63) - 1))


@given(st.integers(0, 4), ranks | orders)
def test_a_cursor_is_read_as_it_was_written(level: int, at: int | str) -> None:
    cursor = to_cursor(DIGEST, Place(level, at))
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert from_cursor(cursor, DIGEST, levels=5, by_rank=isinstance(at, int)) == Place(level, at)
    for levels, digest in ((level, DIGEST), (5, question_digest("name"))):
        with pytest.raises(InvalidInputError, match="cursor"):
            from_cursor(cursor, digest, levels=levels, by_rank=isinstance(at, int))


@given(st.binary(max_size=40) | st.binary(max_size=20).map(lambda tail: b"\x02" + DIGEST + b"\x00" + tail))
def test_nothing_else_is_a_cursor(data: bytes) -> None:
    cursor = base64.urlsafe_b64encode(data).decode().rstrip("=")
    for by_rank in (True, False):
        try:
            place = from_cursor(cursor, DIGEST, levels=3, by_rank=by_rank)
        except InvalidInputError:
            continue
        assert to_cursor(DIGEST, place) == cursor
        # It goes into tantivy's grammar, where these mean something.
        assert isinstance(place.at, int) or set(place.at).isdisjoint(" :*[]{}()\"'\\^~+<>")


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "A" * 24, "=" * 8, "\udcff"])
def test_texts_that_are_no_base64_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidInputError, match="cursor"):
        from_cursor(cursor, DIGEST, levels=3, by_rank=True)


def test_other_spellings_of_a_cursor_are_refused() -> None:
    cursor = to_cursor(DIGEST, Place(0, 1))
    for other in (cursor + "A", cursor[:-1], cursor + "=", cursor + " "):
        with pytest.raises(InvalidInputError):
            from_cursor(other, DIGEST, levels=3, by_rank=True)


def test_ranks_are_ordered_by_day_and_fit() -> None:
    older, newer = document_rank(document_key("a", b"1"), 10), document_rank(document_key("b", b"2"), 11)
    assert 0 <= older < newer < document_rank(document_key("a", b"1"), 10**9) < 1 << 63
    assert document_rank(document_key("a", b"1"), -5) < 1 << 47


def test_names_are_ordered_as_people_expect() -> None:
    names = ["2024", "Açaí", "Budget", "budget 2", "Budgets", "Élan", "Zoo", "Ωμέγα", "市民", "", "?!"]
    ordered = [document_order(name, key) for key, name in enumerate(names)]
    assert ordered == sorted(ordered)
    assert len(set(ordered)) == len(ordered)
    assert document_order("Same", 1) < document_order("Same", 2)


@given(st.lists(st.text("az-./0", min_size=1, max_size=6), unique=True).map(sorted), st.integers(1, 5))
def test_pages_of_a_list_follow_one_another(keys: list[str], limit: int) -> None:
    cursor, seen = None, list[str]()
    while True:
        page, cursor = slice_of(keys, limit, cursor, DIGEST)
        seen += page
        if cursor is None:
            break
        # What goes meanwhile hides nothing, and what comes is shown where it belongs.
        fewer, _ = slice_of([key for key in keys if key != page[-1]], limit, cursor, DIGEST)
        assert fewer == keys[len(seen) :][:limit]
    assert seen == keys


def test_a_cursor_of_something_else_is_at_the_beginning() -> None:
    assert slice_of(["a", "b"], 1, to_cursor(DIGEST, Place(0, "a-x")), DIGEST)[0] == ["a"]
