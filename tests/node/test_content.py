"""Content files: what is kept, what is damaged, what is left over."""

from pathlib import Path

import pytest

from node.store.content import ContentFiles, compress, pack, unpack
from protocol.errors import MalformedError
from protocol.tiles import encode_content


@pytest.fixture
def content(tmp_path: Path) -> ContentFiles:
    return ContentFiles(tmp_path)


def test_blobs_are_kept_by_position(content: ContentFiles) -> None:
    content.write(0, {1: b"bb", 3: b"dddd"})
    content.flush()
    content.flush()
    assert content.read(0, [1, 2, 3, 4, 5], 5) == {1: b"bb", 3: b"dddd"}
    assert content.read(7, [], 0) == {}
    content.write(0, {1: b"bb"})
    assert content.read(0, [1, 2, 3, 4, 5], 5) == {1: b"bb"}


def test_a_received_body_is_kept_as_it_came(content: ContentFiles) -> None:
    packed = compress(encode_content([None, b"bb"])) + compress(b"")
    content.write(0, {1: b"bb"}, packed)
    assert content.packed(0) == packed
    assert content.read(0, [0, 2], 2) == {1: b"bb"}


def test_nothing_kept_is_no_file(content: ContentFiles) -> None:
    content.write(0, {0: b"a"})
    content.write(0, {})
    content.write(0, {})
    assert content.packed(0) is None


def test_packing_is_repeatable() -> None:
    assert pack({0: b"a" * 99}) == pack({0: b"a" * 99})
    assert unpack(pack({2: b"c"})) == encode_content([None, None, b"c"])
    assert unpack(pack({})) == b""


@pytest.mark.parametrize("damage", ["cut", "flip", "noise", "empty"])
def test_damage_is_told_apart_from_leftovers(content: ContentFiles, tmp_path: Path, damage: str) -> None:
    content.write(0, {0: b"a" * 300})
    path = tmp_path / "0.gz"
    data = path.read_bytes()
    flipped = bytes((*data[:-6], data[-6] ^ 1, *data[-5:]))
    path.write_bytes(
        {"cut": data[:-12], "flip": flipped, "noise": b"noise" * 9, "empty": b"\x1f\x8b"}[damage]
    )
    # A committed leaf: something is lost. Without one: an unfinished step left it.
    with pytest.raises(MalformedError):
        content.read(0, [300], 1)
    assert content.read(0, [300], 0) == {}


def test_what_does_not_fit_the_leaves_is_cut_at_the_head(content: ContentFiles) -> None:
    content.write(0, {0: b"a", 1: b"bb", 2: b"ccc"})
    # The leaf at 2 was replaced by another one since; two leaves are committed.
    assert content.read(0, [1, 2, 9], 2) == {0: b"a", 1: b"bb"}
    with pytest.raises(MalformedError):
        content.read(0, [1, 2, 9], 3)
    # Fewer leaves are stored than the file has items.
    assert content.read(0, [1, 2], 2) == {0: b"a", 1: b"bb"}


def test_a_body_that_ends_within_an_item_is_read_to_there(content: ContentFiles) -> None:
    content.write(0, {0: b"a"}, compress(encode_content([b"a", b"bb"])[:-1]))
    assert content.read(0, [1, 2], 1) == {0: b"a"}
