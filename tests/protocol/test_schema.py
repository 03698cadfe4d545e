"""The JSON Schemas against what validates, and against a validator that is not ours."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta

from node.demo.samples import load_samples
from protocol.forms import CHECKS, PATTERNS
from protocol.schema import schema_of
from protocol.statement import TYPES
from protocol.validate import validate
from tests.statements import ALL, ENTRY, FINGERPRINT, FORMED, LIST, OFFER, SAME, THING, USE, VOUCH, statements

VALIDATORS = {name: Draft202012Validator(schema_of(name)) for name in TYPES}


def is_publishable(payload: Any) -> bool:  # noqa: ANN401
    return all(problem.severity != "error" for problem in validate(payload, written_here=True))


def accepts(payload: Any) -> bool:  # noqa: ANN401
    return VALIDATORS[payload["type"]].is_valid(payload)


@pytest.mark.parametrize("name", TYPES)
def test_each_schema_is_one_of_2020_12(name: str) -> None:
    assert meta.is_valid(schema_of(name))
    found = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema_of(name))))
    assert found == set(schema_of(name)["$defs"])
    assert all(schema_of(name)["$defs"].values())


@pytest.mark.parametrize("payload", ALL, ids=range(len(ALL)))
def test_a_statement_of_each_type_passes_both(payload: dict[str, Any]) -> None:
    assert is_publishable(payload)
    assert accepts(payload)


def test_all_of_the_demo_passes() -> None:
    samples = load_samples(dt.date(2026, 11, 22))
    assert all(accepts(each) for sample in samples for each in (sample.profile, *sample.statements))
    entries = [each for sample in samples for each in (*sample.entries, *sample.later)]
    assert len(entries) > 50
    assert [entry["slug"] for entry in entries if not accepts(entry)] == []


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(TYPES)).flatmap(statements))
def test_what_can_be_published_passes(payload: dict[str, Any]) -> None:
    if is_publishable(payload):
        error = next(VALIDATORS[payload["type"]].iter_errors(payload), None)
        assert error is None, str(error)


@pytest.mark.parametrize("form", CHECKS)
def test_every_text_of_a_form_matches_its_pattern(form: str) -> None:
    validator = Draft202012Validator({"pattern": PATTERNS[form]})
    seen = [text for text in near(*FORMED[form]) if CHECKS[form](text) is None]
    assert set(FORMED[form]) < set(seen)
    assert [text for text in seen if not validator.is_valid(text)] == []


def near(*texts: str) -> Iterator[str]:
    """Yield texts, and those that another character, or one more or less, makes of them."""
    for text in texts:
        yield text
        for place in range(min(len(text), 40) + 1):
            for other in ("", *"a0A-./:@[]# \u00e9\n"):
                yield text[:place] + other + text[place + 1 :]
                yield text[:place] + other + text[place:]


def without(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in keys}


def of_kind(kind: str, **block: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**without(ENTRY, "software"), "kind": kind, kind: block}


CALL = {"type": "advice", "text": {"en": "Help"}, "until": "2027-01-01"}
WRONG: list[dict[str, Any]] = [
    {**ENTRY, "type": "use"},
    {**ENTRY, "v": 2},
    {**ENTRY, "v": True},
    *(without(ENTRY, key) for key in ENTRY if key not in ("type", "maintenance", "software")),
    {**ENTRY, "name": {}},
    {**ENTRY, "summary": {}},
    {**ENTRY, "summary": {"en": "x" * 151}},
    {**ENTRY, "summary": {"English": "x"}},
    {**ENTRY, "topics": []},
    {**ENTRY, "topics": ["mine:own"]},
    {**ENTRY, "audience": ["citizens"] * 201},
    {**ENTRY, "languages": []},
    {**ENTRY, "lifecycle": "sleeping"},
    {**ENTRY, "localisable": "yes"},
    {**ENTRY, "contact": None},
    {**ENTRY, "contact": {"email": "nobody"}},
    {**ENTRY, "links": [{"rel": "docs", "url": "https://decidim.org"}]},
    {**ENTRY, "links": [{"rel": "landing", "url": "decidim.org"}]},
    {**ENTRY, "inclusion": {"offlineAlternative": 3}},
    {**ENTRY, "funding": [{"amount": 1.5}]},
    {**ENTRY, "funding": [{"amount": 2**53}]},
    {**ENTRY, "x": []},
    without(ENTRY, "license") | {"access": {"source": "closed"}},
    of_kind("service"),
    of_kind("service", channels=[]),
    of_kind("dataset", distributions=[]),
    of_kind("standard"),
    without(of_kind("process"), "links") | {"contact": {"email": "a@example.org"}},
    of_kind("participation", status="open", opens="2026"),
    {**ENTRY, "seeking": [without(CALL, "until")]},
    {**ENTRY, "seeking": [{**CALL, "type": "supplier"}]},
    {**ENTRY, "seeking": [{**CALL, "type": "contributors", "compensation": {}}]},
    without(USE, "target"),
    without(USE, "status"),
    {**USE, "status": "retired"},
    {**USE, "target": "oslo.example/log/oslo/1"},
    {**USE, "changes": "none"},
    {**USE, "costAvoided": {"amount": 3}},
    *(without(VOUCH, key) for key in VOUCH if key != "type"),
    {**VOUCH, "target": "https://lyon.example"},
    {**VOUCH, "vouchType": "audit"},
    *(without(SAME, key) for key in ("relation", "subject", "target")),
    {**SAME, "texts": OFFER["texts"]},
    {**OFFER, "subject": THING},
    {**OFFER, "texts": {}},
    without(OFFER, "texts"),
    *(without(LIST, key) for key in ("name", "purpose")),
    {**LIST, "items": [{}]},
    {**LIST, "purpose": "allow"},
    {**LIST, "purpose": "allow", "items": [{"ref": "a.example", "fingerprint": FINGERPRINT}]},
]
UNSEEN: list[dict[str, Any]] = [
    {**ENTRY, "lifecycleSince": "2026-02-30"},
    {**ENTRY, "license": "GPL v3"},
    {**ENTRY, "languages": ["ita"]},
    {**ENTRY, "seeking": [{**CALL, "until": "2028-01-01"}]},
    {**ENTRY, "description": {"en": "e\u0301"}},
    {**ENTRY, "later": "x" * 300_000},
    {**USE, "until": "2024-02-29"},
    {**VOUCH, "expires": "2026-11-01"},
    {**SAME, "target": SAME["subject"]},
    {**SAME, "subject": "oslo.example/log/oslo/1"},
    {**LIST, "items": [{"ref": "https://a.example/thing"}]},
]


@pytest.mark.parametrize("payload", WRONG, ids=range(len(WRONG)))
def test_what_cannot_be_published_is_refused(payload: dict[str, Any]) -> None:
    assert not is_publishable(payload)
    assert not accepts(payload)


@pytest.mark.parametrize("payload", UNSEEN, ids=range(len(UNSEEN)))
def test_what_a_schema_does_not_see(payload: dict[str, Any]) -> None:
    assert not is_publishable(payload)
    assert accepts(payload)


def test_an_import_may_have_gaps() -> None:
    imported = {name: ENTRY[name] for name in ("type", "v", "kind", "name")}
    assert accepts(imported | {"source": {"format": "code.json"}})
    assert not accepts(imported)


def test_there_is_no_schema_of_other_types() -> None:
    with pytest.raises(KeyError):
        schema_of("poem")
