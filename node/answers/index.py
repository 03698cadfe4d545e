"""The full-text index on disk: which fields, and who may write.

One document for each live entry and profile. A text goes into a field of its own
language (see ``words``) on one of three levels: ``name``, ``lead`` (summary, keywords),
``text`` (the rest)::

    {"name": {"fr": "Budget participatif"}}  →  name_fr: budget, particip

``key`` names the document: 63 bits of a hash of origin and id; ``log`` and ``id`` lead back
to the catalogue row. ``rank`` orders equally good hits: days since 1970, then bits of the
same hash; newest first, the same on every node, and unlike scores independent of what
else is or was in the index.

The index is opened for writing only to commit. tantivy lets one process write at a
time; others wait, at most as long as they say.
"""

import contextlib
import hashlib
import shutil
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import tantivy

from node.errors import DamagedError, LockedError

from .words import analyser, fields_for, folded, suffixes

LEVELS: Final = ("name", "lead", "text")

_FORMAT: Final = "1"
_WRITER_HEAP: Final = 32_000_000  # bytes; tantivy wants at least 15 MB a thread
_DAMAGE: Final = ("Failed to open file for read", "Data corrupted")  # tantivy's words
_LOCK_POLL: Final = 0.05  # seconds between two tries for the writer lock


@dataclass(frozen=True, slots=True)
class IndexedText:
    """What is searchable of one statement.

    Attributes:
        key: From ``document_key``.
        log: The database's number of the log.
        id: Statement id, 16 bytes.
        rank: From ``document_rank``.
        texts: (level, language tag, text) triples.
        names: Whole names, for the exact match that comes first.
    """

    key: int
    log: int
    id: bytes
    rank: int
    texts: tuple[tuple[str, str, str], ...]
    names: tuple[str, ...]


def document_key(origin: str, statement_id: bytes) -> int:
    """Return the 63-bit name of a statement's document."""
    return _hash63(origin, statement_id)


def document_rank(origin: str, statement_id: bytes, modified_day: int) -> int:
    """Return the sort value: newer days first, then a fixed shuffle.

    Args:
        origin: The log's origin.
        statement_id: 16 bytes.
        modified_day: Days since 1970-01-01 as the publisher states; clamped to 16 bits.
    """
    day = min(max(modified_day, 0), 0xFFFF)
    return day << 47 | _hash63(origin, statement_id) >> 16


class TextIndex:
    """The index in one directory, shared by the threads of a process.

    Attributes:
        schema: The tantivy schema, for building queries.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._index: tantivy.Index | None = None
        self.schema = _schema()

    def stamp(self) -> str | None:
        """Return what the last commit left here, None when there is no usable index.

        The database remembers the same value. Where the two differ, one of them was
        restored, deleted, or killed in between: everything is to be indexed again.
        """
        if not (self._directory / "meta.json").exists():
            return None
        try:
            text = (self._directory / "stamp").read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        version, _, stamp = text.strip().partition(" ")
        return stamp if version == _FORMAT and stamp else None

    def searcher(self) -> tantivy.Searcher:
        """Return a view of everything committed up to now, by any process.

        Raises:
            DamagedError: The index cannot be used; it is to be made again.
        """
        with _telling_damage():
            index = self._open()
            index.reload()
            return index.searcher()

    @contextlib.contextmanager
    def writing(self, wait: float, *, anew: bool = False) -> Iterator["IndexBatch"]:
        """Hold the writer lock for a while; nothing is kept unless ``commit`` is called.

        Args:
            wait: Seconds to wait for another writer.
            anew: Forget everything first, also what cannot be opened.

        Raises:
            LockedError: Another thread or process kept writing for longer than ``wait``.
            DamagedError: The index cannot be used; it is to be made again.
        """
        deadline = time.monotonic() + wait
        if not self._writing.acquire(timeout=max(wait, 0)):
            raise _locked()
        try:
            with _telling_damage():
                writer = self._writer(deadline, anew=anew)
            try:
                batch = IndexBatch(writer, self._directory)
                if anew:
                    batch.forget_all()
                yield batch
            finally:
                writer.wait_merging_threads()
        finally:
            self._writing.release()

    def _writer(self, deadline: float, *, anew: bool) -> tantivy.IndexWriter:
        may_discard = anew or self.stamp() is None
        while True:
            try:
                return self._open().writer(_WRITER_HEAP, 1)
            except ValueError as error:
                # tantivy-py has one exception type; the lock is told by its name.
                if "LockBusy" not in str(error):
                    if not may_discard:
                        raise
                    may_discard = False
                    self._discard()
                    continue
            if time.monotonic() >= deadline:
                raise _locked()
            time.sleep(_LOCK_POLL)

    def _open(self) -> tantivy.Index:
        with self._opening:
            if self._index is not None and (self._directory / "meta.json").exists():
                return self._index
            self._directory.mkdir(parents=True, exist_ok=True)
            if not (self._directory / "meta.json").exists():
                # It spoke of what is gone.
                (self._directory / "stamp").unlink(missing_ok=True)
            index = tantivy.Index(self.schema, str(self._directory))
            for suffix in (*suffixes(), "cjk"):
                index.register_tokenizer(suffix, analyser(suffix))
            self._index = index
            return index

    def _discard(self) -> None:
        # Another process may have the files mapped; on POSIX they live on for it.
        with self._opening:
            self._index = None
            shutil.rmtree(self._directory, ignore_errors=True)


@lru_cache(maxsize=16)
def index_in(directory: Path) -> TextIndex:
    """Return this process's one handle of the index in a directory."""
    return TextIndex(directory)


class IndexBatch:
    """Changes that become visible together."""

    def __init__(self, writer: tantivy.IndexWriter, directory: Path) -> None:
        self._writer = writer
        self._directory = directory

    def forget_all(self) -> None:
        """Drop every document, and those put before in this batch."""
        self._writer.delete_all_documents()

    def put(self, text: IndexedText) -> None:
        """Add a document, in place of an older one of the same key."""
        self._writer.delete_documents_by_term("key", text.key)
        document = tantivy.Document()
        document.add_integer("key", text.key)
        document.add_integer("log", text.log)
        document.add_bytes("id", text.id)
        document.add_integer("rank", text.rank)
        for name in text.names:
            document.add_text("exact", folded(name))
        for level, language, value in text.texts:
            for suffix in fields_for(language, value):
                document.add_text(f"{level}_{suffix}", value)
        self._writer.add_document(document)

    def remove(self, keys: Iterable[int]) -> None:
        """Forget documents; unknown keys are ignored."""
        for key in keys:
            self._writer.delete_documents_by_term("key", key)

    def commit(self, stamp: str) -> None:
        """Make the batch durable and visible, and leave ``stamp`` beside it.

        Raises:
            DamagedError: The index cannot be used; it is to be made again.
        """
        with _telling_damage():
            self._writer.commit()
        temporary = self._directory / "stamp.new"
        temporary.write_text(f"{_FORMAT} {stamp}\n", encoding="ascii")
        temporary.replace(self._directory / "stamp")


@contextlib.contextmanager
def _telling_damage() -> Iterator[None]:
    """Tell files that are gone or broken from everything else; tantivy-py has one exception type."""
    try:
        yield
    except ValueError as error:
        if not any(sign in str(error) for sign in _DAMAGE):
            raise
        raise DamagedError("the search index", str(error), "`fedcat db rebuild` makes it again") from error


def _hash63(origin: str, statement_id: bytes) -> int:
    return int.from_bytes(hashlib.sha256(origin.encode() + b"\0" + statement_id).digest()[:8]) >> 1


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # A signed integer: deletion by a term of an unsigned field silently deletes nothing.
    builder.add_integer_field("key", indexed=True, fast=True)
    builder.add_integer_field("log", stored=True)
    builder.add_bytes_field("id", stored=True)
    builder.add_integer_field("rank", indexed=True, fast=True)
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    for level in LEVELS:
        for suffix in (*suffixes(), "cjk"):
            builder.add_text_field(f"{level}_{suffix}", tokenizer_name=suffix, index_option="basic")
    return builder.build()


def _locked() -> LockedError:
    return LockedError("the search index")
