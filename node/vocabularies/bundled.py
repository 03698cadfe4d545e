"""The vocabularies that come with the program, one JSON file each.

Their words are those of ``protocol.vocabulary``, and tests compare both. A file says what they are called;
which topics lie within which is said there.
"""

from functools import cache
from importlib import resources
from typing import Final

import msgspec

from protocol.vocabulary import TOPIC_PARENTS, TOPICS, VOCABULARIES

from .terms import Term, Vocabulary

LANGUAGES: Final = ("en", "fr", "it", "es")
"""In which every term has a name and a meaning. Terms of small vocabularies, and the
vocabularies of topics themselves, have names in Arabic too."""

NAMES: Final = tuple(sorted((*TOPICS, *(words.replace(" ", "-") for words in VOCABULARIES))))
"""What there is: the schemes of topics, and the vocabularies of fields."""


@cache
def bundled(name: str) -> Vocabulary:
    """Return one of ``NAMES``.

    Raises:
        KeyError: There is no such vocabulary.
    """
    if name not in NAMES:
        raise KeyError(name)
    data = resources.files(__package__).joinpath("data", f"{name}.json").read_bytes()
    found = msgspec.json.decode(data, type=Vocabulary)
    return msgspec.structs.replace(found, terms=tuple(map(_placed, found.terms)))


@cache
def terms_of(name: str) -> dict[str, Term]:
    """Return the terms of one of ``NAMES`` by their values."""
    return {term.value: term for term in bundled(name).terms}


def _placed(term: Term) -> Term:
    broader = TOPIC_PARENTS.get(term.value, ())
    return msgspec.structs.replace(term, broader=broader) if broader else term
