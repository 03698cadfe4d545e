import hashlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.errors import MalformedError
from protocol.keys import KeyType
from protocol.note import Note, open_note
from tests.flips import assert_one_spelling, text_of
from tests.signers import ORIGIN, log_key, signing_key

ROOT = hashlib.sha256(b"root").digest()
HEAD = Checkpoint(ORIGIN, 1840, ROOT)
FIELDS: dict[str, Any] = {"origin": ORIGIN, "size": 1, "root": ROOT}


def _text(data: bytes) -> bytes:
    return Checkpoint.parse(text_of(data)).text.encode()


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoints_read_back(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert Checkpoint.parse(head.text) == head


@given(
    st.text(max_size=60) | st.text(alphabet="0123\n=", max_size=6).map(lambda text: f"{HEAD.text}{text}\n")
)
def test_any_text_is_a_checkpoint_or_malformed(text: str) -> None:
    for allowed in (False, True):
        with suppress(MalformedError):
            assert Checkpoint.parse(text, allow_extensions=allowed).text == text


def test_every_flipped_byte_is_refused_or_another_checkpoint() -> None:
    accepted = assert_one_spelling(
        HEAD.text.encode(),
        lambda data: Checkpoint.parse(text_of(data)),
        lambda head: head.text.encode(),
    )
    assert accepted > 0


def test_extension_lines_are_for_foreign_logs() -> None:
    text = HEAD.text + "more\n"
    with pytest.raises(MalformedError, match="after the root"):
        Checkpoint.parse(text)
    assert Checkpoint.parse(text, allow_extensions=True).extensions == ("more",)
    with pytest.raises(MalformedError, match="empty"):
        Checkpoint.parse(HEAD.text + "\n", allow_extensions=True)


@pytest.mark.parametrize("origin", ["cosignature/v1", "subtree/v1"])
def test_names_that_would_confuse_signatures_are_refused(origin: str) -> None:
    with pytest.raises(MalformedError, match="cannot name a log"):
        Checkpoint.parse(HEAD.text.replace(ORIGIN, origin))


@pytest.mark.parametrize(
    "changes",
    [{"origin": ""}, {"origin": "a\nb"}, {"size": -1}, {"size": 2**63}, {"root": ROOT[1:]}, {"size": 0}],
)
def test_impossible_parts_are_the_callers_mistake(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"line|size|root"):
        Checkpoint(**{**FIELDS, **changes})


def test_the_empty_tree_has_one_root() -> None:
    empty = Checkpoint(ORIGIN, 0, hashlib.sha256(b"").digest())
    assert Checkpoint.parse(empty.text) == empty


@pytest.mark.parametrize("text", ["", "\n", "a\n1\n", HEAD.text[:-1], "a\n1\n\n"])
def test_texts_that_are_too_short(text: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


def test_signing() -> None:
    key = log_key()
    note = Note(HEAD.text, (sign_checkpoint(HEAD, key),))
    assert Checkpoint.parse(open_note(Note.parse(note.render()), (key.vkey,)).note.text) == HEAD
    with pytest.raises(ValueError, match="the key is other"):
        sign_checkpoint(HEAD, signing_key("other.example/log/works/1"))
    with pytest.raises(ValueError, match="not a note key"):
        sign_checkpoint(HEAD, signing_key(kind=KeyType.COSIGNATURE_ED25519))
