"""Trust policies: what their quorum asks for, and what is no policy."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.keys import KeyType
from protocol.policy import MAX_BYTES, MAX_LINES, NOBODY, TrustPolicy
from tests.signers import signing_key


def vkey(name: str, seed: str | None = None, kind: KeyType = KeyType.COSIGNATURE_ED25519) -> str:
    return str(signing_key(f"{name}.example/mirror", kind, seed or name).vkey)


def policy(*lines: str) -> TrustPolicy:
    return TrustPolicy.parse("\n".join(lines).encode())


A, B, C, D = (f"witness {name} {vkey(name)}" for name in "abcd")


def test_a_single_witness_is_a_quorum() -> None:
    one = policy(A, B, "quorum a")
    assert one.is_met(["a"])
    assert not one.is_met(["b", "x"])
    assert str(one.witnesses["a"]) == vkey("a")


def test_groups_in_groups() -> None:
    nested = policy(
        "# three cities, and an archive",
        f"log {vkey('log', kind=KeyType.ED25519)} https://log.example",
        "",
        f"\t{A} https://a.example ",
        B,
        C,
        "group cities 2 a b c",
        D,
        "group both all cities d",
        " quorum both",
    )
    assert nested.is_met("abd")
    assert nested.is_met("abcd")
    assert not nested.is_met("abc")
    assert not nested.is_met("ad")
    assert nested.groups["cities"].threshold == 2
    assert dict(nested.urls) == {"a": "https://a.example"}


def test_any_and_all() -> None:
    assert policy(A, B, "group g any a b", "quorum g").is_met("b")
    assert not policy(A, B, "group g all a b", "quorum g").is_met("b")


def test_none_asks_for_nobody() -> None:
    assert policy("quorum none").is_met([])
    assert NOBODY.is_met([])


def test_octets_beyond_ascii_are_names_like_others() -> None:
    assert policy(f"witness Málaga {vkey('a')}", "quorum Málaga").is_met(
        ["Málaga".encode().decode("latin-1")]
    )
    with pytest.raises(MalformedError, match="defines 'Málaga'"):
        policy("quorum Málaga")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([A], "no quorum line"),
        (["quorum none", "quorum none"], "line 2: there is a quorum line"),
        (["quorum a", A], "no line before defines 'a'"),
        (["quorum"], "not 'log'"),
        (["quorum a b"], "not 'log'"),
        (["witness a"], "not 'log'"),
        (["nonsense"], "not 'log'"),
        ([A, f"witness a {vkey('b')}"], "line 2: the name 'a' is taken"),
        ([f"witness none {vkey('a')}"], "'none' is taken"),
        ([A, f"witness z {vkey('z', 'a')}"], "key of a witness"),
        ([f"log {vkey('a')}", f"log {vkey('b', 'a')}"], "key of a log"),
        ([f"witness a {vkey('a', kind=KeyType.ED25519)}"], "not a cosigning key"),
        (["witness a nonsense"], "line 1: vkey"),
        ([A, "group g any"], "at least one"),
        ([A, "group g any a a"], "member already"),
        ([A, "group g any a", "group h any a"], "member already"),
        ([A, "group g any none"], "no line before"),
        ([A, "group g any g"], "no line before"),
        ([A, "group a any a"], "'a' is taken"),
        ([A, "group g 0 a"], "how many"),
        ([A, "group g 2 a"], "how many"),
        ([A, "group g 01 a"], "how many"),
        ([A, "group g some a"], "how many"),
        (["quorum none\r"], "control"),
    ],
)
def test_what_is_no_policy(lines: list[str], reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        policy(*lines)


def test_policies_are_bounded() -> None:
    with pytest.raises(MalformedError, match="longer"):
        TrustPolicy.parse(b" " * (MAX_BYTES + 1))
    many = [f"log {vkey(str(number), kind=KeyType.ED25519)}" for number in range(MAX_LINES)]
    with pytest.raises(MalformedError, match="more than"):
        policy(*many, "quorum none")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=80)
    | st.lists(st.sampled_from([A, B, "group g any a b", "group g 2 a b", "quorum g", "quorum none", "#"]))
    .map("\n".join)
    .map(str.encode)
)
def test_arbitrary_bytes_raise_only_our_error(data: bytes) -> None:
    with suppress(MalformedError):
        TrustPolicy.parse(data)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))),
    st.sets(st.integers(0, 9)),
)
def test_k_of_n(counts: tuple[int, int], present: set[int]) -> None:
    n, k = counts
    key: Callable[[int], str] = lambda number: f"witness w{number} {vkey(f'w{number}')}"  # noqa: E731 - a line
    members = [f"w{number}" for number in range(n)]
    made = policy(*map(key, range(n)), f"group g {k} {' '.join(members)}", "quorum g")
    assert made.is_met({f"w{number}" for number in present}) == (len(present & set(range(n))) >= k)
