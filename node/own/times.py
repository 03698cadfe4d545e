"""The times that heartbeats and cosignatures carry, by clocks that may be wrong.

A clock that was set back a little must not make a log look older than it was, so the last time is
repeated. One that was far ahead once must not silence the log until the world has caught up: a time
that readers do not believe, because it lies ahead of them, is as good as none.
"""


def is_due(now: int, last: int, interval: int) -> bool:
    """Report whether a signature with the time ``last`` is to be renewed: too old, or too far ahead."""
    return abs(now - last) >= interval


def next_time(now: int, last: int, interval: int) -> int:
    """Return the time for the next signature: now, or ``last`` when that is less than an interval ahead.

    Args:
        now: POSIX seconds.
        last: The time of the last signature; 0 before the first.
        interval: Seconds between two of them.
    """
    return last if now < last and not is_due(now, last, interval) else now
