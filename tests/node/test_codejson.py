from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.interop.codejson import codejson_records, read_codejson
from node.interop.found_at import FoundAt
from node.interop.gleaning import Gleaning
from node.interop.json_loader import load_json
from node.interop.licences import known_licence, licence_of_list
from node.interop.making import Occasion
from node.interop.mapping import timestamp
from node.interop.record import Document, Record, RemarkKind
from node.interop.yaml_loader import Yaml
from protocol.packing import pack
from protocol.statement import Entry, decode
from protocol.validate import validate
from tests.lossless import lost
from tests.shared import SHARED, needs_shared

REMOVED = "[e-mail address removed]"

RELEASE: dict[str, Any] = {
    "name": "Budget viewer",
    "version": 2.10,
    "description": "Shows where the money goes. Ask jo@city.example about it.",
    "longDescription": "A longer text.",
    "status": "Release Candidate",
    "permissions": {
        "licenses": [{"name": "CC0", "URL": "https://example.gov/LICENSE"}],
        "usageType": "openSource",
        "exemptionText": None,
    },
    "organization": "Office of Examples",
    "repositoryURL": "https://example.org/budget.git",
    "repositoryVisibility": "public",
    "homepageURL": "https://budget.example.gov",
    "downloadURL": "not an address",
    "vcs": " git",
    "laborHours": 1784.4,
    "reuseFrequency": {"forks": 2, "clones": 0, "by": {"others": "3"}, "none": ""},
    "platforms": ["web"],
    "categories": ["budgeting", "Not a term"],
    "softwareType": "standalone/web",
    "languages": ["Python", ""],
    "maintenance": "internal",
    "SBOM": "https://example.org/sbom",
    "relatedCode": [{"name": "Sister", "URL": "https://example.org/s", "isGovernmentRepo": True}, "Brother"],
    "reusedCode": [{"codeName": "Base", "codeURL": "https://example.org/b"}, {"note": "?"}],
    "partners": [{"name": "Other agency", "email": "mo@other.example"}, {"email": "x@y.example"}],
    "date": {
        "created": "2018-01-10",
        "lastModified": "2025-12-21T07:42:23Z",
        "metadataLastUpdated": "2026-01-01T02:00:55+02:00",
    },
    "tags": ["money", "open data"],
    "contact": {"email": "jo@city.example", "name": "Jo Doe", "URL": "https://example.gov/contact"},
    "feedbackMechanism": "https://example.org/issues",
    "localisation": False,
    "AIUseCaseID": "0",
}
INVENTORY: dict[str, Any] = {
    "agency": "GSA",
    "version": "2.0.0",
    "measurementType": {"method": "modules", "ifOther": ""},
    "releases": [RELEASE],
}
OLDER = {
    "version": "1.0.1",
    "agency": "UNKNOWN",
    "projects": [
        {"name": "Old", "repository": "https://example.org/old",
         "license": "https://creativecommons.org/publicdomain/zero/1.0",
         "openSourceProject": 1, "governmentWideReuseProject": 1, "tags": "one, two",
         "contact": {"email": "a@b.example"}, "description": "x"},
        {"name": "Older", "openSourceProject": 0, "governmentWideReuseProject": 1, "license": None},
        {"name": "Oldest", "openSourceProject": 0, "governmentWideReuseProject": 0,
         "usageType": "exemptByLaw", "exemptionText": "Secret.", "repoURL": "https://example.org/oldest"},
    ],
}  # fmt: skip


def records(
    content: object,
    place: str = "agency.json",
    found_at: FoundAt | None = None,
    *,
    keep_contacts: bool = False,
) -> list[Record]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    occasion = Occasion("2026-11-21", found_at, keep_contacts=keep_contacts)
    return codejson_records(Document(place, f"/data/{place}", data), occasion)


def entry(**release: object) -> dict[str, Any]:
    (found,) = records({"releases": [{"name": "N", **release}]})
    assert found.payload is not None
    return found.payload


def flagged(**release: object) -> set[str]:
    (found,) = records({"releases": [{"name": "N", **release}]})
    prefix = "/releases/0"
    return {each.pointer.removeprefix(prefix) for each in found.remarks if each.kind is RemarkKind.FLAGGED}


def test_every_mapped_key_reaches_its_field() -> None:
    (found,) = records(INVENTORY)
    assert found.payload is not None
    assert {key: value for key, value in found.payload.items() if key not in ("source", "x")} == {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"und": "Budget viewer"},
        "summary": {"und": f"Shows where the money goes. Ask {REMOVED} about it."},
        "description": {"und": "A longer text."},
        "keywords": {"und": ["money", "open data"]},
        "identifiers": [{"scheme": "repo", "value": "https://example.org/budget.git"}],
        "partners": [
            {"name": "Office of Examples", "role": "owner"},
            {"name": "Other agency", "role": "partner"},
            {"name": "GSA", "role": "owner"},
        ],
        "contact": {"url": "https://example.gov/contact"},
        "links": [
            {"rel": "landing", "url": "https://budget.example.gov"},
            {"rel": "feedback", "url": "https://example.org/issues"},
        ],
        "security": {"sbom": "https://example.org/sbom"},
        "maintenance": {"mode": "internal"},
        "lifecycle": "pilot",
        "created": "2018-01-10T00:00:00Z",
        "modified": "2026-01-01T00:00:55Z",
        "license": "CC0-1.0",
        "access": {"source": "open"},
        "relatedTo": [{"name": "Sister", "ref": "https://example.org/s"}, {"name": "Brother"}],
        "basedOn": [{"name": "Base", "ref": "https://example.org/b"}],
        "software": {
            "type": "standalone/web",
            "platforms": ["web"],
            "programmingLanguages": ["Python"],
        },
        "topics": ["pccat:budgeting"],
        "localisable": False,
        "incomplete": ["languages"],
    }


def test_what_has_no_field_stands_under_x() -> None:
    (found,) = records(INVENTORY)
    assert found.payload is not None
    assert found.payload["x"] == {
        "code.json": {
            "permissions": {"licenses": [{"URL": "https://example.gov/LICENSE"}]},
            "repositoryVisibility": "public",
            "downloadURL": "not an address",
            "vcs": "git",
            "laborHours": "1784.4",
            "categories": ["Not a term"],
            "relatedCode": [{"isGovernmentRepo": True}],
            "reusedCode": [{"note": "?"}],
            "AIUseCaseID": "0",
        },
        "code.json inventory": {"measurementType": {"method": "modules"}},
    }


def test_what_changes_by_itself_is_noted_or_left_out_and_said() -> None:
    (found,) = records(INVENTORY)
    assert [(each.name.value, each.value) for each in found.annotations] == [
        ("last-modified", "2025-12-21T07:42:23Z"),
        ("forks", "2"),
        ("clones", "0"),
        ("version", "2.1"),
    ]
    assert {each.pointer for each in found.remarks if each.kind is RemarkKind.VOLATILE} == {
        "/releases/0/version",
        "/releases/0/date/lastModified",
        "/releases/0/reuseFrequency/forks",
        "/releases/0/reuseFrequency/clones",
        "/releases/0/reuseFrequency/by/others",
    }
    assert "2025-12-21" not in str(found.payload)


def test_people_stay_out_and_the_report_says_so() -> None:
    (found,) = records(INVENTORY)
    packed = pack(found.payload or {})
    for personal in (b"Jo Doe", b"jo@city", b"mo@other", b"x@y"):
        assert personal not in packed
    assert {each.pointer for each in found.remarks if each.kind is RemarkKind.DROPPED} == {
        "/releases/0/description",
        "/releases/0/partners/0/email",
        "/releases/0/partners/1/email",
        "/releases/0/contact/email",
        "/releases/0/contact/name",
    }


@pytest.mark.parametrize(
    ("email", "contact"),
    [
        ("open.data@city.example", {"email": "open.data@city.example", "url": "https://example.gov/contact"}),
        ("jo.doe@city.example", {"url": "https://example.gov/contact"}),
        ("Open Data Desk", {"url": "https://example.gov/contact"}),
    ],
)
def test_the_mailbox_of_a_function_becomes_the_contact_where_contacts_are_kept(
    email: str, contact: dict[str, str]
) -> None:
    release = RELEASE | {"contact": RELEASE["contact"] | {"email": email}}
    content = {**INVENTORY, "agency": "ask@agency.example", "releases": [release]}
    (found,) = records(content, keep_contacts=True)
    assert found.payload is not None
    assert found.payload["contact"] == contact
    rest = found.payload["x"]["code.json"]["contact"]
    assert rest == ({"name": "Jo Doe"} if "email" in contact else {"name": "Jo Doe", "email": email})
    assert {"name": "ask@agency.example", "role": "owner"} in found.payload["partners"]
    assert not [each for each in found.remarks if each.kind is RemarkKind.DROPPED]
    assert lost(load_json(json.dumps(content).encode()), found) == []
    assert "contact" not in (records(content | {"releases": [{"name": "A"}]})[0].payload or {})


def test_the_source_says_where_a_member_came_from() -> None:
    found_at = FoundAt.parse(b"file,source_repo,path\ndata/agency.json,agency/index,agency.json\n")
    found = [
        each.payload["source"]
        for each in records({**INVENTORY, "releases": [RELEASE, {"name": "B"}, RELEASE]}, found_at=found_at)
        if each.payload
    ]
    assert [each["member"] for each in found] == [1, 1, 2]
    assert (found[0]["format"], found[0]["version"], found[0]["path"]) == (
        "code.json",
        "2.0.0",
        "agency.json",
    )
    assert found[0]["foundAt"] == {"repo": "agency/index", "path": "agency.json"}
    # Pointers do not change when other members come and go.
    assert found[0]["original"] == found[2]["original"]
    assert found[0]["original"]["/status"] == "Release Candidate"


def test_the_older_schema_is_read() -> None:
    first, second, third = records(OLDER)
    assert first.payload is not None
    assert first.payload["license"] == "CC0-1.0"
    assert first.payload["access"] == {"source": "open"}
    assert first.payload["keywords"] == {"und": ["one, two"]}
    assert first.payload["identifiers"] == [{"scheme": "repo", "value": "https://example.org/old"}]
    assert first.payload["x"]["code.json inventory"] == {"agency": "UNKNOWN"}
    assert "partners" not in first.payload
    # What is to be said about the inventory is said once.
    assert {each.kind for each in first.remarks if each.pointer == "/agency"} == {"flagged", "kept"}
    assert not [each for each in second.remarks if each.pointer == "/agency"]
    assert second.payload is not None
    assert second.payload["access"] == {"source": "government"}
    assert "license" in second.payload["incomplete"]
    assert third.payload is not None
    assert third.payload["access"] == {
        "source": "closed", "reason": "exemptByLaw", "text": {"und": "Secret."},
    }  # fmt: skip
    assert "license" not in third.payload["incomplete"]


def test_a_file_of_one_project_is_read() -> None:
    (found,) = records(RELEASE | {"projects": ["share-it-act"]}, place="project.json")
    assert found.payload is not None
    assert "member" not in found.payload["source"]
    assert found.payload["x"]["code.json"]["projects"] == ["share-it-act"]
    assert records({"name": "Poor"}, place="some/code.json")[0].payload is not None


def test_no_value_is_lost() -> None:
    content = load_json(json.dumps(INVENTORY).encode())
    assert lost(content, records(INVENTORY)[0]) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"releases": [\n{"name": }]}', "line 2, column 10: not JSON: expecting value; repair it"),
        (b"{}", "empty ({})"),
        ([], "it is a list"),
        (None, "it is nothing (null)"),
        (7, "it is a single value"),
        ({"releases": []}, "it has no releases"),
        ({"projects": None}, "it has no projects"),
        ({"releases": {"a": 1}}, "its releases are no list"),
        ({"overrides": [{"project": "x"}]}, "list of overrides"),
        ({"name": "left-pad", "version": "1.0.0", "repository": "x"}, "none of its keys say so"),
        ({"contact": {}, "tags": ["a"]}, "none of its keys say so"),
        ({"releases": ["text"]}, "number 1 of its releases is a single value, not an object"),
        ({"releases": [{"name": " "}]}, "number 1 of its releases: it has no name"),
    ],
)
def test_what_is_no_code_json_is_rejected_with_one_line(content: object, reason: str) -> None:
    (found,) = records(content)
    assert found.payload is None
    assert reason in found.rejection
    assert "\n" not in found.rejection


def test_a_bad_member_is_one_line_and_the_others_go_on() -> None:
    found = records({"agency": "GSA", "releases": [None, {"name": "A"}, {"name": ""}, {"name": "B"}]})
    assert [bool(each.payload) for each in found] == [False, True, False, True]


@pytest.mark.parametrize(
    ("words", "access"),
    [
        ("openSource", {"source": "open"}),
        (["openSource"], {"source": "open"}),
        ("governmentWideReuse", {"source": "government"}),
        (["exemptByFOIA", "exemptByEAR"], {"source": "closed", "reason": "exemptByFOIA, exemptByEAR"}),
        (["openSource", "exemptByEAR"], None),
        ("whatever", None),
        ("", None),
    ],
)
def test_who_may_see_the_source(words: object, access: object) -> None:
    assert entry(permissions={"usageType": words}).get("access") == access
    assert bool(flagged(permissions={"usageType": words})) == (access is None and bool(words))


@pytest.mark.parametrize(
    ("status", "maintenance", "lifecycle"),
    [
        ("Ideation", None, "idea"),
        ("alpha", None, "development"),
        ("Production", "none", "live"),
        ("Archival", "internal", "retired"),
        ("Archival", "none", "abandoned"),
        ("Alpha v0.11 (Prototype)", None, None),
        (" ", None, None),
    ],
)
def test_how_far_a_thing_is(status: str, maintenance: str | None, lifecycle: str | None) -> None:
    found = entry(status=status, maintenance=maintenance)
    assert found.get("lifecycle") == lifecycle
    if status.startswith("Alpha v"):
        assert flagged(status=status) == {"/status"}
        assert found["x"]["code.json"]["status"] == status
    assert flagged(maintenance="commercial") == {"/maintenance"}


@pytest.mark.parametrize(
    ("licenses", "licence", "is_flagged"),
    [
        (None, None, False),
        ([], None, False),
        ([{"name": "MIT"}], "MIT", False),
        (["MIT"], "MIT", False),
        ([{"name": "The Unlicense"}], "Unlicense", False),
        ([{"name": "GPLv2"}], "GPLv2", True),
        ([{"name": "Other", "URL": "https://example.org/LICENSE"}], None, True),
        ([{"name": None, "URL": "https://api.github.com/licenses/apache-2.0"}], "Apache-2.0", False),
        ([{"name": "", "URL": "https://example.org/LICENSE"}], None, False),
        ([{"name": "https://example.org/LICENSE"}], None, True),
        ([{"name": "MIT"}, {"name": "Apache-2.0"}], None, True),
        ([{"name": "GPLv2"}, {"name": "GPLv2"}], None, True),
        ([{"name": "MIT"}, {"name": "MIT License"}], "MIT", False),
    ],
)
def test_licences(licenses: object, licence: str | None, is_flagged: bool) -> None:
    permissions = {"licenses": licenses}
    assert entry(permissions=permissions).get("license") == licence
    assert bool(flagged(permissions=permissions)) is is_flagged
    (found,) = records({"releases": [{"name": "N", "permissions": permissions}]})
    assert lost({"permissions": load_json(json.dumps(permissions).encode())}, found, "/releases/0") == []


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://www.opensource.org/license/mit/", "MIT"),
        ("https://spdx.org/licenses/EUPL-1.2.html", "EUPL-1.2"),
        ("https://creativecommons.org/licenses/by-sa/4.0/legalcode", "CC-BY-SA-4.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("https://api.github.com/licenses/other", None),
        ("https://example.org/mit", None),
        ("GPL v3", None),
        ("", None),
    ],
)
def test_names_and_addresses_of_licences(text: str, licence: str | None) -> None:
    assert known_licence(text) == licence
    assert licence_of_list(Gleaning({}), []) == ""


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-02T09:00:00Z", "2026-11-02T09:00:00Z"),
        ("2026-11-02", "2026-11-02T00:00:00Z"),
        ("2026-11-02T09:00:00-05:00", "2026-11-02T14:00:00Z"),
        ("2026-11-02T09:00:00", ""),
        ("2026-11-02T99:00:00+00:00", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("2018-9-1", ""),
        ("43101", ""),
        ("", ""),
    ],
)
def test_moments(text: str, moment: str) -> None:
    gleaning = Gleaning({"date": text})
    assert timestamp(gleaning, gleaning.root.child("date")) == moment
    left = gleaning.rest()
    assert left == (None if moment or not text else {"date": text})


_KEYS = st.sampled_from([*RELEASE, *RELEASE["permissions"], "license", "usageType", "URL", "spdx"])
_TREES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(alphabet="ab1.@:/ é\u202e\u0301\n", max_size=9)
    | st.sampled_from(["MIT", "openSource", "exemptByLaw", "Production", "https://example.org/x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_KEYS, _TREES, max_size=8))
def test_whatever_a_release_holds_becomes_an_entry_that_can_be_published(release: dict[str, Any]) -> None:
    (found,) = records({"releases": [{**release, "name": "N"}]})
    assert found.payload is not None
    assert not [each for each in validate(found.payload, written_here=False) if each.severity == "error"]
    assert isinstance(decode(found.payload), Entry)


async def test_folders_hold_files_whose_names_were_cut(tmp_path: Path) -> None:
    (tmp_path / "one.JSON").write_text(json.dumps(INVENTORY))
    (tmp_path / "A_very_long_name-bec5370c5a").write_text(json.dumps(RELEASE))
    (tmp_path / "LICENSE").write_text("Free for all.")
    (tmp_path / "notes.md").write_text("{}")
    (tmp_path / "shut").write_text("{}")
    (tmp_path / "pipe").symlink_to("nowhere")
    (tmp_path / "shut").chmod(0o000)
    found = [each async for each in read_codejson([str(tmp_path)], Occasion("2026-11-21"))]
    places = {each.place for each in found}
    assert (
        {"one.JSON", "A_very_long_name-bec5370c5a"}
        <= places
        <= {"one.JSON", "A_very_long_name-bec5370c5a", "shut"}
    )
    (nothing,) = [each async for each in read_codejson([str(tmp_path / "none")], Occasion("2026-11-21"))]
    assert "no such file" in nothing.rejection


def members(content: Yaml) -> Iterator[tuple[str, Yaml]]:
    """Yield the members of an inventory and their pointers, or the project that a file holds."""
    assert isinstance(content, dict)
    for key in ("releases", "projects"):
        listed = content.get(key)
        if isinstance(listed, list) and "name" not in content:
            yield from ((f"/{key}/{index}", member) for index, member in enumerate(listed))
            return
    yield "", content


REFUSED = {
    "DOI--code-gov-2020.json": "it has no releases",
    "FEMA--code-gov-2020.json": "the object is empty",
    "GSA-index--dsacms.json": "line 9, column 23: not JSON",
    "NSA--nsa-overrides.json": "a list of overrides",
    "NSA--nsacyber-overrides.json": "a list of overrides",
}


@needs_shared
@pytest.mark.parametrize(
    ("family", "accepted", "rejected"),
    [
        pytest.param("codejson", 7_436, REFUSED, marks=pytest.mark.slow),
        ("codejson-projects", 631, {}),
    ],
)  # fmt: skip
async def test_the_corpus_is_read_without_losing_a_value(
    family: str, accepted: int, rejected: dict[str, str]
) -> None:
    folder = SHARED / "corpus" / family
    count: Counter[str] = Counter()
    left: dict[str, Iterator[tuple[str, Yaml]]] = {}
    async for found in read_codejson([str(folder)], Occasion("2026-11-21")):
        if found.payload is None:
            assert rejected[found.place] in found.rejection
            count["rejected"] += 1
            continue
        count["accepted"] += 1
        if found.place not in left:
            left[found.place] = members(load_json((folder / found.place).read_bytes()))
        pointer, member = next(left[found.place])
        assert lost(member, found, pointer) == []
        assert str(folder) not in str(found.payload)
        # Numbers are everywhere, and none is taken for that of a telephone.
        assert not any("telephone number in" in each.message for each in found.remarks)
    assert (count["accepted"], count["rejected"]) == (accepted, len(rejected))
