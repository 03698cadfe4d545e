"""What the process says about itself: structured lines on stderr.

A person sees ``12:00:01 pulled  origin=… new=3``; anything else gets one JSON object a
line::

    {"event": "pulled", "level": "info", "new": 3, "origin": "…", "timestamp": "2026-05-03T12:00:01Z"}

Results never go here: stdout belongs to the command's answer.
"""

import contextlib
import logging
import sys
from typing import TextIO, cast

import structlog


def set_up(*, level: str = "info", stream: TextIO | None = None) -> None:
    """Send the lines of this process to ``stream``, for a person or a machine.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``; what lies below is dropped.
        stream: Where to; stderr unless a test looks elsewhere.
    """
    out = sys.stderr if stream is None else stream
    person = out.isatty()
    render: structlog.typing.Processor = (
        # Without the values of variables, which may be secrets.
        structlog.dev.ConsoleRenderer(colors=person, exception_formatter=structlog.dev.plain_traceback)
        if person
        else structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)
    )
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%H:%M:%S" if person else "iso", utc=not person),
    ]
    if not person:
        processors.append(structlog.processors.format_exc_info)
    # aiohttp logs every request that is no HTTP with a traceback; whoever scans us would fill the disk.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*processors, render],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(out))),
        cache_logger_on_first_use=False,
    )


def log() -> structlog.typing.FilteringBoundLogger:
    """Return the logger; bind what every line of a task should carry."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


class _Patient:
    """A stream that may be gone: a full disk or a closed pipe behind the log must not end a loop."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
