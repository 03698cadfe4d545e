"""Showing the checkpoints of own logs to witnesses, and publishing their cosignatures.

Witnesses are those of ``[[witnesses]]``, and those of the trust policy that have a URL. After each own
checkpoint, and when a cosignature is as old as a heartbeat may become, each of them is asked anew
(``protocol.witness``), with the proof that this tree continues the one that it cosigned last::

    add-checkpoint ─┬─ 200  lines verified → table cosignature → served with the checkpoint
                    ├─ 409  a size: proven from there, once
                    └─ else a fault; tried again after a while, as with any source

    submission:  log  vkey  url  size  last_try  last_success  fault  detail  failures  next_due

A witness that cosigned a larger tree than this node holds is a sign of a node that was put back, and one
that finds no continuation of two histories; both are logged as errors.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from federation.faults import Fault, FaultError, FaultKind, fault_of
from federation.response import CONFLICT, OK, Post
from federation.schedule import CEILING_SECONDS, next_due
from protocol.checkpoint import Checkpoint
from protocol.cosignature import verify_cosignature
from protocol.errors import ProtocolError
from protocol.keys import VerifierKey
from protocol.merkle import Digest, consistency_proof, node_from_tiles
from protocol.note import Note, NoteSignature
from protocol.witness import AddCheckpoint, parse_cosignatures, parse_size

from .errands import Errands
from .home import Home
from .observe import log
from .store.cosigned import Cosigned, keep_cosigned
from .store.logs import LogRow

ADD_CHECKPOINT: Final = "add-checkpoint"

_ANSWER: Final = 131_072  # bytes: as many lines as a note may have
_MEDIA_TYPE: Final = "text/plain; charset=utf-8"
_NAMED: Final = 0  # the rank of those whom the operator named
_MEANINGS: Final[Mapping[int, str]] = MappingProxyType(
    {
        403: "it trusts no key that signed this checkpoint, or the log stands still there",
        404: "it does not witness this log",
        422: "it saw another history of this log, or finds the proof wrong",
        429: "it was asked too often",
    }
)


@dataclass(frozen=True, slots=True)
class WitnessTo:
    """A witness that own logs are shown to.

    Attributes:
        url: Its submission prefix.
        key: Its verifier key.
    """

    url: str
    key: VerifierKey


@dataclass(frozen=True, slots=True)
class _State:
    size: int = 0
    failures: int = 0
    due: int = 0


def witnesses_to_ask(home: Home) -> tuple[WitnessTo, ...]:
    """Return the configured witnesses, and those of the policy that have a URL; each key once."""
    found = {each.vkey: each.url for each in home.config.witnesses}
    for name, url in home.policy.urls.items():
        found.setdefault(str(home.policy.witnesses[name]), url.rstrip("/"))
    return tuple(WitnessTo(url, VerifierKey.parse(vkey)) for vkey, url in found.items())


class Submissions:
    """The questions of a running node to witnesses.

    Args:
        home: The node.
        post: An open fetcher.
    """

    def __init__(self, home: Home, post: Post) -> None:
        self._home = home
        self._post = post
        self._errands = Errands()
        self._witnesses = witnesses_to_ask(home)
        self._longest = max(CEILING_SECONDS, home.config.heartbeat.interval_seconds)

    async def step(self) -> None:
        """Start asking each witness that has something to cosign, and is not backing off."""
        self._errands.settle()
        if not self._witnesses:
            return
        for row, witness in await asyncio.to_thread(self._due):
            name = (row.origin, witness)
            if not self._errands.is_running(name):
                self._errands.start(name, self._submit(row, witness))

    async def finish(self) -> None:
        """Wait for the answers to what was asked."""
        await self._errands.finish()

    async def close(self) -> None:
        """Break off what is being asked."""
        await self._errands.close()

    def _due(self) -> list[tuple[LogRow, WitnessTo]]:
        found = []
        for log_id, origin, size in self._home.logs.published():
            waiting = [each for each in self._witnesses if self._is_due(log_id, size, each)]
            row = self._home.logs.get(origin) if waiting else None
            # Only what readers see is shown to witnesses: nothing is cosigned that was not published.
            if row is not None and row.visible_size == row.signed_size:
                found += [(row, each) for each in waiting]
        return found

    def _is_due(self, log_id: int, visible_size: int, witness: WitnessTo) -> bool:
        state = _state(self._home, log_id, str(witness.key))
        # A clock that was far ahead once must not keep a witness from being asked until then.
        is_waiting = 0 < state.due - self._home.now() <= self._longest
        return not is_waiting or (not state.failures and state.size != visible_size)

    async def _submit(self, row: LogRow, witness: WitnessTo) -> None:
        line = log().bind(origin=row.origin, witness=witness.key.name, size=row.signed_size)
        state = await asyncio.to_thread(_state, self._home, row.id, str(witness.key))
        try:
            found = await self._ask(row, witness, min(state.size, row.signed_size))
        except _LargerError as error:
            fault = Fault(FaultKind.INCONSISTENT, ADD_CHECKPOINT, str(error))
            line.error("witness saw a larger tree", witnessed=error.size)
            await asyncio.to_thread(self._blame, row, witness, state, fault)
        except FaultError as error:
            report = line.error if error.fault.kind is FaultKind.INCONSISTENT else line.warning
            report("not witnessed", fault=str(error.fault))
            await asyncio.to_thread(self._blame, row, witness, state, error.fault)
        else:
            await asyncio.to_thread(self._keep, row, witness, found)
            line.info("witnessed")

    async def _ask(self, row: LogRow, witness: WitnessTo, old: int) -> Cosigned:
        """Return the verified cosignature of a witness that is shown a log's checkpoint."""
        note = Note.parse(row.signed)
        answer = await self._show(row, witness, note, old)
        if isinstance(answer, int):
            if answer > row.signed_size:
                raise _LargerError(answer)
            told, answer = answer, await self._show(row, witness, note, answer)
            if isinstance(answer, int):
                # Another process of ours, or a copy of it, is asking at the same time; it will be told.
                detail = f"it says {told}, then {answer}, is what it cosigned last"
                raise FaultError(Fault(FaultKind.UNREACHABLE, ADD_CHECKPOINT, detail))
        checkpoint = Checkpoint.parse(note.text)
        try:
            line, time = _verified(parse_cosignatures(answer), checkpoint, witness.key)
        except ProtocolError as error:
            raise FaultError(fault_of(error, ADD_CHECKPOINT)) from error
        if not 0 < time <= self._home.now() + self._home.config.limits.ahead_seconds:
            detail = "its cosignature has a time that lies ahead, or none"
            raise FaultError(Fault(FaultKind.BAD_SIGNATURE, ADD_CHECKPOINT, detail))
        tree = (checkpoint.size, checkpoint.root)
        return Cosigned(str(witness.key), witness.key.name, _NAMED, *tree, time, line)

    async def _show(self, row: LogRow, witness: WitnessTo, note: Note, old: int) -> bytes | int:
        """Return the cosignature lines, or the size that the witness cosigned last instead of ``old``."""
        proof = await asyncio.to_thread(self._proof, row, old)
        request = AddCheckpoint(old, tuple(proof), note)
        url = f"{witness.url}/{ADD_CHECKPOINT}"
        answer = await self._post.post(url, request.render(), limit=_ANSWER, media_type=_MEDIA_TYPE)
        if answer.status == OK:
            return answer.body
        if answer.status != CONFLICT:
            meaning = _MEANINGS.get(answer.status, f"it answers with status {answer.status}")
            # Another history is the one answer that somebody has to look at.
            is_other = answer.status == 422  # noqa: PLR2004 - as C2SP numbers it
            kind = FaultKind.INCONSISTENT if is_other else FaultKind.UNREACHABLE
            raise FaultError(Fault(kind, ADD_CHECKPOINT, meaning))
        try:
            return parse_size(answer.body)
        except ProtocolError as error:
            raise FaultError(fault_of(error, ADD_CHECKPOINT)) from error

    def _proof(self, row: LogRow, old: int) -> list[Digest]:
        if not old:
            return []
        read = self._home.logs.store(row.origin).read_hashes
        return consistency_proof(old, row.signed_size, node_from_tiles(read))

    def _keep(self, row: LogRow, witness: WitnessTo, found: Cosigned) -> None:
        now, interval = self._home.now(), self._home.config.heartbeat.interval_seconds
        with self._home.database.write() as connection:
            keep_cosigned(connection, row.id, [found])
            connection.execute(
                "INSERT OR REPLACE INTO submission (log, vkey, url, size, last_try, last_success, failures,"
                " next_due) VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (row.id, found.vkey, witness.url, found.size, now, now, now + interval),
            )

    def _blame(self, row: LogRow, witness: WitnessTo, state: _State, fault: Fault) -> None:
        now, failures = self._home.now(), state.failures + 1
        interval = self._home.config.sync.interval_seconds
        due = next_due(now, interval, failures, random.random())  # noqa: S311 - spreads load, guards nothing
        with self._home.database.write() as connection:
            connection.execute(
                "INSERT INTO submission (log, vkey, url, last_try, fault, detail, failures, next_due)"
                " VALUES (:log, :vkey, :url, :now, :fault, :detail, :failures, :due)"
                " ON CONFLICT (log, vkey) DO UPDATE SET url = :url, last_try = :now, fault = :fault,"
                " detail = :detail, failures = :failures, next_due = :due",
                {
                    "log": row.id,
                    "vkey": str(witness.key),
                    "url": witness.url,
                    "now": now,
                    "fault": str(fault.kind),
                    "detail": fault.detail,
                    "failures": failures,
                    "due": due,
                },
            )


class _LargerError(Exception):
    """A witness cosigned a larger tree of an own log than is signed here."""

    def __init__(self, size: int) -> None:
        super().__init__(f"it cosigned size {size}, which this node does not have: was it put back?")
        self.size = size


def _state(home: Home, log_id: int, vkey: str) -> _State:
    row = home.database.connection.execute(
        "SELECT size, failures, next_due FROM submission WHERE log = ? AND vkey = ?", (log_id, vkey)
    ).fetchone()
    return _State() if row is None else _State(*row)


def _verified(
    lines: tuple[NoteSignature, ...], checkpoint: Checkpoint, key: VerifierKey
) -> tuple[NoteSignature, int]:
    """Return the line by a key, and its time; lines of others are left alone."""
    line = next((line for line in lines if line.is_by(key)), lines[0])
    return line, verify_cosignature(checkpoint, key, line)
