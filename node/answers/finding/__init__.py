"""What is said about an answer beside its hits, and how a question is understood.

- ``answering``: a question as it was typed, with all that is said about its answer; the others serve it.
- ``reading``, ``sayings``: words that say what filters say.
- ``relaxing``: what would find something where nothing does.
- ``explaining``: why each hit is where it is.
"""
