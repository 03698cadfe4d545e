"""What those who answer requests begin with: the node that they answer for, and for whom its feeds are."""

from node.feeds.readers import Readers
from node.home import Home


class Resource:
    """Answers requests about one node.

    Args:
        home: The node.
    """

    def __init__(self, home: Home) -> None:
        self._home = home


class FeedResource(Resource):
    """The same, with feeds too.

    Args:
        home: The node.
        readers: For whom feeds are written.
    """

    def __init__(self, home: Home, readers: Readers) -> None:
        super().__init__(home)
        self._readers = readers
