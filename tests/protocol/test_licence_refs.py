"""SPDX expressions with names that no list has, and with the plus sign of later versions."""

import pytest

from protocol.licence import normalised


@pytest.mark.parametrize(
    "expression",
    [
        "MIT OR LicenseRef-City-Terms",
        "LicenseRef-City-Terms AND CC-BY-4.0",
        "EUPL-1.2 OR (MIT AND LicenseRef-a.b)",
        "DocumentRef-other:LicenseRef-a",
        "Apache-2.0+",
        "EUPL-1.1+ OR MIT",
    ],
)
def test_what_the_specification_allows_stays_as_it_is(expression: str) -> None:
    assert normalised(expression) == expression
    assert normalised(expression.replace(" OR ", " or ").replace(" AND ", " and ")) == expression


@pytest.mark.parametrize(
    "text", ["MIT OR LicenseRef-", "MIT OR LicenseRef-é", "LicenseRef-é", "MIT OR City", "City+"]
)
def test_what_it_does_not_allow_is_none(text: str) -> None:
    assert normalised(text) is None


def test_a_name_of_ones_own_is_not_taken_for_another_licence() -> None:
    assert normalised("LicenseRef-GPL OR mit") == "LicenseRef-GPL OR MIT"
