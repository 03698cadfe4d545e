"""A log moves to another host, over real HTTP, by the commands; its follower goes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.processes import publiccode, world

pytestmark = pytest.mark.slow


def test_a_follower_goes_along_to_the_new_host(tmp_path: Path) -> None:
    with world(tmp_path) as built:
        old, new, reader = built.node("old"), built.founded("new", 0), built.founded("reader", 0)
        sheet, file = tmp_path / "sheet.txt", tmp_path / "set.txt"
        founded = old.run(
            "init", "--address", old.url, "--name", "City", "--allow-private", "--recovery", str(sheet)
        )
        old.origin, old.fingerprint = founded["origin"], founded["fingerprint"]
        old.serve()
        for node in (new, reader):
            node.run("follow", old.url, "--fingerprint", old.fingerprint)
            node.run("sync")
        new.run("key", "move", old.origin, "--prepare", str(file))
        new.run("key", "sign", str(file), "--root", str(sheet))
        old.run("key", "release", str(file))
        new.serve()
        moved = new.run("key", "move", old.origin, "--apply", str(file))
        assert (moved["after"], moved["in_force"]) == (2, True)
        one = tmp_path / "one.yml"
        one.write_text(publiccode("moved", 1), encoding="utf-8")
        assert new.run("entry", "import", "publiccode", str(one), "--log", old.origin)["signed"]
        # The old host follows the new one, and the reader learns from the old host where to ask.
        old.run("sync")
        reader.run("sync")
        assert reader.log(old.origin)["size"] == old.log(old.origin)["size"] == 4
        assert not old.log(old.origin)["own"]
        old.kill()
        two = tmp_path / "two.yml"
        two.write_text(publiccode("moved", 2), encoding="utf-8")
        new.run("entry", "import", "publiccode", str(two), "--log", old.origin)
        reader.run("sync")
        assert reader.log(old.origin)["size"] == 5
