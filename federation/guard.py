"""Which addresses we connect to: the choke point between a peer's URL and our network.

``guarded_socket`` is handed to ``aiohttp.TCPConnector(socket_factory=...)``. It sees the final
address of every connection, of names and of literals alike, right before the socket connects to
exactly that address: neither a name that resolves anew nor a redirect gets past it.

``ipaddress.is_global`` alone is not enough: Python 3.11 calls 64:ff9b::/96, 2002::/16, 192.0.0.9,
192.88.99.1 and fec0::/10 global. So the list is explicit, and ``is_global`` is asked besides.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

# Loopback and private use: reachable only where the operator's configuration says so.
_PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)

# Never, whatever is configured. The most specific reason comes first.
_DENIED = (
    ("169.254.169.254/32", "a cloud's metadata service"),
    ("100.100.100.200/32", "a cloud's metadata service"),
    ("168.63.129.16/32", "a cloud's metadata service"),
    ("fd00:42::42/128", "a cloud's metadata service"),
    ("fd00:c1::a9fe:a9fe/128", "a cloud's metadata service"),
    ("fd00:ec2::254/128", "a cloud's metadata service"),
    ("fd20:ce::254/128", "a cloud's metadata service"),
    ("0.0.0.0/8", "this network"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("169.254.0.0/16", "link-local"),
    ("192.0.0.0/24", "a protocol assignment"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "a 6to4 relay"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "the unspecified address"),
    ("64:ff9b::/96", "NAT64, which hides an IPv4 address"),
    ("64:ff9b:1::/48", "NAT64, which hides an IPv4 address"),
    ("100::/64", "discard-only"),
    ("2001::/32", "Teredo, which hides an IPv4 address"),
    ("2001::/23", "a protocol assignment"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4, which hides an IPv4 address"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_Network = IPv4Network | IPv6Network
_PRIVATE_NETWORKS: tuple[_Network, ...] = tuple(map(ip_network, _PRIVATE))
_DENIED_NETWORKS: tuple[tuple[_Network, str], ...] = tuple((ip_network(net), why) for net, why in _DENIED)


class ForbiddenAddressError(OSError):
    """A connection that we do not make; an ``OSError``, so that other addresses of a name are tried."""


def refusal(address: str, *, allow_private: bool, only_private: bool = False) -> str | None:
    """Return why we do not connect to an address, or None when we do.

    Args:
        address: A literal IPv4 or IPv6 address, as ``getaddrinfo`` returns it.
        allow_private: Loopback and private addresses are fine.
        only_private: Nothing else is: the rule for plain http.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return f"{address!r} is not an address"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    why = next((why for network, why in _DENIED_NETWORKS if found in network), None)
    if why is not None:
        return f"{found} is {why}"
    if any(found in network for network in _PRIVATE_NETWORKS):
        return None if allow_private else f"{found} is private or loopback, which is not configured"
    if not _is_public(found):
        return f"{found} is not a public address"
    return f"{found} is public, and http without TLS is for private addresses" if only_private else None


def guarded_socket(
    *, allow_private: bool, only_private: bool = False
) -> Callable[[AddressInfo], socket.socket]:
    """Return a socket factory that refuses forbidden addresses.

    The factory raises ``ForbiddenAddressError``.
    """

    def make(info: AddressInfo) -> socket.socket:
        family, kind, proto, _, address = info
        why = refusal(str(address[0]), allow_private=allow_private, only_private=only_private)
        if why is not None:
            raise ForbiddenAddressError(f"not connected: {why}")
        return socket.socket(family, kind, proto)

    return make


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    # All of IPv6 but 2000::/3 is unassigned, special or another way to write an IPv4 address.
    return address.is_global and (isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST)
