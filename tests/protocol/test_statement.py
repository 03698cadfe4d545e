from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.opinions import CuratedList, Link, Use, Vouch
from protocol.packing import Value, pack, unpack
from protocol.statement import TYPES, Entry, Profile, Unknown, Withdrawal, decode
from protocol.validate import validate

ENTRY: dict[str, Any] = {
    "type": "entry",
    "v": 1,
    "kind": "software",
    "name": {"und": "Decidim"},
    "lifecycleSince": "2020-01-01",
    "notFor": ["US"],
    "source": {"format": "publiccode.yml", "foundAt": {"repo": "a/b", "path": "p.yml"}},
    "translations": {"fr": {"by": "machine", "from": "ca"}},
    "dataset": {"distributions": [{"accessURL": "https://example.org/a.csv"}]},
    "inclusion": {"offlineAlternative": {"en": "by post"}},
    "later": {"field": 1},
}


def test_an_entry_has_a_typed_view_with_the_names_of_the_model() -> None:
    entry = decode(ENTRY)
    assert isinstance(entry, Entry)
    assert entry.name == {"und": "Decidim"}
    assert entry.lifecycle_since == "2020-01-01"
    assert entry.not_for == ("US",)
    assert entry.source is not None
    assert entry.source.found_at is not None
    assert entry.source.found_at.repo == "a/b"
    assert entry.translations["fr"].from_ == "ca"
    assert entry.dataset is not None
    assert entry.dataset.distributions[0].access_url == "https://example.org/a.csv"
    assert entry.summary == {}


def test_profile_and_withdrawal() -> None:
    profile = decode({"type": "profile", "v": 1, "name": {"en": "City"}, "publisherType": "local"})
    assert isinstance(profile, Profile)
    assert profile.publisher_type == "local"
    withdrawal = decode({"type": "withdrawal", "v": 1, "reason": "moved"})
    assert isinstance(withdrawal, Withdrawal)
    assert withdrawal.reason == "moved"


VOUCH: dict[str, Any] = {
    "type": "vouch",
    "v": 1,
    "target": "lyon.example/log/lyon/1",
    "vouchType": "identity",
    "fingerprint": "ab" * 32,
    "issued": "2026-11-02",
    "expires": "2027-11-02",
    "evidence": {"url": "https://oslo.example/letter.pdf", "signedBy": "the mayor"},
    "later": [{"field": b"\x00"}],
}
LIST: dict[str, Any] = {
    "type": "list",
    "v": 1,
    "name": {"nb": "Sperret"},
    "purpose": "block",
    "items": [{"ref": "spam.example", "text": {"nb": "Reklame"}, "since": "2026-01-01"}],
    "later": {"field": None},
}


def test_vouches_and_lists() -> None:
    vouch = decode(VOUCH)
    assert isinstance(vouch, Vouch)
    assert (vouch.vouch_type, vouch.expires, vouch.level) == ("identity", "2027-11-02", "")
    assert vouch.evidence is not None
    assert vouch.evidence.url == "https://oslo.example/letter.pdf"
    curated = decode(LIST)
    assert isinstance(curated, CuratedList)
    assert [(item.ref, item.fingerprint, item.until) for item in curated.items] == [("spam.example", "", "")]


USE: dict[str, Any] = {
    "type": "use",
    "v": 1,
    "target": "https://decidim.org",
    "status": "retired",
    "until": "2026-10-31",
    "costAvoided": {"amount": "120000.50", "currency": "EUR", "rate": "0.91"},
    "suppliers": [{"name": "Coop", "role": "hosting", "since": "2020"}],
    "later": {"field": [None, b"\x01"]},
}
LINK: dict[str, Any] = {
    "type": "link",
    "v": 1,
    "relation": "translationOf",
    "target": "https://decidim.org",
    "texts": {"fr": {"name": "Decidim", "by": "machine", "tool": "some"}},
    "later": True,
}


def test_uses_and_links() -> None:
    use = decode(USE)
    assert isinstance(use, Use)
    assert (use.status, use.until, use.suppliers[0].role) == ("retired", "2026-10-31", "hosting")
    assert use.cost_avoided is not None
    assert use.cost_avoided.amount == "120000.50"
    link = decode(LINK)
    assert isinstance(link, Link)
    assert (link.relation, link.subject, link.texts["fr"].by) == ("translationOf", "", "machine")


@pytest.mark.parametrize("payload", [VOUCH, LIST, USE, LINK])
def test_what_a_newer_node_added_survives(payload: dict[str, Any]) -> None:
    assert unpack(pack(payload)) == payload
    assert validate(payload, written_here=False) == ()
    # Written here, an unknown key is worth a look, and stays.
    assert {each.severity for each in validate(payload, written_here=True)} == {"flag"}


@pytest.mark.parametrize(
    ("payload", "type_"),
    [
        ({"type": "poem", "v": 1, "target": "https://example.org"}, "poem"),
        ({"type": 7}, ""),
        ({}, ""),
        ([1], ""),
        (None, ""),
        ({"type": "entry", "v": 1, "kind": "software", "name": "no map"}, "entry"),
        ({"type": "entry"}, "entry"),
    ],
)
def test_what_has_no_view_is_unknown_and_whole(payload: Value, type_: str) -> None:
    assert decode(payload) == Unknown(type_, payload if isinstance(payload, dict) else {})


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(sorted(TYPES)), st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5))
)
def test_decoding_never_raises(type_: str, fields: dict[str, Value]) -> None:
    decode({**fields, "type": type_, "v": 1})
