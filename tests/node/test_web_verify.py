"""The check of proofs in the browser: what the page runs gives the same answer as ``protocol.proof``.

The module is run by node.js over proofs that the Python code makes, each also with every part of it changed.
"""

import base64
import gzip
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from node.web import statics
from protocol.blob import make_leaf
from protocol.cosignature import cosign
from protocol.errors import ProtocolError
from protocol.keys import KeyType, VerifierKey
from protocol.leaf import Leaf, Op
from protocol.note import Note, sign_note
from protocol.packing import pack, unpack
from protocol.proof import CARRIED, LogProof, build_entry_proof, verify_entry_proof
from tests.signed_tree import BEAT, SignedTree, blob_of
from tests.signers import chain, key_note, key_set, root_key, signing_key

NODE_JS = shutil.which("node")
TREE = SignedTree().grow(11)
FINGERPRINT = TREE.chain.fingerprint
WITNESS, OTHER = (
    signing_key(f"{name}.example/witness", KeyType.COSIGNATURE_ED25519, name) for name in ("one", "two")
)
RUN = """
import { readFileSync } from "node:fs";
const { check } = await import(process.argv[1]);
const asked = JSON.parse(readFileSync(0));
const answers = [];
for (const { proof, fingerprint, cosigners } of asked)
  answers.push(await check(new Uint8Array(Buffer.from(proof, "base64")), fingerprint, cosigners));
process.stdout.write(JSON.stringify(answers));
"""

needs_node_js = pytest.mark.skipif(NODE_JS is None, reason="there is no node.js here to run verify.js")


def module() -> bytes:
    """Return the module as it is served."""
    return statics.files()[statics.hashed("verify.js")]


def checked(
    folder: Path, *proofs: bytes, fingerprint: str = FINGERPRINT, cosigners: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return what the module says of each proof."""
    assert NODE_JS is not None
    file = folder / "verify.mjs"
    file.write_bytes(module())
    asked = [
        {
            "proof": base64.b64encode(proof).decode(),
            "fingerprint": fingerprint,
            "cosigners": [*cosigners],
        }
        for proof in proofs
    ]
    command = [NODE_JS, "--no-warnings", "--input-type=module", "-e", RUN, str(file)]
    done = subprocess.run(  # noqa: S603 - ours, with our own input
        command, input=json.dumps(asked).encode(), capture_output=True, check=True
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def proof_of(at: int, size: int, **changed: Any) -> bytes:  # noqa: ANN401 - any part
    parts: dict[str, Any] = {
        "chain": TREE.chain,
        "note": TREE.note(size),
        "index": at,
        "hashes": TREE.inclusion(at, size),
        "leaf": TREE.leaves[at],
        "blob": TREE.blobs.get(at, b""),
    }
    return build_entry_proof(**{**parts, **changed})


def with_extra(**changed: Any) -> bytes:  # noqa: ANN401 - any part
    proof = LogProof.parse(proof_of(6, 9))
    assert proof.extra is not None
    extra = unpack(proof.extra, CARRIED)
    assert isinstance(extra, dict)
    return LogProof(proof.index, proof.hashes, proof.checkpoint, pack({**extra, **changed}, CARRIED)).render()


def test_the_module_is_small_and_stands_alone() -> None:
    body = module()
    assert len(gzip.compress(body, 9)) <= 3 * 1024
    for word in (b"import ", b"document", b"fetch", b"eval", b"http:", b"https:"):
        assert word not in body


@needs_node_js
def test_what_python_proves_the_browser_proves(tmp_path: Path) -> None:
    places = [(at, size) for size in range(2, 12) for at in range(1, size) if at in TREE.blobs]
    proofs = [proof_of(at, size) for at, size in places]
    for (at, size), proof, answer in zip(places, proofs, checked(tmp_path, *proofs), strict=True):
        entry = verify_entry_proof(proof, FINGERPRINT)
        assert "refused" not in answer, (at, size, answer)
        steps = answer["steps"]
        assert steps["keys"] == {
            "origin": entry.origin,
            "fingerprint": FINGERPRINT,
            "versions": 2,
            "pinned": True,
        }
        assert steps["note"] == {"size": size, "root": entry.root.hex(), "seen": BEAT}
        assert steps["path"] == {"index": at, "size": size}
        assert steps["leaf"]["op"] == int(Op.PUT)
        assert steps["leaf"]["address"].endswith(entry.id.hex())
        assert steps["content"]["statement"] == entry.payload
        assert steps["cosigners"] == {"named": 0, "counted": 0}


@needs_node_js
def test_content_of_every_form_is_shown(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "bool": [True, False, None],
        "list": list(range(20)),
        "map": {f"k{number:02}": "x" * number * 20 for number in range(20)},
        "number": [0, 127, 128, 255, 256, 65_536, 2**32, 2**53 - 1, -1, -32, -33, -129, -32_769, -(2**40)],
        "text": ["é", "漢字", "a" * 300, "b" * 70_000],
    }
    tree = SignedTree()
    tree.grow(2)
    blob = blob_of(said)
    tree.blobs[1] = blob
    leaf = tree.leaves[1]
    tree.leaves[1] = make_leaf(tree.chain.origin, Op.PUT, leaf.id, leaf.prev, blob)
    proof = build_entry_proof(tree.chain, tree.note(2), 1, tree.inclusion(1, 2), tree.leaves[1], blob)
    (answer,) = checked(tmp_path, proof)
    assert answer["steps"]["content"]["statement"] == said


@needs_node_js
def test_cosigners_count_when_the_reader_names_them(tmp_path: Path) -> None:
    note = Note.parse(TREE.note(9))
    cosigned = note.with_signatures(cosign(note.text, WITNESS, BEAT))
    proof = proof_of(6, 9, note=cosigned.render())
    named = str(WITNESS.vkey), str(OTHER.vkey)
    (answer,) = checked(tmp_path, proof, cosigners=named)
    assert answer["steps"]["cosigners"] == {"named": 2, "counted": 1}
    (answer,) = checked(tmp_path, proof, cosigners=named[:1] * 3)
    assert answer["steps"]["cosigners"]["counted"] == 1
    forged = cosign(TREE.checkpoint(8).text, WITNESS, BEAT)
    (answer,) = checked(tmp_path, proof_of(6, 9, note=note.with_signatures(forged).render()), cosigners=named)
    assert answer["refused"] == {"step": "cosigners", "reason": "signature"}
    low = VerifierKey.parse(named[0])
    weak = base64.b64encode(bytes([4]) + bytes(32)).decode()
    (answer,) = checked(tmp_path, proof, cosigners=(f"{low.name}+00000000+{weak}",))
    assert answer["refused"] == {"step": "cosigners", "reason": "form"}


@needs_node_js
def test_whom_the_reader_means_decides(tmp_path: Path) -> None:
    (answer,) = checked(tmp_path, proof_of(6, 9), fingerprint="")
    assert not answer["steps"]["keys"]["pinned"]
    words = " ".join(FINGERPRINT.upper()[at : at + 4] for at in range(0, 64, 4))
    (answer,) = checked(tmp_path, proof_of(6, 9), fingerprint=words)
    assert answer["steps"]["keys"]["pinned"]
    (answer,) = checked(tmp_path, proof_of(6, 9), fingerprint="0" * 64)
    assert answer["refused"] == {"step": "keys", "reason": "fingerprint"}


def broken() -> dict[str, tuple[bytes, str, str]]:
    """Return proofs in which one part is not as it must be, with the step and the reason."""
    proof = LogProof.parse(proof_of(6, 9))
    first, second = TREE.chain.notes
    stranger = chain(key_set(1, origin="other.example/log/works/1"))
    thief = signing_key(root_key().name, seed="thief")
    unsigned = sign_note(TREE.chain.sets[1].text, thief).render()
    huge = TREE.note(9).replace(b"\n9\n", b"\n4294967296\n")
    erase = Leaf(1, Op.ERASE, 0, TREE.leaves[6].length, TREE.leaves[6].id, 6, TREE.leaves[6].commitment)
    tree = SignedTree().grow(6)
    tree.leaves.append(erase)
    tree.grow(9)
    erased = build_entry_proof(tree.chain, tree.note(9), 6, tree.inclusion(6, 9), erase, TREE.blobs[6])
    return {
        "header": (proof_of(6, 9).replace(b"@v1", b"@v2", 1), "file", "form"),
        "no extra": (LogProof(6, proof.hashes, proof.checkpoint).render(), "file", "form"),
        "a key too many": (with_extra(more=b""), "file", "form"),
        "no keys": (with_extra(keys=[]), "keys", "form"),
        "keys of a stranger": (with_extra(keys=list(stranger.notes)), "keys", "fingerprint"),
        "a set left out": (with_extra(keys=[second]), "keys", "chain"),
        "a set twice": (with_extra(keys=[first, first]), "keys", "chain"),
        "a set that nobody agreed to": (with_extra(keys=[first, unsigned]), "keys", "signature"),
        "an older key": (with_extra(keys=[first]), "note", "signature"),
        "another log": (with_extra(keys=[key_note(key_set(1)), *stranger.notes]), "keys", "chain"),
        "another state": (proof_of(6, 9, note=TREE.note(8)), "path", "path"),
        "a forged size": (proof_of(6, 9, note=huge), "note", "limit"),
        "another place": (proof_of(6, 9, index=5), "path", "path"),
        "a place outside": (proof_of(6, 9, index=9), "path", "path"),
        "a path too short": (proof_of(6, 9, hashes=TREE.inclusion(6, 9)[:-1]), "path", "path"),
        "a path too long": (proof_of(6, 9, hashes=[*TREE.inclusion(6, 9), bytes(32)]), "path", "path"),
        "another leaf": (proof_of(6, 9, leaf=TREE.leaves[5]), "path", "path"),
        "a leaf of keys": (proof_of(4, 9), "leaf", "operation"),
        "an erase": (erased, "leaf", "operation"),
        "other content": (proof_of(6, 9, blob=TREE.blobs[5]), "blob", "commitment"),
        "content cut short": (proof_of(6, 9, blob=TREE.blobs[6][:-1]), "blob", "commitment"),
    }


@needs_node_js
def test_what_is_not_as_it_must_be_is_refused_with_its_reason(tmp_path: Path) -> None:
    cases = broken()
    answers = checked(tmp_path, *(proof for proof, _, _ in cases.values()))
    for (name, (proof, step, reason)), answer in zip(cases.items(), answers, strict=True):
        with pytest.raises(ProtocolError):
            verify_entry_proof(proof, FINGERPRINT)
        assert answer.get("refused") == {"step": step, "reason": reason}, name


@needs_node_js
def test_each_byte_of_a_proof_counts_in_both(tmp_path: Path) -> None:
    proof = proof_of(6, 9)
    flips = [
        proof[:at] + bytes((byte ^ mask,)) + proof[at + 1 :]
        for at, byte in enumerate(proof)
        for mask in ((0x01, 0x20, 0x80)[at % 3],)
    ]
    for at, (flip, answer) in enumerate(zip(flips, checked(tmp_path, *flips), strict=True)):
        try:
            verify_entry_proof(flip, FINGERPRINT)
        except ProtocolError:
            assert "refused" in answer, at
        else:
            # The name of a line that nobody knows, for instance.
            assert "refused" not in answer, (at, answer)
