"""Bodies of add-checkpoint: one spelling for each request, and nothing else gets through."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.errors import InconsistentError, MalformedError
from protocol.keys import KeyType
from protocol.lines import write_base64
from protocol.merkle import EMPTY_ROOT, Digest, Edge, consistency_proof, joined_root, leaf_hashes
from protocol.note import MAX_NOTE, Note
from protocol.witness import (
    MAX_REQUEST,
    AddCheckpoint,
    parse_cosignatures,
    parse_size,
    render_cosignatures,
    render_size,
)
from tests.signers import ORIGIN, log_key, signing_key

LEAVES = leaf_hashes([f"leaf {number}".encode() for number in range(40)])


def root(size: int) -> bytes:
    return joined_root(b"".join(LEAVES[:size]))


def node(level: int, index: int) -> Digest:
    return joined_root(b"".join(LEAVES[index << level : (index + 1) << level]))


def proof(old: int, size: int) -> tuple[Digest, ...]:
    return tuple(consistency_proof(old, size, node)) if old else ()


def note(size: int, *, root_: bytes | None = None, text: str = "") -> Note:
    text = text or Checkpoint(ORIGIN, size, root_ or root(size)).text
    return Note(text, (sign_checkpoint(Checkpoint(ORIGIN, 1, root(1)), log_key()),))


def request(old: int, size: int) -> AddCheckpoint:
    return AddCheckpoint(old, proof(old, size), note(size))


def test_a_request_says_what_it_shows() -> None:
    asked = AddCheckpoint.parse(request(3, 7).render())
    assert asked == request(3, 7)
    assert (asked.old, asked.origin, len(asked.proof)) == (3, ORIGIN, 4)
    assert asked.checkpoint() == Checkpoint(ORIGIN, 7, root(7))
    first = request(0, 1).render()
    assert first.startswith(b"old 0\n\n" + ORIGIN.encode())


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
@settings(deadline=None, max_examples=300)
def test_no_bytes_do_harm(data: bytes) -> None:
    for prefix in (b"", b"old ", b"old 1\n", b"old 0\n\n"):
        with suppress(MalformedError):
            assert AddCheckpoint.parse(prefix + data).render() == prefix + data
    with suppress(MalformedError):
        assert render_cosignatures(*parse_cosignatures(data)) == data
    with suppress(MalformedError):
        assert render_size(parse_size(data)) == data


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.data())
@settings(deadline=None, max_examples=100)
def test_parsed_is_rendered_and_no_byte_can_change(
    old: int, hashes: list[bytes], data: st.DataObject
) -> None:
    body = AddCheckpoint(old, tuple(map(Digest, hashes)), note(9)).render()
    assert AddCheckpoint.parse(body).render() == body
    at, bit = data.draw(st.integers(0, len(body) - 1)), data.draw(st.integers(0, 7))
    flipped = body[:at] + bytes((body[at] ^ 1 << bit,)) + body[at + 1 :]
    with suppress(MalformedError):
        # What still parses is another request, spelled in its own one way.
        assert AddCheckpoint.parse(flipped).render() == flipped


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"old",
        b"old ",
        b"old 01",
        b"old +1",
        b"old -1",
        b"old \xd9\xa3",
        b"old 9223372036854775808",
        b"Old 1",
        b"old 1 ",
        b"old 1\r",
        b"old 1\nAAAA",
        b"old 1\n" + write_base64(bytes(31)).encode(),
        b"old 1\n" + write_base64(bytes(32)).encode().rstrip(b"="),
        b"old 1\n" + b"\n".join([write_base64(bytes(32)).encode()] * 64),
        b"old 1\n" + b"A" * 5_000,
    ],
)
def test_what_is_no_head_of_a_request(head: bytes) -> None:
    rest = b"\n\n" + note(3).render()
    with pytest.raises(MalformedError):
        AddCheckpoint.parse(head + rest)


def test_a_request_has_a_note_and_is_not_too_long() -> None:
    with pytest.raises(MalformedError, match="empty line"):
        AddCheckpoint.parse(b"old 1\n")
    with pytest.raises(MalformedError, match="signature"):
        AddCheckpoint.parse(b"old 1\n\n" + Checkpoint(ORIGIN, 3, root(3)).text.encode())
    with pytest.raises(MalformedError, match="longer"):
        AddCheckpoint.parse(b"old 1\n\n" + bytes(MAX_REQUEST))


def test_a_checkpoint_of_an_older_tree_than_it_continues_is_none() -> None:
    with pytest.raises(MalformedError, match="beyond"):
        AddCheckpoint(4, (), note(3)).checkpoint()
    with pytest.raises(MalformedError, match="after the root"):
        AddCheckpoint(0, (), note(3, text=note(3).text + "more\n")).checkpoint()
    with pytest.raises(MalformedError):
        AddCheckpoint(0, (), note(0, text=f"{ORIGIN}\n0\n")).checkpoint()


def test_a_tree_without_leaves_has_one_root() -> None:
    empty = note(0, text=f"{ORIGIN}\n0\n{write_base64(EMPTY_ROOT)}\n")
    assert AddCheckpoint(0, (), empty).checkpoint().size == 0
    other = note(0, text=f"{ORIGIN}\n0\n{write_base64(bytes(32))}\n")
    with pytest.raises(InconsistentError):
        AddCheckpoint(0, (), other).checkpoint()


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
@settings(deadline=None, max_examples=200)
def test_only_what_continues_the_known_tree_is_taken(old: int, size: int, known: int) -> None:
    old, size = sorted((old, size))
    checkpoint = Checkpoint(ORIGIN, size, root(size))
    asked = AddCheckpoint(old, proof(old, size), note(size or 1))
    if known == old:
        asked.check_continues(Edge.empty().root if not old else root(old), checkpoint)
    elif old:
        with pytest.raises(InconsistentError):
            asked.check_continues(root(known), checkpoint)
    wrong = AddCheckpoint(old, (*proof(old, size), Digest(bytes(32))), note(size or 1))
    with pytest.raises(InconsistentError):
        wrong.check_continues(root(old), checkpoint)


def test_cosignature_lines_and_sizes() -> None:
    text = Checkpoint(ORIGIN, 3, root(3)).text
    keys = [signing_key(f"{name}.example/witness", KeyType.COSIGNATURE_ED25519, name) for name in "ab"]
    lines = tuple(cosign(text, key, 1_800_000_000) for key in keys)
    assert parse_cosignatures(render_cosignatures(*lines)) == lines
    for body in (b"", b"\n", render_cosignatures(*lines)[:-1], render_cosignatures(*lines * 51), b"\xff\n"):
        with pytest.raises(MalformedError):
            parse_cosignatures(body)
    with pytest.raises(MalformedError, match="longer"):
        parse_cosignatures(bytes(MAX_NOTE + 1))
    assert parse_size(render_size(1840)) == 1840
    for body in (b"", b"1", b"01\n", b"1\n\n", b"\xd9\xa3\n", b"1" * 30 + b"\n"):
        with pytest.raises(MalformedError):
            parse_size(body)
