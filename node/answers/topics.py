"""Which topics and kinds a word of a question stands for, by their names in every language.

::

    "partecipativo"  ->  topic:participatory-budgeting (bilancio partecipativo), …
    "logiciel"       ->  kind software

So a project with a topic is found by all names of it, and of the broader ones, though its own texts have none
of these words. Nothing of this is in the index but the topics: a project is looked for by those of them that
a word can mean, which costs nothing when it is indexed, and new names need no new index.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

from node.vocabularies.bundled import LANGUAGES, bundled
from protocol.vocabulary import TOPIC_ALIASES, TOPICS

from .words import Word, folded, stems, words_of

Value = tuple[str, str]
"""A facet, ``topic`` or ``kind``, and one of its values."""

_NAMED: Final[Mapping[str, str]] = {**dict.fromkeys(sorted(TOPICS), "topic"), "kind": "kind"}
"""Vocabulary → the facet that has its words."""


@lru_cache(maxsize=1024)
def meant_by(word: Word) -> tuple[Value, ...]:
    """Return the topics and kinds of which a name has a word of the same stem, sorted.

    A phrase must be in a name as it is, a beginning must begin one of its words. Names are in no language
    whose words are not parted.
    """
    if word.is_pair:
        return ()
    if word.is_phrase or word.is_start:
        start = f" {word.text}" + ("" if word.is_start else " ")
        return tuple(sorted({value for value, _, name in _names() if start in f" {name} "}))
    forms = ((language, stem) for language in LANGUAGES for stem in stems(language, [word.text]))
    found = (_by_stem().get(form, ()) for form in forms)
    return tuple(sorted({value for values in found for value in values}))


@cache
def _names() -> tuple[tuple[Value, str, str], ...]:
    """Return every name with what it names and its language, folded."""
    return tuple(
        ((facet, TOPIC_ALIASES.get(term.value, term.value)), language, folded(name))
        for vocabulary, facet in _NAMED.items()
        for term in bundled(vocabulary).terms
        for language in LANGUAGES
        for name in (term.label[language], *term.also.get(language, ()))
    )


@cache
def _by_stem() -> Mapping[tuple[str, str], frozenset[Value]]:
    # Function words are dropped as they are from questions: a name that has no other words keeps them, as
    # "sea" and "AI", which are function words of Spanish and Italian.
    found: dict[tuple[str, str], set[Value]] = defaultdict(set)
    for value, language, name in _names():
        for stem in stems(language, [word.text for word in words_of(name)]):
            found[language, stem].add(value)
    return {key: frozenset(values) for key, values in found.items()}
