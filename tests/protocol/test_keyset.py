import hashlib

import pytest

from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.errors import MalformedError, ProtocolError, SignatureError
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeyChain, KeySet, Predecessor, RootConflictError, grouped
from protocol.note import Note, NoteSignature, sign_note
from tests.flips import flipped
from tests.signers import ORIGIN, beat_key, chain, key_note, key_set, log_key, root_key, signing_key

ONE, TWO, THREE = (root_key(number) for number in (1, 2, 3))
FIRST, SECOND, THIRD = key_set(1), key_set(2), key_set(3)
CHAIN = chain(FIRST, SECOND, THIRD)
TOWN = "town.example/log/works/1"


def _head(size: int, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, hashlib.sha256(b"root" if size else b"").digest())


def _signed(size: int, key: SigningKey) -> Note:
    head = _head(size, key.name)
    return Note(head.text, (sign_checkpoint(head, key),))


def test_a_chain_starts_at_its_fingerprint() -> None:
    note = key_note(FIRST)
    for fingerprint in (None, FIRST.fingerprint):
        for origin in (None, ORIGIN):
            started = KeyChain.start(note, fingerprint=fingerprint, origin=origin)
            assert (started.origin, started.fingerprint) == (ORIGIN, FIRST.fingerprint)
            assert (started.newest, started.sets, started.notes) == (FIRST, (FIRST,), (note,))


def test_another_publisher_is_not_started() -> None:
    with pytest.raises(SignatureError, match="fingerprint"):
        KeyChain.start(key_note(FIRST), fingerprint="00" * 32, origin=None)
    with pytest.raises(SignatureError, match=TOWN):
        KeyChain.start(key_note(FIRST), fingerprint=None, origin=TOWN)
    with pytest.raises(MalformedError, match="version 2"):
        KeyChain.start(key_note(SECOND), fingerprint=None, origin=None)


def test_every_flipped_byte_of_a_note_is_refused() -> None:
    for data in flipped(key_note(FIRST)):
        with pytest.raises(ProtocolError):
            KeyChain.start(data, fingerprint=None, origin=None)
    started = chain(FIRST)
    for data in flipped(key_note(SECOND)):
        with pytest.raises(ProtocolError):
            started.extend(data)


def test_a_chain_grows_version_by_version() -> None:
    assert CHAIN.sets == (FIRST, SECOND, THIRD)
    assert CHAIN.newest == THIRD
    assert CHAIN.fingerprint == FIRST.fingerprint
    for wrong in (FIRST, SECOND, THIRD, key_set(5)):
        with pytest.raises(MalformedError, match="where version 4 belongs"):
            CHAIN.extend(key_note(wrong))


def test_other_names_and_standing_still_are_refused() -> None:
    with pytest.raises(MalformedError, match=TOWN):
        CHAIN.extend(key_note(key_set(4, origin=TOWN), root_key(1, TOWN), ONE))
    for after in (THIRD.after, THIRD.after - 1):
        with pytest.raises(MalformedError, match="rise"):
            CHAIN.extend(key_note(key_set(4, after=after)))


def test_a_note_beyond_64_kib_is_refused() -> None:
    lines = tuple(NoteSignature(f"n{number}", bytes(4), bytes(700)) for number in range(90))
    note = Note.parse(key_note(FIRST)).with_signatures(*lines).render()
    with pytest.raises(MalformedError, match="65536"):
        KeyChain.start(note, fingerprint=None, origin=None)


def test_the_first_set_needs_a_threshold_of_its_own_roots() -> None:
    keys = key_set(roots=[ONE, TWO, THREE], threshold=2)
    for signers in ([ONE, TWO], [TWO, THREE], [ONE, TWO, THREE]):
        assert KeyChain.start(key_note(keys, *signers), fingerprint=None, origin=None).newest == keys
    for signers in ([ONE], [THREE], [ONE, log_key()]):
        with pytest.raises(SignatureError, match="1 roots of version 1"):
            KeyChain.start(key_note(keys, *signers), fingerprint=None, origin=None)
    with pytest.raises(SignatureError, match="no known key"):
        KeyChain.start(key_note(keys, log_key()), fingerprint=None, origin=None)


def test_one_key_counts_once_under_all_its_names() -> None:
    # The same root under the name it had before and the name it gets.
    renamed = SigningKey(f"{ORIGIN}/root/7", KeyType.ED25519, ONE.seed)
    held = chain(key_set(roots=[ONE, TWO], threshold=1))
    following = key_set(2, roots=[renamed, THREE], threshold=2)
    with pytest.raises(SignatureError, match="1 roots of version 2"):
        held.extend(key_note(following, ONE, renamed))
    assert held.extend(key_note(following, renamed, THREE)).newest == following
    assert held.extend(key_note(following, ONE, THREE)).newest == following


def test_rotation_needs_old_and_new_roots() -> None:
    held = chain(key_set(roots=[ONE, TWO], threshold=1))
    following = key_set(2, roots=[THREE])
    for signers in ([THREE], [ONE], [ONE, TWO]):
        with pytest.raises(SignatureError, match="0 roots of version"):
            held.extend(key_note(following, *signers))
    grown = held.extend(key_note(following, ONE, THREE))
    # What the old roots could do ends with the rotation.
    with pytest.raises(SignatureError):
        grown.extend(key_note(key_set(3, roots=[ONE]), ONE))
    assert grown.extend(key_note(key_set(3, roots=[THREE]), THREE)).newest.version == 3


def test_at_most_256_versions() -> None:
    held = chain(FIRST)
    for version in range(2, 257):
        held = held.extend(key_note(key_set(version, after=version)))
    assert held.newest.version == 256
    text = held.newest.text.replace("version 256", "version 257").replace("after 256", "after 257")
    with pytest.raises(MalformedError, match="between 1 and 256"):
        held.extend(sign_note(text, ONE).render())


@pytest.mark.parametrize(
    ("size", "version"), [(1, 1), (200, 1), (201, 2), (300, 2), (301, 3), (2**63 - 1, 3)]
)
def test_size_decides_the_key(size: int, version: int) -> None:
    assert CHAIN.key_for(size).version == version
    assert CHAIN.open_checkpoint(_signed(size, log_key(version))) == _head(size)
    for other in {1, 2, 3} - {version}:
        with pytest.raises(SignatureError, match="no known key"):
            CHAIN.open_checkpoint(_signed(size, log_key(other)))


def test_no_key_signs_an_empty_tree() -> None:
    with pytest.raises(ValueError, match="without leaves"):
        CHAIN.key_for(0)
    with pytest.raises(MalformedError, match="no leaf"):
        CHAIN.open_checkpoint(_signed(0, log_key()))


def test_checkpoints_of_others_and_with_more_lines_are_refused() -> None:
    with pytest.raises(SignatureError, match=TOWN):
        CHAIN.open_checkpoint(_signed(1, log_key(1, TOWN)))
    with pytest.raises(SignatureError) as caught:
        CHAIN.open_checkpoint(_signed(1, signing_key("\x9b2J\u202e" + "x" * 100_000)))
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()
    with pytest.raises(MalformedError, match="after the root"):
        CHAIN.open_checkpoint(sign_note(_head(1).text + "more\n", log_key()))
    forged = Note(_head(1).text, (NoteSignature(ORIGIN, log_key().vkey.key_id, bytes(64)),))
    with pytest.raises(SignatureError, match="does not verify"):
        CHAIN.open_checkpoint(forged)


def test_the_keys_leaves_are_known() -> None:
    assert dict(CHAIN.commitments) == {
        keys.after: (keys.digest, len(keys.text)) for keys in (FIRST, SECOND, THIRD)
    }


def test_the_heartbeat_is_that_of_the_key_set_in_force() -> None:
    note = _signed(250, log_key(2))
    assert CHAIN.beat_time(note) is None
    assert CHAIN.beat_time(note.with_signatures(cosign(note.text, beat_key(2), 77))) == 77
    assert CHAIN.beat_time(note.with_signatures(cosign(note.text, beat_key(3), 77))) is None
    older = cosign(_head(249).text, beat_key(2), 77)
    with pytest.raises(SignatureError, match="does not verify"):
        CHAIN.beat_time(note.with_signatures(older))
    with pytest.raises(SignatureError):
        CHAIN.beat_time(Note(note.text, (cosign(note.text, beat_key(2), 77),)))


def test_equal_sets_and_unheard_versions_are_no_conflict() -> None:
    for keys in (FIRST, SECOND, THIRD, key_set(4)):
        CHAIN.check_conflict(key_note(keys))
    CHAIN.check_conflict(key_note(SECOND, ONE, log_key()))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_two_valid_sets_of_one_version_are_a_conflict(version: int) -> None:
    other = key_note(key_set(version, urls=()))
    with pytest.raises(RootConflictError, match=f"version {version}") as caught:
        CHAIN.check_conflict(other)
    assert caught.value.origin == ORIGIN
    assert (caught.value.held, caught.value.other) == (CHAIN.notes[version - 1], other)


def test_what_strangers_sign_is_no_conflict() -> None:
    mallory = signing_key(f"{ORIGIN}/root/1", seed="mallory")
    for version in (1, 2):
        with pytest.raises(SignatureError):
            CHAIN.check_conflict(key_note(key_set(version, roots=[mallory]), mallory))
    with pytest.raises(MalformedError, match=TOWN):
        CHAIN.check_conflict(key_note(key_set(1, origin=TOWN)))
    with pytest.raises(MalformedError, match="rise"):
        CHAIN.check_conflict(key_note(key_set(3, after=SECOND.after)))


def _successor(newest: KeySet) -> KeySet:
    return key_set(origin=TOWN, predecessor=Predecessor(ORIGIN, 350, bytes(32), newest.fingerprint))


def test_a_successor_has_the_consent_of_the_roots_before() -> None:
    town_root = root_key(1, TOWN)
    agreed = KeyChain.start(key_note(_successor(THIRD), town_root, ONE), fingerprint=None, origin=TOWN)
    agreed.check_successor_of(CHAIN)
    alone = KeyChain.start(key_note(_successor(THIRD), town_root), fingerprint=None, origin=TOWN)
    with pytest.raises(SignatureError, match="0 roots of version 3"):
        alone.check_successor_of(CHAIN)


def test_a_successor_continues_the_newest_set_of_the_log_it_names() -> None:
    town_root = root_key(1, TOWN)
    outdated = KeyChain.start(key_note(_successor(SECOND), town_root, ONE), fingerprint=None, origin=TOWN)
    with pytest.raises(SignatureError, match="as it stands"):
        outdated.check_successor_of(CHAIN)
    with pytest.raises(SignatureError, match="as it stands"):
        outdated.check_successor_of(chain(key_set(origin="a.example/log/works/1")))
    with pytest.raises(MalformedError, match="names no predecessor"):
        CHAIN.check_successor_of(CHAIN)


def test_a_searched_for_key_id_does_not_pass_for_a_root() -> None:
    # Two keys of one name and ID in the sets that must sign: nobody can tell whose line it is.
    twin = VerifierKey(ONE.name, KeyType.ED25519, TWO.vkey.public)
    object.__setattr__(twin, "key_id", ONE.vkey.key_id)
    note = key_note(SECOND)
    held = KeyChain((key_set(roots=None), SECOND), CHAIN.notes[:2])
    object.__setattr__(held.sets[0], "roots", (twin,))
    with pytest.raises(SignatureError, match="two keys answer"):
        KeyChain(held.sets[:1], held.notes[:1]).extend(note)


def test_fingerprints_in_fours() -> None:
    assert grouped("3f2a91c0" * 8).startswith("3f2a 91c0 3f2a ")
    assert grouped("3f2a91c0" * 8).replace(" ", "") == "3f2a91c0" * 8
