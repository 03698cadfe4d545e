"""``fedcat verify``: check a proof of an entry, or evidence of a fork, with nothing but the file."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from protocol.evidence import ForkFacts, verify_fork
from protocol.keyset import grouped
from protocol.leaf import Op
from protocol.origin import address
from protocol.proof import MAX_BYTES, VerifiedEntry, verify_entry_proof

from .exits import ExitCode
from .fingerprints import fingerprint_option
from .output import answer, fields, hint, moment
from .settings import Settings, command


@command("verify")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@fingerprint_option
def verify(settings: Settings, *, file: Path, fingerprint: str | None) -> int:
    """Check a proof or evidence; needs no node and no network.

    Without --fingerprint a file shows that somebody signed what is in it, not that it was the
    publisher you mean. A proof says that the entry was published, not that it is current.
    """
    data = _read(file)
    # Evidence is a map in msgpack; a proof begins with a line of text.
    is_fork = data[:1] >= b"\x80"
    pinned = fingerprint is not None
    if is_fork:
        _show_fork(settings, verify_fork(data, fingerprint), pinned=pinned)
    else:
        _show_entry(settings, verify_entry_proof(data, fingerprint))
    if not pinned:
        hint(settings, "The publisher is whoever holds this fingerprint: compare it, or give --fingerprint.")
    return ExitCode.OK


def _show_entry(settings: Settings, entry: VerifiedEntry) -> None:
    shown = {
        "entry": address(entry.origin, entry.id),
        "position": f"{entry.index} of {entry.size}",
        "publisher": grouped(entry.fingerprint),
        "seen alive": moment(entry.beat_time),
        "name": _name(entry.payload),
    }
    answer(settings, _document(entry), "Verified: this entry was published.\n" + fields(shown))


def _show_fork(settings: Settings, fork: ForkFacts, *, pinned: bool) -> None:
    shown = {
        "log": fork.origin,
        "publisher": grouped(fork.fingerprint),
        **{
            f"signed, {size} entries": f"{root.hex()} (key set {version})"
            for size, root, version in zip(fork.sizes, fork.roots, fork.versions, strict=True)
        },
    }
    if fork.sizes[0] == fork.sizes[1]:
        shown |= {f"signed, {fork.sizes[0]} entries": " and ".join(root.hex() for root in fork.roots)}
    document = {
        "verified": True,
        "kind": "fork",
        "pinned": pinned,
        "origin": fork.origin,
        "fingerprint": fork.fingerprint,
        "heads": [
            {"size": size, "root": root.hex(), "keys": version}
            for size, root, version in zip(fork.sizes, fork.roots, fork.versions, strict=True)
        ],
    }
    text = "Verified: the holder of this log's key signed two histories.\n"
    answer(settings, document, text + fields(shown))


def _read(file: Path) -> bytes:
    """Return the file's bytes, or those of stdin for ``-``; nothing endless is read."""
    # One byte more than any proof may have: enough to be refused as too long.
    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _document(entry: VerifiedEntry) -> dict[str, object]:
    """Return what was proven, as ``verify --json`` shows it."""
    return {
        "verified": True,
        "pinned": entry.pinned,
        "origin": entry.origin,
        "fingerprint": entry.fingerprint,
        "address": address(entry.origin, entry.id),
        "id": entry.id.hex(),
        "index": entry.index,
        "size": entry.size,
        "root": entry.root.hex(),
        "op": Op(entry.leaf.op).name.lower(),
        "beat": moment(entry.beat_time),
        "statement": entry.payload,
    }


def _name(payload: object) -> str | None:
    """Return a name to show, in whatever language comes first."""
    names = payload.get("name") if isinstance(payload, dict) else None
    return next((str(text) for text in names.values()), None) if isinstance(names, dict) else None
