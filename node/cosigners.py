"""Collecting the cosignatures of others on checkpoints that neighbours show.

Those whom the operator's policy or configuration names are collected, and the mirrors and witnesses at
followed nodes, as their cards name them. A line is kept once it verifies, for a tree that is held, with a
time that is believed; the served checkpoint then carries it (``store.cosigned``), and so it travels on.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from protocol.checkpoint import Checkpoint
from protocol.cosignature import verify_cosignature
from protocol.errors import MalformedError, ProtocolError
from protocol.keys import KeyType, VerifierKey
from protocol.note import Note

from .cards import kept_card
from .errors import KeyFileError
from .home import Home
from .own.cosigner import mirror_keys
from .store.cosigned import RENEWAL_SECONDS, Cosigned, cosigned_by, keep_cosigned
from .store.logs import LogRow

_NAMED: Final = 0
_SUGGESTED: Final = 1


@dataclass(frozen=True, slots=True)
class Cosigner:
    """Somebody whose cosignatures are collected.

    Attributes:
        key: Their key.
        rank: 0 when the operator's policy or configuration names them, else 1.
    """

    key: VerifierKey
    rank: int


Cosigners = Mapping[tuple[str, bytes], Cosigner]
"""By name and ID of the key, as signature lines have them."""


def known_cosigners(home: Home) -> Cosigners:
    """Return whose cosignatures are collected; never this node's own key."""
    found: dict[tuple[str, bytes], Cosigner] = {}
    for (stored,) in home.database.connection.execute(
        "SELECT card FROM peer WHERE card IS NOT NULL ORDER BY added_at, url"
    ):
        card = kept_card(stored)
        vkeys = (
            (card.mirror, card.mirror_mldsa44, card.witness, card.witness_mldsa44) if card is not None else ()
        )
        for vkey in vkeys:
            with contextlib.suppress(MalformedError):
                key = VerifierKey.parse(vkey)
                if key.type is not KeyType.ED25519:
                    found[key.name, key.key_id] = Cosigner(key, _SUGGESTED)
    named = [VerifierKey.parse(each.vkey) for each in home.config.witnesses]
    for key in (*named, *home.policy.witnesses.values()):
        found[key.name, key.key_id] = Cosigner(key, _NAMED)
    with contextlib.suppress(KeyFileError):
        for own in mirror_keys(home):
            found.pop((own.name, own.vkey.key_id), None)
    return found


def collect(home: Home, row: LogRow, note: bytes, cosigners: Cosigners) -> int:
    """Keep the cosignatures that a note of a held tree carries; return how many were new.

    Args:
        home: The node.
        row: The log.
        note: A checkpoint of a tree that is held, with whatever lines it came with.
        cosigners: Whose lines to look at.
    """
    parsed = Note.parse(note)
    checkpoint = Checkpoint.parse(parsed.text)
    known = cosigned_by(home.database.connection, row.id)
    latest, found = home.now() + home.config.limits.ahead_seconds, []
    for line in parsed.signatures:
        cosigner = cosigners.get((line.name, line.key_id))
        if cosigner is None:
            continue
        vkey = str(cosigner.key)
        size, since = known.get(vkey, (0, 0))
        if checkpoint.size < size:
            continue
        try:
            time = verify_cosignature(checkpoint, cosigner.key, line)
        except ProtocolError:
            # Whoever passes a note on may have made the line up; the log's own signature stands.
            continue
        if time <= latest and (checkpoint.size > size or time >= since + RENEWAL_SECONDS):
            tree = (checkpoint.size, checkpoint.root)
            found.append(Cosigned(vkey, cosigner.key.name, cosigner.rank, *tree, time, line))
    if found:
        with home.database.write() as connection:
            keep_cosigned(connection, row.id, found)
    return len(found)
