"""Reading code.json, the inventories of source code that United States agencies publish.

Five layouts are in use. An inventory of schema 2.0.0 (and the agency indexes that carry on its
form) lists ``releases``, one of 1.0.1 lists ``projects``; a DOE CODE record is one such release
in a file of its own, and gov-codejson 2.0.0 one richer object in each repository::

    {"agency": "GSA", "version": "2.0.0", "measurementType": {"method": "modules"},
     "releases": [{"name": "Search.gov", "repositoryURL": "https://…", "permissions": {…}}]}

The layout is told by the keys: ``version`` says 2.0, 1.0.3 or 0.0.1 and means none of it. Every
member of a list is a record of its own, told from others by its repository, its name and, among
those equal in both, its place.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from federation.response import Fetch

from .codejson_fields import agency_of, entry_fields
from .gleaning import Gleaning
from .json_loader import INVENTORY, JsonError, load_json
from .making import Format, Occasion, made, refusal
from .places import JSON_SUFFIXES, documents
from .record import Document, Record, RecordKey, Remark, RemarkKind
from .yaml_loader import Yaml

FORMAT: Final = Format(
    "code.json",
    nameless="it has no name; add the key name with the name of the project",
    # The inventories have no key for these.
    silent=("topics", "languages", "maintenance", "software"),
)
_LISTS: Final = ("releases", "projects")
# An object without a list is taken for a project when two of these keys are there.
_TELLING_KEYS: Final = frozenset(
    {"permissions", "laborhours", "repositoryurl", "usagetype", "vcs", "organization", "tags", "status"}
    | {"contact", "date", "repositoryvisibility", "opensourceproject", "governmentwidereuseproject"}
)
_TELLING: Final = 2


@dataclass(frozen=True, slots=True)
class _Inventory:
    """What a list says about all its members, and the members.

    Attributes:
        key: The key of the list.
        members: What it holds.
        version: The declared version; empty when there is none.
        agency: Whose inventory it is, as partners.
        rest: What else it says, for ``x``.
        remarks: What is to be said about that, once.
    """

    key: str
    members: list[Yaml]
    version: str
    agency: list[dict[str, str]]
    rest: Yaml
    remarks: tuple[Remark, ...]


async def read_codejson(
    places: Sequence[str], occasion: Occasion, fetch: Fetch | None = None
) -> AsyncIterator[Record]:
    """Yield the records of every document behind files, folders and URLs; a bad one is a rejection.

    Args:
        places: What a person named.
        occasion: What all records share.
        fetch: How to get URLs; without it they are rejections.
    """
    found = documents(places, max_bytes=INVENTORY.max_bytes, fetch=fetch, suffixes=JSON_SUFFIXES)
    async for document in found:
        # An inventory takes seconds, in which the node must go on answering.
        for record in await asyncio.to_thread(codejson_records, document, occasion):
            yield record


def codejson_records(document: Document, occasion: Occasion) -> list[Record]:
    """Return the records of one document; one rejection when there is none."""
    if document.rejection:
        return [_rejected(document, document.rejection)]
    try:
        content = load_json(document.data)
    except JsonError as error:
        return [_rejected(document, refusal(error))]
    if not isinstance(content, dict):
        return [_rejected(document, f"this is not a code.json: it is {_shape(content)}; remove it")]
    key = _list_key(content)
    if reason := _empty_list(key, content) if key else _no_project(document.place, content):
        return [_rejected(document, reason)]
    if key:
        return list(_members(document, occasion, _inventory(content, key, occasion)))
    gleaning = Gleaning(content, keep_contacts=occasion.keep_contacts)
    return [made(FORMAT, document, occasion, gleaning, entry_fields(gleaning))]


def _list_key(content: dict[str, Yaml]) -> str:
    """Return the key of an inventory's list; a project of its own may list its ``projects`` too."""
    for key in _LISTS:
        if key in content and not (key == "projects" and "name" in content):
            return key
    return ""


def _empty_list(key: str, content: dict[str, Yaml]) -> str:
    """Return why an inventory has nothing to import; empty when it has."""
    members = content[key]
    if isinstance(members, list) and members:
        return ""
    return f"its {key} are no list; repair it" if members else f"it has no {key}; remove it until it has some"


def _no_project(place: str, content: dict[str, Yaml]) -> str:
    """Return why an object without a list is no project; empty when it is one."""
    if not content:
        return "the object is empty ({}); fill it in or remove it"
    if "overrides" in content:
        return "this is a list of overrides to another inventory; import the inventory itself"
    keys = {key.strip().lower() for key in content}
    if place.lower().endswith("code.json") or ("name" in keys and len(keys & _TELLING_KEYS) >= _TELLING):
        return ""
    return "this is not a code.json: none of its keys say so; remove it from the folder"


def _inventory(content: dict[str, Yaml], key: str, occasion: Occasion) -> _Inventory:
    members = content[key]
    rest = {name: value for name, value in content.items() if name != key}
    header = Gleaning(rest, keep_contacts=occasion.keep_contacts)
    version = header.line(header.root.child("version"))
    agency = agency_of(header)
    left = header.rest()
    return _Inventory(
        key, members if isinstance(members, list) else [], version, agency, left, tuple(header.remarks)
    )


def _members(document: Document, occasion: Occasion, inventory: _Inventory) -> Iterator[Record]:
    equals: Counter[tuple[str, str]] = Counter()
    once = inventory.remarks
    for index, member in enumerate(inventory.members):
        if not isinstance(member, dict):
            reason = (
                f"number {index + 1} of its {inventory.key} is {_shape(member)}, not an object; remove it"
            )
            yield _rejected(document, reason)
            continue
        gleaning = Gleaning(member, keep_contacts=occasion.keep_contacts)
        fields = entry_fields(gleaning)
        partners = fields.get("partners", [])
        if both := partners + [each for each in inventory.agency if each not in partners]:
            fields["partners"] = both
        key = RecordKey.of(fields)
        equals[key.pair] += 1
        source: dict[str, Any] = {"member": equals[key.pair]}
        if inventory.version:
            source["version"] = inventory.version
        x = {f"{FORMAT.name} inventory": inventory.rest}
        record = made(FORMAT, document, occasion, gleaning, fields, source=source, x=x)
        pointer = f"/{inventory.key}/{index}"
        if record.payload is None:
            reason = f"number {index + 1} of its {inventory.key}: {record.rejection}"
            yield _rejected(document, reason)
            continue
        yield replace(record, remarks=once + tuple(_below(pointer, each) for each in record.remarks))
        once = ()


def _below(pointer: str, remark: Remark) -> Remark:
    """Return a remark on a member as one on the document; what is missing points into the entry."""
    if remark.kind is RemarkKind.MISSING:
        return remark
    return replace(remark, pointer=pointer + remark.pointer)


def _rejected(document: Document, reason: str) -> Record:
    return Record.rejected(FORMAT.name, document.place, reason)


def _shape(value: Yaml) -> str:
    if isinstance(value, list):
        return "a list"
    return "nothing (null)" if value is None else "a single value"
