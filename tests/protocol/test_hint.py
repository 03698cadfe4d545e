"""Hints: sealed by a shared secret, spelled in one way."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.errors import MalformedError, ProtocolError, SignatureError
from protocol.hint import MAX_HINT, Hint, open_hint
from protocol.lines import write_base64
from protocol.origin import MAX_ORIGIN
from tests.signers import ORIGIN

SECRETS = ("what oslo wrote down", "what lyon wrote down")


def test_a_hint_opens_with_the_secret_that_sealed_it() -> None:
    hint = Hint(ORIGIN, 1841)
    for place, secret in enumerate(SECRETS):
        assert open_hint(hint.seal(secret), SECRETS) == (hint, place)
    with pytest.raises(SignatureError):
        open_hint(hint.seal("somebody else's word"), SECRETS)
    with pytest.raises(SignatureError):
        open_hint(hint.seal(SECRETS[0]), ())


def test_a_longest_hint_fits() -> None:
    longest = f"{'a' * 60}.example/{'b' * 40}/{'c' * 40}/log/{'d' * 38}/1"
    assert len(longest) <= MAX_ORIGIN
    assert len(Hint(longest, 2**63 - 1).seal(SECRETS[0])) <= MAX_HINT


def test_no_byte_of_a_hint_can_change() -> None:
    data = Hint(ORIGIN, 1841).seal(SECRETS[0])
    for at in range(len(data)):
        for bit in range(8):
            with pytest.raises(ProtocolError):
                open_hint(data[:at] + bytes((data[at] ^ 1 << bit,)) + data[at + 1 :], SECRETS)


MAC = write_base64(bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fedcat/hint/v1\n",
        f"fedcat/hint/v1\n{ORIGIN} 1\n{MAC}",
        f"fedcat/hint/v2\n{ORIGIN} 1\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN} 1\n{MAC}\n\n",
        f"fedcat/hint/v1\n{ORIGIN}\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN} 0\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN} 01\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN}  1\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN}é 1\n{MAC}\n",
        f"fedcat/hint/v1\nnowhere 1\n{MAC}\n",
        f"fedcat/hint/v1\n{ORIGIN} 1\nAAAA\n",
        f"fedcat/hint/v1\n{ORIGIN} 1\n{MAC}\n" + "x" * MAX_HINT + "\n",
    ],
)
def test_what_is_no_hint(text: str) -> None:
    with pytest.raises(MalformedError):
        open_hint(text.encode(), SECRETS)


@given(st.binary(max_size=600) | st.text(max_size=200).map(str.encode))
@settings(deadline=None, max_examples=200)
def test_no_bytes_do_harm(data: bytes) -> None:
    for prefix in (b"", b"fedcat/hint/v1\n", f"fedcat/hint/v1\n{ORIGIN} 1\n".encode()):
        with suppress(MalformedError, SignatureError):
            open_hint(prefix + data, SECRETS)
