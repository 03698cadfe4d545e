"""Tree files: leaves and hashes at their places, edges at every size."""

from pathlib import Path

import pytest

from node.store.tree import TreeFiles
from protocol.errors import MalformedError
from protocol.merkle import EMPTY_ROOT, leaf_hash, root
from protocol.tiles import ENTRY, encode_bundle, grow

LEAVES = [bytes([number % 251]) * 64 for number in range(600)]


def filled(directory: Path, count: int) -> TreeFiles:
    tree = TreeFiles(directory)
    tree.write_leaves(0, b"".join(LEAVES[:count]))
    for level, hashes in grow(0, {}, [leaf_hash(leaf) for leaf in LEAVES[:count]]).items():
        tree.write_hashes(level, 0, hashes)
    tree.flush()
    return tree


def test_leaves_and_bundles_are_read_back(tmp_path: Path) -> None:
    tree = filled(tmp_path, 600)
    assert tree.read_leaves(255, 258) == b"".join(LEAVES[255:258])
    assert tree.read_entries(256, 512) == encode_bundle(LEAVES[256:512])
    assert tree.read_leaves(598, 700) == b"".join(LEAVES[598:])
    assert tree.read_leaves(5, 5) == tree.read_leaves(7, 5) == b""
    assert tree.read_hashes(1, 0, 5) == b"".join(
        root([leaf_hash(x) for x in LEAVES[at : at + 256]]) for at in (0, 256)
    )
    assert tree.read_hashes(2, 0, 1) == b""


def test_a_torn_end_is_not_read(tmp_path: Path) -> None:
    tree = filled(tmp_path, 3)
    for name, keep in (("entries", 2 * ENTRY + 10), ("hashes.0", 70)):
        path = tmp_path / name
        path.write_bytes(path.read_bytes()[:keep])
    assert tree.read_leaves(0, 3) == b"".join(LEAVES[:2])
    assert len(tree.read_hashes(0, 0, 3)) == 64


def test_the_edge_of_every_size(tmp_path: Path) -> None:
    tree = filled(tmp_path, 600)
    hashes = [leaf_hash(leaf) for leaf in LEAVES]
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 600):
        assert tree.edge(size).root == root(hashes[:size])
    with pytest.raises(MalformedError):
        tree.edge(601)


def test_an_empty_directory_is_the_empty_tree(tmp_path: Path) -> None:
    tree = TreeFiles(tmp_path)
    tree.flush()
    assert tree.edge(0).root == EMPTY_ROOT
