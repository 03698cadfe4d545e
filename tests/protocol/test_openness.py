"""Which licences let anybody use, change and pass on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.openness import is_open


@pytest.mark.parametrize(
    "expression",
    [
        "MIT", "mit", "EUPL-1.2", "AGPL-3.0-or-later", "CC0-1.0", "ODbL-1.0", "OGL-UK-3.0", "etalab-2.0",
        "GPL-2.0-only WITH Classpath-exception-2.0", "BUSL-1.1 OR MIT", "MIT AND (CC-BY-4.0 OR CC-BY-NC-4.0)",
    ],
)  # fmt: skip
def test_open_licences(expression: str) -> None:
    assert is_open(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "CC-BY-NC-4.0",
        "CC-BY-ND-4.0",
        "BUSL-1.1",
        "BUSL-1.1 AND MIT",
        "LicenseRef-Own",
        "our own",
        "",
        "MIT OR",
    ],
)
def test_others(expression: str) -> None:
    assert not is_open(expression)


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_asked_about(text: str) -> None:
    assert is_open(text) in (True, False)
