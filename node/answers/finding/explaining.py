"""Why a hit is where it is: which words were found where, in what form, and what decides among equals.

::

    {"level": {"matched": "summary", "means": "all words are in name, summary or keywords"},
     "words": [{"word": "participatif", "found": [
         {"as": "participative", "how": "stem", "field": "summary", "language": "fr", "by": ["lyon…"]}]}],
     "freshness": {"modified": "2026-05-03T09:00:00Z", "day": "2026-05-03"},
     "tie": "1f03a5…"}

``how`` is word (as it was asked), stem (another form of it), typo (another word that it was taken for),
phrase, beginning, pair (of characters, in texts whose words are not parted) or topic (no text has it: it is
a name of one of the topics, or of its kind). ``tie`` decides between equals of one day, the larger first.
``docs/search.md`` has the whole of it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from node.answers.documents import document_key, document_rank
from node.answers.gathering import projects_of
from node.answers.lexicon import Lexicon
from node.answers.profiles import profiles_of
from node.answers.projects import Key, Project
from node.answers.search import Page, Question, snapshot_of
from node.answers.texts import day_of, texts_of
from node.answers.words import (
    PAIRS,
    PLAIN,
    Word,
    analyser,
    as_indexed,
    is_parted,
    spaced,
    suffix_of,
    words_of,
)
from node.home import Home
from node.store.folded import PART, folds_in

MAX_PLACES: Final = 20
"""Places of one word that are told."""

MEANINGS: Final[Mapping[str, str]] = {
    "all": "nothing was asked",
    "exact": "the question is the whole name",
    "name": "all words are in the name",
    "summary": "all words are in name, summary or keywords",
    "text": "all words are somewhere in it, or name one of its topics",
    "broader": "a word names its kind, or a topic that one of its topics is part of",
    "typo": "a word that occurs nowhere was taken for another one",
}
"""Label of a level → what it says of a hit."""

_EPOCH: Final = dt.date(1970, 1, 1)


def explained(home: Home, question: Question, page: Page) -> Page:
    """Return a page whose items say under ``explain`` why they are where they are.

    Args:
        home: The node.
        question: What was asked.
        page: What ``search`` answered.
    """
    words = words_of(question.text)
    taken = {
        word: tuple(map(Word, page.corrections[word.text].split(", ")))
        for word in words
        if word.text in page.corrections
    }
    lexicon = snapshot_of(home).lexicon
    with home.database.read() as connection:
        logs = dict(connection.execute("SELECT origin, id FROM log"))
        keys = [(logs[item["origin"]], bytes.fromhex(item["id"])) for item in page.items]
        found = projects_of(home, connection, keys)
        found += profiles_of(connection, keys)
        within = _within(
            home, connection, [key for key, item in zip(keys, page.items, strict=True) if item["parts"]]
        )
    subjects = {member.address: subject for subject in found for member in subject.members}
    # What went since it was found has nothing to say.
    items = tuple(
        item
        | {
            "explain": _explanation(
                (subjects[item["address"]], *within.get(item["address"], ())),
                item["matched"],
                lexicon,
                words,
                taken,
            )
        }
        for item in page.items
        if item["address"] in subjects
    )
    return replace(page, items=items)


def _within(home: Home, connection: sqlite3.Connection, suites: Sequence[Key]) -> dict[str, list[Project]]:
    """Return the parts of suites, by the address of each: their words are found with it."""
    cards = {fold.key: fold.card for fold in folds_in(connection, suites) if fold.relation == PART}
    naming = {
        member.key: project for project in projects_of(home, connection, suites) for member in project.members
    }
    found: dict[str, list[Project]] = {}
    for part in projects_of(home, connection, cards):
        card = next((cards[member.key] for member in part.members if member.key in cards), None)
        if card in naming:
            found.setdefault(naming[card].address, []).append(part)
    return found


def _explanation(
    subjects: Sequence[Project],
    label: str,
    lexicon: Lexicon,
    words: Sequence[Word],
    taken: Mapping[Word, Sequence[Word]],
) -> dict[str, Any]:
    texts = [text for subject in subjects for text in _texts(subject)]
    # A card is as new as the newest of its things.
    modified = max((subject.value("modified") for subject in subjects), key=day_of)
    day, first = day_of(modified), subjects[0].members[0]
    rank = document_rank(document_key(first.origin, first.id), day)
    return {
        "level": {"matched": label, "means": MEANINGS.get(label, "")},
        "words": [
            {"word": str(word), "found": _found(lexicon, word, taken.get(word, ()), texts)} for word in words
        ],
        "freshness": {
            "modified": modified if isinstance(modified, str) else None,
            "day": (_EPOCH + dt.timedelta(days=day)).isoformat() if day > 0 else None,
        },
        "tie": f"{rank & (1 << 47) - 1:012x}",
    }


@dataclass(frozen=True)
class _Text:
    """One text that search reads, cut into words once for all words of a question.

    Attributes:
        field: Where it is.
        language: Its language.
        text: The text.
        by: The address of who states it.
    """

    field: str
    language: str
    text: str
    by: str

    @cached_property
    def suffix(self) -> str:
        """The ending of the field of the index that has it."""
        return suffix_of(self.language) if is_parted(self.text) else PLAIN

    @cached_property
    def tokens(self) -> Sequence[str]:
        """Its words, folded."""
        found: list[str] = analyser(PLAIN).analyze(spaced(self.text))
        return found

    @cached_property
    def terms(self) -> Sequence[str]:
        """The same as the index holds them."""
        return as_indexed(self.suffix, self.tokens)

    @cached_property
    def pairs(self) -> frozenset[str]:
        """Its pairs of characters."""
        return frozenset(analyser(PAIRS).analyze(self.text))


def _texts(subject: Project) -> Iterator[_Text]:
    """Yield all that search reads."""
    for member in subject.members:
        for field, value in member.payload.items():
            for _, language, text in texts_of({field: value}):
                yield _Text(field, language, text, member.address)


def _found(
    lexicon: Lexicon, word: Word, others: Sequence[Word], texts: Sequence[_Text]
) -> list[dict[str, Any]]:
    places: dict[tuple[str, str, str, str], list[str]] = {}
    for text in texts:
        for meant in others or (word,):
            for seen in _seen(lexicon, meant, text):
                how = "typo" if others else _how(meant, seen)
                places.setdefault((seen, how, text.field, text.language), []).append(text.by)
    if not places:
        return [{"as": str(word), "how": "topic", "field": "topics", "language": None, "by": []}]
    return [
        {"as": seen, "how": how, "field": field, "language": language, "by": sorted(set(by))}
        for (seen, how, field, language), by in list(places.items())[:MAX_PLACES]
    ]


def _how(word: Word, seen: str) -> str:
    if word.is_phrase:
        return "phrase"
    if word.is_start:
        return "beginning"
    if word.is_pair:
        return "pair"
    return "word" if seen == word.text else "stem"


def _seen(lexicon: Lexicon, word: Word, text: _Text) -> Iterator[str]:
    """Yield in which forms a text has a word, each once."""
    if word.is_pair:
        if word.text in text.pairs:
            yield word.text
        return
    if word.is_phrase:
        if f" {word.text} " in f" {' '.join(text.tokens)} ":
            yield word.text
    elif word.is_start:
        yield from dict.fromkeys(token for token in text.tokens if token.startswith(word.text))
    else:
        forms = {term for its, term in lexicon.forms(word) if its == text.suffix}
        indexed = zip(text.tokens, text.terms, strict=True)
        yield from dict.fromkeys(token for token, term in indexed if term in forms)
