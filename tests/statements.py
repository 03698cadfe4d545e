"""Statements with nothing wrong with them: one of each type, and hypothesis' own."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import msgspec.inspect as shape
from hypothesis import strategies as st

from protocol.fields import NO_RULE, Rule, rule_of
from protocol.packing import MAX_INTEGER
from protocol.statement import TYPES
from protocol.vocabulary import words_of

Payload = dict[str, Any]

FINGERPRINT: Final = "3f" * 32
THING: Final = "oslo.example/log/oslo/1/e/" + "0" * 32

ENTRY: Final[Payload] = {
    "type": "entry",
    "v": 1,
    "kind": "software",
    "name": {"und": "Decidim"},
    "summary": {"ca": "Plataforma de participació"},
    "topics": ["sector:civic-participation"],
    "lifecycle": "live",
    "license": "AGPL-3.0-or-later",
    "languages": ["ca", "es"],
    "links": [{"rel": "landing", "url": "https://decidim.org"}],
    "modified": "2026-11-02T09:00:00Z",
    "maintenance": {"mode": "community"},
    "software": {"type": "standalone/web", "platforms": ["web"]},
}
PROFILE: Final[Payload] = {
    "type": "profile",
    "v": 1,
    "name": {"und": "City"},
    "publisherType": "local",
    "jurisdiction": "FR",
    "contact": {"email": "office@example.org"},
}
WITHDRAWAL: Final[Payload] = {"type": "withdrawal", "v": 1, "reason": "moved"}
USE: Final[Payload] = {
    "type": "use",
    "v": 1,
    "target": "https://decidim.org",
    "status": "production",
    "since": "2024-03-01",
    "purpose": {"fr": "Budget participatif"},
    "topics": ["sector:civic-participation"],
    "places": ["FR-ARA"],
    "instance": "https://oui.lyon.example",
    "changes": "forked",
    "fork": "https://code.lyon.example/decidim",
    "suppliers": [{"name": "Coop", "uri": "https://coop.example", "role": "hosting", "until": "2027-12-31"}],
    "certifications": [{"type": "accessibility", "standard": "EN 301 549", "level": "AA"}],
    "lessons": {"fr": "Former les équipes d'abord."},
    "feedback": {"fr": "La carte est lente."},
    "costAvoided": {"amount": "120000.50", "currency": "EUR", "method": "offers of two companies"},
    "contact": {"email": "office@lyon.example"},
    "reviewed": "2026-11-02T09:00:00Z",
}
VOUCH: Final[Payload] = {
    "type": "vouch",
    "v": 1,
    "target": "lyon.example/log/lyon/1",
    "vouchType": "identity",
    "fingerprint": FINGERPRINT,
    "issued": "2026-11-02",
    "expires": "2027-11-02",
}
SAME: Final[Payload] = {
    "type": "link",
    "v": 1,
    "relation": "sameAs",
    "subject": "https://code.example/decidim",
    "target": THING,
    "reason": {"en": "The home page names the repository."},
    "since": "2026-11-02",
}
OFFER: Final[Payload] = {
    "type": "link",
    "v": 1,
    "relation": "translationOf",
    "target": THING,
    "texts": {"fr": {"name": "Eau", "summary": "Analyses d'eau", "description": "Une", "by": "human"}},
}
LIST: Final[Payload] = {
    "type": "list",
    "v": 1,
    "name": {"nb": "Sperret"},
    "purpose": "block",
    "items": [{"ref": "spam.example", "text": {"nb": "Reklame"}}, {"fingerprint": FINGERPRINT}],
}
ALL: Final = (ENTRY, PROFILE, WITHDRAWAL, USE, VOUCH, SAME, OFFER, LIST)

FORMED: Final[dict[str, tuple[str, ...]]] = {
    "line": ("Medusa", " a b ", "\u2003x", "\U0001f600" * 300),
    "url": (
        "https://example.org/medusa",
        "https://example.org/@a",
        "http://[::1]:80/x",
        "HTTPS://a.b/c?d#e",
        "hTtp://münchen.example:1?q",
    ),
    "uri": ("urn:isbn:1", "swh:1:rev:0", THING),
    "target": ("oslo.example/log/oslo/1", "https://a.example/x", THING),
    "listed": ("oslo.example", "[::1]", "127.0.0.1", "a.example:8443", "a.example/log/b/1"),
    "date": ("2024-02-29", "0001-01-01"),
    "period": ("2027-Q1", "2027", "2027-03", "2027-03-01"),
    "timestamp": ("2026-11-02T09:00:00Z", "2016-12-31T23:59:60.123456789Z"),
    "language": ("fr-CH", "und", "sr-Latn-RS", "sl-rozaj-biske-1994", "de-x-ours", "en-u-co-phonebk"),
    "place": ("FR-ARA", "EU", "INT", "NO-03"),
    "license": ("EUPL-1.2 OR MIT", "LicenseRef-ours"),
    "path": ("a/b.yml", ".a/..b/c d.yml"),
    "slug": ("a-b1",),
    "sha256": ("0" * 64,),
    "email": ("office@example.org", "büro@stadt.example"),
    "currency": ("EUR",),
    "decimal": ("12.50", "-3", "0"),
}
"""Texts that have each form, plain and odd."""

_anything = st.recursive(
    st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.text("aé🐙", max_size=3) | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("aé", max_size=2), inner, max_size=2),
    max_leaves=4,
)
_keys = st.text("abzé-", min_size=1, max_size=4)


@cache
def statements(type_: str) -> st.SearchStrategy[Payload]:
    """Return statements of a type, each with some other values than the one above; most have no problem."""
    kind = shape.type_info(TYPES[type_])
    assert isinstance(kind, shape.StructType)
    fields = {field.encode_name: field.type for field in kind.fields if field.name not in ("type", "v")}
    changes = st.sets(st.sampled_from(sorted(fields)), max_size=4).flatmap(
        lambda names: st.fixed_dictionaries({name: _values(fields[name], NO_RULE) for name in sorted(names)})
    )
    former = st.sampled_from([payload for payload in ALL if payload["type"] == type_])
    return st.builds(lambda *parts: parts[0] | parts[1] | parts[2], former, _others, changes)


# Keys that nobody knows, as a newer node or another's domain adds them.
_others = st.dictionaries(st.just("later") | st.just("x.lyon.example"), _anything, max_size=1)


def _values(kind: shape.Type, rule: Rule) -> st.SearchStrategy[Any]:  # noqa: C901, PLR0911 - a case for each shape
    match kind:
        case shape.Metadata():
            return _values(kind.type, kind.extra or rule)
        case shape.StructType():
            return _parts(kind.cls)
        case shape.UnionType(types=types):
            return st.one_of([_values(each, rule) for each in types if not isinstance(each, shape.NoneType)])
        case shape.VarTupleType(item_type=item):
            return st.lists(_values(item, NO_RULE), max_size=2)
        case shape.DictType(value_type=value):
            keys = st.sampled_from(FORMED["language"]) if rule["form"] == "texts" else _keys
            inner = _values(value, {**NO_RULE, "most": rule["most"]})
            return st.dictionaries(keys, inner, max_size=2)
        case shape.StrType() if rule["vocabulary"]:
            return st.sampled_from(sorted(words_of(rule["vocabulary"])))
        case shape.StrType() if rule["form"]:
            return st.sampled_from(FORMED[rule["form"]])
        case shape.StrType():
            return st.sampled_from(["", "Two\nlines", "é" * rule["most"]])
        case shape.IntType():
            return st.integers(-MAX_INTEGER, MAX_INTEGER)
        case shape.BoolType():
            return st.booleans()
        case _:
            return _anything


@cache
def _parts(struct: type) -> st.SearchStrategy[Payload]:
    kind = shape.type_info(struct)
    assert isinstance(kind, shape.StructType)
    wanted = {field.encode_name for field in kind.fields if field.required or rule_of(field.type)["required"]}
    types = {field.encode_name: field.type for field in kind.fields}
    return st.sets(st.sampled_from(sorted(types)), max_size=2).flatmap(
        lambda names: st.fixed_dictionaries(
            {name: _values(types[name], NO_RULE) for name in sorted(names | wanted)}
        )
    )
