"""A witness of logs that it follows: their key sets, the held tree, evidence."""

from __future__ import annotations

from node.answers.witnesses import witnesses
from node.home import Home
from node.splits import evidence_of, judge
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.merkle import Digest, consistency_proof, node_from_tiles
from protocol.note import Note
from protocol.witness import AddCheckpoint
from tests.foreign_log import NAME, ForeignLog
from tests.publisher import Publisher, entry
from tests.signers import log_key, signing_key
from tests.witness_world import FOLLOWED, UNFOLLOWED, Served


def request_of(home: Home, origin: str, old: int, *, note: bytes = b"") -> bytes:
    row, store = home.logs.get(origin), home.logs.store(origin)
    assert row is not None
    shown = Note.parse(note or row.signed)
    size = Checkpoint.parse(shown.text).size
    proof = consistency_proof(old, size, node_from_tiles(store.read_hashes)) if old else []
    return AddCheckpoint(old, tuple(proof), shown).render()


def signed(origin: str, size: int, root: bytes) -> bytes:
    checkpoint = Checkpoint(origin, size, root)
    return Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key(1, origin)),)).render()


async def test_a_followed_log_is_cosigned_by_its_key_sets(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.publish()
    assert await served.status(request_of(home, FOLLOWED, 0)) == 200
    parks.put(entry("Trees"))
    parks.publish()
    assert await served.status(request_of(home, FOLLOWED, 1)) == 200
    shown = witnesses(home)["witness"]
    assert [(log["origin"], log["known"], log["size"]) for log in shown["logs"]] == [
        (NAME, True, 0),
        (FOLLOWED, True, 2),
        (UNFOLLOWED, False, 0),
    ]
    stranger = ForeignLog(origin=FOLLOWED, key=signing_key(FOLLOWED, seed="thief"))
    assert await served.status(stranger.request(2, 5)) == 403
    # No fedcat log is without leaves.
    assert await served.status(ForeignLog(origin=FOLLOWED).request(0, 0)) == 400


async def test_what_contradicts_the_held_tree_is_not_cosigned_and_becomes_evidence(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.put(entry("Trees"))
    parks.publish()
    other = signed(FOLLOWED, 2, bytes(32))
    assert await served.status(AddCheckpoint(0, (), Note.parse(other)).render()) == 422
    row = home.logs.get(FOLLOWED)
    assert row is not None
    (found,) = evidence_of(home.database.connection, row.id)
    assert found.sizes == (2, 2)
    # Once it stands still nothing of it is cosigned.
    assert judge(home, FOLLOWED) is not None
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403


async def test_two_heads_of_one_size_beyond_the_held_tree_are_evidence(served: Served) -> None:
    home = served.home
    parks = Publisher(home, FOLLOWED, own=False)
    parks.publish()
    heads = [signed(FOLLOWED, 9, bytes([at]) * 32) for at in (1, 2)]
    assert await served.status(AddCheckpoint(0, (), Note.parse(heads[0])).render()) == 200
    assert await served.status(AddCheckpoint(9, (), Note.parse(heads[1])).render()) == 422
    row = home.logs.get(FOLLOWED)
    assert row is not None
    (found,) = evidence_of(home.database.connection, row.id)
    assert found.sizes == (9, 9)
    # A proof that is simply wrong is evidence of nothing.
    third = AddCheckpoint(9, (Digest(bytes(32)),), Note.parse(signed(FOLLOWED, 12, bytes(32))))
    assert await served.status(third.render()) == 422
    fourth = AddCheckpoint(9, (Digest(bytes(32)),), Note.parse(heads[0]))
    assert await served.status(fourth.render()) == 422
    assert len(evidence_of(home.database.connection, row.id)) == 1


async def test_a_blocked_log_is_not_cosigned(served: Served) -> None:
    home = served.home
    Publisher(home, FOLLOWED, own=False).publish()
    home.database.connection.execute(
        "INSERT INTO blocked (log, name, by, reason, at) SELECT id, origin, '', 'spam', 1 FROM log"
    )
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403


async def test_a_disputed_log_is_not_cosigned(served: Served) -> None:
    home = served.home
    Publisher(home, FOLLOWED, own=False).publish()
    home.database.connection.execute(
        "INSERT INTO dispute (log, version, name, held, other, source, found_at)"
        " SELECT id, 2, x'00', x'00', x'00', 'test', 1 FROM log WHERE origin = ?",
        (FOLLOWED,),
    )
    assert await served.status(request_of(home, FOLLOWED, 0)) == 403
