from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federation.response import Response
from node.interop.dpg import read_dpg
from node.interop.dpg_fields import entry_fields
from node.interop.found_at import FoundAt
from node.interop.gleaning import Gleaning
from node.interop.json_loader import load_json
from node.interop.making import Occasion
from node.interop.record import Record, RemarkKind
from protocol.packing import pack
from protocol.statement import Entry, decode
from protocol.validate import validate
from tests.lossless import lost
from tests.shared import SHARED, needs_shared

NOMINATION: dict[str, Any] = {
    "name": "Ai Agro",
    "aliases": ["AA", ""],
    "description": "Reads the state of crops.",
    "website": "https://agro.example.org",
    "license": [{"spdx": "GPL-3.0", "licenseURL": "https://example.org/LICENSE"}],
    "SDGs": [
        {"SDGNumber": 2},
        {"SDGNumber": 12, "evidenceText": "It is used.", "evidenceURL": "https://example.org/study"},
        {"SDGNumber": 99},
    ],
    "sectors": ["Agriculture", "Big Data"],
    "type": ["aimodel", "software", "song"],
    "repositories": [{"name": "main", "url": "https://example.org/agro.git"}, {"name": "", "url": ""}],
    "organizations": [
        {
            "name": "Drones", "website": "https://drones.example.org", "org_type": "owner",
            "contact_name": "Jo Doe", "contact_email": "jo@drones.example",
        },
        {"name": "Friend", "website": "", "org_type": "friend"},
    ],
    "stage": "DPG",
}  # fmt: skip
SCREENING = {
    "name": "Ai Agro",
    "clearOwnership": {"isOwnershipExplicit": "Yes", "copyrightURL": ""},
    "documentation": {"documentationURL": ["https://example.org/docs", "see the wiki"]},
    "locations": {"deploymentCountries": ["Chile"]},
}
REVIEW = {"license": {"answer": True, "comment": "", "confidence": "5"}, "user": "someone", "timestamp": 1}


def write(folder: Path, files: dict[str, object]) -> None:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


async def read(*places: Path, found_at: FoundAt | None = None) -> dict[str, Record]:
    names = [str(place) for place in places]
    return {each.place: each async for each in read_dpg(names, Occasion("2026-11-21", found_at=found_at))}


async def test_every_mapped_key_reaches_its_field(tmp_path: Path) -> None:
    write(tmp_path, {"nominees/ai-agro.json": NOMINATION, "digitalpublicgoods/ai-agro.json": SCREENING})
    (found,) = (await read(tmp_path)).values()
    assert found.payload is not None
    assert {key: value for key, value in found.payload.items() if key not in ("source", "x")} == {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"und": "Ai Agro"},
        "summary": {"und": "Reads the state of crops."},
        "identifiers": [
            {"scheme": "repo", "value": "https://example.org/agro.git"},
            {"scheme": "dpg", "value": "ai-agro"},
        ],
        "partners": [{"name": "Drones", "uri": "https://drones.example.org", "role": "owner"}],
        "topics": ["eutheme:agri", "sdg:2", "sdg:12"],
        "links": [
            {"rel": "landing", "url": "https://agro.example.org"},
            {"rel": "docs", "url": "https://example.org/docs"},
        ],
        "license": "GPL-3.0-only",
        "incomplete": ["modified", "lifecycle", "languages", "maintenance", "software"],
    }
    assert found.payload["x"]["dpg"] == {
        "aliases": ["AA"],
        "license": [{"licenseURL": "https://example.org/LICENSE"}],
        "SDGs": [
            {"SDGNumber": 12, "evidenceText": "It is used.", "evidenceURL": "https://example.org/study"},
            {"SDGNumber": 99},
        ],
        "sectors": ["Big Data"],
        "type": ["song"],
        "repositories": [{"name": "main"}],
        "organizations": [{"name": "Friend", "org_type": "friend"}],
        "stage": "DPG",
        "clearOwnership": {"isOwnershipExplicit": "Yes"},
        "documentation": {"documentationURL": ["see the wiki"]},
        "locations": {"deploymentCountries": ["Chile"]},
    }
    assert found.payload["source"]["original"] == {
        "/type/0": "aimodel",
        "/type/1": "software",
        "/sectors/0": "Agriculture",
        "/license/0/spdx": "GPL-3.0",
    }
    for personal in (b"Jo Doe", b"jo@drones"):
        assert personal not in pack(found.payload)


async def test_the_files_of_one_good_are_one_entry(tmp_path: Path) -> None:
    api = {"id": "ai-agro", **NOMINATION, "website": ""}
    archived = {
        **NOMINATION,
        "name": "AI Agro",
        "description": "Old text, ask jo@drones.example.",
        "sectors": [],
    }
    write(
        tmp_path / "dpg",
        {
            "archive/ai-agro.json": archived,
            "nominees/ai-agro.json": NOMINATION,
            "digitalpublicgoods/ai-agro.json": SCREENING,
            "api-dpg/view.json": api,
            "nominees/other.json": {**NOMINATION, "id": ""},
        },
    )
    found_at = FoundAt.parse(b"file,source_repo,path\ndpg/nominees/ai-agro.json,dpga/goods,a.json\n")
    found = await read(tmp_path / "dpg", found_at=found_at)
    assert set(found) == {"api-dpg/view.json", "nominees/other.json"}
    payload = found["api-dpg/view.json"].payload
    assert payload is not None
    source = payload["source"]
    assert (source["record"], source["path"]) == ("ai-agro", "api-dpg/view.json")
    assert [each["path"] for each in source["files"]] == [
        "nominees/ai-agro.json",
        "archive/ai-agro.json",
        "digitalpublicgoods/ai-agro.json",
    ]
    assert source["files"][0]["foundAt"] == {"repo": "dpga/goods", "path": "a.json"}
    assert len({each["sha256"] for each in source["files"]} | {source["sha256"]}) == 4
    # The other file fills in what one leaves empty, and contradicts it only under x.
    assert payload["links"][0]["url"] == "https://agro.example.org"
    assert payload["name"] == {"und": "Ai Agro"}
    assert payload["x"]["dpg archive/ai-agro.json"] == {
        "name": "AI Agro",
        "description": "Old text, ask [e-mail address removed].",
    }
    assert "dpg nominees/ai-agro.json" not in payload["x"]
    joined = [each.message for each in found["api-dpg/view.json"].remarks if each.kind is RemarkKind.JOINED]
    assert len(joined) == 3
    # Whatever was named first.
    folders = [tmp_path / "dpg" / name for name in ("archive", "digitalpublicgoods", "nominees", "api-dpg")]
    again = await read(*folders)
    assert {each.payload["source"]["record"] for each in again.values() if each.payload} == {
        "ai-agro",
        "other",
    }
    assert again["view.json"].payload is not None
    assert again["view.json"].payload["name"] == payload["name"]


async def test_contact_data_are_kept_where_somebody_asks_for_it(tmp_path: Path) -> None:
    archived = {**NOMINATION, "description": "Old text, ask jo@drones.example."}
    write(tmp_path, {"nominees/ai-agro.json": NOMINATION, "archive/ai-agro.json": archived})
    reading = read_dpg([str(tmp_path)], Occasion("2026-11-21", keep_contacts=True))
    (found,) = [each async for each in reading]
    assert found.payload is not None
    assert found.payload["x"]["dpg"]["organizations"][0] == {
        "contact_name": "Jo Doe",
        "contact_email": "jo@drones.example",
    }
    assert found.payload["x"]["dpg archive/ai-agro.json"] == {
        "description": "Old text, ask jo@drones.example."
    }
    kept = {each.pointer for each in found.remarks if "asked" in each.message}
    assert kept == {"/organizations/0/contact_name", "/organizations/0/contact_email", "/description"}


@pytest.mark.parametrize(
    ("types", "kind", "subtype"),
    [
        (["software"], "software", None),
        (["data"], "dataset", None),
        (["content", "data"], "dataset", None),
        (["content"], "process", None),
        ("standard", "standard", None),
        (["data", "standard", "software"], "software", None),
        (["aimodel"], "software", "ai-model"),
        (["data", "aimodel"], "dataset", None),
        ([], "", None),
    ],
)
def test_what_kind_a_good_is(types: Any, kind: str, subtype: str | None) -> None:  # noqa: ANN401
    gleaning = Gleaning({"name": "N", "type": types})
    fields = entry_fields(gleaning, "n")
    assert (fields["kind"], fields.get("subtype")) == (kind, subtype)
    assert bool(gleaning.remarks) == (isinstance(types, list) and len(types) > 1)


def test_a_licence_may_stand_alone_and_an_id_may_be_another() -> None:
    gleaning = Gleaning({"name": "N", "license": "MIT", "id": 7, "repositoryURL": "https://example.org/n"})
    fields = entry_fields(gleaning, "n")
    assert fields["license"] == "MIT"
    assert [each["value"] for each in fields["identifiers"]] == ["https://example.org/n", "n"]
    assert gleaning.rest() == {"id": 7}


async def test_what_is_no_good_is_rejected_with_one_line(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "broken.json": b"{",
            "empty.json": {},
            "excluded-nominees/x.json": NOMINATION,
            "large.json": b" " * 1_048_577,
            "list.json": [NOMINATION],
            "nameless.json": {"name": "", "stage": "DPG", "type": ["software"]},
            "other.json": {"name": "left-pad", "version": "1"},
            "review.json": REVIEW,
            "schema.json": {"$schema": "x", "type": "object"},
            "screening.json": SCREENING,
        },
    )
    found = await read(tmp_path)
    assert not any(each.payload for each in found.values())
    said = {place: each.rejection.partition(":")[0] for place, each in found.items()}
    assert said == {
        "broken.json": "line 1, column 2",
        "empty.json": "the object is empty ({}); fill it in or remove it",
        "excluded-nominees/x.json": "the registry excluded this nominee; remove it from the folder",
        "large.json": "the file has 1,048,577 bytes, more than 1,048,576; shorten it",
        "list.json": "this is no good",
        "nameless.json": "it has no name; add the key name with the name of the good",
        "other.json": "this is no good of the DPG registry",
        "review.json": "this is a review of a good, the opinion of a person; import the good itself",
        "schema.json": "this is a JSON Schema; remove it from the folder",
        "screening.json": "nothing says what kind of good it is (`type`); import its nomination too",
    }


class Web:
    """A web in memory."""

    async def get(self, url: str, *, limit: int, **_: object) -> Response:
        return Response(200, body=json.dumps(NOMINATION | {"stage": url}).encode()[:limit])


async def test_a_good_may_come_from_the_web() -> None:
    place = "https://api.example.org/dpg/ai-agro?x=1"
    (found,) = [each async for each in read_dpg([place], Occasion("2026-11-21"), fetch=Web())]
    assert found.payload is not None
    assert (found.payload["source"]["record"], found.payload["source"]["url"]) == ("ai-agro", place)
    assert found.source == "ai-agro"


_KEYS = st.sampled_from([*NOMINATION, *SCREENING, "url", "spdx", "org_type", "SDGNumber", "id"])
_TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(0, 30) | st.text(alphabet="ab1.@:/ é\u202e\n", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None)
@given(content=st.dictionaries(_KEYS, _TREES, max_size=8))
async def test_whatever_a_file_holds_is_an_entry_or_one_line(content: dict[str, Any]) -> None:
    class One(Web):
        async def get(self, url: str, *, limit: int, **_: object) -> Response:  # noqa: ARG002
            whole = {**content, "name": "N", "stage": "DPG", "type": ["software"]}
            return Response(200, body=json.dumps(whole).encode()[:limit])

    (found,) = [each async for each in read_dpg(["http://x.example/a"], Occasion("2026-11-21"), fetch=One())]
    if found.payload is None:
        assert found.rejection
        return
    assert not [each for each in validate(found.payload, written_here=False) if each.severity == "error"]
    assert isinstance(decode(found.payload), Entry)


@needs_shared
async def test_the_corpus_is_read_without_losing_a_value() -> None:
    folder = SHARED / "corpus" / "dpg"
    found = await read(folder)
    reasons = Counter(each.rejection for each in found.values() if each.payload is None)
    assert sorted(reasons.values()) == [2, 31, 140]
    assert sum(1 for each in found.values() if each.payload) == 513
    files = numbers = 0
    for each in found.values():
        if each.payload is None:
            continue
        numbers += sum("telephone number in" in remark.message for remark in each.remarks)
        assert str(folder) not in str(each.payload)
        source = each.payload["source"]
        for path in (source["path"], *(file["path"] for file in source.get("files", ()))):
            files += 1
            assert lost(load_json((folder / path).read_bytes()), each) == []
    assert files + sum(reasons.values()) == 965
    # A hotline in two answers of a good and a bot in the evidence of another.
    assert numbers == 3
