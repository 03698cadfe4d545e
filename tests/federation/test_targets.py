"""Targets: one spelling of whatever statements point at."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.identity import identifier_keys
from federation.targets import (
    LONGEST,
    MOST_TARGETS,
    RELATIONS,
    address_name,
    name_key,
    pointers_of,
    target_of,
    web_names_of,
)

LYON = "lyon.example/log/lyon/1"
ID = bytes(range(16))
ADDRESS = f"{LYON}/e/{ID.hex()}"

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.binary(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("ref", "uri", "items", "target", "subject", "scheme", "value", "basedOn"))
            | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (ADDRESS, (f"entry:{ADDRESS}",)),
        (f"https://{ADDRESS}", (f"entry:{ADDRESS}",)),
        (
            "https://www.GitHub.com/acme/Tool.git/",
            ("repo:github.com/acme/tool", "url:github.com/acme/Tool.git"),
        ),
        ("git@github.com:acme/tool", ("repo:github.com/acme/tool",)),
        ("https://doi.org/10.5281/Zenodo.123", ("doi:10.5281/zenodo.123",)),
        ("doi:10.5281/zenodo.123", ("doi:10.5281/zenodo.123",)),
        ("swh:1:dir:" + "1" * 40, ("swhid:swh:1:dir:" + "1" * 40,)),
        ("https://www.wikidata.org/wiki/Q42", ("wikidata:Q42",)),
        ("wikidata:q42", ("wikidata:Q42",)),
        ("pkg:npm/%40acme/tool@1.2.0", ("purl:npm/@acme/tool",)),
        ("Q42", ()),
        ("dpg:Tool", ("dpg:tool",)),
        ("https://www.Tool.city:443/#top", ("url:tool.city",)),
        ("http://tool.city:443/", ("url:tool.city:443",)),
        ("https://tool.city/A/?b=C", ("repo:tool.city/a?b=c", "url:tool.city/A?b=C")),
        ("https://[::1", ()),
        ("https://:80/", ()),
        ("gdpr", ()),
        ("  ", ()),
        ("https://tool.city/" + "a" * LONGEST, ()),
    ],
)
def test_a_text_names_one_thing_however_it_is_spelled(text: str, names: tuple[str, ...]) -> None:
    assert target_of(text).names == names


def test_an_address_says_which_statement() -> None:
    assert target_of(ADDRESS).id == ID
    assert target_of("https://tool.city").id is None
    assert address_name(LYON, ID) == f"entry:{ADDRESS}"


def test_identifiers_have_the_keys_by_which_entries_are_joined() -> None:
    stated: Any = {"identifiers": [{"scheme": "repo", "value": "https://github.com/acme/tool"}]}
    (key,) = identifier_keys(stated)
    assert name_key(target_of("git@github.com:Acme/tool.git").names[0]) == key


def test_an_entry_is_called_by_its_urls_too() -> None:
    entry: Any = {
        "identifiers": [
            {"scheme": "repo", "value": "https://github.com/acme/tool"},
            {"scheme": "repo", "value": "https://tool.city"},
            {"scheme": "url", "value": " https://www.tool.city/ "},
            {"scheme": "purl", "value": "https://purl.city/tool"},
            {"scheme": "domain", "value": "https://domain.city"},
            {"scheme": "url", "value": 7},
            "no map",
        ],
        "aliases": ["https://old.tool.city", 7],
    }
    assert web_names_of(entry) == ("url:tool.city", "url:purl.city/tool", "url:old.tool.city")
    many: Any = {"identifiers": [{"scheme": "url", "value": f"https://tool.city/{n}"} for n in range(30)]}
    assert len(web_names_of(many)) == 8
    assert web_names_of({"aliases": "https://tool.city"}) == ()


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ({"type": "use", "target": ADDRESS}, [("use", ADDRESS)]),
        ({"type": "vouch", "target": LYON}, [("vouch", LYON)]),
        ({"type": "use", "target": 7}, []),
        ({"type": "link", "target": "a", "subject": "b"}, [("link", "a"), ("link", "b")]),
        ({"type": "list", "items": [{"ref": "a"}, {"fingerprint": "f"}, "c"]}, [("list", "a")]),
        (
            {
                "type": "entry",
                "basedOn": [{"ref": "a", "relation": "fork"}, {"ref": "", "uri": "b"}, {"name": "c"}],
                "conformsTo": [{"ref": "d"}],
                "target": "e",
            },
            [("basedOn", "a"), ("basedOn", "b"), ("conformsTo", "d")],
        ),
        ({"type": "profile", "target": "a"}, []),
        ({"target": "a"}, []),
        ("no map", []),
    ],
)
def test_statements_point_by_their_relations(payload: Any, found: list[tuple[str, str]]) -> None:  # noqa: ANN401
    pointers = pointers_of(payload)
    assert [(each.relation, each.target) for each in pointers] == found
    assert {each.relation for each in pointers} <= set(RELATIONS)


def test_what_is_said_comes_along() -> None:
    (pointer,) = pointers_of({"type": "list", "items": [{"ref": "a", "text": {"en": "Good"}}]})
    assert pointer.said == {"ref": "a", "text": {"en": "Good"}}


def test_no_statement_points_at_more_than_it_may() -> None:
    assert len(pointers_of({"type": "list", "items": [{"ref": "a"}] * 1000})) == MOST_TARGETS


@given(anything, st.sampled_from(("entry", "use", "link", "list", "vouch")))
def test_nothing_that_is_stated_is_a_fault(value: Any, kind: str) -> None:  # noqa: ANN401
    payload = {**value, "type": kind} if isinstance(value, dict) else value
    for pointer in pointers_of(payload):
        assert target_of(pointer.target) == target_of(f" {pointer.target} ")
    if isinstance(payload, dict):
        assert all(name.startswith("url:") for name in web_names_of(payload))
