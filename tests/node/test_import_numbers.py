"""Imports leave people out, also where their telephone is written as a number."""

import json
from typing import Any

import pytest

from node.interop.codejson import codejson_records
from node.interop.making import Occasion
from node.interop.publiccode import publiccode_record
from node.interop.record import Document, Record, RemarkKind

NUMBER = 3331234567
CONTACTS = b"""publiccodeYmlVersion: "0.4"
name: Medusa
url: https://example.com/italia/medusa.git
maintenance:
  type: internal
  contacts:
    - {name: Jane Doe, cell: 3331234567, affiliation: Town}
    - 3331234567
author: 3331234567
"""


def dropped(record: Record) -> list[str]:
    return [each.pointer for each in record.remarks if each.kind is RemarkKind.DROPPED]


@pytest.mark.parametrize("keep", [False, True])
def test_a_number_in_a_block_about_people_is_a_way_to_reach_them(*, keep: bool) -> None:
    document = Document("publiccode.yml", "publiccode.yml", CONTACTS)
    record = publiccode_record(document, Occasion("2026-11-23", keep_contacts=keep))
    assert (str(NUMBER) in json.dumps(record.payload)) is keep
    assert "Town" in json.dumps(record.payload)
    if not keep:
        places = [f"/maintenance/contacts/{each}" for each in ("0/name", "0/cell", "1")]
        assert dropped(record) == [*places, "/author"]


def test_so_it_is_in_an_inventory() -> None:
    project: dict[str, Any] = {"name": "Tool", "permissions": {}, "contact": {"office": NUMBER}}
    data = json.dumps({"version": "2.0.0", "agency": "GSA", "releases": [project]}).encode()
    (record,) = codejson_records(Document("code.json", "code.json", data), Occasion("2026-11-23"))
    assert str(NUMBER) not in json.dumps(record.payload)
    assert dropped(record) == ["/releases/0/contact/office"]
