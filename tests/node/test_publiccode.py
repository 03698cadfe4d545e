"""What becomes of every key of a publiccode.yml, and that no value is lost."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.interop.found_at import FoundAt
from node.interop.making import Occasion
from node.interop.publiccode import publiccode_record, read_publiccode
from node.interop.record import Annotation, Document, Fact, Record, RemarkKind, counted
from node.interop.yaml_loader import load_yaml
from node.privacy.lint import lint
from node.privacy.texts import contacts
from protocol.packing import pack
from protocol.statement import Entry, decode
from protocol.validate import validate
from tests.lossless import lost
from tests.shared import SHARED, needs_shared

REMOVED = "[e-mail address removed]"

FULL = """
publiccodeYmlVersion: 0.4
name: Medusa
applicationSuite: MegaSuite
url: https://example.org/italia/medusa.git
landingUrl: https://medusa.example.org
isBasedOn: https://example.org/gorgo.git
softwareVersion: 1.0
releaseDate: 2017-04-15
logo: https://example.org/logo.svg
monochromeLogo: img/mono.svg
platforms: [web, haven]
categories: [e-signature, utilities, "Gestione documenti"]
tags: [amusement]
usedBy:
  - Comune di Firenze
  - https://comune.example.org
  - {name: DGFiP, url: https://dgfip.example.org}
fundedBy: [{name: ADER, uri: "urn:x-ipa:ader"}]
roadmap: https://medusa.example.org/roadmap
developmentStatus: obsolete
softwareType: standalone/web
organisation: {uri: "https://www.example.org/ente", name: Ente}
supports: [{id: "alias:gdpr"}, "https://example.org/nis2"]
intendedaudience:
  countries: [it, DE, Atlantis]
  unsupportedCountries: [us]
  scope: [culture]
description:
  ita:
    localisedName: Medusa IT
    genericName: Motore
    shortDescription: >
      Un programma molto interessante. Poi una seconda frase che rende il sommario troppo lungo
      per essere tenuto intero, come capita spesso nei cataloghi veri, dove nessuno conta le lettere.
    longDescription: Testo lungo. Scrivere a mario.rossi@example.org per sapere.
    documentation: https://docs.example.org
    apiDocumentation: docs/api.md
    features: [Bella, Veloce]
    freeTags: [mobile app]
    screenshots: [https://example.org/shot.png, img/shot.png]
    videos: https://example.org/video
    awards: [Premio]
  it: {localisedName: Seconda}
  italiano: {localisedName: Terza}
legal:
  license: agpl-3.0
  mainCopyrightOwner: Comune
  repoOwner: Regione
  authorsFile: AUTHORS
maintenance:
  type: none
  contacts:
    - {name: Mario Rossi, email: mario.rossi@example.org, phone: "+39 06 1", affiliation: Ente}
  contractors:
    - {name: Ditta srl, until: 2030-12-31, email: info@ditta.example, website: https://ditta.example}
localisation:
  localisationReady: yes
  availableLanguages: [it, eng, klingonese]
dependsOn:
  open:
    - {name: PostgreSQL, versionMin: 9.6, versionMax: 12, version: "", optional: no}
    - https://example.org/lib
    - {versionMin: 3}
  proprietary: [{name: Oracle, optional: true}]
it:
  countryExtensionVersion: 0.2
  conforme: {gdpr: true}
  riuso: {codiceIPA: c_a}
x-vendor: {deep: [{deeper: {deepest: {bottom: {ground: [1]}}}}]}
"""


def record(
    text: str | bytes,
    place: str = "acme.yml",
    found_at: FoundAt | None = None,
    *,
    keep_contacts: bool = False,
) -> Record:
    data = text.encode() if isinstance(text, str) else text
    occasion = Occasion("2026-11-21", found_at, keep_contacts=keep_contacts)
    return publiccode_record(Document(place, f"/data/{place}", data), occasion)


def entry(text: str) -> dict[str, Any]:
    payload = record(text).payload
    assert payload is not None
    return payload


def test_every_mapped_key_reaches_its_field() -> None:
    found = entry(FULL)
    assert {key: found[key] for key in found if key not in ("source", "x")} == {
        "type": "entry",
        "v": 1,
        "kind": "software",
        "name": {"und": "Medusa", "it": "Medusa IT"},
        "summary": {"it": "Un programma molto interessante."},
        "description": {
            "it": "Un programma molto interessante. Poi una seconda frase che rende il sommario troppo lungo"
            " per essere tenuto intero, come capita spesso nei cataloghi veri, dove nessuno conta le"
            " lettere.\n\n"
            f"Testo lungo. Scrivere a {REMOVED} per sapere."
        },
        "features": {"it": ["Bella", "Veloce"]},
        "keywords": {"it": ["mobile app"], "und": ["amusement"]},
        "identifiers": [{"scheme": "repo", "value": "https://example.org/italia/medusa.git"}],
        "partners": [
            {"name": "Ente", "uri": "https://www.example.org/ente", "role": "owner"},
            {"name": "Regione", "role": "owner"},
        ],
        "claimedUsers": [
            {"name": "Comune di Firenze"},
            {"uri": "https://comune.example.org"},
            {"name": "DGFiP", "uri": "https://dgfip.example.org"},
        ],
        "funding": [{"by": "ADER", "url": "urn:x-ipa:ader"}],
        "topics": ["pccat:e-signature", "pccat:utilities", "pcscope:culture"],
        "jurisdictions": ["IT", "DE"],
        "notFor": ["US"],
        "languages": ["it", "en"],
        "localisable": True,
        "links": [
            {"rel": "landing", "url": "https://medusa.example.org"},
            {"rel": "roadmap", "url": "https://medusa.example.org/roadmap"},
            {"rel": "docs", "url": "https://docs.example.org", "lang": "it"},
        ],
        "media": [
            {"type": "logo", "url": "https://example.org/logo.svg"},
            {"type": "screenshot", "url": "https://example.org/shot.png", "lang": "it"},
            {"type": "video", "url": "https://example.org/video", "lang": "it"},
        ],
        "lifecycle": "abandoned",
        "maintenance": {"mode": "none"},
        "providers": [
            {"name": "Ditta srl", "uri": "https://ditta.example", "until": "2030-12-31", "role": "contractor"}
        ],
        "license": "AGPL-3.0-only",
        "copyright": "Comune",
        "basedOn": [{"ref": "https://example.org/gorgo.git"}],
        "partOf": [{"name": "MegaSuite"}],
        "conformsTo": [
            {"ref": "alias:gdpr", "status": "claimed"},
            {"ref": "https://example.org/nis2", "status": "claimed"},
        ],
        "dependsOn": [
            {"name": "PostgreSQL", "type": "open", "min": "9.6", "max": "12", "optional": False},
            {"ref": "https://example.org/lib", "type": "open"},
            {"name": "Oracle", "type": "proprietary", "optional": True},
        ],
        "software": {"type": "standalone/web", "platforms": ["web", "haven"]},
        "incomplete": ["modified"],
    }


def test_what_has_no_field_stands_under_x() -> None:
    rest = entry(FULL)["x"]["publiccode.yml"]
    assert rest == {
        "monochromeLogo": "img/mono.svg",
        "categories": ["Gestione documenti"],
        "intendedaudience": {"countries": ["Atlantis"]},
        "description": {
            "ita": {
                "genericName": "Motore",
                "apiDocumentation": "docs/api.md",
                "screenshots": ["img/shot.png"],
                "awards": ["Premio"],
            },
            "it": {"localisedName": "Seconda"},
            "italiano": {"localisedName": "Terza"},
        },
        "legal": {"authorsFile": "AUTHORS"},
        "maintenance": {"contacts": [{"affiliation": "Ente"}]},
        "localisation": {"availableLanguages": ["klingonese"]},
        "dependsOn": {"open": [{"versionMin": 3}]},
        "it": {"countryExtensionVersion": "0.2", "conforme": {"gdpr": True}, "riuso": {"codiceIPA": "c_a"}},
        "x-vendor": {"deep": [{"deeper": {"deepest": {"bottom": '{"ground": [1]}'}}}]},
    }


def test_version_and_date_are_noted_and_not_stated() -> None:
    found = record(FULL)
    assert found.annotations == (Annotation(Fact.VERSION, "1.0"), Annotation(Fact.RELEASED, "2017-04-15"))
    said = {each.pointer for each in found.remarks if each.kind is RemarkKind.VOLATILE}
    assert said == {"/softwareVersion", "/releaseDate"}
    long = record(f"publiccodeYmlVersion: 0.4\nname: A\nsoftwareVersion: '  {'9' * 400} to a@b.example'\n")
    (version,) = long.annotations
    assert version.value == "9" * 300
    odd = record("publiccodeYmlVersion: 0.4\nname: A\nreleaseDate: [1]\nsoftwareVersion: ''\n")
    assert odd.annotations == ()
    assert odd.payload is not None
    assert odd.payload["x"]["publiccode.yml"] == {"releaseDate": [1]}


def test_the_source_says_where_everything_came_from() -> None:
    found_at = FoundAt.parse(b"file,source_repo,path\ndata/acme.yml,italia/medusa,publiccode.yml\n")
    found = record(FULL, found_at=found_at)
    assert found.payload is not None
    source = found.payload["source"]
    assert (source["format"], source["version"], source["path"]) == ("publiccode.yml", "0.4", "acme.yml")
    assert len(source["sha256"]) == 64
    assert source["fetched"] == "2026-11-21"
    assert source["foundAt"] == {"repo": "italia/medusa", "path": "publiccode.yml"}
    assert source["original"] == {
        "/developmentStatus": "obsolete",
        "/intendedaudience/countries/0": "it",
        "/intendedaudience/unsupportedCountries/0": "us",
        "/legal/license": "agpl-3.0",
        "/localisation/availableLanguages/1": "eng",
        "/localisation/localisationReady": "yes",
        "/dependsOn/open/0/optional": "no",
    }


def test_people_stay_out_and_the_report_says_so() -> None:
    found = record(FULL)
    packed = pack(found.payload or {})
    for personal in (b"Mario Rossi", b"mario.rossi@", b"+39 06", b"info@ditta"):
        assert personal not in packed
    dropped = {each.pointer for each in found.remarks if each.kind is RemarkKind.DROPPED}
    assert dropped == {
        "/description/ita/longDescription",
        "/maintenance/contacts/0/name",
        "/maintenance/contacts/0/email",
        "/maintenance/contacts/0/phone",
        "/maintenance/contractors/0/email",
    }
    assert not any("rossi" in each.message.lower() for each in found.remarks)


def test_people_in_sections_nobody_knows_stay_out_too() -> None:
    found = record(
        FULL + "authors: [Anna, {name: Bea, phone: {home: 1, work: [2], fax: ''}}]\n"
        "x-b: {mail: a@b.org, n: 'to a@b.org'}\n"
    )
    assert found.payload is not None
    rest = found.payload["x"]["publiccode.yml"]
    assert "authors" not in rest
    assert rest["x-b"] == {"n": f"to {REMOVED}"}
    assert counted(found.remarks)["dropped"] == 5 + 6


def test_telephone_numbers_in_texts_stay_out_too() -> None:
    found = record(FULL + "x-c: {note: 'Call 030/1234567', numbers: [202-555-0143, 12.3, 2026-11-21]}\n")
    assert found.payload is not None
    assert found.payload["x"]["publiccode.yml"]["x-c"] == {
        "note": "Call [telephone number removed]",
        "numbers": ["[telephone number removed]", "12.3", "2026-11-21"],
    }
    said = {each.pointer: each.message for each in found.remarks if each.kind is RemarkKind.DROPPED}
    assert said["/x-c/note"] == "A telephone number in the text was not imported."


def test_an_address_that_holds_contact_data_leads_nowhere() -> None:
    found = record(
        "publiccodeYmlVersion: 0.4\nname: A\nurl: https://example.org/?by=jane@city.example\n"
        "landingURL: https://example.org/?to=jane@city.example\n"
        "usedBy: [{name: B, uri: 'mailto:jane@city.example'}]\n"
        "organisation: {name: C, uri: 'tel:+390612345678'}\n"
        "intendedAudience: {countries: [jane@city.example]}\n"
    )
    assert found.payload is not None
    assert not found.payload.keys() & {"links", "identifiers", "jurisdictions"}
    assert found.payload["claimedUsers"] == [{"name": "B"}]
    assert found.payload["partners"] == [{"name": "C", "role": "owner"}]
    assert found.payload["x"]["publiccode.yml"]["landingURL"] == f"https://example.org/?to={REMOVED}"
    assert b"jane" not in pack(found.payload)
    assert not any("jane" in each.message for each in found.remarks)


def test_contact_data_are_kept_where_somebody_asks_for_it_and_the_report_says_so() -> None:
    more = "x-c: {note: 'Call 030/1234567', phone: 5550143, fax: '', landing: mailto:a@b.example}\n"
    found = record(FULL + more, keep_contacts=True)
    assert found.payload is not None
    rest = found.payload["x"]["publiccode.yml"]
    assert rest["maintenance"] == {
        "contacts": [
            {
                "name": "Mario Rossi",
                "email": "mario.rossi@example.org",
                "phone": "+39 06 1",
                "affiliation": "Ente",
            }
        ],
        "contractors": [{"email": "info@ditta.example"}],
    }
    assert rest["x-c"] == {"note": "Call 030/1234567", "phone": 5550143, "landing": "mailto:a@b.example"}
    assert "mario.rossi@example.org" in found.payload["description"]["it"]
    assert not [each for each in found.remarks if each.kind is RemarkKind.DROPPED]
    kept = {each.pointer for each in found.remarks if "kept" in each.message and "asked" in each.message}
    assert kept == {
        "/description/ita/longDescription",
        "/maintenance/contacts/0/name",
        "/maintenance/contacts/0/email",
        "/maintenance/contacts/0/phone",
        "/maintenance/contractors/0/email",
        "/x-c/note",
        "/x-c/phone",
        "/x-c/landing",
    }
    assert not any("rossi" in each.message.lower() for each in found.remarks)
    assert lost(load_yaml((FULL + more).encode()), found) == []


def test_a_contact_who_owns_the_rights_is_pointed_out() -> None:
    found = record(FULL.replace("mainCopyrightOwner: Comune", "mainCopyrightOwner: Mario Rossi"))
    pointed = [each for each in found.remarks if each.pointer == "/legal/mainCopyrightOwner"]
    assert [each.kind for each in pointed] == [RemarkKind.FLAGGED]
    assert "Rossi" not in pointed[0].message


def test_more_changed_values_than_a_map_holds_are_reported() -> None:
    codes = ", ".join(f"{first}{second}" for first in "abcdefghijklmnop" for second in "abcdefghijklmnop")
    text = f"publiccodeYmlVersion: 0.4\nname: A\nintendedAudience: {{countries: [{codes}]}}\n"
    found = record(text)
    assert found.payload is not None
    assert len(found.payload["jurisdictions"]) == 256
    assert len(found.payload["source"]["original"]) == 200
    assert counted(found.remarks)["changed"] == 56
    assert lost(load_yaml(text.encode()), found) == []


def test_no_value_is_lost() -> None:
    assert lost(load_yaml(FULL.encode()), record(FULL)) == []


_KEYS = st.sampled_from(
    [
        "name",
        "url",
        "description",
        "legal",
        "license",
        "maintenance",
        "contacts",
        "type",
        "usedBy",
        "categories",
        "platforms",
        "it",
        "en",
        "email",
        "shortDescription",
        "features",
        "dependsOn",
        "open",
        "versionMin",
        "localisation",
        "availableLanguages",
        "x-y",
        "isBasedOn",
    ]
) | st.text(alphabet="ab/~é\u200e", min_size=1, max_size=3)
_TREES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 10**6)
    | st.text(alphabet="ab1.@:/ é\u202e\u0301\n", max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(_KEYS, _TREES, max_size=8))
def test_whatever_a_file_holds_becomes_an_entry_that_can_be_published(content: dict[str, Any]) -> None:
    found = record(json.dumps({**content, "name": "N", "publiccodeYmlVersion": "0.4"}))
    assert found.payload is not None
    assert not [each for each in validate(found.payload, written_here=False) if each.severity == "error"]
    assert isinstance(decode(found.payload), Entry)


_CONTACTS = st.sampled_from(
    ["a.b@x.example", "030/1234567 or x@y.example", "+39 06 1234 5678", "Tel. 555 0143", "mailto:a@b.example"]
)  # fmt: skip


@settings(max_examples=50, deadline=None)
@given(
    st.dictionaries(
        _KEYS,
        st.recursive(
            _CONTACTS,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _CONTACTS, inner, max_size=4),
            max_leaves=12,
        ),
        max_size=8,
    )
)
def test_the_linter_finds_no_contact_data_in_what_was_imported(content: dict[str, Any]) -> None:
    found = record(json.dumps({**content, "name": "N", "publiccodeYmlVersion": "0.4"}))
    assert found.payload is not None
    assert lint(found.payload) == ()
    assert not any(contacts(remark.message) for remark in found.remarks)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the file is empty"),
        ("# nothing", "the file is empty"),
        ("- a\n- b", "it is a list"),
        ("<!doctype html><p>no</p>", "it is a plain text"),
        ("on: push\nname: CI\njobs: {}", "none of its keys say so"),
        ("publiccodeYmlVersion: 0.4\nurl: https://example.org", "it has no name"),
        ("publiccodeYmlVersion: 0.4\nname: ''", "it has no name"),
        ("publiccodeYmlVersion: 0.4\nname: [a]", "it has no name"),
        (b"\x89PNG\r\n\x1a\n\x00", "not UTF-8"),
        (b"name: \x00", "U+0000"),
        ("name: a\nname: b", "line 2, column 1: the key 'name' stands twice"),
        ("name: a\n- b", "line 2"),
        (
            "name: x\npubliccodeYmlVersion: 0.4\na: &a ["
            + "y" * 9000
            + "]\nb: ["
            + ", ".join(["*a"] * 60)
            + "]",
            "longer",
        ),
    ],
)
def test_what_is_no_publiccode_is_rejected_with_one_line(text: str | bytes, reason: str) -> None:
    found = record(text)
    assert found.payload is None
    assert reason in found.rejection
    assert "\n" not in found.rejection


def test_poor_files_are_taken_for_what_they_say_they_are() -> None:
    assert record("name: A", place="sub/publiccode.yaml").payload is not None
    assert record("name: A\nlegal: {}\nplatforms: [web]").payload is not None
    assert record("name: A\nlegal: {}").payload is None
    found = record("publiccode-yaml-version: '0.1'\ndescription: {en: {localisedName: B}}")
    assert found.key is not None
    assert (found.key.url, found.key.name) == ("", "B")
    assert [each.pointer for each in found.remarks if each.kind is RemarkKind.FLAGGED] == [
        "/publiccodeYmlVersion"
    ]


def test_unusual_values_are_flagged_and_kept() -> None:
    text = """
publiccodeYmlVersion: 2.4.0
name: Tool
url: https://github.com
landingURL: tool.example.org
releaseDate: soon
developmentStatus: Production
softwareType: R package
maintenance: {type: commercial}
legal: {license: GPL v3}
description: {en: {shortDescription: "Short\\u200e text", longDescription: 5}}
"""
    found = record(text)
    assert found.payload is not None
    flagged = {each.pointer for each in found.remarks if each.kind is RemarkKind.FLAGGED}
    assert flagged == {
        "/publiccodeYmlVersion", "/landingURL", "/developmentStatus", "/softwareType",
        "/maintenance/type", "/legal/license",
    }  # fmt: skip
    assert found.payload["license"] == "GPL v3"
    assert found.payload["software"]["type"] == "R package"
    assert found.payload["summary"] == {"en": "Short text"}
    assert found.payload["description"] == {"en": "5"}
    assert found.payload["x"]["publiccode.yml"]["developmentStatus"] == "Production"
    assert found.payload["incomplete"] == [
        "modified",
        "topics",
        "lifecycle",
        "languages",
        "maintenance",
        "software",
    ]
    assert lost(load_yaml(text.encode()), found) == []


def test_keys_that_become_one_are_both_kept() -> None:
    rest = entry('publiccodeYmlVersion: 0.4\nname: A\n"a\\u200eb": 1\nab: 2\n')["x"]["publiccode.yml"]
    assert sorted(rest.items()) == [("ab", 1), ("ab_", 2)]


def test_a_map_of_too_many_keys_is_kept_as_text() -> None:
    many = "".join(f"  k{number}: {number}\n" for number in range(300))
    rest = entry(f"publiccodeYmlVersion: 0.4\nname: A\nmany:\n{many}")["x"]["publiccode.yml"]
    assert rest["many"].startswith('{"k0": 0, ')
    top = "".join(f"k{number}: {number}\n" for number in range(300))
    assert isinstance(entry(f"publiccodeYmlVersion: 0.4\nname: A\n{top}")["x"]["publiccode.yml"], str)


@needs_shared
@pytest.mark.parametrize(
    ("family", "rejected"),
    [("publiccode", 3), pytest.param("publiccode-testdata", 3, marks=pytest.mark.slow)],
)
async def test_the_corpus_is_read_without_losing_a_value(family: str, rejected: int) -> None:
    folder = SHARED / "corpus" / family
    count = 0
    async for found in read_publiccode([str(folder)], Occasion("2026-11-21")):
        if found.payload is None:
            count += 1
            continue
        content = load_yaml((folder / found.place).read_bytes())
        assert lost(content, found) == []
        assert not [each for each in validate(found.payload, written_here=False) if each.severity == "error"]
        assert str(folder) not in str(found.payload)
        # Numbers are everywhere, and none is taken for that of a telephone.
        assert not any("telephone number in" in each.message for each in found.remarks)
    assert count == rejected
