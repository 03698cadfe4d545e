"""Appending to an own log: order, conflicts, erasure, batches, and what waits."""

import asyncio
import errno
from pathlib import Path

import pytest

from node.errors import DamagedError, EditConflictError, InvalidInputError, KeyFileError, NotFoundError
from node.home import Home
from node.own import drafts as draft_rows
from node.own import sequencer
from node.own.clearance import grant
from node.own.headlock import HeadLock
from node.own.sequencer import Draft, check_drafts, publish, publish_waiting
from node.store import logwriter
from node.store.logstore import LogStore
from protocol.blob import SALT, make_leaf
from protocol.checkpoint import Checkpoint
from protocol.keyset import KeyChain, KeySet
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import leaf_hash, root
from protocol.note import Note, sign_note
from protocol.packing import unpack
from protocol.tiles import LEAF, WIDTH
from tests.node_world import NodeWorld, erase, payload, put, withdraw


@pytest.fixture
def home(world: NodeWorld) -> Home:
    opened = world.found()
    grant(opened, world.origin())
    return opened


def store_of(home: Home) -> LogStore:
    return home.logs.store(home.logs.all()[0].origin)


def check(home: Home) -> None:
    """The whole log verifies: root from the leaves, signature, beat, mirror line, lock file, blobs."""
    (row,) = home.logs.all()
    store = store_of(home)
    leaves = store.read_leaves(0, row.size)
    assert root([leaf_hash(leaves[at : at + LEAF]) for at in range(0, len(leaves), LEAF)]) == row.root
    checkpoint = row.chain.open_checkpoint(Note.parse(row.note))
    assert checkpoint == Checkpoint(row.origin, row.size, row.root)
    assert row.chain.beat_time(Note.parse(row.note)) is not None
    assert len(Note.parse(row.note).signatures) == 3
    assert HeadLock.of(home, row).read() == checkpoint
    for bundle in range(row.size // WIDTH + 1):
        for index, blob in store.read_blobs(bundle).items():
            assert make_leaf(
                row.origin, Op(store.leaf(index).op), store.leaf(index).id, store.leaf(index).prev, blob
            ) == store.leaf(index)


async def test_a_new_statement_is_put_signed_and_visible(home: Home, world: NodeWorld) -> None:
    receipt = await publish(home, world.origin(), [put("Alpha"), put("Beta")])
    assert (receipt.indexes, receipt.size, receipt.signed, receipt.why_not) == ((2, 3), 4, True, None)
    store = store_of(home)
    leaf = store.leaf(2)
    assert (leaf.op, leaf.id, leaf.prev) == (Op.PUT, receipt.ids[0], NEW)
    blob = store.kept_blob(2)
    assert blob is not None
    assert unpack(blob[SALT:]) == payload("Alpha")
    check(home)


async def test_versions_follow_each_other(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    first = await publish(home, origin, [put("Alpha")])
    id_ = first.ids[0]
    await publish(home, origin, [put("Alpha 2", id_, expected=2)])
    await publish(home, origin, [withdraw(id_)])
    await publish(home, origin, [put("Alpha 4", id_)])
    store = store_of(home)
    assert [(index, leaf.op) for index, leaf in store.versions(id_)] == [(5, 1), (4, 2), (3, 1), (2, 1)]
    assert store.statement_head(id_) == (5, Op.PUT)
    assert dict(store.live())[id_] == 5
    assert set(dict(store.current_blobs(0, 6))) == {1, 5}
    assert set(store.read_blobs(0)) == {1, 2, 3, 4, 5}
    check(home)


async def test_one_batch_may_put_edit_and_erase_the_same_statement(home: Home, world: NodeWorld) -> None:
    id_ = bytes(range(16))
    receipt = await publish(
        home, world.origin(), [put("Alpha", id_), put("Alpha 2", id_, expected=2), erase(id_, 2, reason=1)]
    )
    store = store_of(home)
    assert receipt.indexes == (2, 3, 4)
    assert store.kept_blob(2) is None
    assert store.erase_reason(2) == 1
    assert store.kept_blob(3) is not None
    check(home)


async def test_an_old_edit_is_a_conflict_for_its_author(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    id_ = (await publish(home, origin, [put("Alpha")])).ids[0]
    await publish(home, origin, [put("Alpha 2", id_)])
    with pytest.raises(EditConflictError) as caught:
        await publish(home, origin, [put("Gamma"), put("Alpha 3", id_, expected=2)])
    assert (caught.value.id, caught.value.expected, caught.value.found) == (id_, 2, 3)
    # All or nothing: the first draft of the batch is not there either, and nothing waits.
    assert store_of(home).size == 4
    assert draft_rows.count_waiting(home.database.connection, home.logs.all()[0].id) == 0
    check(home)


async def test_a_refused_batch_does_not_harm_the_ones_around_it(home: Home, world: NodeWorld) -> None:
    origin, row = world.origin(), home.logs.all()[0]
    with home.database.write() as connection:
        before, wrong = (
            draft_rows.store(connection, row.id, drafts, check_drafts(drafts), home.now())[0]
            for drafts in ([put("Before")], [put("Wrong"), withdraw(bytes(16))])
        )
    receipt = await publish(home, origin, [put("After")])
    assert receipt.indexes == (3,)
    outcomes = draft_rows.outcomes(home.database.connection, (*before, *wrong))
    assert [outcome.index for outcome in outcomes] == [2, None, None]
    assert isinstance(outcomes[1].refusal, NotFoundError)
    check(home)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (withdraw(bytes(16)), NotFoundError),
        (erase(bytes(16)), NotFoundError),
        (erase(bytes(16), 1), NotFoundError),
        (Draft(Op.ERASE, None, None), InvalidInputError),
        (Draft(Op.ERASE, bytes(16), payload("x")), InvalidInputError),
        (Draft(Op.PUT, None, None), InvalidInputError),
        (Draft(Op.PUT, None, payload("x"), reason=1), InvalidInputError),
        (Draft(Op.KEYS, None, payload("x")), InvalidInputError),
        (Draft(Op.PUT, None, {"type": "entry"}), InvalidInputError),
        (Draft(Op.PUT, None, {"type": "entry", "v": 1, "kind": "software"}), InvalidInputError),
        (Draft(Op.WITHDRAW, bytes(16), payload("x")), InvalidInputError),
        (Draft(Op.PUT, None, {"type": "withdrawal", "v": 1, "reason": "error"}), InvalidInputError),
    ],
)
async def test_what_cannot_be_appended_is_refused(
    home: Home, world: NodeWorld, draft: Draft, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await publish(home, world.origin(), [draft])
    assert store_of(home).size == 2
    assert home.database.connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)


async def test_erasing_twice_or_somebody_elses_leaf_is_refused(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    one, two = (await publish(home, origin, [put("Alpha"), put("Beta")])).ids
    await publish(home, origin, [erase(one)])
    for draft in (erase(one), erase(one, 3), erase(two, 99), erase(two, -1)):
        with pytest.raises(InvalidInputError):
            await publish(home, origin, [draft])
    with pytest.raises(InvalidInputError):
        await publish(home, origin, [erase(two), erase(two)])
    assert store_of(home).size == 5
    check(home)


async def test_withdrawing_twice_is_refused(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    one, two = (await publish(home, origin, [put("Alpha"), put("Beta")])).ids
    await publish(home, origin, [withdraw(one)])
    for drafts in ([withdraw(one)], [withdraw(two), withdraw(two)]):
        with pytest.raises(InvalidInputError, match="is withdrawn already"):
            await publish(home, origin, drafts)
    assert store_of(home).size == 5
    # What came back can go again.
    assert (await publish(home, origin, [put("Alpha", one), withdraw(one)])).signed
    check(home)


async def test_an_erased_blob_leaves_every_file(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    secret = "Unmistakable-Secret-Name"
    id_ = (await publish(home, origin, [put("Alpha"), put(secret)])).ids[1]
    await publish(home, origin, [erase(id_, reason=1)])
    store = store_of(home)
    assert store.kept_blob(3) is None
    assert id_ not in dict(store.live())
    home.database.empty_wal()
    for path in world.root.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".gz":
            data = batch_unpack(path)
        assert secret.encode() not in data, path
    await publish(home, origin, [put("Alpha again", id_)])
    assert store.kept_blob(5) is not None
    check(home)


def batch_unpack(path: Path) -> bytes:
    from node.store.gzipped import unpack as gunzip  # noqa: PLC0415 - two functions of one name

    return gunzip(path.read_bytes())


async def test_trees_of_many_sizes_grow_right(home: Home, world: NodeWorld) -> None:
    origin = world.origin()
    for count in (1, 3, 249, 1, 1, 260, 5):
        await publish(home, origin, [put(f"Entry {number}") for number in range(count)])
        check(home)
    assert home.logs.all()[0].size == 2 + 520


async def test_what_waits_is_appended_later(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    receipt = await publish(home, origin, [put("Alpha")])
    assert (receipt.indexes, receipt.size, receipt.signed) == ((), 2, False)
    assert receipt.why_not
    assert "compared" in receipt.why_not
    row = home.logs.all()[0]
    assert draft_rows.count_waiting(home.database.connection, row.id) == 1
    grant(home, origin)
    done = await publish_waiting(home, origin)
    assert (done.indexes, done.size, done.signed) == ((), 3, True)
    assert store_of(home).statement_head(receipt.ids[0]) == (2, Op.PUT)
    # What nobody asked about is forgotten after a day.
    world.clock.pass_by(90_000)
    await publish(home, origin, [put("Beta")])
    assert home.database.connection.execute("SELECT count(*) FROM draft").fetchone() == (0,)


async def test_another_writer_in_the_way_keeps_the_draft(
    home: Home, world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "_PATIENCE_SECONDS", 0.0)
    other = world.open()
    with HeadLock.of(other, other.logs.all()[0]).writer.held("the log"):
        receipt = await publish(home, world.origin(), [put("Alpha")])
    assert not receipt.signed
    assert receipt.why_not == f"log {world.origin()} is in use by another writer"
    assert (await publish_waiting(home, world.origin())).size == 3


async def test_missing_keys_stop_before_anything_is_appended(home: Home, world: NodeWorld) -> None:
    for path in home.keys_dir.glob("log-*.key"):
        path.rename(path.with_suffix(".away"))
    with pytest.raises(KeyFileError):
        await publish(home, world.origin(), [put("Alpha")])
    assert store_of(home).size == 2
    for path in home.keys_dir.glob("log-*.away"):
        path.rename(path.with_suffix(".key"))
    assert (await publish_waiting(home, world.origin())).size == 3
    check(home)


@pytest.mark.parametrize(("name", "offset"), [("hashes.0", 40), ("entries", 70)])
async def test_a_bit_that_rots_in_a_running_node_is_not_signed(
    home: Home, world: NodeWorld, name: str, offset: int
) -> None:
    await publish(home, world.origin(), [put("Alpha")])
    (before,) = home.logs.all()
    file = store_of(home).tree.directory / name
    data = bytearray(file.read_bytes())
    data[offset] ^= 1
    file.write_bytes(data)
    with pytest.raises(DamagedError, match="does not have its root of size 3"):
        await publish(home, world.origin(), [put("Beta")])
    (after,) = home.logs.all()
    assert (after.size, after.note) == (before.size, before.note)
    data[offset] ^= 1
    file.write_bytes(data)
    assert (await publish_waiting(home, world.origin())).size == 4
    check(home)


async def test_two_processes_append_to_one_log(home: Home, world: NodeWorld) -> None:
    other = world.open()
    await asyncio.gather(
        *(
            publish(each, world.origin(), [put(f"{name} {number}")])
            for number in range(6)
            for name, each in (("one", home), ("two", other))
        )
    )
    assert store_of(home).size == 14
    assert sum(1 for _ in store_of(home).live()) == 13
    check(home)


async def test_what_another_process_has_yet_to_sign_does_not_unsign_a_receipt(
    home: Home, world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, sequence = world.origin(), sequencer.sequence

    def stopped(*_: object) -> None:
        raise RuntimeError

    def and_then_another(home: Home, origin: str) -> str | None:
        why_not = sequence(home, origin)
        with monkeypatch.context() as patch:
            patch.setattr(sequencer, "sequence", sequence)
            patch.setattr(sequencer, "_sign", stopped)
            with pytest.raises(RuntimeError):
                sequencer._publish(home, origin, (put("Another"),))
        return why_not

    monkeypatch.setattr(sequencer, "sequence", and_then_another)
    receipt = await publish(home, origin, [put("Alpha")])
    assert (receipt.indexes, receipt.size, receipt.signed, receipt.why_not) == ((2,), 4, True, None)


async def test_an_unknown_log_is_named(home: Home) -> None:
    for call in (
        publish(home, "nobody.example/log/x/1", []),
        publish_waiting(home, "nobody.example/log/x/1"),
    ):
        with pytest.raises(NotFoundError, match="nobody"):
            await call


async def test_a_new_key_set_gets_its_leaf(home: Home, world: NodeWorld) -> None:
    """The leaf at ``after`` is the sequencer's matter; who rotates is not built yet."""
    await publish(home, world.origin(), [put("Alpha")])
    (row,) = home.logs.all()
    first = row.chain.newest
    sheet = world.founded["city"].recovery_sheet.strip().splitlines()[-1].strip()
    from protocol.keys import SigningKey  # noqa: PLC0415 - only here

    second = KeySet(first.origin, 2, row.size, first.roots, 1, first.log, first.beat, first.urls)
    chain: KeyChain = row.chain.extend(sign_note(second.text, SigningKey.parse(sheet)).render())
    store_of(home).keep_chain(chain)
    receipt = await publish(home, world.origin(), [put("Beta")])
    assert receipt.indexes == (4,)
    leaf: Leaf = store_of(home).leaf(3)
    assert (leaf.op, leaf.prev, leaf.commitment) == (Op.KEYS, 0, second.digest)
    check(home)


async def test_a_refused_batch_gives_back_what_it_erased_of_another(world: NodeWorld) -> None:
    home, origin = world.found(), world.origin()
    # Both wait for the clearance, and are sequenced in one step then.
    kept = await publish(home, origin, [put("Alpha")])
    refused = await publish(home, origin, [erase(kept.ids[0]), withdraw(bytes(16))])
    assert (kept.signed, refused.signed) == (False, False)
    grant(home, origin)
    await publish_waiting(home, origin)
    assert (home.logs.all()[0].size, set(store_of(home).read_blobs(0))) == (3, {1, 2})
    check(home)


async def test_who_keeps_the_error_of_a_full_disk_does_not_keep_the_log(
    home: Home, world: NodeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(logwriter, "PATIENCE_SECONDS", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr("node.store.tree.write_at", full)
        with pytest.raises(OSError, match="No space") as caught:
            await publish(home, world.origin(), [put("Alpha")])
    receipt = await publish(home, world.origin(), [put("Beta")])
    assert caught.value.errno == errno.ENOSPC
    # The draft of the failed call was stored before, and is published too.
    assert (receipt.signed, receipt.size) == (True, 4)
    check(home)


async def test_what_cannot_be_packed_is_refused_with_its_place(home: Home, world: NodeWorld) -> None:
    draft = Draft(Op.PUT, None, {**payload("Alpha"), "x": {"a": "hidden \u202e"}})
    with pytest.raises(InvalidInputError) as caught:
        await publish(home, world.origin(), [draft])
    assert [problem.pointer for problem in caught.value.problems] == ["/x/a"]
