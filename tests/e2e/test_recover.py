"""A lost node rebuilt from its papers and its peers, over real HTTP, by the command."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.command import LIBRARY
from tests.e2e.processes import Node, publiccode, world

pytestmark = pytest.mark.slow


def test_a_lost_node_comes_back_from_a_key_backup_and_publishes_on(tmp_path: Path) -> None:
    """Drill: the disk is gone; a backup of the keys and two nodes that carry the log are left."""
    with world(tmp_path) as built:
        publisher, near, far = (
            built.founded("publisher", 3),
            built.founded("near", 0),
            built.founded("far", 0),
        )
        publisher.serve()
        for peer in (near, far):
            peer.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
            peer.run("sync")
        backup = tmp_path / "backup.txt"
        publisher.run("key", "backup", str(backup))
        before = publisher.run("db", "digest", "--origin", publisher.origin)
        publisher.stop()
        shutil.rmtree(publisher.home)
        shutil.rmtree(tmp_path / "heads")

        near.serve()
        far.serve()
        froms = ("--from", near.url, "--from", far.url)
        # Without an address there is nowhere to be; the backup has it, and the fingerprint.
        publisher.run("recover", *froms, code=5)
        (done,) = publisher.run("recover", *froms, "--keys", str(backup), "--allow-private")
        assert (done["size"], done["may_sign"]) == (5, True)
        assert publisher.run("db", "digest", "--origin", publisher.origin) == before
        publish(publisher)
        publisher.serve()
        for peer in (near, far):
            outcomes = peer.run("sync")["outcomes"]
            ours = [each for each in outcomes if each["origin"] == publisher.origin]
            # The origin, and the node that serves it as a mirror too.
            assert {
                (each["size"], each["fault"]) for each in ours if each["source"].startswith(publisher.url)
            } == {(6, None)}
            assert not [each for each in ours if each["fault"] == "inconsistent"]


def test_the_sheet_alone_brings_the_log_back_under_new_keys(tmp_path: Path) -> None:
    """Drill: the keys are gone too. The root makes new ones."""
    with world(tmp_path) as built:
        publisher, peer = built.node("publisher"), built.founded("peer", 0)
        sheet = tmp_path / "sheet.txt"
        founded = publisher.run(
            "init", "--address", publisher.url, "--name", "City", "--allow-private", "--recovery", str(sheet)
        )
        publisher.origin, publisher.fingerprint = founded["origin"], founded["fingerprint"]
        publish(publisher)
        publisher.serve()
        peer.run("follow", publisher.url, "--fingerprint", publisher.fingerprint)
        peer.run("sync")
        publisher.stop()
        shutil.rmtree(publisher.home)
        shutil.rmtree(tmp_path / "heads")

        peer.serve()
        (done,) = publisher.run(
            "recover",
            "--from",
            peer.url,
            "--sheet",
            str(sheet),
            "--address",
            publisher.url,
            "--allow-private",
        )
        assert (done["size"], done["may_sign"]) == (3, True)
        publisher.run("entry", "put", "-", code=5, text=json.dumps(LIBRARY))
        rotated = publisher.run("key", "rotate", "--root", str(sheet))
        assert (rotated["after"], rotated["in_force"]) == (3, True)
        publisher.serve()
        peer.run("sync")
        assert peer.log(publisher.origin)["size"] == publisher.log(publisher.origin)["size"] == 5
        # Whose log it is must be said where no paper says it.
        other = built.node("other")
        words = ("recover", "--from", peer.url, "--origin", publisher.origin, "--address", other.url)
        other.run(*words, "--allow-private", code=2)
        other.run(*words, "--allow-private", "--fingerprint", "0" * 64, code=3)


def publish(node: Node) -> None:
    path = node.home.parent / "one.yml"
    path.write_text(publiccode("late", 1), encoding="utf-8")
    assert node.run("entry", "import", "publiccode", str(path))["accepted"] == 1
