"""Reading codemeta.json, the description of research software in the words of schema.org.

A file describes the software in whose repository it lies (CodeMeta 2.0 and 3.0)::

    {"@context": "https://w3id.org/codemeta/3.0", "@type": "SoftwareSourceCode", "name": "Tidal",
     "codeRepository": "https://code.example/tidal", "license": "https://spdx.org/licenses/MIT",
     "developmentStatus": "active"}

People, of whom such files are full, are left out; versions and dates change by themselves and are noted.
"""

from __future__ import annotations

from typing import Final

from .gleaning import Gleaning, Spot
from .json_loader import SINGLE, JsonError, load_json
from .licences import licence_of_list
from .making import Format, Occasion, made, refusal
from .mapping import (
    Fields,
    filled,
    lines,
    links,
    put,
    repository,
    summary_and_description,
)
from .record import Document, Fact, Record

FORMAT: Final = Format(
    "codemeta.json",
    nameless="it has no name; add the key name with the name of the software",
    silent=("topics", "languages", "maintenance"),
)
# The words of repostatus.org.
_LIFECYCLES: Final = {
    "concept": "idea", "wip": "development", "active": "live", "inactive": "maintenance-only",
    "suspended": "abandoned", "abandoned": "abandoned", "unsupported": "abandoned", "moved": "retired",
}  # fmt: skip
_LINKS: Final = (
    ("url", "landing"),
    ("softwareHelp", "docs"),
    ("issueTracker", "issues"),
    ("readme", "docs"),
)


def codemeta_record(document: Document, occasion: Occasion) -> Record:
    """Return the record of one document."""
    if document.rejection:
        return Record.rejected(FORMAT.name, document.place, document.rejection)
    try:
        content = load_json(document.data, SINGLE)
    except JsonError as error:
        return Record.rejected(FORMAT.name, document.place, refusal(error))
    if not isinstance(content, dict) or "codemeta" not in str(content.get("@context", "")).lower():
        reason = "this is not a codemeta.json: its @context does not say so; remove it"
        return Record.rejected(FORMAT.name, document.place, reason)
    gleaning = Gleaning(content, keep_contacts=occasion.keep_contacts)
    return made(FORMAT, document, occasion, gleaning, _entry_fields(gleaning))


def _entry_fields(gleaning: Gleaning) -> Fields:
    root = gleaning.root
    fields: Fields = {}
    for key in ("@context", "@type", "type"):
        gleaning.line(root.child(key))
    if name := gleaning.line(root.child("name")):
        fields["name"] = {"und": name}
    summary, description = summary_and_description(gleaning, root.child("description"), Spot(None, ""))
    if summary:
        fields["summary"] = {"und": summary}
    if description:
        fields["description"] = {"und": description}
    fields["identifiers"] = repository(gleaning, root.child("codeRepository"))
    found = [(spot, rel) for key, rel in _LINKS for spot in root.child(key).items()]
    fields["links"] = links(gleaning, found)
    licences = [
        (item.child("name"), item.child("url", "@id")) if isinstance(item.value, dict) else (item, item)
        for item in root.child("license").items()
    ]
    put(fields, "license", licence_of_list(gleaning, licences))
    status = root.child("developmentStatus")
    if lifecycle := _LIFECYCLES.get(
        gleaning.peek(status).rstrip("/").rpartition("#")[2].rpartition("/")[2].lower()
    ):
        gleaning.changed(status)
        fields["lifecycle"] = lifecycle
    fields["software"] = filled(
        {"programmingLanguages": _languages(gleaning, root.child("programmingLanguage"))}
    )
    gleaning.note(root.child("softwareVersion", "version"), Fact.VERSION)
    gleaning.note(root.child("dateModified"), Fact.LAST_MODIFIED)
    return filled(fields)


def _languages(gleaning: Gleaning, spot: Spot) -> list[str]:
    named = [item.child("name") if isinstance(item.value, dict) else item for item in spot.items()]
    return list(dict.fromkeys(line for item in named for line in lines(gleaning, item)))
