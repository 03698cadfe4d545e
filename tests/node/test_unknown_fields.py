"""What a statement says beyond the model goes through relays and out over the API as it was written."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from node.own.sequencer import Draft, publish
from protocol.leaf import Op
from protocol.packing import MAX_INTEGER
from tests.node_world import NodeWorld
from tests.statements import ALL, ENTRY, USE
from tests.trio import trio_in

UNKNOWN: dict[str, Any] = {
    "": "an empty key",
    "deep": [[{"é": [None, True, False, 0, -1, MAX_INTEGER, -MAX_INTEGER]}], [], {}],
    "a/b~c d": {"\U0001f600": "\U0001f600" * 400, "text": "line\nbreak\ttab"},
    "null": None,
}
POEM: dict[str, Any] = {"type": "poem", "v": 9, "lines": [{"text": "O", **UNKNOWN}], "x": 1}
STATEMENTS: list[dict[str, Any]] = [
    *({**payload, "later": UNKNOWN, "x": {"lyon.example": UNKNOWN, "": []}} for payload in ALL),
    {
        **ENTRY,
        "links": [{**ENTRY["links"][0], "checked": UNKNOWN}],
        "software": {"type": "library", **UNKNOWN},
    },
    {**USE, "suppliers": [{"name": "Coop", "later": UNKNOWN}], "costAvoided": {"method": "m", **UNKNOWN}},
    POEM,
]


async def test_unknown_fields_survive_store_relay_and_export(world: NodeWorld) -> None:
    trio = await trio_in(world)
    drafts = [Draft(Op.PUT, None, payload, None) for payload in STATEMENTS if payload["type"] != "withdrawal"]
    receipt = await publish(trio.city, trio.origin, drafts)
    await trio.sync()
    for home in trio.homes:
        for draft, id_ in zip(drafts, receipt.ids, strict=True):
            path = f"/api/v1/entries/{quote(f'{trio.origin}/e/{id_.hex()}')}"
            status, _, text = await trio.answers(home, path)
            assert status == 200
            assert json.loads(text.encode("latin-1"))["statement"] == draft.payload
