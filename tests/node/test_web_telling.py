"""What is wrong, in the reader's language: as the checks say it, and as far as it is translated."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation import reuse
from federation.reuse import Use
from node.answers import uses
from node.desk.manuscripts import changed_meanwhile
from node.desk.prefilling import places
from node.errors import NodeError
from node.home import Home
from node.privacy.lint import lint
from node.readiness.scoring import rules
from node.stating import thing_named
from node.web.admin.filling import opened_by
from node.web.admin.sent import Sent
from node.web.locales import translations
from node.web.marks import Marks
from node.web.readying import ASKED
from node.web.telling import QUOTING, SENTENCES, WHY_NOT, clause, sentence, told, told_why
from protocol.validate import validate
from protocol.vocabulary import words_of

ROOT = Path(__file__).resolve().parents[2]
SAID_IN = ("protocol", "node/privacy", "node/desk", "node/web/admin", "node")
TODAY = dt.date(2026, 11, 22)
DAYS = st.none() | st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))
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
    "modified": "2026-11-22T00:00:00Z",
    "seeking": [{"id": "b", "until": "soon"}, {"id": "c", "type": "advice", "until": "2031-01-20"}],
    "description": {"en": "Ask jane.doe@city.example, or call +33 6 12 34 56 78."},
}


def test_every_sentence_is_one_that_is_said(home: Home) -> None:
    files = [path for folder in SAID_IN for path in (ROOT / folder).glob("*.py")]
    said = "".join(path.read_text("utf-8") for path in files)
    assert [each for each in SENTENCES if f'"{each}"' not in said] == []
    problems = [*validate(WRONG, written_here=True), *lint(WRONG)]
    refused: list[NodeError] = [changed_meanwhile(7)]
    for refuse in (
        lambda: list(places("village")),
        lambda: opened_by(Sent({"tag": ("klingon!",)})),
        lambda: thing_named(home, "nothing such"),
    ):
        with pytest.raises(NodeError) as caught:
            refuse()
        refused.append(caught.value)
    heard = [*(each.message for each in problems), *map(str, refused)]
    met = {found[0] for each in heard if (found := sentence(each)) is not None}
    assert met >= set(QUOTING), set(QUOTING) - met
    hints = [each.hint for each in problems]
    assert sum(sentence(hint) is not None for hint in hints) > len(hints) / 2


@pytest.mark.parametrize("tag", ["fr", "it", "es", "ar"])
def test_it_is_said_in_the_reader_s_language_and_else_marked_as_english(tag: str) -> None:
    marks = Marks(tag, translations(tag).gettext)
    for each in (*SENTENCES, *QUOTING):
        shown = told(marks, each.replace("%(value)s", "'<a>'"))
        assert 'lang="en"' not in shown, each
        assert shown.startswith("<bdi>"), each
        assert ("&lt;a&gt;" in shown) == ("%(value)s" in each)
    assert (
        told(marks, "Nobody translated this <b>.") == '<bdi lang="en">Nobody translated this &lt;b&gt;.</bdi>'
    )


def test_what_rules_of_readiness_ask_for_is_what_is_translated() -> None:
    assert set(ASKED) == {text for rule in rules() for text in (rule.what, rule.fix)}
    for tag in ("fr", "it", "es", "ar"):
        marks = Marks(tag, translations(tag).gettext)
        assert [each for each in ASKED if 'lang="en"' in told(marks, each)] == []


@given(st.sampled_from(["", "other", *sorted(words_of("use status"))]), DAYS, DAYS, DAYS)
def test_why_a_use_does_not_count_is_translated_whatever_it_is(
    status: str, since: dt.date | None, until: dt.date | None, reviewed: dt.date | None
) -> None:
    why = Use(status, since, until, reviewed).why_not(TODAY)
    assert why in {"", *words_of("use status")} or clause(why) is not None
    marks = Marks("es", translations("es").gettext)
    assert 'lang="en"' not in told_why(marks, "; ".join(filter(None, (why, WHY_NOT[3]))))


def test_clauses_are_those_that_are_said_and_read_as_a_list_of_the_language() -> None:
    said = "".join(Path(str(module.__file__)).read_text("utf-8") for module in (reuse, uses))
    for each in WHY_NOT:
        assert each.split("%")[0] in said, each
    marks = Marks("ar", translations("ar").gettext)
    shown = told_why(marks, "unconfirmed since 2024-03-01; counted once, with b.example/log/b/1; strange")
    assert 'datetime="2024-03-01"' in shown
    assert '<bdi lang="">b.example/log/b/1</bdi>' in shown
    assert shown.endswith('؛ <bdi lang="en">strange</bdi>')
    assert told_why(marks, "pilot") == marks.label("use-status", "pilot")


def test_english_stays_as_it_is() -> None:
    marks = Marks("en", translations("en").gettext)
    assert told(marks, "Add when it opens.") == "<bdi>Add when it opens.</bdi>"
