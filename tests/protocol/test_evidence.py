"""Forks prove themselves, and nobody can be framed."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import InconsistentError, MalformedError, ProtocolError, SignatureError
from protocol.evidence import Fork, build_fork, verify_fork
from protocol.merkle import Digest, roots_from_fork_proof
from protocol.packing import pack, unpack
from tests.flips import assert_one_spelling
from tests.signed_tree import SignedTree
from tests.signers import ORIGIN

HONEST = SignedTree().grow(12)
FORKED = SignedTree().grow(2).grow(12, "other")


def fork(m: int, n: int, *, other: SignedTree = FORKED) -> Fork:
    return build_fork(HONEST.chain, (HONEST.note(m), other.note(n)), other.fork_proof(m, n))


def test_two_histories_are_proven_between_every_two_sizes() -> None:
    for n in range(3, 13):
        for m in range(3, n):
            facts = verify_fork(fork(m, n).render())
            assert (facts.origin, facts.fingerprint) == (ORIGIN, HONEST.chain.fingerprint)
            assert facts.sizes == (m, n)
            assert facts.roots == (HONEST.checkpoint(m).root, FORKED.checkpoint(n).root)
            assert facts.versions == (1 if m <= 4 else 2, 1 if n <= 4 else 2)


def test_one_history_is_no_fork() -> None:
    """Neither the log's own two checkpoints, nor those before the histories part."""
    for m, n in ((1, 2), (2, 12), (4, 8), (5, 11)):
        with pytest.raises(InconsistentError, match="beginning"):
            verify_fork(fork(m, n, other=HONEST).render())
    for m in (1, 2):
        with pytest.raises(InconsistentError, match="beginning"):
            verify_fork(fork(m, 9).render())
    with pytest.raises(InconsistentError, match="beginning"):
        verify_fork(fork(6, 6, other=HONEST).render())


def test_two_trees_of_one_size_need_no_proof() -> None:
    one = build_fork(HONEST.chain, (HONEST.note(6), FORKED.note(6)), [])
    same = build_fork(HONEST.chain, (FORKED.note(6), HONEST.note(6)), [])
    assert one == same  # one object, whoever found it
    assert verify_fork(one.render()).sizes == (6, 6)
    with pytest.raises(MalformedError, match="no proof"):
        verify_fork(Fork(one.keys, one.notes, (Digest(bytes(32)),)).render())


def test_an_honest_log_cannot_be_framed_by_any_proof() -> None:
    honest = fork(6, 11, other=HONEST)
    for at in range(len(honest.proof)):
        broken = Digest(bytes([honest.proof[at][0] ^ 1]) + honest.proof[at][1:])
        with pytest.raises(InconsistentError, match="does not lead"):
            verify_fork(
                Fork(
                    honest.keys, honest.notes, (*honest.proof[:at], broken, *honest.proof[at + 1 :])
                ).render()
            )
    for proof in ((), honest.proof[:-1], (*honest.proof, Digest(bytes(32)))):
        with pytest.raises(InconsistentError):
            verify_fork(Fork(honest.keys, honest.notes, proof).render())


def test_a_standard_consistency_proof_would_not_do() -> None:
    """For m = 4 it leaves out the old root, and says nothing about another one."""
    proof = FORKED.fork_proof(4, 9)
    assert roots_from_fork_proof(4, 9, proof)[0] == FORKED.checkpoint(4).root
    with pytest.raises(InconsistentError):
        verify_fork(Fork(HONEST.chain.notes, fork(4, 9).notes, tuple(proof[1:])).render())


def test_only_the_logs_own_line_is_carried() -> None:
    built = fork(5, 9)
    assert HONEST.note(5).startswith(built.notes[0])
    assert built.notes[0] == HONEST.note(5, beat=False)
    with pytest.raises(MalformedError, match="other signature lines"):
        verify_fork(Fork(built.keys, (HONEST.note(5), built.notes[1]), built.proof).render())


def test_keys_and_order_count() -> None:
    built = fork(5, 9)
    with pytest.raises(MalformedError, match="larger tree comes first"):
        verify_fork(Fork(built.keys, (built.notes[1], built.notes[0]), built.proof).render())
    with pytest.raises(MalformedError, match="no key set"):
        verify_fork(Fork((), built.notes, built.proof).render())
    with pytest.raises(SignatureError):  # the second set's key is not known here
        verify_fork(Fork(built.keys[:1], built.notes, built.proof).render())
    retired = Fork(built.keys, (HONEST.note(5, beat=False, generation=1), built.notes[1]), built.proof)
    with pytest.raises(SignatureError):
        verify_fork(retired.render())
    with pytest.raises(SignatureError):
        build_fork(HONEST.chain, (HONEST.note(5, generation=1), FORKED.note(9)), built.proof)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"kind": "knife"}, "kind or version"),
        ({"v": 2}, "kind or version"),
        ({"v": True}, "kind or version"),
        ({"more": 1}, "not a map"),
        ({"notes": [b"one"]}, "1 notes"),
        ({"notes": b"one"}, "notes are not"),
        ({"keys": [1]}, "keys are not"),
        ({"proof": [b"short"]}, "32 bytes"),
        ({"proof": [bytes(32)] * 65}, "at most 64"),
        ({"proof": None}, "hashes are not"),
    ],
)
def test_other_forms_are_malformed(changed: dict[str, Any], reason: str) -> None:
    value = unpack(fork(5, 9).render())
    assert isinstance(value, dict)
    with pytest.raises(MalformedError, match=reason):
        Fork.parse(pack({**value, **changed}))
    with pytest.raises(MalformedError, match="not a map"):
        Fork.parse(pack(list(value)))


def test_forks_have_one_spelling_and_every_flip_is_refused() -> None:
    data = fork(5, 9).render()
    assert_one_spelling(data, Fork.parse, Fork.render)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        with pytest.raises(ProtocolError):
            verify_fork(bytes(broken))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_only_our_errors(data: bytes) -> None:
    with pytest.raises(ProtocolError):
        verify_fork(data)
    with suppress(ProtocolError):
        assert Fork.parse(data).render() == data
