"""The pure follower and contents, driven by hand: any order, any bytes, every size."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from federation.contents import BundleContents, ContentWant
from federation.faults import FaultError, FaultKind, OriginError
from federation.follower import Follower, Want
from federation.known import Known, read_known
from federation.limits import Limits
from federation.ports import Held
from federation.response import Response
from protocol.blob import Committer
from protocol.merkle import Edge
from protocol.tiles import BundleId, TileId
from tests.federation_world import SimulatedLog
from tests.memory_mirror import MemoryMirror

LIMITS = Limits()
LOG = SimulatedLog().grow(900)
NOTHING = Known(Edge.empty(), {}, b"")


def known(size: int) -> Known:
    """Return what a mirror that holds a size knows."""
    mirror = MemoryMirror(LOG.chain)
    mirror.stage_leaves(0, b"".join(LOG.leaves[:size]))
    for level in range(2):
        mirror.stage_hashes(level, 0, LOG.hashes(level, size))
    return read_known(mirror, Held(LOG.chain, size, LOG.root(size), b""))


def fetch(want: Want) -> Response:
    body = LOG.file(want.path, LOG.size) or b""
    if not want.headers:
        return Response(200, {}, body)
    start = int(want.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    return Response(206, {"content-range": f"bytes {start}-{len(body) - 1}/{len(body)}"}, body[start:])


def gained(old: int, new: int, *, by_tiles: bool, seed: int = 0) -> dict[int, bytes]:
    """Follow from one size to another, files in random order; return the new leaves by index."""
    follower = Follower(known(old), new, LOG.root(new), LIMITS, by_tiles=by_tiles)
    dice = random.Random(seed)  # noqa: S311 - repeatable, not secret
    leaves: dict[int, bytes] = {}
    while wants := list(follower.wants(5)):
        dice.shuffle(wants)
        for want in wants:
            piece = follower.accept(want, fetch(want))
            if piece is not None:
                assert len(piece.leaves) == 2 * len(piece.hashes)
                for at in range(0, len(piece.leaves), 64):
                    leaves[piece.start + at // 64] = piece.leaves[at : at + 64]
    for level, start, hashes in follower.gains():
        assert LOG.hashes(level, new)[start * 32 :] == hashes
    return leaves


@pytest.mark.parametrize("by_tiles", [False, True])
def test_every_step_between_all_sizes(by_tiles: bool) -> None:
    sizes = [1, 2, 3, 100, 255, 256, 257, 300, 511, 512, 513, 700, 767, 768, 769, 900]
    for old in [0, *sizes]:
        for new in sizes:
            if new > old:
                leaves = gained(old, new, by_tiles=by_tiles, seed=old)
                assert leaves == dict(enumerate(LOG.leaves[old:new], old))


def test_every_size_to_300() -> None:
    for new in range(1, 301):
        assert len(gained(new // 3, new, by_tiles=bool(new % 2))) == new - new // 3


def test_wants_say_how_to_ask() -> None:
    follower = Follower(known(40), 50, LOG.root(50), LIMITS)
    (want,) = follower.wants(9)
    assert follower.is_by_tail
    assert (want.path, dict(want.headers), want.gzip) == (
        "tile/entries/000.p/50",
        {"Range": "bytes=2640-"},
        False,
    )
    assert want.whole is not None
    assert want.whole.gzip
    assert want.whole.whole is None
    assert want.full is not None
    assert want.full.path == "tile/entries/000"
    assert want.full.full is None
    follower = Follower(NOTHING, 900, LOG.root(900), LIMITS)
    assert [want.path for want in follower.wants(1)] == ["tile/0/003.p/132", "tile/1/000.p/3"]
    assert not follower.recallable(9)
    for want in follower.wants(1):
        follower.accept(want, fetch(want))
    assert [want.path for want in follower.wants(2)] == ["tile/entries/000", "tile/entries/001"]
    assert follower.recallable(2) == (0, 1)


def test_of_the_first_of_several_bundles_the_tail_is_enough() -> None:
    follower = Follower(known(300), 900, LOG.root(900), LIMITS)
    assert not follower.is_by_tail
    for want in follower.wants(9):
        follower.accept(want, fetch(want))
    tail, *others = follower.wants(9)
    assert (tail.path, dict(tail.headers)) == ("tile/entries/001", {"Range": "bytes=2904-"})
    assert not any(want.headers for want in others)
    good = fetch(tail)
    for at in range(0, len(good.body), 97):
        body = good.body[:at] + bytes((good.body[at] ^ 1,)) + good.body[at + 1 :]
        with pytest.raises(FaultError) as caught:
            follower.accept(tail, replace(good, body=body))
        assert not isinstance(caught.value, OriginError)
    piece = follower.accept(tail, good)
    assert piece is not None
    assert (piece.start, piece.leaves) == (300, b"".join(LOG.leaves[300:512]))
    assert follower.is_verified(1, b"".join(LOG.leaves[256:512]))


def test_an_answer_twice_is_taken_once() -> None:
    follower = Follower(NOTHING, 900, LOG.root(900), LIMITS)
    edge = follower.wants(9)
    for want in edge:
        follower.accept(want, fetch(want))
    assert all(follower.accept(want, fetch(want)) is None for want in edge)
    bundle = follower.wants(1)[0]
    assert follower.is_wanted(bundle)
    assert follower.accept(bundle, fetch(bundle)) is not None
    assert follower.accept(bundle, fetch(bundle)) is None
    assert not follower.is_wanted(bundle)
    assert not follower.is_wanted(edge[0])


def test_every_byte_of_a_tail_counts() -> None:
    follower = Follower(known(40), 42, LOG.root(42), LIMITS)
    (want,) = follower.wants(1)
    good = fetch(want)
    good = replace(good, body=LOG.file("tile/entries/000.p/42", 42)[2640:])  # type: ignore[index]
    for at in range(len(good.body)):
        for mask in (1, 0x80):
            body = good.body[:at] + bytes((good.body[at] ^ mask,)) + good.body[at + 1 :]
            with pytest.raises(FaultError) as caught:
                follower.accept(want, replace(good, body=body))
            assert not isinstance(caught.value, OriginError)
    assert follower.accept(want, good) is not None


def test_random_bytes_are_faults_and_nothing_else() -> None:
    dice = random.Random(7)  # noqa: S311 - repeatable, not secret
    follower = Follower(NOTHING, 900, LOG.root(900), LIMITS)
    for stage in range(2):
        for want in follower.wants(9):
            for _ in range(50):
                status = dice.choice((200, 206))
                body = dice.randbytes(dice.choice((0, 1, 64, 66, 4_224, 8_192, 16_896)))
                if stage == 0 and want != follower.wants(9)[-1] and len(body) == want.item.width * 32:
                    continue  # a tile of the edge is judged with the last one
                with pytest.raises(FaultError) as caught:
                    follower.accept(want, Response(status, {}, body))
                assert caught.value.fault.kind in (FaultKind.MALFORMED, FaultKind.INCONSISTENT)
        for want in follower.wants(9):
            follower.accept(want, fetch(want))
    assert follower.wants(9) == ()


def test_a_bundle_recalled_from_disk_must_verify() -> None:
    follower = Follower(NOTHING, 900, LOG.root(900), LIMITS)
    for want in follower.wants(9):
        follower.accept(want, fetch(want))
    good = b"".join(LOG.leaves[256:512])
    assert follower.recall(1, good[:-64]) is None
    assert follower.recall(1, good[:-1] + b"x") is None
    piece = follower.recall(1, good)
    assert piece is not None
    assert (piece.start, piece.leaves) == (256, good)
    assert follower.is_verified(1, good)
    assert not follower.is_verified(1, good[::-1])
    assert not follower.is_verified(2, good)


def test_paths_of_full_files_are_spelt_once() -> None:
    assert Want(TileId(1, 1_234_067, 17), 1, is_full=True).path == "tile/1/x001/x234/067"
    assert Want(BundleId(5, 256), 1).full is None


# -- contents -----------------------------------------------------------------------------------------


def contents(wanted: list[int], size: int = 256) -> BundleContents:
    return BundleContents(Committer(LOG.origin), 0, b"".join(LOG.leaves[:size]), wanted, LIMITS)


def test_every_byte_of_a_content_file_counts_where_it_is_read() -> None:
    whole = LOG.file("content/000", 12) or b""
    for at in range(len(whole)):
        found = contents([*range(1, 12)], 12)
        (want,) = found.wants()
        body = whole[:at] + bytes((whole[at] ^ 1,)) + whole[at + 1 :]
        if at < 4:
            # Leaf 0 names the key set; whatever stands there is not asked for.
            continue
        with pytest.raises(FaultError):
            found.accept(want, Response(200, {}, body))
        assert all(LOG.blobs[index] == blob for index, blob in found.blobs.items())
        assert len(found.missing) + len(found.blobs) == 11


def test_few_blobs_come_singly_and_only_what_is_wanted_is_kept() -> None:
    found = contents([3, 5])
    assert [want.path for want in found.wants()] == ["blob/3", "blob/5"]
    want = found.wants()[0]
    with pytest.raises(FaultError) as caught:
        found.accept(want, Response(200, {}, LOG.blobs[4]))
    assert caught.value.fault.kind is FaultKind.INCONSISTENT
    with pytest.raises(FaultError):
        found.accept(want, Response(206, {}, LOG.blobs[3]))
    found.accept(want, Response(200, {}, LOG.blobs[3]))
    found.accept(want, Response(200, {}, LOG.blobs[3]))
    assert (found.blobs, list(found.missing)) == ({3: LOG.blobs[3]}, [5])
    whole = ContentWant("content/000", 10**6)
    found.accept(whole, Response(200, {}, LOG.file("content/000", 256) or b"", b"packed"))
    assert (list(found.missing), found.packed) == ([], None)


def test_a_body_is_kept_as_received_only_when_it_is_exactly_the_bundle() -> None:
    body = LOG.file("content/000", 256) or b""
    for wanted, kept, sent, is_kept in (
        (range(1, 256), {}, body, True),
        (range(1, 255), {}, body, False),  # more in it than is wanted
        (range(1, 256), {}, body + b"\0", False),  # something follows
        (range(1, 256), {9: LOG.blobs[9]}, body, False),  # something is kept already
    ):
        found = contents([*wanted])
        found.recall(kept.items())
        found.accept(found.wants()[0], Response(200, {}, sent, b"packed"))
        assert (found.packed == b"packed") == is_kept
        assert not found.missing


def test_what_a_killed_run_left_is_verified() -> None:
    found = contents([3, 4, 5])
    found.recall([(3, LOG.blobs[3]), (4, LOG.blobs[3]), (9, LOG.blobs[9])])
    assert list(found.missing) == [4, 5]
    assert found.blobs == {}
