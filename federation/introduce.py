"""First contact: what a node says it has, and who a log's publisher is. Nothing is stored here.

A node's card, ``/.well-known/fedcat``, is a hint and trusted for nothing::

    {"fedcat": 1, "software": "fedcat/0.1.0", "mirror": "directory.oslo.example/mirror+5f0c...",
     "logs": [{"origin": "directory.oslo.example/log/oslo/1",
               "url": "https://directory.oslo.example/log/oslo/1", "fingerprint": "3f2a91c0..."}]}

What counts are the key sets: whoever follows confirms the fingerprint of the first one, and all
later ones are signed by it and by each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from protocol.errors import ProtocolError
from protocol.keyset import KeyChain
from protocol.origin import Origin
from protocol.tiles import keys_path

from .asking import Asker
from .faults import Fault, FaultError, FaultKind, fault_of
from .limits import Limits
from .offers import CHECKPOINT, extend_chain, open_offer
from .response import Fetch
from .sources import Source, mirror_prefix

CARD = ".well-known/fedcat"
POLICY = "policy"

_LIMITS = Limits()
_MAX_KEY_SETS = 256


class CardLog(msgspec.Struct, frozen=True):
    """One log that a node says it hosts.

    Attributes:
        origin: The log's name.
        url: Prefix of its files.
        fingerprint: What the node says the publisher's fingerprint is.
    """

    origin: str
    url: str = ""
    fingerprint: str = ""


class CardSuccessor(msgspec.Struct, frozen=True):
    """One log that a node carries and that continues another, as far as the node says.

    Attributes:
        origin: The log's name.
        predecessor: The log that it continues.
    """

    origin: str
    predecessor: str


class Card(msgspec.Struct, frozen=True):
    """What a node says about itself.

    Attributes:
        logs: The logs that it hosts.
        mirror: Verifier key of its mirror cosignatures; empty when it has none.
        software: Name and version.
        successors: Carried logs, own ones too, that continue others.
        mirror_mldsa44: Verifier key of its ML-DSA-44 cosignatures; empty when it has none.
        witness: Verifier key of its cosignatures as a witness; empty when it is none.
        witness_mldsa44: Verifier key of its ML-DSA-44 ones; empty when it makes none.
        policy: Hex SHA-256 of its policy document, which is at ``/policy``; empty when it has none.
    """

    logs: tuple[CardLog, ...]
    mirror: str = ""
    software: str = ""
    successors: tuple[CardSuccessor, ...] = ()
    mirror_mldsa44: str = ""
    witness: str = ""
    witness_mldsa44: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """A log as a source shows it; verified in itself, and not yet trusted by anybody.

    Attributes:
        origin: The log's name.
        chain: Its key sets; ``chain.fingerprint`` is what a person confirms.
        note: Its checkpoint, with the log's line and the heartbeat's.
        size: Size of that checkpoint.
    """

    origin: str
    chain: KeyChain
    note: bytes
    size: int


class _Version(msgspec.Struct):
    fedcat: int


# Made once: msgspec looks at a struct when it is first used, and crashes when two threads do so at once.
_read_version: Final = msgspec.json.Decoder(_Version).decode
read_card_bytes: Final = msgspec.json.Decoder(Card).decode
"""Reads a card; raises ``DecodeError`` (of msgspec), ``UnicodeDecodeError`` or ``RecursionError``."""


async def read_card(fetch: Fetch, base_url: str, *, limits: Limits = _LIMITS) -> Card:
    """Return a node's card.

    Args:
        fetch: The bounded fetcher.
        base_url: The node's address.
        limits: The bounds.

    Raises:
        FaultError: The node does not answer, or is no fedcat node.
    """
    body = await _body(fetch, Source(base_url.rstrip("/")), CARD, limits.card_bytes, limits)
    if body is None:
        raise FaultError(Fault(FaultKind.UNREACHABLE, CARD, "there is no fedcat node at this address"))
    try:
        version = _read_version(body).fedcat
        if version != 1:
            raise FaultError(Fault(FaultKind.MALFORMED, CARD, f"it is of version {version}, not 1"))
        return read_card_bytes(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FaultError(Fault(FaultKind.MALFORMED, CARD, f"it is not a node's card: {error}")) from error


async def read_policy(fetch: Fetch, base_url: str, *, limits: Limits = _LIMITS) -> str:
    """Return a node's policy document, for people.

    Args:
        fetch: The bounded fetcher.
        base_url: The node's address.
        limits: The bounds.

    Raises:
        FaultError: The node does not answer, or with no text.
    """
    body = await _body(fetch, Source(base_url.rstrip("/")), POLICY, limits.policy_bytes, limits)
    if body is None:
        raise FaultError(Fault(FaultKind.UNREACHABLE, POLICY, "its card speaks of one, and it is not there"))
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FaultError(Fault(FaultKind.MALFORMED, POLICY, "it is not UTF-8")) from error


def files_at(base_url: str, origin: Origin) -> str:
    """Return where a log's files are at an address: at itself when it ends as the origin does, else mirrored.

    Args:
        base_url: A node's address, or the prefix of one log's files.
        origin: The log.
    """
    base = base_url.rstrip("/")
    return base if base.endswith(f"/log/{origin.name}/{origin.epoch}") else mirror_prefix(base, origin)


async def introduce(
    fetch: Fetch, prefix: str, origin: str | None, *, limits: Limits = _LIMITS
) -> Introduction:
    """Return the log whose files lie under a prefix.

    Args:
        fetch: The bounded fetcher.
        prefix: URL prefix of the files, such as ``https://node.example/mirror/3f2a...``.
        origin: The name that the log must have, or None for any.
        limits: The bounds.

    Raises:
        FaultError: There is no such log, or what is there does not verify.
    """
    source = Source(prefix.rstrip("/"))
    path = keys_path(1)
    first = await _body(fetch, source, path, limits.keys_bytes, limits)
    if first is None:
        raise FaultError(Fault(FaultKind.UNREACHABLE, path, "there is no log under this prefix"))
    try:
        chain = KeyChain.start(first, fingerprint=None, origin=origin)
    except ProtocolError as error:
        raise FaultError(fault_of(error, path)) from error
    while len(chain.sets) < _MAX_KEY_SETS:
        path = keys_path(chain.newest.version + 1)
        following = await _body(fetch, source, path, limits.keys_bytes, limits)
        if following is None:
            break
        chain = extend_chain(chain, following)
    note = await _body(fetch, source, CHECKPOINT, limits.checkpoint_bytes, limits)
    if note is None:
        raise FaultError(Fault(FaultKind.UNREACHABLE, CHECKPOINT, "there is no checkpoint under this prefix"))
    offer = open_offer(chain, note, source, limits.checkpoint_bytes)
    return Introduction(chain.origin, chain, offer.note, offer.size)


async def _body(fetch: Fetch, source: Source, path: str, limit: int, limits: Limits) -> bytes | None:
    response = await Asker(fetch, (source,), limits).get(source, path, limit)
    return None if response is None else response.body
