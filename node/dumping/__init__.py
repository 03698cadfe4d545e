"""Dumps: every live statement of this node in one file, with what proves it.

- ``items`` knows what a dump consists of, and its lines.
- ``making`` reads them from a home; ``lines`` and ``tables`` write and read files of the three forms.
- ``packing`` packs and unpacks them a portion at a time; ``opening`` finds out what a file is.
- ``verifying`` checks a dump with nothing but the file.
- ``serving`` keeps dumps for readers, made anew each day and whenever something is to be forgotten.
"""
