"""Where files were found: the list behind ``--found-at``.

A publiccode.yml often names a repository that is not the one it lies in: forks keep the
upstream file, templates are left unedited. Whoever collected the files knows where each one
was, and says so in a CSV whose columns ``file``, ``source_repo`` and ``path`` count::

    file,source_repo,path
    publiccode/4Science__parer.yml,4Science/parer,publiccode.yml

``file`` is matched from its end, component by component, since the collection may lie
anywhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Final

from node.errors import InvalidInputError
from protocol.packing import text_fault

from .record import Document

COLUMNS: Final = ("file", "source_repo", "path")

# The bare standard name says nothing about which file is meant.
_COMMON_NAMES: Final = frozenset({"publiccode.yml", "publiccode.yaml", "code.json"})


class FoundAt:
    """Tells for a document at which repository and path it was found."""

    def __init__(self, rows: Mapping[str, Mapping[str, str]]) -> None:
        """Take rows: ``file`` → the ``foundAt`` of its entry."""
        self._rows = rows
        self._by_name: dict[str, list[str]] = {}
        for file in rows:
            self._by_name.setdefault(file.rpartition("/")[2], []).append(file)

    @classmethod
    def parse(cls, data: bytes, name: str = "the found-at list") -> FoundAt:
        """Return the list of a CSV file; rows without a file or repository are left out.

        Raises:
            InvalidInputError: Not UTF-8, or without the columns.
        """
        try:
            reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
            if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
                message = f"{name} has no column {', '.join(missing)}"
                raise InvalidInputError(message, hint=f"Its first line names {', '.join(COLUMNS)}.")
            rows = {
                _slashed(row["file"]): _where(row)
                for row in reader
                if row["file"] and row["source_repo"] and not _unpublishable(row)
            }
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidInputError(f"{name} is not CSV in UTF-8", hint="Save it as CSV, UTF-8.") from error
        return cls(rows)

    def find(self, document: Document) -> dict[str, str] | None:
        """Return ``{"repo": …, "path": …}`` of a document, or None when the list does not name it.

        First the longest ``file`` that the document's full path ends with; else the only ``file``
        that ends with the document's place, for collections that were moved or split.
        """
        full = "/" + document.full.strip("/")
        candidates = self._by_name.get(full.rpartition("/")[2], [])
        whole = [file for file in candidates if full.endswith("/" + file)]
        if whole:
            return dict(self._rows[max(whole, key=len)])
        if document.is_url or document.place in _COMMON_NAMES:
            return None
        partly = [file for file in candidates if file.endswith("/" + document.place)]
        return dict(self._rows[partly[0]]) if len(partly) == 1 else None


def _slashed(file: str) -> str:
    return file.replace("\\", "/").strip().removeprefix("./").strip("/")


def _where(row: Mapping[str, str]) -> dict[str, str]:
    found = {"repo": row["source_repo"].strip(), "path": _slashed(row["path"] or "")}
    return {key: value for key, value in found.items() if value}


def _unpublishable(row: Mapping[str, str]) -> bool:
    return any(text_fault(row[column] or "", prose=False) for column in ("source_repo", "path"))
