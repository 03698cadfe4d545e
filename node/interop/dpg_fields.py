"""Which key of a digital public good becomes which field of an entry.

The schemas are the nominee and screening schemas of ``publicgoods-candidates``. What the
registry found in its screening has no fields here and is kept under ``x``, and so is ``stage``:
it says how far the *application* is, and an archived nomination says nothing about how far the
good itself is. Country names are no codes; they are kept as they stand.
"""

from __future__ import annotations

from typing import Final

from protocol.language import UNDETERMINED
from protocol.vocabulary import VOCABULARIES, is_known

from .gleaning import Gleaning, Spot
from .licences import licence_of_list
from .mapping import Fields, agent, filled, links, repository, summary_and_description
from .record import RemarkKind

_KINDS: Final = {
    "software": "software",
    "standard": "standard",
    "data": "dataset",
    "content": "process",
    "aimodel": "software",
}
# Those that can only mean one topic.
_SECTORS: Final = {
    "agriculture": "eutheme:agri",
    "anti-corruption": "sector:anti-corruption",
    "climate": "sector:environment-climate",
    "education": "sector:education",
    "energy": "eutheme:ener",
    "environment": "sector:environment-climate",
    "health": "sector:health",
    "justice": "sector:justice",
    "social protection": "sector:social-welfare",
}


def entry_fields(gleaning: Gleaning, good: str) -> Fields:
    """Return the fields of the entry, without ``source``, ``x`` and ``incomplete``.

    Without a name there is no ``name``; ``kind`` is empty where no type says one.

    Args:
        gleaning: The pass over what all files of the good say.
        good: Its id in the registry.
    """
    root = gleaning.root
    name = gleaning.line(root.child("name"))
    summary, description = summary_and_description(gleaning, root.child("description"), Spot(None, ""))
    texts = (("name", name), ("summary", summary), ("description", description))
    kind, subtype = _kind(gleaning, root.child("type"))
    fields: Fields = {
        # The registry does not say in which language a text is.
        **{key: {UNDETERMINED: text} for key, text in texts if text},
        "subtype": subtype,
        "identifiers": [*_repositories(gleaning), {"scheme": "dpg", "value": good}],
        "partners": _partners(gleaning),
        "topics": _topics(gleaning),
        "links": links(
            gleaning,
            [
                (root.child("website"), "landing"),
                *((item, "docs") for item in root.child("documentation").child("documentationURL").items()),
            ],
        ),
        "license": licence_of_list(
            gleaning,
            [
                (item.child("spdx"), item.child("licenseURL"))
                if isinstance(item.value, dict)
                else (item, item)
                for item in root.child("license").items()
            ],
        ),
    }
    if root.child("id").value == good:
        gleaning.line(root.child("id"))
    return {**filled(fields), "kind": kind}


def _kind(gleaning: Gleaning, spot: Spot) -> tuple[str, str]:
    """Take the types of a good as its kind, and what sort of it; of several the first in our order."""
    items = [item for item in spot.items() if gleaning.peek(item) in _KINDS]
    words = {gleaning.peek(item) for item in items}
    if len(words) > 1:
        message = "An entry has one kind; all types are in source.original."
        gleaning.say(RemarkKind.CHANGED, spot.pointer, message)
    for item in items:
        gleaning.changed(item)
    kind = next((kind for word, kind in _KINDS.items() if word in words), "")
    return kind, "ai-model" if words == {"aimodel"} else ""


def _repositories(gleaning: Gleaning) -> list[dict[str, str]]:
    spots = [item.child("url") for item in gleaning.root.child("repositories").items()]
    spots.append(gleaning.root.child("repositoryURL"))
    return [found for spot in spots for found in repository(gleaning, spot)]


def _partners(gleaning: Gleaning) -> list[dict[str, str]]:
    found = []
    for item in gleaning.root.child("organizations").items():
        role = item.child("org_type")
        # A part in the thing without a name or a known role is no partner.
        if gleaning.peek(role) in VOCABULARIES["partner role"] and gleaning.peek(item.child("name")):
            found.append(agent(gleaning, item, "website") | {"role": gleaning.line(role)})
    return found


def _topics(gleaning: Gleaning) -> list[str]:
    found = []
    for item in gleaning.root.child("sectors").items():
        if topic := _SECTORS.get(gleaning.peek(item).lower()):
            gleaning.changed(item)
            found.append(topic)
    for goal in gleaning.root.child("SDGs").items():
        number = goal.child("SDGNumber")
        if not is_known("topic", f"sdg:{gleaning.peek(number)}"):
            continue
        found.append(f"sdg:{gleaning.peek(number)}")
        # With evidence the whole goal is kept, so that everybody sees what the evidence is for.
        if not any(gleaning.peek(goal.child(key)) for key in ("evidenceText", "evidenceURL")):
            gleaning.line(number)
    return list(dict.fromkeys(found))
