"""Which addresses are connected to."""

import socket

import pytest

from federation.guard import ForbiddenAddressError, guarded_socket, refusal

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1", "192.0.1.1"]
PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fc00::1",
]
PRIVATE += ["fdff::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"]
NEVER = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "169.254.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:168.63.129.16",
    "::ffff:169.254.169.254",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:53aa:64c:0:0:0:1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fd00:42::42",
    "fd00:c1::a9fe:a9fe",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert refusal(address, allow_private=False) is None
    assert refusal(address, allow_private=True) is None
    assert "http without TLS" in (refusal(address, allow_private=True, only_private=True) or "")


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses(address: str) -> None:
    assert "not configured" in (refusal(address, allow_private=False) or "")
    assert refusal(address, allow_private=True) is None
    assert refusal(address, allow_private=True, only_private=True) is None


@pytest.mark.parametrize("address", [*NEVER, "localhost", "", "127.1", "1.1.1.1/32"])
def test_never(address: str) -> None:
    for allow_private in (False, True):
        assert refusal(address, allow_private=allow_private)


def test_the_socket_is_for_the_checked_address() -> None:
    make = guarded_socket(allow_private=True)
    with make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))) as made:
        assert made.family == socket.AF_INET
    with make((socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0))) as made:
        assert made.family == socket.AF_INET6
    with pytest.raises(ForbiddenAddressError, match="a cloud's metadata service"):
        make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80)))
