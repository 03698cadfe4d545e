from typing import Any

import pytest

from node.interop.making import Occasion
from node.interop.publiccode import publiccode_record, read_publiccode
from node.interop.publiccode_write import write_publiccode
from node.interop.record import Annotation, Document, Fact, Record
from node.interop.yaml_loader import load_yaml
from tests.shared import SHARED, needs_shared

COMPLETE = """
publiccodeYmlVersion: 0.7
name: Medusa
applicationSuite: MegaSuite
url: https://example.org/medusa.git
landingURL: https://medusa.example.org
isBasedOn: [https://example.org/gorgo.git]
softwareVersion: 1.0
releaseDate: 2017-04-15
logo: https://example.org/logo.svg
platforms: [web]
categories: [e-signature]
organisation: {uri: "https://www.example.org/ente", name: Ente}
usedBy: [Comune di Firenze]
fundedBy: [{name: ADER, uri: "urn:x-ipa:ader"}]
roadmap: https://medusa.example.org/roadmap
developmentStatus: beta
softwareType: standalone/web
intendedAudience: {countries: [IT], unsupportedCountries: [US], scope: [culture]}
supports: [{id: "alias:gdpr"}]
description:
  it:
    localisedName: Medusa IT
    shortDescription: Un programma
    longDescription: |
      Prima riga: "no"

      yes
    documentation: https://docs.example.org
    apiDocumentation: https://docs.example.org/api
    features: ["no", "012", "a: b"]
    freeTags: [mobile]
    screenshots: [https://example.org/shot.png, img/shot.png]
    videos: [https://example.org/video]
    awards: [Premio]
legal: {license: EUPL-1.2, mainCopyrightOwner: Comune, repoOwner: Regione, authorsFile: AUTHORS}
maintenance: {type: contract, contractors: [{name: Ditta, until: 2030-12-31, website: "https://ditta.example"}]}
localisation: {localisationReady: true, availableLanguages: [it, en]}
dependsOn:
  open: [{name: PostgreSQL, versionMin: 9.6, versionMax: 12, version: 10, optional: false}]
  hardware: [{name: Reader}]
IT: {countryExtensionVersion: "1.0", conforme: {gdpr: true}}
"""


def record(data: bytes) -> Record:
    return publiccode_record(Document("publiccode.yml", "/publiccode.yml", data), Occasion("2026-11-21"))


def imported(data: bytes) -> dict[str, Any]:
    found = record(data)
    assert found.payload is not None, found.rejection
    return {key: value for key, value in found.payload.items() if key != "source"}


def test_every_mapped_key_makes_the_round_trip() -> None:
    entry = imported(COMPLETE.encode())
    written = write_publiccode(entry, record(COMPLETE.encode()).annotations)
    assert written.missing == ()
    assert written.left_out == ()
    assert imported(written.data) == entry
    assert load_yaml(written.data) == _with_texts(load_yaml(COMPLETE.encode()))


def test_only_a_date_is_written_as_one() -> None:
    notes = [Annotation(Fact.VERSION, "2"), Annotation(Fact.RELEASED, "soon"), Annotation(Fact.FORKS, "1")]
    content = load_yaml(write_publiccode(imported(COMPLETE.encode()), notes).data)
    assert isinstance(content, dict)
    assert content["softwareVersion"] == "2"
    assert "releaseDate" not in content


def _with_texts(content: Any) -> Any:  # noqa: ANN401
    """Return the content as a strict file has it: versions and texts in quotes."""
    content["dependsOn"]["open"][0] |= {"versionMax": "12", "version": "10"}
    content["description"]["it"]["longDescription"] = content["description"]["it"]["longDescription"].strip()
    content["description"]["it"]["features"] = ["no", "012", "a: b"]
    return content


def test_the_file_reads_the_same_in_older_yaml() -> None:
    text = write_publiccode(imported(COMPLETE.encode())).data.decode()
    assert text.startswith('publiccodeYmlVersion: "0.7"\nname: "Medusa"\n')
    assert '- "no"' in text
    assert "longDescription: |-\n" in text


def test_what_is_missing_is_named() -> None:
    written = write_publiccode({"type": "entry", "v": 1, "kind": "software", "name": {"fr": "Outil"}})
    assert load_yaml(written.data) == {
        "publiccodeYmlVersion": "0.7",
        "name": "Outil",
        "description": {"fr": {"localisedName": "Outil"}},
    }
    assert written.missing == (
        "url", "platforms", "developmentStatus", "softwareType", "description.shortDescription",
        "description.longDescription", "description.features", "legal.license", "maintenance.type",
        "localisation.localisationReady", "localisation.availableLanguages",
    )  # fmt: skip


def test_what_the_standard_has_no_words_for_is_left_out_and_named() -> None:
    written = write_publiccode(
        {
            "type": "entry", "v": 1, "kind": "software", "name": {}, "purpose": {"en": "To help"},
            "topics": ["ogp:open-data", "pccat:utilities", "pccat:crm"], "keywords": {"und": ["x"]},
            "software": {"type": "R package", "version": "2"}, "lifecycle": "sleeping",
            "maintenance": {"mode": "internal"}, "dependsOn": [{"name": "Data", "type": "data"}],
        }
    )  # fmt: skip
    content = load_yaml(written.data)
    assert isinstance(content, dict)
    assert content["categories"] == ["crm"]
    assert "softwareType" not in content
    assert "dependsOn" not in content
    assert written.left_out == (
        "purpose", "topics: ogp:open-data", "topics: pccat:utilities", "keywords.und",
        "software.version", "software.type: R package",
    )  # fmt: skip
    assert "maintenance.contacts" in written.missing
    assert "name" in written.missing


def test_the_entrys_own_values_win_over_what_was_kept() -> None:
    entry = imported(COMPLETE.encode())
    entry["x"]["publiccode.yml"] |= {"Name": "Old", "categories": ["e-signature", "other"], "legal": {"x": 1}}
    content = load_yaml(write_publiccode(entry).data)
    assert isinstance(content, dict)
    assert content["name"] == "Medusa"
    assert content["categories"] == ["e-signature", "other"]
    assert content["legal"] == {
        "license": "EUPL-1.2", "mainCopyrightOwner": "Comune", "repoOwner": "Regione", "x": 1,
    }  # fmt: skip


@pytest.mark.parametrize("entry", [{"type": "entry", "kind": "service"}, {"type": "profile"}])
def test_only_software_can_be_a_publiccode(entry: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="software"):
        write_publiccode(entry)


@needs_shared
@pytest.mark.slow
async def test_the_corpus_makes_the_round_trip_but_for_words_the_standard_lacks() -> None:
    unlike = 0
    total = 0
    async for found in read_publiccode([str(SHARED / "corpus" / "publiccode")], Occasion("2026-11-21")):
        if found.payload is None:
            continue
        total += 1
        written = write_publiccode(found.payload, found.annotations)
        entry = {key: value for key, value in found.payload.items() if key != "source"}
        again = imported(written.data)
        # Links and pictures come back in the order of the standard.
        for each in (entry, again):
            for key in ("links", "media"):
                each[key] = sorted(each.get(key, ()), key=str)
        unlike += again != entry and not written.left_out
    assert total == 176
    # One names a claimed user with its address, for which the standard has no key.
    assert unlike <= 1
