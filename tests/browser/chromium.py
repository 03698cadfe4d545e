"""Debian's Chromium, driven by playwright, and what somebody at it would not want to happen.

with chromium() as browser, visitor(browser, node.url) as visit:
    visit.go("/en/search")
    visit.page.get_by_role("link", name="Topics").click()
    visit.is_calm()      # nothing was refused, nothing failed, nobody else was asked

What these need beside the package's own dependencies is in the optional group ``browser``, Debian's package
``chromium``, a font with Arabic letters, and ``npm ci --prefix tests/browser``. Where something is missing
the tests are skipped, unless FEDCAT_BROWSER_REQUIRED is set: then they fail.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from tests.browser.demo_nodes import OPERATOR, SECRET

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response

REQUIRED: Final = "FEDCAT_BROWSER_REQUIRED"
AXE: Final = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SECONDS: Final = 120
"""For one step of a page; a limit, no measure."""

WIDE: Final = 1280
NARROW: Final = 320
"""Widths of windows in CSS pixels; the narrow one is that of WCAG's reflow."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# Nobody but the nodes is to be asked for anything; and as root, as in CI, there is no sandbox to be had.
_OPTIONS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)
_BAD: Final = frozenset({"error", "warning", "assert"})  # what a console says
_NOWHERE: Final = ("data:", "blob:", "about:")
_TELL_REFUSALS: Final = """
document.addEventListener("securitypolicyviolation", (it) =>
  console.error(`refused by policy: ${it.violatedDirective} ${it.blockedURI} ${it.sample}`));
"""


def missing() -> str:
    """Return what is not on this machine, and how it is had; empty for nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "no playwright: pip install '.[test,browser]'"
    if _program() is None:
        return "no Chromium: apt-get install chromium"
    if not AXE.is_file():
        return "no axe-core: npm ci --prefix tests/browser"
    return ""


def _program() -> str | None:
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, and end it."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - of an optional group

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_program(), args=list(_OPTIONS), timeout=SECONDS * 1000
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """Somebody at a browser of their own.

    Attributes:
        page: The open page.
        url: The node's address.
        troubles: What happened that must not: refusals, errors, dialogs, questions to somebody else.
    """

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def go(self, path: str, status: int | None = 200) -> Response:
        """Open a path of the node, and check the answer's status unless it is None."""
        answer = self.page.goto(self.url + path)
        assert answer is not None, path
        assert status in (None, answer.status), (path, answer.status, self.page.inner_text("main"))
        return answer

    def sign_in(self, name: str = OPERATOR, password: str = SECRET, locale: str = "en") -> None:
        """Sign in at the desk, as a person does."""
        self.go(f"/{locale}/admin/sign-in")
        self.page.fill("input[name=name]", name)
        self.page.fill("input[name=password]", password)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url(f"{self.url}/{locale}/admin")

    def is_calm(self) -> None:
        """Check that nothing happened that must not."""
        assert self.troubles == []

    def listen(self) -> None:
        """Write down from now on what must not happen."""
        page, said = self.page, self.troubles

        def hear(message: ConsoleMessage) -> None:
            if message.type in _BAD:
                said.append(f"{message.type}: {message.text} {message.location.get('url', '')}")

        def follow(request: Request) -> None:
            if not request.url.startswith((self.url, *_NOWHERE)):
                said.append(f"asked elsewhere: {request.url}")

        def dismiss(dialog: Dialog) -> None:
            said.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", follow)
        page.on("dialog", dismiss)


@contextmanager
def visitor(
    browser: Browser,
    url: str,
    *,
    scripts: bool = True,
    width: int = WIDE,
    scheme: Literal["dark", "light"] = "light",
    forced: bool = False,
) -> Iterator[Visit]:
    """Open a browser of somebody's own: no cookie, nothing kept.

    Args:
        browser: The program.
        url: The node's address.
        scripts: Whether pages may run their programs.
        width: Of the window, in CSS pixels.
        scheme: Light or dark colours.
        forced: Whether the system sets the colours (``forced-colors``).
    """
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        forced_colors="active" if forced else "none",
        java_script_enabled=scripts,
        reduced_motion="reduce",
    )
    try:
        context.set_default_timeout(SECONDS * 1000)
        if scripts:
            context.add_init_script(_TELL_REFUSALS)
        visit = Visit(context.new_page(), url)
        visit.listen()
        yield visit
    finally:
        context.close()
