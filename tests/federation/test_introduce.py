"""First contact with nodes and logs."""

import json

import pytest

from federation.faults import FaultError, FaultKind
from federation.introduce import CARD, Card, CardLog, introduce, read_card
from protocol.note import Note
from tests.federation_world import PLACE, Network, Server, SimulatedLog
from tests.signers import ORIGIN

NODE = "https://node.example"
LOGS = [{"origin": ORIGIN, "url": PLACE, "fingerprint": "3f2a"}]


def server(log: SimulatedLog | None = None, prefix: str = PLACE) -> tuple[Network, Server]:
    network = Network()
    return network, network.serve(prefix, log or SimulatedLog().grow(10))


async def test_a_card() -> None:
    network, node = server(prefix=NODE)
    card = {
        "fedcat": 1,
        "software": "fedcat/0.1.0",
        "mirror": "node.example/mirror+1+x",
        "logs": LOGS,
        "new": [],
    }
    node.say(CARD, json.dumps(card).encode())
    found = await read_card(network, NODE + "/")
    assert found == Card((CardLog(ORIGIN, PLACE, "3f2a"),), "node.example/mirror+1+x", "fedcat/0.1.0")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"fedcat": 2, "logs": []}',
        b'{"fedcat": "1", "logs": []}',
        b'{"fedcat": 1}',
        b'{"fedcat": 1, "logs": [{}]}',
        b'{"fedcat": 1, "logs": [], "software": "\xff"}',
        b"[" * 50_000,
    ],
)
async def test_what_is_no_card(body: bytes) -> None:
    network, node = server(prefix=NODE)
    node.say(CARD, body)
    with pytest.raises(FaultError) as caught:
        await read_card(network, NODE)
    assert (caught.value.fault.kind, caught.value.fault.file) == (FaultKind.MALFORMED, CARD)


async def test_a_card_of_endless_depth() -> None:
    network, node = server(prefix=NODE)
    node.say(CARD, b'{"fedcat": 1, "logs": [], "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    with pytest.raises(FaultError) as caught:
        await read_card(network, NODE)
    assert caught.value.fault.kind is FaultKind.MALFORMED


async def test_no_node_there() -> None:
    network, _ = server()
    for address in (PLACE, "https://nowhere.example"):
        with pytest.raises(FaultError) as caught:
            await read_card(network, address)
        assert caught.value.fault.kind is FaultKind.UNREACHABLE


async def test_a_log_is_introduced_with_all_its_key_sets() -> None:
    log = SimulatedLog().grow(10)
    log.rotate()
    log.grow(20)
    log.rotate()
    log.grow(30)
    network, _ = server(log)
    for origin in (None, ORIGIN):
        found = await introduce(network, PLACE + "/", origin)
        assert (found.origin, found.size, found.chain) == (ORIGIN, 30, log.chain)
        assert len(Note.parse(found.note).signatures) == 2


async def test_another_log_is_not_the_one_asked_for() -> None:
    network, _ = server()
    with pytest.raises(FaultError) as caught:
        await introduce(network, PLACE, "other.example/log/x/1")
    assert (caught.value.fault.kind, caught.value.fault.file) == (FaultKind.BAD_SIGNATURE, "keys/1")


@pytest.mark.parametrize("path", ["keys/1", "keys/2", "checkpoint"])
async def test_every_file_of_an_introduction_is_verified(path: str) -> None:
    log = SimulatedLog().grow(10)
    log.rotate()
    log.grow(12)
    network, node = server(log)
    node.flip(path, 100)
    with pytest.raises(FaultError) as caught:
        await introduce(network, PLACE, None)
    assert caught.value.fault.file == path
    assert caught.value.fault.kind in (FaultKind.BAD_SIGNATURE, FaultKind.MALFORMED)


@pytest.mark.parametrize("path", ["keys/1", "checkpoint"])
async def test_no_log_there(path: str) -> None:
    network, node = server()
    node.absent.add(path)
    with pytest.raises(FaultError) as caught:
        await introduce(network, PLACE, None)
    assert (caught.value.fault.kind, caught.value.fault.file) == (FaultKind.UNREACHABLE, path)
