"""Which of several statements about one thing is shown first: headline values.

Nobody's statement is overwritten: every value stays with those who stated it. Only one can be
shown first, and it is decided in this order:

1. who has standing: a publisher that controls what joins the project;
2. the value that most independent publishers state, each of them once;
3. the operator's precedence: own logs, then others in the order in which they were followed,
   unless the configuration names another one;
4. the smallest hash of the value.

Precedence comes before the hash because anybody can make a value with a small hash: somebody new
who claims a well-known project then moves nothing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgpack

from protocol.packing import Value


@dataclass(frozen=True, slots=True)
class Said:
    """One value as one entry states it.

    Attributes:
        value: The value.
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
        value: The value.
        by: Addresses of the entries, sorted.
    """

    value: Value
    by: tuple[str, ...]


def ranked(said: Iterable[Said]) -> tuple[Stated, ...]:
    """Return every different value with who states it; the headline first, then as if it were not there."""
    by_value: dict[bytes, list[Said]] = defaultdict(list)
    everything = list(said)
    for each in everything:
        by_value[_packed(each.value)].append(each)
    voters = _voters(everything)
    has_owner = any(each.has_standing for each in everything)

    def rank(item: tuple[bytes, Sequence[Said]]) -> tuple[bool, int, int, bytes]:
        packed, those = item
        electing = [each for each in those if each.has_standing] if has_owner else those
        votes = sum(voters[each.voice, each.has_standing] is each for each in electing)
        first = min((each.precedence for each in electing), default=0)
        return not electing, -votes, first, hashlib.sha256(packed).digest()

    ordered = sorted(by_value.items(), key=rank)
    return tuple(Stated(those[0].value, tuple(sorted(each.by for each in those))) for _, those in ordered)


def _voters(said: Sequence[Said]) -> dict[tuple[str, bool], Said]:
    """Return for each voice, with and without standing, the one entry of its that counts: the newest."""
    found: dict[tuple[str, bool], Said] = {}
    for each in sorted(said, key=lambda one: (one.modified, one.by)):
        found[each.voice, each.has_standing] = each
    return found


def _packed(value: Value) -> bytes:
    """Return bytes that are equal for equal values, whatever the order of their keys."""
    return msgpack.packb(_sorted(value), use_bin_type=True)


def _sorted(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
