"""How asking went, source by source: what ``rounds`` remembered, for people to read.

One line for each place that was asked for a log::

    directory.oslo.example/log/oslo/1  https://directory.oslo.example/log/oslo/1  ok since 12:00:01
    directory.oslo.example/log/oslo/1  https://lyon.example/mirror/5e0c…9b        unreachable, 3 times
"""

from dataclasses import dataclass

from .home import Home


@dataclass(frozen=True, slots=True)
class SourceState:
    """What is remembered of one source of one log.

    Attributes:
        origin: The log.
        own: Whether it is this node's own; its sources are the nodes that may carry it.
        source: URL prefix.
        last_try: POSIX seconds of the last question, None before the first.
        last_success: POSIX seconds of the last good answer, None before the first.
        size: Verified size after the last question, None before the first.
        fault: Name of the last question's fault, or None.
        file: The file at fault, or None.
        detail: Why, or None.
        failures: Questions in a row that failed.
        next_due: POSIX seconds when it may be asked again.
    """

    origin: str
    own: bool
    source: str
    last_try: int | None
    last_success: int | None
    size: int | None
    fault: str | None
    file: str | None
    detail: str | None
    failures: int
    next_due: int


def source_states(home: Home) -> tuple[SourceState, ...]:
    """Return what is remembered of every source, by origin and in the order they became known."""
    rows = home.database.connection.execute(
        "SELECT l.origin, l.own, s.url, s.last_try, s.last_success, s.size, s.fault, s.file, s.detail,"
        " s.failures, s.next_due FROM source s JOIN log l ON l.id = s.log ORDER BY l.origin, s.rowid"
    )
    return tuple(SourceState(origin, bool(own), *rest) for origin, own, *rest in rows)
