"""How this node reaches others."""

from federation.fetch import Fetcher

from .home import Home


def fetcher(home: Home) -> Fetcher:
    """Return the bounded fetcher that this node's configuration allows."""
    config = home.config
    return Fetcher(config.limits, allow_private=config.allow_private, proxy=config.network.proxy)
