"""``fedcat project similar`` and ``score``."""

import json
from pathlib import Path

from node.cli.exits import ExitCode
from node.home import Home
from tests.command import Fedcat
from tests.publisher import Publisher, entry


def test_what_is_like_a_project_or_a_draft_is_listed(city: Home, fedcat: Fedcat, tmp_path: Path) -> None:
    publisher = Publisher(city, "parks.example/log/parks/1", own=False)
    id_ = publisher.put(entry("Register of trees", topics=["sector:environment-climate"]))
    publisher.put(entry("Trees to adopt"))
    publisher.put(entry("Counter"))
    publisher.publish()
    done = fedcat("project", "similar", id_.hex())
    assert "Trees to adopt" in done.out
    assert "trees" in done.out
    draft = tmp_path / "draft.json"
    draft.write_text(json.dumps({"name": {"en": "A counter"}}), encoding="utf-8")
    (item,) = fedcat("project", "similar", str(draft), "--json").document["items"]
    assert item["name"] == "Counter"
    nothing = fedcat("project", "similar", "-", text="name: {en: Xyzzy}\n")
    assert "Nothing here shares" in nothing.err


def test_a_score_says_what_is_missing(city: Home, fedcat: Fedcat) -> None:
    publisher = Publisher(city, "parks.example/log/parks/1", own=False)
    id_ = publisher.put(entry("Trees", license="MIT"))
    profile = publisher.put({"type": "profile", "v": 1, "name": {"en": "Parks"}})
    publisher.publish()
    done = fedcat("project", "score", id_.hex())
    assert "of 100" in done.out
    assert "open-licence" in done.out
    assert "+10: add the repository to identifiers, with scheme repo." in done.err
    found = fedcat("project", "score", id_.hex(), "--json").document
    assert found["score"] == 100 * found["points"] // found["possible"]
    (member,) = fedcat("project", "show", id_.hex(), "--json").document["members"]
    assert member["readiness"]["score"] == found["score"]
    assert fedcat("project", "score", profile.hex()).code == ExitCode.NOT_FOUND


DRAFT = {
    "kind": "software",
    "name": {"en": "Register of trees"},
    "summary": {"en": "Every tree of a town, with those who look after it"},
    "topics": ["sector:environment-climate"],
    "lifecycle": "live",
    "license": "EUPL-1.2",
    "languages": ["en"],
    "links": [{"rel": "landing", "url": "https://trees.example"}],
}


def test_whoever_publishes_is_told_what_is_there_already(city: Home, fedcat: Fedcat) -> None:
    publisher = Publisher(city, "parks.example/log/parks/1", own=False)
    publisher.put(entry("Trees to adopt", topics=["sector:environment-climate"]))
    publisher.put(entry("Counter"))
    publisher.publish()
    tried = fedcat("entry", "put", "-", "--dry-run", text=json.dumps(DRAFT))
    assert "Similar: Trees to adopt (parks.example/log/parks/1/e/" in tried.err
    assert "shares sector:environment-climate, trees." in tried.err
    assert "Readiness for reuse: " in tried.err
    assert "+10: add the repository to identifiers" in tried.err
    done = fedcat("entry", "put", "-", "--json", text=json.dumps(DRAFT)).document
    assert [item["name"] for item in done["similar"]] == ["Trees to adopt"]
    assert 0 < done["readiness"]["score"] < 100
    # Of a new version nobody asks what is like it.
    again = ("--entry", done["entries"][0]["id"], "--dry-run", "--json")
    assert fedcat("entry", "put", "-", *again, text=json.dumps(DRAFT)).document["similar"] == []
