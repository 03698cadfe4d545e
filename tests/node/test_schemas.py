"""JSON Schemas over HTTP and on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from jsonschema_rs import meta

from protocol.schema import schema_of
from protocol.statement import TYPES
from tests.command import Fedcat
from tests.publisher import ADDRESS


async def test_the_index_names_the_schema_of_every_type(client: TestClient[Any, Any]) -> None:
    answer = await client.get("/schema/v1/")
    assert answer.status == 200
    schemas = (await answer.json())["schemas"]
    assert list(schemas) == list(TYPES)
    for name, url in schemas.items():
        assert url.startswith(ADDRESS)
        found = await client.get(url.removeprefix(ADDRESS))
        assert found.headers["Content-Type"] == "application/schema+json"
        schema = json.loads(await found.read())
        assert schema == {"$id": url, **schema_of(name)}
        assert meta.is_valid(schema)


async def test_whoever_holds_a_schema_is_told_so(client: TestClient[Any, Any]) -> None:
    first = await client.get("/schema/v1/use.json")
    again = await client.get("/schema/v1/use.json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304


@pytest.mark.parametrize("file", ["poem.json", "use", "use.yaml", "a/use.json"])
async def test_there_are_no_other_schemas(client: TestClient[Any, Any], file: str) -> None:
    answer = await client.get(f"/schema/v1/{file}")
    assert answer.status == 404
    assert "use.json" in (await answer.json(content_type=None))["detail"]


def test_a_command_prints_a_schema(fedcat: Fedcat, tmp_path: Path) -> None:
    for words in (("schema", "link"), ("schema", "link", "--json")):
        done = fedcat(*words)
        assert done.code == 0
        assert done.document == schema_of("link")
    assert fedcat("schema", "poem").code == 2
    assert not (tmp_path / "home").exists()
