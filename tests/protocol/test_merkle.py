"""Every tree to 300 leaves against the recursive definitions of RFC 6962."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import InconsistentError, MalformedError, ProtocolError
from protocol.merkle import (
    EMPTY_ROOT,
    Digest,
    Edge,
    consistency_proof,
    edge_from_tiles,
    fork_proof,
    inclusion_proof,
    joined_root,
    leaf_hash,
    leaf_hashes,
    node_from_tiles,
    node_hash,
    root,
    roots_from_fork_proof,
    verify_consistency,
    verify_inclusion,
)
from protocol.tiles import grow

MOST = 300
LEAVES = leaf_hashes(f"leaf {index}".encode() for index in range(MOST))


@cache
def mth(start: int, end: int) -> Digest:
    """MTH(D[start:end]), word for word."""
    if end - start == 0:
        return EMPTY_ROOT
    if end - start == 1:
        return LEAVES[start]
    k = split(end - start)
    return node_hash(mth(start, start + k), mth(start + k, end))


def split(size: int) -> int:
    k = 1
    while k * 2 < size:
        k *= 2
    return k


def path(index: int, start: int, end: int) -> list[Digest]:
    """PATH(index, D[start:end]), word for word."""
    if end - start == 1:
        return []
    k = split(end - start)
    if index < k:
        return [*path(index, start, start + k), mth(start + k, end)]
    return [*path(index - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, *, known: bool) -> list[Digest]:
    """SUBPROOF(m, D[start:end], known), word for word."""
    if m == end - start:
        return [] if known else [mth(start, end)]
    k = split(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, known=known), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, known=False), mth(start, start + k)]


def node(level: int, index: int) -> Digest:
    return mth(index << level, index + 1 << level)


def stored_levels() -> dict[int, bytes]:
    return grow(0, {}, LEAVES)


def read_stored(level: int, start: int, count: int) -> bytes:
    return stored_levels().get(level, b"")[32 * start : 32 * (start + count)]


def flipped(digest: bytes) -> Digest:
    return Digest(bytes((digest[0] ^ 1,)) + digest[1:])


def test_hashes_are_those_of_the_rfc() -> None:
    assert EMPTY_ROOT.hex().startswith("e3b0c442")
    assert leaf_hash(b"").hex().startswith("6e340b9c")
    assert node_hash(leaf_hash(b""), leaf_hash(b"\x00")).hex().startswith("fac54203e7cc")
    assert leaf_hashes([b"a", b"b"]) == [leaf_hash(b"a"), leaf_hash(b"b")]


@pytest.mark.parametrize("size", range(MOST + 1))
def test_root_of_every_size(size: int) -> None:
    assert root(LEAVES[:size]) == mth(0, size)
    assert Edge.empty().extended(LEAVES[:size]).root == mth(0, size)


def test_joined_root_refuses_what_is_no_row_of_hashes() -> None:
    with pytest.raises(ValueError, match="33 bytes"):
        joined_root(bytes(33))


def test_edges_grow_from_every_size_to_every_later_one() -> None:
    edges = [Edge.empty().extended(LEAVES[:size]) for size in range(MOST + 1)]
    assert all(edge.size == size for size, edge in enumerate(edges))
    for start in range(MOST + 1):
        for end in {start, start + 1, start + 2, start + 17, start + 64, start + 257, MOST}:
            if start <= end <= MOST:
                assert edges[start].extended(LEAVES[start:end]) == edges[end]


def test_an_edge_has_a_hash_for_each_one_bit_of_its_size() -> None:
    with pytest.raises(ValueError, match="size 3"):
        Edge(3, (LEAVES[0],))
    with pytest.raises(ValueError, match="size -1"):
        Edge(-1, (LEAVES[0],))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9, 31, 64, 65, 100, 255, 256, 257, 299, 300])
def test_inclusion_in_chosen_sizes_for_every_leaf_and_every_flip(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size, node)
        assert proof == path(index, 0, size)
        verify_inclusion(LEAVES[index], index, size, proof, mth(0, size))
        for at in range(len(proof)):
            broken = [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
            with pytest.raises(InconsistentError):
                verify_inclusion(LEAVES[index], index, size, broken, mth(0, size))


def test_inclusion_in_every_size() -> None:
    for size in range(1, MOST + 1):
        for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
            proof = inclusion_proof(index, size, node)
            assert proof == path(index, 0, size)
            verify_inclusion(LEAVES[index], index, size, proof, mth(0, size))
            for wrong in ([*proof, LEAVES[0]], proof[:-1] if proof else [LEAVES[0]]):
                with pytest.raises(InconsistentError):
                    verify_inclusion(LEAVES[index], index, size, wrong, mth(0, size))


def test_inclusion_binds_leaf_index_size_and_root() -> None:
    proof = inclusion_proof(5, 12, node)
    for leaf, index, size, top in (
        (LEAVES[4], 5, 12, mth(0, 12)),
        (LEAVES[5], 4, 12, mth(0, 12)),
        (LEAVES[5], 12, 12, mth(0, 12)),
        (LEAVES[5], -1, 12, mth(0, 12)),
        (LEAVES[5], 5, 6, mth(0, 12)),
        (LEAVES[5], 5, 12, mth(0, 11)),
    ):
        with pytest.raises(InconsistentError):
            verify_inclusion(leaf, index, size, proof, top)


def test_fork_proofs_between_every_two_sizes() -> None:
    for n in range(1, MOST + 1):
        for m in range(1, n):
            proof = fork_proof(m, n, node)
            assert proof == subproof(m, 0, n, known=False)
            assert roots_from_fork_proof(m, n, proof) == (mth(0, m), mth(0, n))
        assert fork_proof(n, n, node) == []


def test_consistency_between_every_two_sizes() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            proof = subproof(old, 0, new, known=True)
            assert consistency_proof(old, new, node) == proof
            verify_consistency(old, new, mth(0, old), mth(0, new), proof)


@pytest.mark.parametrize("new", [2, 5, 8, 13, 64, 100, 257])
def test_consistency_refuses_every_flip_and_every_wrong_length(new: int) -> None:
    for old in range(1, new):
        proof = consistency_proof(old, new, node)
        broken = [[*proof[:at], flipped(proof[at]), *proof[at + 1 :]] for at in range(len(proof))]
        for wrong in (*broken, [*proof, LEAVES[0]], proof[:-1], []):
            if wrong != proof:
                with pytest.raises(InconsistentError):
                    verify_consistency(old, new, mth(0, old), mth(0, new), wrong)
        for roots in ((flipped(mth(0, old)), mth(0, new)), (mth(0, old), flipped(mth(0, new)))):
            with pytest.raises(InconsistentError):
                verify_consistency(old, new, *roots, proof)


def test_a_fork_proof_yields_other_roots_after_any_flip() -> None:
    for old, new in ((1, 2), (4, 8), (4, 7), (6, 11), (255, 256), (256, 300)):
        proof = fork_proof(old, new, node)
        for at in range(len(proof)):
            broken = [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
            assert roots_from_fork_proof(old, new, broken)[1] != mth(0, new)
        for wrong in ([], proof[:-1], [*proof, LEAVES[0]]):
            with pytest.raises(InconsistentError):
                roots_from_fork_proof(old, new, wrong)


def test_equal_sizes_and_the_empty_tree() -> None:
    verify_consistency(3, 3, mth(0, 3), mth(0, 3), [])
    with pytest.raises(InconsistentError, match="not empty"):
        verify_consistency(3, 3, mth(0, 3), mth(0, 3), [LEAVES[0]])
    with pytest.raises(InconsistentError, match="beginning"):
        verify_consistency(3, 3, mth(0, 3), mth(0, 4), [])
    with pytest.raises(MalformedError, match="empty tree"):
        verify_consistency(0, 3, EMPTY_ROOT, mth(0, 3), [])
    with pytest.raises(InconsistentError, match="larger"):
        verify_consistency(5, 3, mth(0, 5), mth(0, 3), [LEAVES[0]])
    for m, n in ((0, 3), (3, 3), (4, 3), (-1, 3)):
        with pytest.raises(MalformedError, match="fork proof"):
            roots_from_fork_proof(m, n, [LEAVES[0]])


def test_hashes_of_other_lengths_and_endless_proofs_are_malformed() -> None:
    short = Digest(bytes(12))
    with pytest.raises(MalformedError):
        verify_inclusion(short, 0, 1, [], short)
    with pytest.raises(MalformedError):
        verify_consistency(1, 1, short, short, [])
    with pytest.raises(MalformedError):
        roots_from_fork_proof(1, 2, [short])
    with pytest.raises(MalformedError, match="too many"):
        verify_inclusion(LEAVES[0], 0, 1, LEAVES[:65], LEAVES[0])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_of_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        inclusion_proof(index, size, node)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (-1, 3), (4, 3)])
def test_no_proof_between_impossible_sizes(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(old, new, node)
    with pytest.raises(ValueError, match="no proof"):
        fork_proof(old, new, node)


def test_edges_and_nodes_come_from_tiles() -> None:
    levels = stored_levels()

    def read(level: int, start: int, count: int) -> bytes:
        return levels[level][32 * start : 32 * (start + count)]

    for size in range(MOST + 1):
        assert edge_from_tiles(size, read) == Edge.empty().extended(LEAVES[:size])
    stored = node_from_tiles(read)
    for level in range(9):
        for index in range(MOST >> level):
            assert stored(level, index) == node(level, index)
    assert inclusion_proof(7, MOST, stored) == path(7, 0, MOST)


def test_tiles_that_are_too_short_are_refused() -> None:
    with pytest.raises(MalformedError, match="level 0"):
        edge_from_tiles(MOST + 1, read_stored)
    with pytest.raises(MalformedError, match="level 1"):
        node_from_tiles(read_stored)(9, 0)


def test_large_trees_of_equal_subtrees() -> None:
    """Sizes near 2^62, where each complete subtree is the same at its level."""
    levels = [leaf_hash(b"x")]
    while len(levels) < 63:
        levels.append(node_hash(levels[-1], levels[-1]))

    def uniform(level: int, _index: int) -> Digest:
        return levels[level]

    def uniform_root(size: int) -> Digest:
        return Edge(size, tuple(levels[bit] for bit in reversed(range(63)) if size >> bit & 1)).root

    for size in (2**62, 2**62 + 1, 2**62 - 1, 3 * 2**60 + 12345):
        for index in (0, 1, size // 3, size - 1):
            verify_inclusion(
                levels[0], index, size, inclusion_proof(index, size, uniform), uniform_root(size)
            )
        for old in (1, 2, 2**40, size // 3, size - 1):
            found = roots_from_fork_proof(old, size, fork_proof(old, size, uniform))
            assert found == (uniform_root(old), uniform_root(size))


ANY_HASHES = st.lists(st.binary(max_size=40) | st.binary(min_size=32, max_size=32), max_size=70)


@settings(max_examples=60, deadline=None)
@given(st.integers(-5, 2**64), st.integers(-5, 2**64), ANY_HASHES)
def test_arbitrary_proofs_raise_only_our_errors(m: int, n: int, proof: Sequence[bytes]) -> None:
    with pytest.raises(ProtocolError):
        verify_inclusion(LEAVES[0], m, n, proof, LEAVES[1])
    with pytest.raises(ProtocolError):
        verify_consistency(m, n, LEAVES[0], LEAVES[1], proof)
    with suppress(ProtocolError):
        roots_from_fork_proof(m, n, proof)
