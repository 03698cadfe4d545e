"""The search index on disk: which fields, and who may write.

One document for each project and each profile, one more for each suite with its parts, and one for each of
their plans; ``documents`` and ``planned`` say what is in them. A text goes into a field of its own language
(see ``words``) on one of three levels.

The index is opened for writing only to commit. tantivy lets one process write at a
time; others wait, at most as long as they say. Readers share one ``Snapshot`` until somebody commits.
"""

import contextlib
import json
import shutil
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

import tantivy

from node.errors import DamagedError, LockedError

from .documents import COLUMNS, LEVELS, Written
from .lexicon import UNSTEMMED, Lexicon
from .words import PAIRS, PLAIN, SUFFIXES, analyser

T = TypeVar("T")

_FORMAT: Final = "13"
_MOST_ANSWERS: Final = 128
_MOST_WORDS: Final = 4096
# Bytes; tantivy wants at least 15 MB a thread. With half of it a hundred thousand documents become nine
# segments, and eight are merged: a third more work, and more memory than this.
_WRITER_HEAP: Final = 64_000_000
# tantivy's words
_DAMAGE: Final = ("Failed to open file for read", "Data corrupted", "the schema does not match")
_LOCK_POLL: Final = 0.05  # seconds between two tries for the writer lock


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that was committed up to some moment.

    Attributes:
        index: For questions in tantivy's own grammar.
        schema: For making queries.
        searcher: For asking.
        lexicon: Its words.
        answers: What was answered from it, by question; see ``recalled``.
        words: What was found out about single words; see ``recalled_word``.
    """

    index: tantivy.Index
    schema: tantivy.Schema
    searcher: tantivy.Searcher
    lexicon: Lexicon
    answers: dict[Hashable, Any] = field(default_factory=dict)
    words: dict[Hashable, Any] = field(default_factory=dict)

    def recalled(self, question: Hashable, ask: Callable[[], T]) -> T:
        """Return what a question was answered before, or ask: the front page is asked most and costs most."""
        return _recalled(self.answers, _MOST_ANSWERS, question, ask)

    def recalled_word(self, what: Hashable, ask: Callable[[], T]) -> T:
        """Return what was found out about a word before, or ask: one question may ask many times."""
        return _recalled(self.words, _MOST_WORDS, what, ask)


class TextIndex:
    """The index in one directory, shared by the threads of a process."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._opening = threading.Lock()
        self._writing = threading.Lock()
        self._index: tantivy.Index | None = None
        self._snapshot: tuple[tuple[int, ...], Snapshot] | None = None
        self._schema = _schema()

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

    def segments(self) -> frozenset[str]:
        """Return the names of the index's segments; none where there is no usable index.

        A segment is never changed: what is deleted stays in it, marked as deleted, until all of it is.
        """
        return frozenset(segment for segment, _ in self._listed())

    def worn_segments(self) -> frozenset[str]:
        """Return the names of the segments that hold something deleted."""
        return frozenset(segment for segment, is_worn in self._listed() if is_worn)

    def snapshot(self) -> Snapshot:
        """Return everything committed up to now, by any process.

        Raises:
            DamagedError: The index cannot be used; it is to be made again.
        """
        with _telling_damage():
            index = self._open()
            # Read before the segments are opened: what is committed in between is read again next time.
            state = self._state()
            known = self._snapshot
            if known is None or known[0] != state or known[1].index is not index:
                index.reload()
                searcher = index.searcher()
                known = (state, Snapshot(index, self._schema, searcher, Lexicon(searcher)))
                self._snapshot = known
            return known[1]

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
                batch = IndexBatch(writer, self._directory, self._open())
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
            index = tantivy.Index(self._schema, str(self._directory))
            for suffix in SUFFIXES:
                index.register_tokenizer(suffix, analyser(suffix))
            self._index = index
            return index

    def _listed(self) -> list[tuple[str, bool]]:
        """Return the segments that tantivy lists, and whether something in them is deleted."""
        try:
            listed = json.loads((self._directory / "meta.json").read_bytes())["segments"]
            return [(each["segment_id"], each["deletes"] is not None) for each in listed]
        except (FileNotFoundError, ValueError, LookupError, TypeError):
            return []

    def _state(self) -> tuple[int, ...]:
        """Return what changes with every commit: tantivy puts another file in the place of this one."""
        found = (self._directory / "meta.json").stat()
        return found.st_ino, found.st_mtime_ns, found.st_size

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

    def __init__(self, writer: tantivy.IndexWriter, directory: Path, index: tantivy.Index) -> None:
        self._writer = writer
        self._directory = directory
        self._index: tantivy.Index | None = index
        self._before: tantivy.Searcher | None = None
        self._put: set[int] = set()

    def forget_all(self) -> None:
        """Drop every document, and those put before in this batch."""
        self._writer.delete_all_documents()
        self._index = None
        self._put.clear()

    def put(self, document: Written) -> None:
        """Add a document, in place of all that have one of its keys."""
        for key in document.keys:
            # To delete what is not there takes as long as to add a document.
            if key in self._put or self._was_there(key):
                self.remove((key,))
        self._put.update(document.keys)
        self.add(document)

    def add(self, document: Written) -> None:
        """Add a document beside all others, also those that have one of its keys."""
        for text in document.texts:
            self._writer.add_json(text)

    def remove(self, keys: Iterable[int]) -> None:
        """Forget all documents that have one of some keys; unknown ones are ignored."""
        for key in keys:
            self._writer.delete_documents_by_term("key", key)

    def _was_there(self, key: int) -> bool:
        """Tell whether a document had a key before this batch, and is not forgotten."""
        if self._index is None:
            return False
        with _telling_damage():
            if self._before is None:
                self._index.reload()
                self._before = self._index.searcher()
            return self._before.doc_freq("key", key) > 0

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

    def collect(self) -> None:
        """Delete the files of segments that are gone, also those that a kill left behind.

        Raises:
            DamagedError: The index cannot be used; it is to be made again.
        """
        with _telling_damage():
            self._writer.garbage_collect_files()


def _recalled(known: dict[Hashable, Any], most: int, what: Hashable, ask: Callable[[], T]) -> T:
    found: T | None = known.get(what)
    if found is None:
        if len(known) >= most:
            known.clear()
        found = known[what] = ask()
    return found


@contextlib.contextmanager
def _telling_damage() -> Iterator[None]:
    """Tell files that are gone or broken from everything else; tantivy-py has one exception type."""
    try:
        yield
    except FileNotFoundError as error:
        raise _damaged(error) from error
    except ValueError as error:
        if not any(sign in str(error) for sign in _DAMAGE):
            raise
        raise _damaged(error) from error


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # A signed integer: deletion by a term of an unsigned field silently deletes nothing.
    builder.add_integer_field("key", indexed=True)
    builder.add_bytes_field("members", stored=True)
    builder.add_integer_field("rank", indexed=True, fast=True)
    builder.add_text_field("order", tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_text_field("reuse", tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_text_field("facet", tokenizer_name="raw", index_option="basic")
    for columns in COLUMNS.values():
        for column in columns:
            builder.add_text_field(column, tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_text_field("shown", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("plan", tokenizer_name="raw", index_option="basic")
    for day in ("starts", "ends", "confirmed"):
        builder.add_integer_field(day, indexed=True, fast=True)
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    # With the places of the words, for phrases; pairs of characters have none.
    builder.add_text_field(UNSTEMMED, tokenizer_name=PLAIN, index_option="position")
    for level in LEVELS:
        for suffix in SUFFIXES:
            option = "basic" if suffix == PAIRS else "position"
            builder.add_text_field(f"{level}_{suffix}", tokenizer_name=suffix, index_option=option)
    return builder.build()


def _damaged(error: Exception) -> DamagedError:
    return DamagedError("the search index", str(error), "`fedcat db rebuild` makes it again")


def _locked() -> LockedError:
    return LockedError("the search index")
