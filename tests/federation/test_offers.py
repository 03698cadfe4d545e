"""Which of two checkpoints of one tree is kept."""

from federation.limits import Limits
from federation.offers import is_fresher, open_offer
from federation.sources import Source
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.note import Note
from tests.signers import ORIGIN, beat_key, chain, key_set, log_key

SOURCE = Source(f"https://{ORIGIN}")
LIMIT = Limits().checkpoint_bytes
CHAIN = chain(key_set(1), key_set(2))  # key set 2 begins at leaf 200


def _signed(generation: int, beat: int | None) -> bytes:
    checkpoint = Checkpoint(ORIGIN, 250, bytes(32))
    lines = [sign_checkpoint(checkpoint, log_key(generation))]
    if beat is not None:
        lines.append(cosign(checkpoint.text, beat_key(generation), beat))
    return Note(checkpoint.text, tuple(lines)).render()


def test_a_newer_heartbeat_of_the_held_tree_is_fresher() -> None:
    for held in (b"", _signed(2, None), _signed(2, 5)):
        assert is_fresher(open_offer(CHAIN, _signed(2, 6), SOURCE, LIMIT), CHAIN, held, 10)
    for beat in (None, 4, 5, 11):
        offer = open_offer(CHAIN, _signed(2, beat), SOURCE, LIMIT)
        assert not is_fresher(offer, CHAIN, _signed(2, 5), 10)


def test_a_time_that_nobody_believes_gives_way_to_one_that_holds() -> None:
    # It came along with a larger tree, by a clock that was wrong.
    held = _signed(2, 1_000)
    assert is_fresher(open_offer(CHAIN, _signed(2, 6), SOURCE, LIMIT), CHAIN, held, 10)
    assert not is_fresher(open_offer(CHAIN, _signed(2, 11), SOURCE, LIMIT), CHAIN, held, 10)


def test_a_note_by_a_key_that_was_retired_unheard_of_is_replaced() -> None:
    before = chain(key_set(1))
    held = open_offer(before, _signed(1, 9), SOURCE, LIMIT).note
    assert is_fresher(open_offer(CHAIN, _signed(2, 5), SOURCE, LIMIT), CHAIN, held, 10)
    assert not is_fresher(open_offer(CHAIN, _signed(2, None), SOURCE, LIMIT), CHAIN, held, 10)
