"""What the demo publishes keeps the rules that everybody's entries have to keep."""

import datetime as dt
from collections import Counter

import pytest

from node.demo.samples import Sample, load_samples
from protocol.packing import Value, pack, unpack
from protocol.statement import Entry, decode
from protocol.validate import validate
from protocol.vocabulary import KINDS

SAMPLES = load_samples(dt.date(2026, 11, 22))
ENTRIES = [
    pytest.param(entry, id=f"{sample.key}-{entry['slug']!s}")
    for sample in SAMPLES
    for entry in (*sample.entries, *sample.later)
]


def typed(sample: Sample) -> list[Entry]:
    statements = [decode(dict(entry)) for entry in sample.entries]
    return [statement for statement in statements if isinstance(statement, Entry)]


def repositories(sample: Sample) -> set[str]:
    return {found.value for entry in typed(sample) for found in entry.identifiers if found.scheme == "repo"}


def test_there_are_three_publishers_and_about_sixty_entries() -> None:
    assert [sample.key for sample in SAMPLES] == ["city", "agency", "civic-group"]
    assert len({sample.log for sample in SAMPLES}) == 3
    assert 55 <= sum(len(sample.entries) for sample in SAMPLES) <= 70


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_entry_is_valid_as_written_here(entry: dict[str, Value]) -> None:
    payload = unpack(pack(entry))
    assert validate(payload, written_here=True) == ()


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.key))
def test_what_else_is_stated_is_valid_too(sample: Sample) -> None:
    for payload in (sample.profile, *sample.statements):
        assert validate(unpack(pack(payload)), written_here=True) == ()


def test_slugs_are_unique_within_a_publisher() -> None:
    for sample in SAMPLES:
        assert len(typed(sample)) == len(sample.entries)
        assert max(Counter(entry.slug for entry in typed(sample)).values()) == 1


def test_some_things_are_described_by_two_publishers() -> None:
    city, agency, group = (repositories(sample) for sample in SAMPLES)
    assert city & agency
    assert city & group
    assert agency & group


def test_all_kinds_and_several_languages_occur() -> None:
    entries = [entry for sample in SAMPLES for entry in typed(sample)]
    assert {entry.kind for entry in entries} == set(KINDS)
    assert {language for entry in entries for language in entry.summary} >= {
        "en",
        "fr",
        "it",
        "es",
        "de",
        "nl",
        "pt",
    }
