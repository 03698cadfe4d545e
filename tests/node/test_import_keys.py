"""Imports keep what stands under keys that no statement can have."""

import json

import pytest

from node.interop.codejson import codejson_records
from node.interop.making import Occasion
from node.interop.publiccode import publiccode_record
from node.interop.record import Document

OCCASION = Occasion("2026-11-23")


@pytest.mark.parametrize("key", ["cost\tcentre", "cost\ncentre", "cost\r\n\tcentre"])
def test_a_tab_or_line_break_in_a_key_refuses_no_file(key: str) -> None:
    data = json.dumps({"name": "Tool", "permissions": {}, "status\t": "Production", key: 7}).encode()
    (record,) = codejson_records(Document("code.json", "code.json", data), OCCASION)
    assert record.rejection == ""
    assert record.payload is not None
    assert record.payload["x"] == {"code.json": {"cost centre": 7}}
    assert record.payload["lifecycle"] == "live"
    assert record.payload["source"]["original"] == {"/status ": "Production"}


def test_so_it_is_in_yaml() -> None:
    data = b'publiccodeYmlVersion: "0.4"\nname: Tool\n"cost\\tcentre": 7\n'
    record = publiccode_record(Document("publiccode.yml", "publiccode.yml", data), OCCASION)
    assert record.payload is not None
    assert record.payload["x"] == {"publiccode.yml": {"cost centre": 7}}
