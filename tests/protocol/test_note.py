from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError, SignatureError
from protocol.keys import KeyType, VerifierKey
from protocol.note import MAX_SIGNATURES, Note, NoteSignature, open_note, sign_note
from tests.flips import assert_one_spelling, flipped
from tests.signers import ORIGIN, root_key, signing_key

TEXT = "Ognuno sta solo\n\nè subito sera.\n"
ONE, TWO, THREE = (root_key(number) for number in (1, 2, 3))
BEAT = signing_key(kind=KeyType.COSIGNATURE_ED25519)
NOTE = sign_note(TEXT, ONE, TWO)


def _colliding(key: VerifierKey) -> VerifierKey:
    """Return another key that answers to a key's name and ID, as a searcher could make one."""
    other = VerifierKey(key.name, key.type, THREE.vkey.public)
    object.__setattr__(other, "key_id", key.key_id)
    return other


def test_notes_read_back() -> None:
    data = NOTE.render()
    assert Note.parse(data) == NOTE
    assert data.startswith(TEXT.encode() + "\n— city.example/log/works/1/root/1 ".encode())
    assert [str(line) for line in NOTE.signatures] == data.decode().splitlines()[-2:]


def test_the_text_ends_at_the_last_empty_line() -> None:
    note = sign_note("a\n\n\nb\n", ONE)
    assert Note.parse(note.render()).text == "a\n\n\nb\n"
    assert Note.parse(sign_note("\n", ONE).render()).text == "\n"


@given(st.text(max_size=40).map(lambda text: text + "\n"))
def test_any_possible_text_survives(text: str) -> None:
    with suppress(ValueError):
        note = sign_note(text, ONE)
        assert Note.parse(note.render()) == note


@given(st.binary(max_size=80) | st.text(alphabet="— \nabA=+", max_size=40).map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_a_note_or_malformed(data: bytes) -> None:
    with suppress(MalformedError):
        assert Note.parse(data).render() == data


def test_every_flipped_byte_is_seen() -> None:
    keys = (ONE.vkey, TWO.vkey)
    assert assert_one_spelling(NOTE.render(), Note.parse, Note.render) > 0
    for data in flipped(NOTE.render()):
        with suppress(MalformedError):
            note = Note.parse(data)
            # A flip in a name or an ID makes a line a stranger's; the other one stays.
            with suppress(SignatureError):
                assert len(open_note(note, keys).verified) == 1
                assert note.text == TEXT


def test_known_keys_verify_and_strangers_are_ignored() -> None:
    opened = open_note(NOTE, (TWO.vkey, THREE.vkey))
    assert opened.note == NOTE
    assert opened.verified == ((TWO.vkey, NOTE.signatures[1]),)


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    for keys in ((), (THREE.vkey,)):
        with pytest.raises(SignatureError, match="no known key"):
            open_note(NOTE, keys)


def test_one_bad_known_line_refuses_the_whole_note() -> None:
    forged = NoteSignature(TWO.name, TWO.vkey.key_id, bytes(64))
    with pytest.raises(SignatureError, match="root/2 does not verify"):
        open_note(NOTE.with_signatures(forged), (ONE.vkey, TWO.vkey))


def test_of_two_lines_of_one_key_the_first_counts() -> None:
    good, bad = NOTE.signatures[0], NoteSignature(ONE.name, ONE.vkey.key_id, bytes(64))
    assert open_note(Note(TEXT, (good, bad)), (ONE.vkey,)).verified == ((ONE.vkey, good),)
    with pytest.raises(SignatureError):
        open_note(Note(TEXT, (bad, good)), (ONE.vkey,))
    # Adding a line of somebody else must not change which one that is.
    added = Note(TEXT, (good, bad)).with_signatures(NOTE.signatures[1])
    assert added == NOTE


def test_with_signatures_replaces_in_place() -> None:
    newer = NoteSignature(ONE.name, ONE.vkey.key_id, b"newer")
    assert NOTE.with_signatures(newer).signatures == (newer, NOTE.signatures[1])


def test_two_keys_of_one_name_and_id_are_refused() -> None:
    with pytest.raises(SignatureError, match="two keys answer"):
        open_note(NOTE, (ONE.vkey, _colliding(ONE.vkey)))
    assert open_note(NOTE, (ONE.vkey, ONE.vkey)).verified


def test_cosigning_keys_neither_sign_nor_open_notes() -> None:
    with pytest.raises(ValueError, match="not a note key"):
        sign_note(TEXT, BEAT)
    with pytest.raises(ValueError, match="not a note key"):
        open_note(NOTE, (BEAT.vkey,))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no signature lines"),
        (b"text\n", "no signature lines"),
        (b"text\n\n", "no signature lines"),
        (b"\xff" + NOTE.render(), "UTF-8"),
        (NOTE.render()[:-1], "no signature lines"),
        (b"\x00" + NOTE.render(), "control"),
        (NOTE.render().replace(b"\n", b"\r\n"), "no signature lines"),
        (NOTE.render() + b"more\n", "not of the form"),
        (NOTE.render().replace("—".encode(), b"-"), "not of the form"),
        ("t\n\n— name\n".encode(), "not of the form"),
        ("t\n\n— na+me AAAAAAA=\n".encode(), "key name"),
        ("t\n\n— name AAAAAA==\n".encode(), "key ID and a signature"),
        ("t\n\n— name AA==\n".encode(), "key ID and a signature"),
        ("t\n\n— name AAAAAAB=\n".encode(), "one base64"),
        ("t\n\n— name AAAAAAA= \n".encode(), "base64"),
        ("t\n\n—  AAAAAAA=\n".encode(), "key name is empty"),
    ],
)
def test_what_is_no_note(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedError) as caught:
        Note.parse(data)
    assert reason in caught.value.reason


def test_limits() -> None:
    lines = tuple(NoteSignature(f"n{number}", bytes(4), b"s") for number in range(MAX_SIGNATURES))
    assert Note.parse(Note("t\n", lines).render()).signatures == lines
    with pytest.raises(MalformedError, match="more than 100"):
        Note.parse(Note("t\n", (*lines, lines[0])).render())
    size = len(NOTE.render())
    assert Note.parse(NOTE.render(), size) == NOTE
    with pytest.raises(MalformedError, match="longer"):
        Note.parse(NOTE.render(), size - 1)


def test_what_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="without signatures"):
        sign_note(TEXT).render()
    with pytest.raises(ValueError, match="newline"):
        sign_note("no end", ONE)
    with pytest.raises(ValueError, match="control"):
        sign_note("a\ud800\n", ONE)
    with pytest.raises(ValueError, match="key ID"):
        NoteSignature("name", bytes(3), b"s")


def test_a_line_claims_one_key() -> None:
    assert NOTE.signatures[0].is_by(ONE.vkey)
    assert not NOTE.signatures[0].is_by(TWO.vkey)
    assert not NoteSignature(ORIGIN, ONE.vkey.key_id, b"s").is_by(ONE.vkey)
