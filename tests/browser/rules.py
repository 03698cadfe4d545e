"""What axe-core says of a page: which rules it breaks, and where.

look(page, axe)    # ["image-alt: img.logo …"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

TAGS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
"""The rules that pages keep: WCAG 2.2 at level AA, and what axe thinks good beside it."""

_RUN: Final = """async (tags) => {
  const found = await axe.run(document, {runOnly: tags, resultTypes: ["violations"]});
  return found.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}"""


def look(page: Page, axe: str) -> list[str]:
    """Return what is wrong with a page as it is shown now."""
    if not page.evaluate("() => 'axe' in window"):
        # As the debugger does: the page's own policy allows no such thing, and stays in force.
        page.evaluate(axe)
    found: list[str] = page.evaluate(_RUN, list(TAGS))
    return found
