"""Other people's logs: what to ask, what to believe, how to combine.

The network is reached through one bounded fetcher (``fetch``), storage through the
small Protocols of ``ports``. Decisions are pure (``follower``, ``contents``,
``schedule``); ``sync`` drives them.
"""
