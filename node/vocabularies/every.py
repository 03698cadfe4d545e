"""All vocabularies by name, and the name of a single word.

::

    vocabulary("sector", ("fr",))              its terms, named in French
    label_of("topic", "sdg:16", ("it",))       "Pace, giustizia e istituzioni solide"
    label_of("jurisdiction", "IT-25", ("fr",)) "Lombardie"
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from node.errors import NotFoundError
from protocol.vocabulary import TOPIC_ALIASES, TOPICS

from . import bundled, standards
from .terms import Summary, View, Vocabulary, summary_of, text_for, view_of

NAMES: Final = tuple(sorted((*bundled.NAMES, *standards.NAMES)))
"""What there is."""

_OF_FIELDS: Final[Mapping[str, str]] = {
    "kind": "kind",
    "lifecycle": "lifecycle",
    "audience": "audience",
    "level": "level",
    "maintenance": "maintenance-mode",
    "access": "source-access",
    "usedBy": "publisher-type",
    "vouch": "vouch-type",
    "stage": "roadmap-stage",
    "openTo": "roadmap-openness",
    "skill": "skill",
    "compensation": "compensation",
    "role": "provider-role",
    "status": "participation-status",
}
"""Facet → the vocabulary of its values, of plans too; topics have one for each scheme."""


def summaries(languages: Sequence[str] = ()) -> list[Summary]:
    """Return a line about each vocabulary, for a reader of ``languages``."""
    return [summary_of(_named(name, languages), languages) for name in NAMES]


def vocabulary(name: str, languages: Sequence[str] = ()) -> View:
    """Return a vocabulary as a reader of ``languages`` is told of it.

    Raises:
        NotFoundError: There is none of this name.
    """
    if name not in NAMES:
        raise NotFoundError(f"vocabulary {name!r}", hint=f"There are {', '.join(NAMES)}.")
    if name in standards.NAMES:
        return _standard(name, standards.language_for(tuple(languages)))
    return view_of(bundled.bundled(name), languages)


def label_of(facet: str, value: str, languages: Sequence[str] = ()) -> str | None:
    """Return what a value of a facet is called; None when no vocabulary knows it.

    Args:
        facet: What projects or plans are counted by; publishers and subtypes are in no vocabulary.
        value: In the spelling that is counted.
        languages: What the reader reads.
    """
    found = label_in(facet, value, languages)
    return None if found is None else found[0]


def label_in(facet: str, value: str, languages: Sequence[str] = ()) -> tuple[str, str] | None:
    """Return the same with the language that it is in."""
    return _label_in(facet, value, tuple(languages))


# Each page of answers asks for the same ones. Bounded: the keys are other people's texts.
@lru_cache(maxsize=4096)
def _label_in(facet: str, value: str, languages: tuple[str, ...]) -> tuple[str, str] | None:
    language = standards.language_for(languages)
    match facet:
        case "license":
            return _stated(standards.licence_name(value), "en")
        case "language":
            return _stated(standards.language_name(value, language), language)
        case "jurisdiction" | "place" | "usedIn":
            return _stated(standards.place_name(value, language), language)
        case "topic":
            value = TOPIC_ALIASES.get(value, value)
            name = value.partition(":")[0]
            is_there = name in TOPICS
        case _:
            name = _OF_FIELDS.get(facet, "")
            is_there = bool(name)
    term = bundled.terms_of(name).get(value) if is_there else None
    return None if term is None else text_for(term.label, languages)


def _stated(name: str | None, language: str) -> tuple[str, str] | None:
    return None if name is None else (name, language)


# The places are thousands.
@lru_cache(maxsize=16)
def _standard(name: str, language: str) -> View:
    return view_of(standards.standard(name, language), (language,))


def _named(name: str, languages: Sequence[str]) -> Vocabulary:
    if name in bundled.NAMES:
        return bundled.bundled(name)
    return standards.standard(name, standards.language_for(tuple(languages)))
