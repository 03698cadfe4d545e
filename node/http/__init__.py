"""The HTTP surface: a log's files, the card, the query API.

- ``log_files``: every log as plain GETs. :mod:`node.app` assembles the application.
- ``feed``: the checkpoints of all logs in one answer.
- ``api``: the query API; ``parameters``: what its requests ask; ``documents``, ``found``: its answers;
  ``resources``: what all who answer begin with.
- ``card``: who lives here, and is it well.
- ``problems``: the only table from errors to statuses; ``caching``: ETags, ranges, LRU.
"""
