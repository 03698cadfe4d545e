"""docs/protocol.md is true: every example in it is recomputed and compared.

The world is one small log whose keys come from fixed seeds. To renew the document after a
deliberate change of a format, run this file: ``python -m tests.test_protocol_doc``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

import pytest

from federation.claims import WELL_KNOWN, parse_publishers
from protocol import tiles
from protocol.blob import make_leaf, matches
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign, verify_cosignature
from protocol.evidence import Fork, build_fork, verify_fork
from protocol.feed import Feed, FeedItem
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeyChain, KeySet, grouped
from protocol.leaf import NEW, VERSION, EraseReason, Leaf, Op
from protocol.merkle import Digest, NodeReader, fork_proof, inclusion_proof, leaf_hash, node_from_tiles, root
from protocol.note import Note, sign_note
from protocol.origin import Origin, address, parse_address
from protocol.packing import Value, pack, unpack
from protocol.proof import build_entry_proof, verify_entry_proof
from protocol.replay import Replay
from protocol.validate import validate

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "protocol.md"
EXAMPLE = re.compile(
    r"^```(?P<language>\w+) example=(?P<name>[\w-]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)

ORIGIN = "city.example/log/works/1"
NOON = 1_767_182_400  # 2025-12-31T12:00:00Z
SEEDS = {
    "root": ("fedcat example root", f"{ORIGIN}/root/1", KeyType.ED25519),
    "log": ("fedcat example log", ORIGIN, KeyType.ED25519),
    "beat": ("fedcat example beat", ORIGIN, KeyType.COSIGNATURE_ED25519),
    "mirror": ("fedcat example mirror", "agency.example/mirror", KeyType.COSIGNATURE_ED25519),
}
DECIDIM = {
    "type": "entry",
    "v": 1,
    "kind": "software",
    "name": {"en": "Decidim"},
    "summary": {"en": "Participatory democracy platform", "fr": "Plateforme de démocratie participative"},
    "topics": ["sector:civic-participation"],
    "lifecycle": "live",
    "license": "AGPL-3.0-or-later",
    "languages": ["en", "fr"],
    "links": [{"rel": "landing", "url": "https://decidim.org/"}],
    "maintenance": {"mode": "community"},
    "contact": {"url": "https://city.example/contact"},
    "modified": "2025-12-31T12:00:00Z",
    "software": {"type": "standalone/web", "platforms": ["web"]},
}
MISTAKE = {**DECIDIM, "name": {"en": "Decidim (duplicate)"}}
GONE = {"type": "withdrawal", "v": 1, "reason": "error"}


@dataclass(frozen=True)
class World:
    """The example's log, complete."""

    keys: Mapping[str, SigningKey]
    key_set: KeySet
    key_note: bytes
    chain: KeyChain
    leaves: tuple[Leaf, ...]
    blobs: Mapping[int, bytes]

    @property
    def hashes(self) -> list[Digest]:
        return [leaf_hash(bytes(leaf)) for leaf in self.leaves]


def digest_of(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def read_hashes_of(hashes: list[Digest]) -> NodeReader:
    joined = {0: b"".join(hashes)}
    return node_from_tiles(lambda level, start, count: joined[level][32 * start : 32 * (start + count)])


@cache
def world() -> World:
    keys = {role: SigningKey(name, kind, digest_of(word)) for role, (word, name, kind) in SEEDS.items()}
    key_set = KeySet(
        origin=ORIGIN,
        version=1,
        after=0,
        roots=(keys["root"].vkey,),
        threshold=1,
        log=keys["log"].vkey,
        beat=keys["beat"].vkey,
        urls=(f"https://{ORIGIN}",),
        predecessor=None,
    )
    key_note = sign_note(key_set.text, keys["root"]).render()
    chain = KeyChain.start(key_note, fingerprint=None, origin=ORIGIN)
    first, second = digest_of("fedcat example statement 1")[:16], digest_of("fedcat example statement 2")[:16]
    plan: list[tuple[Op, bytes, int, Mapping[str, object] | None]] = [
        (Op.PUT, first, NEW, {**DECIDIM, "lifecycle": "pilot"}),
        (Op.PUT, first, 1, DECIDIM),
        (Op.PUT, second, NEW, MISTAKE),
        (Op.WITHDRAW, second, 3, GONE),
        (Op.ERASE, second, 3, None),
        (Op.PUT, first, 1, DECIDIM),
    ]
    leaves = [Leaf(VERSION, Op.KEYS, 0, len(key_set.text.encode()), bytes(16), NEW, key_set.digest)]
    blobs: dict[int, bytes] = {}
    for index, (op, statement, prev, payload) in enumerate(plan, 1):
        if payload is None:
            leaves.append(Leaf(VERSION, op, EraseReason.ERROR, 0, statement, prev, bytes(32)))
            continue
        blobs[index] = digest_of(f"fedcat example salt {index}")[:16] + pack(dict(payload))  # type: ignore[arg-type] # literals above
        leaves.append(make_leaf(ORIGIN, op, statement, prev, blobs[index]))
    return World(keys, key_set, key_note, chain, tuple(leaves), blobs)


def checkpoint_note(hashes: list[Digest], *, served: bool) -> bytes:
    """The signed checkpoint of a tree; with heartbeat and mirror lines when it is one that is served."""
    keys = world().keys
    checkpoint = Checkpoint(ORIGIN, len(hashes), root(hashes))
    note = Note(checkpoint.text, (sign_checkpoint(checkpoint, keys["log"]),))
    if served:
        beat, mirror = (
            cosign(checkpoint.text, keys[role], NOON + at) for role, at in (("beat", 0), ("mirror", 20))
        )
        note = note.with_signatures(beat, mirror)
    return note.render()


def proof_file() -> bytes:
    it = world()
    node = read_hashes_of(it.hashes)
    path = inclusion_proof(2, len(it.leaves), node)
    return build_entry_proof(
        it.chain, checkpoint_note(it.hashes, served=True), 2, path, it.leaves[2], it.blobs[2]
    )


def fork_object() -> bytes:
    it = world()
    other = [*it.hashes[:4], leaf_hash(bytes(it.leaves[6]))]
    notes = (checkpoint_note(other, served=False), checkpoint_note(it.hashes, served=False))
    return build_fork(it.chain, notes, fork_proof(5, 7, read_hashes_of(it.hashes))).render()


def feed() -> bytes:
    item = FeedItem(checkpoint_note(world().hashes, served=True), 1, hashlib.sha256(fork_object()).digest())
    return Feed.of("5e0c9b1a77d2-41", [item], full=True).render()


def wrapped(data: bytes | str) -> str:
    text = data.hex() if isinstance(data, bytes) else data
    return "\n".join(textwrap.wrap(text, 96, break_on_hyphens=False))


def replayed() -> Replay:
    class Nothing:
        def heads(self, ids: object) -> Mapping[bytes, int]:
            raise AssertionError(ids)

        def leaf(self, index: int) -> Leaf:
            raise AssertionError(index)

        def is_erased(self, index: int) -> bool:
            raise AssertionError(index)

    replay = Replay(0, Nothing(), world().chain.commitments)
    replay.feed([bytes(leaf) for leaf in world().leaves])
    return replay


def effect_lines() -> str:
    replay = replayed()
    live = [index for index in replay.current() if world().leaves[index].op == Op.PUT]
    heads = sorted(replay.heads.items(), key=itemgetter(1))
    lines = [f"head[{statement.hex()}] = {index}" for statement, index in heads]
    lines.append(f"superseded: {', '.join(map(str, sorted(replay.superseded)))}")
    lines += [f"erased: {index} (reason {reason})" for index, reason in replay.erased.items()]
    lines += [f"void: {void.index}" for void in replay.voids]
    lines.append(f"current: {', '.join(map(str, replay.current()))}   live: {', '.join(map(str, live))}")
    return "\n".join(lines)


def leaf_lines() -> str:
    words = {
        1: "put, new",
        2: "put, a new version of 1",
        3: "put, new, published by mistake",
        4: "withdraw 3",
        5: "erase 3, reason 4",
        6: "put again from 1: void, 2 came first",
    }
    return "\n".join(
        f"{index}  {words.get(index, 'keys')}\n" + textwrap.indent(wrapped(bytes(leaf)), "   ")
        for index, leaf in enumerate(world().leaves)
    )


def file_lines() -> str:
    it = world()
    size = len(it.leaves)
    current = set(replayed().current())
    bundle = tiles.encode_bundle([bytes(leaf) for leaf in it.leaves])
    content = tiles.encode_content([it.blobs[index] if index in current else None for index in range(size)])
    lengths = ", ".join(str(len(it.blobs[index]) if index in current else 0) for index in range(size))
    return "\n".join(
        (
            f"{tiles.TileId(0, 0, size).path}",
            textwrap.indent(wrapped(b"".join(it.hashes)), "   "),
            f"{tiles.BundleId(0, size).path}   ({len(bundle)} bytes; SHA-256:)",
            f"   {hashlib.sha256(bundle).hexdigest()}",
            f"{tiles.content_path(0)}   (lengths {lengths}; {len(content)} bytes; SHA-256:)",
            f"   {hashlib.sha256(content).hexdigest()}",
        )
    )


def path_lines() -> str:
    upper = [tile.path for tile in tiles.tiles_of(70_000) if tile.level or tile.width < tiles.WIDTH]
    bundle = tiles.bundles_of(70_000)[-1].path
    return "\n".join((*upper, bundle, tiles.TileId(0, 1_234_067).path, tiles.content_path(1_234_067)))


def card() -> str:
    it = world()
    value = {
        "fedcat": 1,
        "software": "fedcat/0.1.0",
        "logs": [{"origin": ORIGIN, "url": f"https://{ORIGIN}", "fingerprint": it.chain.fingerprint}],
        "mirror": str(it.keys["mirror"].vkey),
    }
    return json.dumps(value, indent=2)


@cache
def examples() -> Mapping[str, str]:
    """Every example of the document by name, as it must stand there."""
    it = world()
    statement = it.leaves[2].id
    made = {
        "seeds": "\n".join(f'{role:7} SHA-256("{word}")' for role, (word, _, _) in SEEDS.items()),
        "origin": ORIGIN,
        "origin-hash": Origin.parse(ORIGIN).hash,
        "address": address(ORIGIN, statement),
        "vkeys": "\n".join(f"{role:7} {key.vkey}" for role, key in it.keys.items()),
        "keyset": it.key_note.decode().removesuffix("\n"),
        "fingerprint": grouped(it.chain.fingerprint),
        "payload-json": json.dumps(dict(sorted(DECIDIM.items())), ensure_ascii=False, indent=1),
        "payload": wrapped(it.blobs[2][16:]),
        "blob": f"salt        {it.blobs[2][:16].hex()}\ncommitment  {it.leaves[2].commitment.hex()}",
        "leaves": leaf_lines(),
        "effect": effect_lines(),
        "checkpoint": checkpoint_note(it.hashes, served=True).decode().removesuffix("\n"),
        "paths": path_lines(),
        "files": file_lines(),
        "card": card(),
        "proof": proof_file().decode().removesuffix("\n"),
        "publishers": f"# {WELL_KNOWN} at https://city.example\n{it.chain.fingerprint} {ORIGIN}",
        "fork": wrapped(base64.b64encode(fork_object()).decode()),
        "feed": wrapped(base64.b64encode(feed()).decode()),
    }
    return {name: text + "\n" for name, text in made.items()}


def in_document() -> Mapping[str, str]:
    return {found["name"]: found["body"] for found in EXAMPLE.finditer(DOCUMENT.read_text(encoding="utf-8"))}


def test_the_document_has_exactly_these_examples() -> None:
    assert set(in_document()) == set(examples())


@pytest.mark.parametrize("name", sorted(in_document()))
def test_an_example_is_what_the_code_makes(name: str) -> None:
    assert in_document()[name] == examples()[name]


# What follows reads the document with the parsers that read the network.


def test_the_keys_and_the_key_set_open() -> None:
    shown = in_document()
    for line in shown["vkeys"].splitlines():
        role, text = line.split()
        assert VerifierKey.parse(text) == world().keys[role].vkey
    chain = KeyChain.start(shown["keyset"].encode(), fingerprint=None, origin=shown["origin"].strip())
    assert grouped(chain.fingerprint) == shown["fingerprint"].strip()


def test_the_payload_is_a_valid_entry_and_the_one_shown_as_json() -> None:
    shown = in_document()
    payload = unpack(bytes.fromhex(shown["payload"]))
    as_json: Value = json.loads(shown["payload-json"])
    assert payload == as_json
    assert [problem for problem in validate(payload, written_here=True) if problem.severity == "error"] == []


def test_the_commitment_matches() -> None:
    shown = in_document()
    salt = bytes.fromhex(shown["blob"].split()[1])
    assert matches(ORIGIN, world().leaves[2], salt + bytes.fromhex(shown["payload"]))


def test_the_address_leads_to_the_statement() -> None:
    assert parse_address(in_document()["address"].strip()) == (ORIGIN, world().leaves[2].id)


def test_the_checkpoint_opens_with_all_three_signatures() -> None:
    note = Note.parse(in_document()["checkpoint"].encode())
    checkpoint = world().chain.open_checkpoint(note)
    assert checkpoint.root == root(world().hashes)
    assert world().chain.beat_time(note) == NOON
    assert verify_cosignature(checkpoint, world().keys["mirror"].vkey, note.signatures[2]) == NOON + 20


def test_the_proof_verifies_offline() -> None:
    entry = verify_entry_proof(in_document()["proof"].encode(), world().chain.fingerprint)
    assert entry.pinned
    assert (entry.index, entry.size) == (2, 7)
    assert entry.beat_time == NOON


def test_the_fork_is_one() -> None:
    data = base64.b64decode("".join(in_document()["fork"].split()))
    assert Fork.parse(data).render() == data
    assert verify_fork(data).sizes == (5, 7)


def test_the_feed_has_the_checkpoint_and_names_the_fork() -> None:
    shown = in_document()
    data = base64.b64decode("".join(shown["feed"].split()))
    found = Feed.parse(data)
    assert found.render() == data
    (item,) = found.items
    assert item.note.decode() == shown["checkpoint"]
    assert item.origin_hash == shown["origin-hash"].strip()
    assert item.evidence == hashlib.sha256(base64.b64decode("".join(shown["fork"].split()))).digest()


def test_the_file_of_publishers_lists_the_log() -> None:
    found = parse_publishers(in_document()["publishers"].encode())
    assert found.publishers == {(world().chain.fingerprint, ORIGIN)}
    assert not found.skipped


def renew() -> None:
    """Write the examples into the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    made = examples()
    DOCUMENT.write_text(
        EXAMPLE.sub(
            lambda found: f"```{found['language']} example={found['name']}\n{made[found['name']]}```", text
        ),
        encoding="utf-8",
    )


if __name__ == "__main__":
    renew()
