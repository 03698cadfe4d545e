"""Which publishers are known to be somebody, and which of them are perhaps one organisation.

An organisation is known by a domain that lists its log and that its profile names (``node.standing``). Two
logs are taken for one where they have in common

* a verified domain,
* their series: one continues the other,
* the host in their names; not where that is a domain which one of them has proven and the other has not, for
  then whoever has the domain says whose logs are its own.

What a publisher merely claims, such as keys and addresses in its key set, plays no part: with the marks of
two others it could make these two count as one. Of which sort it is, and where, it says itself.
"""

import datetime as dt
import sqlite3
from collections.abc import Iterable
from typing import Final

from federation.vouching import Voucher, day_of, independent
from node.home import Home
from node.store.frozen import frozen_logs
from node.store.profiles import newest_profile_of
from node.store.series import series_names
from protocol.origin import Origin
from protocol.packing import Value

from .policy import policy_of

_WWW: Final = "www."


class Organisations:
    """What is known of publishers at one moment.

    Attributes:
        today: The day, in UTC.
        frozen: Logs that stand still because they showed two histories, by their number.
    """

    def __init__(self, home: Home, connection: sqlite3.Connection) -> None:
        """Read what holds now.

        Args:
            home: The node.
            connection: For reading.
        """
        self.today = dt.date.fromisoformat(day_of(home.now()))
        self.frozen = frozenset(frozen_logs(connection))
        self._facts = policy_of(home, connection).facts
        self._series = series_names(connection)
        self._marks: dict[str, frozenset[str]] = {}
        self._connection = connection
        self._profiles: dict[str, tuple[str, str, int | None]] = {}

    def domains(self, origin: str) -> tuple[str, ...]:
        """Return the verified domains of a publisher, sorted."""
        known = self._facts.get(origin)
        return () if known is None else tuple(sorted(known.domains))

    def stated(self, origin: str) -> tuple[str, str, int | None]:
        """Return of which sort a publisher says it is, of which place, and how many people live there.

        Empty, or None, where it does not say.
        """
        found = self._profiles.get(origin)
        if found is None:
            profile = newest_profile_of(self._connection, origin)
            said = ({} if profile is None else profile.said).get
            texts = (said(name) for name in ("publisherType", "jurisdiction"))
            sort, place = (each if isinstance(each, str) else "" for each in texts)
            found = self._profiles[origin] = sort, place, _number(said("population"))
        return found

    def marks(self, origin: str) -> frozenset[str]:
        """Return what a publisher has in common with whoever is perhaps the same."""
        found = self._marks.get(origin)
        if found is None:
            host = Origin.parse(origin).host.removeprefix(_WWW)
            domains = {domain.partition(":")[0].removeprefix(_WWW) for domain in self.domains(origin)}
            marks = {f"domain {each}" for each in domains} | {f"series {self._series.get(origin, origin)}"}
            found = self._marks[origin] = frozenset(marks if host in domains else {*marks, f"host {host}"})
        return found

    def are_one(self, origin: str, others: Iterable[str]) -> bool:
        """Report whether a publisher is perhaps one of some others."""
        mine = self.marks(origin)
        return any(not mine.isdisjoint(self.marks(other)) for other in others)

    def chosen(self, origins: Iterable[str]) -> dict[str, str]:
        """Return of some publishers which one each counts as: itself where they are independent."""
        those = {origin: Voucher(origin, self.marks(origin)) for origin in origins}
        first = independent(those.values())
        found = {}
        for origin, voucher in those.items():
            shared = (each.origin for each in first if not each.marks.isdisjoint(voucher.marks))
            found[origin] = next(shared)
        return found


def _number(value: Value) -> int | None:
    """Return a number that is not negative, None of anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
