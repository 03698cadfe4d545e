"""The interface for programs as a page, made of its OpenAPI document.

::

    GET /fr/api
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from node.http.card import base_path
from node.http.examples import EXAMPLES
from node.http.openapi import described
from node.http.parameters import Query, read
from node.http.routes import Route

from .site import HTML, Site

_JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a document.

    Attributes:
        name: Its name.
        type: What it is, in JSON's words; empty where it is documents alone.
        documents: Names of the documents that are in it.
        description: A sentence in English; may be empty.
    """

    name: str
    type: str
    documents: tuple[str, ...]
    description: str


class Interface:
    """Shows the interface for programs.

    Args:
        site: What all pages have in common.
        described: The routes that programs may rely on.
    """

    def __init__(self, site: Site, described: Sequence[Route]) -> None:
        self._site = site
        self._described = tuple(described)

    async def api(self, request: web.Request) -> web.Response:
        """Show the interface for programs."""
        read(request, Query)
        document = described(self._described, base_path(self._site.home))
        values = {
            "operations": operations(document),
            "documents": {name: parts(schema) for name, schema in schemas(document) if parts(schema)},
            "meanings": {name: schema.get("description", "") for name, schema in schemas(document)},
        }
        return self._site.page(request, "api", values)


def operations(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of an OpenAPI document, what most programs need first.

    Each has its ``path`` and ``method``, an ``example`` of what to ask (empty where there is none), and
    ``answers``: the names of the documents that it may answer what was asked for with.
    """
    paths = document["paths"]
    order = sorted(paths, key=lambda path: (list(EXAMPLES).index(path) if path in EXAMPLES else -1, path))
    # What is sent comes behind what is read.
    order.sort(key=lambda path: "get" not in paths[path])
    return [
        {
            "path": path,
            "method": method.upper(),
            "example": example(path) if method == "get" else "",
            "answers": tuple(dict.fromkeys(_answers(operation["responses"]))),
            **operation,
        }
        for path in order
        for method, operation in paths[path].items()
    ]


def example(path: str) -> str:
    """Return the address of an example, without the node's own; empty where there is none."""
    if path not in EXAMPLES:
        return ""
    name, asked = EXAMPLES[path]
    place = path.replace("{ref}", name).replace("{name}", name)
    return f"{place}?{asked}" if asked else place


def schemas(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the documents that an OpenAPI document describes, by name."""
    yield from sorted(document["components"]["schemas"].items())


def parts(schema: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return the fields of a document, what is always there first, then by name."""
    required = schema.get("required", ())
    found = sorted(schema.get("properties", {}).items(), key=lambda each: (each[0] not in required, each[0]))
    return tuple(
        Part(name, _type(field), tuple(dict.fromkeys(_documents(field))), _said(field))
        for name, field in found
    )


def _answers(responses: Mapping[str, Any]) -> Iterator[str]:
    for status, response in responses.items():
        content = response.get("content", {})
        if status < "400" and _JSON in content:
            yield from _documents(content[_JSON]["schema"])


def _documents(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the documents in a field, however deep."""
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    inner = [*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")]
    for each in inner:
        if isinstance(each, dict):
            yield from _documents(each)


def _type(schema: Mapping[str, Any]) -> str:
    """Return what a field is, in JSON's words."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(filter(None, map(_type, schema["anyOf"]))))
    inner = schema.get("items") if schema.get("type") == "array" else schema.get("additionalProperties")
    within = _type(inner) if isinstance(inner, dict) else ""
    said = str(schema.get("type", "" if "$ref" in schema else "any"))
    return f"{said} of {within}" if within else said


def _said(schema: Mapping[str, Any]) -> str:
    every = (schema, *schema.get("anyOf", ()))
    return next((str(each["description"]) for each in every if "description" in each), "")


PAGES: Final = (Route("/api", Interface.api, HTML),)
"""What is shown here, in each language."""
