"""This node as a witness: what it cosigns and refuses, as C2SP says, and that it never goes back."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.contacts import WitnessConfig, WitnessedLog
from node.errors import WitnessConflictError
from node.own.headlock import HeadLock
from node.store.witnessed import NOTHING, last_witnessed, step
from node.witness import cosign, open_request, own_keys
from protocol.errors import InconsistentError, MalformedError
from protocol.lines import write_base64
from protocol.merkle import Digest
from protocol.note import Note
from protocol.origin import origin_hash
from protocol.witness import SIZE_TYPE, AddCheckpoint, parse_cosignatures, parse_size
from tests.foreign_log import KEY, NAME, ForeignLog
from tests.publisher import NOW
from tests.shared import vector
from tests.signers import signing_key
from tests.witness_world import UNFOLLOWED, Served, Witnesses, continuing, cosigned_at

# What C2SP says.


async def test_a_log_is_cosigned_step_by_step(served: Served) -> None:
    log = ForeignLog()
    for old, size in ((0, 1), (1, 1), (1, 7), (7, 8), (8, 64)):
        status, kind, body = await served.add(log.request(old, size))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert cosigned_at(served, body, log.checkpoint(size)) == NOW
    assert served.key.name == "127.0.0.1:8401/witness"


async def test_known_answers(witnesses: Witnesses) -> None:
    case = vector("witness_add_checkpoint")
    home = witnesses.home(WitnessedLog(case["log_origin"], case["log_vkey"]))
    served = await witnesses.serve(home)
    for each in case["steps"]:
        status, kind, body = await served.add(each["request"].encode())
        # A strict decoder of base64 sees the bad padding before the bad signature.
        fits = {400, 403} if each["name"] == "invalid signature" else {each["status"]}
        assert status in fits, each["name"]
        if status == 409:
            assert (kind, body.decode()) == (SIZE_TYPE, each["body"])


async def test_what_is_no_request_is_400(served: Served) -> None:
    log = ForeignLog()
    longer = log.note(3).text + "an extension\n"
    for body in (
        b"",
        b"old 0\n",
        log.request(0, 3)[:-1],
        log.request(0, 3).replace(b"old 0", b"old 00"),
        AddCheckpoint(4, (), log.note(3)).render(),
        AddCheckpoint(0, (), Note(longer, log.note(3).signatures)).render(),
    ):
        assert await served.status(body) == 400


async def test_who_did_not_sign_is_403(served: Served) -> None:
    log = ForeignLog()
    assert await served.status(ForeignLog(key=signing_key("stranger.example")).request(0, 3)) == 403
    # A line that claims to be by the trusted key, and is not.
    forged = Note(log.note(4).text, log.note(3).signatures)
    assert await served.status(AddCheckpoint(0, (), forged).render()) == 403
    # Beside others' lines the log's own counts; what is kept is that alone.
    both = log.note(3, signing_key("stranger.example"), KEY)
    assert await served.status(AddCheckpoint(0, (), both).render()) == 200
    _, note = await served.get(NAME)
    assert [line.name for line in Note.parse(note).signatures] == [KEY.name, served.key.name]


async def test_a_log_that_nobody_configured_is_404(served: Served) -> None:
    assert await served.status(ForeignLog(origin="other.example").request(0, 3)) == 404
    # It would be witnessed if it were followed.
    assert await served.status(ForeignLog(origin=UNFOLLOWED).request(0, 3)) == 404
    served.home.config = dataclasses.replace(served.home.config, witness=WitnessConfig())
    assert await served.status(ForeignLog().request(0, 3)) == 404


async def test_another_size_than_was_cosigned_is_409(served: Served) -> None:
    log = ForeignLog()
    assert await served.add(log.request(3, 5)) == (409, SIZE_TYPE, b"0\n")
    assert await served.status(log.request(0, 5)) == 200
    for old, size in ((0, 7), (3, 7), (3, 3), (6, 7)):
        assert await served.add(log.request(old, size)) == (409, SIZE_TYPE, b"5\n")
    # Nor does it go back by showing what it signed before.
    assert (await served.add(log.request(0, 5)))[0] == 409


async def test_another_history_is_422(served: Served) -> None:
    log, other = ForeignLog(), ForeignLog("lie")
    zero = Digest(bytes(32))
    assert await served.status(log.request(0, 3, proof=[zero])) == 422
    empty = f"{NAME}\n0\n{write_base64(bytes(32))}\n"
    assert await served.status(AddCheckpoint(0, (), Note(empty, log.note(3).signatures)).render()) == 422
    assert await served.status(log.request(0, 5)) == 200
    assert await served.status(other.request(5, 5)) == 422
    assert await served.status(other.request(5, 9)) == 422
    assert await served.status(log.request(5, 9, proof=())) == 422
    assert await served.status(log.request(5, 5, proof=[zero])) == 422
    assert await served.status(log.request(5, 9)) == 200


async def test_a_log_without_leaves_is_cosigned_once_and_goes_on(served: Served) -> None:
    log = ForeignLog()
    assert await served.status(log.request(0, 0)) == 200
    assert await served.status(log.request(0, 0)) == 200
    assert await served.status(log.request(0, 2)) == 200
    assert await served.status(log.request(0, 2)) == 409


# What it promises.


async def test_of_concurrent_steps_from_one_size_one_is_cosigned(witnesses: Witnesses) -> None:
    """Two processes over one database, 24 requests at once, most of them of another history."""
    first, second = [await witnesses.serve(witnesses.home()) for _ in range(2)]
    log = ForeignLog()
    assert await first.status(log.request(0, 4)) == 200
    others = [ForeignLog(), *[continuing(f"word {at}") for at in range(23)]]
    answers = await asyncio.gather(
        *((first, second)[at % 2].add(other.request(4, 10 + at)) for at, other in enumerate(others))
    )
    statuses = [status for status, _, _ in answers]
    assert statuses.count(200) == 1
    assert statuses.count(409) == 23
    winner = 10 + statuses.index(200)
    assert {parse_size(body) for status, _, body in answers if status == 409} <= {4, winner}
    assert await second.add(log.request(4, 12)) == (409, SIZE_TYPE, f"{winner}\n".encode())


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 12)), max_size=25))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_shown_one_history_is_cosigned_and_never_goes_back(
    witnesses: Witnesses, steps: list[tuple[bool, int, int]]
) -> None:
    """Two histories that agree on three leaves, in any order and from any size."""
    home = witnesses.home()
    home.database.connection.execute("DELETE FROM witnessed")
    for file in home.lock_dir.glob("witness-*"):
        file.unlink()
    logs = (ForeignLog(), continuing("another", 3))
    cosigned = [ForeignLog().checkpoint(0)]
    for is_other, old, size in steps:
        log = logs[is_other]
        # Mostly from what was cosigned last, or little would be.
        old = cosigned[-1].size if old > 12 else old  # noqa: PLW2901 - a drawn number that stands for it
        # The best proof that this history has, though it may start from what the witness never saw.
        request = AddCheckpoint(old, log.proof(old, size) if old <= size else (), log.note(size)).render()
        try:
            body = cosign(home, open_request(home, request))
        except (MalformedError, InconsistentError, WitnessConflictError):
            continue
        assert parse_cosignatures(body)
        assert (old, log.checkpoint(old)) == (cosigned[-1].size, cosigned[-1])
        cosigned.append(log.checkpoint(size))
    sizes = [checkpoint.size for checkpoint in cosigned]
    assert sizes == sorted(sizes)
    assert any(all(log.checkpoint(each.size) == each for each in cosigned) for log in logs)
    home.close()


def test_a_step_from_what_is_no_longer_there_is_none(witnesses: Witnesses) -> None:
    connection, log = witnesses.home().database.connection, ForeignLog()

    def note(size: int) -> bytes:
        return log.note(size).render()

    assert step(connection, NOTHING, log.checkpoint(5), NOW, note(5))
    before = last_witnessed(connection, NAME)
    assert step(connection, before, log.checkpoint(7), NOW, note(7))
    # Whoever read the same is too late, to a smaller size as to a larger, and so is whoever read nothing.
    for known, size in ((before, 6), (before, 9), (NOTHING, 9)):
        assert not step(connection, known, log.checkpoint(size), NOW, note(size))
    # Of the size alone nothing follows: the root has to be that of the row.
    other = dataclasses.replace(last_witnessed(connection, NAME), root=bytes(32))
    assert not step(connection, other, log.checkpoint(9), NOW, note(9))
    assert last_witnessed(connection, NAME).size == 7
    # Where there is no row, there is no size to go on from.
    unknown = dataclasses.replace(log.checkpoint(9), origin="other.example")
    assert not step(connection, before, unknown, NOW, note(9))


def test_whoever_was_slower_gets_no_cosignature(witnesses: Witnesses) -> None:
    home, log = witnesses.home(), ForeignLog()
    cosign(home, open_request(home, log.request(0, 4)))
    shown = open_request(home, continuing("another").request(4, 9))
    lock = HeadLock(home.lock_dir, f"witness-{own_keys(home)[0].vkey.key_id.hex()}-{origin_hash(NAME)}")
    with ThreadPoolExecutor(1) as threads:
        with lock.writer.held("the test"):
            slower = threads.submit(cosign, home, shown)
            # It has found that 4 was cosigned last, and waits; meanwhile somebody else goes on from there.
            time.sleep(0.2)
            known = last_witnessed(home.database.connection, NAME)
            assert step(home.database.connection, known, log.checkpoint(6), NOW, known.note)
        with pytest.raises(WitnessConflictError) as caught:
            slower.result()
    assert caught.value.size == 6
