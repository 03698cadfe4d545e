"""What one log may cost: how long, how fast, how heavy, and how much of it without effect.

Checked as early as can be: the size of a signed checkpoint tells length and growth before anything is
fetched, the leaves tell the weight of their contents before one of these is fetched::

    size 5,000,000 of 1,000,000     →  not a tile is asked for
    9 GB of contents of 8 GB        →  the tree is there, no blob is asked for

A log over a limit stays where it is and is shown so; all others go on. Smaller checkpoints of it are taken as
ever, and a larger limit lets it go on from what is held. Growth is counted by the day, a week's worth can be
saved up, and the first copy of a log is no growth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import StrEnum

from .faults import Fault, FaultError, FaultKind
from .limits import Limits

DAY = 86_400
SAVED_DAYS = 7
"""Days of growth that a quiet log can save up: who changes everything once need not ask first."""


class Measure(StrEnum):
    """What is limited, by the name of its key in the configuration."""

    ENTRIES = "entries"
    NEW = "new_entries"
    BYTES = "kept_bytes"
    VOID = "void_leaves"


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of one log; see ``Limits`` for what each is for."""

    entries: int
    new_entries: int
    kept_bytes: int
    void_leaves: int


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """An operator's word about the limits of one publisher; what it does not name is as for everybody.

    Attributes:
        publisher: Its origin, or its fingerprint, which stays when the publisher moves.
        entries: As in ``Limits``.
        new_entries: As in ``Limits``.
        kept_bytes: As in ``Limits``.
        void_leaves: As in ``Limits``.
    """

    publisher: str
    entries: int | None = None
    new_entries: int | None = None
    kept_bytes: int | None = None
    void_leaves: int | None = None


@dataclass(frozen=True, slots=True)
class Excess:
    """By how much a checkpoint is over a limit.

    Attributes:
        measure: Which limit.
        wanted: What there would be with it.
        allowed: What there may be.
        size: Of the checkpoint.
    """

    measure: Measure
    wanted: int
    allowed: int
    size: int

    def __str__(self) -> str:
        """Return it as a clause, with the way out."""
        said = {
            Measure.ENTRIES: f"it has {self.wanted:,} leaves, of at most {self.allowed:,}",
            Measure.NEW: f"it grew by {self.wanted:,} leaves, of {self.allowed:,} by now",
            Measure.BYTES: f"its contents would take {self.wanted:,} bytes, of at most {self.allowed:,}",
            Measure.VOID: f"{self.wanted:,} of its leaves are without effect, of at most {self.allowed:,}",
        }[self.measure]
        way = (
            f"raise limits.{self.measure}, or {self.measure} for this publisher alone by `fedcat peer limit`"
        )
        return f"{said}; {way}"


@dataclass(eq=False)
class OverLimitError(FaultError):
    """What a log wants of us is more than the operator gives it.

    Attributes:
        excess: Of what, and how much.
    """

    excess: Excess


@dataclass(frozen=True, slots=True)
class Used:
    """What a log has cost so far.

    Attributes:
        kept_bytes: Of its contents on the disk.
        void_leaves: Leaves without effect.
    """

    kept_bytes: int = 0
    void_leaves: int = 0


@dataclass(frozen=True, slots=True)
class Budget:
    """What one log may cost in one round.

    Attributes:
        quota: Its limits.
        growth: Leaves that it may grow by now; None while its first copy is made.
        used: Says what it has cost so far; asked in a worker thread, when there is something new.
    """

    quota: Quota
    growth: int | None = None
    used: Callable[[], Used] = field(default=Used)

    def check_size(self, held: int, size: int, file: str) -> None:
        """Refuse a signed size before anything of it is fetched.

        Args:
            held: The size held.
            size: The size signed.
            file: The path of the checkpoint.

        Raises:
            OverLimitError: It is too large, or grew too fast.
        """
        _check(Measure.ENTRIES, size, self.quota.entries, size, file)
        if self.growth is not None:
            _check(Measure.NEW, size - held, self.growth, size, file)

    def check_contents(self, size: int, weight: int, voids: int, file: str) -> None:
        """Refuse the effect of verified leaves before one of their contents is fetched.

        Args:
            size: The size signed.
            weight: Bytes of the contents that would be fetched, as the leaves name them.
            voids: New leaves without effect.
            file: The path of the checkpoint.

        Raises:
            OverLimitError: It is too much.
        """
        used = self.used()
        _check(Measure.VOID, used.void_leaves + voids, self.quota.void_leaves, size, file)
        _check(Measure.BYTES, used.kept_bytes + weight, self.quota.kept_bytes, size, file)


def quota_of(limits: Limits, rules: tuple[QuotaRule, ...], origin: str, fingerprint: str) -> Quota:
    """Return the limits of one log: those of everybody, and what the operator says of it.

    A rule that names the origin comes before one that names the fingerprint.
    """
    values = {each.name: getattr(limits, each.name) for each in fields(Quota)}
    for name in (fingerprint, origin):
        for rule in rules:
            if rule.publisher == name:
                said = {each: getattr(rule, each) for each in values}
                values |= {each: value for each, value in said.items() if value is not None}
    return Quota(**values)


def spent(before: int, grown: int, seconds: int, quota: Quota) -> int:
    """Return how much of what a log may grow by it has used up, in leaves.

    Args:
        before: What that was when it was counted last; 0 after its first copy.
        grown: Leaves that it grew by since.
        seconds: Time since then, which gives back.
        quota: Its limits.
    """
    return max(before - max(seconds, 0) * quota.new_entries // DAY, 0) + grown


def growth_left(used_up: int, quota: Quota) -> int:
    """Return how many leaves a log may grow by now: a week's worth without what it has used up."""
    return max(quota.new_entries * SAVED_DAYS - used_up, 0)


def until_left(used_up: int, wanted: int, quota: Quota) -> int | None:
    """Return in how many seconds a log may grow by so much, or None if it never may by itself."""
    excess = used_up - growth_left(0, quota) + wanted
    if not quota.new_entries or wanted > growth_left(0, quota):
        return None
    return -(-max(excess, 0) * DAY // quota.new_entries)


def _check(measure: Measure, wanted: int, allowed: int, size: int, file: str) -> None:
    if wanted > allowed:
        excess = Excess(measure, wanted, allowed, size)
        raise OverLimitError(Fault(FaultKind.OVER_LIMIT, file, str(excess)), excess)
