from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.interop.json_loader import INVENTORY, JsonError, JsonLimits, load_json


def refusal(data: bytes, limits: JsonLimits = INVENTORY) -> str:
    with pytest.raises(JsonError) as caught:
        load_json(data, limits)
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def test_values_keep_what_was_written() -> None:
    text = (
        b'\xef\xbb\xbf{"none": null, "yes": true, "seven": 7, "minus": -12, "zero": 0, "below": -0,'
        b' "float": 1784.4, "round": 0.0, "large": 1E+3, "long": 12345678901234567, "longest": '
        + b"9" * 5000
        + b', "text": "a\\u00e9\\ud83d\\ude00", "list": [[], {}]}'
    )
    assert load_json(text) == {
        "none": None, "yes": True, "seven": 7, "minus": -12, "zero": 0, "below": "-0", "float": "1784.4",
        "round": "0.0", "large": "1E+3", "long": "12345678901234567", "longest": "9" * 5000,
        "text": "aé\U0001f600", "list": [[], {}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "line 1, column 1: not JSON: expecting value"),
        (b'{\n  "a":  }', "line 2, column 9: not JSON: expecting value"),
        (b'{"a": 1} x', "line 1, column 10: not JSON: extra data"),
        (b'{"a": "b\nc"}', "line 1, column 9: not JSON: invalid control character"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": -Infinity}', "-Infinity is no number"),
        (b'{"a": "\xff"}', "not UTF-8, at byte 7"),
        (b'{"a": "\\ud800"}', "half a character in '\\ud800'"),
        (b'{"a\\udfff": 1}', "half a character in 'a\\udfff'"),
        (b'{"a": [1],\n "b": [{"c": 1, "d": 2, "c": 3}]}', "line 2, column 8: the key 'c' stands twice"),
        (b'{"a": 1, "a": {}}', "line 1, column 1: the key 'a' stands twice"),
        (b"[" * 100_000 + b"]" * 100_000, "nest deeper than 32"),
        (b"[" * 40 + b"]" * 40, "nest deeper than 32"),
    ],
)
def test_a_refusal_is_one_line_with_its_place(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def test_a_key_twice_in_the_deep_is_refused_without_a_place() -> None:
    deep = b"[" * 480 + b'{"a": 1, "a": 2}' + b"]" * 480
    assert refusal(deep) == "the key 'a' stands twice in one object"


def test_the_limits_count_bytes_and_values() -> None:
    assert load_json(b"[1, 2]", JsonLimits(max_bytes=6, max_values=2)) == [1, 2]
    assert "7 bytes, more than 6" in refusal(b"[1, 2] ", JsonLimits(max_bytes=6))
    assert "more than 1 values" in refusal(b"[1, 2]", JsonLimits(max_values=1))
    assert load_json(b"[" * 32 + b"]" * 32) is not None


@given(st.binary(max_size=40) | st.text(alphabet='{}[]",:0-1e.\\u', max_size=20).map(str.encode))
def test_arbitrary_bytes_raise_nothing_else(data: bytes) -> None:
    with contextlib.suppress(JsonError):
        load_json(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**15) + 1, 10**15 - 1) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=10,
    )
)
def test_what_json_writes_is_read(value: object) -> None:
    assert load_json(json.dumps(value).encode()) == value
