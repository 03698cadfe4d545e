"""The HTTP surface: a log's files, the card, the query API.

- ``app``: assembles the application; ``log_files``: every log as plain GETs.
- ``feed``: the checkpoints of all logs in one answer.
- ``api``: the query API; ``parameters``: what its requests ask; ``documents``: its answers.
- ``card``: who lives here, and is it well.
- ``problems``: the only table from errors to statuses; ``caching``: ETags, ranges, LRU.
"""
