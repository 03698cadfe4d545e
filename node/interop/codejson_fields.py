"""Which key of a code.json project becomes which field of an entry.

The formats are schema 2.0.0 and 1.0.1 of code.gov and gov-codejson 2.0.0; older and newer keys
are taken alike, whatever version a file declares. Facts that change without anybody editing
them (the version, the last commit, counts of forks and clones) are noted, not stated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from node.privacy.mailboxes import is_function_mailbox
from protocol.language import UNDETERMINED

from .gleaning import Gleaning, Spot
from .licences import licence_of_list
from .mapping import (
    Fields,
    agent,
    filled,
    lines,
    links,
    put,
    reference,
    repository,
    software_type,
    state,
    summary_and_description,
    timestamp,
    topics,
)
from .record import Fact, RemarkKind

_LIFECYCLES: Final = {
    "ideation": "idea", "development": "development", "alpha": "development", "beta": "pilot",
    "release candidate": "pilot", "production": "live", "archival": "retired",
}  # fmt: skip
# Who may see the source, by the usage type; every exemption closes it.
_ACCESS: Final = {"opensource": "open", "governmentwidereuse": "government"}
_EXEMPT: Final = "exempt"
_NOBODY: Final = frozenset({"unknown", "none", "null", "n/a"})


def entry_fields(gleaning: Gleaning) -> Fields:
    """Return the fields of the entry, without ``source``, ``x`` and ``incomplete``.

    Without a name there is no ``name``.
    """
    fields: Fields = {}
    for part in _PARTS:
        part(gleaning, fields)
    return filled(fields)


def agency_of(header: Gleaning) -> list[dict[str, str]]:
    """Take the agency of an inventory's head, as a list of one partner or none."""
    spot = header.root.child("agency")
    if header.peek(spot).lower() in _NOBODY:
        header.say(RemarkKind.FLAGGED, spot.pointer, "This names no agency; kept under x.")
        return []
    name = header.line(spot)
    return [{"name": name, "role": "owner"}] if name else []


def _texts(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    summary, description = summary_and_description(
        gleaning, root.child("description"), root.child("longDescription")
    )
    texts: tuple[tuple[str, str | list[str]], ...] = (
        ("name", gleaning.line(root.child("name"))),
        ("summary", summary),
        ("description", description),
        ("keywords", lines(gleaning, root.child("tags"))),
    )
    # No format says in which language it is written.
    fields.update({key: {UNDETERMINED: text} for key, text in texts if text})


def _identity(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    for key in ("repositoryURL", "repository", "repoURL"):
        # One is the repository; where several keys name one, the others are kept under x.
        if not fields.get("identifiers"):
            fields["identifiers"] = repository(gleaning, root.child(key))
    organisation = gleaning.line(root.child("organization"))
    partners = [{"name": organisation, "role": "owner"}] if organisation else []
    fields["partners"] = partners + [
        partner | {"role": "partner"}
        for item in root.child("partners").items()
        if (partner := agent(gleaning, item))
    ]
    contact = root.child("contact")
    reached: Fields = {}
    email = contact.child("email")
    # The entry's own contact is a function; the address of a person stays under x.
    if gleaning.keeps_contacts and is_function_mailbox(gleaning.peek(email)):
        reached["email"] = gleaning.line(email)
    put(reached, "url", gleaning.url(contact.child("URL")))
    fields["contact"] = reached


def _links(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    fields["links"] = links(
        gleaning,
        (
            (root.child("homepageURL", "homepage"), "landing"),
            (root.child("downloadURL"), "download"),
            (root.child("feedbackMechanism"), "feedback"),
        ),
    )
    if sbom := gleaning.url(root.child("SBOM")):
        fields["security"] = {"sbom": sbom}


def _state(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    fields.update(state(gleaning, root.child("status"), root.child("maintenance"), _LIFECYCLES))
    date = root.child("date")
    fields["created"] = timestamp(gleaning, date.child("created"))
    fields["modified"] = timestamp(gleaning, date.child("metadataLastUpdated"))
    gleaning.note(date.child("lastModified"), Fact.LAST_MODIFIED)
    reuse = root.child("reuseFrequency")
    gleaning.note(reuse.child("forks"), Fact.FORKS)
    gleaning.note(reuse.child("clones"), Fact.CLONES)
    gleaning.leave_out(reuse)


def _rights(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    permissions = root.child("permissions")
    listed = [
        (item.child("name"), item.child("URL")) if isinstance(item.value, dict) else (item, item)
        for item in permissions.child("licenses").items()
    ]
    if not listed and (older := root.child("license")).value is not None:
        listed = [(older, older)]
    fields["license"] = licence_of_list(gleaning, listed)
    usage = permissions.child("usageType")
    access = _access(gleaning, root.child("usageType") if usage.value is None else usage)
    if not access:
        access = _older_access(gleaning)
    exemption = permissions.child("exemptionText")
    spot = root.child("exemptionText") if exemption.value is None else exemption
    if text := gleaning.prose(spot):
        access["text"] = {UNDETERMINED: text}
    fields["access"] = access


def _access(gleaning: Gleaning, usage: Spot) -> Fields:
    """Take usage types that agree about who may see the source; an exemption is the reason."""
    items = [item for item in usage.items() if gleaning.peek(item)]
    words = [gleaning.peek(item) for item in items]
    meant = {
        "closed" if word.lower().startswith(_EXEMPT) else _ACCESS.get(word.lower(), "") for word in words
    }
    if len(meant) != 1 or "" in meant:
        for item in items:
            message = "This does not tell who may see the source; kept under x."
            gleaning.say(RemarkKind.FLAGGED, item.pointer, message)
        return {}
    for item in items:
        gleaning.changed(item)
    source = meant.pop()
    return {"source": source, "reason": ", ".join(words)} if source == "closed" else {"source": source}


def _older_access(gleaning: Gleaning) -> Fields:
    """Take the yes and no of schema 1.0.1: the widest that is said."""
    for key, source in (("openSourceProject", "open"), ("governmentWideReuseProject", "government")):
        spot = gleaning.root.child(key)
        if gleaning.peek(spot) == "1":
            gleaning.changed(spot)
            return {"source": source}
    return {}


def _relations(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    for key, field in (("relatedCode", "relatedTo"), ("reusedCode", "basedOn")):
        fields[field] = [found for item in root.child(key).items() if (found := _other(gleaning, item))]


def _other(gleaning: Gleaning, item: Spot) -> Fields:
    """Take another project: its name and address, or a text that is one."""
    if not isinstance(item.value, dict):
        return reference(gleaning, item)
    found: Fields = {}
    put(found, "name", gleaning.line(item.child("name", "codeName")))
    put(found, "ref", gleaning.url(item.child("URL", "codeURL")))
    return found


def _software(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    block: Fields = {}
    put(block, "type", software_type(gleaning, root.child("softwareType")))
    put(block, "platforms", lines(gleaning, root.child("platforms")))
    put(block, "programmingLanguages", lines(gleaning, root.child("languages")))
    gleaning.note(root.child("version"), Fact.VERSION)
    fields["software"] = block
    fields["topics"] = topics(gleaning, ((root.child("categories"), "pccat"),))
    localisable = root.child("localisation")
    if isinstance(localisable.value, bool):
        fields["localisable"] = gleaning.flag(localisable)


_PARTS: Final[tuple[Callable[[Gleaning, Fields], None], ...]] = (
    _texts, _identity, _links, _state, _rights, _relations, _software,
)  # fmt: skip
