"""Checkpoints that sources offer, and the key sets that decide who may sign them.

Pure: bytes in, a verified ``Offer`` or a named fault out. Size decides the key, so the key sets come
first and the signature after them (design order: origin, key sets, key by size, signature).
"""

from __future__ import annotations

from dataclasses import dataclass

from protocol.errors import ProtocolError, SignatureError
from protocol.keyset import KeyChain
from protocol.note import Note
from protocol.tiles import keys_path

from .faults import FaultError, fault_of
from .sources import Source

CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Offer:
    """A checkpoint that the log signed, and who handed it out.

    Attributes:
        source: Who handed it out.
        size: Tree size; at least 1.
        root: 32-byte root.
        note: The signed note with the log's line and the heartbeat's, nobody else's.
        beat: Time of the heartbeat in POSIX seconds; None where there is none.
        chain: The key sets under which it was verified.
    """

    source: Source
    size: int
    root: bytes
    note: bytes
    beat: int | None
    chain: KeyChain


def open_offer(chain: KeyChain, data: bytes, source: Source, max_bytes: int) -> Offer:
    """Return the offer that a checkpoint file makes.

    Args:
        chain: The verified key sets.
        data: The file.
        source: Who sent it.
        max_bytes: Longest note that is read.

    Raises:
        FaultError: "malformed" or "bad signature".
    """
    try:
        note = Note.parse(data, max_bytes)
        checkpoint = chain.open_checkpoint(note)
        beat = chain.beat_time(note)
    except ProtocolError as error:
        raise FaultError(fault_of(error, CHECKPOINT)) from error
    keys = chain.key_for(checkpoint.size)
    lines = [next(line for line in note.signatures if line.is_by(keys.log))]
    lines += [line for line in note.signatures if line.is_by(keys.beat)][:1]
    kept = Note(note.text, tuple(lines)).render()
    return Offer(source, checkpoint.size, checkpoint.root, kept, beat, chain)


def extend_chain(chain: KeyChain, data: bytes) -> KeyChain:
    """Return the chain with the next key set.

    Args:
        chain: The verified key sets.
        data: The file ``keys/<next version>``.

    Raises:
        FaultError: "malformed" or "bad signature".
    """
    try:
        return chain.extend(data)
    except ProtocolError as error:
        raise FaultError(fault_of(error, keys_path(chain.newest.version + 1))) from error


def is_fresher(offer: Offer, chain: KeyChain, held_note: bytes, latest: int) -> bool:
    """Report whether an offer of the held tree has a newer heartbeat than the held note.

    Args:
        offer: An offer of the held size and root.
        chain: The verified key sets.
        held_note: The note held, or empty.
        latest: Heartbeats after this time are not believed.
    """
    if offer.beat is None or offer.beat > latest or offer.note == held_note:
        return False
    try:
        held = chain.beat_time(Note.parse(held_note)) if held_note else None
    except SignatureError:
        # A key that was retired below this size signed it, which nobody had told us then.
        return True
    # A time that nobody believes was made by a wrong clock, and must not outlive its repair.
    return held is None or held > latest or offer.beat > held
