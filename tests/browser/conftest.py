"""One browser and one federation for all tests that use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import AXE, REQUIRED, Visit, chromium, missing, visitor
from tests.browser.demo_nodes import DemoNodes, demo_nodes
from tests.browser.places import Who

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it a test is skipped, or fails where CI asks for it."""
    if why := missing():
        if os.environ.get(REQUIRED):
            pytest.fail(why)
        pytest.skip(why)
    with chromium() as program:
        yield program


@pytest.fixture(scope="session")
def nodes(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoNodes]:  # noqa: ARG001
    """Three nodes that follow one another; whoever adds to what they say disturbs nobody."""
    with demo_nodes(tmp_path_factory.mktemp("nodes")) as made:
        yield made


@pytest.fixture(scope="session")
def visits(nodes: DemoNodes, browser: Browser) -> Iterator[dict[Who, Visit]]:
    """Everybody who looks at pages: they stay, and open one page after the other."""
    with ExitStack() as stack:
        anybody = stack.enter_context(visitor(browser, nodes.city.url))
        operator = stack.enter_context(visitor(browser, nodes.city.url))
        operator.sign_in()
        beginner = stack.enter_context(visitor(browser, nodes.group.url))
        beginner.go(nodes.first_run)
        yield {"anybody": anybody, "operator": operator, "beginner": beginner}


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core, as a program that pages can run."""
    return AXE.read_text(encoding="utf-8")
