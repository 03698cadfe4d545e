"""This node as a witness (C2SP tlog-witness): it cosigns what logs show to it.

Another cosigner than the mirror, with a key and a name of its own (``<host>/witness``): it holds nothing of
the logs but the last checkpoint, so that logs can be witnessed that are not followed here, nor fedcat's::

    parse → known origin → signature by the log → continues what was cosigned last
          → one compare-and-swap, durable → lock file → cosignatures leave

Of a log that is followed here the key sets say whose signature it must be, the held tree has to agree, and
one that showed two histories, or that is blocked, is not cosigned. A checkpoint that the log signed and that
contradicts what is known becomes evidence.

A database that was put back would have the witness cosign from where it once stood. So a lock file outside of
home and backups (``own.headlock``) knows for each key what was cosigned of each log. Where the two disagree,
nothing is cosigned until the key is moved away: who may have forgotten something comes back under another.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from federation.forks import fork_below
from federation.known import was_root
from protocol.checkpoint import Checkpoint
from protocol.cosignature import cosign as cosign_text
from protocol.errors import InconsistentError, MalformedError, ProtocolError
from protocol.evidence import build_fork
from protocol.keys import SigningKey, VerifierKey
from protocol.note import Note, open_note
from protocol.origin import origin_hash
from protocol.witness import AddCheckpoint, render_cosignatures

from .disputes import disputed_logs
from .errors import NotClearedError, NotFoundError, NotWitnessedError, WitnessConflictError
from .home import Home
from .observe import log
from .own.headlock import HeadLock
from .own.keyfiles import witness_keys
from .own.times import next_time
from .splits import keep_evidence
from .store.frozen import frozen_logs
from .store.logs import LogRow
from .store.restraints import unasked_logs
from .store.witnessed import Witnessed, last_witnessed, step
from .successors import disputed_successors

_SOURCE: Final = "shown to this witness"
_PATIENCE_SECONDS: Final = 5.0  # for others that cosign the same log
_PUT_BACK: Final = "move keys/witness*.key away: other keys are made, which have cosigned nothing yet"


@dataclass(frozen=True, slots=True)
class Shown:
    """A checkpoint that a log signed and showed to this witness; whether it continues is not known yet.

    Attributes:
        request: What was sent.
        checkpoint: The checkpoint.
        note: Its note, with the log's verified lines alone.
        row: The log, when its key sets vouch for the signature; None for one with configured keys.
    """

    request: AddCheckpoint
    checkpoint: Checkpoint
    note: Note
    row: LogRow | None


def open_request(home: Home, body: bytes) -> Shown:
    """Return what a request shows, once its log signed it.

    Raises:
        MalformedError: It is no request, or its checkpoint none.
        NotFoundError: The log is not witnessed here.
        SignatureError: The log did not sign it.
        InconsistentError: The checkpoint contradicts itself.
    """
    request = AddCheckpoint.parse(body)
    origin, witness = request.origin, home.config.witness
    keys = witness.keys(origin)
    row = home.logs.get(origin) if witness.names(origin) and not keys else None
    if row is None and not keys:
        raise NotFoundError("a log of this origin that is witnessed", hint="its operator may ask for it")
    checkpoint = request.checkpoint()
    if row is not None:
        if not checkpoint.size:
            raise MalformedError("checkpoint", "has no leaf, not even that of key set 1")
        keys = (row.chain.key_for(checkpoint.size).log,)
    opened = open_note(request.note, keys)
    lines = tuple(line for _, line in opened.verified)
    return Shown(request, checkpoint, Note(request.note.text, lines), row)


def cosign(home: Home, shown: Shown) -> bytes:
    """Cosign a checkpoint that continues what was cosigned last; what comes back may be published.

    Returns:
        The body of the answer: a cosignature line of each key. It is durable by then that they were made.

    Raises:
        NotWitnessedError: The log stands still here.
        WitnessConflictError: Another size was cosigned last.
        InconsistentError: It does not continue that, or contradicts the tree that is held here.
        NotClearedError: The database was put back, and does not know what was cosigned since.
        LockedError: Too many ask at once.
        KeyFileError: A witness key cannot be used.
    """
    origin, connection = shown.checkpoint.origin, home.database.connection
    keys = own_keys(home)
    _refuse_stopped(home, shown)
    before = last_witnessed(connection, origin)
    if shown.request.old != before.size:
        raise WitnessConflictError(origin, before.size)
    try:
        shown.request.check_continues(before.root, shown.checkpoint)
        _check_held(home, shown)
    except InconsistentError as error:
        _keep_evidence(home, shown, before)
        log().error("not witnessed", origin=origin, size=shown.checkpoint.size, reason=str(error))
        raise
    time = next_time(home.now(), before.time, home.config.heartbeat.interval_seconds)
    lines = tuple(cosign_text(shown.note.text, key, time) for key in keys)
    note = shown.note.with_signatures(*lines).render()
    with _memory(home, origin, keys[0].vkey) as lock:
        with home.database.write() as writing:
            is_first = step(writing, before, shown.checkpoint, time, note)
        if is_first:
            lock.write(shown.checkpoint)
    if not is_first:
        # What was signed goes nowhere.
        raise WitnessConflictError(origin, last_witnessed(connection, origin).size)
    return render_cosignatures(*lines)


def own_keys(home: Home) -> tuple[SigningKey, ...]:
    """Return the keys of this witness, the Ed25519 one first; they are made when they are first needed.

    Raises:
        KeyFileError: One cannot be used.
    """
    config = home.config
    return witness_keys(home.keys_dir, config.witness_name, mldsa44=config.cosign_mldsa44)


@contextlib.contextmanager
def _memory(home: Home, origin: str, key: VerifierKey) -> Iterator[HeadLock]:
    """Lock what a key cosigned of a log for a block, once database and lock file agree about it."""
    lock = HeadLock(home.lock_dir, f"witness-{key.key_id.hex()}-{origin_hash(origin)}")
    with lock.writer.held(f"the witness of {origin}", _PATIENCE_SECONDS):
        known = last_witnessed(home.database.connection, origin)
        why = _disagreement(lock, known, key)
        if why is not None:
            log().error("witness stopped", origin=origin, reason=why, hint=_PUT_BACK)
            raise NotClearedError(origin, why, _PUT_BACK)
        head = Checkpoint(origin, known.size, known.root)
        if lock.read() != head:
            # Never more than one step behind, and never missing once there is something to forget.
            lock.write(head)
        yield lock


def _disagreement(lock: HeadLock, known: Witnessed, key: VerifierKey) -> str | None:
    """Return why the database may have forgotten something, as a clause, or None."""
    locked = lock.read()
    if locked is None:
        is_by_it = known.note and any(line.is_by(key) for line in Note.parse(known.note).signatures)
        return f"the lock file {lock.path} is missing" if is_by_it else None
    # A kill may have left the file behind; nothing leaves it ahead.
    if locked.size > known.size or (locked.size == known.size and locked.root != known.root):
        return f"the lock file {lock.path} stands at size {locked.size}, the database at {known.size}"
    return None


def _refuse_stopped(home: Home, shown: Shown) -> None:
    if shown.row is None:
        return
    connection, origin = home.database.connection, shown.row.origin
    if shown.row.id in frozen_logs(connection):
        raise NotWitnessedError(origin, "it showed two histories")
    if shown.row.id in disputed_logs(connection) | disputed_successors(connection):
        raise NotWitnessedError(origin, "two valid key sets or successors of it exist")
    if shown.row.id in unasked_logs(connection):
        # A rotation that ended a thief's power would not be known here.
        raise NotWitnessedError(origin, "nobody is asked about it any more")


def _check_held(home: Home, shown: Shown) -> None:
    """Refuse what is not of the tree that is held here."""
    if shown.row is None:
        return
    store, checkpoint = home.logs.store(shown.row.origin), shown.checkpoint
    held = store.held()
    if checkpoint.size > held.size:
        return
    if not was_root(store, held, checkpoint.size, checkpoint.root):
        raise InconsistentError("checkpoint", f"not of the tree that is held here, of size {held.size}")


def _keep_evidence(home: Home, shown: Shown, before: Witnessed) -> None:
    """Keep the proof that a followed log showed two histories, if what is known here amounts to one."""
    if shown.row is None:
        return
    store, note, fork = home.logs.store(shown.row.origin), shown.note.render(), None
    held = store.held()
    try:
        if shown.checkpoint.size <= held.size:
            fork = fork_below(store, held.chain, note)
        elif shown.checkpoint.size == before.size:
            fork = build_fork(held.chain, (note, before.note), ()).render()
        if fork is not None:
            keep_evidence(home, shown.row.origin, fork, _SOURCE)
    except ProtocolError as error:
        # A wrong proof of an honest tree is none.
        log().warning("no evidence", origin=shown.row.origin, reason=str(error))
