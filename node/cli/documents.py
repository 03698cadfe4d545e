"""Publishing a document: reading it, checking it, and saying what became of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from node.answers.resolving import Address, resolve
from node.errors import InvalidInputError, NotFoundError, counted
from node.home import Home
from node.interop.yaml_loader import DEFAULT, YamlError, load_yaml
from node.own.sequencer import Receipt
from protocol.packing import Value
from protocol.problem import ERROR, Problem
from protocol.validate import validate

from .exits import ExitCode, problem_document, problem_line
from .output import answer, hint, warn
from .publishing import receipt_code, receipt_document
from .settings import Settings


def read_document(file: Path) -> dict[str, Value]:
    """Return the document in a file or on stdin.

    Raises:
        InvalidInputError: It is empty, too long, not YAML or JSON, or not a map.
    """
    name = str(file)
    if name == "-":
        name = "stdin"
        data = sys.stdin.buffer.read(DEFAULT.max_bytes + 1)
    else:
        with file.open("rb") as stream:
            data = stream.read(DEFAULT.max_bytes + 1)
    if not data.strip():
        raise InvalidInputError(f"{name} was empty", hint="give an entry there, as YAML or JSON")
    try:
        # What YAML can say is a part of what a payload can hold; only list's invariance hides it.
        document = cast("Value", load_yaml(data))
    except YamlError as error:
        raise InvalidInputError(f"{name}: {error}", ()) from None
    if not isinstance(document, dict):
        raise InvalidInputError(f"{name} is not a map of fields", ())
    return document


def checked(payload: dict[str, Value], *, written_here: bool = True) -> tuple[Problem, ...]:
    """Return what is worth a second look in a document, and say it.

    Args:
        payload: The document.
        written_here: Whether it may have no gaps, as an import may.

    Raises:
        InvalidInputError: Something in it is wrong; all problems at once.
    """
    problems = validate(payload, written_here=written_here)
    errors = tuple(problem for problem in problems if problem.severity == ERROR)
    if errors:
        raise InvalidInputError(f"{counted(len(errors), 'problem')}; nothing was published", errors)
    warn_of(problems)
    return problems


def problem_documents(problems: Iterable[Problem]) -> list[dict[str, object]]:
    """Return problems as documents of this command line show them."""
    return [problem_document(problem) for problem in problems]


def warn_of(problems: Iterable[Problem]) -> None:
    """Say each problem in a line."""
    for problem in problems:
        warn(problem_line(problem).strip())


def own_statement(home: Home, ref: str) -> tuple[str, bytes]:
    """Return the origin and id of a statement that this node publishes.

    Raises:
        NotFoundError: It is somebody else's.
    """
    found: Address = resolve(home, ref)
    row = home.logs.get(found.origin)
    if row is None or not row.own:
        raise NotFoundError(
            f"own entry {ref}", f"it belongs to {found.origin}; only its publisher can change it"
        )
    return found.origin, found.id


def history_hint(id_: bytes) -> str:
    """Return the command that shows what became of a statement."""
    return f"`fedcat entry history {id_.hex()[:8]}` shows what became of it."


def answered(
    settings: Settings,
    origin: str,
    receipt: Receipt,
    done: str,
    warnings: Sequence[Problem] | None = None,
    beside: Mapping[str, object] | None = None,
) -> ExitCode:
    """Report what was published, or that it waits; with the warnings of what can have some.

    What is ``beside`` it is only in the document.
    """
    document = {**receipt_document(origin, receipt), **(beside or {})}
    if warnings is not None:
        document["warnings"] = problem_documents(warnings)
    lines = [
        f"{done} at position {index}: {origin}/e/{id_.hex()}"
        for id_, index in zip(receipt.ids, receipt.indexes, strict=False)
    ]
    answer(settings, document, "\n".join(lines) if receipt.signed else "")
    code = receipt_code(settings, receipt)
    if code == ExitCode.OK and receipt.ids:
        if done == "Published":
            hint(settings, f"Next: `fedcat proof {receipt.ids[0].hex()[:8]} -o FILE` writes its proof.")
        else:
            hint(settings, history_hint(receipt.ids[0]))
    return code
