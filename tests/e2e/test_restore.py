"""A database copied aside, used, and put back: the node does not sign over what it forgot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command import LIBRARY
from tests.e2e.processes import Node, eventually, publiccode_files, world

pytestmark = pytest.mark.slow

ENTRY = {**LIBRARY, "access": {"source": "closed", "reason": "not software"}}


def test_a_database_put_back_is_refilled_before_anything_is_signed(tmp_path: Path) -> None:
    with world(tmp_path) as built:
        publisher, carrier = built.founded("publisher", 3), built.founded("carrier", 0)
        for node, other in ((publisher, carrier), (carrier, publisher)):
            other.serve()
            node.run("follow", other.url, "--fingerprint", other.fingerprint)
        carried(carrier, publisher, 5)
        publisher.run("sync")
        publisher.stop()
        aside = tmp_path / "aside.db"
        shutil.copy(publisher.home / "fedcat.db", aside)

        publisher.serve()
        more = publiccode_files(tmp_path / "more", "later", 2)
        publisher.run("entry", "import", "publiccode", str(more))
        carried(carrier, publisher, 7)
        publisher.stop()
        carrier.stop()
        put_back(publisher, aside)

        # Nobody can say how far the log really got: nothing is signed, the wish is kept.
        publisher.run("entry", "put", "-", code=6, text=json.dumps(ENTRY))
        assert publisher.log(publisher.origin)["size"] == 5

        carrier.serve()
        publisher.serve()
        eventually(120, lambda: publisher.log(publisher.origin)["size"] == 8, "the log was never refilled")
        carried(carrier, publisher, 8)
        digests = [node.run("db", "digest", "--origin", publisher.origin) for node in (publisher, carrier)]
        assert digests[0] == digests[1]
        assert carrier.run("search", "library")["total"] == 1


def carried(carrier: Node, publisher: Node, size: int) -> None:
    """Have the carrier pull until it holds this size."""
    outcomes = carrier.run("sync")["outcomes"]
    assert {item["size"] for item in outcomes if item["origin"] == publisher.origin} == {size}, outcomes


def put_back(node: Node, aside: Path) -> None:
    """Put an old database in the place of the newer one."""
    for name in ("fedcat.db-wal", "fedcat.db-shm"):
        (node.home / name).unlink(missing_ok=True)
    shutil.copy(aside, node.home / "fedcat.db")
