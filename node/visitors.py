"""Where a request comes from, as far as this node can tell.

A proxy in front of the node is where all requests come from; whom it passes them on for is believed from the
configured one alone (``desk.proxy``).
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

_IPV6_CUSTOMER: Final = 64  # bits that one customer of a provider has at least


def is_proxy(proxy: str, peer: str) -> bool:
    """Report whether a connection comes from the configured proxy.

    Args:
        proxy: Its address or network; empty for none.
        peer: The address that the connection comes from.
    """
    try:
        return bool(proxy) and ipaddress.ip_address(peer) in ipaddress.ip_network(proxy)
    except ValueError:
        # A socket of this machine has no address.
        return False


def client_of(proxy: str, peer: str, forwarded: Sequence[str]) -> str:
    """Return where a request comes from; empty for unknown.

    Args:
        proxy: The configured proxy.
        peer: The address that the connection comes from.
        forwarded: The values of ``X-Forwarded-For``, believed from the configured proxy alone.
    """
    if is_proxy(proxy, peer):
        # Its own word is the last one: what stands before it came from outside.
        return ",".join(forwarded).rpartition(",")[2].strip()
    try:
        # A proxy on this machine that nobody configured: everybody comes from there.
        return "" if ipaddress.ip_address(peer).is_loopback else peer
    except ValueError:
        return ""


def client_place(address: str) -> str:
    """Return what is counted of an address: of IPv6 what one customer has."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, _IPV6_CUSTOMER), strict=False))
    return str(found)
