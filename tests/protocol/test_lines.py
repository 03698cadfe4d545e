import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.lines import MAX_NUMBER, read_base64, read_number, write_base64


@given(st.integers(0, MAX_NUMBER))
def test_numbers_read_back(number: int) -> None:
    assert read_number(str(number), "thing", "size") == number


@given(st.text(max_size=8))
def test_any_text_is_refused_or_the_one_decimal(text: str) -> None:
    with suppress(MalformedError):
        assert str(read_number(text, "thing", "size")) == text


@pytest.mark.parametrize(
    "text", ["", "+7", "-1", "007", " 7", "7\n", "1_000", "٣٤", "1e3", str(MAX_NUMBER + 1), "9" * 30]
)
def test_spellings_that_python_would_take_or_overflow(text: str) -> None:
    with pytest.raises(MalformedError):
        read_number(text, "thing", "size")


@given(st.binary(max_size=40))
def test_base64_reads_back(data: bytes) -> None:
    assert write_base64(data) == base64.b64encode(data).decode()
    assert read_base64(write_base64(data), "thing", "root") == data
    assert read_base64(write_base64(data), "thing", "root", len(data)) == data


@given(st.text(alphabet="AB=+/-_é\n\ud800 ", max_size=8))
@settings(deadline=None)
def test_any_text_is_refused_or_the_one_base64(text: str) -> None:
    with suppress(MalformedError):
        assert write_base64(read_base64(text, "thing", "root")) == text


@pytest.mark.parametrize("text", ["AB==", "AA", "AA!!==", "AA==\n", "_-==", "é", "=AA="])
def test_second_spellings_are_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        read_base64(text, "thing", "root")


def test_a_fixed_length_is_demanded() -> None:
    with pytest.raises(MalformedError, match="has 1 bytes, not 32"):
        read_base64("AA==", "thing", "root", 32)
