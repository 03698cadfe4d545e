"""Continuing a log under another name: a new epoch, another host, another word for the publisher.

When a log cannot go on (its head is lost, a thief forked it, its host's name is gone), its roots may name a
successor: a log of its own, whose key set 1 names the predecessor as it stood at its end, and is signed by
a threshold of the predecessor's newest roots beside its own. It states all live statements again, under the
same ids, so that addresses in the old log lead on to it. Followers move by themselves
(``node.successors``).
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from node.errors import InvalidInputError, NotFoundError
from node.store.trail import note_deed
from protocol.blob import SALT
from protocol.keys import KeyType, SigningKey, VerifierKey
from protocol.keyset import KeyChain, KeySet, Predecessor
from protocol.leaf import Op
from protocol.origin import Origin
from protocol.tiles import WIDTH

from . import drafts
from .clearance import grant
from .drafts import Draft
from .founding import Founded, origin_of, sheet_of, urls_of
from .headlock import HeadLock
from .keyfiles import load_key, new_key, save_key
from .rootkeys import Prepared, new_root
from .sequencer import sequence

if TYPE_CHECKING:
    from node.home import Home
    from node.store.logs import LogRow

_AT_ONCE = 1_000  # statements of one batch


@dataclass(frozen=True, slots=True)
class Succession:
    """A successor before the roots signed it.

    Attributes:
        prepared: Its key set 1, signed by a fresh root if there is one.
        secrets: Its log key and its heartbeat key.
        founded: The recovery sheet of the fresh root; None when its roots were made elsewhere.
    """

    prepared: Prepared
    secrets: tuple[SigningKey, SigningKey]
    founded: Founded | None

    def keep_secrets(self, home: "Home") -> None:
        """Store the private keys, durably."""
        for key in self.secrets:
            save_key(home.keys_dir, key)


def plan_successor(
    home: "Home",
    origin: str,
    *,
    log_name: str | None = None,
    roots: tuple[VerifierKey, ...] = (),
    threshold: int = 1,
) -> Succession:
    """Return what a successor of a carried log would be; nothing is stored.

    Args:
        home: The home that will publish it.
        origin: The predecessor, own or followed, as it stands here.
        log_name: Its name within this node's address; that of the predecessor without.
        roots: Public halves of its roots, named for the new origin; empty for a fresh one.
        threshold: How many of them must sign.

    Raises:
        NotFoundError: The predecessor is not carried here.
        InvalidInputError: The parts make no key set.
    """
    old = _carried(home, origin)
    named = Origin.parse(origin)
    new = _free_origin(home, log_name or named.name)
    fresh = None if roots else new_root(new, 1)
    secrets = new_key(new, KeyType.ED25519), new_key(new, KeyType.COSIGNATURE_ED25519)
    log, beat = (key.vkey for key in secrets)
    before = Predecessor(origin, old.size, old.root, old.chain.newest.fingerprint)
    lines = roots if fresh is None else (fresh.vkey,)
    try:
        keys = KeySet(
            new, 1, 0, tuple(sorted(lines, key=str)), threshold, log, beat, urls_of(home.config, new), before
        )
    except ValueError as error:
        raise InvalidInputError(f"this makes no key set: {error}") from None
    prepared = Prepared.of(keys)
    if fresh is None:
        return Succession(prepared, secrets, None)
    sheet = sheet_of(home.config.name, keys, fresh, home.now())
    return Succession(prepared.signed((fresh,)), secrets, Founded(new, keys.fingerprint, sheet))


def begin_successor(home: "Home", prepared: Prepared, actor: str) -> str | None:
    """Start a successor: keys leaf, then every live statement of the predecessor under its id.

    The predecessor is no own log of this node from then on. Doing it again changes nothing.

    Args:
        home: The home whose keys it names.
        prepared: Key set 1 with all signatures.
        actor: Who decided, for the record.

    Returns:
        Why it is not signed yet, as a clause, or None when it is.

    Raises:
        InvalidInputError: Signatures are missing, or the predecessor stands elsewhere by now.
        ProtocolError: A signature does not hold, or it continues another key set.
        NotFoundError: The predecessor is not carried here.
        KeyFileError: Its private keys are not here.
        NotClearedError: It was begun before the home was put back from a backup.
    """
    keys = prepared.keys
    if keys.predecessor is None:
        raise InvalidInputError(f"{keys.origin} names no predecessor", hint="`fedcat log add` starts a log")
    known = home.logs.get(keys.origin)
    if known is None:
        _add(home, prepared, keys.predecessor, actor)
    elif known.fingerprint != keys.fingerprint:
        raise InvalidInputError(f"{keys.origin} is here already, with another fingerprint")
    grant(home, keys.origin)
    return sequence(home, keys.origin)


def _add(home: "Home", prepared: Prepared, before: Predecessor, actor: str) -> None:
    keys, old = prepared.keys, _carried(home, before.origin)
    missing = prepared.lacking(old.chain.newest, keys)
    if missing is not None:
        raise InvalidInputError(missing, hint="each root signs with `fedcat key sign FILE --root SHEET`")
    chain = KeyChain.start(prepared.note.render(), fingerprint=None, origin=keys.origin)
    chain.check_successor_of(old.chain)
    if (before.size, before.root) != (old.size, old.root):
        raise InvalidInputError(
            f"{before.origin} has {old.size} leaves here, and the successor continues {before.size}",
            hint="prepare another one",
        )
    for key in (keys.log, keys.beat):
        load_key(home.keys_dir, key)
    HeadLock(home.lock_dir, chain.fingerprint).begin(keys.origin)

    def state_again(connection: sqlite3.Connection, log_id: int) -> None:
        statements = list(_live(home, old))
        for at in range(0, len(statements), _AT_ONCE):
            some = statements[at : at + _AT_ONCE]
            drafts.store(
                connection,
                log_id,
                [Draft(Op.PUT, id_, None) for id_, _ in some],
                [payload for _, payload in some],
                home.now(),
            )
        connection.execute("UPDATE log SET own = 0 WHERE id = ?", (old.id,))
        detail = {"predecessor": before.origin, "size": before.size, "statements": len(statements)}
        note_deed(connection, home.now(), actor, "key succeed", keys.origin, detail)
        connection.execute(
            "INSERT OR IGNORE INTO succession (log, origin, fingerprint, source, found_at)"
            " VALUES (?, ?, ?, '', ?)",
            (old.id, keys.origin, keys.fingerprint, home.now()),
        )

    home.logs.add(chain, own=True, also=state_again)
    clearance = home.clearances.pop(before.origin, None)
    if clearance is not None:
        clearance.release()


def _live(home: "Home", row: "LogRow") -> Iterator[tuple[bytes, bytes]]:
    """Yield id and payload of every live statement whose content is here, in the order of the log."""
    store = home.logs.store(row.origin)
    heads = sorted((index, id_) for id_, index in store.live())
    for bundle, members in groupby(heads, key=lambda head: head[0] // WIDTH):
        blobs = store.read_blobs(bundle)
        yield from ((id_, blobs[index][SALT:]) for index, id_ in members if index in blobs)


def _carried(home: "Home", origin: str) -> "LogRow":
    row = home.logs.get(origin)
    if row is None or not row.size:
        raise NotFoundError(f"log {origin}", hint="`fedcat follow` it first, and pull all of it")
    return row


def _free_origin(home: "Home", name: str) -> str:
    """Return the first epoch of a name at this node's address that was never used here."""
    epoch = 1
    while True:
        origin = str(origin_of(home.config, name, epoch))
        if home.logs.get(origin) is None and not home.logs.has_files(origin):
            return origin
        epoch += 1
