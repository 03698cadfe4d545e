"""Key sets in force: who may rotate, and which key signs which size.

Version 1 is signed by a threshold of its own roots. Each later version is signed by
a threshold of the roots before it *and* of its own (TUF's rule), counted by public
key. A thief of the log key can therefore sign checkpoints but never stay: the roots
rotate him out. **Size decides the key**::

    key set   after    in force for checkpoints of size
       1         0        1 ... 1840
       2      1840     1841 ... 9000
       3      9000     9001 ...

The leaf at each ``after`` commits to its set, so a rotation is part of the tree and
nobody can be shown another one for the same size.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .checkpoint import Checkpoint
from .cosignature import verify_cosignature
from .errors import MalformedError, ProtocolError, SignatureError
from .keytext import MAX_KEY_SET, KeySet, Predecessor
from .note import Note, open_note
from .origin import MAX_ORIGIN

# A key set and the chain it stands in are one subject to everybody else; the text
# format is a module of its own for its length.
__all__ = ["KeyChain", "KeySet", "Predecessor", "RootConflictError", "grouped"]


@dataclass(eq=False)
class RootConflictError(ProtocolError):
    """Two valid key sets of one version: a root was stolen, or misused.

    Attributes:
        origin: The log.
        version: The version that exists twice.
        held: The key-set note held so far.
        other: The note that contradicts it. Both together are the evidence.
    """

    origin: str
    version: int
    held: bytes
    other: bytes

    def __str__(self) -> str:
        """Return one sentence about both."""
        return f"key set: two valid sets of version {self.version} exist for {self.origin}"


@dataclass(frozen=True, slots=True)
class KeyChain:
    """Verified key sets 1 to n of one log. Made by ``start`` and ``extend`` only.

    Attributes:
        sets: The key sets, by version.
        notes: The signed notes that they came from, as received.
    """

    sets: tuple[KeySet, ...]
    notes: tuple[bytes, ...]

    @classmethod
    def start(cls, note: bytes, *, fingerprint: str | None, origin: str | None) -> "KeyChain":
        """Return the chain that a note with key set 1 begins.

        Args:
            note: The signed note.
            fingerprint: The pinned identity, or None when nothing is pinned yet.
            origin: The name that the log must have, or None for any.

        Raises:
            MalformedError: The note holds no key set of version 1.
            SignatureError: Too few of its roots signed it, or it is another
                publisher's than the one asked for.
        """
        opened, first = _read(note)
        if first.version != 1:
            raise MalformedError("key set", f"is version {first.version} where version 1 belongs")
        if origin is not None and first.origin != origin:
            raise SignatureError("key set", f"is of {first.origin}, not of {origin}")
        if fingerprint is not None and first.fingerprint != fingerprint:
            raise SignatureError("key set", f"has the fingerprint {first.fingerprint}, not {fingerprint}")
        _check_threshold(opened, (first,))
        return cls((first,), (note,))

    def extend(self, note: bytes) -> "KeyChain":
        """Return the chain with one more key set.

        Raises:
            MalformedError: The note does not hold the next version for this log.
            SignatureError: Too few roots of the newest set or of its own signed it.
        """
        opened, following = _read(note)
        self._check_following(opened, following, self.newest)
        return KeyChain((*self.sets, following), (*self.notes, note))

    @property
    def newest(self) -> KeySet:
        """The key set of the highest version."""
        return self.sets[-1]

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.sets[0].origin

    @property
    def fingerprint(self) -> str:
        """The publisher's identity: the fingerprint of key set 1."""
        return self.sets[0].fingerprint

    @property
    def commitments(self) -> Mapping[int, tuple[bytes, int]]:
        """What the keys leaf at each ``after`` must hold: commitment and length of the text."""
        return MappingProxyType({held.after: (held.digest, len(held.text.encode())) for held in self.sets})

    def key_for(self, size: int) -> KeySet:
        """Return the key set in force for checkpoints of a size.

        Raises:
            ValueError: The size is not positive. No fedcat log signs an empty tree.
        """
        if size <= 0:
            raise ValueError("no key signs a tree without leaves")
        return next(held for held in reversed(self.sets) if held.after < size)

    def open_checkpoint(self, note: Note) -> Checkpoint:
        """Return the checkpoint of a note that this log signed.

        Raises:
            MalformedError: The text is no checkpoint of a fedcat log.
            SignatureError: It is of another log, or not signed by the log key that
                its size decides.
        """
        checkpoint = Checkpoint.parse(note.text)
        if checkpoint.origin != self.origin:
            # Anything may stand there, at any length: what people will read is cut and escaped.
            shown = ascii(checkpoint.origin[:MAX_ORIGIN])
            raise SignatureError("checkpoint", f"is of {shown}, not of {self.origin}")
        if checkpoint.size == 0:
            raise MalformedError("checkpoint", "has no leaf, not even that of key set 1")
        open_note(note, (self.key_for(checkpoint.size).log,))
        return checkpoint

    def beat_time(self, note: Note) -> int | None:
        """Return when the log's heartbeat signed a checkpoint, in POSIX seconds.

        Args:
            note: A note that ``open_checkpoint`` accepts.

        Returns:
            The time, or None when the beat key in force has no line in the note.

        Raises:
            MalformedError: The text is no checkpoint of this log, or the line has
                another length.
            SignatureError: The checkpoint or the line does not verify.
        """
        checkpoint = self.open_checkpoint(note)
        beat = self.key_for(checkpoint.size).beat
        line = next((line for line in note.signatures if line.is_by(beat)), None)
        return None if line is None else verify_cosignature(checkpoint, beat, line)

    def check_conflict(self, note: bytes) -> None:
        """Return when a key-set note agrees with the held set of its version.

        A stranger's version 1 under the same name is no conflict, only another
        publisher: it counts when the pinned roots signed it as well.

        Args:
            note: A key-set note that somebody shows, of any version.

        Raises:
            RootConflictError: The note is valid, and differs from the set held.
            MalformedError: The note holds no key set that could follow.
            SignatureError: Too few roots signed it.
        """
        opened, shown = _read(note)
        if shown.version > len(self.sets):
            return
        held = self.sets[shown.version - 1]
        if shown.text == held.text:
            return
        if shown.version == 1:
            if shown.origin != self.origin:
                raise MalformedError("key set", f"is of {shown.origin}, not of {self.origin}")
            _check_threshold(opened, (held, shown))
        else:
            self._check_following(opened, shown, self.sets[shown.version - 2])
        raise RootConflictError(self.origin, shown.version, self.notes[shown.version - 1], note)

    def check_successor_of(self, predecessor: "KeyChain") -> None:
        """Return when this log continues another with its roots' consent.

        That the predecessor's tree has the stated root at the stated size is for
        whoever holds that tree to check.

        Args:
            predecessor: The other log's key sets, up to its newest.

        Raises:
            MalformedError: This log names no predecessor.
            SignatureError: It names another one, or an older key set of it, or too
                few of that log's newest roots signed this log's key set 1.
        """
        named = self.sets[0].predecessor
        if named is None:
            raise MalformedError("key set", "names no predecessor")
        if named.origin != predecessor.origin or named.newest != predecessor.newest.fingerprint:
            raise SignatureError("key set", f"does not continue {predecessor.origin} as it stands")
        opened, _ = _read(self.notes[0])
        _check_threshold(opened, (predecessor.newest, self.sets[0]))

    def _check_following(self, note: Note, following: KeySet, previous: KeySet) -> None:
        """Raise unless a key set may come right after another one of this log."""
        if following.origin != self.origin:
            raise MalformedError("key set", f"is of {following.origin}, not of {self.origin}")
        if following.version != previous.version + 1:
            raise MalformedError(
                "key set", f"is version {following.version} where version {previous.version + 1} belongs"
            )
        if following.after <= previous.after:
            raise MalformedError("key set", "'after' does not rise")
        _check_threshold(note, (previous, following))


def grouped(fingerprint: str) -> str:
    """Return a fingerprint in fours, as people read it to each other: ``3f2a 91c0 …``."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def _read(note: bytes) -> tuple[Note, KeySet]:
    """Return a key-set note and its key set, signatures unchecked."""
    parsed = Note.parse(note, MAX_KEY_SET)
    return parsed, KeySet.parse(parsed.text)


def _check_threshold(note: Note, sets: Iterable[KeySet]) -> None:
    """Raise SignatureError unless enough roots of each set signed, counted by public key."""
    sets = tuple(sets)
    opened = open_note(note, dict.fromkeys(root for held in sets for root in held.roots))
    signers = {key.public for key, _ in opened.verified}
    for held in sets:
        count = len(signers & {root.public for root in held.roots})
        if count < held.threshold:
            raise SignatureError(
                "key set",
                f"{count} roots of version {held.version} of {held.origin} signed, not {held.threshold}",
            )
