"""How ready for reuse an entry is described to be: a score from published rules, with what is missing.

- ``scoring``: the score of one entry, and each rule's part in it.
- ``v1.toml``: the rules. A file that was published is never changed: other rules are another version.
"""
