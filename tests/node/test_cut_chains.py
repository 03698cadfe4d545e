"""Evidence that leaves out the key set by which a key was retired proves nothing where that set is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from node.splits import keep_evidence
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.errors import SignatureError
from protocol.evidence import build_fork
from protocol.note import Note
from tests.signers import key_note, key_set, log_key
from tests.split_world import Split
from tests.wire_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as made:
        yield made


async def test_nobody_is_accused_by_a_retired_key_of_what_it_could_not_sign(world: World) -> None:
    """Drill: the log key was stolen and changed; the thief signs heads beyond the change, and hides it."""
    split = await Split.make(world, 3, 3)
    home, row = split.left.home, split.row(split.left)
    chain = row.chain.extend(key_note(key_set(2, origin=split.origin, after=row.size)))
    heads = [Checkpoint(split.origin, row.size + 40, root * 32) for root in (b"a", b"b")]
    one, two = (
        Note(head.text, (sign_checkpoint(head, log_key(1, split.origin)),)).render() for head in heads
    )
    fork = build_fork(row.chain, (one, two), ()).render()
    home.logs.store(split.origin).keep_chain(chain)
    with pytest.raises(SignatureError):
        keep_evidence(home, split.origin, fork, "thief")
    assert not split.evidence(split.left)
