"""Pictures of ten pages, each light, dark, from right to left, and on a small screen: for people to look at.

python -m tests.browser.screenshots OUT           # OUT/front-light.png …
python -m tests.browser.screenshots OUT search    # one page
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.browser.chromium import NARROW, WIDE, Visit, chromium, missing, visitor
from tests.browser.demo_nodes import DemoNodes, demo_nodes
from tests.browser.places import Place

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGES: Final = {
    "front": Place("/"),
    "search": Place("/search", "/search?q=budget"),
    "project": Place("/p/{ref}", "/p/{refs[project]}"),
    "organisation": Place("/o/{ref}", "/o/{agency.origin}"),
    "roadmap": Place("/roadmap"),
    "compare": Place("/compare", "/compare?p={refs[project]}&p={refs[other]}"),
    "federation": Place("/federation"),
    "log": Place("/log/{ref}", "/log/{city.origin}"),
    "verify": Place("/verify", "/verify?entry={refs[project]}"),
    "draft": Place("/admin/drafts/{number}", "/admin/drafts/{drafts[person]}", "operator"),
}
"""What is taken, by name."""

TALLEST: Final = 2_400
"""Pixels: what is below is like what is above."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is shown."""

    name: str
    locale: str = "en"
    scheme: Literal["light", "dark"] = "light"
    width: int = WIDE


LOOKS: Final = (
    Look("light"),
    Look("dark", scheme="dark"),
    Look("rtl", locale="ar"),
    Look("narrow", width=NARROW),
)


def main() -> int:
    """Take them; return 0, or 1 where something for it is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("pages", nargs="*", choices=[[], *PAGES], help="all unless some are named")
    asked = parser.parse_args()
    if why := missing():
        sys.stderr.write(f"{why}\n")
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="fedcat-screenshots-") as folder,
        chromium() as browser,
        demo_nodes(Path(folder)) as nodes,
    ):
        for look in LOOKS:
            take(browser, nodes, look, asked.pages or list(PAGES), asked.out)
    return 0


def take(browser: Browser, nodes: DemoNodes, look: Look, names: list[str], out: Path) -> None:
    """Take some pages in one way."""
    with visitor(browser, nodes.city.url, width=look.width, scheme=look.scheme) as visit:
        if any(PAGES[name].who == "operator" for name in names):
            visit.sign_in(locale=look.locale)
        for name in names:
            visit.go(f"/{look.locale}{PAGES[name].path(nodes)}")
            _save(visit, out / f"{name}-{look.name}.png", look.width)


def _save(visit: Visit, file: Path, width: int) -> None:
    tall = int(visit.page.evaluate("() => document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": min(tall, TALLEST)}
    visit.page.screenshot(path=file, full_page=True, clip=clip)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
