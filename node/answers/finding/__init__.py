"""What is said about an answer beside its hits, where somebody asks, or where there are none.

- ``explaining``: why each hit is where it is.
- ``relaxing``: what would find something where nothing does.
"""
