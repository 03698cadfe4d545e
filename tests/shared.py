"""Where the reference data lie, and how tests say that they are absent."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="../shared (known answers and corpus) is not beside this checkout"
)


@cache
def vector(name: str) -> Any:  # noqa: ANN401 - the shape is the vector file's own
    """Return one file of known answers, parsed; skip the test where it is absent."""
    path = SHARED / "vectors" / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"../shared/vectors/{name}.json is not beside this checkout")
    return json.loads(path.read_text(encoding="utf-8"))
