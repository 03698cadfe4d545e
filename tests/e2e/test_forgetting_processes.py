"""An erase over running nodes: no file of theirs has what it took away, and no old relay brings it back."""

from __future__ import annotations

import functools
import gzip
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.processes import Node, eventually, world

WORDS = ("zquorvexim", "wrimblothq")
ENTRY = """kind: software
name: {en: Zquorvexim}
summary: {en: Residents vote on the wrimblothq}
topics: [sector:civic-participation]
lifecycle: live
license: AGPL-3.0-only
languages: [en]
links: [{rel: landing, url: "https://wrimblothq.example"}]
"""


def holding(node: Node) -> set[str]:
    """Return the files of a node, its log included, in which one of the words stands."""
    found = set()
    for path in [*node.home.rglob("*"), node.home.parent / f"{node.home.name}.log"]:
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".gz":
            data += gzip.decompress(data)
        if any(word.encode() in data.lower() for word in WORDS):
            found.add(path.name)
    return found


def is_clean(node: Node) -> bool:
    return not holding(node)


def status(node: Node, path: str) -> int:
    try:
        with urllib.request.urlopen(node.url + path, timeout=10) as response:  # noqa: S310 - loopback
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def follows(reader: Node, source: Node, log: Node) -> None:
    reader.run("follow", source.url, "--origin", log.origin, "--fingerprint", log.fingerprint)


@pytest.mark.slow
def test_an_erase_reaches_running_nodes_and_a_relay_that_was_off(tmp_path: Path) -> None:
    with world(tmp_path) as built:
        city, relay, far = (built.founded(name, 0) for name in ("city", "relay", "far"))
        id_ = city.run("entry", "put", "-", text=ENTRY)["entries"][0]["id"]
        city.serve()
        follows(relay, city, city)
        relay.serve()
        eventually(120, lambda: found(relay) == 1, "the relay did not find it")
        follows(far, relay, city)
        far.serve()
        eventually(120, lambda: found(far) == 1, "the reader did not find it")
        assert all(holding(node) for node in (city, relay, far))
        # The relay is away while the entry is erased, and has all of it when it comes back.
        assert relay.stop() == 0
        erased = city.run("entry", "erase", id_, "--reason", "privacy")
        blob = f"/mirror/{city.hash}/blob/{erased['entries'][0]['index'] - 1}"
        eventually(120, lambda: status(far, blob) == 410, "the reader did not erase it")
        aside = shutil.copytree(relay.home, tmp_path / "aside")
        assert any(path.name.endswith(".gz") for path in aside.rglob("*"))
        relay.serve()
        for node in (city, far, relay):
            gone = functools.partial(is_clean, node)
            eventually(120, gone, f"{node.home.name}: {holding(node)}")
            assert status(node, blob) == 410
            assert found(node) == 0
        far_size = far.log(city.origin)["size"]
        assert relay.stop() == 0
        # Put back to what it was, a lying relay: nobody takes anything from it.
        shutil.rmtree(relay.home)
        aside.rename(relay.home)
        city.stop()
        relay.serve()
        assert holding(relay)
        assert any(each["source"].startswith(relay.url) for each in far.run("sync")["outcomes"])
        assert holding(far) == set()
        assert status(far, blob) == 410
        # A log may be purged under a running node.
        assert far.run("origin", "purge", city.origin)["size"] == far_size
        assert (status(far, blob), far.answers("/readyz")) == (404, True)
        assert [log["origin"] for log in far.run("log", "list")] == [far.origin]
        assert far.stop() == 0
        assert "Traceback" not in (tmp_path / "far.log").read_text()


def found(node: Node) -> int:
    return int(node.get("/api/v1/search?q=zquorvexim")["total"])
