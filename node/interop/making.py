"""From gleaned fields to a record: what the importers of all formats do at their end.

The entry gets its ``source``, what had no field goes under ``x``, gaps are listed in
``incomplete``, and an entry that could not be published is a rejection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from node.errors import InvalidInputError
from protocol.packing import pack
from protocol.problem import ERROR
from protocol.requirements import missing_fields
from protocol.validate import validate

from .found_at import FoundAt
from .gleaning import Gleaning
from .record import Document, Record, RecordKey, RemarkKind
from .yaml_loader import Yaml

TOOL: Final = "fedcat"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What all records of one import share.

    Attributes:
        today: The date to put down as ``source.fetched``, such as ``2026-11-21``.
        found_at: Where files were found, when somebody knows.
        keep_contacts: Whether contact data of people are left where they are.
    """

    today: str
    found_at: FoundAt | None = None
    keep_contacts: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A foreign format.

    Attributes:
        name: Such as ``publiccode.yml``; what has no field is under this name in ``x``.
        nameless: Why a record without a name is rejected, with the way out.
        silent: Fields that the format has no key for: that they are missing is nobody's omission.
    """

    name: str
    nameless: str
    silent: Collection[str] = ()


def refusal(error: InvalidInputError) -> str:
    """Return why a document could not be read, with the way out, as one clause for a rejection."""
    return f"{error}; {error.hint[:1].lower()}{error.hint[1:].rstrip('.')}"


def origin_of(document: Document, occasion: Occasion) -> dict[str, Any]:
    """Return where a document is, with its digest: a part of ``source``."""
    found: dict[str, Any] = {
        "url" if document.is_url else "path": document.place,
        "sha256": hashlib.sha256(document.data).hexdigest(),
    }
    if occasion.found_at and (where := occasion.found_at.find(document)):
        found["foundAt"] = where
    return found


def made(
    format_: Format,
    document: Document,
    occasion: Occasion,
    gleaning: Gleaning,
    fields: Mapping[str, Any],
    *,
    source: Mapping[str, Any] | None = None,
    x: Mapping[str, Yaml] | None = None,
) -> Record:
    """Return the record of a gleaned document.

    Args:
        format_: The format.
        document: Where it was read.
        occasion: When, and what is known about places.
        gleaning: After all fields were taken.
        fields: Those of the entry; ``kind`` is ``software`` where they do not say.
        source: What ``source`` says besides.
        x: What ``x`` holds besides the rest of the document, by key.
    """
    if not fields.get("name"):
        return Record.rejected(format_.name, document.place, format_.nameless)
    payload: dict[str, Any] = {"type": "entry", "v": 1, "kind": "software", **fields}
    rest = {format_.name: gleaning.rest(), **(x or {})}
    if kept := {key: value for key, value in rest.items() if value is not None}:
        payload["x"] = kept
    payload["source"] = {
        "format": format_.name,
        **origin_of(document, occasion),
        "fetched": occasion.today,
        "tool": TOOL,
        **(source or {}),
    }
    if gleaning.original:
        payload["source"]["original"] = gleaning.original
    payload["incomplete"] = list(missing_fields(payload))
    if reason := _unusable(payload):
        return Record.rejected(format_.name, document.place, reason)
    for name in payload["incomplete"]:
        if name not in format_.silent:
            gleaning.say(RemarkKind.MISSING, f"/{name}", f"The file says nothing for '{name}'.")
    remarks, annotations = tuple(gleaning.remarks), tuple(gleaning.annotations)
    return Record(format_.name, document.place, RecordKey.of(payload), payload, remarks, annotations)


def _unusable(payload: dict[str, Any]) -> str:
    """Return why an entry cannot be published at all; empty when it can."""
    try:
        pack(payload)
    except ValueError as error:
        return f"the entry would be outside the limits: {error}; shorten the file"
    errors = [problem for problem in validate(payload, written_here=False) if problem.severity == ERROR]
    return f"the entry cannot be used: {errors[0]}" if errors else ""
