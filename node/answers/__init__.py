"""The combined catalogue: a derived, disposable view of the verified logs.

- ``catalogue``: one row for each live statement, written with the head it belongs to.
- ``texts``, ``words``: what of a statement is shown and searched, and how it is cut into words.
- ``index``: the full-text index on disk: fields, writer lock.
- ``search``: questions to the index, pages, cursors; draining what waits to be indexed.
- ``heads``, ``witnessing``: heads as neighbours see them; who saw the same history.
- ``provenance``: one statement, its history, its portable proof.
- ``publishers``, ``nodes``: who publishes, and whom this node asks.
- ``digest``: two hashes over everything, to compare nodes.
- ``rebuild``: all of it again from the logs.
"""
