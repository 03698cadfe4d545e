"""Which requests may carry a secret: a token or a password must not cross a network in the clear."""

import ipaddress

from aiohttp import web

from node.home import Home


def is_private(home: Home, request: web.Request) -> bool:
    """Report whether nobody on the way can read a request: over https, or from the machine of this node."""
    if home.config.url.scheme == "https":
        return True
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        # A socket of this machine has no address.
        return not request.remote
