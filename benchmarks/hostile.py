"""Publishers with proper logs whose servers turn on those who follow them.

Until it is armed a server hands out a small log, so that somebody follows it. Then, whatever is asked::

    endless     a body without end, with or without a Content-Length, or in chunks
    slow        a byte a second
    bomb        64 kB of gzip that unpack to 64 MiB
    size        a signed checkpoint of 2^62 leaves
    voids       a signed log of half a million leaves without effect
    puts        a signed log of a quarter of a million statements, without the content of one
    contents    a signed bundle of 64 MiB of contents

The last four are genuine as far as they go: signatures, tiles and leaves verify. One log of each host has
such a tree, the others stay small.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import cycle
from typing import Final

from protocol.blob import make_leaf
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.cosignature import cosign
from protocol.errors import MalformedError
from protocol.keys import KeyType, SigningKey
from protocol.keyset import KeySet
from protocol.leaf import NEW, Leaf, Op
from protocol.merkle import HASH, edge_from_tiles, leaf_hashes
from protocol.note import Note, sign_note
from protocol.origin import origin_hash
from protocol.packing import Value, pack
from protocol.tiles import WIDTH, BundleId, encode_bundle, encode_content, grow, parse_path

MEBIBYTE: Final = 1 << 20
ATTACKS: Final = (
    "endless, stating a length",
    "endless, stating none",
    "endless, in chunks",
    "slow",
    "bomb",
    "size",
    "voids",
    "puts",
    "contents",
)

_VOIDS = 500_000
_PUTS = 250_000
_BLOB = 262_000
_PORTION = b"x" * 65_536
_HEADS: Final = {
    "endless, stating a length": b"HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n",
    "endless, stating none": b"HTTP/1.1 200 OK\r\n\r\n",
    "endless, in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(64 * MEBIBYTE), 9)


class HostileLog:
    """One log: its keys, and whatever tree it is asked to be."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._root, self._log = self._key("/root/1"), self._key("")
        self._beat = self._key("", KeyType.COSIGNATURE_ED25519)
        keys = KeySet(origin, 1, 0, (self._root.vkey,), 1, self._log.vkey, self._beat.vkey)
        self.key_note = sign_note(keys.text, self._root).render()
        text = keys.text.encode()
        self._first = bytes(Leaf(1, Op.KEYS, 0, len(text), bytes(16), NEW, keys.digest))
        self.blobs: Mapping[int, bytes] = {}
        self.grow(())

    def grow(self, leaves: Sequence[bytes]) -> None:
        """Be the log of the keys leaf and these, all at once."""
        whole = [self._first, *leaves]
        self._tree = whole, grow(0, {}, leaf_hashes(whole))

    def become(self, attack: str) -> None:
        """Be the log that an attack needs."""
        if attack == "voids":
            self.grow([bytes(Leaf(1, Op.ERASE, 0, 0, bytes(16), NEW, bytes(32)))] * _VOIDS)
        elif attack == "puts":
            ids = (number.to_bytes(16, "big") for number in range(1, _PUTS + 1))
            self.grow([bytes(Leaf(1, Op.PUT, 0, 300, id_, NEW, id_ * 2)) for id_ in ids])
        elif attack == "contents":
            blobs = [_blob(number) for number in range(WIDTH - 1)]
            made = [
                make_leaf(self.origin, Op.PUT, number.to_bytes(16, "big"), NEW, blob)
                for number, blob in enumerate(blobs)
            ]
            self.blobs = dict(enumerate(blobs, 1))
            self.grow([bytes(leaf) for leaf in made])

    def note(self, now: int, size: int = 0) -> bytes:
        """Return the signed checkpoint of the tree, or of a size that nobody can have."""
        leaves, hashes = self._tree
        root: bytes = hashlib.sha256(b"no tree").digest()
        if not size:
            size = len(leaves)
            root = edge_from_tiles(size, partial(_read, hashes)).root
        checkpoint = Checkpoint(self.origin, size, root)
        lines = sign_checkpoint(checkpoint, self._log), cosign(checkpoint.text, self._beat, now)
        return Note(checkpoint.text, lines).render()

    def file(self, path: str) -> bytes | None:
        """Return a file of the tree or its contents, or None."""
        kind, _, rest = path.partition("/")
        leaves, hashes = self._tree
        if kind == "content" and self.blobs:
            return encode_content([self.blobs.get(index) for index in range(WIDTH)])
        if kind == "blob":
            return self.blobs.get(int(rest)) if rest.isdigit() else None
        try:
            item = parse_path(path)
        except MalformedError:
            return None
        start = item.index * WIDTH
        if isinstance(item, BundleId):
            bundle = leaves[start : start + item.width]
            return encode_bundle(bundle) if len(bundle) == item.width else None
        tile = _read(hashes, item.level, start, item.width)
        return tile if len(tile) == item.width * HASH else None

    def _key(self, suffix: str, kind: KeyType = KeyType.ED25519) -> SigningKey:
        return SigningKey(self.origin + suffix, kind, os.urandom(32))


def _read(hashes: Mapping[int, bytes], level: int, start: int, count: int) -> bytes:
    return hashes.get(level, b"")[start * HASH : (start + count) * HASH]


def _blob(number: int) -> bytes:
    """Return content of nearly the largest size, which does not compress well."""
    noise = hashlib.shake_256(number.to_bytes(4, "big")).hexdigest(_BLOB // 2)
    texts: dict[str, Value] = {"name": {"en": f"Tome {number}"}, "description": {"en": noise[: _BLOB - 200]}}
    return bytes(16) + pack({"type": "entry", "v": 1, "kind": "software", **texts})


@dataclass
class HostileHost:
    """A server with some logs.

    Attributes:
        port: Where it listens.
        logs: By the path before their files.
        attack: What it does to whoever asks; none yet while empty.
        now: The time that its heartbeats state.
    """

    port: int
    logs: dict[str, HostileLog] = field(default_factory=dict)
    attack: str = ""
    now: int = 0

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def add(self, count: int) -> None:
        """Make some logs."""
        for number in range(count):
            origin = f"127.0.0.1:{self.port}/log/host{number}/1"
            log = HostileLog(origin)
            self.logs[f"/log/host{number}/1"] = self.logs[f"/mirror/{origin_hash(origin)}"] = log

    @property
    def origins(self) -> list[str]:
        """The origins of its logs."""
        return sorted({log.origin for log in self.logs.values()})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[HostileHost]:
        """Answer while the block runs."""
        tasks: set[asyncio.Task[None]] = set()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            # Whoever is cancelled when the server ends has nothing to clean up.
            with suppress(OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
                request = await reader.readuntil(b"\r\n\r\n")
                await self._answer(request.split(b" ", 2)[1].decode("latin-1"), writer)
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", self.port)
        async with server:
            yield self
            for task in list(tasks):
                task.cancel()

    async def _answer(self, path: str, writer: asyncio.StreamWriter) -> None:
        attack, file = self.attack, path.partition("?")[0]
        prefix = next((each for each in self.logs if file.startswith(each + "/")), "")
        if attack in _HEADS:
            await _endless(writer, attack)
        elif attack == "slow":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            for portion in cycle([b"x"]):
                writer.write(portion)
                await writer.drain()
                await asyncio.sleep(1)
        elif attack == "bomb":
            head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(_bomb())}\r\n\r\n"
            writer.write(head.encode() + _bomb())
            await writer.drain()
        else:
            body = self._file(self.logs[prefix], file.removeprefix(prefix + "/")) if prefix else None
            status = "404 Not Found" if body is None else "200 OK"
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body or b'')}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode() + (body or b""))
            await writer.drain()

    def _file(self, log: HostileLog, path: str) -> bytes | None:
        if path == "checkpoint":
            return log.note(self.now, 2**62 if self.attack == "size" else 0)
        if path.startswith("keys/"):
            return log.key_note if path == "keys/1" else None
        return log.file(path)


async def _endless(writer: asyncio.StreamWriter, attack: str) -> None:
    writer.write(_HEADS[attack])
    portion = b"10000\r\n" + _PORTION + b"\r\n" if "chunks" in attack else _PORTION
    while True:
        writer.write(portion)
        await writer.drain()
