"""First sentences of texts."""

import pytest

from node.interop.sentences import first_sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("Version 1.2 is out! Really", "Version 1.2 is out!"),
        ("no end\n\nsecond", "no end"),
        ("第一句\u3002第二句", "第一句\u3002"),
        ("many words without any end", "many words without…"),
        ("x" * 30, "x" * 19 + "…"),
    ],
)
def test_first_sentences(text: str, sentence: str) -> None:
    assert first_sentence(text, 20) == sentence
