"""The API described for programs: an OpenAPI 3.1 document, made of the routes and their types.

::

    GET /api/v1/openapi.json

Nothing in it is written by hand: paths and their parameters are those of the tables of routes, schemas those
of the types by which requests are read and which answers are, sentences those of their docstrings.
"""

import functools
import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from node.home import Home

from .card import base_path
from .documents import json_answer
from .examples import EXAMPLES
from .parameters import Query, read
from .problems import ProblemDocument
from .routes import GET, Route

VERSION: Final = "3.1.1"
"""Of the OpenAPI specification."""

ANY: Final = (400, 405, 500, 503)
"""Problems that any resource may answer with."""

_WORD: Final = re.compile(r"\w+")
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_PLACE: Final = "#/components/schemas/{name}"
_PROBLEM: Final = "application/problem+json"


class Description:
    """Answers ``/api/v1/openapi.json``.

    Args:
        home: The node.
        routes: What is described.
    """

    def __init__(self, home: Home, routes: Sequence[Route]) -> None:
        self._base = base_path(home)
        self._routes = tuple(routes)

    async def openapi(self, request: web.Request) -> web.Response:
        """Describe this API as an OpenAPI 3.1 document."""
        read(request, Query)
        return json_answer(request, described(self._routes, self._base))


@functools.cache
def described(routes: tuple[Route, ...], base: str) -> dict[str, Any]:
    """Return the OpenAPI document of some routes.

    Args:
        routes: The routes.
        base: The path below which they are; empty for the root.
    """
    types = tuple(dict.fromkeys((ProblemDocument, *(each for route in routes for each in _types(route)))))
    found, components = msgspec.json.schema_components(types, ref_template=_PLACE)
    schemas = dict(zip(types, found, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": VERSION,
        "info": {
            "title": "fedcat",
            "version": "1",
            "summary": "The combined catalogue of one node. Reading needs no key.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _types(route: Route) -> Iterator[Any]:
    """Yield the types of a route's documents."""
    for kind in (route.answer, route.body, *(other for _, other in route.others)):
        if kind is not None and not isinstance(kind, str):
            yield kind


def _operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        # As the path has it, without its prefix: /api/v1/projects/{ref}/backlinks is projects_ref_backlinks.
        "operationId": "_".join(_WORD.findall(route.path)[2:]),
        "summary": (route.handler.__doc__ or "").partition("\n")[0].rstrip("."),
        "parameters": [
            *_in_path(route),
            *_in_query(route),
            *_in_header(route),
        ],
        "responses": _responses(route, schemas),
    }
    if route.body is not None:
        content = {"application/json": {"schema": schemas[route.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    if route.needs_token:
        operation["security"] = [{"token": []}]
    return operation


def _in_path(route: Route) -> Iterator[dict[str, Any]]:
    named, _ = EXAMPLES.get(route.path, ("", ""))
    for name in _PARAMETER.findall(route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "description": "Slashes may be left as they are.",
            **({"example": named} if named else {}),
        }


def _in_query(route: Route) -> Iterator[dict[str, Any]]:
    query = route.query
    asked = dict(parse_qsl(EXAMPLES.get(route.path, ("", ""))[1]))
    # By itself: another module's type may have the same name.
    _, components = msgspec.json.schema_components((query,), ref_template=_PLACE)
    (found,) = components.values()
    for name, schema in found["properties"].items():
        # A parameter that may be left out is not one that may be null.
        (shape,) = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
        shape = {key: value for key, value in shape.items() if key != "description"}
        described = schema.get("description") or next(
            (each["description"] for each in schema.get("anyOf", ()) if "description" in each), ""
        )
        parameter = {"name": name, "in": "query", "description": described, "schema": shape}
        if name in asked:
            parameter["example"] = _example(asked[name], shape)
        yield parameter | ({"required": True} if name in found["required"] else {})


def _example(text: str, schema: dict[str, Any]) -> object:
    """Return what a parameter may be, as its schema has it."""
    match schema.get("type"):
        case "array":
            return [text]
        case "integer":
            return int(text)
        case "boolean":
            return text == "true"
        case _:
            return text


def _in_header(route: Route) -> Iterator[dict[str, Any]]:
    for name, description in route.headers:
        yield {"name": name, "in": "header", "description": description, "schema": {"type": "string"}}


def _responses(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return what may come back: what was asked for, and problems."""
    given = (*((status, route.answer) for status in route.statuses), *route.others)
    answers: dict[int, dict[str, Any]] = {
        status: {"description": _phrase(status), "content": _content(kind, schemas)} for status, kind in given
    }
    for status in route.statuses:
        answers[status]["content"] |= {form: {"schema": {"type": "string"}} for form in route.forms}
    if route.method == GET:
        answers[304] = {"description": _phrase(304)}
    problem = {_PROBLEM: {"schema": schemas[ProblemDocument]}}
    for status in (*ANY, *route.problems):
        answers[status] = {"description": _phrase(status), "content": problem}
    return {str(status): answers[status] for status in sorted(answers)}


def _content(kind: Any, schemas: dict[Any, Any]) -> dict[str, Any]:  # noqa: ANN401 - as in a route
    """Return what a body is: of a type of documents JSON, of a media type anything."""
    if isinstance(kind, str):
        return {kind: {"schema": {}}}
    return {"application/json": {"schema": schemas[kind]}}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


ROUTES: Final = (Route("/api/v1/openapi.json", Description.openapi, dict[str, Any]),)
"""What is answered here."""
