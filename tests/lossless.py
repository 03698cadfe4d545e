"""Whether an import lost a value: each is in the entry, or the report has a line about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from node.interop.record import Record
from node.interop.yaml_loader import Yaml


def scalars(value: Yaml, pointer: str = "") -> Iterator[tuple[str, bool | int | str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from scalars(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from scalars(item, f"{pointer}/{index}")
    elif value is not None:
        yield pointer, value


def _plain(value: bool | int | str) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def lost(content: Yaml, found: Record, below: str = "") -> list[str]:
    """Return the pointers of scalars that are neither in the entry nor in the report."""
    said = {each.pointer for each in found.remarks}
    kept = "\0".join(_plain(value) for _, value in scalars(found.payload))
    return [
        pointer
        for pointer, value in scalars(content, below)
        if pointer not in said and _plain(value) not in kept
    ]
