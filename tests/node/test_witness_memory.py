"""What a witness remembers, and under which keys: restarts, clocks, databases that were put back."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from node.answers import witnesses as shown_witnesses
from node.errors import KeyFileError
from node.http.card import card
from node.own.keyfiles import load_all
from node.store.files import write_whole
from node.witness import own_keys
from protocol.checkpoint import Checkpoint
from protocol.cosignature import verify_cosignature
from protocol.keys import KeyType
from protocol.note import Note, open_note
from protocol.witness import SIZE_TYPE, parse_cosignatures
from tests.foreign_log import KEY, NAME, ForeignLog
from tests.publisher import MIRROR_KEY, NOW
from tests.signers import log_key
from tests.witness_world import Served, Witnesses, continuing, cosigned_at

WRITE = "node.own.headlock.write_whole"


async def test_what_was_cosigned_is_known_after_a_restart(witnesses: Witnesses) -> None:
    log, home = ForeignLog(), witnesses.home()
    served = await witnesses.serve(home)
    key = served.key
    assert await served.status(log.request(0, 5)) == 200
    home.close()
    again = await witnesses.serve(witnesses.home())
    assert again.key == key
    assert await again.add(log.request(0, 7)) == (409, SIZE_TYPE, b"5\n")
    status, note = await again.get(NAME)
    assert status == 200
    opened = open_note(Note.parse(note), [KEY.vkey])
    checkpoint = Checkpoint.parse(opened.note.text)
    assert checkpoint == log.checkpoint(5)
    assert verify_cosignature(checkpoint, key, opened.note.signatures[-1]) == NOW


async def test_a_repeat_gives_a_later_time_and_a_clock_put_back_none_earlier(served: Served) -> None:
    log = ForeignLog()
    times: list[int] = []
    for now in (NOW, NOW + 60, NOW + 30, NOW - 10**6):
        served.home._clock = lambda now=now: now  # type: ignore[misc] # bound at once
        _, _, body = await served.add(log.request(3 if times else 0, 3))
        times.append(cosigned_at(served, body, log.checkpoint(3)))
    assert times == [NOW, NOW + 60, NOW + 60, NOW - 10**6]


async def test_a_witness_with_two_keys_gives_two_lines(witnesses: Witnesses) -> None:
    home, log = witnesses.home(), ForeignLog()
    home.config = dataclasses.replace(home.config, cosign_mldsa44=True)
    served = await witnesses.serve(home)
    status, _, body = await served.add(log.request(0, 3))
    keys = [key.vkey for key in own_keys(home)]
    assert (status, [key.type for key in keys]) == (
        200,
        [KeyType.COSIGNATURE_ED25519, KeyType.COSIGNATURE_MLDSA44],
    )
    lines = parse_cosignatures(body)
    pairs = zip(keys, lines, strict=True)
    assert [verify_cosignature(log.checkpoint(3), key, line) for key, line in pairs] == [NOW, NOW]
    shown = card(home)
    assert [shown["witness"], shown["witness_mldsa44"]] == list(map(str, keys))
    assert load_all(home.keys_dir).keys() == {
        home.keys_dir / "mirror.key",
        home.keys_dir / "mirror-mldsa44.key",
    }
    assert shown_witnesses.witnesses(home)["witness"]["vkeys"] == list(map(str, keys))


async def test_a_database_that_was_put_back_cosigns_nothing_under_the_same_key(
    witnesses: Witnesses, tmp_path: Path
) -> None:
    home, log = witnesses.home(), ForeignLog()
    served = await witnesses.serve(home)
    assert await served.status(log.request(0, 3)) == 200
    home.database.connection.execute("VACUUM INTO ?", (str(tmp_path / "aside.db"),))
    assert await served.status(log.request(3, 9)) == 200
    key = served.key
    home.close()
    for leftover in home.path.glob("fedcat.db*"):
        leftover.unlink()
    (tmp_path / "aside.db").rename(home.path / "fedcat.db")
    # Another history would be consistent with what the database knows.
    other = continuing("another", 3)
    home = witnesses.home()
    served = await witnesses.serve(home)
    assert await served.status(other.request(3, 7)) == 503
    assert await served.status(log.request(3, 9)) == 503
    (home.keys_dir / "witness.key").unlink()
    assert await served.status(log.request(3, 9)) == 200
    assert served.key != key


async def test_a_lock_file_that_is_gone_stops_its_key_alone(witnesses: Witnesses, tmp_path: Path) -> None:
    home, log = witnesses.home(), ForeignLog()
    served = await witnesses.serve(home)
    assert await served.status(log.request(0, 3)) == 200
    (file,) = (each for each in (tmp_path / "locks").glob("witness-*") if not each.suffix)
    kept = file.read_bytes()
    assert kept.decode() == log.checkpoint(3).text
    file.unlink()
    assert await served.status(log.request(3, 5)) == 503
    # One that a kill left behind is no fault.
    file.write_text(log.checkpoint(2).text)
    assert await served.status(log.request(3, 5)) == 200
    file.write_text(ForeignLog("lie").checkpoint(5).text)
    assert await served.status(log.request(5, 6)) == 503
    file.write_text("nonsense")
    assert await served.status(log.request(5, 6)) == 500


async def test_a_kill_before_the_first_lock_file_does_not_stop_the_key(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ForeignLog()

    def fails_once(path: Path, data: bytes, *, mode: int) -> None:
        if data == log.checkpoint(3).text.encode():
            monkeypatch.setattr(WRITE, write_whole)
            raise OSError(28, "No space left on device")
        write_whole(path, data, mode=mode)

    monkeypatch.setattr(WRITE, fails_once)
    home = witnesses.home()
    served = await witnesses.serve(home)
    assert await served.status(log.request(0, 3)) == 500
    # The database knows, the lock file does not yet.
    assert await served.add(log.request(0, 3)) == (409, SIZE_TYPE, b"3\n")
    assert await served.status(log.request(3, 5)) == 200


async def test_a_witness_whose_lock_file_cannot_be_written_goes_at_most_one_step(
    witnesses: Witnesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, log = witnesses.home(), ForeignLog()
    served = await witnesses.serve(home)
    assert await served.status(log.request(0, 3)) == 200

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(WRITE, fails)
    assert await served.status(log.request(3, 4)) == 500
    assert await served.status(log.request(4, 5)) == 500
    assert await served.add(log.request(3, 6)) == (409, SIZE_TYPE, b"4\n")


def test_the_witness_key_is_its_own_and_in_no_backup(witnesses: Witnesses) -> None:
    home = witnesses.home()
    (key,) = own_keys(home)
    assert key.seed != MIRROR_KEY.seed
    assert key not in load_all(home.keys_dir).values()
    path = home.keys_dir / "witness.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(f"{log_key()}\n")
    with pytest.raises(KeyFileError, match="cosigning"):
        own_keys(home)
