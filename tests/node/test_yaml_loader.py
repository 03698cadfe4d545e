import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.interop.yaml_loader import DEFAULT, YamlError, YamlLimits, load_yaml
from tests.shared import SHARED, needs_shared


def refusal(data: bytes, limits: YamlLimits = DEFAULT) -> YamlError:
    with pytest.raises(YamlError) as caught:
        load_yaml(data, limits)
    return caught.value


def test_values_keep_what_was_written() -> None:
    text = b"""
        none: ~
        nothing:
        yes: yes
        no: no
        on: off
        truth: [true, False]
        number: 7
        negative: -12
        zero: 0
        octal: 012
        version: 0.10
        float: 1.10
        date: 2026-07-01
        quoted: "7"
        tagged: !!str 7
        other: !thing x
        long: 12345678901234567890
        7: key
        <<: merge
    """
    assert load_yaml(text) == {
        "none": None, "nothing": None, "yes": "yes", "no": "no", "on": "off", "truth": [True, False],
        "number": 7, "negative": -12, "zero": 0, "octal": "012", "version": "0.10", "float": "1.10",
        "date": "2026-07-01", "quoted": "7", "tagged": "7", "other": "x", "long": "12345678901234567890",
        "7": "key", "<<": "merge",
    }  # fmt: skip


def test_an_empty_file_is_nothing() -> None:
    assert load_yaml(b"") is None
    assert load_yaml(b"# only a comment\n") is None


def test_a_byte_order_mark_and_an_old_directive_are_read() -> None:
    assert load_yaml("\ufeffa: é".encode()) == {"a": "é"}
    assert load_yaml(b"%YAML 1.1\n---\nx: yes") == {"x": "yes"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"license: \tMIT", {"license": "MIT"}),
        (b"license:\tMIT \t# why", {"license": "MIT"}),
        (b"a: 1\n\t\nb: 2\n\t# comment\n\t", {"a": 1, "b": 2}),
        (b"a: [\t1,\n\t2]", {"a": [1, 2]}),
        (b"? a\n:\tb", {"a": "b"}),
    ],
)
def test_tabs_may_separate(text: bytes, value: object) -> None:
    if text.startswith(b"?"):
        # After an indicator that opens a block, a tab would count as indentation.
        assert refusal(text).line == 2
    else:
        assert load_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "place", "fault"),
    [
        (b"\ta: 1", (1, 1), "\\t"),
        (b"a:\n\t- b", (2, 1), "\\t"),
        (b"a: 1\nb: 2\na: 3", (3, 1), "'a' stands twice"),
        (b"a: {b: 1, b: 2}", (1, 11), "'b' stands twice"),
        (b"a: 1\n---\nb: 2", (2, 1), "another document"),
        (b"a:\n  b\nc", (3, 2), "':'"),
        (b"{", (1, 2), "expected"),
        (b"*nobody", (1, 1), "undefined alias"),
        (b"ok: 1\nx: a\x00b", (2, 5), "U+0000"),
        (b"ok: 1\nbad: \xe8", (2, 6), "UTF-8"),
        (b"? [a]\n: b", (1, 3), "a key is a list"),
        (b"a: &a [*a]", (1, 4), "too deeply"),
        (b"a: " + b"[" * 40 + b"]" * 40, (0, 0), "too deeply"),
    ],
)
def test_a_refusal_says_where_and_what(text: bytes, place: tuple[int, int], fault: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == place
    assert fault in error.fault
    assert error.hint
    assert "\n" not in str(error)
    assert str(error).startswith(f"line {place[0]}, column" if place[0] else error.fault)


def test_a_large_file_is_refused_unread() -> None:
    assert "262,144" in refusal(b"x" * 262_145).fault


def test_a_few_aliases_cannot_stand_for_millions_of_values() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 9)
    )
    assert "50,000 values" in refusal(bomb.encode()).fault
    assert load_yaml(b"a: &a [1]\nb: *a\nc: &a 2\nd: *a") == {"a": [1], "b": [1], "c": 2, "d": 2}


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=40) | st.text(alphabet="ab:-?[]{}&*!|>'\"%@#,\n\t \\~0", max_size=30).map(str.encode)
)
def test_any_bytes_are_a_value_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(YamlError):
        load_yaml(data)


@needs_shared
@pytest.mark.parametrize("name", ["RegioneUmbria__SISO.yml", "RegioneUmbria__VBG--v-cee514b.yml"])
def test_two_real_files_with_tabs_are_read(name: str) -> None:
    content = load_yaml((SHARED / "corpus" / "publiccode" / name).read_bytes())
    assert isinstance(content, dict)
    legal = content["legal"]
    assert isinstance(legal, dict)
    assert legal["license"] == "EUPL-1.2"
