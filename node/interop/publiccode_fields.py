"""Which key of a publiccode.yml becomes which field of an entry.

The standard is ``docs/standard/schema.core.rst`` of publiccodeyml/publiccode.yml, versions
0.2 to 0.7. One function for each part of the entry; each takes what it understands and leaves
everything else, which ends under ``x``. Values with another spelling here (``stable`` →
``live``) are kept in ``source.original`` as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from protocol.forms import is_date, is_place, is_url
from protocol.language import UNDETERMINED, canonical_tag
from protocol.licence import normalised
from protocol.vocabulary import VOCABULARIES, is_known

from .gleaning import Gleaning, Spot
from .record import RemarkKind
from .sentences import first_sentence

Fields = dict[str, Any]

SUMMARY_LENGTH: Final = 150
NAME_LENGTH: Final = 120

_LIFECYCLES: Final = {
    "concept": "idea", "development": "development", "beta": "pilot", "stable": "live", "obsolete": "retired",
}  # fmt: skip
_TERM: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REPOSITORY: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://\S+\.\S+|[\w.-]+@[\w.-]+:\S+)", re.IGNORECASE)


def entry_fields(gleaning: Gleaning) -> Fields:
    """Return the fields of the entry, without ``source``, ``x`` and ``incomplete``.

    Without a name in any language there is no ``name``.
    """
    fields: Fields = {}
    for part in _PARTS:
        part(gleaning, fields)
    return {key: value for key, value in fields.items() if value not in ({}, [], "", None)}


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
        _put(names, tag, gleaning.line(block.child("localisedName")))
        short = gleaning.prose(block.child("shortDescription"))
        long = gleaning.prose(block.child("longDescription"))
        if len(short) > SUMMARY_LENGTH:
            where = block.child("shortDescription").pointer
            gleaning.say(
                RemarkKind.CHANGED, where, "The summary is too long; it is whole in the description."
            )
            long = short if not long or long in short else f"{short}\n\n{long}"
            short = first_sentence(short, SUMMARY_LENGTH)
        _put(texts["summary"], tag, " ".join(short.split()))
        _put(texts["description"], tag, long)
        _put(texts["features"], tag, _lines(gleaning, block.child("features")))
        _put(texts["keywords"], tag, _lines(gleaning, block.child("freeTags")))
        _pages(gleaning, fields, tag, block)
    _put(texts["keywords"], UNDETERMINED, _lines(gleaning, root.child("tags")))
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
    found = []
    for key, rel in (("landingURL", "landing"), ("roadmap", "roadmap")):
        if url := gleaning.url(root.child(key)):
            found.append({"rel": rel, "url": url})
    fields["links"] = found + fields.get("links", [])
    if url := gleaning.url(root.child("logo")):
        fields["media"] = [{"type": "logo", "url": url}, *fields.get("media", [])]


def _identity(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    spot = root.child("url")
    if _REPOSITORY.fullmatch(gleaning.peek(spot)):
        fields["identifiers"] = [{"scheme": "repo", "value": gleaning.line(spot)}]
    partners = []
    organisation = root.child("organisation", "organization")
    if partner := _agent(gleaning, organisation):
        partners.append(partner | {"role": "owner"})
    if owner := gleaning.line(root.child("legal").child("repoOwner")):
        partners.append({"name": owner, "role": "owner"})
    fields["partners"] = partners
    fields["claimedUsers"] = [
        user for item in root.child("usedBy").items() if (user := _agent(gleaning, item))
    ]
    fields["funding"] = [
        _funding(funder) for item in root.child("fundedBy").items() if (funder := _agent(gleaning, item))
    ]


def _funding(agent: dict[str, str]) -> dict[str, str]:
    return {to: agent[key] for key, to in (("name", "by"), ("uri", "url")) if key in agent}


def _topics(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    audience = root.child("intendedAudience")
    topics = []
    for spot, scheme in ((root.child("categories"), "pccat"), (audience.child("scope"), "pcscope")):
        for item in spot.items():
            if not _TERM.fullmatch(gleaning.peek(item)):
                continue
            topic = f"{scheme}:{gleaning.line(item)}"
            topics.append(topic)
            if not is_known("topic", topic):
                gleaning.say(RemarkKind.FLAGGED, item.pointer, f"'{topic}' is not a known topic.")
    fields["topics"] = list(dict.fromkeys(topics))
    fields["jurisdictions"] = _codes(gleaning, audience.child("countries"), _country)
    fields["notFor"] = _codes(gleaning, audience.child("unsupportedCountries"), _country)
    localisation = root.child("localisation")
    fields["languages"] = _codes(gleaning, localisation.child("availableLanguages"), canonical_tag)
    fields["localisable"] = gleaning.flag(localisation.child("localisationReady"))


def _state(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    maintenance = root.child("maintenance")
    mode = maintenance.child("type")
    if gleaning.peek(mode) in VOCABULARIES["maintenance mode"]:
        fields["maintenance"] = {"mode": gleaning.line(mode)}
    status = root.child("developmentStatus")
    if lifecycle := _LIFECYCLES.get(gleaning.peek(status)):
        # Nobody keeps a thing that is over: that is more than retired.
        given_up = lifecycle == "retired" and fields.get("maintenance") == {"mode": "none"}
        fields["lifecycle"] = "abandoned" if given_up else lifecycle
        gleaning.changed(status)
    for spot in (mode, status):
        if (
            gleaning.peek(spot)
            and not (spot is mode and "maintenance" in fields)
            and not (spot is status and "lifecycle" in fields)
        ):
            gleaning.say(
                RemarkKind.FLAGGED, spot.pointer, "This is not a word of the standard; kept under x."
            )
    providers = []
    for item in maintenance.child("contractors").items():
        if agent := _agent(gleaning, item, "website"):
            until = item.child("until")
            if is_date(gleaning.peek(until)):
                agent["until"] = gleaning.line(until)
            providers.append(agent | {"role": "contractor"})
    fields["providers"] = providers


def _rights(gleaning: Gleaning, fields: Fields) -> None:
    legal = gleaning.root.child("legal")
    fields["copyright"] = gleaning.line(legal.child("mainCopyrightOwner"))
    spot = legal.child("license")
    written = gleaning.peek(spot)
    known = normalised(written)
    if known and known != written:
        gleaning.changed(spot)
        gleaning.say(RemarkKind.CHANGED, spot.pointer, f"The licence '{written}' is written {known}.")
        fields["license"] = known
    elif license_ := gleaning.line(spot):
        fields["license"] = license_
        if not known:
            gleaning.say(RemarkKind.FLAGGED, spot.pointer, f"'{license_}' is not an SPDX licence expression.")


def _relations(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    fields["basedOn"] = [
        ref for item in root.child("isBasedOn").items() if (ref := _reference(gleaning, item))
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
    found: Fields = dict(_reference(gleaning, named))
    if not found:
        return None
    found["type"] = kind
    for key, to in (("versionMin", "min"), ("versionMax", "max"), ("version", "version")):
        _put(found, to, gleaning.line(item.child(key)))
    optional = gleaning.flag(item.child("optional"))
    return found if optional is None else found | {"optional": optional}


def _software(gleaning: Gleaning, fields: Fields) -> None:
    root = gleaning.root
    block: Fields = {}
    _put(block, "type", gleaning.line(root.child("softwareType")))
    if block and not is_known("software type", block["type"]):
        gleaning.say(
            RemarkKind.FLAGGED, "/softwareType", f"'{block['type']}' is not a known type of software."
        )
    _put(block, "platforms", _lines(gleaning, root.child("platforms")))
    _put(block, "version", gleaning.line(root.child("softwareVersion")))
    released = root.child("releaseDate")
    if is_date(gleaning.peek(released)):
        block["released"] = gleaning.line(released)
    elif gleaning.peek(released):
        gleaning.say(RemarkKind.FLAGGED, released.pointer, "This is not a date; kept under x.")
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


def _codes(gleaning: Gleaning, spot: Spot, canonical: Callable[[str], str | None]) -> list[str]:
    found = []
    for item in spot.items():
        written = gleaning.peek(item)
        code = canonical(written) if written else None
        if code is None:
            if written:
                gleaning.say(
                    RemarkKind.FLAGGED, item.pointer, f"'{written}' is not a known code; kept under x."
                )
            continue
        if code == written:
            gleaning.line(item)
        else:
            gleaning.changed(item)
        found.append(code)
    return list(dict.fromkeys(found))


def _country(text: str) -> str | None:
    code = text.upper()
    return code if is_place(code) else None


def _lines(gleaning: Gleaning, spot: Spot) -> list[str]:
    return [line for item in spot.items() if (line := gleaning.line(item))]


def _agent(gleaning: Gleaning, spot: Spot, *keys: str) -> dict[str, str]:
    """Take somebody with a name and a web address from a map or from a text that is either."""
    if isinstance(spot.value, dict):
        found: dict[str, str] = {}
        _put(found, "name", gleaning.line(spot.child("name")))
        address = spot.child("uri", "url", *keys)
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", gleaning.peek(address)):
            found["uri"] = gleaning.line(address)
        return found
    text = gleaning.line(spot)
    return {"uri" if is_url(text) else "name": text} if text else {}


def _reference(gleaning: Gleaning, spot: Spot) -> dict[str, str]:
    text = gleaning.line(spot)
    return {"ref" if is_url(text) else "name": text} if text else {}


def _put(fields: dict[str, Any], key: str, value: str | list[str]) -> None:
    if value:
        fields[key] = value
