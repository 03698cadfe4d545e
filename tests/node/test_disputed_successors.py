"""Nobody follows a successor while people have not said whose roots they are that signed it."""

from federation.introduce import Introduction
from node.disputes import choose, disputed_logs, keep_dispute
from node.home import Home
from node.store.logs import LogRow
from node.successors import adopt, successors_of
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.keyset import KeyChain, Predecessor, RootConflictError
from protocol.note import Note
from tests.node_world import NodeWorld
from tests.signers import ORIGIN, chain, key_note, key_set, log_key, root_key

HEIR = ORIGIN.removesuffix("1") + "2"
PREFIX = "http://127.0.0.1:9002/mirror/x"


def row_of(home: Home, origin: str) -> LogRow:
    row = home.logs.get(origin)
    assert row is not None
    return row


def heir_of(before: KeyChain) -> Introduction:
    """Return a successor that the newest roots of a log signed, before anything of that log is held."""
    end = Predecessor(before.origin, 5, bytes(32), before.newest.fingerprint)
    keys = key_set(origin=HEIR, urls=(), predecessor=end)
    note = key_note(keys, root_key(1, HEIR), root_key())
    checkpoint = Checkpoint(HEIR, 1, bytes(32))
    shown = Note(checkpoint.text, (sign_checkpoint(checkpoint, log_key(1, HEIR)),)).render()
    return Introduction(HEIR, KeyChain.start(note, fingerprint=None, origin=HEIR), shown, 1)


async def test_no_successor_is_followed_before_people_decide_whose_the_log_is(world: NodeWorld) -> None:
    """Drill: the only root was stolen; the thief's key set came first, and then a successor of his."""
    reader = world.found("reader", 8402)
    theirs, mine = key_set(2, after=6), key_set(2, after=5)
    held = chain(key_set(), theirs)
    store = reader.logs.add(held, own=False)
    conflict = RootConflictError(ORIGIN, 2, held.notes[1], key_note(mine))
    keep_dispute(reader, ORIGIN, conflict, PREFIX)
    assert disputed_logs(reader.database.connection) == {store.id}

    assert not adopt(reader, heir_of(held), PREFIX)
    assert reader.logs.get(HEIR) is None
    assert not successors_of(reader.database.connection, store.id)

    # Who chooses the publisher's set has chosen against what the thief's signed.
    choose(reader, ORIGIN, mine.fingerprint, "asked by telephone", "root")
    assert not adopt(reader, heir_of(held), PREFIX)
    assert adopt(reader, heir_of(row_of(reader, ORIGIN).chain), PREFIX)
