"""What statements point at, in one spelling, so that it is found whoever describes it.

A use, a vouch, a relation of an entry, a link or an item of a list names a thing by the address of an entry,
by its repository, by a number that is given out, or by a URL. Whoever states one of these names of a thing is
found by 63 bits of it::

    lyon.example/log/lyon/1/e/5e0c…          →  that statement, and what states it in a successor
    https://www.GitHub.com/acme/Tool.git     →  repo:github.com/acme/tool
    https://doi.org/10.5281/zenodo.123       →  doi:10.5281/zenodo.123
    https://Tool.example/                    →  url:tool.example

Two texts may have one name, and one text two: a web page may be given as a repository. Works on the unpacked
map, whatever of it is readable; never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from protocol.errors import MalformedError
from protocol.origin import address, parse_address
from protocol.packing import Value

from .identity import MOST_IDENTIFIERS, MOST_LISTED, identifier_key, identifier_of

MOST_TARGETS: Final = 256
"""Targets of one statement that count; the entry model allows no longer lists."""

LONGEST: Final = 2_000
"""Characters of a target that is looked at."""

ADDRESS: Final = "entry:"
"""What the names of statements begin with."""

RELATIONS: Final = (
    "use",
    "vouch",
    "basedOn",
    "dependsOn",
    "conformsTo",
    "partOf",
    "replaces",
    "relatedTo",
    "link",
    "list",
)
"""How a statement can point at a thing."""

_FIELDS: Final = ("basedOn", "dependsOn", "conformsTo", "partOf", "replaces", "relatedTo")
_GIVEN_OUT: Final = ("doi", "swhid", "wikidata", "purl")
_WEB: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_WEB_PREFIX: Final = re.compile(r"^https?://", re.IGNORECASE)
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """What a text points at.

    Attributes:
        names: In the one spelling, such as ``repo:github.com/acme/tool``; none of what names nothing.
        id: Of the statement that an address names, else None.
    """

    names: tuple[str, ...]
    id: bytes | None = None


@dataclass(frozen=True, slots=True)
class Pointer:
    """One place in a statement that points at something.

    Attributes:
        relation: One of ``RELATIONS``.
        target: As it is written.
        said: What is said there besides: the item of a field or list, or the whole statement.
    """

    relation: str
    target: str
    said: Mapping[str, Value]


def target_of(text: str) -> Target:
    """Return what a text points at: an address, a repository, a number that is given out, or a URL."""
    text = text.strip()
    if not text or len(text) > LONGEST:
        return Target(())
    try:
        origin, id_ = parse_address(_WEB_PREFIX.sub("", text))
    except MalformedError:
        return Target(tuple(dict.fromkeys(_names(text))))
    return Target((address_name(origin, id_),), id_)


def address_name(origin: str, statement_id: bytes) -> str:
    """Return the name of a statement among targets."""
    return f"{ADDRESS}{address(origin, statement_id)}"


def name_key(name: str) -> int:
    """Return 63 bits of a name; of an identifier the same as ``identity.identifier_key``."""
    return identifier_key(name)


def web_names_of(payload: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the URLs by which an entry calls itself that are no identifier by which entries are joined.

    Such as a home page with the scheme ``url``, each once, in the order of the entry.
    """
    found: dict[str, None] = {}
    for scheme, value in _called(payload):
        name = "" if identifier_of(scheme, value) else _web(value)
        if name:
            found[name] = None
            if len(found) == MOST_IDENTIFIERS:
                break
    return tuple(found)


def pointers_of(payload: Value) -> list[Pointer]:
    """Return where a statement points at things, in its own order, at most ``MOST_TARGETS``."""
    if not isinstance(payload, dict):
        return []
    return [pointer for pointer, _ in zip(_pointers(payload), range(MOST_TARGETS), strict=False)]


def _pointers(payload: dict[str, Value]) -> Iterator[Pointer]:
    relation = payload.get("type")
    ends: tuple[str, ...] = ()
    match relation:
        case "entry":
            for field in _FIELDS:
                # Who has no address gives a name and a URI.
                yield from _listed(field, payload.get(field), ("ref", "uri"))
        case "list":
            yield from _listed(relation, payload.get("items"), ("ref",))
        case "use" | "vouch":
            ends = ("target",)
        case "link":
            ends = ("target", "subject")
        case _:
            pass
    for end in ends:
        if isinstance(target := payload.get(end), str):
            yield Pointer(str(relation), target, payload)


def _listed(relation: str, listed: Value, keys: tuple[str, ...]) -> Iterator[Pointer]:
    """Yield a pointer for each item of a list that names something, by the first of some keys."""
    for item in _items(listed):
        target = next((text for key in keys if isinstance(text := item.get(key), str) and text), None)
        if target is not None:
            yield Pointer(relation, target, item)


def _names(text: str) -> Iterator[str]:
    """Yield the names in a text that is no address."""
    for scheme in _GIVEN_OUT:
        # A number without a word before it may be anything.
        if ":" in text and (name := identifier_of(scheme, text.removeprefix(f"{scheme}:"))):
            yield name
            return
    if text.startswith("dpg:") and (name := identifier_of("dpg", text.removeprefix("dpg:"))):
        yield name
    if name := identifier_of("repo", text):
        yield name
    if name := _web(text):
        yield name


def _web(text: str) -> str:
    """Return the name of a web page; scheme, ``www.``, default port, fragment and last slash play no part."""
    if len(text) > LONGEST or _WEB.fullmatch(text) is None:
        return ""
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip(".").removeprefix("www."), parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    place = host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"
    asked = f"?{parts.query}" if parts.query else ""
    return f"url:{place}{parts.path.rstrip('/')}{asked}"


def _called(payload: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """Yield scheme and value of what an entry calls itself, its former URLs last, not too many of either."""
    for item in _items(payload.get("identifiers"))[:MOST_LISTED]:
        scheme, value = item.get("scheme"), item.get("value")
        if isinstance(scheme, str) and isinstance(value, str) and scheme != "domain":
            yield scheme, value.strip()
    aliases = payload.get("aliases")
    for alias in aliases[:MOST_LISTED] if isinstance(aliases, list) else ():
        if isinstance(alias, str):
            yield "repo", alias.strip()


def _items(value: Value) -> list[dict[str, Value]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
