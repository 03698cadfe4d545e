"""Reading publiccode.yml, the metadata file of public software.

A file describes one piece of software and lies at the root of its repository::

    publiccodeYmlVersion: "0.4"
    name: Medusa
    url: https://example.com/italia/medusa.git
    developmentStatus: stable
    legal: {license: AGPL-3.0-or-later}

Versions 0.2 to 0.7 are read, and whatever else declares itself: real files say ``0.1``,
``2.4.0`` or nothing. Reading is tolerant, the result is honest: what the file does not say is
listed in ``incomplete``, what has no field is under ``x["publiccode.yml"]``, what was left out
or changed has a remark.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Final

from federation.response import Fetch

from .gleaning import Gleaning, Spot
from .making import Format, Occasion, made, refusal
from .places import documents
from .publiccode_fields import entry_fields, version_of
from .record import Document, Record, RemarkKind
from .yaml_loader import DEFAULT, Yaml, YamlError, load_yaml

FORMAT: Final = Format(
    "publiccode.yml",
    nameless="line 1, column 1: it has no name; add the key name with the name of the software",
    # The standard has no key for it.
    silent=("modified",),
)
VERSIONS: Final = ("0.2", "0.3", "0.4", "0.5", "0.6", "0.7")

# A file without a version is taken for a publiccode.yml when two of these keys are there.
_TELLING_KEYS: Final = frozenset(
    {"developmentstatus", "softwaretype", "platforms", "legal", "maintenance", "localisation", "usedby"}
)
_VERSION_KEYS: Final = frozenset({"publiccodeymlversion", "publiccode-yaml-version"})
_TELLING: Final = 2
_NAMES: Final = ("publiccode.yml", "publiccode.yaml")
_NO_PUBLICCODE: Final = "this is not a publiccode.yml"


async def read_publiccode(
    places: Sequence[str], occasion: Occasion, fetch: Fetch | None = None
) -> AsyncIterator[Record]:
    """Yield a record for every document behind files, folders and URLs; a bad one is a rejection.

    Args:
        places: What a person named.
        occasion: What all records share.
        fetch: How to get URLs; without it they are rejections.
    """
    async for document in documents(places, max_bytes=DEFAULT.max_bytes, fetch=fetch):
        # A large file takes a third of a second, in which the node must go on answering.
        yield await asyncio.to_thread(publiccode_record, document, occasion)


def publiccode_record(document: Document, occasion: Occasion) -> Record:
    """Return the record of one document."""
    if document.rejection:
        return Record.rejected(FORMAT.name, document.place, document.rejection)
    try:
        content = load_yaml(document.data)
    except YamlError as error:
        return Record.rejected(FORMAT.name, document.place, refusal(error))
    if not isinstance(content, dict) or not _looks_right(document.place, content):
        return Record.rejected(FORMAT.name, document.place, f"{_NO_PUBLICCODE}: {_instead(content)}")
    gleaning = Gleaning(content, keep_contacts=occasion.keep_contacts)
    version = version_of(gleaning)
    fields = entry_fields(gleaning)
    _look_over(gleaning, version)
    source = {"version": version} if version else {}
    return made(FORMAT, document, occasion, gleaning, fields, source=source)


def _looks_right(place: str, content: dict[str, Yaml]) -> bool:
    """Tell a poor publiccode.yml from another YAML file: by its name, its version or its keys."""
    if place.lower().endswith(_NAMES):
        return True
    keys = {key.strip().lower() for key in content}
    return bool(keys & _VERSION_KEYS) or len(keys & _TELLING_KEYS) >= _TELLING


def _instead(content: Yaml) -> str:
    way_out = "remove it from the folder, or add publiccodeYmlVersion"
    if content is None:
        return "the file is empty; fill it in or remove it"
    if isinstance(content, list):
        return f"it is a list; {way_out}"
    if not isinstance(content, dict):
        return f"it is a plain text; {way_out}"
    return f"none of its keys say so; {way_out}"


def _look_over(gleaning: Gleaning, version: str) -> None:
    """Say what stands out."""
    if not version.startswith(VERSIONS):
        said = f"The version '{version}' is not" if version else "The file does not say that it is"
        gleaning.say(
            RemarkKind.FLAGGED, "/publiccodeYmlVersion", f"{said} one of {VERSIONS[0]} to {VERSIONS[-1]}."
        )
    people = {gleaning.peek(contact.child("name")) for contact in _contacts(gleaning)} - {""}
    for key in ("mainCopyrightOwner", "repoOwner"):
        owner = gleaning.root.child("legal").child(key)
        if gleaning.peek(owner) in people:
            message = "A contact of the file is named here too; see that it is no private person."
            gleaning.say(RemarkKind.FLAGGED, owner.pointer, message)


def _contacts(gleaning: Gleaning) -> Iterator[Spot]:
    return gleaning.root.child("maintenance").child("contacts").items()
