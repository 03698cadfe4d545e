"""Licence expressions: SPDX identifiers joined by AND, OR and WITH.

``EUPL-1.2 OR (MIT AND CC0-1.0)`` is an expression. Real catalogues also say ``agpl-3.0``
(another spelling), ``GPL v3`` (a name) or nothing; a name is kept as it was written and
flagged, never guessed at.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    Licensing,
    get_spdx_licensing,
)

# Longer than any real expression, and short enough that parsing one costs nothing.
_MAX_LENGTH: Final = 500

# What SPDX lets everybody name; in an expression a word of its own.
_REFERENCE: Final = re.compile(
    r"(?<![\w.:+-])(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+(?![\w.:+-])"
)
_STAND_IN: Final = "fedcatreference"
_STOOD: Final = re.compile(rf"{_STAND_IN}[0-9]+")


def normalised(expression: str) -> str | None:
    """Return the canonical spelling of an SPDX expression, or None when it is not one.

    Corrects letter case and superseded identifiers (``AGPL-3.0`` → ``AGPL-3.0-only``).
    ``LicenseRef-…`` names are SPDX too and are kept as written.
    """
    if not expression.strip() or len(expression) > _MAX_LENGTH or _STAND_IN in expression.lower():
        return None
    if _REFERENCE.fullmatch(expression):
        return expression
    return _parsed(expression)


@cache
def spdx() -> Licensing:
    """Return the licences of SPDX as the library knows them; they take a tenth of a second to load."""
    return get_spdx_licensing()


# Bounded, in number and by the length above: the keys are other people's texts.
@lru_cache(maxsize=1024)
def _parsed(expression: str) -> str | None:
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        # The library would take some of these for other licences, and knows none of the rest.
        return names.setdefault(match[0], f"{_STAND_IN}{len(names)}")

    try:
        parsed = spdx().parse(_REFERENCE.sub(named, expression), validate=False, strict=True)
        unknown = spdx().unknown_license_keys(parsed)
    # The library lets IndexError and friends escape on half an expression.
    except (ExpressionError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return None
    stood = {stand_in: name for name, stand_in in names.items()}
    for key in unknown:
        if key not in stood and not _is_or_later(key):
            return None
    return _STOOD.sub(lambda match: stood[match[0]], str(parsed))


def _is_or_later(key: str) -> bool:
    """Tell whether a name is one of the list, in its spelling, with the plus sign of later versions."""
    name = key.removesuffix("+")
    is_version = name != key and not name.endswith(("-only", "-or-later"))
    return is_version and not _REFERENCE.fullmatch(name) and _parsed(name) == name
