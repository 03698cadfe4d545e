"""A node where there is something to say of everything that an answer of the API may have.

names = told(home)        # {"tool": "127.0.0.1:8401/log/city/1/e/…", …}
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from federation.introduce import Card, CardLog
from node.answers.indexing import catch_up
from node.home import Home
from node.joining import join
from protocol.policy import TrustPolicy
from tests.publisher import MIRROR_KEY, Publisher, entry
from tests.reuse_world import TOOL, adopter, thing, use, vouched
from tests.trust_world import YESTERDAY, block_list, profile, speaking, trusting, vouch

NODE: Final = "https://node.example"
CITY, PARKS = "127.0.0.1:8401/log/city/1", "a.example/log/parks/1"
LYON: Final = "lyon.example/log/lyon/1"
REPO: Final = [{"scheme": "repo", "value": TOOL}]
APART: Final = [{"scheme": "repo", "value": f"{TOOL}-2"}]
_PLATFORM: Final = {
    "topics": ["sector:civic-participation"],
    "lifecycle": "live",
    "maintenance": {"mode": "community"},
    "modified": "2026-12-01T00:00:00Z",
    "license": "EUPL-1.2",
    "summary": {"en": "What a city spends, decided by all."},
}
_PLANNED: Final = {
    "id": "next",
    "text": {"en": "More of it"},
    "stage": "planned",
    "from": "2027-02",
    "to": "2027-06",
    "openTo": ["pilot"],
    "url": "https://city.example/plan",
}
_CALL: Final = {"text": {"en": "Come and help"}, "until": "2027-05-01", "places": ["FR"]}
_PLANS: Final = {
    "topics": ["sector:civic-participation"],
    "jurisdictions": ["FR-69"],
    "modified": "2026-12-01T00:00:00Z",
    "reviewed": "2026-12-02T00:00:00Z",
    "seeking": [{**_CALL, "type": "advice", "url": "https://city.example/call"}],
    "offering": [{**_CALL, "type": "advice"}],
}
_PROVIDER: Final = {
    "name": "Parks",
    "ref": PARKS,
    "uri": "https://a.example/",
    "role": "hosting",
    "until": "2027-08-01",
}
_CONSULTATION: Final = {
    "kind": "participation",
    "summary": {"en": "Tell us"},
    "topics": ["sector:civic-participation"],
    "jurisdictions": ["FR"],
    "modified": "2026-12-01T00:00:00Z",
    "participation": {"status": "open", "opens": "2026-12-01", "closes": "2027-03-01"},
}


def told(home: Home) -> dict[str, str]:
    """Fill a node; return the addresses of some entries by what they are called here."""
    city, parks = Publisher(home, CITY), Publisher(home, PARKS, own=False)
    names: dict[str, str] = {}

    def put(called: str, publisher: Publisher, **fields: Any) -> None:  # noqa: ANN401 - any field
        names[called] = f"{publisher.origin}/e/{publisher.put(thing(**fields)).hex()}"

    put("suite", city, name="Suite")
    put(
        "tool",
        city,
        **{"name": "Budget tool", "identifiers": REPO, **_PLATFORM},
        partners=[{"name": "City", "role": "owner"}, {"ref": PARKS, "role": "maintainer"}],
        partOf=[{"ref": names["suite"]}, {"name": "Elsewhere"}],
        claimedUsers=[{"name": "Bergen"}],
        translations={"en": {"by": "machine"}},
        source={"url": "https://city.example/publiccode.yml"},
        incomplete=["/license"],
    )
    put("part", city, name="Gazebo", partOf=[{"ref": names["suite"]}])
    based = [{"ref": names["tool"], "relation": "variant"}]
    put("variant", city, name="Variant", identifiers=APART, basedOn=based)
    translated = {"name": {"en": "Budget tool", "fr": "Outil"}, "translations": {"fr": {"by": "machine"}}}
    put("other", parks, **{**translated, "identifiers": REPO, **_PLATFORM})
    reported = {"source": {"format": "reported"}, "x": {"reported": {"by": "Friends of parks"}}}
    put("joined", parks, name="Participatory planning", **reported)
    put("copy", parks, name="Budget tool", kind="software", jurisdictions=["FR-69"])
    put("near", parks, name="Toll data", kind="dataset", identifiers=REPO)
    for publisher, title in ((city, "Budgets for districts"), (parks, "Budgets for gardens")):
        put(
            "plans",
            publisher,
            name=f"{title} service",
            **_PLANS,
            roadmap=[{**_PLANNED, "title": {"en": title}}],
        )
    put("provider", city, name="Hosted tool", providers=[_PROVIDER])
    put("consultation", city, name="What shall we plant?", **_CONSULTATION)
    city.put({"type": "profile", "v": 1, "name": {"en": "Budget office"}})
    parks.put(
        {
            "type": "profile",
            "v": 1,
            "name": {"fr": "Parcs"},
            "publisherType": "local",
            "jurisdiction": "FR-69",
            "identifiers": [{"scheme": "domain", "value": "a.example"}],
            "contact": {"role": {"fr": "Mairie"}, "email": "info@a.example", "url": "https://a.example"},
            "heartbeat": 21_600,
        }
    )
    said = {"type": "link", "v": 1, "subject": names["tool"], "reason": {"en": "told"}}
    parks.put({**said, "relation": "sameAs", "target": names["other"]})
    parks.put({**said, "relation": "coMaintains", "subject": PARKS, "target": names["tool"]})
    city.publish()
    parks.publish()
    oslo = Publisher(home, "oslo.example/log/oslo/1", own=False)
    oslo.put(vouch(LYON, "aa" * 32))
    oslo.put(vouch(LYON, "aa" * 32, expires=YESTERDAY))
    oslo.put(profile({"origin": "b.example/log/b/1"}))
    allowed = oslo.put(block_list({"ref": LYON, "fingerprint": "aa" * 32}, purpose="allow"))
    oslo.publish()
    trusting(home, subscribed=(f"{oslo.origin}/e/{allowed.hex()}",))
    speaking(home, "spam", entry("Cheap"))
    for name in ("bergen", "bodo"):
        described = {**profile(), "name": {"en": name.title()}, "population": 30_000}
        adopter(home, name, use(names["tool"]), vouched(names["tool"]), described)
    adopter(home, "nobody", use(names["tool"]), domain="")
    catch_up(home)
    join(home, names["tool"], names["joined"], "by the manual", "root")
    catch_up(home)
    home.policy = TrustPolicy.parse(f"witness mirror {MIRROR_KEY.vkey}\nquorum mirror\n".encode())
    _happened(home)
    return names


def _happened(home: Home) -> None:
    """Let everything have happened to a log, and a node be followed that is asked for it."""
    own, log, spam = (home.logs.store(origin).id for origin in (CITY, PARKS, "spam.example/log/spam/1"))
    key = str(MIRROR_KEY.vkey)
    card = Card((CardLog(LYON, NODE, "bb" * 32),), mirror=key, software="other/1", witness=key)
    rows: tuple[tuple[Any, ...], ...] = (
        (
            "evidence VALUES (x'00', ?, x'', 1, x'01', 2, x'02', 1, 1, 'somebody', 1, 2, 'a copy', 'root')",
            log,
        ),
        ("frozen VALUES (?, x'00', 1, 1)", log),
        ("blocked VALUES (?, 'spam.example', 'oslo.example/log/oslo/1/e/00', 'spam', 1)", spam),
        ("over_limit VALUES (?, 'entries', 9, 5, 9, 'it has too many', 1, 2)", log),
        ("admitted VALUES (?, '[\"oslo.example/log/oslo/1\"]', 1, 2, NULL)", log),
        ("proof VALUES (?, 'domain', 'a.example', 1, 1, 'it names nobody', 1, 2)", log),
        ("cosignature VALUES (?, 'key', 'w.example/mirror', 1, 1, x'', 1, 'line')", log),
        ("seen_head VALUES (?, ?, 'agrees', 1, x'00', 1, '', 1, x'', x'00', 1)", log, NODE),
        ("seen_head VALUES (?, ?, 'unverified', NULL, NULL, NULL, 'x', 1, x'', NULL, 1)", log, f"{NODE}/2"),
        ("neighbour VALUES (?, '', '', 2, 1, 'unreachable', 'late', 1, 0)", NODE),
        ("source (log, url, last_try, fault, file, detail) VALUES (?, ?, 1, 'slow', 'f', 'late')", log, NODE),
        ("source (log, url, last_try, last_success, size) VALUES (?, 'https://c.example', 1, 1, 1)", own),
        ("peer VALUES (?, ?, NULL, 1, 1)", NODE, msgspec.json.encode(card)),
        ("policy_document VALUES (?, 1, 1, '', x'', '')", NODE),
        ("policy_document VALUES (?, 2, 2, 'cc', x'41', '+A')", NODE),
        ("admission VALUES (?, ?, 1, 1, 2, 'it is slow')", LYON, "aa" * 32),
        ("scope VALUES (?, 'kind', 'software')", log),
        ("annotation SELECT log, id, 'version', '2.1', 'tool.yml', 1 FROM entry WHERE log = ?", log),
    )
    with home.database.write() as connection:
        for statement, *values in rows:
            connection.execute(f"INSERT INTO {statement}", values)
