r"""What followed nodes say about admission, licence and contact, and how that changed.

::

    {"url": "https://directory.oslo.example", "version": 2, "found_at": "2026-05-03T12:00:00Z",
     "sha256": "9c41…", "text": "# Oslo's directory\n…", "diff": "--- version 1\n+++ version 2\n…",
     "versions": [{"version": 1, "found_at": "…", "sha256": "…"}, …]}

The text is the node's own word, which nobody signed. A version with an empty ``sha256`` says that the node
had no policy document any more.
"""

from node.home import Home
from node.policies import PolicyVersion, named_node, policy_text, versions_of

from .logshapes import NodePolicy, PolicyState
from .texts import moment


def node_policy(home: Home, ref: str, number: int | None = None) -> NodePolicy:
    """Return one version of a followed node's policy document.

    Args:
        home: The node.
        ref: The followed node's address, with or without its scheme.
        number: Which version; None for the newest.

    Raises:
        NotFoundError: There is no such node, or no such version.
    """
    url = named_node(home, ref)
    found = policy_text(home, url, number)
    versions = [_version(each) for each in versions_of(home, url)]
    return {
        "url": url,
        **_version(found.version),
        "text": found.text,
        "diff": found.diff,
        "versions": versions,
    }


def policy_state(home: Home, url: str) -> PolicyState | None:
    """Return the newest version of a node's policy document without its text, None when it never had one."""
    versions = versions_of(home, url)
    return _version(versions[-1]) if versions else None


def _version(version: PolicyVersion) -> PolicyState:
    return {"version": version.number, "found_at": moment(version.found_at) or "", "sha256": version.sha256}
