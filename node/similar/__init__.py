"""What is like something: found before it is built, or written, once more.

- ``likeness``: the projects that share most with one, or with a draft, and what they share.
"""
