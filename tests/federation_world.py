"""A small federation in memory: a publisher, servers that may lie, and a store to fill.

    log = SimulatedLog()
    log.grow(300)
    network = Network()
    origin = network.serve("https://city.example/log/works/1", log)
    mirror = MemoryMirror(log.chain_at_start)
    await sync_log(mirror, [Source(origin.prefix, is_origin=True)], network, Limits(), lambda: NOW)

A server holds the files of one size and hands them out as bytes. ``lies`` replaces the answer to a path,
``absent`` removes it, ``is_down`` removes the server.
"""

from __future__ import annotations

import gzip as gzip_module
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from federation.faults import Fault, FaultError, FaultKind
from federation.limits import Limits
from federation.memory import Memory
from federation.response import Response
from federation.sources import Source
from federation.sync import Outcome, sync_log
from protocol.blob import make_leaf
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.errors import MalformedError
from protocol.keyset import KeyChain
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import HASH, joined_root, leaf_hashes
from protocol.note import Note, NoteSignature
from protocol.packing import Value, pack
from protocol.tiles import (
    WIDTH,
    BundleId,
    encode_bundle,
    encode_content,
    parse_blob_path,
    parse_content_path,
    parse_keys_path,
    parse_path,
)
from tests.memory_mirror import MemoryMirror, assert_holds
from tests.signers import ORIGIN, beat_key, key_note, key_set, log_key

NOW = 1_800_000_000
PLACE = f"https://{ORIGIN}"

LIMITS = Limits()
MIRROR = "https://relay.example/mirror/1"
OTHER = "https://other.example/mirror/1"

Lie = Callable[[Response], Response]


class SimulatedLog:
    """What one publisher wrote. Sizes are published later, by serving them."""

    def __init__(self, word: str = "entry") -> None:
        self.word = word
        self.origin = ORIGIN
        self.key_notes = [key_note(key_set(1))]
        self.chain = KeyChain.start(self.key_notes[0], fingerprint=None, origin=ORIGIN)
        self.leaves: list[bytes] = []
        self.blobs: dict[int, bytes] = {}
        self.heads: dict[bytes, int] = {}
        self.gone: dict[int, int] = {}  # index -> size from which its blob is not current
        self.erased: set[int] = set()
        self._hashes: dict[tuple[int, int], bytes] = {}
        self._keys_leaf()

    @property
    def size(self) -> int:
        return len(self.leaves)

    def put(self, payload: Value = None, id_: bytes | None = None, *, blob: bytes | None = None) -> int:
        """Append a statement, or a new version of one; return its index."""
        index = self.size
        id_ = id_ or hashlib.sha256(f"{self.word} {index}".encode()).digest()[:16]
        content = payload or {"type": "entry", "v": 1, "name": f"{self.word} {index}"}
        blob = blob or hashlib.sha256(f"salt {index}".encode()).digest()[:16] + pack(content)
        return self._append_version(Op.PUT, id_, blob)

    def withdraw(self, id_: bytes) -> int:
        return self._append_version(Op.WITHDRAW, id_, bytes(16) + pack({"type": "withdrawal", "v": 1}))

    def erase(self, index: int, reason: int = 1) -> None:
        id_ = Leaf.parse(self.leaves[index]).id
        self.append(bytes(Leaf(1, Op.ERASE, reason, 0, id_, index, bytes(32))))
        self.erased.add(index)

    def rotate(self) -> None:
        """Bring the next key set into force at the current size."""
        version = len(self.key_notes) + 1
        note = key_note(key_set(version, after=self.size))
        self.key_notes.append(note)
        self.chain = self.chain.extend(note)
        self._keys_leaf()

    def append(self, leaf: bytes) -> None:
        """Append any entry at all."""
        self.leaves.append(leaf)

    def grow(self, size: int) -> SimulatedLog:
        while self.size < size:
            self.put()
        return self

    def root(self, size: int) -> bytes:
        return joined_root(self.hashes(0, size))

    def note(
        self, size: int, *, beat: int | None = NOW, generation: int | None = None, root: bytes | None = None
    ) -> bytes:
        """Return the checkpoint of a size, with a mirror's line among the others."""
        checkpoint = Checkpoint(self.origin, size, root or self.root(size))
        generation = generation or self.chain.key_for(size).version
        lines = [sign_checkpoint(checkpoint, log_key(generation))]
        if beat is not None:
            lines.append(cosign(checkpoint.text, beat_key(generation), beat))
        lines.append(NoteSignature("stranger.example/mirror", b"abcd", b"x" * 72))
        return Note(checkpoint.text, tuple(lines)).render()

    def file(self, path: str, size: int) -> bytes | None:
        """Return a file of the log as it stands at a size; None where there is none."""
        kind = path.partition("/")[0]
        if path == "checkpoint":
            return self.note(size)
        if kind == "keys":
            version = parse_keys_path(path)
            return self.key_notes[version - 1] if version <= len(self.key_notes) else None
        if kind == "blob":
            index = parse_blob_path(path)
            return None if index >= size or index in self.erased else self.blobs.get(index)
        if kind == "content":
            return self._content(parse_content_path(path), size)
        return self._tree_file(path, size)

    def _tree_file(self, path: str, size: int) -> bytes | None:
        try:
            item = parse_path(path)
        except MalformedError:
            return None
        start = item.index * WIDTH
        if isinstance(item, BundleId):
            return (
                encode_bundle(self.leaves[start : start + item.width]) if start + item.width <= size else None
            )
        hashes = self.hashes(item.level, size)
        tile = hashes[start * HASH : (start + item.width) * HASH]
        return tile if len(tile) == item.width * HASH else None

    def hashes(self, level: int, size: int) -> bytes:
        """Return all hashes of a tile level, joined."""
        if (size, level) not in self._hashes:
            if level:
                below, step = self.hashes(level - 1, size), WIDTH * HASH
                full = range(step, len(below) + 1, step)
                self._hashes[size, level] = b"".join(joined_root(below[end - step : end]) for end in full)
            else:
                self._hashes[size, 0] = b"".join(leaf_hashes(self.leaves[:size]))
        return self._hashes[size, level]

    def _content(self, bundle: int, size: int) -> bytes | None:
        start, end = bundle * WIDTH, min(bundle * WIDTH + WIDTH, size)
        if start >= end:
            return None
        return encode_content(
            [self.blobs.get(i) if self.is_current(i, size) else None for i in range(start, end)]
        )

    def is_current(self, index: int, size: int) -> bool:
        return index not in self.erased and self.gone.get(index, size + 1) > size

    def _append_version(self, op: Op, id_: bytes, blob: bytes) -> int:
        index, head = self.size, self.heads.get(id_, NEW)
        self.append(bytes(make_leaf(self.origin, op, id_, head, blob)))
        if head != NEW:
            self.gone[head] = index + 1
        self.heads[id_], self.blobs[index] = index, blob
        return index

    def _keys_leaf(self) -> None:
        digest, length = self.chain.commitments[self.size]
        former = sorted(self.chain.commitments)[-2] if len(self.chain.sets) > 1 else NEW
        self.append(bytes(Leaf(1, Op.KEYS, 0, length, bytes(16), former, digest)))


@dataclass
class Server:
    """Serves one log under one prefix."""

    prefix: str
    log: SimulatedLog
    size: int
    is_down: bool = False
    has_etags: bool = True
    has_ranges: bool = True
    absent: set[str] = field(default_factory=set)
    lies: dict[str, Lie] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def flip(self, path: str, at: int) -> None:
        """Change one byte of a file."""

        def lie(response: Response) -> Response:
            body = bytearray(response.body)
            if body:
                body[at % len(body)] ^= 1
            return replace(response, body=bytes(body), packed=None)

        self.lies[path] = lie

    def say(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer a path with something else."""
        self.lies[path] = lambda _: Response(status, headers, body)

    def answer(self, path: str, headers: Mapping[str, str], *, is_packed: bool) -> Response:
        self.requests.append(path)
        body = None if path in self.absent else self.log.file(path, self.size)
        response = Response(404) if body is None else self._found(path, body, headers, is_packed=is_packed)
        lie = self.lies.get(path)
        return lie(response) if lie else response

    def _found(self, path: str, body: bytes, headers: Mapping[str, str], *, is_packed: bool) -> Response:
        etag = f'"{hashlib.sha256(body).hexdigest()[:8]}"'
        if self.has_etags and path == "checkpoint":
            if headers.get("If-None-Match") == etag:
                return Response(304, {"etag": etag})
            return Response(200, {"etag": etag}, body)
        if self.has_ranges and "Range" in headers:
            start = int(headers["Range"].removeprefix("bytes=").removesuffix("-"))
            found = {"content-range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
            return Response(206, found, body[start:])
        packed = gzip_module.compress(body, 1) if is_packed else None
        return Response(200, {}, body, packed)


@dataclass
class Network:
    """Every server there is; a ``Fetch``."""

    servers: dict[str, Server] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def serve(self, prefix: str, log: SimulatedLog, size: int | None = None) -> Server:
        self.servers[prefix] = server = Server(prefix, log, log.size if size is None else size)
        return server

    async def get(
        self, url: str, *, limit: int, gzip: bool = False, headers: Mapping[str, str] | None = None
    ) -> Response:
        self.requests.append(url)
        for prefix, server in self.servers.items():
            if url.startswith(prefix + "/") and not server.is_down:
                response = server.answer(url.removeprefix(prefix + "/"), headers or {}, is_packed=gzip)
                if len(response.body) > limit:
                    raise FaultError(Fault(FaultKind.OVER_LIMIT, url, f"larger than {limit} bytes"))
                return response
        raise FaultError(Fault(FaultKind.UNREACHABLE, url, "nobody is there"))


def fault_in(outcome: Outcome) -> Fault:
    """Return the fault that an outcome must have."""
    assert outcome.fault is not None
    return outcome.fault


class World:
    """An origin, two mirrors of it, and a follower."""

    def __init__(self, size: int = 40, log: SimulatedLog | None = None, limits: Limits = LIMITS) -> None:
        self.log = log or SimulatedLog()
        self.log.grow(size)
        self.network = Network()
        self.origin = self.network.serve(PLACE, self.log)
        self.relay = self.network.serve(MIRROR, self.log)
        self.other = self.network.serve(OTHER, self.log)
        self.start = replace(self.log.chain, sets=self.log.chain.sets[:1], notes=self.log.chain.notes[:1])
        self.mirror = MemoryMirror(self.start)
        self.memory = Memory()
        self.limits = limits
        self.now = NOW
        self.sources = (Source(PLACE, is_origin=True), Source(MIRROR), Source(OTHER))

    async def sync(self, *sources: Source) -> dict[str, Outcome]:
        outcomes = await sync_log(
            self.mirror,
            sources or self.sources,
            self.network,
            self.limits,
            lambda: self.now,
            memory=self.memory,
        )
        return {outcome.source: outcome for outcome in outcomes}

    def publish(self, size: int) -> None:
        self.log.grow(size)
        for server in self.network.servers.values():
            server.size = self.log.size

    def requests(self) -> list[str]:
        found, self.network.requests = self.network.requests, []
        return [url.removeprefix(PLACE + "/") for url in found]

    def assert_synced(self) -> None:
        assert_holds(self.mirror, self.log, self.log.size)
