"""Who may be followed because others vouch for them: the operator's allow rule.

::

    oslo   vouches for  lyon.example/log/lyon/1  3f2a…  until 2027-05-01    ┐ two that share neither host
    bergen vouches for  lyon.example/log/lyon/1  3f2a…  until 2027-01-31    ┘ nor root key: it may come in
    quay   vouches for  lyon.example/log/lyon/1  77c0…                        … were it not for this one

A vouch counts from the day on which it was issued to the end of the day on which it expires, and for the
fingerprint that it names alone. Vouchers that share a host or a root key are perhaps one: of those only one
counts, so that a thousand names at one place are worth as much as one. Where vouches that hold name two
fingerprints for one origin, nobody comes in by the rule: people have to look. Pure: days and dice are
passed in, and no order of arrival matters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllowRule:
    """Whom the operator lets in without being asked.

    Attributes:
        vouchers: How many independent vouchers it takes; 0 turns the rule off.
        at_most: Logs that are followed by a rule at most, however many are vouched for.
        chains: Whether publishers that came in by the rule may vouch too. Without it, trust goes one step.
    """

    vouchers: int = 0
    at_most: int = 200
    chains: bool = False


@dataclass(frozen=True, slots=True)
class Voucher:
    """A publisher that vouches for others.

    Attributes:
        origin: Its log.
        marks: What it has in common with whoever is perhaps the same: its hosts, its root keys.
    """

    origin: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vouch:
    """One publisher's word that an origin is somebody's.

    Attributes:
        by: Origin of the voucher.
        fingerprint: Of whoever the origin belongs to.
        issued: First day on which it holds, as ``2026-11-02``.
        expires: Last day, in the same form; empty for none, which holds on no day.
        address: The statement.
    """

    by: str
    fingerprint: str
    issued: str
    expires: str
    address: str = ""

    def holds(self, today: str) -> bool:
        """Report whether it holds on a day, given as ``2026-11-02``, in UTC."""
        return self.issued <= today <= self.expires


@dataclass(frozen=True, slots=True)
class Weighed:
    """What vouches for one origin come to.

    Attributes:
        support: Fingerprint → origins of the independent vouchers that name it, sorted.
        allowed: The fingerprint under which the rule lets the origin in, or None.
        reason: Why it does not, as a clause; empty where it does.
    """

    support: Mapping[str, tuple[str, ...]]
    allowed: str | None
    reason: str


def day_of(seconds: int) -> str:
    """Return the day of a time, in UTC, as vouches and lists write it: ``2026-11-02``."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()


def weigh(vouches: Iterable[Vouch], vouchers: Mapping[str, Voucher], rule: AllowRule, today: str) -> Weighed:
    """Return what the vouches for one origin come to.

    Args:
        vouches: All that are known, in any order.
        vouchers: Origin → publisher whose word counts; vouches by others do not.
        rule: The operator's.
        today: The day in UTC, as ``2026-11-02``.
    """
    named: dict[str, set[str]] = {}
    for vouch in vouches:
        if vouch.by in vouchers and vouch.holds(today):
            named.setdefault(vouch.fingerprint, set()).add(vouch.by)
    support = {
        fingerprint: tuple(each.origin for each in independent(vouchers[by] for by in named[fingerprint]))
        for fingerprint in sorted(named)
    }
    if len(support) > 1:
        return Weighed(support, None, "vouchers name different fingerprints")
    found = next(iter(support.items()), None)
    if not rule.vouchers:
        return Weighed(support, None, "no rule lets anybody in")
    if found is None or len(found[1]) < rule.vouchers:
        count = 0 if found is None else len(found[1])
        return Weighed(
            support, None, f"{count} of {rule.vouchers} independent publishers vouch for one fingerprint"
        )
    return Weighed(support, found[0], "")


def independent(vouchers: Iterable[Voucher]) -> tuple[Voucher, ...]:
    """Return vouchers of which no two share a mark, as many as are found, by origin.

    Those who share with the fewest are taken first, so that one who lays claim to the keys of two others
    cannot make these two count as one. It never counts too many; to find the most there could be is hard.
    """
    left = {voucher.origin: voucher for voucher in vouchers}
    bearers: dict[str, set[str]] = {}
    for voucher in left.values():
        for mark in voucher.marks:
            bearers.setdefault(mark, set()).add(voucher.origin)
    sharing = {
        voucher.origin: len(set().union(*(bearers[mark] for mark in voucher.marks)))
        for voucher in left.values()
    }
    order = sorted(left.values(), key=lambda each: (sharing[each.origin], each.origin))
    chosen: list[Voucher] = []
    taken: set[str] = set()
    for voucher in order:
        if taken.isdisjoint(voucher.marks):
            chosen.append(voucher)
            taken |= voucher.marks
    return tuple(sorted(chosen, key=lambda each: each.origin))
