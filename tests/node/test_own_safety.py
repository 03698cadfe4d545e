"""Own logs under snapshots, rotations that a backup forgot, and peers that lie."""

import shutil

import pytest

from node.home import Home
from node.own.clearance import clear, grant, note_carrier
from node.own.headlock import HeadLock
from node.own.rootkeys import root_keys
from node.own.rotation import Change, plan, put_in_force
from node.own.sequencer import publish, publish_waiting
from node.store.logs import LogRow
from protocol.checkpoint import Checkpoint, sign_checkpoint
from protocol.note import Note, NoteSignature
from tests.node_world import Carrier, CarrierFetch, NodeWorld, put
from tests.signers import log_key

HONEST, LIAR = "http://127.0.0.1:9001", "http://127.0.0.1:9002"


def row_of(home: Home) -> LogRow:
    return home.logs.all()[0]


def snapshot(world: NodeWorld, home: Home) -> None:
    """Copy the whole machine aside: home and lock folder."""
    home.close()
    for name in ("city", "heads"):
        shutil.copytree(world.root / name, world.root / "snapshot" / name)


def roll_back(world: NodeWorld, home: Home) -> Home:
    """Put the whole machine back."""
    home.close()
    for name in ("city", "heads"):
        shutil.rmtree(world.root / name)
        shutil.copytree(world.root / "snapshot" / name, world.root / name)
    return world.open()


async def test_a_machine_rolled_back_with_its_lock_folder_is_refilled_from_known_carriers(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    note_carrier(home, origin, f"{HONEST}/mirror/{row_of(home).hash}", 2)
    snapshot(world, home)
    home = world.open()
    grant(home, origin)
    await publish(home, origin, [put("Alpha"), put("Beta")])
    carriers.append(Carrier(home, world.root / "carrier", HONEST))
    home = roll_back(world, home)
    # Database and lock agree on what is long past; only the carrier knows better.
    assert HeadLock.of(home, row_of(home)).read() == Checkpoint(origin, 2, row_of(home).root)
    assert not (await clear(home, origin, CarrierFetch())).may_sign
    assert (await clear(home, origin, CarrierFetch(carriers))).may_sign
    assert (await publish(home, origin, [put("Gamma")])).indexes == (4,)


async def test_a_rotation_that_a_backup_forgot_comes_back_with_the_log(
    world: NodeWorld, carriers: list[Carrier]
) -> None:
    home, origin = world.found(), world.origin()
    snapshot(world, home)
    home = world.open()
    grant(home, origin)
    planned = plan(home, origin, Change())
    planned.keep_secrets(home)
    wanted = planned.prepared.signed(root_keys(world.founded["city"].recovery_sheet))
    put_in_force(home, origin, wanted, "clerk")
    await publish_waiting(home, origin)
    await publish(home, origin, [put("Alpha")])
    carriers.append(Carrier(home, world.root / "carrier", HONEST))
    fresh = {path.name: path.read_bytes() for path in home.keys_dir.iterdir()}
    home = roll_back(world, home)
    note_carrier(home, origin, carriers[0].prefix(origin))
    # The key set is learned from the carrier; its private keys were in a later backup.
    assert (await clear(home, origin, CarrierFetch(carriers))).may_sign
    assert row_of(home).chain.newest.text == wanted.keys.text
    for name, data in fresh.items():
        path = home.keys_dir / name
        path.touch(0o600)
        path.write_bytes(data)
    assert (await publish(home, origin, [put("Beta")])).indexes == (4,)


@pytest.mark.parametrize("lie", ["forged", "empty", "nonsense", "stranger's"])
async def test_a_lying_peer_can_neither_stop_nor_allow_a_signature(
    world: NodeWorld, carriers: list[Carrier], lie: str
) -> None:
    home, origin = world.found(), world.origin()
    grant(home, origin)
    await publish(home, origin, [put("Alpha")])
    carriers.append(Carrier(home, world.root / "carrier", HONEST))
    for base in (HONEST, LIAR):
        note_carrier(home, origin, f"{base}/mirror/{row_of(home).hash}")
    home = world.restart(home)
    forged = Checkpoint(origin, 900, bytes(32))
    shown = {
        "forged": Note(forged.text, (sign_checkpoint(forged, log_key(1, origin)),)).render(),
        "empty": b"",
        "nonsense": b"\x00" * 900,
        "stranger's": Note("a.example/log/x/1\n1\n" + "A" * 43 + "=\n", row_signatures(home)).render(),
    }[lie]
    fetch = CarrierFetch()
    fetch.replaced[f"{LIAR}/mirror/{row_of(home).hash}/checkpoint"] = shown
    # Alone it is no witness of anything.
    refused = await clear(home, origin, fetch)
    assert not refused.may_sign
    assert "none of the nodes that carry the log answered" in refused.reason
    # Beside an honest one it changes nothing.
    fetch.carriers = carriers
    assert (await clear(home, origin, fetch)).may_sign
    assert (await publish(home, origin, [put("Beta")])).indexes == (3,)


def row_signatures(home: Home) -> tuple[NoteSignature, ...]:
    return Note.parse(row_of(home).signed).signatures
