"""Real records as entries, where a corpus lies beside this checkout; read when needed, never kept.

Importers map formats field by field; here only volume and wording matter. So name, description,
repository and tags go where they belong, and the rest of a record is kept under ``x``,
as importers keep what no field fits.
"""

from __future__ import annotations

import gzip
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from protocol.packing import Value
from protocol.validate import validate

from .generate import Entry

RECORDS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "bulk" / "records.jsonl.gz"
"""One JSON object a line: ``family``, ``file``, ``raw``."""

_NAMES = ("name", "title", "full_name", "LOGICIEL", "slug", "id")
_TEXTS = ("description", "longDescription", "shortDescription", "notes")
_REPOSITORIES = ("repositoryURL", "repository_url", "repository", "code_url", "repo", "url")
_NAME_LENGTH, _SUMMARY_LENGTH, _TEXT_LENGTH, _DEPTH = 120, 150, 10_000, 4


def corpus_entries() -> Iterator[Entry]:
    """Yield an entry for each record that has a name; none where there is no corpus."""
    if not RECORDS.is_file():
        return
    with gzip.open(RECORDS, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            raw = record["raw"]
            entry = _entry(record["family"], raw) if isinstance(raw, dict) else None
            if entry is not None and not _is_refused(entry):
                yield entry


def _entry(family: str, raw: dict[str, Any]) -> Entry | None:
    rest = dict(raw)
    name = _taken(rest, _NAMES)
    if not name:
        return None
    text, repository = _taken(rest, _TEXTS), _taken(rest, _REPOSITORIES)
    entry: Entry = {"type": "entry", "v": 1, "kind": "software", "name": {"und": name[:_NAME_LENGTH]}}
    if text:
        entry["summary"] = {"und": text[:_SUMMARY_LENGTH].replace("\n", " ").strip()}
        entry["description"] = {"und": text[:_TEXT_LENGTH]}
    if repository.startswith(("http://", "https://")):
        entry["identifiers"] = [{"scheme": "repo", "value": repository}]
    if isinstance(tags := rest.get("tags"), list) and tags and all(isinstance(tag, str) for tag in tags):
        entry["keywords"] = {"und": [_clean(tag, 0) for tag in rest.pop("tags")][:200]}
    entry["source"] = {"format": family}
    entry["x"] = {"corpus.example": _clean(rest, 0)}
    return entry


def _taken(rest: dict[str, Any], keys: tuple[str, ...]) -> str:
    """Take the first text that one of some keys has out of a record."""
    for key in keys:
        if isinstance(rest.get(key), str) and rest[key].strip():
            return str(_clean(rest.pop(key), 0)).strip()
    return ""


def _clean(value: Any, depth: int) -> Value:  # noqa: ANN401 - whatever JSON holds
    """Return a value as statements can hold it: no fractions, no control characters, not too deep."""
    if isinstance(value, dict | list) and depth >= _DEPTH:
        return _clean(json.dumps(value, ensure_ascii=False), depth)
    if isinstance(value, dict):
        return {str(_clean(key, depth)): _clean(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, depth + 1) for item in value]
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        return "".join(each for each in text if each in "\n\t" or unicodedata.category(each)[0] != "C")
    if isinstance(value, float):
        return str(value)
    return value  # type: ignore[no-any-return] # a number, a truth value or nothing


def _is_refused(entry: Entry) -> bool:
    return any(each.severity == "error" for each in validate(entry, written_here=False))
