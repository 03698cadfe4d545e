"""A vocabulary and its terms.

::

    {"value": "ogp:open-data", "label": {"en": "Open data", "fr": "Données ouvertes", …},
     "meaning": {"en": "Data that anybody may use, change and share.", …},
     "also": {"fr": ["open data", "données publiques"]}}

A term is never taken out, since statements that use it stay: it gets a ``successor``. Every change of a
vocabulary is a new version of it.
"""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from protocol.language import UNDETERMINED, best_text
from protocol.vocabulary import TOPIC_PARENTS


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One word, what it is called and what it means.

    Attributes:
        value: As statements and filters write it.
        label: Language → its name, in each language no other term's of the vocabulary.
        meaning: Language → one sentence for somebody who does not know the subject.
        also: Language → other names, by which people search.
        broader: Values of the terms that it is part of.
        source: URL of whoever defines it; empty where that is said of the whole vocabulary.
        successor: What to write instead of it; empty while it is in use.
    """

    value: str
    label: dict[str, str]
    meaning: dict[str, str] = {}
    also: dict[str, tuple[str, ...]] = {}
    broader: tuple[str, ...] = ()
    source: str = ""
    successor: str = ""


class Vocabulary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words that mean something to every reader.

    Attributes:
        name: In addresses and commands.
        version: Changes whenever anything in it does.
        title: Language → its name.
        terms: In the order to show them in.
        source: URL of whoever defines its words; empty where this catalogue does.
    """

    name: str
    version: str
    title: dict[str, str]
    terms: tuple[Term, ...]
    source: str = ""


class TermView(msgspec.Struct, frozen=True):
    """A term in one reader's language.

    Attributes:
        value: As statements and filters write it.
        label: Its name.
        language: Of the label.
        meaning: One sentence; empty where the name says it.
        meaning_language: Of the meaning: some languages have names alone.
        synonyms: Other names in the label's language.
        broader: Values of the terms that it is part of.
        narrower: Values of the terms that are part of it, of topics in any scheme.
        source: URL of whoever defines it; empty where this catalogue does.
        successor: What to write instead of it; null while it is in use.
    """

    value: str
    label: str
    language: str
    meaning: str
    meaning_language: str
    synonyms: tuple[str, ...]
    broader: tuple[str, ...]
    narrower: tuple[str, ...]
    source: str
    successor: str | None


class Summary(msgspec.Struct, frozen=True):
    """A vocabulary in a list.

    Attributes:
        name: In addresses and commands.
        title: Its name in the reader's language.
        version: Changes whenever anything in it does.
        source: URL of whoever defines its words; empty where this catalogue does.
        terms: How many.
    """

    name: str
    title: str
    version: str
    source: str
    terms: int


class View(msgspec.Struct, frozen=True):
    """A vocabulary in one reader's language; see ``Summary`` and ``TermView``."""

    name: str
    title: str
    version: str
    source: str
    terms: tuple[TermView, ...]


def summary_of(vocabulary: Vocabulary, languages: Sequence[str]) -> Summary:
    """Return a line about a vocabulary for a reader of ``languages``."""
    return Summary(
        name=vocabulary.name,
        title=text_for(vocabulary.title, languages)[0],
        version=vocabulary.version,
        source=vocabulary.source,
        terms=len(vocabulary.terms),
    )


def view_of(vocabulary: Vocabulary, languages: Sequence[str]) -> View:
    """Return a vocabulary as a reader of ``languages`` is told of it."""
    narrower: dict[str, list[str]] = defaultdict(list)
    broader = {**TOPIC_PARENTS, **{term.value: term.broader for term in vocabulary.terms}}
    for value, above in broader.items():
        for each in above:
            narrower[each].append(value)
    return View(
        name=vocabulary.name,
        title=text_for(vocabulary.title, languages)[0],
        version=vocabulary.version,
        source=vocabulary.source,
        terms=tuple(
            _term_view(term, languages, tuple(narrower[term.value]), term.source or vocabulary.source)
            for term in vocabulary.terms
        ),
    )


def text_for(texts: dict[str, str], languages: Sequence[str]) -> tuple[str, str]:
    """Return a text in a reader's language and that language; without a text two empty ones."""
    return best_text(texts, languages) or ("", UNDETERMINED)


def _term_view(term: Term, languages: Sequence[str], narrower: tuple[str, ...], source: str) -> TermView:
    label, language = text_for(term.label, languages)
    meaning, meaning_language = text_for(term.meaning, (language,))
    return TermView(
        value=term.value,
        label=label,
        language=language,
        meaning=meaning,
        meaning_language=meaning_language,
        synonyms=term.also.get(language, ()),
        broader=term.broader,
        narrower=narrower,
        source=source,
        successor=term.successor or None,
    )
