"""Words of one stem are found by what they all begin with."""

from collections import defaultdict
from itertools import permutations

import pytest

from node.answers.lexicon import common_beginning
from node.answers.words import STEMMED, STEMMERS, stems

HEADS = (
    "categor",
    "frecu",
    "public",
    "possib",
    "particip",
    "hop",
    "kansal",
    "citoy",
    "democra",
    "nation",
    "serc",
)
ENDINGS = (
    "", "a", "aa", "ae", "al", "ali", "alism", "alit", "amente", "ant", "ar", "at", "ation", "ato",
    "aux", "bility", "ble", "bly", "ca", "co", "e", "ed", "eita", "en", "ence", "encia", "ency", "enza",
    "er", "es", "et", "euse", "eux", "i", "ia", "ication", "ie", "ies", "ing", "ism", "ist", "itate",
    "ite", "iva", "ive", "iveness", "ja", "la", "lla", "log", "logia", "ly", "os", "s", "ssa", "t", "ta",
    "tional", "uciones", "um", "ution", "y",
)  # fmt: skip
WORDS = sorted({f"{head}{ending}" for head in HEADS for ending in ENDINGS})


@pytest.mark.parametrize("language", sorted(STEMMERS.keys() - STEMMED))
def test_words_of_a_stem_begin_alike(language: str) -> None:
    by_stem: dict[str, list[str]] = defaultdict(list)
    for word, stem in zip(WORDS, stems(language, WORDS), strict=True):
        by_stem[stem].append(word)
    alike = [(one, other, stem) for stem, words in by_stem.items() for one, other in permutations(words, 2)]
    assert alike
    for one, other, stem in alike:
        beginning = common_beginning(language, one, stem)
        # What stemmers change further in front is left: two letters of "-cation" in French.
        assert other.startswith(beginning) or not other.startswith(stem[:-1]), (one, other, stem)


def test_a_beginning_is_as_long_as_the_stem_where_no_letter_of_it_can_be_another_one() -> None:
    assert common_beginning("en", "serce", "serc") == "serc"
    assert common_beginning("en", "categories", "categori") == "categor"
    assert common_beginning("en", "category", "categori") == "categor"
    assert common_beginning("es", "frecuencia", "frecuent") == "frecuen"
