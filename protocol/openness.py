"""Which licences are open: those that let anybody use, change and pass on.

What a licence is good for comes from the index of ScanCode's LicenseDB, which the library of licence
expressions brings along: permissive, copyleft and public domain licences are open, those for some uses or
readers only (CC-BY-NC-4.0, BUSL-1.1) are not.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from license_expression import get_license_index  # type: ignore[import-untyped]

from .licence import normalised, spdx

_OPEN: Final = frozenset({"Permissive", "Copyleft", "Copyleft Limited", "Public Domain"})


# Bounded, in number and by what counts as an expression: the keys are other people's texts.
@lru_cache(maxsize=1024)
def is_open(expression: str) -> bool:
    """Tell whether whoever takes something under an SPDX expression may use, change and pass it on.

    Of several licences joined by OR one is enough. What is no SPDX expression is not known to be open.
    """
    spelled = normalised(expression)
    if spelled is None or spelled.startswith("LicenseRef-"):
        return False
    return _grants(spdx().parse(spelled))


def _grants(parsed: Any) -> bool:  # noqa: ANN401 - the library has no types
    licensing = spdx()
    if isinstance(parsed, licensing.OR):
        return any(_grants(each) for each in parsed.args)
    if isinstance(parsed, licensing.AND):
        return all(_grants(each) for each in parsed.args)
    # An exception only adds to what its licence allows.
    return getattr(parsed, "license_symbol", parsed).key.removesuffix("+") in _open_keys()


@cache
def _open_keys() -> frozenset[str]:
    return frozenset(each["spdx_license_key"] for each in get_license_index() if each["category"] in _OPEN)
