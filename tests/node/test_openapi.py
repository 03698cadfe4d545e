"""The document that describes the API says what the application serves, and answers are as it says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from node.http.app import API, ROUTES, make_app
from node.http.openapi import described
from tests.publisher import open_home


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


def test_every_reference_leads_somewhere() -> None:
    found = document()
    for name in re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(found)):
        assert name in found["components"]["schemas"], name


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.path))
def test_parameters_in_a_path_are_words(route: Any) -> None:  # noqa: ANN401 - pytest gives what there is
    assert re.fullmatch(r"(/[\w.-]+|/\{\w+\})+/?", route.path)


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
