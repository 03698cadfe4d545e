"""What lies within what."""

import pytest

from protocol.forms import is_place
from protocol.places import EU_MEMBERS, broader_places


@pytest.mark.parametrize(
    ("place", "around"),
    [
        ("FR-75", ("FR", "EU", "INT")),
        ("FR", ("EU", "INT")),
        ("CH-ZH", ("CH", "INT")),
        ("CH", ("INT",)),
        ("EU", ("INT",)),
        ("INT", ()),
    ],
)
def test_a_place_lies_within_its_country_the_union_and_the_world(place: str, around: tuple[str, ...]) -> None:
    assert broader_places(place) == around


def test_the_members_are_countries() -> None:
    assert len(EU_MEMBERS) == 27
    assert all(is_place(each) for each in EU_MEMBERS)
