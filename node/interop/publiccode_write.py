"""Writing an entry as publiccode.yml 0.7, strictly.

Only values that the standard knows are written, in its order, every text in quotes, so that
readers of YAML 1.1 and 1.2 see the same. What an import kept under ``x["publiccode.yml"]``
goes back to where it stood, unless the entry itself has a value there. A file that lacks a
mandatory key is not written as if it were complete: ``Written.missing`` names those keys.

The keys are those of ``docs/standard/schema.core.rst`` of publiccodeyml/publiccode.yml 0.7.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from protocol.forms import is_date
from protocol.language import UNDETERMINED
from protocol.vocabulary import TOPICS, VOCABULARIES

from .publiccode import FORMAT
from .record import Annotation, Fact

VERSION: Final = "0.7"

_STATUS: Final = {
    "idea": "concept", "planned": "concept", "development": "development", "pilot": "beta", "live": "stable",
    "maintenance-only": "stable", "retired": "obsolete", "abandoned": "obsolete",
}  # fmt: skip
_MODES: Final = frozenset({"internal", "contract", "community", "none"})

# Top-level keys in the order of the standard.
_ORDER: Final = (
    "publiccodeYmlVersion", "name", "applicationSuite", "url", "landingURL", "isBasedOn", "softwareVersion",
    "releaseDate", "logo", "platforms", "categories", "organisation", "usedBy", "fundedBy", "roadmap",
    "developmentStatus", "softwareType", "intendedAudience", "supports", "description", "legal",
    "maintenance", "localisation", "dependsOn",
)  # fmt: skip
# Other spellings that importing reads; the rest of one goes back to the standard's key.
_OTHER_SPELLINGS: Final = {key.lower(): key for key in _ORDER} | {
    "publiccode-yaml-version": "publiccodeYmlVersion"
}

# Fields that become keys, whole or in part, and those that are about the entry, not the thing.
_WRITTEN: Final = frozenset(
    {
        *(
            "name",
            "partOf",
            "identifiers",
            "links",
            "basedOn",
            "media",
            "partners",
            "claimedUsers",
            "funding",
        ),
        *("conformsTo", "summary", "description", "features", "keywords", "license", "copyright"),
        *("maintenance", "providers", "jurisdictions", "notFor", "languages", "localisable", "dependsOn"),
        *("lifecycle", "software", "topics", "type", "v", "kind", "slug", "created", "modified", "reviewed"),
        *("metadataLicense", "source", "incomplete", "x"),
    }
)

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and what keeps it from being complete.

    Attributes:
        data: The file, UTF-8.
        missing: Mandatory keys without a value, such as ``legal.license``; empty when it is valid.
        left_out: What the entry says and the standard has no words for, by field.
    """

    data: bytes
    missing: tuple[str, ...]
    left_out: tuple[str, ...]


def write_publiccode(payload: Mapping[str, Any], annotations: Iterable[Annotation] = ()) -> Written:
    """Return an entry of kind software as a publiccode.yml.

    Args:
        payload: An entry that :func:`protocol.validate.validate` finds no error in.
        annotations: What this node noted about the software: its version is no part of the entry.

    Raises:
        ValueError: The entry is not of kind software.
    """
    if payload.get("type") != "entry" or payload.get("kind") != "software":
        raise ValueError("only entries of kind software can be a publiccode.yml")
    content = _content(payload) | _noted({each.name: each.value for each in annotations})
    rest = payload.get("x", {}).get(FORMAT.name)
    if isinstance(rest, dict):
        spelled = {_OTHER_SPELLINGS.get(str(key).lower(), str(key)): value for key, value in rest.items()}
        content = _merged(content, spelled)
    content["publiccodeYmlVersion"] = VERSION
    ordered = {key: content[key] for key in (*_ORDER, *content) if key in content}
    stream = io.BytesIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_quoted(ordered), stream)
    return Written(stream.getvalue(), tuple(_missing(ordered)), tuple(_left_out(payload)))


def _content(payload: Mapping[str, Any]) -> Fields:
    software = payload.get("software", {})
    owners = [each for each in payload.get("partners", ()) if each.get("role") == "owner"]
    content = {
        "name": _own_name(payload),
        "applicationSuite": next(
            (each["name"] for each in payload.get("partOf", ()) if each.get("name")), None
        ),
        "url": _identifier(payload, "repo"),
        "landingURL": _link(payload, "landing"),
        "isBasedOn": [each.get("ref") or each.get("name") for each in payload.get("basedOn", ())],
        "logo": next((each["url"] for each in payload.get("media", ()) if each.get("type") == "logo"), None),
        "platforms": list(software.get("platforms", ())),
        "categories": _terms(payload, "pccat"),
        "organisation": next((_agent(each, "uri") for each in owners if each.get("uri")), None),
        "usedBy": [each.get("name") or each.get("uri") for each in payload.get("claimedUsers", ())],
        "fundedBy": [_renamed(each, by="name", url="uri") for each in payload.get("funding", ())],
        "roadmap": _link(payload, "roadmap"),
        "developmentStatus": _STATUS.get(payload.get("lifecycle", "")),
        "softwareType": _one_of(software.get("type"), VOCABULARIES["software type"]),
        "intendedAudience": {
            "countries": list(payload.get("jurisdictions", ())),
            "unsupportedCountries": list(payload.get("notFor", ())),
            "scope": _terms(payload, "pcscope"),
        },
        "supports": [{"id": each["ref"]} for each in payload.get("conformsTo", ()) if each.get("ref")],
        "description": _description(payload),
        "legal": {
            "license": payload.get("license"),
            "mainCopyrightOwner": payload.get("copyright"),
            "repoOwner": next((each.get("name") for each in owners if not each.get("uri")), None),
        },
        "maintenance": {
            "type": _one_of(payload.get("maintenance", {}).get("mode"), _MODES),
            "contractors": [
                _renamed(each, name="name", until="until", uri="website")
                for each in payload.get("providers", ())
            ],
        },
        "localisation": {
            "localisationReady": payload.get("localisable"),
            "availableLanguages": list(payload.get("languages", ())),
        },
        "dependsOn": _dependencies(payload.get("dependsOn", ())),
    }
    return _filled(content)


def _noted(facts: Mapping[Fact, str]) -> Fields:
    released = facts.get(Fact.RELEASED, "")
    return _filled(
        {
            "softwareVersion": facts.get(Fact.VERSION),
            "releaseDate": released if is_date(released) else None,
        }
    )


def _description(payload: Mapping[str, Any]) -> Fields:
    tags = {tag for field in ("summary", "description", "features") for tag in payload.get(field, {})}
    tags |= set(payload.get("name", {})) | {each["lang"] for each in _pages(payload) if each.get("lang")}
    blocks = {}
    for tag in sorted(tags - {UNDETERMINED}):
        blocks[tag] = {
            "localisedName": payload.get("name", {}).get(tag),
            "shortDescription": payload.get("summary", {}).get(tag),
            "longDescription": payload.get("description", {}).get(tag),
            "documentation": _link(payload, "docs", tag),
            "apiDocumentation": _link(payload, "api-docs", tag),
            "features": list(payload.get("features", {}).get(tag, ())),
            "freeTags": list(payload.get("keywords", {}).get(tag, ())),
            "screenshots": _media(payload, "screenshot", tag),
            "videos": _media(payload, "video", tag),
        }
    return blocks


def _pages(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [*payload.get("links", ()), *payload.get("media", ())]


def _own_name(payload: Mapping[str, Any]) -> str | None:
    names = payload.get("name", {})
    return names.get(UNDETERMINED) or names.get("en") or next((names[tag] for tag in sorted(names)), None)


def _identifier(payload: Mapping[str, Any], scheme: str) -> str | None:
    found = (each.get("value") for each in payload.get("identifiers", ()) if each.get("scheme") == scheme)
    return next(found, None)


def _link(payload: Mapping[str, Any], rel: str, tag: str | None = None) -> str | None:
    links = (each for each in payload.get("links", ()) if each.get("rel") == rel)
    return next((each.get("url") for each in links if tag is None or each.get("lang") == tag), None)


def _media(payload: Mapping[str, Any], kind: str, tag: str) -> list[str]:
    return [
        each["url"]
        for each in payload.get("media", ())
        if each.get("type") == kind and each.get("lang") == tag and each.get("url")
    ]


def _terms(payload: Mapping[str, Any], scheme: str) -> list[str]:
    """Return the entry's topics of one scheme that the standard knows."""
    terms = (topic.partition(":") for topic in payload.get("topics", ()))
    return [term for prefix, _, term in terms if prefix == scheme and term in TOPICS[scheme]]


def _dependencies(items: Iterable[Mapping[str, Any]]) -> Fields:
    found: Fields = {}
    for item in items:
        if item.get("type") in ("open", "proprietary", "hardware"):
            names = {"min": "versionMin", "max": "versionMax", "version": "version", "optional": "optional"}
            dependency = {"name": item.get("name") or item.get("ref")}
            dependency |= {to: item[key] for key, to in names.items() if key in item}
            found.setdefault(item["type"], []).append(dependency)
    return found


def _agent(item: Mapping[str, Any], *keys: str) -> Fields:
    return {key: item[key] for key in ("name", *keys) if item.get(key)}


def _renamed(item: Mapping[str, Any], **names: str) -> Fields:
    return {to: item[key] for key, to in names.items() if item.get(key)}


def _one_of(word: str | None, words: frozenset[str]) -> str | None:
    return word if word in words else None


def _filled(content: Fields) -> Fields:
    """Return a map without the keys that hold nothing."""
    found = {key: _filled(value) if isinstance(value, dict) else value for key, value in content.items()}
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _merged(content: Fields, rest: Mapping[str, Any]) -> Fields:
    """Return a map with what an import had no field for put back; the entry's own values win."""
    found = dict(content)
    for key, value in rest.items():
        if key not in found:
            found[key] = value
        elif isinstance(found[key], dict) and isinstance(value, dict):
            found[key] = _merged(found[key], value)
        elif isinstance(found[key], list) and isinstance(value, list):
            found[key] = [*found[key], *(item for item in value if item not in found[key])]
    return found


def _missing(content: Fields) -> Iterable[str]:
    yield from (
        key
        for key in ("name", "url", "platforms", "developmentStatus", "softwareType", "description")
        if not content.get(key)
    )
    texts = [block for block in content.get("description", {}).values() if isinstance(block, dict)]
    for key in ("shortDescription", "longDescription", "features"):
        if not any(block.get(key) for block in texts):
            yield f"description.{key}"
    for block, key in (
        ("legal", "license"), ("maintenance", "type"),
        ("localisation", "localisationReady"), ("localisation", "availableLanguages"),
    ):  # fmt: skip
        if content.get(block, {}).get(key) in (None, [], ""):
            yield f"{block}.{key}"
    maintenance = content.get("maintenance", {})
    wanted = {"contract": "contractors", "internal": "contacts", "community": "contacts"}.get(
        maintenance.get("type")
    )
    if wanted and not maintenance.get(wanted):
        yield f"maintenance.{wanted}"


def _left_out(payload: Mapping[str, Any]) -> Iterable[str]:
    yield from (key for key in payload if key not in _WRITTEN)
    for topic in payload.get("topics", ()):
        scheme, _, term = topic.partition(":")
        if scheme not in ("pccat", "pcscope") or term not in TOPICS[scheme]:
            yield f"topics: {topic}"
    if UNDETERMINED in payload.get("keywords", {}):
        yield f"keywords.{UNDETERMINED}"
    software = payload.get("software", {})
    yield from (f"software.{key}" for key in software if key not in ("type", "platforms"))
    kind = software.get("type")
    if kind and kind not in VOCABULARIES["software type"]:
        yield f"software.type: {kind}"


def _quoted(value: Any) -> Any:  # noqa: ANN401 - a tree of YAML values
    """Return values with every text in quotes, or as a block where it has several lines."""
    if isinstance(value, dict):
        return CommentedMap((key, _quoted(item)) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [_quoted(item) for item in value]
    if not isinstance(value, str):
        return value
    # A block would lose blanks at its ends, and cannot start with one.
    if "\n" in value and value == value.strip() and " \n" not in value and "\t" not in value:
        return LiteralScalarString(value)
    return DoubleQuotedScalarString(value)
