"""Licence expressions: SPDX identifiers joined by AND, OR and WITH.

``EUPL-1.2 OR (MIT AND CC0-1.0)`` is an expression. Real catalogues also say ``agpl-3.0``
(another spelling), ``GPL v3`` (a name) or nothing; a name is kept as it was written and
flagged, never guessed at.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from license_expression import (  # type: ignore[import-untyped]
    ExpressionError,
    Licensing,
    get_spdx_licensing,
)

# Longer than any real expression, and short enough that parsing one costs nothing.
_MAX_LENGTH: Final = 500


def normalised(expression: str) -> str | None:
    """Return the canonical spelling of an SPDX expression, or None when it is not one.

    Corrects letter case and superseded identifiers (``AGPL-3.0`` → ``AGPL-3.0-only``).
    ``LicenseRef-…`` names are SPDX too and are kept as written when they stand alone.
    """
    if not expression.strip() or len(expression) > _MAX_LENGTH:
        return None
    if expression.startswith("LicenseRef-") and expression[11:].replace("-", "").replace(".", "").isalnum():
        return expression
    return _parsed(expression)


@cache
def spdx() -> Licensing:
    """Return the licences of SPDX as the library knows them; they take a tenth of a second to load."""
    return get_spdx_licensing()


# Bounded, in number and by the length above: the keys are other people's texts.
@lru_cache(maxsize=1024)
def _parsed(expression: str) -> str | None:
    try:
        parsed = spdx().parse(expression, validate=True, strict=True)
    # The library lets IndexError and friends escape on half an expression.
    except (ExpressionError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError):
        return None
    return str(parsed)
