"""What an entry claims to be: the identifiers by which it can be joined with others.

An entry states identifiers of its thing. Some prove nothing, and even a good one is often not
its own: templates are copied with the file that describes them, and one umbrella repository
holds many things. So a *claim* is an identifier together with a name key, and two entries can
be one project only where a whole claim is equal::

    {"identifiers": [{"scheme": "repo", "value": "https://github.com/acme/Tool"}],
     "name": {"en": "Acme Tool 2.0"}}          →  Claim("repo:github.com/acme/tool", BEARS)

Registry numbers, DOIs, SWHIDs and package names are given out one for each thing, so there the name
plays no part (``ANY``). A claim with something against it is kept as ``NOT_ITS_OWN``: it joins nothing
and leads readers to what it names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from protocol.packing import Value

from .names import bears, edition_key_of, key_of
from .repositories import Repository, identity_of, repository_of

ANY: Final = "*"
"""Whatever it is called: the identifier alone tells."""

BEARS: Final = "="
"""Its name is the repository's own."""

NOT_ITS_OWN: Final = "-"
"""Something speaks against it: this claim joins nothing."""

MOST_IDENTIFIERS: Final = 8
"""Identifiers of an entry that count; nobody's thing has more, and each one costs everybody a look."""

MOST_LISTED: Final = 64
"""Identifiers of an entry that are looked at, also those that identify nothing."""

MOST_NAMES: Final = 8
"""Names of an entry, in languages, that count."""

# A file that lies in a repository is copied along when somebody starts from a template.
_COPIED_ALONG: Final = frozenset({"publiccode.yml"})
_TELLING: Final = 5  # letters of a name that is worth something on a page that may be any page
_DOI: Final = re.compile(
    r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|(?:info:|urn:)?doi:)?\s*(10\.\d{4,9}(?:\.\d+)*/\S+)",
    re.IGNORECASE,
)
_PLACEHOLDER_DOI: Final = re.compile(
    r"10\.\d+/(?:(?:zenodo\.)?(?:x+|0+|1234567?8?9?|example|todo|placeholder)|zenodo\.?)"
)
# Not of single files: a licence lies in thousands of projects.
_SWHID: Final = re.compile(
    r"(?:https?://(?:archive|www)\.softwareheritage\.org/)?(swh:1:(?:dir|rev|rel|snp):([0-9a-f]{40}))(?:[;/].*)?"
)
# The empty directory, and no object at all.
_OF_NOTHING: Final = frozenset({"4b825dc642cb6eb9a060e54bf8d69288fbee4904", "0" * 40})
_WIKIDATA: Final = re.compile(
    r"(?:https?://(?:www\.|m\.)?wikidata\.org/(?:wiki|entity)/|wikidata:|wd:)?(Q[1-9]\d{0,11})", re.IGNORECASE
)
# A package by type, namespace and name, whatever its version (https://github.com/package-url/purl-spec).
_PURL: Final = re.compile(
    r"pkg:/{0,2}([a-z][a-z0-9.+-]*)/([^@?#]+)(?:@[^?#]*)?(?:\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
# Whose names know no case; pypi takes "_" for "-" too.
_PURL_FOLDED: Final = frozenset(
    {"bitbucket", "composer", "deb", "github", "gitlab", "hex", "npm", "pypi", "rpm"}
)
_REGISTRY: Final = re.compile(r"[A-Za-z0-9][\w.:/-]{1,199}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claim:
    """One identifier that an entry states, and under what name.

    Attributes:
        identifier: In the one spelling, such as ``repo:github.com/acme/tool`` or ``doi:10.5281/…``.
        name: ``ANY``, ``BEARS``, ``NOT_ITS_OWN`` or a key from :mod:`federation.names`.
    """

    identifier: str
    name: str

    @property
    def joins(self) -> bool:
        """Whether entries with this claim can be one project."""
        return self.name != NOT_ITS_OWN


def identifiers_of(payload: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the identifiers of an entry that count, in its own order, each once.

    Cheap: this is asked of every entry, :func:`claims_of` only of those that share one.
    """
    found: dict[str, None] = {}
    for scheme, value in _stated(payload):
        if identifier := identifier_of(scheme, value):
            found[identifier] = None
            if len(found) == MOST_IDENTIFIERS:
                break
    return tuple(found)


def identifier_of(scheme: str, value: str) -> str:
    """Return an identifier in the one spelling; empty for what identifies nothing.

    Args:
        scheme: ``repo``, ``doi``, ``swhid``, ``wikidata``, ``purl`` or ``dpg``; nothing else identifies here.
        value: As it is stated.
    """
    if scheme != "repo":
        return _given_out(scheme, value.strip())
    identity = identity_of(value)
    return f"repo:{identity}" if identity else ""


def identifier_keys(payload: Mapping[str, Value]) -> tuple[int, ...]:
    """Return 63 bits for each identifier of an entry that counts, for looking up who shares it."""
    return tuple([identifier_key(identifier) for identifier in identifiers_of(payload)])


def identifier_key(identifier: str) -> int:
    """Return 63 bits of the hash of an identifier, as ``identifiers_of`` spells it."""
    return int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8]) >> 1


def claims_of(payload: Mapping[str, Value]) -> tuple[Claim, ...]:
    """Return what an entry claims to be, in the order of its identifiers, each claim once.

    Works on the unpacked map, whatever of it is readable. Never raises.
    """
    found: dict[Claim, None] = {}
    counted = identifiers_of(payload)
    names, place, format_ = names_of(payload), _found_at(payload), _format(payload)
    for scheme, value in _stated(payload):
        identifier = identifier_of(scheme, value)
        if identifier not in counted:
            continue
        repository = repository_of(value) if scheme == "repo" else None
        keys = [ANY] if repository is None else _keys(repository, names, place, format_)
        for key in keys or [NOT_ITS_OWN]:
            found[Claim(identifier, key)] = None
    return tuple(found)


def place_is_unknown(payload: Mapping[str, Value]) -> bool:
    """Tell whether an entry was read from a file that templates bring along, and nobody says where it lay."""
    return _format(payload) in _COPIED_ALONG and "foundAt" not in _source(payload)


def document_of(payload: Mapping[str, Value]) -> str:
    """Return the document from which an entry was imported, a path or URL; empty when it does not say."""
    source = _source(payload)
    return next((place for key in ("path", "url") if isinstance(place := source.get(key), str)), "")


def names_of(payload: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the names of an entry, each once, in the order of their languages, at most ``MOST_NAMES``."""
    said = payload.get("name")
    if isinstance(said, str):
        return (said,)
    texts = [said[tag] for tag in sorted(said)] if isinstance(said, dict) else []
    return tuple(dict.fromkeys(text for text in texts if isinstance(text, str)))[:MOST_NAMES]


def found_in(payload: Mapping[str, Value]) -> str:
    """Return the repository at whose root an imported file lay, ``github.com/acme/tool``; else empty."""
    place = _found_at(payload)
    return place.identity if place else ""


def _keys(
    repository: Repository, names: tuple[str, ...], place: Repository | None, format_: str
) -> list[str]:
    """Return the name keys under which a repository can join an entry; none when it is not its own."""
    is_at_home = place is not None and place.identity == repository.identity
    if place is not None and not is_at_home and not any(_bears(place, name) for name in names):
        return []
    if repository.is_template and not is_at_home and format_ in _COPIED_ALONG:
        return []
    if repository.is_page:
        return sorted({key for name in names if len(key := edition_key_of(name)) >= _TELLING})
    if is_at_home:
        # A repository has one such file at its root: it speaks for the repository, whatever it is called.
        return [BEARS]
    keys = {BEARS if _bears(repository, name) else key_of(name) for name in names}
    return sorted(keys - {""})


def _bears(repository: Repository, name: str) -> bool:
    """Tell whether a name is that of a repository, today's or the one that it had in its URL."""
    called = (repository.name, repository.former) if repository.former else (repository.name,)
    return any(bears(name, each, repository.owner) for each in called)


def _stated(payload: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield scheme and value of an entry's identifiers, then of its former URLs, not too many of either."""
    listed = payload.get("identifiers")
    for item in listed[:MOST_LISTED] if isinstance(listed, list) else ():
        if isinstance(item, dict):
            scheme, value = item.get("scheme"), item.get("value")
            if isinstance(scheme, str) and isinstance(value, str):
                yield scheme, value
    aliases = payload.get("aliases")
    for alias in aliases[:MOST_LISTED] if isinstance(aliases, list) else ():
        # A former URL is a claim like any other, but not when it may be any page.
        if isinstance(alias, str) and (former := repository_of(alias)) is not None and not former.is_page:
            yield "repo", alias


def _given_out(scheme: str, value: str) -> str:
    """Return an identifier that somebody gives out, one for each thing; empty where it is none."""
    match scheme:
        case "doi" if match := _DOI.fullmatch(value):
            # In a URL some characters are escaped, and in a text it may end a sentence.
            doi = unquote(match[1]).rstrip(".,;").lower()
            return "" if _PLACEHOLDER_DOI.fullmatch(doi) or doi.split() != [doi] else f"doi:{doi}"
        case "swhid" if (match := _SWHID.fullmatch(value)) and match[2] not in _OF_NOTHING:
            return f"swhid:{match[1]}"
        case "wikidata" if match := _WIKIDATA.fullmatch(value):
            return f"wikidata:{match[1].upper()}"
        case "dpg" if _REGISTRY.fullmatch(value) and key_of(value):
            return f"dpg:{value.lower()}"
        case "purl" if match := _PURL.fullmatch(value):
            return _package(match[1].lower(), match[2])
    return ""


def _package(type_: str, path: str) -> str:
    """Return a package in the one spelling; empty for what names none."""
    segments = [unquote(segment) for segment in path.split("/") if segment]
    if type_ in _PURL_FOLDED:
        segments = [segment.lower() for segment in segments]
    if type_ == "pypi":
        segments = [segment.replace("_", "-") for segment in segments]
    if (
        not segments
        or not key_of(segments[-1])
        or any("/" in each or each.split() != [each] for each in segments)
    ):
        return ""
    return f"purl:{type_}/{'/'.join(segments)}"


def _source(payload: Mapping[str, Value]) -> Mapping[str, Value]:
    source = payload.get("source")
    return source if isinstance(source, dict) else {}


def _format(payload: Mapping[str, Value]) -> str:
    format_ = _source(payload).get("format")
    return format_ if isinstance(format_, str) else ""


def _found_at(payload: Mapping[str, Value]) -> Repository | None:
    """Return the repository at whose root the imported file lay; None when unknown, or deeper within."""
    place = _source(payload).get("foundAt")
    repo = place.get("repo") if isinstance(place, dict) else None
    path = place.get("path") if isinstance(place, dict) else None
    if not isinstance(repo, str) or (isinstance(path, str) and "/" in path.strip("/")):
        return None
    # Lists of files found on one forge write "owner/name".
    is_short = repo.count("/") == 1 and "." not in repo.partition("/")[0]
    return repository_of(f"https://github.com/{repo}" if is_short else repo)
