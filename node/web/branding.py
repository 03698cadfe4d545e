"""The look of this node's operator as files: the colours as a style sheet, and the logo.

They are served like all other files of the pages (:mod:`node.web.statics`), under a name with their hash,
since no style may be written into a page.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from typing import Final

from node.brand import PAPERS, soft
from node.home import Home

COMES_WITH: Final = {"light": ("#1b5c8f", "#e8f1f8"), "dark": ("#8cc4ee", "#1b2c3a")}
"""Colour and tint of the style sheet, for a node that sets only one of the two."""

HASHED: Final = 12
"""Hex digits of a file's hash in its name."""


def name_with_hash(stem: str, ending: str, body: bytes) -> str:
    """Return under which name a file is served that never changes."""
    return f"{stem}.{hashlib.sha256(body).hexdigest()[:HASHED]}.{ending}"


def brand_files(home: Home) -> Mapping[str, tuple[str, bytes]]:
    """Return the files of a node's own look, ``colours`` and ``logo``, each with its name."""
    brand, found = home.config.brand, dict[str, tuple[str, bytes]]()
    if brand.accent or brand.accent_dark:
        given = {"light": brand.accent, "dark": brand.accent_dark}
        pairs = [
            (given[each], soft(given[each], each)) if given[each] else COMES_WITH[each] for each in PAPERS
        ]
        (light, light_soft), (dark, dark_soft) = pairs
        accent, tint = f"light-dark({light},{dark})", f"light-dark({light_soft},{dark_soft})"
        style = f":root{{--accent:{accent};--accent-soft:{tint}}}"
        found["colours"] = name_with_hash("brand", "css", style.encode()), style.encode()
    # The configuration was checked when it was read; a file may go afterwards, and the pages stay.
    with contextlib.suppress(OSError):
        if brand.logo:
            body = (home.path / brand.logo).read_bytes()
            ending = brand.logo.rpartition(".")[2].lower()
            found["logo"] = name_with_hash("logo", ending, body), body
    return found
