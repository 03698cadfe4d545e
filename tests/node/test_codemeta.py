"""codemeta.json: what of it becomes an entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from node.interop.codemeta import codemeta_record
from node.interop.making import Occasion
from node.interop.record import Document, Fact, Record, RemarkKind

TIDAL = {
    "@context": "https://w3id.org/codemeta/3.0",
    "@type": "SoftwareSourceCode",
    "name": "Tidal",
    "description": "Counts waves",
    "codeRepository": "https://code.city.org/acme/tidal",
    "url": "https://tidal.city.org",
    "softwareHelp": "https://tidal.city.org/help",
    "license": "https://spdx.org/licenses/MIT",
    "developmentStatus": "https://www.repostatus.org/#active",
    "programmingLanguage": [{"name": "Python"}, "C"],
    "version": "2.1",
    "author": [{"givenName": "Jane", "email": "jane@sea.example"}],
    "keywords": ["sea"],
}


def read(**fields: Any) -> Record:  # noqa: ANN401 - any field
    content = {key: value for key, value in {**TIDAL, **fields}.items() if value is not None}
    document = Document("codemeta.json", "codemeta.json", json.dumps(content).encode())
    return codemeta_record(document, Occasion("2026-11-22"))


def test_what_has_a_field_is_in_it_and_people_are_left_out() -> None:
    found = read()
    assert found.payload is not None
    assert found.payload["name"] == {"und": "Tidal"}
    assert found.payload["summary"] == {"und": "Counts waves"}
    assert (found.payload["license"], found.payload["lifecycle"]) == ("MIT", "live")
    assert found.payload["software"] == {"programmingLanguages": ["Python", "C"]}
    assert [each["rel"] for each in found.payload["links"]] == ["landing", "docs"]
    assert found.payload["x"] == {"codemeta.json": {"keywords": ["sea"]}}
    assert [each.name for each in found.annotations] == [Fact.VERSION]
    assert "jane" not in json.dumps(found.payload).lower()
    assert RemarkKind.DROPPED in {each.kind for each in found.remarks}


def test_what_is_written_otherwise_is_read_too() -> None:
    found = read(
        license=[{"name": "Apache-2.0"}],
        developmentStatus="wip",
        programmingLanguage={"name": "Rust"},
        description="Counts waves. " * 20,
    )
    assert found.payload is not None
    assert (found.payload["license"], found.payload["lifecycle"]) == ("Apache-2.0", "development")
    assert found.payload["summary"] == {"und": "Counts waves."}
    assert len(found.payload["description"]["und"]) > 200
    bare = read(description=None, developmentStatus="sleeping", license=None, codeRepository=None)
    assert bare.payload is not None
    assert not {"summary", "lifecycle", "license", "identifiers"} & set(bare.payload)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1"),
        (b"[]", "no"),
        (b'{"name": "x"}', "@context"),
        (b'{"@context": "codemeta"}', "no name"),
    ],
)
def test_what_is_none_says_why(data: bytes, said: str) -> None:
    assert said in codemeta_record(Document("x", "x", data), Occasion("2026-11-22")).rejection


def test_what_could_not_be_had_says_why() -> None:
    assert codemeta_record(Document("x", "x", rejection="gone"), Occasion("2026-11-22")).rejection == "gone"
