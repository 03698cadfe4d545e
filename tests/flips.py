"""One byte of a valid input changed: the mutations every parser must see through."""

from collections.abc import Callable, Iterator

from protocol.errors import ProtocolError


def flipped(data: bytes) -> Iterator[bytes]:
    """Yield the data with one byte changed, for every byte, in three ways."""
    for index, byte in enumerate(data):
        for mask in (0x01, 0x20, 0x80):
            yield data[:index] + bytes((byte ^ mask,)) + data[index + 1 :]


def assert_one_spelling(data: bytes, parse: Callable[[bytes], object], render: Callable[..., bytes]) -> int:
    """Demand that each flip is refused or is the one spelling of another value.

    Returns:
        How many flips were accepted.
    """
    value = parse(data)
    assert render(value) == data
    accepted = 0
    for other in flipped(data):
        try:
            parsed = parse(other)
        except ProtocolError:
            continue
        accepted += 1
        assert parsed != value
        assert render(parsed) == other
    return accepted


def text_of(data: bytes) -> str:
    """Return bytes as the text that a text parser may be handed: any code point at all."""
    return data.decode("utf-8", "surrogateescape")
