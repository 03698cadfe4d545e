"""The documentation is complete and its links lead somewhere."""

from __future__ import annotations

import dataclasses
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import node.errors
from federation.faults import FaultKind
from node.app import ROUTES
from node.cli.exits import ExitCode
from node.cli.tree import TREE, Branch
from node.config import Config
from node.configfile import SECTIONS
from node.errors import NodeError
from node.web.admin.pages import PAGES as DESK_PAGES
from node.web.pages import PAGES as WEB_PAGES

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHOWN = (ROOT / "docs" / "pages.md").read_text(encoding="utf-8")
DESK = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def config_keys(kind: type[Any] = Config, prefix: str = "") -> Iterator[tuple[str, object]]:
    for key in dataclasses.fields(kind):
        path = f"{prefix}{key.name}"
        if path in SECTIONS:
            yield from config_keys(SECTIONS[path], f"{path}.")
        else:
            yield path, key.default


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def commands(branch: Branch = TREE, words: str = "fedcat") -> Iterator[str]:
    for name, item in branch.commands.items():
        if isinstance(item, Branch):
            yield from commands(item, f"{words} {name}")
        else:
            yield f"{words} {name}"


def errors() -> Iterator[type[NodeError]]:
    for _, kind in inspect.getmembers(node.errors, inspect.isclass):
        if issubclass(kind, NodeError) and kind is not NodeError:
            yield kind


def endpoints() -> Iterator[str]:
    yield from (route.path for route in ROUTES)
    yield "/{path}"


def has_row(subject: str, page: str = OPERATING) -> bool:
    """Whether a table row or a heading begins with the subject, as code."""
    return re.search(rf"^(?:\| |#+ )`{re.escape(subject)}`", page, re.MULTILINE) is not None


@pytest.mark.parametrize("key", [key for key, _ in config_keys()])
def test_a_config_key_is_documented(key: str) -> None:
    assert has_row(key)


def test_the_documented_defaults_are_the_real_ones() -> None:
    for key, default in config_keys():
        if isinstance(default, int | float) and not isinstance(default, bool):
            shown = f"{default:,}" if isinstance(default, int) else f"{default:g}"
            assert f"| `{key}` | {shown} |" in OPERATING


def test_the_example_configuration_has_every_key_and_loads() -> None:
    example = tomllib.loads((ROOT / "configs" / "node.example.toml").read_text(encoding="utf-8"))
    found, expected = dict(flat(example)), dict(config_keys())
    assert set(found) == set(expected)
    for key, default in expected.items():
        if default is not dataclasses.MISSING:
            assert (tuple(found[key]) if isinstance(default, tuple) else found[key]) == default


@pytest.mark.parametrize("command", list(commands()))
def test_a_command_is_documented(command: str) -> None:
    assert has_row(command)


@pytest.mark.parametrize("path", list(endpoints()))
def test_an_endpoint_is_documented(path: str) -> None:
    assert has_row(path) or has_row(path, API)


@pytest.mark.parametrize("path", [route.path for route in WEB_PAGES])
def test_a_page_is_documented(path: str) -> None:
    assert has_row(f"/{{locale}}{path}", SHOWN)


@pytest.mark.parametrize("path", sorted({route.path for route in DESK_PAGES}))
def test_a_page_of_the_desk_is_documented(path: str) -> None:
    assert has_row(f"/{{locale}}{path}", DESK)


def test_the_endpoints_were_found() -> None:
    assert {"/.well-known/fedcat", "/readyz", "/api/v1/search"} <= set(endpoints())


@pytest.mark.parametrize("kind", list(errors()), ids=lambda kind: str(kind.__name__))
def test_an_error_is_documented(kind: type[NodeError]) -> None:
    assert has_row(kind.__name__)


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_is_documented(kind: FaultKind) -> None:
    assert has_row(str(kind))


@pytest.mark.parametrize("code", list(ExitCode))
def test_an_exit_code_is_documented(code: ExitCode) -> None:
    assert re.search(rf"^\| {int(code)} \| \w", OPERATING, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "code", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(found), f"{page.name} links to {target}"


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_ci_runs_what_the_readme_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    block = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    said = [command for line in block[1].splitlines() for command in line.split(" && ")]
    assert len(said) == 5
    for command in said:
        wanted = command.replace(".venv", ".venv-ci")
        assert any(line.startswith(wanted) for line in script), wanted


def test_every_decision_is_listed_once() -> None:
    folder = ROOT / "docs" / "adr"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("0*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.>])/(?:work|root|tmp)/", text)
