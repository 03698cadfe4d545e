"""What is wrong, in the reader's language: as the checks say it, and as far as it is translated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from node.privacy.lint import lint
from node.web.locales import translations
from node.web.marks import Marks
from node.web.telling import QUOTING, SENTENCES, sentence, told
from protocol.validate import validate

ROOT = Path(__file__).resolve().parents[2]
SAID_IN = ("protocol", "node/privacy", "node/desk", "node/web/admin", "node")
WRONG: Any = {
    "type": "entry",
    "v": 1,
    "kind": "software",
    "name": {"en": "Bus", "fr": "x" * 200},
    "license": "my own",
    "jurisdictions": ["France"],
    "created": "yesterday",
    "links": [{"rel": "landing", "url": "www.bus.example"}],
    "contact": {"email": "nobody"},
    "roadmap": [{"id": "a", "from": "soon"}],
    "basedOn": [{"ref": "nothing at all"}],
    "seeking": [{"id": "b", "until": "soon"}],
    "description": {"en": "Ask jane.doe@city.example, or call +33 6 12 34 56 78."},
}


def test_every_sentence_is_one_that_is_said() -> None:
    files = [path for folder in SAID_IN for path in (ROOT / folder).glob("*.py")]
    said = "".join(path.read_text("utf-8") for path in files)
    assert [each for each in SENTENCES if f'"{each}"' not in said] == []
    problems = [*validate(WRONG, written_here=True), *lint(WRONG)]
    met = {found[0] for each in problems if (found := sentence(each.message)) is not None}
    assert met >= set(QUOTING), set(QUOTING) - met
    hints = [each.hint for each in problems]
    assert sum(sentence(hint) is not None for hint in hints) > len(hints) / 2


@pytest.mark.parametrize("tag", ["fr", "it", "es", "ar"])
def test_it_is_said_in_the_reader_s_language_and_else_marked_as_english(tag: str) -> None:
    marks = Marks(tag, translations(tag).gettext)
    for each in (*SENTENCES, *QUOTING):
        shown = told(marks, each.replace("%(value)s", "'<a>'"))
        assert 'lang="en"' not in shown, each
        assert ("&lt;a&gt;" in shown) == ("%(value)s" in each)
    assert (
        told(marks, "Nobody translated this <b>.") == '<bdi lang="en">Nobody translated this &lt;b&gt;.</bdi>'
    )


def test_english_stays_as_it_is() -> None:
    marks = Marks("en", translations("en").gettext)
    assert told(marks, "Add when it opens.") == "<bdi>Add when it opens.</bdi>"
