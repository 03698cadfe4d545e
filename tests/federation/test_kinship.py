"""Copies, forks and variants, by their own word."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.kinship import Kinship, kinship_of

TOOL = "https://github.com/acme/tool"
MINE = "https://github.com/beta/tool"


def thing(name: str, repo: str, place: str = "", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    source = {"format": "publiccode.yml", "foundAt": {"repo": place, "path": "publiccode.yml"}}
    payload = {"name": {"en": name}, "identifiers": [{"scheme": "repo", "value": repo}], **fields}
    return {**payload, "source": source} if place else payload


@pytest.mark.parametrize(
    ("payload", "kinship"),
    [
        (thing("Tool", TOOL), Kinship.OWN),
        (thing("Tool", TOOL, "acme/tool"), Kinship.OWN),
        (thing("Tool", TOOL, "beta/lamps"), Kinship.COPY),
        (thing("Tool", TOOL, "beta/tool"), Kinship.FORK),
        (thing("Tool", MINE, basedOn=[{"ref": TOOL, "relation": "variant"}]), Kinship.VARIANT),
        (thing("Tool", MINE, "beta/tool", basedOn=[{"uri": TOOL, "relation": "variant"}]), Kinship.VARIANT),
        # Without a repository of its own it is what it is based on.
        (thing("Tool", TOOL, basedOn=[{"ref": TOOL, "relation": "variant"}]), Kinship.OWN),
        (thing("Tool", MINE, basedOn=[{"ref": TOOL, "relation": "fork"}]), Kinship.OWN),
        (thing("Tool", MINE, basedOn=[{"ref": TOOL}, "x", {"ref": 1, "relation": "variant"}]), Kinship.OWN),
        ({"source": {"foundAt": {"repo": "beta/tool"}}, "basedOn": 1}, Kinship.OWN),
    ],
)
def test_what_an_entry_is_to_the_repository_that_it_names(payload: dict[str, Any], kinship: Kinship) -> None:
    assert kinship_of(payload) is kinship


WORDS = st.sampled_from(["ref", "relation", "variant", TOOL, MINE, "beta/tool", ""])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "basedOn": st.lists(st.dictionaries(WORDS, WORDS, max_size=3) | WORDS, max_size=3) | WORDS,
            "source": st.dictionaries(WORDS, WORDS, max_size=2),
            "identifiers": st.lists(st.dictionaries(st.sampled_from(["scheme", "value"]), WORDS), max_size=2),
        },
    )
)
def test_any_payload_has_a_kinship(payload: dict[str, Any]) -> None:
    assert kinship_of(payload) in Kinship
