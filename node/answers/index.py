"""The full-text index on disk: which fields, how words are cut, who may write.

One document for each live entry and profile. A text goes into a field of its own
language, cut by that language's stemmer after accents are folded, on one of three
levels: ``name``, ``lead`` (summary, keywords), ``text`` (the rest)::

    {"name": {"fr": "Budget participatif"}}  →  name_fr: budget, particip

Text without a known language goes to ``…_plain``; Chinese, Japanese, Korean and Thai,
which do not part their words, go to ``…_cjk`` as pairs of characters too. A question
is cut by every analyser, so that its language need not be known.

``key`` names the document: 63 bits of a hash of origin and id; ``log`` and ``id`` lead back
to the catalogue row. ``rank`` orders equally good hits: days since 1970, then bits of the
same hash; newest first, the same on every node, and unlike scores independent of what
else is or was in the index.

The index is opened for writing only to commit. tantivy lets one process write at a
time; others wait, at most as long as they say.
"""

import contextlib
import hashlib
import re
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import tantivy

from node.errors import LockedError

LEVELS: Final = ("name", "lead", "text")

STEMMERS: Final[Mapping[str, str]] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}
"""Primary language subtag → Snowball stemmer; its keys are field suffixes."""

_SAME_STEMMER: Final = {"nn": "nb", "no": "nb", "gl": "pt"}
_STOP_LISTS: Final = ("english", "french", "german", "italian", "spanish", "portuguese", "dutch")
_CJK: Final = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
_FORMAT: Final = "1"
_WRITER_HEAP: Final = 32_000_000  # bytes; tantivy wants at least 15 MB a thread
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


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question, cut by every analyser.

    Attributes:
        terms: (field suffix, term) pairs; a document has the word when it has one of them.
    """

    terms: tuple[tuple[str, str], ...]


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


def folded(text: str) -> str:
    """Return a text as the exact-name field compares it: no case, accents or punctuation."""
    return " ".join(_analyser("plain").analyze(text))


def words_of(question: str) -> tuple[Word, ...]:
    """Cut a question into the words that a document must have, all of them.

    Function words (``de``, ``the``, ``per``) and single letters are dropped unless
    nothing else was asked.
    """
    plain = _CJK.sub(" ", question)
    # All analysers share the tokenizer and none drops a token, so positions agree.
    columns = [[(suffix, term) for term in _analyser(suffix).analyze(plain)] for suffix in _suffixes()]
    rows = [Word(tuple(terms)) for terms in zip(*columns, strict=True)]
    tokens = _lower().analyze(plain)
    telling = [word for word, token in zip(rows, tokens, strict=True) if _is_telling(token)]
    pairs = [Word((("cjk", pair),)) for run in _CJK.findall(question) for pair in _pairs(run.lower())]
    if telling or pairs:
        return (*telling, *pairs)
    return tuple(rows)


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
        try:
            text = (self._directory / "stamp").read_text(encoding="ascii")
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        version, _, stamp = text.strip().partition(" ")
        return stamp if version == _FORMAT and stamp else None

    def searcher(self) -> tantivy.Searcher:
        """Return a view of everything committed up to now, by any process."""
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
        """
        deadline = time.monotonic() + wait
        if not self._writing.acquire(timeout=max(wait, 0)):
            raise _locked()
        try:
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
            index = tantivy.Index(self.schema, str(self._directory))
            for suffix in (*_suffixes(), "cjk"):
                index.register_tokenizer(suffix, _analyser(suffix))
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
            for suffix in _fields_for(language, value):
                document.add_text(f"{level}_{suffix}", value)
        self._writer.add_document(document)

    def remove(self, keys: Iterable[int]) -> None:
        """Forget documents; unknown keys are ignored."""
        for key in keys:
            self._writer.delete_documents_by_term("key", key)

    def commit(self, stamp: str) -> None:
        """Make the batch durable and visible, and leave ``stamp`` beside it."""
        self._writer.commit()
        temporary = self._directory / "stamp.new"
        temporary.write_text(f"{_FORMAT} {stamp}\n", encoding="ascii")
        temporary.replace(self._directory / "stamp")


def _hash63(origin: str, statement_id: bytes) -> int:
    return int.from_bytes(hashlib.sha256(origin.encode() + b"\0" + statement_id).digest()[:8]) >> 1


def _suffixes() -> tuple[str, ...]:
    return (*STEMMERS, "plain")


def _fields_for(language: str, text: str) -> tuple[str, ...]:
    if _CJK.search(text):
        return ("plain", "cjk")
    primary = language.partition("-")[0].lower()
    primary = _SAME_STEMMER.get(primary, primary)
    return (primary if primary in STEMMERS else "plain",)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _is_telling(token: str) -> bool:
    return len(token) > 1 and not any(_stops(language, token) for language in _STOP_LISTS)


@cache
def _lower() -> tantivy.TextAnalyzer:
    # Stop lists keep their accents ("für"), so they see words that kept theirs.
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase()).build()


@cache
def _stop_list(language: str) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return builder.filter(tantivy.Filter.stopword(language)).build()


def _stops(language: str, token: str) -> bool:
    return not _stop_list(language).analyze(token)


@cache
def _analyser(suffix: str) -> tantivy.TextAnalyzer:
    if suffix == "cjk":
        pairs = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2))
        return pairs.filter(tantivy.Filter.lowercase()).build()
    builder = (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
    )
    # Accents are folded before stemming: "Évaluation" and "evaluation" must stay one word.
    if suffix in STEMMERS:
        builder = builder.filter(tantivy.Filter.stemmer(STEMMERS[suffix]))
    return builder.build()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # A signed integer: deletion by a term of an unsigned field silently deletes nothing.
    builder.add_integer_field("key", indexed=True, fast=True)
    builder.add_integer_field("log", stored=True)
    builder.add_bytes_field("id", stored=True)
    builder.add_integer_field("rank", indexed=True, fast=True)
    builder.add_text_field("exact", tokenizer_name="raw", index_option="basic")
    for level in LEVELS:
        for suffix in (*_suffixes(), "cjk"):
            builder.add_text_field(f"{level}_{suffix}", tokenizer_name=suffix, index_option="basic")
    return builder.build()


def _locked() -> LockedError:
    return LockedError("the search index")
