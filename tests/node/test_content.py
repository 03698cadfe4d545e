"""Content files: what is kept, what is damaged, what is left over."""

import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.store.content import ContentFiles, contents, pack
from node.store.gzipped import PORTION, Effort, compress, unpack
from protocol.errors import MalformedError
from protocol.tiles import WIDTH, encode_content

LARGE = {at: random.Random(at).randbytes(9_000 + at) for at in range(0, WIDTH, 2)}  # noqa: S311 - any bytes
LENGTHS = [9_000 + at for at in range(WIDTH)]


@pytest.fixture
def content(tmp_path: Path) -> ContentFiles:
    return ContentFiles(tmp_path)


def test_blobs_are_kept_by_position(content: ContentFiles) -> None:
    content.write(0, {1: b"bb", 3: b"dddd"})
    content.flush()
    content.flush()
    assert dict(content.each(0, [1, 2, 3, 4, 5], 5)) == {1: b"bb", 3: b"dddd"}
    assert dict(content.each(7, [], 0)) == {}
    content.write(0, {1: b"bb"})
    assert dict(content.each(0, [1, 2, 3, 4, 5], 5)) == {1: b"bb"}


def test_a_received_body_is_kept_as_it_came(content: ContentFiles) -> None:
    packed = compress(encode_content([None, b"bb"])) + compress(b"")
    content.write(0, {1: b"bb"}, packed)
    assert content.packed(0) == packed
    assert dict(content.each(0, [0, 2], 2)) == {1: b"bb"}


def test_nothing_kept_is_no_file(content: ContentFiles) -> None:
    content.write(0, {0: b"a"})
    content.write(0, {})
    content.write(0, {})
    assert content.packed(0) is None


@pytest.mark.parametrize("effort", Effort)
def test_packing_is_repeatable(effort: Effort) -> None:
    assert [*pack([(0, b"a" * 99)], 1, effort)] == [*pack([(0, b"a" * 99)], 1, effort)]
    assert unpack(b"".join(pack([(2, b"c")], 4, effort))) == encode_content([None, None, b"c", None])
    assert unpack(b"".join(pack([], 0, effort))) == b""


def test_effort_is_worth_it_and_the_most_is_for_what_is_full() -> None:
    words = [b"service", b"data", b"licence", b"city", b"open", b"register"]
    dice = random.Random(5)  # noqa: S311 - any text
    blobs = [(at, b" ".join(dice.choices(words, k=99))) for at in range(WIDTH)]
    partial, whole = (
        [len(b"".join(pack(blobs[:width], width, effort))) for effort in Effort] for width in (255, WIDTH)
    )
    assert partial[0] > partial[1] == partial[2]
    assert whole[0] > whole[1] > whole[2]


@pytest.mark.parametrize("effort", Effort)
def test_large_contents_are_packed_and_read_in_portions(content: ContentFiles, effort: Effort) -> None:
    whole = encode_content([LARGE.get(at) for at in range(255)])
    assert len(whole) > PORTION
    assert [len(portion) for portion in contents(LARGE.items(), 255)] == [PORTION, len(whole) - PORTION]
    content.write_each(0, LARGE.items(), 255, effort=effort)
    content.write_each(1, (LARGE | {255: b"the last"}).items(), WIDTH, effort=effort)
    for bundle in (0, 1):
        packed = content.packed(bundle) or b""
        assert unpack(packed)[: len(whole)] == whole
        assert content.is_one(bundle)
    assert dict(content.each(0, LENGTHS, WIDTH)) == LARGE
    assert content.is_packed(0, LARGE.items(), 255, effort)
    assert not content.is_packed(0, LARGE.items(), 256, effort)
    assert not content.is_packed(0, list(LARGE.items())[:-1], 253, effort)
    assert content.is_packed(7, LARGE.items(), 255, effort)


def test_a_large_file_is_never_held_whole(content: ContentFiles) -> None:
    blob = b"x" * 200_000
    content.write_each(0, ((at, blob) for at in range(WIDTH)), WIDTH)
    tracemalloc.start()
    for _ in content.each(0, [len(blob)] * WIDTH, WIDTH):
        pass
    content.write_each(1, content.each(0, [len(blob)] * WIDTH, WIDTH), WIDTH)
    content.append(1, content.each(0, [len(blob)] * WIDTH, WIDTH), 0, WIDTH)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 12 * PORTION < len(blob) * WIDTH


def test_a_file_grows_by_members_and_keeps_what_is_checked(content: ContentFiles, tmp_path: Path) -> None:
    content.write(0, {1: b"bb"})
    content.append(0, [(3, b"dddd")], 2, 4)
    content.append(0, [(5, b"f" * 600), (6, b"g")], 4, 7)
    lengths = [1, 2, 3, 4, 5, 600, 1, 9]
    assert dict(content.each(0, lengths, 2)) == {1: b"bb", 3: b"dddd", 5: b"f" * 600, 6: b"g"}
    assert not content.is_one(0)
    path = tmp_path / "0.gz"
    whole = path.read_bytes()
    for end in range(len(compress(encode_content([None, b"bb"]))), len(whole)):
        path.write_bytes(whole[:end])
        found = dict(content.each(0, lengths, 2))
        assert found[1] == b"bb"
        assert dict(content.each(0, lengths, 0)) == found
        assert not content.is_one(0) or found == {1: b"bb"}
    for damaged in (whole[:9], whole + b"noise"):
        path.write_bytes(damaged)
        with pytest.raises(MalformedError):
            dict(content.each(0, lengths, 8))


def test_what_fits_no_leaf_hides_no_damage_before_it(content: ContentFiles, tmp_path: Path) -> None:
    content.write(0, {0: b"a", 2: b"ccc"})
    path = tmp_path / "0.gz"
    data = path.read_bytes()
    path.write_bytes(bytes((*data[:-6], data[-6] ^ 1, *data[-5:])))
    with pytest.raises(MalformedError):
        dict(content.each(0, [1, 2, 9], 1))


def test_what_follows_the_committed_leaves_hides_no_cut(content: ContentFiles, tmp_path: Path) -> None:
    # Each cut in turn: whether the last byte of a stream holds some of the last blob depends on its bits.
    content.write(0, {0: b"a", 1: b"bb" * 30})
    path = tmp_path / "0.gz"
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with pytest.raises(MalformedError):
            dict(content.each(0, [1, 60, 9], 2))
    path.write_bytes(whole)
    assert dict(content.each(0, [1, 60, 9], 2)) == {0: b"a", 1: b"bb" * 30}


def test_an_append_that_fails_leaves_what_was_there(content: ContentFiles) -> None:
    content.write(0, {0: b"a"})
    before = content.packed(0)

    def full() -> Iterator[tuple[int, bytes]]:
        yield from ((at, b"b" * 250_000) for at in range(1, 9))
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        content.append(0, full(), 1, 9)
    assert content.packed(0) == before


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
        dict(content.each(0, [300], 1))
    assert dict(content.each(0, [300], 0)) in ({}, {0: b"a" * 300})  # the checksum alone was wrong


def test_what_does_not_fit_the_leaves_is_cut_at_the_head(content: ContentFiles) -> None:
    content.write(0, {0: b"a", 1: b"bb", 2: b"ccc"})
    # The leaf at 2 was replaced by another one since; two leaves are committed.
    assert dict(content.each(0, [1, 2, 9], 2)) == {0: b"a", 1: b"bb"}
    with pytest.raises(MalformedError):
        dict(content.each(0, [1, 2, 9], 3))
    # Fewer leaves are stored than the file has items.
    assert dict(content.each(0, [1, 2], 2)) == {0: b"a", 1: b"bb"}


def test_a_body_that_ends_within_an_item_is_read_to_there(content: ContentFiles) -> None:
    content.write(0, {0: b"a"}, compress(encode_content([b"a", b"bb"])[:-1]))
    assert dict(content.each(0, [1, 2], 1)) == {0: b"a"}
