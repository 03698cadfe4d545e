"""Looking for content that must be gone: in all files of a home, also packed ones, and its index."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from node.answers.index import TextIndex
from node.home import Home

_MOST_TERMS = 1_000_000


def traces(home: Home, words: Iterable[str], raw: Iterable[bytes] = ()) -> set[str]:
    """Return in which files of a home something of some content is still found, by their names there.

    Args:
        home: The home; it may be in use.
        words: Words, one of which in any case and any common encoding is a trace; none of them has a stem.
        raw: Bytes that are a trace as they are.
    """
    words = [word.casefold() for word in words]
    sought = [spelt for word in words for spelt in (word.encode(), word.encode("utf-16-le"))]
    found = set()
    for path in sorted(home.path.rglob("*")):
        if path.is_file() and _has(path, sought, list(raw)):
            found.add(str(path.relative_to(home.path)))
    found |= {f"index: {term}" for term in terms(home) if any(word in term.casefold() for word in words)}
    found |= {f"index: {name}" for name in _strays(home.index_dir)}
    return found


def terms(home: Home) -> Iterator[str]:
    """Yield every word in every dictionary of the index, also those that only deleted documents have."""
    if not (home.index_dir / "meta.json").exists():
        return
    # A handle of its own: what another one has open may be an older state.
    index = TextIndex(home.index_dir)
    snapshot = index.snapshot()
    listed = json.loads((home.index_dir / "meta.json").read_bytes())
    for field in listed["schema"]:
        if field["type"] == "text":
            for term, _ in snapshot.searcher.terms_with_prefix(field["name"], "", limit=_MOST_TERMS):
                yield term


def _has(path: Path, sought: list[bytes], raw: list[bytes]) -> bool:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data += gzip.decompress(data)
    folded = data.lower()
    return any(each in folded for each in sought) or any(each in data for each in raw)


def _strays(directory: Path) -> Iterator[str]:
    """Yield the files of segments that the index does not list: nobody could look into them."""
    if not directory.is_dir():
        return
    listed = {
        each["segment_id"].replace("-", "")
        for each in json.loads((directory / "meta.json").read_bytes())["segments"]
    }
    for path in directory.iterdir():
        name = path.name.partition(".")[0]
        if len(name) == 32 and name not in listed:
            yield path.name
