import hashlib
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedError
from protocol.keys import KeyType, VerifierKey
from protocol.keytext import MAX_KEY_SET, KeySet, Predecessor
from tests.flips import assert_one_spelling, text_of
from tests.signers import ORIGIN, beat_key, key_set, log_key, root_key, signing_key

PREDECESSOR = Predecessor("town.example/log/works/1", 17, hashlib.sha256(b"root").digest(), "ab" * 32)
FULL = key_set(
    roots=[root_key(number) for number in range(1, 17)],
    threshold=16,
    urls=("https://city.example/log/works/1", "http://127.0.0.1:8401/log", *("https://cdn.example",) * 6),
    predecessor=PREDECESSOR,
)
LINES = FULL.text.split("\n")


def _parse(data: bytes) -> KeySet:
    return KeySet.parse(text_of(data))


@pytest.mark.parametrize("keys", [FULL, key_set(), key_set(2), key_set(256, urls=())])
def test_key_sets_read_back(keys: KeySet) -> None:
    assert KeySet.parse(keys.text) == keys


def test_the_text_is_readable_by_eye() -> None:
    keys = key_set(2)
    assert keys.text == (
        "fedcat/keys/v1\n"
        f"origin {ORIGIN}\n"
        "version 2\n"
        "after 200\n"
        f"root {root_key().vkey}\n"
        "threshold 1\n"
        f"log {log_key(2).vkey}\n"
        f"beat {beat_key(2).vkey}\n"
        f"url https://{ORIGIN}\n"
    )
    root = str(PREDECESSOR).split(" ")[2]
    assert FULL.text.endswith(f"\npredecessor town.example/log/works/1 17 {root} {'ab' * 32}\n")


def test_digest_and_fingerprint_cover_the_text() -> None:
    text = FULL.text.encode()
    assert FULL.fingerprint == hashlib.sha256(text).hexdigest()
    assert FULL.digest == hashlib.sha256(b"fedcat/keyset/v1\0" + text).digest()


def test_every_flipped_byte_is_refused_or_another_key_set() -> None:
    keys = key_set(urls=("https://a.example/x",), predecessor=PREDECESSOR)
    assert assert_one_spelling(keys.text.encode(), _parse, lambda parsed: parsed.text.encode()) > 0


@given(
    st.text(max_size=60),
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["replace", "insert", "delete", "swap"]),
)
def test_any_text_is_a_key_set_or_malformed(text: str, at: int, how: str) -> None:
    lines = list(LINES)
    match how:
        case "replace":
            lines[at] = text
        case "insert":
            lines.insert(at, text)
        case "delete":
            del lines[at]
        case _:
            lines[at], lines[at - 1] = lines[at - 1], lines[at]
    for candidate in (text, "\n".join(lines)):
        with suppress(MalformedError):
            assert KeySet.parse(candidate).text == candidate


def test_the_order_of_lines_is_fixed() -> None:
    refused = 0
    for at in range(len(LINES) - 2):
        lines = list(LINES)
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
        if lines == LINES:  # two equal url lines
            continue
        try:
            parsed = KeySet.parse("\n".join(lines))
        except MalformedError:
            refused += 1
        else:
            # Urls stand by preference, so their order is a value of its own.
            assert parsed.urls != FULL.urls
    assert refused == len(LINES) - 2 - 7


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("fedcat/keys/v1", "fedcat/keys/v2", "begin"),
        ("version 1\n", "", "'version' line"),
        ("version 1\n", "version 1\nversion 1\n", "'after' line"),
        ("version 1\n", "version 01\n", "decimal"),
        ("version 1\n", "version 0\n", "version"),
        ("version 1\n", "version 257\n", "version"),
        ("version 1\n", "version 2\n", "'after'"),
        ("after 0\n", "after 1\n", "'after'"),
        ("threshold 1\n", "threshold 0\n", "threshold"),
        ("threshold 1\n", "threshold 2\n", "threshold"),
        ("threshold 1\n", "threshold 1\nmore 1\n", "'log' line"),
        (f"origin {ORIGIN}\n", "origin City.example/log/works/1\n", "origin"),
        (f"url https://{ORIGIN}\n", f"url https://{ORIGIN}\n" * 9, "more than 8"),
        (f"url https://{ORIGIN}\n", f"url  https://{ORIGIN}\n", "prefix"),
        (f"url https://{ORIGIN}\n", f"url https://{ORIGIN}\nmore\n", "belong"),
        (f"url https://{ORIGIN}\n", f"url https://{ORIGIN}\n\n", "belong"),
    ],
)
def test_texts_that_are_refused(old: str, new: str, reason: str) -> None:
    text = key_set().text
    assert old in text
    with pytest.raises(MalformedError) as caught:
        KeySet.parse(text.replace(old, new))
    assert reason in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n", "fedcat/keys/v1", "fedcat/keys/v1\n", key_set().text[:-1]])
def test_texts_that_end_early(text: str) -> None:
    with pytest.raises(MalformedError):
        KeySet.parse(text)


def test_a_text_beyond_64_kib_is_refused() -> None:
    long = key_set(urls=("https://a.example/" + "x" * MAX_KEY_SET,))
    with pytest.raises(MalformedError, match="longer"):
        KeySet.parse(long.text)


OTHER = signing_key("other.example/log/works/1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"origin": "nowhere"}, "origin"),
        ({"roots": ()}, "roots"),
        ({"roots": tuple(sorted((root_key(number).vkey for number in range(1, 18)), key=str))}, "roots"),
        (
            {"roots": tuple(sorted((root_key(number).vkey for number in (1, 2)), key=str, reverse=True))},
            "ascending",
        ),
        ({"roots": (root_key().vkey, root_key().vkey)}, "two lines"),
        (
            {
                "roots": (
                    root_key().vkey,
                    VerifierKey(f"{ORIGIN}/root/2", KeyType.ED25519, root_key().vkey.public),
                )
            },
            "two lines",
        ),
        ({"roots": (VerifierKey(f"{ORIGIN}/root/1", KeyType.ED25519, log_key().vkey.public),)}, "two lines"),
        ({"roots": (VerifierKey(f"{ORIGIN}/root/1", KeyType.ED25519, beat_key().vkey.public),)}, "two lines"),
        (
            {"roots": (VerifierKey(f"{ORIGIN}/root/01", KeyType.ED25519, root_key().vkey.public),)},
            "not named",
        ),
        ({"roots": (VerifierKey(f"{ORIGIN}/root/0", KeyType.ED25519, root_key().vkey.public),)}, "not named"),
        ({"roots": (VerifierKey("1", KeyType.ED25519, root_key().vkey.public),)}, "not named"),
        ({"roots": (signing_key(f"{ORIGIN}/root/1", KeyType.COSIGNATURE_ED25519).vkey,)}, "type"),
        ({"log": OTHER.vkey}, "named as the origin"),
        ({"beat": OTHER.vkey}, "named as the origin"),
        ({"log": beat_key(2).vkey}, "type"),
        ({"beat": log_key(2).vkey}, "type"),
        ({"beat": VerifierKey(ORIGIN, KeyType.COSIGNATURE_ED25519, log_key().vkey.public)}, "two lines"),
        ({"after": -1}, "'after'"),
        ({"version": 2, "after": 0}, "'after'"),
        ({"version": 2, "after": 2**63}, "'after'"),
        ({"version": 2, "after": 5, "predecessor": PREDECESSOR}, "version 1 only"),
        (
            {"predecessor": Predecessor(ORIGIN, 17, bytes(32), "ab" * 32)},
            "continue itself",
        ),
        ({"urls": ("https://a.example",) * 9}, "more than 8"),
    ],
)
def test_impossible_parts_are_the_callers_mistake(changes: dict[str, Any], reason: str) -> None:
    roots = changes.get("roots", (root_key().vkey,))
    with pytest.raises(ValueError, match=reason):
        replace(key_set(), **{"threshold": max(1, len(roots)), **changes})


def test_a_low_order_key_is_refused() -> None:
    text = key_set().text.replace(
        str(log_key().vkey), f"{ORIGIN}+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )
    with pytest.raises(MalformedError, match="low order"):
        KeySet.parse(text)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example",
        "https://a.example:8443/b/C_d~e.f/%41",
        "http://127.0.0.1:8401/log",
        "http://[::1]/x",
        "https://a.example:80",
    ],
)
def test_prefixes_in_their_one_spelling(url: str) -> None:
    assert KeySet.parse(key_set(urls=(url,)).text).urls == (url,)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a.example",
        "ftp://a.example",
        "HTTPS://a.example",
        "https://A.example",
        "https://",
        "https:///x",
        "https://a.example/",
        "https://a.example/x/",
        "https://a.example//x",
        "https://a.example/../x",
        "https://a.example/x/.",
        "https://a.example/x/%2E",
        "https://a.example/.%2E/x",
        "https://a.example/%c3%a9",
        "https://a.example/%zz",
        "https://a.example/%",
        "https://a.example/%4",
        "https://a.example/x y",
        "https://a.example/x?y",
        "https://a.example/x#y",
        "https://user@a.example/x",
        "https://a.example:443",
        "http://a.example:80",
        "https://a.example:0",
        "https://a.example:65536",
        "https://127.1/x",
        "https://a.example/\u00e9",
        "https://a.example\\x",
    ],
)
def test_prefixes_that_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        key_set(urls=(url,))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "town.example/log/works/1",
        "town.example/log/works/1 17 AAAA",
        str(PREDECESSOR) + " more",
        str(PREDECESSOR).replace(" 17 ", " 017 "),
        str(PREDECESSOR).replace(" 17 ", "  17 "),
        str(PREDECESSOR).replace("town", "Town"),
        str(PREDECESSOR).replace("ab" * 32, "AB" * 32),
        str(PREDECESSOR).replace("ab" * 32, "ab" * 31),
        "town.example/log/works/1 17 AAAA " + "ab" * 32,
    ],
)
def test_predecessors_that_are_refused(line: str) -> None:
    with pytest.raises(MalformedError):
        KeySet.parse(f"{key_set().text}predecessor {line}\n")


def test_one_predecessor_at_most() -> None:
    with pytest.raises(MalformedError, match="more than 1"):
        KeySet.parse(FULL.text + f"predecessor {PREDECESSOR}\n")


@pytest.mark.parametrize(
    "changes", [{"size": -1}, {"size": 2**63}, {"root": b""}, {"newest": ""}, {"origin": "x"}]
)
def test_predecessors_that_cannot_be(changes: dict[str, Any]) -> None:
    fields = {"origin": "town.example/log/works/1", "size": 17, "root": bytes(32), "newest": "ab" * 32}
    with pytest.raises(ValueError, match=r"predecessor|origin"):
        Predecessor(**{**fields, **changes})
