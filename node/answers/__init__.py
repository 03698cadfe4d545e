"""The combined catalogue: a derived, disposable view of the verified logs.

- ``catalogue``: one row for each live statement, written with the head it belongs to.
- ``texts``, ``words``: what of a statement is shown and searched, and how it is cut into words.
- ``facets``, ``documents``: what a project counts for, and what the index is given of it.
- ``index``: the search index on disk: fields, writer lock, what readers share.
- ``waiting``, ``indexing``: what is to be indexed, and how the index follows.
- ``search``: questions and pages; ``queries``, ``asking``, ``counting`` and ``cursors`` ask the index,
  ``lexicon`` and ``spelling`` know its words, ``topics`` what they mean, ``items`` shows what was found.
- ``heads``, ``witnessing``: heads as neighbours see them; who saw the same history.
- ``provenance``: one statement, its history, its portable proof.
- ``publishers``, ``nodes``: who publishes, and whom this node asks.
- ``digest``: two hashes over everything, to compare nodes.
- ``rebuild``: all of it again from the logs.
"""
