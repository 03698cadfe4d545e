"""The store of a log as a mirror writes it: staged, committed by compare-and-swap, never overwritten."""

import gzip
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from federation.fetch import unpacked
from federation.ports import Advance, ConflictError, Mirror
from node.errors import DamagedError, InvalidInputError, LockedError, NotFoundError
from node.home import Home
from node.own.clearance import grant
from node.own.sequencer import Draft, publish
from node.store import files, logwriter
from node.store.database import Database
from node.store.gzipped import unpack
from node.store.logs import Logs
from node.store.logstore import LogStore
from node.store.projection import Changes
from protocol.keyset import KeyChain
from protocol.leaf import Op
from protocol.merkle import EMPTY_ROOT
from protocol.replay import Replay, Void
from protocol.tiles import LEAF, WIDTH, encode_content, split_content
from tests.node_world import NOW, NodeWorld, erase, payload, put, withdraw


class Recorder:
    """A projection that remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[Changes] = []

    def apply(self, connection: sqlite3.Connection, log_id: int, origin: str, changes: Changes) -> None:
        assert connection.in_transaction
        assert (log_id, origin.partition("/")[0]) == (2, "127.0.0.1:8401")
        self.seen.append(changes)


class Pair:
    """An own log of one home, and a second home that mirrors it."""

    def __init__(self, world: NodeWorld) -> None:
        self.source = world.found()
        self.origin = world.origin()
        grant(self.source, self.origin)
        self.home = world.found("mirror", 8402)
        self.projection = Recorder()
        self.logs = Logs(
            self.home.database, self.home.path / "logs", projection=self.projection, now=lambda: NOW
        )
        row = self.source.logs.all()[0]
        self.mirror = self.logs.add(row.chain, own=False)

    @property
    def own(self) -> LogStore:
        return self.source.logs.store(self.origin)

    async def grow(self, *names: str) -> tuple[bytes, ...]:
        receipt = await publish(self.source, self.origin, [put(name) for name in names])
        return receipt.ids

    def stage(self, *, without: frozenset[int] = frozenset()) -> Advance:
        """Stage everything that the own log has and the mirror has not, and return the step."""
        held, store, row = self.mirror.held(), self.own, self.source.logs.all()[0]
        leaves = store.read_leaves(held.size, row.size)
        replay = Replay(held.size, self.mirror, row.chain.commitments)
        replay.feed([leaves[at : at + LEAF] for at in range(0, len(leaves), LEAF)])
        self.mirror.stage_leaves(held.size, leaves)
        for level in range(2):
            start, end = held.size >> 8 * level, row.size >> 8 * level
            self.mirror.stage_hashes(level, start, store.read_hashes(level, start, end - start))
        blobs = [index for index in replay.current() if index not in without]
        for index in blobs:
            blob = store.kept_blob(index)
            assert blob is not None
            self.mirror.stage_blobs(index // WIDTH, {index: blob})
        return Advance(
            held.size,
            row.size,
            row.root,
            row.signed,
            row.chain,
            replay.heads,
            replay.ops,
            replay.superseded,
            replay.erased,
            replay.voids,
            blobs,
            tuple(sorted(without)),
        )


@pytest.fixture
def pair(world: NodeWorld) -> Pair:
    return Pair(world)


def test_a_store_is_a_mirror(pair: Pair) -> None:
    mirror: Mirror = pair.mirror
    held = mirror.held()
    assert (held.size, held.root, held.note, held.withheld) == (0, EMPTY_ROOT, b"", ())
    assert mirror.origin == pair.origin
    assert pair.mirror.note() == b""


async def test_a_step_is_committed_whole(pair: Pair) -> None:
    one, two, _ = await pair.grow("Alpha", "Beta", "Gamma")
    await publish(pair.source, pair.origin, [put("Alpha 2", one), withdraw(two)])
    pair.mirror.commit(pair.stage())
    held, row = pair.mirror.held(), pair.source.logs.all()[0]
    assert (held.size, held.root, held.note) == (row.size, row.root, row.signed)
    assert pair.mirror.heads([one, two, bytes(16)]) == {one: 5, two: 6}
    assert pair.mirror.statement_head(two) == (6, Op.WITHDRAW)
    assert pair.mirror.statement_head(bytes(16)) is None
    assert dict(pair.mirror.live()) == dict(pair.own.live())
    assert pair.mirror.commitment(5) == pair.own.leaf(5).commitment
    assert pair.mirror.read_leaves(0, 9) == pair.own.read_leaves(0, 9)
    assert pair.mirror.read_entries(0, 9) == pair.own.read_entries(0, 9)
    # Superseded blobs were never fetched; the publisher still keeps them.
    assert pair.mirror.kept_blob(2) is None
    assert pair.own.kept_blob(2) is not None
    assert pair.own.kept_blob(99) is pair.own.kept_blob(-1) is None
    mirrored = pair.logs.get(pair.origin)
    assert mirrored is not None
    assert (mirrored.own, mirrored.verified_at, mirrored.fingerprint) == (False, NOW, row.fingerprint)
    assert pair.logs.by_hash(mirrored.hash) == mirrored
    assert pair.logs.by_hash("0" * 64) is pair.logs.get("x") is None
    with pytest.raises(ValueError, match="no leaf 7"):
        pair.mirror.leaf(7)


async def test_the_projection_sees_every_change_once(pair: Pair) -> None:
    ids = await pair.grow("Alpha", "Beta")
    pair.mirror.commit(pair.stage(without=frozenset({3})))
    first = pair.projection.seen[-1]
    assert (first.size, first.withheld, first.verified_at) == (4, (3,), NOW)
    states = {state.index: state for state in first.current()}
    assert set(states) == {1, 2, 3}
    assert states[2].blob == pair.own.kept_blob(2)
    assert states[3].blob is None
    assert not states[3].is_erased

    # A blob arrives late, and a head is erased.
    await publish(pair.source, pair.origin, [erase(ids[0])])
    advance = pair.stage()
    blob = pair.own.kept_blob(3)
    assert blob is not None
    pair.mirror.stage_blobs(0, {3: blob})
    pair.mirror.commit(replace(advance, blobs=(3,)))
    second = pair.projection.seen[-1]
    states = {state.index: state for state in second.current()}
    assert (set(states), second.withheld, dict(second.erased)) == ({2, 3}, (), {2: 1})
    assert len(second.statements) == len(states)
    assert states[2].is_erased
    assert states[3].blob == blob
    everything = {state.index: state for state in pair.mirror.everything(5).current()}
    assert set(everything) == {1, 2, 3}
    assert everything[2].is_erased
    assert pair.mirror.erase_reason(2) == 1
    assert pair.mirror.erase_reason(3) is None


async def test_whoever_comes_second_is_told_the_size(pair: Pair) -> None:
    await pair.grow("Alpha")
    advance = pair.stage()
    pair.mirror.commit(advance)
    with pytest.raises(ConflictError) as caught:
        pair.mirror.commit(advance)
    assert caught.value.known == 3
    assert len(pair.projection.seen) == 1


async def test_a_tree_that_was_not_staged_is_not_committed(pair: Pair) -> None:
    await pair.grow("Alpha")
    advance = pair.stage()
    with pytest.raises(DamagedError, match="another root"):
        pair.mirror.commit(replace(advance, root=bytes(32)))
    assert pair.mirror.held().size == 0
    pair.mirror.commit(advance)


async def test_committed_files_are_never_overwritten(pair: Pair) -> None:
    await pair.grow(*(f"Entry {number}" for number in range(300)))
    pair.mirror.commit(pair.stage())
    leaves, hashes, roots = (
        pair.mirror.read_leaves(0, 302),
        pair.mirror.read_hashes(0, 0, 302),
        pair.mirror.read_hashes(1, 0, 1),
    )
    blobs = pair.mirror.read_blobs(0)
    with pair.mirror as store:
        store.stage_leaves(0, bytes(64 * 303))
        store.stage_hashes(0, 300, bytes(32 * 3))
        store.stage_hashes(1, 0, bytes(32))
        store.stage_leaves(10, bytes(64))
        store.stage_blobs(0, {5: b"forged" * 9})
    assert pair.mirror.read_leaves(0, 302) == leaves
    assert pair.mirror.read_leaves(302, 303) == bytes(64)
    assert pair.mirror.read_hashes(0, 0, 302) == hashes
    assert pair.mirror.read_hashes(1, 0, 1) == roots
    assert pair.mirror.read_blobs(0) == blobs


async def test_a_whole_bundle_is_kept_as_received(pair: Pair) -> None:
    await pair.grow("Alpha", "Beta")
    blobs = dict(pair.own.read_blobs(0))
    packed = gzip.compress(encode_content([blobs.get(index) for index in range(4)]), 9, mtime=7)
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 4))
    pair.mirror.stage_blobs(0, blobs, packed)
    assert pair.mirror.content_files.packed(0) == packed
    pair.mirror.stage_blobs(0, blobs)
    assert pair.mirror.content_files.packed(0) == packed
    pair.mirror.commit(pair.stage())
    assert pair.mirror.served_content(0, 4) == packed
    # Fewer for a reader of a smaller tree, more work for an edited statement.
    smaller = unpack(pair.mirror.served_content(0, 3))
    assert split_content(smaller, [0, *(len(blobs[index]) for index in (1, 2))], 3)[2] == blobs[2]
    assert unpack(pair.mirror.served_content(1, 4)) == b""


async def test_what_came_in_portions_is_one_file_once_it_is_committed(pair: Pair) -> None:
    await pair.grow("Alpha")
    content = pair.mirror.content_files
    file = content.directory / "0.gz"
    advance = pair.stage()
    assert not content.is_one(0)
    pair.mirror.commit(advance)
    assert content.is_one(0)
    await pair.grow("Beta", "Gamma", "Delta")
    blobs, leaves = pair.own.read_blobs(0), pair.own.read_leaves(3, 6)
    committed = file.read_bytes()
    pair.mirror.stage_leaves(3, leaves)
    pair.mirror.stage_blobs(0, {3: blobs[3]})
    whole = file.read_bytes()
    assert not whole.startswith(committed)  # written anew, as it was not known
    pair.mirror.stage_blobs(0, {4: blobs[4]})
    pair.mirror.stage_blobs(0, {5: blobs[5]})
    grown = file.read_bytes()
    assert grown.startswith(whole)
    for end in range(len(whole), len(grown) + 1, 7):
        # As a kill leaves it: what is committed is served on, and the rest is read as far as it goes.
        pair.mirror.release()
        file.write_bytes(grown[:end])
        assert pair.mirror.kept_blob(2) == blobs[2]
        content_then = unpack(pair.mirror.served_content(0, 3))
        assert split_content(content_then, [leaf.length for leaf in map(pair.own.leaf, range(3))], 3)
        assert pair.mirror.read_blobs(0).items() <= blobs.items()
    pair.mirror.commit(pair.stage())
    assert pair.mirror.read_blobs(0) == blobs
    assert content.is_one(0)
    # In haste; an audit has the time to do it well.
    assert pair.mirror.repack(0)
    assert not pair.mirror.repack(0)
    assert pair.mirror.read_blobs(0) == blobs


async def test_portions_that_come_out_of_order_are_kept_all_the_same(pair: Pair) -> None:
    await pair.grow("Alpha", "Beta", "Gamma")
    blobs = pair.own.read_blobs(0)
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 5))
    for index in (2, 4, 1, 3):
        pair.mirror.stage_blobs(0, {index: blobs[index]})
    assert pair.mirror.read_blobs(0) == blobs
    pair.mirror.commit(pair.stage())
    assert pair.mirror.content_files.is_one(0)


async def test_leftovers_of_another_tail_are_not_kept(pair: Pair) -> None:
    await pair.grow("Alpha")
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 3))
    wrong = b"x" * pair.own.leaf(2).length
    pair.mirror.stage_blobs(0, {2: wrong})
    assert pair.mirror.read_blobs(0) == {2: wrong}
    pair.mirror.release()
    pair.mirror.commit(pair.stage(without=frozenset({2})))
    assert pair.mirror.kept_blob(2) is None


async def test_leftovers_are_not_kept_where_the_step_brings_no_blob(pair: Pair) -> None:
    await pair.grow("Alpha")
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 3))
    right = pair.own.kept_blob(1)
    assert right is not None
    pair.mirror.stage_blobs(0, {1: right, 2: b"x" * pair.own.leaf(2).length})
    pair.mirror.release()
    pair.mirror.commit(pair.stage(without=frozenset({1, 2})))
    assert dict(pair.mirror.read_blobs(0)) == {1: right}


async def left_by_a_kill(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let another process find leaves and blobs, written and never flushed; return what it flushes."""
    await pair.grow("Alpha")
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 3))
    pair.mirror.stage_blobs(0, pair.own.read_blobs(0))
    pair.mirror.release()
    flushed: list[Path] = []
    monkeypatch.setattr(files, "flush_file", flushed.append)
    pair.mirror = pair.logs.store(pair.origin)
    return flushed


async def test_leftovers_that_hold_are_made_durable_without_being_staged_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = await left_by_a_kill(pair, monkeypatch)
    # As a round does that found both blobs here, and verified them.
    pair.mirror.commit(replace(pair.stage(without=frozenset({1, 2})), blobs=(1, 2), withheld=()))
    assert pair.mirror.content_files.directory / "0.gz" in flushed


async def test_an_erase_is_scrubbed_here_too_also_after_a_kill(pair: Pair) -> None:
    one, two = await pair.grow("Alpha", "Beta")
    pair.mirror.commit(pair.stage())
    blob = pair.own.kept_blob(2)
    assert blob is not None
    await publish(pair.source, pair.origin, [erase(one), erase(two)])
    advance = pair.stage()
    path = pair.mirror.content_files.directory / "0.gz"
    before = path.read_bytes()
    pair.mirror.commit(advance)
    after = path.read_bytes()
    assert before != after
    # As a kill right after the commit leaves it: reads are right before the scrub is.
    path.write_bytes(before)
    with pair.home.database.write() as connection:
        connection.executemany(
            "INSERT INTO scrub (log, bundle) VALUES (?, ?)", [(pair.mirror.id, n) for n in (0, 5)]
        )
    assert set(pair.mirror.read_blobs(0)) == {1}
    pair.mirror.stage_blobs(0, {2: blob})
    assert pair.mirror.kept_blob(2) is None
    pair.mirror.scrub()
    assert path.read_bytes() == after
    assert pair.home.database.connection.execute("SELECT count(*) FROM scrub").fetchone() == (0,)
    # Whoever offers it again offers it in vain: it does not even come into the file.
    pair.mirror.stage_blobs(0, {2: blob})
    assert path.read_bytes() == after


async def test_current_is_neither_superseded_nor_void_nor_beyond(pair: Pair) -> None:
    (one,) = await pair.grow("Alpha")
    await publish(pair.source, pair.origin, [put("Alpha 2", one), put("Beta")])
    assert set(dict(pair.own.current_blobs(0, 5))) == {1, 3, 4}
    assert set(dict(pair.own.current_blobs(0, 4))) == {1, 3}
    with pair.source.database.write() as connection:
        connection.execute("INSERT INTO void_leaf (log, idx, reason) VALUES (?, 4, 'odd')", (pair.own.id,))
    assert set(dict(pair.own.current_blobs(0, 5))) == {1, 3}
    assert pair.own.voids() == (Void(4, "odd"),)
    assert pair.own.everything(1).voids == (Void(4, "odd"),)


async def test_a_damaged_content_file_is_named(pair: Pair) -> None:
    await pair.grow("Alpha")
    (pair.own.content_files.directory / "0.gz").write_bytes(b"noise")
    with pytest.raises(DamagedError, match="bundle 0"):
        pair.own.kept_blob(2)


async def test_a_fresher_note_replaces_the_held_one(pair: Pair) -> None:
    await pair.grow("Alpha")
    pair.mirror.commit(pair.stage())
    signed = pair.source.logs.all()[0].signed
    await pair.grow("Beta")
    newer = pair.source.logs.all()[0].signed
    pair.mirror.keep_note(newer)
    assert pair.mirror.held().note == signed
    pair.mirror.keep_note(signed)
    assert pair.mirror.held().note == signed
    pair.mirror.keep_chain(pair.mirror.held().chain)


async def test_an_empty_note_leaves_the_old_one(pair: Pair) -> None:
    await pair.grow("Alpha")
    advance = pair.stage()
    pair.mirror.commit(replace(advance, note=b""))
    assert pair.mirror.held().note == b""


async def test_one_writer_stages_at_a_time(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    await pair.grow("Alpha")
    monkeypatch.setattr(logwriter, "PATIENCE_SECONDS", 0.02)
    pair.mirror.stage_leaves(0, pair.own.read_leaves(0, 3))
    other = pair.logs.store(pair.origin)
    with pytest.raises(LockedError):
        other.stage_leaves(0, bytes(64))
    pair.mirror.release()
    other.stage_leaves(0, pair.own.read_leaves(0, 3))
    other.release()


def test_logs_are_added_once(pair: Pair, world: NodeWorld) -> None:
    chain = pair.source.logs.all()[0].chain
    again = pair.logs.add(chain, own=True)
    assert again.id == pair.mirror.id
    row = pair.logs.get(pair.origin)
    assert row is not None
    assert not row.own
    with pytest.raises(NotFoundError):
        pair.logs.store("nobody.example/log/x/1")
    imposter = found_again(world, pair)
    with pytest.raises(InvalidInputError, match="another fingerprint"):
        pair.logs.add(imposter, own=False)


def found_again(world: NodeWorld, pair: Pair) -> KeyChain:
    """The key sets of another publisher under the same name."""
    pair.source.close()
    (world.root / "city").rename(world.root / "gone")
    other: Home = world.found()
    return other.logs.all()[0].chain


def test_directories_are_named_after_the_origin(pair: Pair) -> None:
    row = pair.logs.get(pair.origin)
    assert row is not None
    directory: Path = pair.home.path / "logs" / row.hash
    assert (directory / "content").is_dir()


async def test_what_a_killed_step_left_is_made_durable(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed = await left_by_a_kill(pair, monkeypatch)
    pair.mirror.commit(pair.stage())
    assert pair.mirror.content_files.directory / "0.gz" in flushed


async def test_erased_content_that_a_reader_kept_goes_later(pair: Pair) -> None:
    (id_,) = await pair.grow("Unmistakable secret")
    pair.mirror.commit(pair.stage())
    await publish(pair.source, pair.origin, [erase(id_)])

    def traces(home: Home) -> list[str]:
        return [
            path.name
            for path in home.path.rglob("*")
            if path.is_file() and b"Unmistakable" in path.read_bytes()
        ]

    reader = Database(pair.home.database.path)
    with reader.read() as connection:
        connection.execute("SELECT count(*) FROM entry").fetchone()
        pair.mirror.commit(pair.stage())
    reader.close()
    scrubs = "SELECT count(*) FROM scrub"
    assert pair.home.database.connection.execute(scrubs).fetchone() == (1,)
    pair.home.logs.scrub()
    assert pair.home.database.connection.execute(scrubs).fetchone() == (0,)
    assert traces(pair.home) == traces(pair.source) == []


async def test_a_commit_under_the_eyes_of_a_reader_is_no_damage(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pair.grow("Alpha")
    step, reader = pair.stage(), pair.logs.store(pair.origin)
    real = reader.tree.read_leaves

    def read_then_commit(start: int, end: int) -> bytes:
        # What an unfinished step had left where the leaves are now.
        leaves = real(start, end)[:LEAF] + bytes([1, 1, 0, 0, 0, 0, 0, 5, *bytes(56)]) * 2
        pair.mirror.commit(step)
        return leaves

    monkeypatch.setattr(reader.tree, "read_leaves", read_then_commit)
    assert reader.read_blobs(0) == {}


def of_length(length: int) -> Draft:
    return Draft(Op.PUT, None, payload("Entry", summary={"en": "s" * length}))


async def test_a_tail_is_served_as_one_member_while_more_of_it_arrives(world: NodeWorld) -> None:
    pair = Pair(world)
    await pair.grow("Alpha")
    pair.mirror.commit(pair.stage())
    # Leaf 0 is of keys, and has no blob.
    lengths = [0, pair.own.leaf(1).length, pair.own.leaf(2).length]
    whole = 4 * 3 + sum(lengths)
    assert split_content(unpacked(pair.mirror.served_content(0, 3), whole, "content/0"), lengths, 3)

    # More comes in portions, as does whatever has more than 1 MiB; the last one is as long as what is there.
    await publish(pair.source, pair.origin, [of_length(100)])
    await publish(pair.source, pair.origin, [of_length(100 + whole - 4 - pair.own.leaf(3).length)])
    assert pair.own.leaf(4).length + 4 == whole
    advance = pair.stage()
    # Until that is committed, which may take 15 minutes when a blob is withheld.
    assert split_content(unpacked(pair.mirror.served_content(0, 3), whole, "content/0"), lengths, 3)
    pair.mirror.commit(advance)
    assert pair.mirror.read_blobs(0) == pair.own.read_blobs(0)
