"""Which value is shown first."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from federation.headline import Said, headline, ranked
from protocol.packing import Value


def said(
    value: Value,
    voice: str = "a",
    *,
    by: str = "",
    has_standing: bool = False,
    precedence: int = 0,
    modified: str = "",
) -> Said:
    return Said(value, by or f"{voice}.example/e/1", voice, has_standing, precedence, modified)


def shown(*statements: Said) -> Value:
    return ranked(statements)[0].value


SAID = st.builds(
    lambda value, voice, n, stands, modified: Said(
        value, f"{voice}/{n}", voice, stands, ord(voice), modified
    ),
    st.sampled_from(["MIT", "EUPL-1.2", "x", None]),
    st.sampled_from("abcd"),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(["", "2024", "2025"]),
)


def test_nothing_said_is_nothing_shown() -> None:
    assert ranked([]) == ()


def test_the_owner_comes_before_any_number_of_others() -> None:
    crowd = [said("MIT", voice) for voice in "bcdefgh"]
    assert shown(*crowd, said("EUPL-1.2", has_standing=True, precedence=99)) == "EUPL-1.2"


def test_without_an_owner_most_publishers_decide() -> None:
    assert (
        shown(said("MIT", "a"), said("EUPL-1.2", "b", precedence=1), said("EUPL-1.2", "c", precedence=2))
        == "EUPL-1.2"
    )


def test_a_publisher_counts_once_however_often_it_says_so() -> None:
    crowd = [said("MIT", "z", by=f"z.example/e/{n}", precedence=9) for n in range(50)]
    assert shown(*crowd, said("EUPL-1.2", "a", precedence=0)) == "EUPL-1.2"


def test_of_one_publisher_the_newest_counts() -> None:
    older = said("MIT", by="a/1", modified="2024-01-01T00:00:00Z")
    newer = said("EUPL-1.2", by="a/2", modified="2025-01-01T00:00:00Z")
    assert shown(older, newer, said("MIT", "b", precedence=5)) in ("EUPL-1.2", "MIT")
    assert shown(older, newer) == "EUPL-1.2"


def test_a_newcomer_moves_nothing_whatever_it_says() -> None:
    # The value could be ground until its hash is the smallest; precedence comes before.
    for n in range(50):
        assert shown(said("MIT", "a", precedence=0), said(f"grind {n}", "z", precedence=1)) == "MIT"


def test_one_voice_alone_fills_no_gap() -> None:
    assert shown(said(None, "a", precedence=0), said("retired", "z", precedence=1)) is None
    assert shown(said("live", "a", precedence=0), said(None, "z", precedence=1)) == "live"
    both = said("live", "b", precedence=1), said("live", "c", precedence=2)
    assert shown(said(None, "a", precedence=0), *both) == "live"
    assert shown(said(None, "a", has_standing=True), *both) is None


def test_everybody_who_says_something_is_named() -> None:
    ranking = ranked(
        [said("MIT", "b"), said("MIT", "a"), said({"x": [1, {"z": 1, "y": 2}]}, "c", precedence=3)]
    )
    assert [(each.value, each.by) for each in ranking] == [
        ("MIT", ("a.example/e/1", "b.example/e/1")),
        ({"x": [1, {"z": 1, "y": 2}]}, ("c.example/e/1",)),
    ]


def test_the_order_of_keys_makes_no_other_value() -> None:
    assert len(ranked([said({"a": 1, "b": 2}), said({"b": 2, "a": 1}, "b")])) == 1


@given(st.lists(SAID, max_size=8, unique_by=lambda each: each.by), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(statements: list[Said], random: Random) -> None:
    expected = ranked(statements)
    assert headline(statements) == (expected[0].value if expected else None)
    random.shuffle(statements)
    assert ranked(statements) == expected
    named = [by for each in expected if each.value is not None for by in each.by]
    assert sorted(named) == sorted(each.by for each in statements if each.value is not None)


@given(
    st.lists(SAID, max_size=8, unique_by=lambda each: each.by),
    st.sampled_from(["MIT", "lie"]),
    st.integers(1, 3),
)
def test_a_new_voice_shows_nothing_that_it_alone_states(
    statements: list[Said], value: str, copies: int
) -> None:
    new = [Said(value, f"z/{n}", "z", precedence=999, modified="2099") for n in range(copies)]
    before, after = ranked(statements), ranked([*statements, *new])
    if before and (before[0].value != after[0].value):
        assert any(each.value == after[0].value for each in statements)
