"""Whatever up to a mebibyte is read: one kind of error, and never more than a second of work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from federation.claims import parse_publishers
from node.answers.cursors import from_cursor
from node.errors import InvalidInputError
from node.interop.json_loader import load_json
from node.interop.yaml_loader import load_yaml
from protocol.blob import SALT
from protocol.checkpoint import Checkpoint
from protocol.errors import ProtocolError
from protocol.evidence import build_fork, verify_fork
from protocol.feed import Feed, FeedItem
from protocol.keys import SigningKey, VerifierKey
from protocol.keyset import KeyChain
from protocol.keytext import KeySet
from protocol.leaf import Leaf
from protocol.note import Note, NoteSignature
from protocol.origin import Origin, parse_address
from protocol.packing import unpack
from protocol.policy import TrustPolicy
from protocol.proof import LogProof, build_entry_proof, verify_entry_proof
from protocol.tiles import (
    WIDTH,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
    split_bundle,
    split_content,
)
from tests.flips import text_of
from tests.signed_tree import SignedTree
from tests.signers import key_note, key_set, log_key, root_key

MEBIBYTE = 1 << 20
SECOND = 1.0

TREE = SignedTree().grow(9)
FORKED = SignedTree().grow(2).grow(9, "other")
FORK = build_fork(TREE.chain, (TREE.note(5), FORKED.note(9)), FORKED.fork_proof(5, 9)).render()
PROOF = build_entry_proof(TREE.chain, TREE.note(9), 1, TREE.inclusion(1, 9), TREE.leaves[1], TREE.blobs[1])


def of_text(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: parse(text_of(data))


PARSERS: dict[str, Callable[[bytes], object]] = {
    "note": Note.parse,
    "signature line": of_text(NoteSignature.parse),
    "checkpoint": of_text(Checkpoint.parse),
    "key set": of_text(KeySet.parse),
    "key-set note": lambda data: KeyChain.start(data, fingerprint=None, origin=None),
    "vkey": of_text(VerifierKey.parse),
    "signing key": of_text(SigningKey.parse),
    "origin": of_text(Origin.parse),
    "address": of_text(parse_address),
    "tile path": of_text(parse_path),
    "content path": of_text(parse_content_path),
    "blob path": of_text(parse_blob_path),
    "keys path": of_text(parse_keys_path),
    "leaf": Leaf.parse,
    "bundle": lambda data: split_bundle(data, WIDTH),
    "content": lambda data: split_content(data, [300] * WIDTH, WIDTH),
    "payload": unpack,
    "feed": Feed.parse,
    "fork": verify_fork,
    "proof file": LogProof.parse,
    "entry proof": lambda data: verify_entry_proof(data, None),
    "policy": TrustPolicy.parse,
    "publishers file": parse_publishers,
    "YAML": load_yaml,
    "JSON": load_json,
    "cursor": lambda data: from_cursor(text_of(data), b"x" * 8, levels=4, by_rank=True),
}
OURS = {"YAML": InvalidInputError, "JSON": InvalidInputError, "cursor": InvalidInputError}

VALID = (
    TREE.note(9),
    key_note(key_set()),
    key_set().text.encode(),
    str(root_key().vkey).encode(),
    str(log_key()).encode(),
    b"city.example/log/works/1/e/" + b"0" * 32,
    b"tile/entries/x001/x234/067.p/17",
    TREE.leaves[1].header + bytes(40),
    TREE.blobs[1][SALT:],
    FORK,
    PROOF,
    Feed.of("c-1", [FeedItem(TREE.note(9), 1)], full=True).render(),
    f"witness a {root_key().vkey}\ngroup g 1 a\nquorum g\n".encode(),
    f"{'0' * 64} city.example/log/works/1\n".encode(),
    b"name: a\nurl: https://a.example\n",
    b'{"releases": [{"name": "a"}]}',
)
UNITS = (
    *(b"\n", b" ", b"\x00", b"0", b"9", b"a", b"=", b"+", b"/", b".", b"-", b"A", b"\\", b'"', b"[", b"{"),
    *(b"\x80", b"\x81", b"\x90", b"\x91", b"\xa1a", b"\xc0", b"\xc1", b"\xff", b"\xdd\x00\x0f\xff\xff"),
    *(b"\xdf\x7f\xff\xff\xff", b"\xc6\x7f\xff\xff\xff", b"\x81\xa1a", b"a\n", b"x000/", b"%41", b"::"),
    *("\u2014 a AAAAAAA=\n".encode(), b"root ", b"url https://a.example\n", b"[[", b"- ", b"&a [*a],", b"? "),
    *(b"\x00\x40" + bytes(64), bytes(4), b"\x00\x00\x01\x2c" + bytes(300), "e\u0301".encode(), b"\xcc\x01"),
    *(b"group g any a b c d\n", b"witness a b\n", b"a: b\n", b"1,", b'{"a":', b"a.", b"[1]"),
)
COUNTS = (0, 1, 2, 300, 5_000, 70_000, MEBIBYTE)


@st.composite
def hostile(draw: st.DrawFn) -> bytes:
    """Return the beginning of something valid, something that repeats, and an end."""
    head = draw(st.sampled_from(VALID) | st.binary(max_size=12))
    head = head[: draw(st.integers(0, len(head)))]
    unit = draw(st.sampled_from(UNITS) | st.binary(min_size=1, max_size=6))
    tail = draw(st.sampled_from((b"", b"\n", b"\n\n", *VALID)) | st.binary(max_size=12))
    body = unit * min(draw(st.sampled_from(COUNTS)), MEBIBYTE // len(unit) + 1)
    return (head + body)[: MEBIBYTE - len(tail)] + tail


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(hostile())
def test_a_parser_raises_one_kind_of_error_and_takes_no_second(name: str, data: bytes) -> None:
    assert len(data) <= MEBIBYTE
    # Whatever the other half of the core does, or who measures branches, is no fault of the parser's.
    assert any(seconds(name, data) < SECOND for _ in range(3)) or sys.gettrace() is not None


def seconds(name: str, data: bytes) -> float:
    """The CPU's time, not the clock's: a busy machine makes no parser slow."""
    started = time.process_time()
    with suppress(OURS.get(name, ProtocolError)):
        PARSERS[name](data)
    return time.process_time() - started
