import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.licence import normalised
from protocol.vocabulary import (
    KINDS,
    LIFECYCLES,
    TOPIC_ALIASES,
    TOPIC_PARENTS,
    TOPICS,
    VOCABULARIES,
    broader_topics,
    is_known,
    suggestion,
)


def test_the_vocabularies_of_publiccode_are_whole() -> None:
    assert len(TOPICS["pccat"]) == 106
    assert len(TOPICS["pcscope"]) == 24
    assert len(TOPICS["sdg"]) == 17


def test_ordered_words_are_the_known_ones() -> None:
    assert all(is_known("kind", kind) for kind in KINDS)
    assert all(is_known("lifecycle", stage) for stage in LIFECYCLES)


def test_topics_need_a_known_scheme_and_term() -> None:
    assert is_known("topic", "ogp:open-data")
    assert is_known("topic", "ogp:e-government")
    assert not is_known("topic", "open-data")
    assert not is_known("topic", "colour:red")
    assert not is_known("topic", "sdg:18")


def test_an_unknown_vocabulary_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        is_known("colours", "red")


def test_a_suggestion_names_the_nearest_words() -> None:
    assert suggestion("kind", "softwar") == "Did you mean software?"
    assert "ogp:open-data" in suggestion("topic", "ogp:opendata")
    assert "pccat" in suggestion("topic", "1234567890")
    assert "free" in suggestion("cost", "xyz")
    assert all(suggestion(name, "§") for name in VOCABULARIES)


def test_a_tag_can_have_two_parents() -> None:
    assert broader_topics("ogp:automated-decision-making") == (
        "ogp:automated-decision-making",
        "ogp:open-digital",
        "ogp:digital-governance",
    )
    assert broader_topics("ogp:e-government") == ("ogp:digital-government", "ogp:open-digital")
    assert broader_topics("sdg:16") == ("sdg:16",)


def test_narrow_topics_lie_within_those_of_other_schemes() -> None:
    assert broader_topics("topic:participatory-planning") == (
        "topic:participatory-planning",
        "sector:civic-participation",
        "topic:urban-planning",
        "sector:local-government",
    )
    assert broader_topics("colour:red") == ("colour:red",)


def test_every_parent_is_a_topic() -> None:
    topics = set(TOPIC_PARENTS).union(*TOPIC_PARENTS.values())
    assert all(is_known("topic", topic) and topic not in TOPIC_ALIASES for topic in topics)


@given(st.sampled_from(sorted(TOPIC_PARENTS)))
def test_no_topic_lies_within_itself(topic: str) -> None:
    assert all(topic not in broader_topics(parent) for parent in TOPIC_PARENTS[topic])


@pytest.mark.parametrize(
    ("written", "spdx"),
    [
        ("MIT", "MIT"),
        ("AGPL-3.0", "AGPL-3.0-only"),
        ("eupl-1.2 or mit", "EUPL-1.2 OR MIT"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("LicenseRef-Crown-1.0", "LicenseRef-Crown-1.0"),
        ("LicenseRef-", None),
        ("GPL v3", None),
        ("MIT AND", None),
        ("(MIT", None),
        ("", None),
        ("MIT OR " * 100, None),
        ("(" * 499, None),
    ],
)
def test_licences(written: str, spdx: str | None) -> None:
    assert normalised(written) == spdx
