"""What people are shown of a fault, and what a database takes."""

import pytest

from federation.faults import Fault, FaultKind
from tests.federation.test_fetch import fault, speaking


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("it has 3 bytes instead of 64", "it has 3 bytes instead of 64"),
        ("Bad line:\n\n  b'x'\n    ^", "Bad line: b'x' ^"),
        ("an \x1b[31m escape", "an \\x1b[31m escape"),
        ("half a pair \udcff", "half a pair \\udcff"),
        ("turned \u202e around", "turned \\u202e around"),
        ("z" * 7_000, "z" * 299 + "\N{HORIZONTAL ELLIPSIS}"),
        ("z" * 300, "z" * 300),
    ],
)
def test_a_detail_is_one_short_line_of_printable_characters(said: str, shown: str) -> None:
    assert Fault(FaultKind.MALFORMED, "checkpoint", said).detail == shown


async def test_a_header_that_is_no_text_does_not_spoil_the_record() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Encoding: \xff\xc2\x9b\r\n\r\n"
    async with speaking(head + b"abc") as url:
        kind, detail = await fault(url)
    assert kind is FaultKind.MALFORMED
    assert detail == "it sent a body encoded with \\udcff\\x9b, not offered"
    detail.encode()
