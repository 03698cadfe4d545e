"""What the fields of several foreign formats have in common: one vocabulary of mappings.

Each function takes what it understands from a :class:`~node.interop.gleaning.Gleaning` and
leaves the rest, which ends under ``x``. A value with another spelling in the entry is kept in
``source.original`` as it was::

    lifecycle "Production" → live, with {"/status": "Production"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from node.privacy.texts import without_contacts
from protocol.forms import CHECKS, is_date, is_place, is_url
from protocol.vocabulary import VOCABULARIES, is_known

from .gleaning import Gleaning, Spot
from .record import RemarkKind
from .sentences import first_sentence

Fields = dict[str, Any]

SUMMARY_LENGTH: Final = 150

_TERM: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REPOSITORY: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://\S+\.\S+|[\w.-]+@[\w.-]+:\S+)", re.IGNORECASE)
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\S*")


def filled(fields: Fields) -> Fields:
    """Return the fields that hold something."""
    return {key: value for key, value in fields.items() if value not in ({}, [], "", None)}


def put(fields: Fields, key: str, value: str | list[str]) -> None:
    """Set a key, unless there is nothing to set."""
    if value:
        fields[key] = value


def lines(gleaning: Gleaning, spot: Spot) -> list[str]:
    """Take the texts of a list, or one that stands where a list should."""
    return [line for item in spot.items() if (line := gleaning.line(item))]


def codes(gleaning: Gleaning, spot: Spot, canonical: Callable[[str], str | None]) -> list[str]:
    """Take codes in their canonical spelling; what has none is flagged."""
    found = []
    for item in spot.items():
        written = gleaning.peek(item)
        code = canonical(written) if written else None
        if code is None:
            if written:
                message = f"'{without_contacts(written)}' is not a known code; kept under x."
                gleaning.say(RemarkKind.FLAGGED, item.pointer, message)
            continue
        if code == written:
            gleaning.line(item)
        else:
            gleaning.changed(item)
        found.append(code)
    return list(dict.fromkeys(found))


def country(text: str) -> str | None:
    """Return the code of a country in capitals; None for what is none."""
    code = text.upper()
    return code if is_place(code) else None


def summary_and_description(gleaning: Gleaning, short: Spot, long: Spot) -> tuple[str, str]:
    """Take a short and a long text; a short one that is too long goes whole to the description."""
    summary = gleaning.prose(short)
    description = gleaning.prose(long)
    if len(summary) > SUMMARY_LENGTH:
        message = "The summary is too long; it is whole in the description."
        gleaning.say(RemarkKind.CHANGED, short.pointer, message)
        description = summary if not description or description in summary else f"{summary}\n\n{description}"
        summary = first_sentence(summary, SUMMARY_LENGTH)
    return " ".join(summary.split()), description


def repository(gleaning: Gleaning, spot: Spot) -> list[dict[str, str]]:
    """Take the address of a code repository, as a list of one identifier or none."""
    if _REPOSITORY.fullmatch(gleaning.peek(spot)) and not gleaning.loses_contacts(spot):
        return [{"scheme": "repo", "value": gleaning.line(spot)}]
    return []


def links(gleaning: Gleaning, spots: Iterable[tuple[Spot, str]]) -> list[dict[str, str]]:
    """Take web addresses, each with what it leads to."""
    return [{"rel": rel, "url": url} for spot, rel in spots if (url := gleaning.url(spot))]


def agent(gleaning: Gleaning, spot: Spot, *keys: str) -> dict[str, str]:
    """Take somebody with a name and a web address from a map or from a text that is either."""
    if isinstance(spot.value, dict):
        found: dict[str, str] = {}
        put(found, "name", gleaning.line(spot.child("name")))
        address = spot.child("uri", "url", *keys)
        if _URI.fullmatch(gleaning.peek(address)) and not gleaning.loses_contacts(address):
            found["uri"] = gleaning.line(address)
        return found
    text = gleaning.line(spot)
    return {"uri" if is_url(text) else "name": text} if text else {}


def reference(gleaning: Gleaning, spot: Spot) -> dict[str, str]:
    """Take another thing from a text: its address, or its name."""
    text = gleaning.line(spot)
    return {"ref" if is_url(text) else "name": text} if text else {}


def topics(gleaning: Gleaning, spots: Iterable[tuple[Spot, str]]) -> list[str]:
    """Take terms as topics of the schemes given with them; unknown ones are flagged."""
    found = []
    for spot, scheme in spots:
        for item in spot.items():
            if not _TERM.fullmatch(gleaning.peek(item)):
                continue
            topic = f"{scheme}:{gleaning.line(item)}"
            found.append(topic)
            if not is_known("topic", topic):
                gleaning.say(RemarkKind.FLAGGED, item.pointer, f"'{topic}' is not a known topic.")
    return list(dict.fromkeys(found))


def state(gleaning: Gleaning, status: Spot, mode: Spot, lifecycles: Mapping[str, str]) -> Fields:
    """Take how far a thing is and who keeps it going, as ``lifecycle`` and ``maintenance``.

    Args:
        gleaning: The pass over the document.
        status: A word of the format.
        mode: A word that most formats share.
        lifecycles: The format's words, in lower case, and those of an entry.
    """
    found: Fields = {}
    if gleaning.peek(mode) in VOCABULARIES["maintenance mode"]:
        found["maintenance"] = {"mode": gleaning.line(mode)}
    if lifecycle := lifecycles.get(gleaning.peek(status).lower()):
        # Nobody keeps a thing that is over: that is more than retired.
        given_up = lifecycle == "retired" and found.get("maintenance") == {"mode": "none"}
        found["lifecycle"] = "abandoned" if given_up else lifecycle
        gleaning.changed(status)
    for spot, field in ((mode, "maintenance"), (status, "lifecycle")):
        if gleaning.peek(spot) and field not in found:
            message = "This is not a word of the standard; kept under x."
            gleaning.say(RemarkKind.FLAGGED, spot.pointer, message)
    return found


def software_type(gleaning: Gleaning, spot: Spot) -> str:
    """Take a type of software; an unknown one is flagged."""
    kind = gleaning.line(spot)
    if kind and not is_known("software type", kind):
        gleaning.say(RemarkKind.FLAGGED, spot.pointer, f"'{kind}' is not a known type of software.")
    return kind


def timestamp(gleaning: Gleaning, spot: Spot) -> str:
    """Take a moment in UTC, such as ``2026-11-02T09:00:00Z``; a day becomes its first moment."""
    written = gleaning.peek(spot)
    if not written:
        return ""
    if CHECKS["timestamp"](written) is None:
        return gleaning.line(spot)
    moment = f"{written}T00:00:00Z" if is_date(written) else _in_utc(written)
    if moment:
        gleaning.changed(spot)
    else:
        gleaning.say(RemarkKind.FLAGGED, spot.pointer, "This is not a date; kept under x.")
    return moment


def _in_utc(text: str) -> str:
    """Return a time with its offset as one in UTC; empty for anything else, and without an offset."""
    try:
        found = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
        if found is None or found.tzinfo is None:
            return ""
        return found.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return ""
