"""Which of several statements about one thing is shown first: headline values.

Nobody's statement is overwritten: every value stays with those who stated it. Only one can be
shown first. Where somebody has standing (controls what joins the project), only they decide;
else everybody does. Each independent publisher has one voice, and the headline is

1. the value that most of them state, if at least two do;
2. else what the first of them says, in the operator's precedence: own logs, then others in the
   order in which they were followed, unless the configuration names another order. If that one
   says nothing, there is no headline;

and among values stated equally often, that of the first in precedence, then the smallest hash.

Precedence comes before the hash because anybody can make a value with a small hash, and one voice
alone fills no gap because the first to fill it would decide what is there: one publisher who is
followed later and claims a well-known project moves nothing by its own word.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgpack

from protocol.packing import Value

_ENOUGH: Final = 2
"""Voices that outweigh the first one."""


@dataclass(frozen=True, slots=True)
class Said:
    """One value as one entry states it.

    Attributes:
        value: The value; None when the entry does not state one.
        by: The entry's address.
        voice: Who speaks; publishers that are not independent of each other share one.
        has_standing: Whether they control what joins the project.
        precedence: The operator's order, the smallest first.
        modified: When the publisher changed the entry, RFC 3339; of several entries of one voice the
            newest one counts.
    """

    value: Value
    by: str
    voice: str
    has_standing: bool = False
    precedence: int = 0
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """A value with everybody who states it.

    Attributes:
        value: The value; None for those who do not state one.
        by: Addresses of the entries, sorted.
    """

    value: Value
    by: tuple[str, ...]


def headline(said: Iterable[Said]) -> Value:
    """Return the value that is shown first; None where there is none."""
    electing = _electing(said)
    return _head(electing).value if electing else None


def ranked(said: Iterable[Said]) -> tuple[Stated, ...]:
    """Return every different value with who states it: the headline, then the others by votes.

    The headline has the value None where there is none.
    """
    everything = list(said)
    if not everything:
        return ()
    electing = _electing(everything)
    head = _head(electing)
    by_value = {packed(head.value): list[Said](), **_by_value(everything)}
    voices = _by_value(electing)
    (_, those), *others = by_value.items()
    others.sort(key=lambda item: _rank(item[0], voices.get(item[0], ())))
    order = [those or [head], *(those for _, those in others)]
    return tuple(Stated(those[0].value, tuple(sorted(each.by for each in those))) for those in order)


def _head(electing: Sequence[Said]) -> Said:
    """Return whose value is the headline."""
    lead = min(electing, key=lambda each: (each.precedence, each.by))
    if sum(each.value is not None for each in electing) < _ENOUGH:
        return lead
    _, those = min(_by_value(electing).items(), key=lambda item: _rank(*item))
    return those[0] if len(those) >= _ENOUGH else lead


def _by_value(said: Iterable[Said]) -> dict[bytes, list[Said]]:
    """Return who states what; whoever states nothing is left out."""
    found: dict[bytes, list[Said]] = defaultdict(list)
    for each in said:
        if each.value is not None:
            found[packed(each.value)].append(each)
    return found


def _rank(key: bytes, those: Sequence[Said]) -> tuple[int, int, bytes]:
    """Return what orders a value among others: voices, the first of them in precedence, its hash."""
    return -len(those), min((each.precedence for each in those), default=0), hashlib.sha256(key).digest()


def _electing(said: Iterable[Said]) -> list[Said]:
    """Return one entry for each voice that decides: the newest of those that state a value.

    Of several descriptions by one publisher each may leave out what another one has.
    """
    found: dict[str, Said] = {}
    everything = list(said)
    if len(everything) == 1:
        return everything
    has_owner = any(each.has_standing for each in everything)
    for each in sorted(everything, key=lambda one: (one.value is not None, one.modified, one.by)):
        if each.has_standing or not has_owner:
            found[each.voice] = each
    return list(found.values())


def packed(value: Value) -> bytes:
    """Return bytes that are equal for equal values only, whatever the order of their keys."""
    return msgpack.packb(_sorted(value), use_bin_type=True)


def _sorted(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
