"""The document that describes the API says what the application serves, and answers are as it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, make_mocked_request
from jsonschema_rs import Draft202012Validator
from yarl import URL

from node.app import API, ROUTES, make_app
from node.home import Home
from node.http.openapi import described
from node.http.parameters import read
from node.http.routes import Route
from node.web import interface
from tests.markup import Page
from tests.publisher import open_home
from tests.told_world import CITY, PARKS, told


def document() -> dict[str, Any]:
    return json.loads(json.dumps(described(API, "")))  # type: ignore[no-any-return]


def test_the_document_describes_all_that_is_served(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    app = make_app(home)
    served = set()
    for resource in app.router.resources():
        assert isinstance(resource, web.Resource)
        path = re.sub(r":[^{}]+\}", "}", resource.get_info().get("path") or resource.get_info()["formatter"])
        served |= {(route.method, path) for route in resource if path.startswith("/api/")}
    home.close()
    found = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    assert found == {each for each in served if each[0] != "HEAD"}


def test_names_of_operations_are_unique_and_said() -> None:
    operations = [each for methods in document()["paths"].values() for each in methods.values()]
    names = [each["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(each["summary"] for each in operations)


@pytest.mark.parametrize("route", API, ids=lambda route: f"{route.method} {route.path}")
def test_every_question_has_an_example_that_can_be_asked(route: Route) -> None:
    if route.method != "GET":
        return
    place = interface.example(route.path)
    assert re.fullmatch(f"{re.sub(r'{.*?}', '[^?{]+', route.path)}([?].+)?", place)
    # Read as strictly as what is asked.
    read(make_mocked_request("GET", place), route.query)
    operation = document()["paths"][route.path]["get"]
    asked = {each["name"] for each in operation["parameters"] if "example" in each and each["in"] == "query"}
    assert asked == set(URL(place).query)


async def test_the_page_says_what_answers_have(client: TestClient[Any, Any]) -> None:
    page = Page(await (await client.get("/en/api")).text())
    named = page.text_of("h2")
    assert named[0] == "GET /api/v1/search"
    assert named.index("GET /api/v1/roadmap") < named.index("GET /api/v1/heads")
    links = {each["href"] for each in page.all("a") if each["href"].startswith("#doc-")}
    assert {"#doc-Found", "#doc-FoundItem", "#doc-Plan"} <= links
    assert {each[1:] for each in links} <= {each["id"] for each in page.all("dl") if each.get("id")}
    assert "relaxations" in " ".join(page.text_of("dt"))
    overdue = next(each for each in operations() if each["path"] == "/api/v1/consultations")
    (said,) = [each["description"] for each in overdue["parameters"] if each["name"] == "overdue"]
    assert "closed more than 90 days ago" in said
    assert "/api/v1/dumps" in {each["href"] for each in page.all("a")}


def operations() -> list[dict[str, Any]]:
    return interface.operations(document())


def test_fields_say_what_they_are() -> None:
    schema = {
        "properties": {
            "b": {"anyOf": [{"$ref": "#/x/Deep"}, {"type": "null"}], "description": "A thing."},
            "a": {"type": "array", "items": {"$ref": "#/x/Deep"}},
            "c": {"enum": ["x", "y"]},
            "d": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
            "e": {},
            "f": {"type": "object", "additionalProperties": False},
        },
        "required": ["e"],
    }
    assert [(each.name, each.type, each.documents, each.description) for each in interface.parts(schema)] == [
        ("e", "any", (), ""),
        ("a", "array", ("Deep",), ""),
        ("b", "null", ("Deep",), "A thing."),
        ("c", "x | y", (), ""),
        ("d", "object of array of string", (), ""),
        ("f", "object", (), ""),
    ]
    assert interface.example("/nowhere") == ""


def test_every_reference_leads_somewhere() -> None:
    found = document()
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)):
        assert name in found["components"]["schemas"], name


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.path))
def test_parameters_in_a_path_are_words(route: Any) -> None:  # noqa: ANN401 - pytest gives what there is
    assert re.fullmatch(r"/|(/[\w.-]+|/\{\w+\})+/?", route.path)


def test_parameters_are_those_that_are_read() -> None:
    search = document()["paths"]["/api/v1/search"]["get"]
    named = {each["name"]: each for each in search["parameters"]}
    assert named["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert named["kind"]["schema"]["type"] == "array"
    assert named["cursor"]["schema"]["type"] == "string"
    assert all(each["description"] for each in named.values())
    post = document()["paths"]["/api/v1/statements"]["post"]
    assert post["security"] == [{"token": []}]
    assert post["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/Posted")
    assert [each["name"] for each in post["parameters"]] == ["Idempotency-Key"]


def test_answers_have_types() -> None:
    # The document itself is described by the version of OpenAPI that it names.
    assert [route.path for route in API if route.answer == dict[str, Any]] == ["/api/v1/openapi.json"]


def test_what_leads_elsewhere_is_described_too() -> None:
    answers = document()["paths"]["/api/v1/projects/{ref}"]["get"]["responses"]
    schemas = {
        status: answers[status]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for status in ("200", "308")
    }
    assert schemas == {"200": "ServedProject", "308": "Leading"}


ASKED: Final = (
    ("/api/v1/search", "?q=budget&facets=topic&explain=true&limit=1&view=trusted-participation", 200),
    ("/api/v1/search", "?q=budget&limit=1", 200),
    ("/api/v1/search", "?q=budgit&explain=true", 200),
    ("/api/v1/search", "?q=budget&kind=standard", 200),
    ("/api/v1/search", "?q=budget+toll", 200),
    ("/api/v1/search", "?q=plant+in+France+seeking+partners", 200),
    ("/api/v1/search", "?q=toll+in+France+seeking+partners", 200),
    ("/api/v1/search", "?q=tool+our+size", 200),
    ("/api/v1/search", "?jurisdiction=FR-69&wider=true", 200),
    ("/api/v1/search", "?q=gazebo&explain=true", 200),
    ("/api/v1/search", "?q=gazebo&fold=false", 200),
    ("/api/v1/projects", "?url=https://github.com/acme/tool", 308),
    ("/api/v1/projects/{ref}", "tool", 200),
    ("/api/v1/projects/{ref}", "suite", 200),
    ("/api/v1/projects/{ref}", "other", 308),
    ("/api/v1/publishers", "?lang=fr", 200),
    ("/api/v1/publishers", "?limit=1", 200),
    ("/api/v1/publishers/{ref}", PARKS, 200),
    ("/api/v1/organisations/{ref}", PARKS, 200),
    ("/api/v1/candidates", "", 200),
    ("/api/v1/nodes", "", 200),
    ("/api/v1/nodes", "?limit=1", 200),
    ("/api/v1/nodes/{ref}/policy", "node.example", 200),
    ("/api/v1/heads", "", 200),
    ("/api/v1/heads", "?limit=1", 200),
    ("/api/v1/projects/{ref}/backlinks", "tool", 200),
    ("/api/v1/projects/{ref}/backlinks", "tool?limit=1", 200),
    ("/api/v1/entries/{ref}/backlinks", "tool", 200),
    ("/api/v1/projects/{ref}/similar", "plans", 200),
    ("/api/v1/roadmap", "?q=budgits&facets=stage,topic&limit=1", 200),
    ("/api/v1/roadmap/{ref}/overlaps", CITY, 200),
    ("/api/v1/seeking", "?facets=type&limit=1", 200),
    ("/api/v1/offering", "", 200),
    ("/api/v1/providers", "?facets=role", 200),
    ("/api/v1/consultations", "?facets=status", 200),
)
"""Path, what is asked or named, and the status."""


def closed(schema: Any) -> Any:  # noqa: ANN401 - a part of a schema
    """Return a schema by which an object has no other fields than those that are described."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    narrow = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else {}
    return {**{key: closed(value) for key, value in schema.items()}, **narrow}


def untold(components: Any, schema: Any, values: list[Any], at: str) -> Iterator[str]:  # noqa: ANN401
    """Yield the places of a schema where none of some documents has anything."""
    (schema,) = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    schema = components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    values = [each for each in values if each not in (None, "", [], {})]
    if not values:
        yield at
    elif "properties" in schema:
        for name, each in schema["properties"].items():
            there = [value[name] for value in values if name in value]
            yield from untold(components, each, there, f"{at}/{name}")
    elif "items" in schema:
        yield from untold(components, schema["items"], [item for each in values for item in each], at)
    elif isinstance(schema.get("additionalProperties"), dict):
        inner = [item for each in values for item in each.values()]
        yield from untold(components, schema["additionalProperties"], inner, f"{at}/*")


async def test_answers_have_what_is_described_and_nothing_else(
    home: Home, client: TestClient[Any, Any]
) -> None:
    names = told(home)
    found = document()
    components, answers = closed(found["components"]), dict[tuple[str, int], list[Any]]()
    for path, asked, status in ASKED:
        name, mark, question = asked.partition("?")
        place = f"{path.replace('{ref}', names.get(name, name))}{mark}{question}"
        async with client.get(place, allow_redirects=False) as response:
            assert response.status == status, place
            answers.setdefault((path, status), []).append(await response.json())
    told_of: dict[str, list[Any]] = {}
    for (path, status), documents in answers.items():
        answer = found["paths"][path]["get"]["responses"][str(status)]
        schema = answer["content"]["application/json"]["schema"]
        validator = Draft202012Validator({**schema, "components": components})
        faults = [error for each in documents for error in validator.iter_errors(each)]
        assert [f"{path} {error.instance_path}: {error.message}" for error in faults] == []
        # One publisher has not all that publishers have, a provider not all that plans have, what is similar
        # is in no view, and how one comes to be followed is told beside what points at things.
        if path not in (
            "/api/v1/publishers/{ref}",
            "/api/v1/organisations/{ref}",
            "/api/v1/providers",
            "/api/v1/projects/{ref}/similar",
        ):
            told_of.setdefault(schema["$ref"], []).extend(documents)
    # What nothing is said of proves nothing.
    schemas = found["components"]["schemas"]
    missing = {
        each
        for ref, documents in told_of.items()
        for each in untold(schemas, schemas[ref.rpartition("/")[2]], documents, ref)
    }
    assert not missing, "\n".join(sorted(missing))
