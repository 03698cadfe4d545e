"""Names and contents of the files of a log."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError, ProtocolError
from protocol.merkle import leaf_hashes, root
from protocol.tiles import (
    ENTRY,
    WIDTH,
    BundleId,
    TileId,
    blob_path,
    bundles_of,
    content_path,
    encode_bundle,
    encode_content,
    grow,
    keys_path,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
    split_bundle,
    split_content,
    tiles_of,
)

INDEXES = st.integers(0, 10**18 - 1) | st.integers(0, 3000)
WIDTHS = st.integers(1, 256)
NEAR_PATHS = st.text("0123456789x/.ptileconbykrs-+ \u0660", max_size=40) | st.text(max_size=20)


@given(st.integers(0, 63), INDEXES, WIDTHS)
def test_paths_of_the_tree_read_back(level: int, index: int, width: int) -> None:
    assert parse_path(TileId(level, index, width).path) == TileId(level, index, width)
    assert parse_path(BundleId(index, width).path) == BundleId(index, width)
    assert parse_content_path(content_path(index)) == index


@given(st.integers(0, 2**63 - 1), st.integers(1, 256))
def test_paths_of_blobs_and_keys_read_back(index: int, version: int) -> None:
    assert parse_blob_path(blob_path(index)) == index
    assert parse_keys_path(keys_path(version)) == version


def test_paths_are_spelt_like_this() -> None:
    assert TileId(0, 1234).path == "tile/0/x001/234"
    assert TileId(1, 0, 17).path == "tile/1/000.p/17"
    assert BundleId(1234067, 5).path == "tile/entries/x001/x234/067.p/5"
    assert content_path(1000) == "content/x001/000"
    assert blob_path(1840) == "blob/1840"
    assert keys_path(2) == "keys/2"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/000\n",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/x000/001",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/1",
        "tile/0/\u0660\u0660\u0660",
        "tile/entries/000.p/01",
        "tile/entries/x1/000",
        "content/000",
    ],
)
def test_other_spellings_of_tiles_are_refused(path: str) -> None:
    with pytest.raises(MalformedError, match="tile path"):
        parse_path(path)


@pytest.mark.parametrize("path", ["content/0", "content/x000/001", "content/000.p/1", "content/000\n", "x"])
def test_other_spellings_of_contents_are_refused(path: str) -> None:
    with pytest.raises(MalformedError, match="content path"):
        parse_content_path(path)


@pytest.mark.parametrize("path", ["blob/", "blob/01", "blob/+1", "blob/\u0663", f"blob/{2**63}", "blob/1\n"])
def test_other_spellings_of_blobs_are_refused(path: str) -> None:
    with pytest.raises(MalformedError, match="blob path"):
        parse_blob_path(path)


@pytest.mark.parametrize("path", ["keys/", "keys/0", "keys/01", "keys/257", "keys/1000", "keys/1/"])
def test_other_spellings_of_key_sets_are_refused(path: str) -> None:
    with pytest.raises(MalformedError, match="keys path"):
        parse_keys_path(path)


@example("tile/0/000.p/256")
@given(NEAR_PATHS)
def test_any_text_is_refused_or_is_the_one_spelling(path: str) -> None:
    with suppress(ProtocolError):
        assert parse_path(path).path == path
    with suppress(ProtocolError):
        assert content_path(parse_content_path(path)) == path
    with suppress(ProtocolError):
        assert blob_path(parse_blob_path(path)) == path
    with suppress(ProtocolError):
        assert keys_path(parse_keys_path(path)) == path


def test_impossible_files_are_the_callers_mistake() -> None:
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 10**18, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(ValueError, match="no "):
            TileId(level, index, width)
    for index, width in ((-1, 1), (10**18, 1), (0, 0), (0, 257)):
        with pytest.raises(ValueError, match="no file"):
            BundleId(index, width)
    with pytest.raises(ValueError, match="no file"):
        content_path(-1)
    for leaf in (-1, 2**63):
        with pytest.raises(ValueError, match="no leaf"):
            blob_path(leaf)
    for version in (0, 257):
        with pytest.raises(ValueError, match="no key set"):
            keys_path(version)


def test_tiles_of_the_specifications_example() -> None:
    tiles = tiles_of(70_000)
    assert [tile for tile in tiles if tile.width < WIDTH] == [
        TileId(0, 273, 112),
        TileId(1, 1, 17),
        TileId(2, 0, 1),
    ]
    assert [sum(tile.level == level and tile.width == WIDTH for tile in tiles) for level in range(3)] == [
        273,
        1,
        0,
    ]
    assert tiles_of(256) == (TileId(0, 0), TileId(1, 0, 1))
    assert tiles_of(0) == ()
    assert bundles_of(0) == ()


def test_tiles_and_bundles_cover_every_size() -> None:
    for size in [*range(301), 65_535, 65_536, 65_537, 66_000]:
        bundles = bundles_of(size)
        assert sum(bundle.width for bundle in bundles) == size
        assert [bundle.index for bundle in bundles] == list(range(len(bundles)))
        tiles = tiles_of(size)
        for level in range(3):
            widths = [tile.width for tile in tiles if tile.level == level]
            assert sum(widths) == size // 256**level
            assert all(width == WIDTH for width in widths[:-1])


def test_growing_in_any_portions_gives_the_same_levels() -> None:
    hashes = leaf_hashes(index.to_bytes(4, "big") for index in range(1200))
    whole = grow(0, {}, hashes)
    assert whole[0] == b"".join(hashes)
    assert whole[1] == b"".join(root(hashes[at : at + 256]) for at in range(0, 1024, 256))
    assert set(whole) == {0, 1}
    for step in (1, 7, 255, 256, 257, 600):
        levels: dict[int, bytes] = {}
        for size in range(0, 1200, step):
            tails = {level: data[len(data) // (32 * WIDTH) * 32 * WIDTH :] for level, data in levels.items()}
            for level, gained in grow(size, tails, hashes[size : size + step]).items():
                levels[level] = levels.get(level, b"") + gained
        assert levels == whole
    assert grow(300, {}, []) == {}


def test_growing_reaches_the_third_level() -> None:
    one = leaf_hashes([b"x"])[0]
    full = [root([one] * 256)]
    top = root(full * 256)
    size = 65_536 - 1
    gained = grow(size, {0: one * 255, 1: full[0] * 255}, [one, one])
    assert gained == {0: one * 2, 1: full[0], 2: top}


@pytest.mark.parametrize(("size", "tail"), [(1, b""), (0, bytes(32)), (300, bytes(32 * 43)), (1, bytes(31))])
def test_growing_from_a_wrong_tail_is_refused(size: int, tail: bytes) -> None:
    with pytest.raises(ValueError, match="tail of level 0"):
        grow(size, {0: tail}, leaf_hashes([b"x"]))


@given(st.lists(st.binary(max_size=70) | st.binary(min_size=64, max_size=64), max_size=9))
def test_bundles_read_back(leaves: list[bytes]) -> None:
    data = encode_bundle(leaves)
    assert split_bundle(data, len(leaves)) == tuple(leaves)
    for width in (len(leaves) + 1, len(leaves) - 1):
        with suppress(MalformedError):
            # A width beside the true one is refused, but for leaves of no length at the end.
            assert encode_bundle(split_bundle(data, width)) == data


def test_full_bundles_of_our_leaves() -> None:
    leaves = [bytes([index]) * 64 for index in range(256)]
    data = encode_bundle(leaves)
    assert len(data) == 256 * ENTRY
    assert split_bundle(data, 256) == tuple(leaves)


@pytest.mark.parametrize(
    "leaves", [[b"a" * 64, b"b" * 64, b"c" * 64], [b"one", b"two", b"three"], [b"", b"a" * 64, b"b" * 300]]
)
def test_a_bundle_with_any_byte_flipped_or_lost_is_another_or_refused(leaves: list[bytes]) -> None:
    data = encode_bundle(leaves)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        try:
            found = split_bundle(bytes(broken), 3)
        except MalformedError:
            continue
        assert found != tuple(leaves)
        assert encode_bundle(found) == bytes(broken)
    for end in range(len(data)):
        with pytest.raises(MalformedError, match="end within leaf"):
            split_bundle(data[:end], 3)
    with pytest.raises(MalformedError, match="1 bytes follow"):
        split_bundle(data + b"\0", 3)


def test_lengths_that_only_look_like_ours() -> None:
    """As many bytes as two of our leaves have, with other lengths inside."""
    leaves = [b"a" * 63, b"b" * 65]
    assert split_bundle(encode_bundle(leaves), 2) == tuple(leaves)


def test_bundles_have_bounds() -> None:
    with pytest.raises(ValueError, match="256"):
        encode_bundle([b""] * 257)
    with pytest.raises(ValueError, match="65,535"):
        encode_bundle([bytes(65_536)])


@given(st.lists(st.none() | st.binary(min_size=1, max_size=40), max_size=8), st.data())
def test_contents_read_back_and_what_follows_is_ignored(
    blobs: list[bytes | None], data: st.DataObject
) -> None:
    lengths = [len(blob) if blob else 40 for blob in blobs]
    upto = data.draw(st.integers(0, len(blobs)))
    trailing = data.draw(st.binary(max_size=10))
    assert split_content(encode_content(blobs) + trailing, lengths, upto) == tuple(blobs[:upto])


def test_contents_have_each_leafs_length_or_none() -> None:
    data = encode_content([b"abc", None, b"d"])
    assert data.hex() == "00000003616263000000000000000164"
    assert split_content(data, [3, 9, 1], 3) == (b"abc", None, b"d")
    with pytest.raises(MalformedError, match="its leaf says 4"):
        split_content(data, [4, 9, 1], 3)
    with pytest.raises(MalformedError, match="item 0 has 3 bytes, its leaf says 0"):
        split_content(data, [0, 9, 1], 3)
    for end in range(len(data)):
        with pytest.raises(MalformedError, match="end within item"):
            split_content(data[:end], [3, 9, 1], 3)
    with pytest.raises(ValueError, match="too few"):
        split_content(data, [3, 9], 3)


def test_contents_with_any_byte_flipped_are_others_or_refused() -> None:
    blobs = (b"abc", None, b"d")
    data = encode_content(blobs)
    for at in range(len(data)):
        broken = bytearray(data)
        broken[at] ^= 1
        with suppress(MalformedError):
            assert split_content(bytes(broken), [3, 9, 1], 3) != blobs


@settings(max_examples=200)
@given(
    st.binary(max_size=300),
    st.integers(0, 5),
    st.lists(st.integers(0, 2**32 - 1), min_size=5, max_size=5),
)
def test_arbitrary_bytes_raise_only_our_errors(data: bytes, width: int, lengths: list[int]) -> None:
    with suppress(ProtocolError):
        assert encode_bundle(split_bundle(data, width)) == data
    with suppress(ProtocolError):
        assert data.startswith(encode_content(split_content(data, lengths, width)))


@pytest.mark.parametrize("parse", [parse_path, parse_content_path, parse_blob_path, parse_keys_path])
def test_a_refusal_does_not_repeat_a_megabyte(parse: Callable[[str], object]) -> None:
    for path in ("x" * 1_000_000, "tile/0/" + "x001/" * 200_000 + "000", "keys/" + "1" * 1_000_000):
        with pytest.raises(MalformedError) as caught:
            parse(path)
        assert len(str(caught.value)) < 200
