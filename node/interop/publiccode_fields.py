"""Which key of a publiccode.yml becomes which field of an entry.

The standard is ``docs/standard/schema.core.rst`` of publiccodeyml/publiccode.yml, versions
0.2 to 0.7. One function for each part of the entry; each takes what it understands and leaves
everything else, which ends under ``x``. Values with another spelling here (``stable`` →
``live``) are kept in ``source.original`` as they were. The version and its date are noted, not
stated: they change with every release.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from protocol.forms import is_date
from protocol.language import UNDETERMINED, canonical_tag

from .gleaning import Gleaning, Spot
from .licences import licence
from .mapping import (
    Fields,
    agent,
    codes,
    country,
    filled,
    lines,
    links,
    put,
    reference,
    repository,
    software_type,
    state,
    summary_and_description,
    topics,
)
from .record import Fact, RemarkKind

_LIFECYCLES: Final = {
    "concept": "idea", "development": "development", "beta": "pilot", "stable": "live", "obsolete": "retired",
}  # fmt: skip


def entry_fields(gleaning: Gleaning) -> Fields:
    """Return the fields of the entry, without ``source``, ``x`` and ``incomplete``.

    Without a name in any language there is no ``name``.
    """
    fields: Fields = {}
    for part in _PARTS:
        part(gleaning, fields)
    return filled(fields)


def version_of(gleaning: Gleaning) -> str:
    """Take the declared version of the format, as text; empty when there is none."""
    return gleaning.line(gleaning.root.child("publiccodeYmlVersion", "publiccode-yaml-version"))


def _names_and_texts(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    names: dict[str, str] = {}
    if name := gleaning.line(root.child("name")):
        names[UNDETERMINED] = name
    texts: dict[str, dict[str, Any]] = {key: {} for key in ("summary", "description", "features", "keywords")}
    for tag, block in _languages_of(gleaning, root.child("description")):
        put(names, tag, gleaning.line(block.child("localisedName")))
        short, long = summary_and_description(
            gleaning, block.child("shortDescription"), block.child("longDescription")
        )
        put(texts["summary"], tag, short)
        put(texts["description"], tag, long)
        put(texts["features"], tag, lines(gleaning, block.child("features")))
        put(texts["keywords"], tag, lines(gleaning, block.child("freeTags")))
        _pages(gleaning, fields, tag, block)
    put(texts["keywords"], UNDETERMINED, lines(gleaning, root.child("tags")))
    fields["name"] = names
    fields.update(texts)


def _pages(gleaning: Gleaning, fields: Fields, tag: str, block: Spot) -> None:
    for key, rel in (("documentation", "docs"), ("apiDocumentation", "api-docs")):
        if url := gleaning.url(block.child(key)):
            fields.setdefault("links", []).append({"rel": rel, "url": url, "lang": tag})
    for key, kind in (("screenshots", "screenshot"), ("videos", "video")):
        for item in block.child(key).items():
            if url := gleaning.url(item):
                fields.setdefault("media", []).append({"type": kind, "url": url, "lang": tag})


def _links(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    found = links(gleaning, ((root.child("landingURL"), "landing"), (root.child("roadmap"), "roadmap")))
    fields["links"] = found + fields.get("links", [])
    if url := gleaning.url(root.child("logo")):
        fields["media"] = [{"type": "logo", "url": url}, *fields.get("media", [])]


def _identity(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    fields["identifiers"] = repository(gleaning, root.child("url"))
    partners = []
    organisation = root.child("organisation", "organization")
    if partner := agent(gleaning, organisation):
        partners.append(partner | {"role": "owner"})
    if owner := gleaning.line(root.child("legal").child("repoOwner")):
        partners.append({"name": owner, "role": "owner"})
    fields["partners"] = partners
    fields["claimedUsers"] = [
        user for item in root.child("usedBy").items() if (user := agent(gleaning, item))
    ]
    fields["funding"] = [
        _funding(funder) for item in root.child("fundedBy").items() if (funder := agent(gleaning, item))
    ]


def _funding(funder: dict[str, str]) -> dict[str, str]:
    return {to: funder[key] for key, to in (("name", "by"), ("uri", "url")) if key in funder}


def _topics(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    audience = root.child("intendedAudience")
    spots = ((root.child("categories"), "pccat"), (audience.child("scope"), "pcscope"))
    fields["topics"] = topics(gleaning, spots)
    fields["jurisdictions"] = codes(gleaning, audience.child("countries"), country)
    fields["notFor"] = codes(gleaning, audience.child("unsupportedCountries"), country)
    localisation = root.child("localisation")
    fields["languages"] = codes(gleaning, localisation.child("availableLanguages"), canonical_tag)
    fields["localisable"] = gleaning.flag(localisation.child("localisationReady"))


def _state(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    maintenance = root.child("maintenance")
    fields.update(state(gleaning, root.child("developmentStatus"), maintenance.child("type"), _LIFECYCLES))
    providers = []
    for item in maintenance.child("contractors").items():
        if provider := agent(gleaning, item, "website"):
            until = item.child("until")
            if is_date(gleaning.peek(until)):
                provider["until"] = gleaning.line(until)
            providers.append(provider | {"role": "contractor"})
    fields["providers"] = providers


def _rights(gleaning: Gleaning, fields: Fields) -> None:
    legal = gleaning.root.child("legal")
    fields["copyright"] = gleaning.line(legal.child("mainCopyrightOwner"))
    fields["license"] = licence(gleaning, legal.child("license"))


def _relations(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    fields["basedOn"] = [
        ref for item in root.child("isBasedOn").items() if (ref := reference(gleaning, item))
    ]
    fields["partOf"] = [{"name": suite} for suite in [gleaning.line(root.child("applicationSuite"))] if suite]
    fields["conformsTo"] = [
        {"ref": standard, "status": "claimed"}
        for item in root.child("supports").items()
        if (standard := gleaning.line(item.child("id") if isinstance(item.value, dict) else item))
    ]
    depends = root.child("dependsOn")
    fields["dependsOn"] = [
        needed
        for kind in ("open", "proprietary", "hardware")
        for item in depends.child(kind).items()
        if (needed := _dependency(gleaning, item, kind))
    ]


def _dependency(gleaning: Gleaning, item: Spot, kind: str) -> Fields | None:
    named = item.child("name") if isinstance(item.value, dict) else item
    found: Fields = dict(reference(gleaning, named))
    if not found:
        return None
    found["type"] = kind
    for key, to in (("versionMin", "min"), ("versionMax", "max"), ("version", "version")):
        put(found, to, gleaning.line(item.child(key)))
    optional = gleaning.flag(item.child("optional"))
    return found if optional is None else found | {"optional": optional}


def _software(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    block: Fields = {}
    put(block, "type", software_type(gleaning, root.child("softwareType")))
    put(block, "platforms", lines(gleaning, root.child("platforms")))
    gleaning.note(root.child("softwareVersion"), Fact.VERSION)
    gleaning.note(root.child("releaseDate"), Fact.RELEASED)
    fields["software"] = block


_PARTS: Final[tuple[Callable[[Gleaning, Fields], None], ...]] = (
    _names_and_texts, _identity, _topics, _links, _state, _rights, _relations, _software,
)  # fmt: skip


def _languages_of(gleaning: Gleaning, description: Spot) -> Iterator[tuple[str, Spot]]:
    """Yield the blocks of ``description`` by canonical tag; a second one of a language stays."""
    seen = set()
    for key, block in description.entries():
        tag = canonical_tag(key)
        if tag is None or tag in seen or not isinstance(block.value, dict):
            continue
        seen.add(tag)
        if tag != key:
            gleaning.say(RemarkKind.CHANGED, block.pointer, f"The language '{key}' is written {tag}.")
        yield tag, block
