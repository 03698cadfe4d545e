"""Reading the registry of digital public goods, kept by the Digital Public Goods Alliance.

The registry has several files about one good: the nomination, the answers that were added on
approval, an archived nomination, and a view of the API that joins them. They belong together by
the good's id, which is the name of the file, and become one entry::

    nominees/ai-agro.json              {"name": "AI Agro", "type": ["software"], "stage": "DPG", …}
    digitalpublicgoods/ai-agro.json    {"name": "AI Agro", "clearOwnership": {…}, …}
    api-dpg/ai-agro.json               {"id": "ai-agro", "name": "AI Agro", …}

Where two files say different things the view of the API wins, then the nomination; what the
others say is kept under ``x``, by file. Reviews, excluded nominees and schemas are no goods.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import urlsplit

from federation.response import Fetch

from .dpg_fields import entry_fields
from .gleaning import Gleaning
from .json_loader import SINGLE, JsonError, load_json
from .making import Format, Occasion, made, origin_of, refusal
from .places import JSON_SUFFIXES, documents
from .record import Document, Record, RemarkKind
from .yaml_loader import Yaml

FORMAT: Final = Format(
    "dpg",
    nameless="it has no name; add the key name with the name of the good",
    # The registry has no keys for these.
    silent=(
        *("modified", "lifecycle", "languages", "maintenance", "software"),
        *("dataset/distributions", "standard/specUrl", "process/files"),
    ),
)
# A file that leaves a field empty says nothing against another.
_NOTHING: Final[tuple[Yaml, ...]] = (None, "", [], {})
_EXCLUDED: Final = "excluded-nominees"
_ARCHIVE: Final = "archive"
_ANSWERS: Final = frozenset({"answer", "comment", "confidence"})
# A good is told by one of these: the nomination's, and those that approval adds.
_NOMINATION: Final = frozenset({"SDGs", "stage", "organizations"})
_SCREENING: Final = frozenset(
    {"clearOwnership", "platformIndependence", "NonPII", "privacy", "standards", "doNoHarm", "locations"}
)


@dataclass(frozen=True, slots=True)
class _File:
    """A file about a good, as read."""

    document: Document
    content: dict[str, Yaml]
    rank: int


async def read_dpg(
    places: Sequence[str], occasion: Occasion, fetch: Fetch | None = None
) -> AsyncIterator[Record]:
    """Yield the goods behind files, folders and URLs, and a rejection for each file that is none.

    Args:
        places: What a person named; all files of one good should be among them.
        occasion: What all records share.
        fetch: How to get URLs; without it they are rejections.
    """
    goods: dict[str, list[_File]] = {}
    found = documents(places, max_bytes=SINGLE.max_bytes, fetch=fetch, suffixes=JSON_SUFFIXES)
    async for document in found:
        file = await asyncio.to_thread(_file, document)
        if isinstance(file, str):
            yield Record.rejected(FORMAT.name, document.place, file)
        else:
            goods.setdefault(_good(file), []).append(file)
    for good, files in goods.items():
        yield await asyncio.to_thread(_record, good, files, occasion)


def _file(document: Document) -> _File | str:
    """Return what a document says about a good, or why it says nothing."""
    if document.rejection:
        return document.rejection
    try:
        content = load_json(document.data, SINGLE)
    except JsonError as error:
        return refusal(error)
    if not isinstance(content, dict):
        return "this is no good: it is not one object; import one file for each good"
    folder = _path(document).parent.name
    return _no_good(folder, content) or _File(document, content, _rank(folder, content))


def _rank(folder: str, content: dict[str, Yaml]) -> int:
    """Return how far down a file stands among those of its good: view, nomination, archive, answers."""
    if "id" in content:
        return 0
    if not content.keys() & _NOMINATION:
        return 3
    return 2 if folder == _ARCHIVE else 1


def _no_good(folder: str, content: dict[str, Yaml]) -> str:
    """Return why an object is no good of the registry; empty when it is one."""
    if not content:
        return "the object is empty ({}); fill it in or remove it"
    if folder == _EXCLUDED:
        return "the registry excluded this nominee; remove it from the folder"
    if any(isinstance(value, dict) and value.keys() >= _ANSWERS for value in content.values()):
        return "this is a review of a good, the opinion of a person; import the good itself"
    if "$schema" in content:
        return "this is a JSON Schema; remove it from the folder"
    if "name" in content and content.keys() & (_NOMINATION | _SCREENING):
        return ""
    return "this is no good of the DPG registry: none of its keys say so; remove it from the folder"


def _good(file: _File) -> str:
    """Return the id of a good: the one that the API gives, else the name of the file."""
    said = file.content.get("id")
    return said if isinstance(said, str) and said else _path(file.document).stem


def _path(document: Document) -> PurePosixPath:
    return PurePosixPath(urlsplit(document.place).path if document.is_url else document.full)


def _record(good: str, files: list[_File], occasion: Occasion) -> Record:
    """Return the record of a good, made of all its files."""
    # The order does not depend on what was named first.
    first, *others = sorted(files, key=lambda file: (file.rank, file.document.place))
    content = dict(first.content)
    differing: list[tuple[_File, dict[str, Yaml]]] = []
    for file in others:
        ours = {key: value for key, value in content.items() if value not in _NOTHING}
        rest = {key: value for key, value in file.content.items() if ours.get(key, value) != value}
        differing.append((file, {key: value for key, value in rest.items() if value not in _NOTHING}))
        content = {**content, **file.content, **ours}
    gleaning = Gleaning(content, keep_contacts=occasion.keep_contacts)
    fields = entry_fields(gleaning, good)
    if not fields["kind"]:
        reason = "nothing says what kind of good it is (`type`); import its nomination too"
        return Record.rejected(FORMAT.name, first.document.place, reason)
    x = {f"{FORMAT.name} {file.document.place}": _kept(gleaning, rest) for file, rest in differing if rest}
    for file in others:
        message = f"{file.document.place} describes the same good; both are in this entry."
        gleaning.say(RemarkKind.JOINED, "", message)
    source: dict[str, Any] = {"record": good}
    if others:
        source["files"] = [origin_of(file.document, occasion) for file in others]
    return made(FORMAT, first.document, occasion, gleaning, fields, source=source, x=x)


def _kept(gleaning: Gleaning, rest: dict[str, Yaml]) -> Yaml:
    """Return what a file says differently, without people; remarks go to the good's."""
    other = Gleaning(rest, keep_contacts=gleaning.keeps_contacts)
    kept = other.rest()
    gleaning.remarks += other.remarks
    return kept
