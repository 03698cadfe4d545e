"""What can be measured of a page as it is laid out: what lies beside it, upon something else, or cut off.

wrong(page)      # ["beside the page: a.brand …"]
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

_MEASURE: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

_ENLARGE: Final = """(percent) => { document.documentElement.style.fontSize = percent; }"""


def wrong(page: Page) -> list[str]:
    """Return what lies where it must not, on a page as it is shown now."""
    found: list[str] = page.evaluate(_MEASURE)
    return found


def enlarge(page: Page, percent: int) -> None:
    """Show the letters of a page larger, as a browser's own setting does, and nothing else."""
    page.evaluate(_ENLARGE, f"{percent}%")
