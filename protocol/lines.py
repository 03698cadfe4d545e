"""Numbers and base64 in the text formats: one value, one spelling.

Python reads more than the formats allow: ``int()`` takes ``+7``, ``1_000``, a
leading space and Arabic-Indic digits; ``base64.b64decode(validate=True)`` takes
``AB==``, whose unused bits are not zero. Each of these would be a second text
for the same signed value, so they are refused here once for all formats.
"""

import base64
import binascii
import re
from typing import Final

from .errors import MalformedError

MAX_NUMBER: Final = 2**63 - 1
"""The largest size, index or time: what every implementation's signed integer holds."""

_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def read_number(text: str, what: str, field: str) -> int:
    """Return the number that an ASCII decimal without leading zeros states.

    Args:
        text: The decimal.
        what: The thing being read, for the error.
        field: The part of that thing, for the error.

    Raises:
        MalformedError: It is spelled in another way, or larger than 2**63 - 1.
    """
    if _DECIMAL.fullmatch(text) is None or (number := int(text)) > MAX_NUMBER:
        raise MalformedError(what, f"the {field} is not a decimal number up to 2**63 - 1")
    return number


def read_base64(text: str, what: str, field: str, length: int | None = None) -> bytes:
    """Return the bytes that standard, padded base64 states (RFC 4648, section 4).

    Args:
        text: The base64, in its one spelling.
        what: The thing being read, for the error.
        field: The part of that thing, for the error.
        length: How many bytes there must be, when that is fixed.

    Raises:
        MalformedError: It is spelled in another way, or of another length.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError(what, f"the {field} is not base64") from error
    if write_base64(data) != text:
        raise MalformedError(what, f"the {field} is not the one base64 of its bytes")
    if length is not None and len(data) != length:
        raise MalformedError(what, f"the {field} has {len(data)} bytes, not {length}")
    return data


def write_base64(data: bytes) -> str:
    """Return bytes as standard, padded base64."""
    return base64.b64encode(data).decode("ascii")
