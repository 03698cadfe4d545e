"""Changing the keys of an own log: planned, or because one was stolen.

A rotation is a new key set with a new log key and a new heartbeat key, signed by a threshold of the roots
before it and of its own. It begins at a size: the leaf at ``after`` commits to it, and every checkpoint
that holds this leaf is signed by the new key::

    plan       makes the keys, which never leave this node, and the text
    signed     by the roots, here or on machines without a network (``rootkeys``)
    put_in_force  the key set is published; from then on it is final
    sequence   appends the keys leaf as soon as the log has that many leaves

A thief of the log key is rotated out with ``after`` at the current size: what he signs beyond it is signed
by no key in force. Two signed sets of one version are a root conflict, so nothing replaces a set that was
published, and a text that was signed but went stale is never put in force later.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import InvalidInputError, NotClearedError
from node.store.trail import note_deed
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeySet

from .clearance import own_row, why_not_sign
from .headlock import HeadLock
from .keyfiles import load_key, new_key, save_key
from .rootkeys import Prepared

if TYPE_CHECKING:
    import sqlite3

    from node.home import Home

_HINT = "`fedcat key show` tells what stands now"


@dataclass(frozen=True, slots=True)
class Change:
    """What a rotation changes beside the log key and the heartbeat key.

    Attributes:
        after: Leaves after which it begins; None for the current size.
        added: Public halves of new roots.
        dropped: Names or public halves of roots that go.
        threshold: How many roots must sign from now on; None for as many as before.
        urls: Where the files are; None for where they were.
    """

    after: int | None = None
    added: tuple[VerifierKey, ...] = ()
    dropped: tuple[str, ...] = ()
    threshold: int | None = None
    urls: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A rotation before anybody signed it.

    Attributes:
        prepared: The key set's text.
        secrets: Its log key and its heartbeat key.
    """

    prepared: Prepared
    secrets: tuple[SigningKey, SigningKey]

    def keep_secrets(self, home: "Home") -> None:
        """Store the private keys, durably; without them the key set could not be put in force."""
        for key in self.secrets:
            save_key(home.keys_dir, key)


def plan(home: "Home", origin: str, change: Change) -> Plan:
    """Return the next key set of an own log, with fresh keys; nothing is stored.

    Args:
        home: The home.
        origin: An own log.
        change: What else changes.

    Raises:
        NotFoundError: The log is not an own one.
        InvalidInputError: The parts make no key set, or it would begin in the past.
    """
    row = own_row(home, origin)
    return plan_after(row.chain.newest, row.size, change)


def plan_after(newest: KeySet, size: int, change: Change) -> Plan:
    """Return a key set that follows another, with fresh keys.

    Args:
        newest: The newest key set of the log.
        size: Its current size.
        change: What else changes.

    Raises:
        InvalidInputError: The parts make no key set, or it would begin in the past.
    """
    secrets = new_key(newest.origin, KeyType.ED25519), new_key(newest.origin, KeyType.COSIGNATURE_ED25519)
    log, beat = (key.vkey for key in secrets)
    after = size if change.after is None else change.after
    if after < size or after <= newest.after:
        raise InvalidInputError(
            f"a key set cannot begin after {after} leaves: there are {size}, and the newest begins"
            f" after {newest.after}",
            hint=_HINT,
        )
    roots = tuple(sorted((*_left(newest, change.dropped), *change.added), key=str))
    threshold = newest.threshold if change.threshold is None else change.threshold
    urls = newest.urls if change.urls is None else change.urls
    try:
        keys = KeySet(newest.origin, newest.version + 1, after, roots, threshold, log, beat, urls)
    except ValueError as error:
        raise InvalidInputError(f"this makes no key set: {error}", hint=_HINT) from None
    return Plan(Prepared.of(keys), secrets)


def put_in_force(home: "Home", origin: str, prepared: Prepared, actor: str) -> KeySet:
    """Publish a signed key set of an own log; the sequencer appends its leaf when the log is there.

    Doing it again with the same key set changes nothing.

    Args:
        home: The home; this process must be cleared to sign.
        origin: An own log.
        prepared: The key set with its signatures.
        actor: Who decided, for the record.

    Returns:
        The key set.

    Raises:
        InvalidInputError: Signatures are missing, or the log has grown beyond its beginning.
        ProtocolError: It does not follow the newest key set, or a signature does not hold.
        KeyFileError: Its private keys are not here.
        NotClearedError: This node may not sign now, so it cannot know how far the log got.
        LockedError: Another process appends to the log.
    """
    head_lock = HeadLock.of(home, own_row(home, origin))
    with head_lock.writer.held(f"log {origin}"):
        row = own_row(home, origin)
        chain, keys = row.chain, prepared.keys
        if keys.text == chain.newest.text:
            return keys
        chain = prepared.extend(chain)
        why_not = why_not_sign(home, row, head_lock)
        if why_not is not None:
            raise NotClearedError(origin, why_not)
        if keys.after < row.size:
            raise InvalidInputError(
                f"the key set begins after {keys.after} leaves, and the log has {row.size} by now",
                hint="prepare another one, destroy this one, and publish nothing in between",
            )
        for key in (keys.log, keys.beat):
            load_key(home.keys_dir, key)

        def record(connection: "sqlite3.Connection") -> None:
            detail = {"version": keys.version, "after": keys.after}
            note_deed(connection, home.now(), actor, "key rotate", origin, detail)

        home.logs.store(origin).keep_chain(chain, also=record)
    return keys


def _left(newest: KeySet, dropped: tuple[str, ...]) -> tuple[VerifierKey, ...]:
    """Return the roots that stay.

    Raises:
        InvalidInputError: One that goes is none.
    """
    names = {name for root in newest.roots for name in (root.name, str(root))}
    for name in dropped:
        if name not in names:
            known = ", ".join(root.name for root in newest.roots)
            raise InvalidInputError(f"{name} is no root of {newest.origin}", hint=f"the roots are: {known}")
    return tuple(root for root in newest.roots if root.name not in dropped and str(root) not in dropped)
